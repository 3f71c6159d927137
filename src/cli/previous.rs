//! The last run that passed, with which targets are compared (`previous_pass`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::journal::WorldKind;
use crate::limits::SUMMARY_BYTES;
use crate::plan::{Bound, Plan};

/// What is read of a run's `summary.json`.
#[derive(Deserialize)]
struct Summary {
    variant: Option<String>,
    world: WorldKind,
    verdict: String,
    targets: Vec<Figure>,
}

#[derive(Deserialize)]
struct Figure {
    id: String,
    observed: Option<f64>,
}

/// Takes the bounds of targets that are compared with the last run that passed from that run: the newest one below `reports` of the same
/// scenario and variant, in the same world. Without one they stay open.
///
/// It is done before the plan is written into block 0, so that the run is judged again by the same bounds, whatever runs come after it.
pub(super) fn compare(plan: &mut Plan, reports: &Path, world: WorldKind) {
    if plan.targets.iter().all(|target| !matches!(target.expr.bound, Bound::Previous(_))) {
        return;
    }
    let Some((run, figures)) = last_pass(&reports.join(&plan.name), plan.variant.as_deref(), world) else { return };
    for target in &mut plan.targets {
        if let Some(figure) = figures.get(&target.name) {
            target.compare_with(&run, *figure);
        }
    }
}

/// The newest run that passed, with its figures by target.
fn last_pass(runs: &Path, variant: Option<&str>, world: WorldKind) -> Option<(String, BTreeMap<String, f64>)> {
    let is_run = |path: &PathBuf| path.is_dir() && !path.is_symlink();
    let mut paths: Vec<_> = fs::read_dir(runs).ok()?.flatten().map(|entry| entry.path()).filter(is_run).collect();
    // Their names begin with the time.
    paths.sort();
    paths.into_iter().rev().find_map(|path| {
        let summary = read(&path.join("summary.json"))?;
        if summary.verdict != "pass" || summary.world != world || summary.variant.as_deref() != variant {
            return None;
        }
        let known = summary.targets.into_iter().filter_map(|target| Some((target.id, target.observed?)));
        Some((path.file_name()?.to_string_lossy().into_owned(), known.collect()))
    })
}

/// A summary; what is none, as that of many plays, is no run to compare with.
fn read(path: &Path) -> Option<Summary> {
    let size = fs::metadata(path).ok()?.len();
    if size > SUMMARY_BYTES {
        return None;
    }
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
