/// Records that contradict others: bugs, unless a gap explains them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Misfits {
    pub(super) repeated: u64,
    pub(super) beyond: u64,
    pub(super) strangers: u64,
    /// Receipts that were not intact, or may have been changed on their way, of messages that were not for whoever received them.
    pub(super) strays: u64,
    /// Given up without an attempt, and attempted.
    pub(super) both: u64,
    /// Of messages that were over.
    pub(super) overdue: u64,
    /// Of those, receipts.
    pub(super) overdue_receipts: u64,
}
