//! The words of claims and targets.

use crate::plan::ParamKind as Kind;
use crate::plan::param::{may, must, one_of, or};
use crate::plan::{Metric, Param};

pub(super) const CLAIM: &[Param] = &[
    must("value", Kind::Text, "1.8s", "the figure, with its unit"),
    or("op", Kind::Word(&["==", ">=", "<="]), "==", "how the truth compares with it"),
    must("kind", Kind::Word(&["vendor_claim", "measured", "standard", "estimate"]), "vendor_claim", "what it is"),
    must("source", Kind::Text, "\"who said so, and where\"", "who said so"),
    or("verified", Kind::Flag, "false", "whether someone has checked"),
    may("note", Kind::Text, "a remark"),
];

const BUDGETING: &[Param] = &[must("timeslices", Kind::Map(TIMESLICES), "{ every: 1m, good: 95% }", "the slices")];

const TIMESLICES: &[Param] = &[
    or("every", Kind::Positive, "1m", "how long a slice is; the first of a phase begins with it"),
    or("good", Kind::Share, "95%", "how many of its messages have to be good; with fewer than twelve it is not told"),
];

const SLIDING: &[Param] = &[
    must("length", Kind::Positive, "1m", "how long a window is"),
    may("every", Kind::Positive, "how long after a window the next one begins; by default half of its length"),
];

const ROLLING: &[Param] = &[must("rolling", Kind::Positive, "30d", "a period that is so long, whenever it begins")];

const ABORT: &[Param] = &[
    or("when", Kind::Word(&["breached"]), "breached", "that it cannot be kept any more, whatever comes"),
    or("after", Kind::Duration, "0s", "but not before so long after the first of its phases began"),
];

/// The figures that a target can be about.
const METRICS: &[&str] = &{
    let mut words = [""; Metric::ALL.len()];
    let mut index = 0;
    while index < words.len() {
        words[index] = Metric::ALL[index].0;
        index += 1;
    }
    words
};

const LABELS: &[Param] = &[
    may("journey", Kind::Name, "of this journey"),
    may("class", Kind::Name, "of the journeys whose messages stand for this class of data"),
    may("phase", Kind::Name, "in this phase: the same as the target's `phase`"),
    may("route", Kind::Name, "of what this endpoint carried"),
    may("inject", Kind::Name, "of the outages of this inject"),
    may("set", Kind::Word(&["api", "common"]), "of a coverage: over all functions, or over common use"),
    may("boundary", Kind::Name, "of this boundary"),
    may("dlp", Kind::Name, "of what this endpoint has inspected"),
    may("way", Kind::Name, "of what observed programs sent by this way in"),
    may("host", Kind::Name, "of what observed programs sent to this host"),
    may(
        "when",
        Kind::Word(&["steady", "failover", "flush", "failback"]),
        "of what crossed a boundary: as usual, by another route after a switch, from an outbox that had waited for one, or after a switch back",
    ),
    may("slo", Kind::Name, "of an error budget: the target that promises the availability"),
];

pub(super) const BOUNDARY: &[Param] = &[
    may("class", Kind::Names, "of these classes of data, as journeys name them; by default of any"),
    may("classes", Kind::Names, "the same"),
    may("group", Kind::Names, "sent or received by one of these groups; by default by anybody"),
    may("groups", Kind::Names, "the same"),
    one_of("within", Kind::Names, "the regions and endpoints that they may touch, and no other"),
    one_of("never", Kind::Names, "the regions and endpoints that they may not touch"),
];

pub(super) const TARGET: &[Param] = &[
    one_of("expr", Kind::Text, "a figure, a comparison and a bound, such as \"recovery_time <= 2h\""),
    one_of("metric", Kind::Word(METRICS), "the same in parts: the figure, with `op` and `value`"),
    may("agg", Kind::Text, "what is asked of the figure: p95, mean, min, max, count, sum, rate or ratio"),
    may("labels", Kind::Map(LABELS), "of which part of the drill; by default of all of it"),
    may("op", Kind::Word(&["<=", "<", ">=", ">", "=="]), "how it is compared"),
    may(
        "value",
        Kind::Text,
        "with what: a figure with its unit, `claim(NAME)`, or `previous_pass * 1.1`: the figure of the last run that passed",
    ),
    may("phase", Kind::Names, "the phases whose messages count; by default all but warmup"),
    may("phases", Kind::Names, "the same"),
    or("level", Kind::Word(&["must", "should", "info"]), "should", "`must` decides the verdict"),
    may(
        "confidence",
        Kind::Word(&["point", "lower95", "upper95", "interval95"]),
        "what has to hold: what was observed, or the bound of what it shows, or for `==` that its interval holds the value; by default the \
         bound, if it must and the figure is a share or a percentile, and no `window: drill` says that it is about this drill alone",
    ),
    may("min_samples", Kind::Count(1, crate::limits::MESSAGES), "with fewer it is inconclusive"),
    or(
        "clock",
        Kind::Word(&["impact", "injection", "detection", "declaration"]),
        "impact",
        "from when a recovery_time counts: the first bad message, the inject's being applied, the moment when it was certain that the \
         journey was down, or the decision to fail over; of an observed_recovery_time one of the first three",
    ),
    may(
        "window",
        Kind::Any(&[
            Kind::Word(&["drill", "month", "quarter", "year"]),
            Kind::Positive,
            Kind::Map(SLIDING),
            Kind::Map(ROLLING),
        ]),
        "for which period an availability is promised: this drill; the month, the quarter or the year of the calendar in which it starts; or \
         any of a length, `{ rolling: 30d }`. Of all but `drill` it is judged what the outages leave of it. Or how long the windows are that slide over the phases, in each of which the target has to be kept",
    ),
    may(
        "budgeting",
        Kind::Any(&[Kind::Word(&["occurrences", "timeslices"]), Kind::Map(BUDGETING)]),
        "what an availability counts: messages, or slices of time; by default messages, and for longer than the drill the time of its \
         outages",
    ),
    may("source", Kind::Text, "where the figure that is promised comes from, such as a contract or an impact analysis"),
    may(
        "abort",
        Kind::Any(&[Kind::Word(&["breached"]), Kind::Map(ABORT)]),
        "ends the drill in order as soon as it is certain that this target, which must hold, is missed",
    ),
];
