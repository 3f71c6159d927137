//! Control arms: of a journey between groups that have control accounts, those send to each other, untouched by any inject, what the
//! others send beside them.

use super::cx::Cx;
use super::diagnostic::Code;
use super::journeys::Around;
use super::rate::{self, Over};
use super::scenario::Parts;
use super::table::{Row, Table};
use crate::plan::{
    Detector, Endpoint, Fault, FreezeMode, Group, Inject, Journey, Part, RateLimit, Recipients, Route, Scope,
};
use crate::units::{EndpointId, Span};

/// How often either arm of a journey sends.
pub(super) struct Arms {
    /// Those whom injects may hit: everybody, where there are no control accounts.
    pub(super) exposed: rate::Read,
    control: Option<rate::Read>,
}

/// What `rates` needs of the scenario: who sends to whom, and over what time.
type People<'a, 't, 'n> = ((usize, Recipients), &'a Around<'t, 'n>, Option<Over<'t, 'n>>);

/// Shares a journey's rate out, so that every sender has the same of it.
pub(super) fn rates(
    cx: &mut Cx<'_>,
    row: &Row<'_, Journey>,
    whole: rate::Read,
    ((from, to), around, over): People<'_, '_, '_>,
) -> Option<Arms> {
    let recipients = match to {
        Recipients::One(group) | Recipients::All(group) => group,
    };
    let (senders, recipients) = (around.groups.get(from)?, around.groups.get(recipients.index())?);
    if senders.control == 0 && recipients.control == 0 {
        return Some(Arms { exposed: whole, control: None });
    }
    comparable(cx, row, (senders, recipients), to)?;
    let (count, exposed) = (senders.count, senders.exposed());
    let part = |from: u32, to: u32| {
        let pace = whole.pace.part(Part { from, to, of: count })?;
        rate::over(pace, over)
    };
    let (Some(exposed), Some(control)) = (part(0, exposed), part(exposed, count)) else {
        let message = format!("so little is due of journey `{}` that one of its arms would send nothing", row.name);
        return cx.error(Code::OutOfRange, row.at, message);
    };
    Some(Arms { exposed, control: Some(control) })
}

/// Whether both arms send the same kind of message from and to their own accounts.
fn comparable(
    cx: &mut Cx<'_>,
    row: &Row<'_, Journey>,
    (senders, recipients): (&Group, &Group),
    to: Recipients,
) -> Option<()> {
    let name = &row.name;
    for (has, lacks) in [(senders, recipients), (recipients, senders)] {
        if lacks.control == 0 {
            let message = format!(
                "journey `{name}` is between `{}`, which has control accounts, and `{}`, which has none",
                has.name, lacks.name
            );
            let hint = format!(
                "injects could hit the messages of control accounts at the other end: write `control` at group `{}`, too",
                lacks.name
            );
            return cx.hinted(Code::Conflict, row.at, message, hint);
        }
    }
    if matches!(to, Recipients::All(_)) {
        let message = format!(
            "a message of journey `{name}` goes to all of `{}`, of whom one arm has more than the other",
            recipients.name
        );
        let hint = "arms of which a message has more recipients than the other's cannot be compared: write `to: GROUP`, \
                    or take `control` out of the groups";
        return cx.hinted(Code::Conflict, row.at, message, hint.to_owned());
    }
    Some(())
}

impl Arms {
    /// The rates that there are.
    pub(super) fn both(&self) -> impl Iterator<Item = &rate::Read> {
        [&self.exposed].into_iter().chain(&self.control)
    }

    /// The arms of a journey that is read but for its slots, which follow from the rate and the number of those who send. The control arm
    /// stays on the first route.
    pub(super) fn split(
        self,
        journey: Journey,
        detector: Option<&Detector>,
        (senders, drill): (&Group, Span),
    ) -> (Journey, Option<Journey>) {
        let slots = |journey: &Journey, count: u32| Journey::slots(&journey.rate, drill, &journey.routes, count);
        let control = self.control.map(|rate| {
            let control = Journey {
                name: format!("{}-control", journey.name),
                rate: rate.pace,
                routes: journey.routes.first().cloned().into_iter().collect(),
                failover: None,
                detector: detector.copied().unwrap_or(journey.detector),
                ..journey.clone()
            };
            Journey { slots: slots(&control, senders.control), ..control }
        });
        (Journey { slots: slots(&journey, senders.exposed()), ..journey }, control)
    }
}

/// A control arm is called after its journey; nothing else may be.
pub(super) fn distinct(cx: &mut Cx<'_>, table: &Table<'_, Journey>, controls: &[Journey]) {
    for control in controls {
        if let Some(row) = table.rows.iter().find(|row| row.name == control.name) {
            let message = format!("`{}` is what the control arm of another journey is called", row.name);
            cx.error::<()>(Code::Conflict, row.at, message);
        }
    }
}

/// Reports injects that are about a whole endpoint: these spare nobody.
pub(super) fn spared(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, inject) in parts.injects.read() {
        let Some(why) = of_everybody(inject) else { continue };
        let concerned = parts.controls.iter().find(|control| {
            let endpoints = &inject.aim.endpoints;
            let inspects = |route: &Route| parts.endpoints.get(route.endpoint.index()).and_then(Endpoint::inspected_by);
            let leads = |route: &Route, to| route.endpoint == to || inspects(route) == Some(to);
            let routed = |endpoint: &EndpointId| control.routes.iter().any(|route| leads(route, *endpoint));
            endpoints.is_empty() || endpoints.iter().any(routed)
        });
        let Some(of) = concerned.and_then(|control| parts.journeys.rows.get(control.control_of?.index())) else {
            continue;
        };
        let message = format!(
            "inject `{}` (`{}`) spares no control account of journey `{}`: {why}",
            row.name,
            inject.fault.name(),
            of.name
        );
        let hint = "take `control` out of the groups, or aim a fault at a group that leaves the endpoint to the others";
        cx.hinted::<()>(Code::Conflict, row.at, message, hint.to_owned());
    }
}

/// Why nobody who uses the endpoint could be left out of a fault.
fn of_everybody(inject: &Inject) -> Option<&'static str> {
    match &inject.fault {
        Fault::Refuse if inject.aim.group.is_none() => Some("an endpoint that is down is so for everybody"),
        Fault::AccountFreeze { mode: FreezeMode::Organisation } => Some("it freezes the whole organisation"),
        Fault::RateLimit(RateLimit { scope: Scope::Organisation, .. }) => Some("the limit is the whole organisation's"),
        Fault::Quota { .. } => Some("the calls are the whole organisation's"),
        Fault::DlpSlow(_) | Fault::DlpDown { .. } => Some("whoever inspects does so for everybody"),
        Fault::CapabilityMissing if inject.aim.group.is_none() => Some("what a platform does not have, nobody has"),
        _ => None,
    }
}
