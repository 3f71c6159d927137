//! The journal: everything that happens, in typed records. Every number, verdict and page is a pure function of it.

mod record;

pub use record::{
    Attempt, Code, Control, Decision, End, Ending, Event, Fate, Gap, Hit, Hop, Message, Receipt, Record, Seal, Start,
    Unsent, UnsentCause, WorldKind,
};
