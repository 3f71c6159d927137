//! What a platform says to a request, and what it goes on to do.

use std::sync::Arc;

use hyper::Response;

use super::mailbox::Mailbox;
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
}

impl From<Response<Body>> for Reply {
    fn from(response: Response<Body>) -> Self {
        Self { response, then: None }
    }
}
