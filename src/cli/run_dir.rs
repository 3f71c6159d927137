//! The run's directory: made exclusively, `latest` points at it, and the files that stand before anything starts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::draw::Seed;
use crate::journal::WorldKind;

/// Why there is no run directory.
#[derive(Debug, thiserror::Error)]
#[error("cannot use `{}`: {source}; name another place with --reports", path.display())]
pub(super) struct RunDirError {
    path: PathBuf,
    source: io::Error,
}

impl RunDirError {
    pub(super) fn reading(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_path_buf(), source }
    }
}

/// A run's directory.
pub(super) struct RunDir {
    pub(super) path: PathBuf,
}

impl RunDir {
    /// Makes `REPORTS/SCENARIO/TIME-WORLD-SEED/`, or the same with `-2`, `-3`, … if somebody has it already; of many plays
    /// `TIME-WORLD-SEED-runs-N`, by their first seed.
    pub(super) fn create(
        reports: &Path,
        scenario: &str,
        began: jiff::Timestamp,
        (world, seed): (WorldKind, Seed),
        runs: Option<u32>,
    ) -> Result<Self, RunDirError> {
        let parent = reports.join(scenario);
        fs::create_dir_all(&parent).map_err(|source| RunDirError { path: parent.clone(), source })?;
        let time = began.strftime(BEGAN);
        let world = match world {
            WorldKind::Sockets => "sockets",
            WorldKind::Virtual => "virtual",
        };
        let many = runs.map_or(String::new(), |runs| format!("-runs-{runs}"));
        let name = format!("{time}-{world}-{}{many}", seed.0);
        let mut tries = 1;
        loop {
            let path = parent.join(if tries == 1 { name.clone() } else { format!("{name}-{tries}") });
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < 1_000 => tries += 1,
                Err(source) => return Err(RunDirError { path, source }),
            }
        }
    }

    /// Makes the directory of one of many plays, by its seed.
    pub(super) fn play(&self, seed: Seed) -> Result<(Self, String), RunDirError> {
        let name = format!("plays/{}", seed.0);
        let path = self.path.join(&name);
        fs::create_dir_all(&path).map_err(|source| RunDirError { path: path.clone(), source })?;
        Ok((Self { path }, name))
    }

    /// Writes one file whole: if that fails, as on a full disk, what had that name before is still there, and no empty file beside it.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunDirError> {
        let (path, part) = (self.path.join(name), self.path.join(format!("{name}.part")));
        let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, &path));
        written.map_err(|source| {
            // It may never have been made; the first error is the one to tell.
            let _ = fs::remove_file(&part);
            RunDirError { path, source }
        })
    }

    /// Points `latest` at this run. Two runs at once: the later one wins, and neither fails.
    pub(super) fn point_latest(&self) {
        let (Some(parent), Some(name)) = (self.path.parent(), self.path.file_name()) else { return };
        let (latest, new) = (parent.join("latest"), parent.join(format!(".latest-{}", std::process::id())));
        #[cfg(unix)]
        let made = std::os::unix::fs::symlink(name, &new).and_then(|()| fs::rename(&new, &latest));
        #[cfg(not(unix))]
        let made = fs::write(&new, name.as_encoded_bytes()).and_then(|()| fs::rename(&new, &latest));
        if let Err(error) = made {
            tracing::warn!(%error, path = %latest.display(), "`latest` does not point at this run");
            let _ = fs::remove_file(&new);
        }
    }
}

/// How the moment of the play is written in the name of its directory.
const BEGAN: &str = "%Y%m%dT%H%M%S.%3fZ";

/// When a recorded run was played, as the name of its directory says; it may be given by its journal, or by `latest`.
pub(super) fn played(run: &Path) -> Option<String> {
    let run = fs::canonicalize(run).ok()?;
    run.ancestors().take(3).find_map(|place| {
        let (began, _) = place.file_name()?.to_str()?.split_once('-')?;
        let began = jiff::civil::DateTime::strptime(BEGAN, began).ok()?;
        Some(began.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let dir = RunDir { path: place.path().to_path_buf() };
        dir.write("summary.json", b"first").unwrap();
        dir.write("summary.json", b"second").unwrap();
        // Nothing can be put in the place of a directory.
        fs::create_dir(place.path().join("report.md")).unwrap();
        dir.write("report.md", b"text").unwrap_err();
        let mut left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["report.md", "summary.json"]);
        assert_eq!(fs::read(place.path().join("summary.json")).unwrap(), b"second");
    }
}
