//! The pages of what targets can be about.

use std::fmt::Write;

use super::pages::{head, wrapped};
use crate::plan::{Aggregate, Measure, Metric, MetricKind};

pub(super) fn figure(metric: Metric) -> String {
    let (meaning, example) = measured(metric);
    let mut text = head(metric.name(), "a figure of targets", meaning);
    let words = metric.aggregates().join(", ");
    let asked = match metric.kind() {
        MetricKind::Latency => format!("a distribution: write a percentile (p50, p95, p99.9), {words} of it"),
        MetricKind::Share => "a single figure".to_owned(),
        MetricKind::Access => format!("the longest of all ways ({words})"),
        MetricKind::OutageTime => format!("the worst of all outages; or {words} of them"),
        MetricKind::Count => format!("so many; or {words} of it: a rate is in the time of the target's phases"),
    };
    let labels = metric.labels().join(", ");
    let [asked, units] = [asked, units(metric)].map(|line| wrapped(&line, 2));
    let example = match metric {
        // Without a window nobody knows for which time it is promised, and `check` says so.
        Metric::Availability => format!("open: {{ expr: \"{example}\", window: month }}"),
        _ => example.to_owned(),
    };
    let _ = write!(text, "\n{asked}{units}  labels: {labels}\n\nExample\n  {example}\n");
    text
}

/// What a figure, and what can be asked of it, is compared with.
fn units(metric: Metric) -> String {
    let unit = |aggregate| match Measure::of(aggregate, metric) {
        Measure::Time => "a duration such as 800ms",
        Measure::Share => "a share such as 99.5%",
        Measure::Count => "a whole number such as 0",
        Measure::Rate => "a rate such as 2/min",
    };
    let mut text = format!("unit: {}", unit(None));
    for (word, aggregate) in Aggregate::WORDS {
        if aggregate.suits(metric) && unit(Some(aggregate)) != unit(None) {
            let _ = write!(text, "; of its {word} {}", unit(Some(aggregate)));
        }
    }
    text
}

/// What a figure is, and an example.
fn measured(metric: Metric) -> (&'static str, &'static str) {
    match metric {
        Metric::DeliveryLatency | Metric::AcceptLatency | Metric::ServiceLatency => latency(metric),
        _ if metric.is_observed() => observed(metric),
        Metric::RecoveryTime | Metric::DetectTime | Metric::DecideTime => outage_time(metric),
        Metric::Availability => (
            "The share of messages that every owed recipient received within the deadline, of all that were due, but for those that \
             the sender itself was too slow to send.",
            "availability{journey=order} >= 99.5%",
        ),
        Metric::ErrorBudget => (
            "The share of what a promised availability lets be lost in its window that the outages of this drill cost, if nothing else \
             happens in it: what of them lies in the target's phases. `slo` names the promise: a target with `availability >= ...` and \
             `window: month`, `quarter` or `year`. Of several journeys the one that spent most counts.",
            "error_budget{slo=open-all-month} <= 25%",
        ),
        Metric::StaleReadWindow => of_documents(metric),
        Metric::Coverage => (
            "The share of the functions of DingTalk's mainland edition that the platform of a route keeps: of all functions in the \
             catalogue (set=api), or of common use, which weights each by how often it is called (set=common). What the drill tried on \
             the route counts as it was seen, everything else as the catalogue says (`firedrill coverage`). What is degraded counts in \
             the upper bound only.",
            "coverage{route=lite, set=api} >= 75%",
        ),
        Metric::TimeToRevoke => (
            "How long whoever a `deprovision`, or a call that `takes_away`, took away could still send: from its being applied to between the last of their messages that \
             was taken and the first after it that was refused for who sent it: for its token, key or account, and not for its text or a \
             service in trouble. Of several ways the one that was open longest counts; one on which no such refusal came is open for ever, as \
             far as anybody saw.",
            "time_to_revoke{route=teams} <= 15m",
        ),
        _ if metric.is_of_audits() => audit(metric),
        _ if metric.is_of_inspections() => inspections(metric),
        _ => count(metric),
    }
}

fn observed(metric: Metric) -> (&'static str, &'static str) {
    match metric {
        Metric::ObservedAvailability => (
            "The share of what programs that are not ours asked for by a way in and got: where HTTP is read, a complete answer with a \
             status below 400; otherwise a connection that stood and ended in order. What the way in refused is not among it.",
            "observed_availability{way=bot} >= 99%",
        ),
        Metric::ObservedLatency => (
            "From the request of a program that is not ours to the end of its answer, where HTTP is read. A request without an answer \
             sorts after every one that was answered.",
            "p95(observed_latency{way=bot, host=api.dingtalk.com}) <= 2s",
        ),
        Metric::ObservedConnectLatency => (
            "From a program's asking a way in for a connection, of which nothing is read, until it stood.",
            "p95(observed_connect_latency{way=bot}) <= 500ms",
        ),
        Metric::ObservedRefusals => (
            "What a way in refused programs that are not ours: hosts that it does not list, and more at a time than its limit. Its ratio \
             is of all that was asked for there.",
            "observed_refusals{way=bot} == 0",
        ),
        Metric::ObservedRecoveryTime => (
            "How long what programs that are not ours asked for by a way in failed, by the machine that finds the outages of journeys: from \
             the first that failed to the first good one of the row that ended it, at least and at most, to within two tenths of a second. \
             `clock: injection` or `detection` at the target counts from another moment.",
            "observed_recovery_time{way=bot, inject=freeze} <= 30s",
        ),
        _ => (
            "What programs that are not ours asked for by a way in and did not get: no complete answer, a status of 400 or more, a host \
             that was not reached. Its ratio is of all that it let in.",
            "observed_failures{way=bot} <= 10",
        ),
    }
}

fn inspections(metric: Metric) -> (&'static str, &'static str) {
    match metric {
        Metric::DlpDetection => (
            "The share of texts that were blocked, of those that a gateway had inspected, that came to a verdict, and that have something \
             in them that may not leave (`content` of a journey).",
            "dlp_detection{journey=quote} >= 95%",
        ),
        Metric::DlpFalsePositives => (
            "The share of texts that were blocked, of those that a gateway had inspected, that came to a verdict, and that have nothing in \
             them that may not leave, whether something looks like it or not.",
            "dlp_false_positives{route=gateway} <= 1%",
        ),
        Metric::InterceptLatency => (
            "What having a text inspected took a gateway, from asking for a connection to the verdict: one sample an inspection. One that came \
             to no verdict sorts after all others, as a message that never arrived does, however soon it failed.",
            "p99(intercept_latency{dlp=guard}) <= 200ms",
        ),
        _ => (
            "Messages that a gateway handed on without a verdict, since none came and it fails open: each once, however many gateways it \
             passed, and none that could be handed to nobody. Its ratio is of all messages that were to be inspected.",
            "uninspected{route=gateway} == 0",
        ),
    }
}

fn latency(metric: Metric) -> (&'static str, &'static str) {
    match metric {
        Metric::AcceptLatency => {
            ("From when a message was due to its acknowledgement by the platform.", "p99(accept_latency) <= 2s")
        }
        Metric::ServiceLatency => (
            "From the first attempt on the route that delivered a message to its receipt: without what the sender waited before.",
            "p95(service_latency{route=dingtalk}) <= 500ms",
        ),
        _ => (
            "From when a message was due to when its last recipient received it, one sample a message. An undelivered message sorts \
             after every delivered one.",
            "p95(delivery_latency{journey=order}) <= 800ms",
        ),
    }
}

fn outage_time(metric: Metric) -> (&'static str, &'static str) {
    match metric {
        Metric::DetectTime => (
            "From the first bad message of an outage until it was certain that the journey was down, by the drill's own detector: the \
             soonest that anybody with all its messages before him could have known. Whether somebody did is not asked; an outage that \
             neither a failover nor an alert noticed is a finding. When it began is known within bounds, and so is this.",
            "detect_time{journey=order} <= 5m",
        ),
        Metric::DecideTime => (
            "How long deciding on a failover took during an outage: from when what it waits for was reached (failures in a row, or \
             nothing acknowledged for so long) to the switch. An outage without a failover leaves it open.",
            "decide_time{journey=order} <= 15m",
        ),
        _ => (
            "The longest outage: from the first message of it that was due, or at most from the last good one before it, to the receipt of \
             the first of many good ones. It is known within bounds; a target between them is inconclusive. `clock: injection`, \
             `detection` or `declaration` at the target counts from another moment (`firedrill explain clock`).",
            "recovery_time{journey=order} <= 2h",
        ),
    }
}

fn count(metric: Metric) -> (&'static str, &'static str) {
    match metric {
        Metric::Undelivered => (
            "Messages times recipients that were never received, acknowledged or not. Its ratio is of all of them.",
            "undelivered{journey=order} == 0",
        ),
        Metric::Declined => (
            "Recipients whom the platform's acknowledgements declined, so that nothing is owed to them. Its ratio is of all recipients \
             of messages that were answered.",
            "ratio(declined{journey=order}) <= 1%",
        ),
        Metric::Unacknowledged => (
            "Deliveries that were received though no acknowledgement owes them: the sender cannot know of them. Its ratio is of all \
             deliveries received.",
            "unacknowledged{journey=order} <= 5",
        ),
        Metric::Duplicated => (
            "Receipts beyond the first of one message by one recipient, whichever route they took. Its ratio is of all deliveries \
             received, how many came more than once (RFC 5560 calls these replicated).",
            "ratio(duplicated) <= 2%",
        ),
        Metric::DuplicatedAfterDedup => (
            "Receipts beyond the first of one message by one recipient that are left after the receiver's own de-duplication. Its ratio \
             is as that of `duplicated`.",
            "duplicated_after_dedup == 0",
        ),
        Metric::Reordered => (
            "Deliveries that came after a later message of the same sender (RFC 4737). Its ratio is of all deliveries received.",
            "ratio(reordered{journey=order}) <= 0.1%",
        ),
        Metric::WrongSide => (
            "Deliveries received of messages of which an attempt had crossed a boundary: data that is now where it must not be. Its ratio \
             is of all deliveries received.",
            "wrong_side{journey=order} == 0",
        ),
        Metric::DlpLeaks => (
            "Deliveries of messages with something in them that may not leave (`content` of a journey), received or, where nobody tells of \
             receipts, accepted, whichever way they took. Its ratio is of all deliveries of such messages that were tried.",
            "dlp_leaks{journey=quote} == 0",
        ),
        Metric::BoundaryViolations => (
            "Attempts that carried a message across a boundary of the scenario: its data was handed to a connection that leads where it \
             must not come, whether it was taken there or not. `when` tells apart what is sent as usual (`steady`), by another route after \
             a switch (`failover`), from an outbox that had waited for one (`flush`), and after a switch back (`failback`).",
            "boundary_violations{boundary=customers-at-home, when=failover} == 0",
        ),
        Metric::ErpDuplicates => (
            "Bookings that an ERP made once more, of a message that it had booked: it took a second delivery for a new one. They are read \
             from the ERP's own ledger, by its receipts.",
            "erp_duplicates{journey=order} == 0",
        ),
        Metric::ErpOutOfOrder => (
            "Bookings by which an ERP overwrote a later state of a document with an earlier one. A sender keeps one document in each \
             journey, and each of his messages is its next state. They are read from the ERP's own ledger, by its receipts.",
            "erp_out_of_order{route=erp} == 0",
        ),
        metric if metric.is_of_documents() => of_documents(metric),
        // Lost; other metrics are none of counts.
        _ => (
            "Deliveries that the platform acknowledged and that were never received: promises broken. Its ratio is of all that were \
             owed.",
            "lost{journey=order} == 0",
        ),
    }
}

fn audit(metric: Metric) -> (&'static str, &'static str) {
    match metric {
        Metric::AuditWrong => (
            "Entries of a gateway's audit trail that tell of what never happened: of a message that was not handed to the gateway, or of \
             one that was sent on by an endpoint to which no connection of the gateway led.",
            "audit_wrong == 0",
        ),
        Metric::AuditLag => (
            "From the end of a gateway's try to send a message on until the auditor had the entry of its audit trail that tells of it. What \
             is in no trail sorts after everything that is.",
            "p99(audit_lag) <= 10s",
        ),
        _ => (
            "Messages that a gateway was seen to send on, and of which no entry of its audit trail tells, by each endpoint of its own; of \
             a gateway that is no twin, those that it acknowledged. They are missing once the trail was read to its end when the drill has \
             drained, and not known if it could not be.",
            "audit_missing{route=gateway} == 0",
        ),
    }
}

/// What a figure of shared documents is.
fn of_documents(metric: Metric) -> (&'static str, &'static str) {
    match metric {
        Metric::LostUpdates => (
            "Changes of shared documents that were acknowledged and are in nothing that is there when the drill is over: in no store's \
             version, and in none that goes back to it, and in no conflicting copy. Somebody overwrote them who did not know of them, and \
             nobody was told. Its ratio is of all acknowledged changes.",
            "lost_updates{journey=headquarters} == 0",
        ),
        Metric::Conflicts => (
            "Changes of shared documents that met others and of which somebody was told: refused since the document had changed (412), or \
             kept as a conflicting copy. Its ratio is of all changes that were refused so or acknowledged.",
            "conflicts == 0",
        ),
        Metric::StaleReads => (
            "Reads of shared documents, also by those who went on to change them, that were asked for when a change had been acknowledged \
             that was not in what was read. What was lost later does not count. Its ratio is of all reads.",
            "ratio(stale_reads{journey=board}) <= 5%",
        ),
        // The age of what was read.
        _ => (
            "How old what a reader of a shared document got was: from when the earliest change had been acknowledged that was not in it until \
             he asked; nothing if none was missing. One sample a read, also by those who went on to change it. What was lost later does not \
             count.",
            "max(stale_read_window{journey=board}) <= 1m",
        ),
    }
}
