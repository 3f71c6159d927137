//! What figures are made from, and how much of it is told one by one.

/// The connections that are remembered for having carried messages, and those of which it is remembered where they lead: five thousand
/// receivers and their clients at a dozen endpoints.
pub const CONNECTIONS_KNOWN: usize = 65_536;

/// The crossings of a boundary that are told one by one, in each course of things: the earliest. All of them stand in the journal.
pub const CROSSINGS_TOLD: usize = 20;

/// The entries of an endpoint's books of which it is remembered what they were about, and the earlier states that overwrote later ones of
/// which it is remembered in which phase they were due.
pub const BOOKINGS_KNOWN: usize = 65_536;

/// The acts of gateways of which no audit trail tells yet that are remembered: twenty minutes of a hundred a second, in which an auditor may
/// be cut off. Of what is forgotten nobody says whether it is missing.
pub const ACTS_KNOWN: usize = 131_072;

/// The entries of an endpoint's books that should not have been that are told one by one, of each kind: the earliest.
pub const MISHAPS_TOLD: usize = 20;

/// What was read of documents that is kept to tell what became of it: six hours of fifty a second, of a hundred bytes each.
pub const VERSIONS_KNOWN: usize = 1 << 20;

/// The changes of a document that were lost that are told one by one: the earliest.
pub const LOST_UPDATES_TOLD: usize = 20;

/// The accounts that were taken away and could send until the end that are told one by one, of each way: those that did latest.
pub const LEAVERS_TOLD: usize = 20;
