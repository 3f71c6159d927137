//! The words for what senders do.

use crate::plan::Param;
use crate::plan::ParamKind as Kind;
use crate::plan::param::{may, must, or};

/// What stands under `retry`.
pub(crate) const RETRY: &[Param] = &[
    or("times", Kind::Count(1, 100), "5", "how often, at most, over all routes"),
    or(
        "after",
        Kind::Positive,
        "1s",
        "the first pause; each further one is twice as long, and none is shorter than the answer's `Retry-After`",
    ),
    or("most", Kind::Positive, "1m", "the longest pause, whatever an answer asks for"),
];

/// What stands under `per_account`.
pub(crate) const PER_ACCOUNT: &[Param] = &[
    may(
        "in_flight",
        Kind::Count(1, MANY),
        "the most attempts that it has under way; by default any number, with `think` one. Further messages wait, late, until their deadline",
    ),
    may(
        "connections",
        Kind::Count(1, MANY),
        "the most connections for its requests at one endpoint; an attempt waits for one",
    ),
    may("think", Kind::Positive, "how long it pauses after an attempt before its next"),
];

/// As many attempts or connections of one account as nobody has.
const MANY: u64 = 1_000_000;

/// What stands under `content`.
pub(crate) const CONTENT: &[Param] = &[
    must("violations", Kind::Share, "5%", "how many messages have something in them that may not leave"),
    or("look_alikes", Kind::Share, "0%", "in how many others something looks like it, and is none"),
    may("kinds", Kind::Any(&[KINDS, Kind::List(&KINDS)]), "of which kinds; by default each as often as any other"),
];

const KINDS: Kind = Kind::Word(&["hkid", "phone", "resident", "card", "address", "contract"]);
