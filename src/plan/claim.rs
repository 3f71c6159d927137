use serde::{Deserialize, Serialize};

/// A figure that someone asserted, kept apart from what was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The claim's name; targets refer to it as `claim(name)`.
    pub name: String,
    /// The figure with its unit, as written.
    pub value: String,
    /// How the figure is meant.
    pub op: ClaimOp,
    /// What kind of assertion it is.
    pub kind: ClaimKind,
    /// Who said so.
    pub source: String,
    /// Whether anyone verified it.
    pub verified: bool,
    /// Anything else worth knowing.
    pub note: Option<String>,
}

/// How a claimed figure is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimOp {
    /// This much.
    #[default]
    #[serde(rename = "==")]
    Equal,
    /// At least this much.
    #[serde(rename = ">=")]
    AtLeast,
    /// At most this much.
    #[serde(rename = "<=")]
    AtMost,
}

/// Where a claimed figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// A vendor's or an article's statement.
    VendorClaim,
    /// Somebody's measurement.
    Measured,
    /// A standard or a contract.
    Standard,
    /// An estimate.
    Estimate,
}
