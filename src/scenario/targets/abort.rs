//! That a drill ends when a target cannot be kept any more.

use crate::plan::{Abort, Level, Phase, Target};
use crate::scenario::cx::Cx;
use crate::scenario::diagnostic::Code;
use crate::scenario::fields::Fields;
use crate::scenario::node::{Entry, Mark, Value};
use crate::scenario::phases::total;
use crate::scenario::table::Table;
use crate::units::{Moment, Span};

const WHEN: [(&str, ()); 1] = [("breached", ())];

/// `breached`, or `{ when: breached, after: 30s }`.
pub(super) fn read(cx: &mut Cx<'_>, entry: &Entry) -> Option<Abort> {
    if matches!(entry.value.value, Value::Word(_)) {
        return cx.choice(&entry.value, "reason to abort", &WHEN, &[]).map(|()| Abort::default());
    }
    let mut fields = Fields::of(cx, &entry.value, "`abort`", entry.at)?;
    let when = match fields.take("when") {
        Some(node) => cx.choice(node, "reason to abort", &WHEN, &[]),
        None => Some(()),
    };
    let after = match fields.take("after") {
        Some(node) => cx.quantity(node, "`after`"),
        None => Some(Span::ZERO),
    };
    fields.finish(cx);
    when.and(after).map(|after| Abort { after })
}

/// The target with its `abort`, if it can be broken for good before the drill's end.
pub(super) fn of(cx: &mut Cx<'_>, at: Mark, target: Target, abort: Abort, phases: &Table<'_, Phase>) -> Option<Target> {
    if target.level != Level::Must {
        let message = "a target that decides nothing does not end the drill";
        return cx.hinted(Code::Conflict, at, message, "write `level: must`, or leave `abort` out".to_owned());
    }
    if let Err(why) = target.can_end_the_drill() {
        let message = format!("target `{}` cannot end the drill, since {why}", target.name);
        return cx.hinted(Code::Conflict, at, message, "leave `abort` out".to_owned());
    }
    let begins = target.phases.iter().filter_map(|phase| phases.get(phase.index())).map(|phase| phase.start).min();
    let end = total(phases).map(|length| Moment::ZERO + length);
    if begins.zip(end).is_some_and(|(begins, end)| begins + abort.after >= end) {
        let message = format!("{} after the target's first phase has begun the drill is over", abort.after);
        return cx.hinted(Code::OutOfRange, at, message, "write a shorter `after`".to_owned());
    }
    Some(Target { abort: Some(abort), ..target })
}
