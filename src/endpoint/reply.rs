//! What a platform says to a request, and what it goes on to do.

use std::sync::Arc;

use hyper::Response;

use super::mailbox::Mailbox;
use super::teams::Proof;
use crate::units::Span;
use crate::vendor::Body;

/// An answer, and what follows from it.
pub(super) struct Reply {
    pub(super) response: Response<Body>,
    pub(super) then: Option<Then>,
}

/// What follows an answer.
pub(super) enum Then {
    /// The connection becomes a user's inbox, from after this frame on.
    Inbox(Arc<Mailbox>, u64),
    /// Somebody else is asked first. If he proves what he is asked for, the platform answers anew; this answer is for when he does not.
    Ask(Box<Question>),
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
