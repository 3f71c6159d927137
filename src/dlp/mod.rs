//! Data loss prevention: what of a text may not leave a company, and a synthetic corpus of texts of which that is known. Pure.

mod checks;
mod corpus;
mod marks;
mod people;
mod scan;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use corpus::{LONGEST, Language, innocent, violation};
pub use scan::{Finding, inspect};

/// What may not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The number of a Hong Kong identity card, with its check digit.
    Hkid,
    /// A telephone number of Hong Kong or of the mainland: one that says so itself, by its country code or a word before it.
    Phone,
    /// The number of a mainland resident identity card (GB 11643), with its date and check digit.
    Resident,
    /// The number of a payment card (ISO/IEC 7812), with its check digit.
    Card,
    /// The address of a flat or an office.
    Address,
    /// A contract's number, or a mark of confidence.
    Contract,
}

impl Kind {
    /// Every kind with its word.
    pub const ALL: [(&'static str, Self); 6] = [
        ("hkid", Self::Hkid),
        ("phone", Self::Phone),
        ("resident", Self::Resident),
        ("card", Self::Card),
        ("address", Self::Address),
        ("contract", Self::Contract),
    ];

    /// The word in scenarios, answers and reports.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}
