//! The words of claims and targets.

use crate::plan::Param;
use crate::plan::ParamKind as Kind;
use crate::plan::param::{may, must, or};

pub(super) const CLAIM: &[Param] = &[
    must("value", Kind::Text, "1.8s", "the figure, with its unit"),
    or("op", Kind::Word(&["==", ">=", "<="]), "==", "how the truth compares with it"),
    must("kind", Kind::Word(&["vendor_claim", "measured", "standard", "estimate"]), "vendor_claim", "what it is"),
    must("source", Kind::Text, "\"who said so, and where\"", "who said so"),
    or("verified", Kind::Flag, "false", "whether someone has checked"),
    may("note", Kind::Text, "a remark"),
];

pub(super) const TARGET: &[Param] = &[
    must("expr", Kind::Text, "\"recovery_time <= 2h\"", "a figure, a comparison and a bound"),
    may("phase", Kind::Names, "the phases whose messages count; by default all but warmup"),
    may("phases", Kind::Names, "the same"),
    or("level", Kind::Word(&["must", "should", "info"]), "should", "`must` decides the verdict"),
    may(
        "confidence",
        Kind::Word(&["point", "lower95", "upper95"]),
        "what has to hold: what was observed, or the bound of what it shows; by default the bound, if it must and the figure is a share or a \
         percentile",
    ),
    may("min_samples", Kind::Count(1, crate::limits::MESSAGES), "with fewer it is inconclusive"),
    or(
        "clock",
        Kind::Word(&["impact", "injection", "detection", "declaration"]),
        "impact",
        "from when a recovery_time counts: the first bad message, the inject's being applied, the moment when it was certain that the \
         journey was down, or the decision to fail over",
    ),
    may(
        "window",
        Kind::Word(&["drill", "month", "quarter", "year"]),
        "for which period an availability is promised: of all but `drill` it is judged what the outages leave of it",
    ),
];
