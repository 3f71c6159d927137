//! Who asks a platform, what it says, and what it goes on to do.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::Response;

use super::dingtalk::Stream;
use super::gateway::Forward;
use super::mailbox::Mailbox;
use super::matrix::Waiting;
use super::teams::Proof;
use super::wire::Session;
use crate::units::Span;
use crate::vendor::Body;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    /// From where.
    pub(super) address: IpAddr,
    /// Whether by TLS.
    pub(super) by_tls: bool,
}

/// An answer, and what follows from it.
pub(super) struct Reply {
    pub(super) response: Response<Body>,
    pub(super) then: Option<Then>,
}

/// What follows an answer.
pub(super) enum Then {
    /// The connection becomes a user's inbox, from after this frame on.
    Inbox(Arc<Mailbox>, u64),
    /// The connection becomes one of DingTalk's Stream mode.
    Stream(Box<Stream>),
    /// The connection becomes one of a service by scenario.
    Wire(Box<Session>),
    /// Something new is waited for first, and then the platform answers anew.
    Sync(Box<Waiting>),
    /// Somebody else is asked first. If he proves what he is asked for, the platform answers anew; this answer is for when he does not.
    Ask(Box<Question>),
    /// A message is sent on first, and then the platform answers anew. This answer is for when that never ends.
    Forward(Box<Forward>),
}

/// Whether somebody listens where he says.
pub(super) struct Question {
    /// Each address that is asked, and what has to come back.
    pub(super) asked: Vec<(String, String)>,
    /// How long each may take.
    pub(super) within: Span,
    /// What is proved by it.
    pub(super) proof: Proof,
}

impl From<Response<Body>> for Reply {
    fn from(response: Response<Body>) -> Self {
        Self { response, then: None }
    }
}
