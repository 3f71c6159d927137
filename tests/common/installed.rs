//! Programs of others, installed under `target/foreign` in fixed versions with fixed digests, and kept for the next time.

#![allow(dead_code, reason = "each test program takes what it needs")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

/// A file that belongs to a test with programs of others.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(path)
}

/// A place that outlives the test, so that the next run need not install anything.
pub(crate) fn kept(path: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target/").join("foreign").join(path);
    fs::create_dir_all(&place).expect("room under target/");
    place
}

/// Runs to the end; what it said is told if it failed.
#[track_caller]
pub(crate) fn succeed(what: &str, command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{what}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{what}: {status}\n--- stdout\n{out}\n--- stderr\n{err}");
    out
}

/// An environment of Python with everything that a file of requirements names; made anew when that changes. Nothing is compiled
/// beforehand: an SDK has tens of thousands of modules, of which a test imports few.
pub(crate) fn python(name: &str, requirements: &str) -> PathBuf {
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let venv = kept("").join(name);
    let requirements = here(requirements);
    let wanted = fs::read(&requirements).expect("our requirements");
    let stamp = venv.join("made-of.txt");
    let python = venv.join("bin/python");
    if fs::read(&stamp).ok().as_deref() != Some(&wanted) {
        let mut make = Command::new("python3");
        succeed(
            "python3 -m venv (Debian: apt-get install python3-venv)",
            make.args(["-m", "venv", "--clear"]).arg(&venv),
        );
        let mut pip = Command::new(&python);
        let quiet = ["-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-compile"];
        succeed("pip install", pip.args(quiet).args(["--require-hashes", "-r"]).arg(&requirements));
        fs::write(&stamp, wanted).expect("room under target/");
    }
    python
}

/// A directory with the packages of a lock file for Node in `tests/foreign`, made anew when that changes. Nothing of theirs is run by it.
pub(crate) fn node(name: &str, of: &str) -> PathBuf {
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let place = kept(name);
    let wanted = fs::read(here(of).join("package-lock.json")).expect("our lock file");
    let stamp = place.join("made-of.json");
    if fs::read(&stamp).ok().as_deref() != Some(&wanted) {
        for file in ["package.json", "package-lock.json"] {
            fs::copy(here(of).join(file), place.join(file)).expect("room under target/");
        }
        let quiet = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        succeed("npm ci", Command::new("npm").args(quiet).current_dir(&place));
        fs::write(&stamp, wanted).expect("room under target/");
    }
    place
}

/// A program for Node that is to be run: it lies among the packages, where a module looks for what it imports. Several tests run the same
/// one, so that it comes to lie there whole or not at all: of a half written module Node runs the half, and a still empty one ends well.
pub(crate) fn node_program(place: &Path, file: &str) -> Command {
    static COPYING: Mutex<()> = Mutex::new(());
    let _copying = COPYING.lock().unwrap_or_else(PoisonError::into_inner);
    let program = place.join(Path::new(file).file_name().expect("a file"));
    let unfinished = program.with_extension(format!("{}.new", std::process::id()));
    fs::copy(here(file), &unfinished).expect("room under target/");
    fs::rename(&unfinished, &program).expect("room under target/");
    let mut node = Command::new("node");
    node.arg(program);
    node
}
