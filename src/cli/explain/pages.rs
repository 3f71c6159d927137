//! The pages, for a terminal.

use std::fmt::Write;

use crate::plan::{Doc, Metric, Param, ParamKind, ParamNeed};
use crate::scenario::{Code, Part};

/// The most characters of a line.
pub(super) const WIDTH: usize = 100;

/// A text in lines that fit, each after so many spaces.
pub(in crate::cli) fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            lines.push('\n');
            width = 0;
        }
        if width == 0 {
            lines.push_str(&" ".repeat(indent));
            width = indent;
        } else {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines.push('\n');
    lines
}

fn head(name: &str, what: &str, summary: &str) -> String {
    format!("{name}: {what}\n\n{}", wrapped(summary, 0))
}

pub(super) fn fault(doc: &Doc) -> String {
    let mut text = head(doc.name, "a fault", doc.summary);
    if !doc.params.is_empty() {
        text += "\nParameters\n";
        keys(&mut text, doc.params, 2);
    }
    text += "\nBeside them stands whom it hits (`firedrill explain aim`), beside the fault when and how hard\n\
        (`firedrill explain inject`).\n";
    let _ = write!(text, "\nLive connections\n{}", wrapped(doc.live, 2));
    let _ = write!(text, "\nExample\n  injects:\n    trouble: {{ during: fault, {} }}\n", doc.example);
    text
}

pub(super) fn part(part: &Part) -> String {
    let mut text = head(part.name, "a part of a scenario", part.summary);
    text += "\nKeys\n";
    keys(&mut text, part.params, 2);
    text
}

/// Keys with what they hold and mean, those of their maps below them.
fn keys(text: &mut String, params: &[Param], indent: usize) {
    for param in params {
        let need = match param.need {
            ParamNeed::Must(such_as) => format!(" (needed, such as {such_as})"),
            ParamNeed::OneOf => " (one of these)".to_owned(),
            ParamNeed::May => String::new(),
            ParamNeed::Or(default) => format!(" (default {default})"),
        };
        *text += &wrapped(&format!("{}: {}{need}", param.name, param.kind), indent);
        *text += &wrapped(param.meaning, indent + 4);
        if let ParamKind::Map(params) = param.kind {
            keys(text, params, indent + 4);
        }
    }
}

pub(super) fn figure(metric: Metric) -> String {
    let (meaning, unit, example) = measured(metric);
    let mut text = head(metric.name(), "a figure of targets", meaning);
    let aggregate = if metric.is_distribution() {
        "a distribution: write a percentile (p50, p95, p99.9), mean, min or max of it"
    } else {
        "a single figure"
    };
    let labels = metric.labels().join(", ");
    let _ = write!(text, "\n  {aggregate}\n  unit: {unit}\n  labels: {labels}\n\nExample\n  {example}\n");
    text
}

/// What a figure is, what it is compared with, and an example.
fn measured(metric: Metric) -> (&'static str, &'static str, &'static str) {
    match metric {
        Metric::DeliveryLatency => (
            "From when a message was due to when its last recipient received it, one sample a message. An undelivered message sorts \
             after every delivered one.",
            "a duration",
            "p95(delivery_latency{journey=order}) <= 800ms",
        ),
        Metric::AcceptLatency => (
            "From when a message was due to its acknowledgement by the platform.",
            "a duration",
            "p99(accept_latency) <= 2s",
        ),
        Metric::ServiceLatency => (
            "From the first attempt on the route that delivered a message to its receipt: without what the sender waited before.",
            "a duration",
            "p95(service_latency{route=dingtalk}) <= 500ms",
        ),
        Metric::Availability => (
            "The share of messages that every owed recipient received within the deadline, of all that were due, but for those that \
             the sender itself was too slow to send.",
            "a share",
            "availability{journey=order} >= 99.5%",
        ),
        Metric::RecoveryTime => (
            "The longest outage: from the first message of it that was due to the receipt of the first of many good ones. It is known \
             within bounds; a target between them is inconclusive. `clock: injection`, `detection` or `declaration` at the target counts \
             from another moment (`firedrill explain clock`).",
            "a duration",
            "recovery_time{journey=order} <= 2h",
        ),
        Metric::Lost => (
            "Deliveries that the platform acknowledged and that were never received: promises broken.",
            "a count",
            "lost{journey=order} == 0",
        ),
        Metric::Undelivered => (
            "Messages times recipients that were never received, acknowledged or not.",
            "a count",
            "undelivered{journey=order} == 0",
        ),
        Metric::Duplicated => (
            "Receipts beyond the first of one message by one recipient, whichever route they took.",
            "a count",
            "duplicated <= 10",
        ),
        Metric::Coverage => (
            "The share of the functions of DingTalk's mainland edition that the platform of a route keeps: of all functions in the \
             catalogue (set=api), or of common use, which weights each by how often it is called (set=common). What the drill tried on \
             the route counts as it was seen, everything else as the catalogue says (`firedrill coverage`). What is degraded counts in \
             the upper bound only.",
            "a share",
            "coverage{route=lite, set=api} >= 75%",
        ),
    }
}

pub(super) fn mistake(code: Code, meaning: &str) -> String {
    let mut text = head(code.name(), "a mistake in a scenario, found by `firedrill check`", meaning);
    let more = "The name is stable: scripts may rely on it. `firedrill check FILE` shows each mistake with its line, and what to do.";
    let _ = write!(text, "\n{}", wrapped(more, 0));
    text
}

pub(super) fn term(name: &str, meaning: &str) -> String {
    head(name, "a term", meaning)
}
