use std::fmt::Write as _;
use std::io::{self, Read};

use ring::digest::{Context, SHA256};
use serde::Serialize;

/// The name of the manifest's file.
pub const MANIFEST: &str = "manifest.json";

/// The files whose bytes differ from run to run, or change after it.
const CHANGING: [&str; 2] = ["environment.json", "undo.jsonl"];

#[derive(Serialize)]
struct Manifest<'a> {
    hash: &'static str,
    files: Vec<Entry<'a>>,
}

/// A file of a run's directory, as the manifest lists it.
#[derive(Serialize)]
pub struct Entry<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

impl<'a> Entry<'a> {
    /// Reads a file to its end, some kilobytes at a time: a journal is as long as its drill.
    ///
    /// # Errors
    /// Whatever reading it says.
    pub fn read(file: &'a str, mut from: impl Read) -> io::Result<Self> {
        if CHANGING.contains(&file) {
            return Ok(Self { file, bytes: None, sha256: None });
        }
        let (mut digest, mut piece, mut bytes) = (Context::new(&SHA256), vec![0; 64 * 1024], 0);
        loop {
            match from.read(&mut piece) {
                Ok(0) => break,
                Ok(n) => {
                    digest.update(&piece[..n]);
                    bytes += n as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { file, bytes: Some(bytes), sha256: Some(hex(digest.finish().as_ref())) })
    }
}

/// The SHA-256 of a text, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&SHA256, bytes).as_ref())
}

/// `manifest.json`: size and SHA-256 of every artefact, by name. `environment.json` is listed without either, since it alone holds
/// wall-clock facts, and so is the undo log, which is written on when somebody cleans up; the manifest does not list itself.
pub fn manifest(mut files: Vec<Entry<'_>>) -> Result<Vec<u8>, serde_json::Error> {
    files.retain(|entry| entry.file != MANIFEST);
    files.sort_by_key(|entry| entry.file);
    let mut json = serde_json::to_vec_pretty(&Manifest { hash: "SHA-256", files })?;
    json.push(b'\n');
    Ok(json)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_and_the_environment_has_no_digest() {
        let files: [(&str, &[u8]); 3] =
            [("summary.json", b"{}"), ("environment.json", b"now"), ("manifest.json", b"old")];
        let files = files.map(|(file, bytes)| Entry::read(file, bytes).unwrap());
        let json: serde_json::Value = serde_json::from_slice(&manifest(files.into()).unwrap()).unwrap();
        let listed = json["files"].as_array().unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0], serde_json::json!({ "file": "environment.json" }));
        assert_eq!(listed[1]["bytes"], 2);
        assert_eq!(listed[1]["sha256"], "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
