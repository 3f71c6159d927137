//! What passes a gate or a lane, as far as faults tell units apart.

use crate::plan::Direction;
use crate::units::Moment;

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// One way of a connection's handshake.
    Open(Direction),
    /// A whole HTTP request, on its way to the endpoint.
    Request,
    /// The beginning of a request that cannot be sent a second time: an HTTP one whose body follows, or that asks for another protocol; the
    /// command that begins a mail.
    RequestHead,
    /// What a client says besides, on a connection whose endpoint speaks first: a command that decides nothing, or a mail's content.
    Command,
    /// An HTTP answer, on its way to the client.
    Answer(Content),
    /// What a client hears that is not the endpoint's answer: an interim one (1xx), or a fault's no.
    Notice,
    /// A call-back: a request by which the endpoint tells a client something.
    Call,
    /// The client's answer to it.
    CallAnswer,
    /// A chunk of a byte stream.
    Chunk(Direction),
    /// A frame of a WebSocket.
    Frame(Direction),
    /// The bytes of requests or answers, which have passed the gate as what they are.
    Bytes(Direction),
    /// The end of one direction of a stream.
    End(Direction),
    /// No unit: an open byte stream that stands while something is switched.
    Standing,
    /// No unit either: an open WebSocket.
    StandingSocket,
    /// No unit either: a resolver is asked for the host.
    LookedUp,
    /// Nor this: a connection with the server has been made, and nothing has been said on it.
    Reached,
    /// Nor this: the client has named the host that it wants to talk to.
    Named,
    /// Nor is this: a connection of exchanges on which nothing moves in this direction.
    Quiet(Direction),
}

/// What is known of an answer's body when its head is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// By HTTP's rules there is none.
    None,
    /// It has so many bytes.
    Length(u64),
    /// Its end will show.
    Open,
}

/// A unit of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// What it is.
    pub stage: Stage,
    /// Its number among the units of its stage and connection.
    pub number: u64,
    /// When it arrived.
    pub at: Moment,
}

impl Stage {
    /// Which way the unit travels.
    pub fn direction(self) -> Option<Direction> {
        match self {
            Self::Open(direction)
            | Self::Chunk(direction)
            | Self::Frame(direction)
            | Self::Bytes(direction)
            | Self::End(direction)
            | Self::Quiet(direction) => Some(direction),
            Self::Request | Self::RequestHead | Self::Command | Self::CallAnswer => Some(Direction::ToEndpoint),
            Self::Answer(_) | Self::Notice | Self::Call => Some(Direction::FromEndpoint),
            Self::Standing | Self::StandingSocket | Self::LookedUp | Self::Reached | Self::Named => None,
        }
    }

    /// Units of different stages are numbered apart.
    pub fn part(self) -> u64 {
        match self {
            Self::Open(_) => 0,
            Self::Request | Self::RequestHead => 1,
            Self::Answer(_) | Self::Notice => 2,
            Self::Chunk(Direction::ToEndpoint) | Self::Frame(Direction::ToEndpoint) => 3,
            Self::Chunk(_) | Self::Frame(_) => 4,
            Self::Standing | Self::StandingSocket | Self::Quiet(_) => 5,
            Self::End(Direction::ToEndpoint) => 6,
            Self::End(_) => 7,
            Self::Bytes(Direction::ToEndpoint) => 8,
            Self::Bytes(_) => 9,
            Self::Call => 10,
            Self::CallAnswer => 11,
            Self::Reached => 12,
            Self::Named => 13,
            Self::LookedUp => 14,
            Self::Command => 15,
        }
    }

    /// Whether it is no unit, which could be late or held.
    pub(super) fn stands(self) -> bool {
        matches!(
            self,
            Self::Standing | Self::StandingSocket | Self::Quiet(_) | Self::LookedUp | Self::Reached | Self::Named
        )
    }

    /// Whether bytes of an application travel with it.
    pub(super) fn carries(self) -> bool {
        self.is_message() || matches!(self, Self::Chunk(_))
    }

    pub(super) fn is_request(self) -> bool {
        matches!(self, Self::Request | Self::RequestHead)
    }

    /// Whether it begins and ends for an application too, so that it can change places with others.
    pub(super) fn is_message(self) -> bool {
        self.is_request()
            || matches!(
                self,
                Self::Command | Self::Answer(_) | Self::Notice | Self::Frame(_) | Self::Call | Self::CallAnswer
            )
    }

    /// Whether it is nothing but bytes to whoever passes them on.
    pub(super) fn is_bytes(self) -> bool {
        matches!(self, Self::Chunk(_) | Self::Frame(_) | Self::Bytes(_))
    }

    /// Something that the endpoint sends by itself.
    pub(super) fn is_pushed(self) -> bool {
        matches!(self, Self::Frame(Direction::FromEndpoint) | Self::Call)
    }

    /// What the same is where the endpoint calls and the client answers.
    pub(in crate::path) fn called_back(self) -> Self {
        match self {
            Self::Open(direction) => Self::Open(direction.opposite()),
            Self::Request | Self::RequestHead => Self::Call,
            Self::Answer(_) | Self::Notice => Self::CallAnswer,
            other => other,
        }
    }
}
