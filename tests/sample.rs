//! The committed sample is what the program writes today: every file but `environment.json`, byte for byte.
//!
//! `FIREDRILL_BLESS=1 cargo test --test sample` writes it anew.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Place, read, scenario};

const ENVIRONMENT: &str = "environment.json";

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/sample")
}

/// The files below a directory, by their paths in it.
fn files(directory: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            found.extend(files(&entry.path()).into_iter().map(|file| format!("{name}/{file}")));
        } else {
            found.insert(name);
        }
    }
    found
}

#[test]
fn the_sample_is_what_the_program_writes() {
    let place = Place::new();
    let played = place.play("rehearse", &scenario("quickstart"), &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    if std::env::var_os("FIREDRILL_BLESS").is_some() {
        bless(&played.dir);
    }
    let again = "write the sample anew with FIREDRILL_BLESS=1 cargo test --test sample";
    let written = files(&played.dir);
    assert!(written.contains("journal/journal.fdj") && written.contains(ENVIRONMENT), "{written:?}");
    assert_eq!(files(&sample()), written, "{again}");
    for file in written.iter().filter(|file| *file != ENVIRONMENT) {
        assert!(read(&sample(), file) == read(&played.dir, file), "{file} differs; {again}");
    }
    assert_eq!(String::from_utf8_lossy(&read(&sample(), ENVIRONMENT)), generic(), "{again}");
}

/// What stands in the sample's environment: facts of whichever machine wrote it are nobody's business.
fn generic() -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!("{{\n  \"firedrill\": \"{version}\",\n  \"os\": \"Linux\",\n  \"arch\": \"x86_64\",\n  \"cores\": 1\n}}\n")
}

fn bless(run: &Path) {
    let sample = sample();
    if sample.exists() {
        fs::remove_dir_all(&sample).expect("the old sample goes");
    }
    for file in files(run) {
        let to = sample.join(&file);
        fs::create_dir_all(to.parent().expect("a directory")).expect("a directory");
        let bytes = if file == ENVIRONMENT { generic().into_bytes() } else { read(run, &file) };
        fs::write(to, bytes).expect("room");
    }
}
