//! The journal: everything that happens, in typed records. Every number, verdict and page is a pure function of it.
//!
//! Players append to a [`Journal`]; behind it a [`Collector`] writes each record through a [`Writer`] and folds it into a [`Sink`]. The
//! conductor holds the [`Keeper`]. Later, a [`Recording`] gives the same records to the same folds.

mod at;
mod audited;
mod block;
mod blocks;
mod called;
mod codec;
mod collector;
mod decision;
mod dialled;
mod entry;
mod export;
mod handle;
mod inspected;
mod observed;
mod onward;
mod read;
mod record;
mod ring;
mod room;
mod shared;
mod stall;
mod start;
mod wire;
mod writer;

pub use audited::{Act, Audited};
pub use block::{Damage, VERSION};
pub use called::{CallEnd, Called, Came};
pub use collector::{Collector, Sink};
pub use decision::Decision;
pub use dialled::Dialled;
pub use entry::{Effect, Entry};
pub use export::Export;
pub use handle::{Barrier, Finished, Journal, Keeper};
pub use inspected::{Inspected, Ruling};
pub use observed::{Observed, ObservedEnd, Tried, TriedEnd};
pub use onward::Onward;
pub use read::{Integrity, ReadError, Recording, Records, verify};
pub use record::{
    Attempt, Code, Control, End, Ending, Event, Fate, Gap, Hit, Hop, Message, Receipt, Record, Seal, Start, Unsent,
    UnsentCause, WorldKind,
};
pub use room::{RoomError, check_room, estimate_bytes, free_bytes};
pub use shared::{Found, Shared, Synced};
pub use stall::Stall;
pub use start::plan;
pub use wire::DecodeError;
pub use writer::{DIRECTORY, FILE, Store, WriteError, Writer};
