//! Every bound of the program, in one place, each with its reason.

use crate::units::{Size, Span};

/// The largest scenario file. Everything that people write by hand is far smaller; a larger file is a mistake or an attack.
pub const SCENARIO_BYTES: usize = 1 << 20;

/// A journal block closes before a record that would make it larger than this.
pub const BLOCK_BYTES: usize = 64 * 1024;

/// A journal block closes before a record that lies this long, or longer, after its first.
pub const BLOCK_SPAN: Span = Span::from_secs(1);

/// Records that may wait for the collector in the sockets world. A full ring is a gap, never a wait: at 10,000 messages a second
/// (about five records each) it covers 1.3 s of a stalled collector.
pub const RING_RECORDS: usize = 1 << 16;

/// Records that the collector folds under one lock: at about a microsecond each, nobody who reads the live figures waits noticeably.
pub const RING_BATCH: usize = 256;

/// The largest payload of a journal block that is read: block 0 with the largest plan is far smaller. Guards against a damaged length.
pub const BLOCK_READ_BYTES: u32 = 64 << 20;

/// What one direction of an in-memory connection holds before its writer must wait: the order of a loopback socket's buffer.
pub const PIPE_BYTES: usize = 64 * 1024;

/// What all connections of a path together hold while faults delay their bytes: 50 ms of delay at 5 GB/s. Above it they are read no faster
/// than they may go on.
pub const BUFFERS: Size = Size(256 << 20);

/// A direction that has moved so much without a small message in between is spliced: below it a copy costs less than the pipe.
pub const STREAK_BYTES: usize = 256 * 1024;

/// The most pipes that are lent at once, of two descriptors each: as many bulk transfers do not gain anything on any machine.
pub const PIPES: usize = 256;

/// What one spliced direction of a connection holds: above a MiB a pipe moves no more a second, and an unprivileged user may have no
/// larger one (`pipe-max-size`).
pub const SPLICE_BYTES: usize = 1 << 20;

/// The smallest pipe that is asked for, which is what a new one holds unless the user has too many: then it takes what it gets.
pub const LEAST_SPLICE_BYTES: usize = 64 * 1024;

/// What the kernel may hold unsent for a connection of the path towards an endpoint: the most that a partition cannot hold back.
pub const KERNEL_UNSENT: Size = Size(64 * 1024);

/// What a WebSocket reads at once, and holds before it writes: frames of the inboxes are a few hundred bytes.
pub const WEBSOCKET_BUFFER: usize = 1024;

/// The largest body of a request or an answer that the path reads as a whole, and that a twin accepts.
pub const BODY_BYTES: usize = 1 << 20;

/// How long a connection may take to send its HTTP head.
pub const HEAD_TIMEOUT: Span = Span::from_secs(30);

/// How long a receiver waits before it connects again.
pub const RECEIVER_BACKOFF: Span = Span::from_millis(250);

/// The longest drill: nobody drills longer than a month.
pub const DRILL: Span = Span::from_secs(31 * 86_400);

/// The most accounts of one group: the addresses of one region's default block, less those of the path's listeners.
pub const ACCOUNTS: u32 = 60_000;

/// The most messages a drill may plan: four bytes number them, and the folds keep about a hundred bytes each.
pub const MESSAGES: u64 = 50_000_000;

/// The most that the path reads from a byte stream as one chunk, the unit of its faults.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// How long the path waits before it accepts again when the system has no descriptor to give.
pub const ACCEPT_PAUSE: Span = Span::from_millis(50);

/// Messages that a twin keeps for a user who does not receive; more are declined.
pub const MAILBOX_FRAMES: usize = 100_000;

/// Frames that a twin keeps after it has pushed them, for a receiver whose connection broke on the way.
pub const MAILBOX_KEPT: u64 = 256;

/// How deeply lists and maps of a scenario may nest: seven are in use. The YAML library reads them with recursion, and a level takes
/// about 40 KiB of stack in a build without optimisation, so that 64 levels overflow the two megabytes of a thread.
pub const YAML_DEPTH: usize = 24;

/// The most words, lists and maps of a scenario, after aliases are filled in: a large scenario has two thousand, and so many more are
/// read within a second even without optimisation.
pub const YAML_NODES: usize = 20_000;

/// How much aliases may fill in, in the YAML library's events: few lines of nested aliases would otherwise fill the memory.
pub const YAML_REPLAYS: usize = 10_000;

/// The most regions: each has a default block 127.⟨10n⟩.0.0/16.
pub const REGIONS: usize = 25;

/// The most parts of one kind (endpoints, groups, journeys, phases, injects, targets, claims): ids are 16 bits, and a report has to
/// stay readable.
pub const PARTS: usize = 1_000;

/// The most diagnostics that are listed; more than these nobody reads before mending the first.
pub const DIAGNOSTICS: usize = 100;

/// The longest name of anything in a scenario: names become directories, credentials and columns of a terminal.
pub const NAME_BYTES: usize = 64;

/// The most routes of one journey: its routes are numbered by one byte, and nobody has that many platforms.
pub const ROUTES: usize = 16;

/// The most variants of one scenario: `check` loads each.
pub const VARIANTS: usize = 32;

/// How often the conductor looks whether the last receipts are in.
pub const DRAIN_STEP: Span = Span::from_millis(10);

/// The most levels of a recorded trace: each unit that a fault could hit looks for its own among them.
pub const TRACE_LEVELS: usize = 1_000;
