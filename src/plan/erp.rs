use serde::{Deserialize, Serialize};

use crate::units::Rate;

/// An enterprise resource planning system that consumes webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erp {
    /// How it tells a webhook that it has taken already.
    pub dedupe: Dedupe,
    /// What it does with states of a document that do not come in order.
    pub applies: Applies,
    /// How many webhooks it takes, from all senders together; `None` for any number.
    pub rate_limit: Option<Rate>,
}

impl Erp {
    /// What is played where nothing is said.
    pub const USUAL: Self = Self { dedupe: Dedupe::Key, applies: Applies::AnyOrder, rate_limit: None };
}

/// How a webhook that was taken already is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dedupe {
    /// By its idempotency key: it is acknowledged, and has no effect again.
    Key,
    /// Not at all: it is booked again.
    None,
}

impl Dedupe {
    /// Each with its word.
    pub const ALL: [(&'static str, Self); 2] = [("key", Self::Key), ("none", Self::None)];
}

/// What is done with a state that is earlier than the one the document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// It is booked as any other, and so overwrites the later one.
    AnyOrder,
    /// It is refused (409).
    InOrder,
    /// It is acknowledged, and has no effect.
    Latest,
}

impl Applies {
    /// Each with its word.
    pub const ALL: [(&'static str, Self); 3] =
        [("any_order", Self::AnyOrder), ("in_order", Self::InOrder), ("latest", Self::Latest)];
}
