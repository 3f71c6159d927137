//! Scenarios in the documents: whole ones are good as they stand, but for what only their reader has.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Place, say};

/// How a whole scenario begins.
const BEGINS: &str = "firedrill: 1\n";

/// The blocks of YAML of a document.
fn blocks(text: &str) -> Vec<&str> {
    let begun = text.split("```yaml\n").skip(1);
    begun.filter_map(|rest| rest.split("```").next()).collect()
}

fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = fs::read_dir(root.join("docs")).expect("the documents");
    let mut found: Vec<_> = listed.map(|entry| entry.expect("a document").path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    found.extend(["README.md", "CONTRIBUTING.md"].map(|name| root.join(name)));
    found.sort();
    found
}

#[test]
fn whole_scenarios_in_documents_are_good() {
    let place = Place::new();
    let mut seen = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).expect("a text");
        for block in blocks(&text).into_iter().filter(|block| block.starts_with(BEGINS)) {
            let played = say(["check", &place.file("documented.yaml", block)]);
            assert_eq!(played.code, Some(0), "{}: {}{}", document.display(), played.out, played.err);
            assert!(played.out.contains("good"), "{}: {}{}", document.display(), played.out, played.err);
            seen += 1;
        }
    }
    assert!(seen > 0, "no document has a scenario");
}
