// Loaded before the program, in the place of the system's own: what is synced is written down, with all that it holds by then, and nothing
// else is done. Compiled by itself, by tests/actions/synced.rs.

use std::ffi::c_int;
use std::fs::{OpenOptions, read_link, read_to_string};
use std::io::Write;

#[unsafe(no_mangle)]
pub extern "C" fn fsync(descriptor: c_int) -> c_int {
    let (Some(record), Ok(file)) = (std::env::var_os("RECORD"), read_link(format!("/proc/self/fd/{descriptor}"))) else {
        return -1;
    };
    // A directory holds no text.
    let text = read_to_string(&file).unwrap_or_default();
    let line = format!("{} {}\n", file.display(), text.replace('\n', " "));
    let written = OpenOptions::new().create(true).append(true).open(record).and_then(|mut to| to.write_all(line.as_bytes()));
    if written.is_ok() { 0 } else { -1 }
}

#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(descriptor: c_int) -> c_int {
    fsync(descriptor)
}
