//! How exactly timers wake.

use crate::units::Span;

/// The longest that a task waits out itself, when its timer has woken it early: in normal timing so little that nobody else on its worker
/// notices, and most of what the lateness of wakes varies by.
pub const SPIN: Span = Span::from_micros(60);

/// The last of it, through which a task that has its thread to itself spins without looking whether anybody else could go on: a look takes
/// a microsecond or two.
pub const LAST_SPIN: Span = Span::from_micros(5);

/// The longest for which what is sent again after a failover is made up for together, where a timer has come late.
pub const RESENT_TOGETHER: Span = Span::from_millis(10);

/// All waiting out together takes at most one part in so many of a core, over a second.
pub const SPIN_SHARE: u64 = 50;

/// What may be waited out at once before that bound holds: a second's share.
pub const SPIN_BURST: Span = Span::from_millis(20);

/// The longest that a task waits out itself in precise timing, and the earliest that a timer is armed: few wakes take longer.
pub const PRECISE_SPIN: Span = Span::from_millis(1);

/// An inject that is applied so much later than planned is told to be late: a wait ends about a tenth of it late.
pub const LATE_INJECT: Span = Span::from_millis(1);
