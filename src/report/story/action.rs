//! What was done outside, and undone.

use super::{then, untold};
use crate::analysis::{ActionFigures, CallFigures, InjectFigures};
use crate::plan::{Action, Call, Half};
use crate::report::Report;
use crate::report::words::{moment, plain, secs};
use crate::units::InjectId;

/// An inject that acts outside, in a sentence.
pub(super) fn story(report: &Report<'_>, id: InjectId, action: &Action, figures: &InjectFigures) -> String {
    let what = format!("{} ({})", plain(&figures.id), plain(&action.act.to_string()));
    let nothing = ActionFigures::default();
    let became = figures.action.as_ref().unwrap_or(&nothing);
    if became.is_rehearsed() {
        let at = figures.applied_s.map_or(String::new(), |at| format!(" at {}", moment(at)));
        return format!(
            "{what} was taken as done outside{at}, since a rehearsal calls nobody: it changed nothing here."
        );
    }
    let Some(act) = became.calls.iter().find(|call| call.half == Half::Act) else {
        return format!("{}: {what}.", untold(report, "Planned, but never done"));
    };
    let undone = undone(became);
    match figures.applied_s {
        Some(at) => {
            let (status, took) = (status(action, act), secs(act.took_s));
            format!(
                "{what} was done outside at {}{status}, which took {took}; {}; {undone}.",
                moment(at),
                then(report, id, figures)
            )
        }
        None => format!("{what} was not done outside ({}): {}; {undone}.", act.end, plain(&act.why)),
    }
}

fn status(action: &Action, call: &CallFigures) -> String {
    match (&action.act, call.status) {
        (_, None) => String::new(),
        (Call::Exec(_), Some(status)) => format!(" (exit status {status})"),
        (Call::Http(_), Some(status)) => format!(" (HTTP {status})"),
    }
}

fn undone(became: &ActionFigures) -> String {
    let tries: Vec<_> = became.calls.iter().filter(|call| call.half == Half::Undo).collect();
    match tries.last() {
        _ if became.left => "it was not undone when the record ends".to_owned(),
        Some(last) if tries.len() == 1 => format!("undone at {}", moment(last.began_s + last.took_s)),
        Some(last) => format!("undone at {}, at the {}. try", moment(last.began_s + last.took_s), tries.len()),
        None => "there was nothing to undo".to_owned(),
    }
}
