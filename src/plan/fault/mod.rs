//! The faults: what can be done to a unit of traffic. What it looks like to the client is the vendor's business.

mod action;
mod docs;
mod inspection;
mod named;
mod named_docs;
pub mod param;
mod place;
mod place_docs;

use serde::{Deserialize, Serialize};

pub use action::{Action, Call, Exec, Half, Http};
pub use docs::{Doc, Hits};
pub use inspection::Down;
pub use named::{Answered, BlockAction, DnsAnswer, NoAnswer, SniBlock};
pub use param::{Kind as ParamKind, Need as ParamNeed, Param};
pub use place::{Deprovision, Fence, FenceAction, FreezeMode, RateLimit, Scope, Score, Suspicion, Trail};

use super::delay::Delay;
use crate::units::{Share, Size, Span, Throughput};

/// A fault's parameters. To add one: add a variant with its [`Doc`], then follow the compiler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Every unit takes longer.
    Latency(Latency),
    /// Bytes pass no faster than this.
    Bandwidth {
        /// How fast.
        rate: Throughput,
        /// Whether everyone who is aimed at shares it; otherwise each connection and direction has it for itself.
        shared: bool,
    },
    /// Segments are lost, and sent again when the sender's retransmission timer has run out.
    Loss(Loss),
    /// The end of a stream comes later.
    SlowClose {
        /// By so much.
        delay: Span,
    },
    /// Everything is swallowed, and the connection is closed in the end.
    Timeout {
        /// After so long without data; `None` = when the fault is lifted.
        after: Option<Span>,
    },
    /// The connection is reset at its first data, or at its end.
    Reset {
        /// So long after.
        after: Span,
    },
    /// Bytes arrive in slices.
    Slicer {
        /// The mean size of a slice, at least 1.
        size: Size,
        /// Slices are at most so much smaller or larger, uniformly; less than `size`.
        variation: Size,
        /// The pause after each slice.
        pause: Span,
    },
    /// The connection is closed when so many bytes have passed in a direction.
    LimitData {
        /// How many.
        bytes: Size,
    },
    /// Nobody listens: new connections are refused.
    Refuse,
    /// Whatever is sent is swallowed without a word, handshakes too.
    Blackhole,
    /// Nothing passes; what arrives is held until the partition heals or its connection ends.
    Partition,
    /// One bit of a unit is flipped.
    Corrupt,
    /// The endpoint's answer is replaced by this HTTP status, in the vendor's words.
    Status {
        /// The HTTP status, 400 to 599.
        code: u16,
    },
    /// Requests are refused as too many, in the vendor's words.
    Throttle {
        /// What the answer asks the client to wait.
        retry_after: Span,
    },
    /// The endpoint gets the request, and its answer is lost.
    DropReply {
        /// What the client sees instead.
        how: Dropped,
    },
    /// A request reaches the endpoint twice, and a pushed frame the client.
    Duplicate,
    /// Later units overtake this one.
    Reorder {
        /// How long it is kept back.
        by: Span,
    },
    /// The body of the answer is changed.
    Body(BodyEdit),
    /// Open WebSocket connections are closed.
    WebsocketDrop {
        /// With this status code, 1000 to 4999.
        code: u16,
    },
    /// Pushed frames come later.
    PushDelay(Delay),
    /// Pushed frames never come, although the endpoint has accepted their messages.
    SilentLoss,
    /// Requests from places that are not welcome are shut out.
    GeoFence(Fence),
    /// Requests by a way round a fence are shut out.
    VpnDetection(Fence),
    /// The aimed accounts are frozen.
    AccountFreeze {
        /// How much of the account is frozen.
        mode: FreezeMode,
    },
    /// Tokens that were given out before the fault are good no more.
    TokenRevoke,
    /// Tokens are good for a shorter time than was said.
    TokenExpire {
        /// For so long after they were given out.
        after: Span,
    },
    /// Requests beyond a limit are refused.
    RateLimit(RateLimit),
    /// The calls that were paid for are used up after so many.
    Quota {
        /// How many more there are.
        calls: u64,
    },
    /// Meetings of so many heads are locked.
    MeetingLock {
        /// How many.
        heads: u32,
    },
    /// The platform does not have the aimed capabilities.
    CapabilityMissing,
    /// The aimed accounts are taken away where identities are kept.
    Deprovision(Deprovision),
    /// Nobody is given a token, and nobody is told whether one is good.
    IdpDown {
        /// What whoever asks for one sees.
        how: Down,
    },
    /// Whoever asks for a token has to show something more, which no program has.
    MfaRequired,
    /// Connections whose client names a host are cut, and for a while those that follow.
    SniBlock(SniBlock),
    /// A resolver answers something else, nothing, or late.
    DnsAnswer(DnsAnswer),
    /// Services that inspect texts take longer.
    DlpSlow(Delay),
    /// Services that inspect texts inspect none.
    DlpDown {
        /// What whoever asks sees.
        how: Down,
    },
    /// Something is done outside of firedrill, and nothing on its path.
    Action(Box<Action>),
}

/// How much longer a unit takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// What is drawn for each unit.
    pub delay: Delay,
    /// Added to it: uniform between minus this and plus this; a sum below zero counts as zero.
    pub jitter: Span,
    /// How much of the jitter of the unit before it a unit keeps.
    pub correlation: Share,
}

/// How segments of a byte stream are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Which are lost.
    pub model: LossModel,
    /// The first retransmission timeout; it doubles with every loss in a row.
    pub rto: Span,
}

/// Which segments are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossModel {
    /// Each by itself, with this probability.
    Random(Share),
    /// In bursts: a chain of a good and a bad state, which may change before each segment (Gilbert 1960, Elliott 1963).
    GilbertElliott {
        /// The probability of changing from good to bad.
        to_bad: Share,
        /// The probability of changing from bad to good.
        to_good: Share,
        /// The probability of a loss in the good state …
        good: Share,
        /// … and in the bad one.
        bad: Share,
    },
}

/// What a client sees of an answer that was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dropped {
    /// Nothing.
    Silence,
    /// The end of the connection.
    Close,
}

/// What is done to the body of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyEdit {
    /// This text stands in its place.
    Replace(String),
    /// Only its first bytes are left.
    Truncate(Size),
}

impl Fault {
    /// Whether it does something to connections on which nothing moves: these have to be told when it is switched.
    pub fn acts_without_data(&self) -> bool {
        match self {
            Self::Timeout { .. }
            | Self::WebsocketDrop { .. }
            | Self::GeoFence(_)
            | Self::VpnDetection(_)
            | Self::AccountFreeze { .. } => true,
            Self::Latency(_)
            | Self::Bandwidth { .. }
            | Self::Loss(_)
            | Self::SlowClose { .. }
            | Self::Reset { .. }
            | Self::Slicer { .. }
            | Self::LimitData { .. }
            | Self::Refuse
            | Self::Blackhole
            | Self::Partition
            | Self::Corrupt
            | Self::Status { .. }
            | Self::Throttle { .. }
            | Self::DropReply { .. }
            | Self::Duplicate
            | Self::Reorder { .. }
            | Self::Body(_)
            | Self::PushDelay(_)
            | Self::SilentLoss
            | Self::TokenRevoke
            | Self::TokenExpire { .. }
            | Self::RateLimit(_)
            | Self::Quota { .. }
            | Self::MeetingLock { .. }
            | Self::CapabilityMissing
            | Self::Deprovision(_)
            | Self::IdpDown { .. }
            | Self::MfaRequired
            | Self::SniBlock(_)
            | Self::DnsAnswer(_)
            | Self::DlpSlow(_)
            | Self::DlpDown { .. }
            | Self::Action(_) => false,
        }
    }

    /// What is done outside of firedrill, if this is no fault of its path.
    pub fn action(&self) -> Option<&Action> {
        if let Self::Action(action) = self { Some(action) } else { None }
    }

    /// Whether it is one of services that inspect texts, and of nobody else.
    pub fn is_of_inspection(&self) -> bool {
        matches!(self, Self::DlpSlow(_) | Self::DlpDown { .. })
    }

    /// Whether it is one of whoever gives tokens, and of nobody else.
    pub fn is_of_sign_in(&self) -> bool {
        matches!(self, Self::IdpDown { .. } | Self::MfaRequired)
    }

    /// The word for this fault in scenarios and reports.
    pub fn name(&self) -> &'static str {
        self.doc().name
    }
}

impl Latency {
    /// The same for every unit.
    pub fn constant(span: Span) -> Self {
        Self::from(Delay::Constant(span))
    }
}

impl From<Delay> for Latency {
    /// Without jitter.
    fn from(delay: Delay) -> Self {
        Self { delay, jitter: Span::ZERO, correlation: Share::NONE }
    }
}

impl Loss {
    /// What Linux waits before it first sends a lost segment of a quick connection again: its minimum of 200 ms and the timer's own
    /// slack (measured with random loss in a network namespace: 204 to 205 ms).
    pub const RTO: Span = Span::from_millis(204);

    /// How long a segment is late that was lost `times` in a row: the timeout, doubled with every further loss. Linux sends a tail-loss
    /// probe before its timer starts to double, so that the sums and not the steps double (measured: 205, 415 and 854 ms).
    pub fn stall(&self, times: u32) -> Span {
        match times.checked_sub(1) {
            None => Span::ZERO,
            Some(doublings) => Span::from_nanos(self.rto.nanos().saturating_mul(1 << doublings.min(9))),
        }
    }

    /// How long one way of a handshake is late that was lost `times` in a row. Before it has measured a way TCP waits a second
    /// (RFC 6298, section 2.1). Linux doubles that from the fifth time on (`tcp_syn_linear_timeouts`, since 6.5; measured: 1, 2, 3 and 4 s).
    pub fn handshake(times: u32) -> Span {
        let doublings = times.saturating_sub(4).min(6);
        Span::from_secs(u64::from(times.min(4)) + (1 << doublings) - 1)
    }
}
