//! Of programs that are not ours.

use crate::units::{Rate, Span};

/// How often at most a way in asks something of services that are not on this machine, unless it is told otherwise: what one busy office's
/// programs ask.
pub const FOREIGN_RATE: Rate = Rate::a_second(20);

/// For how long after its start, unless it is told otherwise: as long as the longest drills of a quarter take.
pub const FOREIGN_DURATION: Span = Span::from_secs(2 * 3_600);

/// How many exchanges and connections a way in of a drill takes in a second, unless it is told otherwise: a busy program's, and few enough
/// that the journal of an hour stays below a gigabyte.
pub const OBSERVED_RATE: Rate = Rate::a_second(200);

/// How many connections of programs that are not ours may be open at once by one way in of a drill: ten times what a busy one holds, and few beside
/// the descriptors that a drill may have.
pub const OBSERVED_CONNECTIONS: usize = 512;

/// The most windows that a target slides over one way in. Each keeps its own percentiles, some tens of kilobytes, to the end of the drill: what
/// programs ask is known only when it is over.
pub const WAY_WINDOWS: u64 = 1_000;

/// How many addresses of a host are tried for a program at most, one after another, and so written down of one exchange: resolvers seldom say more.
pub const TRIED_ADDRESSES: usize = 8;

/// The most that is written down of a name that a program gives itself, or of a method of HTTP.
pub const OBSERVED_TEXT: usize = 64;

/// How long a program that asks a way in for a host waits for its name to be resolved: what a resolver takes that asks twice.
pub const RESOLVE_FOR_CLIENT: Span = Span::from_secs(10);

/// How long it waits for that host to be connected, and to prove its name where it has to: longer than a host takes whose first packet was lost
/// twice (1 s and 2 s more), and shorter than programs wait.
pub const REACH_FOR_CLIENT: Span = Span::from_secs(15);

/// How many servers a door remembers that it has reached: names have a few addresses, and a way in is asked for a few hosts.
pub const REACHED_SERVERS: usize = 16;
