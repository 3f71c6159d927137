//! Microsoft Teams' twin.

use std::sync::Arc;

use bytes::Bytes;
use hyper::http::request::Parts;

use super::core::Core;
use super::ledger::Accepted;
use super::mailbox::Letter;
use super::reply::Reply;
use crate::plan::Capability;
use crate::vendor::Refusal;
use crate::vendor::teams::{self as vendor, Call};

/// What Teams remembers.
#[derive(Default)]
pub(super) struct Service {}

impl Service {
    /// What Graph says to a request.
    #[expect(clippy::unused_self, reason = "what Graph remembers comes with its subscriptions")]
    pub(super) fn answer(&self, core: &Core, head: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
        let Call::Chat { token, recipients, text } = vendor::read_call(head, body)?;
        let sender = core.users.app(&token).ok_or(Refusal::InvalidToken)?.user;
        core.count(&token, vendor::SEND_LIMIT).map_err(Refusal::Throttled)?;
        let number = core.number();
        let letter = Arc::new(Letter { text: text.as_str().into(), ..Letter::default() });
        let keeps =
            |user: &&str| core.users.mailbox(user).is_some_and(|mailbox| mailbox.put(Arc::clone(&letter)).is_some());
        let kept: Vec<&str> = recipients.iter().map(String::as_str).filter(keeps).collect();
        core.ledger.write(&Accepted {
            at: core.now(),
            id: &vendor::message_id(number),
            sender: &sender,
            recipients: &kept,
            capability: Capability::Chat,
            text: &text,
        });
        Ok(vendor::sent_answer(number, &sender, &text).into())
    }
}
