//! Every bound of the program, in one place, each with its reason.

mod audit;
mod drain;
mod figures;
mod foreign;
mod timing;
mod twin;

pub use audit::{AUDIT_LOOK_PATIENCE, AUDIT_LOOKS, AUDIT_PATIENCE};
pub use drain::{DRAIN_STEP, STUCK, SYNC_PAGES};
pub use figures::{
    ACTS_KNOWN, BOOKINGS_KNOWN, CONNECTIONS_KNOWN, CROSSINGS_TOLD, LEAVERS_TOLD, LOST_UPDATES_TOLD, MISHAPS_TOLD,
    VERSIONS_KNOWN,
};
pub use foreign::{
    FOREIGN_DURATION, FOREIGN_RATE, OBSERVED_CONNECTIONS, OBSERVED_RATE, OBSERVED_TEXT, REACH_FOR_CLIENT,
    REACHED_SERVERS, RESOLVE_FOR_CLIENT, TRIED_ADDRESSES, WAY_WINDOWS,
};
pub use timing::{LAST_SPIN, LATE_INJECT, PRECISE_SPIN, RESENT_TOGETHER, SPIN, SPIN_BURST, SPIN_SHARE};
pub use twin::{
    DOCUMENT_COPIES, DOCUMENTS_BYTES, DOCUMENTS_KEPT, SYNC_PATIENCE, TWIN_AUDITED_BYTES, TWIN_CALLERS, TWIN_CALLS,
    TWIN_ENTRIES, TWIN_MESSAGES, TWIN_NOTICES, TWIN_PEOPLE, TWIN_RECORDS, TWIN_SUBSCRIPTIONS, TWIN_TOKENS,
    TWIN_TRAIL_BYTES, TWIN_USERS,
};

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

/// How long the collector lets records gather before it looks for more. To wake it costs whoever appends more than the record itself:
/// a thousand times a second is little, and live figures are a millisecond old.
pub const RING_PAUSE: Span = Span::from_millis(1);

/// By how much the records of one moment may be apart in the journal. Each is appended when it happens, but its writer may be held up
/// between looking at the clock and appending it; a machine that holds a thread up for seconds is no place for a drill.
pub const RECORDS_APART: Span = Span::from_secs(5);

/// How long a message is waited for that is taken and not received, after the last fault that may hold it and the grace: as long as a
/// receiver takes to come back, and a platform to push again.
pub const HELD: Span = Span::from_secs(600);

/// So many more rows are kept, at least, before it is looked which of them can be told: to look takes as long as some thousand records.
pub const ROWS_AT_ONCE: usize = 16_384;

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

/// The largest body of a request or an answer that a twin accepts, and a client.
pub const BODY_BYTES: usize = 1 << 20;

/// The largest body that the path holds together with its head, as one unit of its faults; a larger one streams behind its head. Messages
/// are a few kilobytes, and ten thousand connections that hold so much at once stay below a gigabyte.
pub const UNIT_BODY_BYTES: usize = 64 * 1024;

/// The largest HTTP head, and the largest trailers: servers allow 8 to 64 KiB, and the path should not be the first to say no.
pub const HEAD_BYTES: usize = 64 * 1024;

/// The most fields of an HTTP head: the most that servers in use allow by default are 100 (Apache) and 101 (haproxy).
pub const HEAD_FIELDS: usize = 128;

/// The most bytes of chunk extensions in one body. Nobody sends any; whoever sends many wants them counted for ever.
pub const CHUNK_EXTENSION_BYTES: usize = 16 * 1024;

/// The most that the path reads of an HTTP connection at once: what a body needs to stream at the speed of memory.
pub const READ_BYTES: usize = 64 * 1024;

/// What an HTTP connection of the path keeps of its buffer while it waits for the next request: ten thousand wait at once.
pub const IDLE_BUFFER_BYTES: usize = 4 * 1024;

/// How long a connection may take to send its HTTP head.
pub const HEAD_TIMEOUT: Span = Span::from_secs(30);

/// The longest line that a mail server's twin reads: RFC 4954 §4 asks for so many bytes in logins; commands have 512.
pub const MAIL_LINE_BYTES: usize = 12_288;

/// The most recipients of one mail at a twin: what RFC 5321 §4.5.3.1.8 asks for at least.
pub const MAIL_RECIPIENTS: usize = 100;

/// How long a mail server's twin waits for more from a client: RFC 5321 §4.5.3.2.7.
pub const MAIL_PATIENCE: Span = Span::from_secs(300);

/// How long a twin waits for the whole body of a request: what nginx grants between two pieces of one.
pub const BODY_TIMEOUT: Span = Span::from_secs(60);

/// How long a probe waits for a connection, and for an answer: a gateway that has not said no by then has something else to do.
pub const PROBE_PATIENCE: Span = Span::from_secs(10);

/// Requests without an answer, one after another, after which an endpoint is asked no more: it would be half an hour of waiting.
pub const PROBE_SILENCE: u32 = 3;

/// Requests a second at most to a service of somebody else, to see what is there: half of what DingTalk grants one app for one function.
pub const PROBE_RATE: f64 = 10.0;

/// How long the path keeps a connection on which no request comes: what nginx grants. Whoever is let go earlier meets the path and not
/// the endpoint.
pub const KEEP_ALIVE: Span = Span::from_secs(75);

/// The most exchanges at once on one connection of HTTP/2: what RFC 9113 §6.5.2 recommends as the least, and nginx grants, rounded up.
pub const HTTP2_STREAMS: u32 = 128;

/// How much of one stream's body may be under way, in bytes: four times what is offered unasked, so that a delay does not starve it.
pub const HTTP2_STREAM_WINDOW: u32 = 256 << 10;

/// How much of all bodies on one connection of HTTP/2, in bytes: it bounds what one client can make the path hold.
pub const HTTP2_WINDOW: u32 = 1 << 20;

/// How often a client may give up within [`HTTP2_RESETS_IN`] what it has just asked for over HTTP/2: a browser that leaves a page gives up
/// all that is open, which is [`HTTP2_STREAMS`] at most; a flood of resets gives up thousands.
pub const HTTP2_RESETS: u32 = 2 * HTTP2_STREAMS;

/// The time over which these are counted.
pub const HTTP2_RESETS_IN: Span = Span::from_secs(1);

/// How long the path goes on reading from a client that it refused while it was still sending: bytes that nobody reads would turn the
/// refusal into a reset.
pub const LINGER: Span = Span::from_secs(1);

/// How much it reads then at most: by a clock that stands still while anybody is busy, nobody is ever late.
pub const LINGER_BYTES: usize = 16 << 20;

/// The largest payload of a WebSocket control frame, as RFC 6455 §5.5 sets it.
pub const WEBSOCKET_CONTROL_BYTES: u64 = 125;

/// How long a receiver's program waits for an answer to what it asks.
pub const RECEIVER_PATIENCE: Span = Span::from_secs(10);

/// Notifications that a recipient's program keeps at most before it has looked at them; of more it wants to be told again.
pub const RECEIVER_NEWS: usize = 10_000;

/// Messages of one journey that a recipient remembers, and what he remembers of the ids by which a platform calls them: forty seconds of
/// 400 a second, which is what one of fifty gets of 20,000. A platform pushes again what it pushed last.
pub const SEEN: usize = 16_383;

/// How long whoever needs a provider of single sign-on waits for it where nothing else says so: what Microsoft's libraries do, rounded down.
pub const SIGN_IN_PATIENCE: Span = Span::from_secs(5);

/// How long whoever was told no by it, or nothing, waits before it asks again.
pub const SIGN_IN_PAUSE: Span = Span::from_secs(1);

/// How long a receiver waits at least before it connects again.
pub const RECEIVER_BACKOFF: Span = Span::from_millis(250);

/// Which part of the time that it has been without a connection it waits, if that is longer.
pub const RECEIVER_BACKOFF_PART: u64 = 8;

/// How long it waits at most.
pub const RECEIVER_BACKOFF_MOST: Span = Span::from_secs(60);

/// The longest drill: nobody drills longer than a month.
pub const DRILL: Span = Span::from_secs(31 * 86_400);

/// The most accounts of one group: the addresses of one region's default block, less those of the path's listeners.
pub const ACCOUNTS: u32 = 60_000;

/// The most messages a drill may plan: four bytes number them, and a plan of more is a mistake.
pub const MESSAGES: u64 = 50_000_000;

/// The most that the path reads from a byte stream as one chunk, the unit of its faults.
pub const CHUNK_BYTES: usize = 256 * 1024;

/// Blocks that a lane keeps to read to: one is being filled while others are written.
pub const SPARE_BLOCKS: usize = 4;

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

/// The most lines of a recorded rate: two months of minutes, or a message a second for a day. Each is written into the plan.
pub const RECORDED_LINES: usize = 100_000;

/// The largest file of a recorded rate: what so many lines need, with room for remarks.
pub const RECORDED_BYTES: usize = 4 << 20;

/// The most diagnostics that are listed; more than these nobody reads before mending the first.
pub const DIAGNOSTICS: usize = 100;

/// The longest name of anything in a scenario: names become directories, credentials and columns of a terminal.
pub const NAME_BYTES: usize = 64;

/// The most routes of one journey: its routes are numbered by one byte, and nobody has that many platforms.
pub const ROUTES: usize = 16;

/// The most variants of one scenario: `check` loads each.
pub const VARIANTS: usize = 32;

/// The most windows that a target slides over one journey: one every half minute of the longest drill, and less than a megabyte of moments.
pub const WINDOWS: u64 = 100_000;

/// The most windows of a target that a moment lies in. Each keeps its own percentiles, some tens of kilobytes.
pub const WINDOWS_AT_ONCE: u64 = 60;

/// Whether a target ends the drill is told for so long ago: by then every record of that time has come, also on a busy machine. It is looked
/// for as often.
pub const ABORT_MARGIN: Span = Span::from_secs(1);

/// A look works out every figure that targets are judged by. At most so many in the time that the drill has lasted, so that a drill twice
/// as long has 140 more, and ends at most half a percent of its time late.
pub const ABORT_LOOKS: u64 = 200;

/// The most messages and receipts a second of a drill that one thread plays: somewhat more than half of what one carries on two cores of
/// a small machine.
pub const ONE_WORKER: f64 = 6_000.0;

/// How often, at most and at least, the heart of a drill beats: two hundred times a second cost a hundredth of a core in a debug build.
pub const BEAT_LEAST: Span = Span::from_millis(5);

/// … and as often as a person sees at least.
pub const BEAT_MOST: Span = Span::from_millis(50);

/// The longest message of a WebSocket that is one unit to the path's faults; longer ones pass as chunks of bytes.
pub const MESSAGE_BYTES: usize = 1 << 20;

/// How long a fault lives that its owner does not renew: five times the second between a conductor's renewals.
pub const LEASE: Span = Span::from_secs(5);

/// The shortest lease: over a loopback connection on a busy machine an owner can still renew it.
pub const SHORTEST_LEASE: Span = Span::from_millis(100);

/// The longest lease: what shall last longer is no lease.
pub const LONGEST_LEASE: Span = Span::from_secs(3_600);

/// Tokens of one account that the path remembers from the logins that passed: a platform gives the same one until it expires, and each of an
/// account's programs may hold one of its own.
pub const TOKENS: usize = 64;

/// The most leases at once: each is one tool that drives the proxy, and they are few.
pub const LEASES: usize = 1_000;

/// How long the control interface waits for a name to be resolved: it answers within a second, whatever else goes on.
pub const RESOLVE: Span = Span::from_millis(800);

/// Of what ways in refuse the log tells so much in such a time, and counts the rest: enough to see what is wrong, and a few megabytes a
/// day at most, whoever comes how often.
pub const TOLD_MOST: u32 = 10;

/// The same.
pub const TOLD_EVERY: Span = Span::from_secs(60);

/// How long a client may take to say to a way in where it wants to go, and for the hello of its TLS: what it may take for an HTTP head.
pub const ASK_TIMEOUT: Span = HEAD_TIMEOUT;

/// The most ways from a client's address to a server's that one `sni_block` remembers: as many accounts as a group may have.
pub const BLOCKED_WAYS: usize = ACCOUNTS as usize;

/// The largest header of the PROXY protocol: its addresses take 52 bytes at most, what proxies add of TLS some hundred, and the largest
/// certificates that they pass on a few thousand.
pub const PROXY_HEADER_BYTES: usize = 4 * 1024;

/// The largest `ClientHello`: with the keys of today's key exchanges it is below 2 KiB, with a resumed session's ticket below 8.
pub const HELLO_BYTES: usize = 16 * 1024;

/// How long a client of the control interface may take for a body; Toxiproxy's own limit.
pub const API_BODY_TIMEOUT: Span = Span::from_secs(15);

/// How long a connection to the control interface may idle, or take for its head; Toxiproxy's own limit.
pub const API_IDLE: Span = Span::from_secs(60);

/// Connections to the control interface at once: a test suite holds a handful, and each may cost a body's memory.
pub const API_CONNECTIONS: usize = 256;

/// The most proxies: each is a listener, and a tool that creates more has run wild.
pub const PROXIES: usize = 10_000;

/// The most toxics of one proxy, and the most native faults.
pub const TOXICS: usize = 1_000;

/// Series of counters that are kept for proxies that are gone.
pub const RETIRED_SERIES: usize = 10_000;

/// How often a daemon looks whether it shall end: a person hardly notices it, and four looks a second cost nothing that can be measured.
pub const INTERRUPT_STEP: Span = Span::from_millis(250);

/// Descriptors that a daemon keeps from the connections that pass through it: the process's own, its listeners, and a control interface in
/// ordinary use.
pub const KEPT_DESCRIPTORS: u64 = 160;

/// The most levels of a recorded trace: each unit that a fault could hit looks for its own among them.
pub const TRACE_LEVELS: usize = 1_000;

/// Frames of Stream mode that wait for one app's acknowledgements; further ones wait in the mailbox.
pub const STREAM_WINDOW: usize = 256;

/// Meetings whose head count a path knows, the latest.
pub const MEETINGS: usize = 1_000;
/// Names of its platform that a twin has certificates for: SDKs ask for a handful, and each is made when it is first asked for.
pub const TLS_NAMES: usize = 1_000;

/// How long a twin's ledger gathers lines before it writes them: a person hardly notices it, and one write serves a thousand messages.
pub const LEDGER_PAUSE: Span = Span::from_millis(20);

/// What a twin's ledger gathers at most while its disk is slow: four minutes of 1,000 messages a second. More would have to be forgotten.
pub const LEDGER_BYTES: usize = 64 << 20;

/// What is kept of what a program says, or of an answer, when something is done outside: a page of text tells what went wrong.
pub const OUTPUT_BYTES: usize = 4 * 1024;

/// How long the last words of a program that has ended are awaited, or the body of an answer whose head has come. Neither decides anything.
pub const OUTPUT_PATIENCE: Span = Span::from_millis(500);

/// How long a program that was asked to end may take before it is killed, and then may take to be gone.
pub const KILL_PATIENCE: Span = Span::from_secs(2);

/// The largest undo log that is read: a scenario of a megabyte has no more actions than fit into a few of them.
pub const UNDO_LOG_BYTES: u64 = 64 << 20;

/// The largest `summary.json` that is read again: many times that of a drill of a thousand journeys.
pub const SUMMARY_BYTES: u64 = 64 << 20;

/// Of so many connections that reached no service it is kept why, until their clients ask. Each asks within a round trip.
pub const UNREACHED: usize = 10_000;

/// So many answers to one recipient, after messages were taken, in which nothing is found are no chance.
pub const EMPTY_ANSWERS: u32 = 20;

/// The most plays of one `rehearse --runs`: enough to show a share of 99.97 %, and every one has a line in the summary.
pub const RUNS: u32 = 10_000;

/// Of many plays so many that did not pass are written down in full; the others can be played again by their seeds.
pub const RUNS_WRITTEN: usize = 10;
