//! A reader of journals that shares no code with the program: `tests/reader.py`.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::say;

/// What the reader makes of a run.
pub(crate) fn reread(run: &Path) -> Value {
    let export = say([OsStr::new("report"), run.as_os_str(), "--format".as_ref(), "jsonl".as_ref()]);
    assert_eq!(export.code, Some(0), "{}", export.err);
    let reader = format!("{}/tests/reader.py", env!("CARGO_MANIFEST_DIR"));
    let mut python =
        Command::new("python3").arg(reader).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
    python.stdin.take().expect("a pipe").write_all(export.out.as_bytes()).expect("it reads all of it");
    let output = python.wait_with_output().expect("it ends");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("JSON")
}
