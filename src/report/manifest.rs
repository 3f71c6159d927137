use std::fmt::Write;

use ring::digest::{SHA256, digest};
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

#[derive(Serialize)]
struct Entry<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// `manifest.json`: size and SHA-256 of every artefact, by name. `environment.json` is listed without either, since it alone holds
/// wall-clock facts, and so is the undo log, which is written on when somebody cleans up; the manifest does not list itself.
pub fn manifest(files: &[(&str, &[u8])]) -> Result<Vec<u8>, serde_json::Error> {
    let mut files: Vec<_> =
        files.iter().filter(|(file, _)| *file != MANIFEST).map(|(file, bytes)| entry(file, bytes)).collect();
    files.sort_by_key(|entry| entry.file);
    let mut json = serde_json::to_vec_pretty(&Manifest { hash: "SHA-256", files })?;
    json.push(b'\n');
    Ok(json)
}

fn entry<'a>(file: &'a str, bytes: &[u8]) -> Entry<'a> {
    let digested = !CHANGING.contains(&file);
    Entry {
        file,
        bytes: digested.then_some(bytes.len()),
        sha256: digested.then(|| hex(digest(&SHA256, bytes).as_ref())),
    }
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
        let json: serde_json::Value = serde_json::from_slice(&manifest(&files).unwrap()).unwrap();
        let listed = json["files"].as_array().unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0], serde_json::json!({ "file": "environment.json" }));
        assert_eq!(listed[1]["bytes"], 2);
        assert_eq!(listed[1]["sha256"], "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
