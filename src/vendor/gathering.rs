//! Meetings, as far as all platforms have them.

/// What a request does to the heads of a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gathering {
    /// It opens one. Which one, its answer says: [`sent_id`].
    Opens {
        /// How many are called, the caller included.
        heads: u32,
    },
    /// It calls more into one.
    Joins {
        /// The meeting's id.
        meeting: String,
        /// How many more.
        heads: u32,
    },
}
