use super::drill::twins;
use super::figures::silent_routes;
use crate::analysis::JourneyBasis;
use crate::journal::WorldKind;
use crate::plan::{Plan, Receipts};
use crate::report::Report;
use crate::report::words::{list, plain, secs_exact};

/// On what the figures rest.
pub(super) fn assumptions(report: &Report<'_>) -> Vec<String> {
    let plan = report.plan;
    let mut sentences = vec![match report.start.world {
        WorldKind::Virtual => {
            "Played in virtual time and in memory: delays are those the scenario states. No real network, operating system or \
             machine had a part in them."
        }
        WorldKind::Sockets => {
            "Played in real time over sockets of the machine that ran it: delays are those the scenario states, plus what that \
             machine itself needed."
        }
    }
    .to_owned()];
    let twins = twins(plan);
    if !twins.is_empty() {
        sentences.push(format!(
            "Stood in for by twins: {twins}. A twin answers as the vendor's documents say; it is not the vendor's service, and how long \
             the service itself takes is not in the figures."
        ));
    }
    sentences.push(
        "Faults were applied on the way between client and platform, never in a platform. No real account was frozen or fenced.".into(),
    );
    if plan.actions().next().is_some() {
        sentences.push(match report.start.world {
            WorldKind::Virtual => "What the scenario does outside was not done: a rehearsal takes it as done, and it changed nothing.".into(),
            WorldKind::Sockets => "Programs or requests of the scenario did something outside besides. Whom that hit is not known: an outage that began while it was in force, and that no fault explains, is put down to it.".into(),
        });
    }
    sentences.extend(receipts(plan));
    let of = |basis: JourneyBasis| report.observation.journeys.iter().filter(move |journey| journey.basis == basis);
    let accepted: Vec<_> = of(JourneyBasis::Acceptance).map(|journey| plain(&journey.id)).collect();
    for journey in of(JourneyBasis::Mixed) {
        sentences.push(format!(
            "Nobody reports the receipt of what {} sends by {}: there its times end with the platform's acknowledgement, which is not \
             delivery, and whether it arrived is not known.",
            plain(&journey.id),
            silent_routes(journey)
        ));
    }
    if !accepted.is_empty() {
        sentences.push(format!(
            "Nobody reports the receipt of {}: its times end with the platform's acknowledgement, which is not delivery.",
            list(&accepted)
        ));
    }
    let unawaited = match report.observation.messages.indeterminate {
        0 => "",
        _ => " Receipts of messages that nobody had acknowledged were not awaited.",
    };
    sentences.push(format!(
        "An outage is known only between two messages and their deadlines, so its length is given as a range. Receipts \
         that were missing at the end were awaited for up to {} after the latest of their acknowledgements; what came later counts as lost.{unawaited}",
        secs_exact(plan.grace.secs_f64())
    ));
    sentences
}

/// Who told of receipts, and so what a receipt is.
fn receipts(plan: &Plan) -> Vec<String> {
    let (asked, told): (Vec<_>, Vec<_>) = plan
        .endpoints
        .iter()
        .map(|endpoint| endpoint.receipts)
        .partition(|way| matches!(way, Receipts::ReadStatus { .. }));
    let mut sentences = Vec::new();
    if told.iter().any(|way| *way != Receipts::Acceptance) {
        let why = "Receipts were taken by firedrill's own receivers, which stand in for people's devices";
        let more = if asked.is_empty() { "; reading a message is not in the figures." } else { "." };
        sentences.push(format!("{why}{more}"));
    }
    let every =
        asked.iter().filter_map(|way| if let Receipts::ReadStatus { every } = way { Some(*every) } else { None }).max();
    if let Some(every) = every {
        sentences.push(format!(
            "Where the platform was asked who has read a message, a receipt is as late as the question: up to {every}, and longer for what \
             took longer. That a message was changed on the way, or came twice, cannot be seen there."
        ));
    }
    sentences
}

/// What nobody may read into the figures.
pub(super) fn not_shown(report: &Report<'_>) -> Vec<String> {
    let plan = report.plan;
    let mut sentences = vec![
        "It does not show that anything complies with a law, a standard or a contract: it is evidence for whoever judges that, and no more.".to_owned(),
        "It does not show how often such an event will happen, or that it will look like the one that was injected.".to_owned(),
        "It is one play with one seed, and does not show how much the figures would vary over many plays.".to_owned(),
        "It does not show how more traffic than was sent would fare, or other business than the journeys listed.".to_owned(),
    ];
    if !twins(plan).is_empty() {
        sentences.push("It does not show how the vendors' own services behave, or how fast they are.".into());
    }
    if plan.runbook.is_none() {
        sentences.push(
            "It does not show what people would do or how long they would take: no person had a part in this drill."
                .into(),
        );
    }
    if plan.claims.iter().any(|claim| !claim.verified) {
        sentences.push("It does not show that the claims marked as not verified are true.".into());
    }
    sentences
}
