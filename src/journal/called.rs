//! What came of a call to somebody outside.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::plan::Half;
use crate::units::{InjectId, Moment, Span};

/// A call to somebody outside that has come back, or was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// The inject.
    pub inject: InjectId,
    /// Which half of its action.
    pub half: Half,
    /// When it was made …
    pub began: Moment,
    /// … and came back.
    pub ended: Moment,
    /// What came of it.
    pub came: Came,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Came {
    /// How it ended.
    pub end: CallEnd,
    /// The exit status of the program, or the HTTP status; `None` if there was none.
    pub status: Option<u16>,
    /// Why it is not done, in a sentence; empty if it is.
    pub why: String,
    /// The first of what the program said, or of the answer's body, without the secrets.
    pub output: String,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// As expected.
    Done,
    /// Otherwise: what it did is not known.
    Failed,
    /// Not in time, and so it was cut short.
    TimedOut,
    /// Cut short because the drill ended.
    Cut,
    /// It could not even be begun: nothing was done.
    NotMade,
    /// Not made, since this is a rehearsal, which takes it as done.
    Rehearsed,
}

impl Called {
    /// How long it took, from its beginning until its record.
    pub fn took(&self) -> Span {
        self.ended.since(self.began)
    }
}

impl Came {
    /// As expected, or taken for it.
    pub fn is_done(&self) -> bool {
        matches!(self.end, CallEnd::Done | CallEnd::Rehearsed)
    }

    /// What a rehearsal takes for done.
    pub fn rehearsed() -> Self {
        Self { end: CallEnd::Rehearsed, status: None, why: String::new(), output: String::new() }
    }

    /// Not even begun, and why.
    pub fn not_made(why: String) -> Self {
        Self { end: CallEnd::NotMade, status: None, why, output: String::new() }
    }
}

impl fmt::Display for CallEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::TimedOut => "not done in time",
            Self::Cut => "cut short",
            Self::NotMade => "never begun",
            Self::Rehearsed => "taken as done",
        })
    }
}
