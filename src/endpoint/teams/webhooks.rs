//! The webhooks' side: who may post, how often, and how much.

use bytes::Bytes;
use hyper::http::request::Parts;

use super::super::core::Core;
use super::super::ledger::Accepted;
use super::super::reply::Reply;
use super::{Service, deliver, letter, mailboxes};
use crate::plan::{Capability, FreezeMode};
use crate::vendor::Refusal;
use crate::vendor::teams::webhook::{self, Card};

impl Service {
    /// A legacy connector.
    pub(super) fn connector(&self, core: &Core, head: &Parts, id: &str, body: &Bytes) -> Result<Reply, Refusal> {
        let owner = core.users.webhook(id).filter(|_| head.method == "POST").ok_or(Refusal::UnknownApi)?;
        if core.is_limited() {
            if body.len() > self.parameters.card_bytes {
                return Ok(webhook::too_large_answer(core.number()).into());
            }
            for (number, limit) in self.parameters.per_connector.iter().enumerate() {
                core.count(&format!("connector {id} {number}"), *limit).map_err(Refusal::Throttled)?;
            }
        }
        post(core, &owner, &webhook::read_card(body)?)?;
        Ok(webhook::connector_answer().into())
    }

    /// A workflow. It is its owner's: who disables him orphans it.
    pub(super) fn flow(&self, core: &Core, head: &Parts, id: &str, body: &Bytes) -> Result<Reply, Refusal> {
        let owner = core.users.webhook(id).filter(|_| head.method == "POST").ok_or(Refusal::UnknownApi)?;
        if !webhook::is_signed(head) {
            return Err(Refusal::MissingToken);
        }
        if self.people.is_disabled(&owner) {
            return Err(Refusal::Frozen(FreezeMode::Disabled));
        }
        post(core, &owner, &webhook::read_flow(body)?)?;
        Ok(webhook::flow_answer().into())
    }
}

/// Puts a card into the mailbox of whomever it mentions.
fn post(core: &Core, owner: &str, card: &Card) -> Result<(), Refusal> {
    let nobody = |_| Refusal::BadRequest("the card mentions somebody who does not exist".into());
    // The sender of a webhook's message is the webhook, so its owner may be among those it mentions.
    let to = mailboxes(core, card.mentioned.iter().map(String::as_str), "").map_err(nobody)?;
    let recipients = deliver(&to, &letter(&card.text));
    let id = format!("fd-card-{}", core.number());
    let (at, capability, text) = (core.now(), Capability::Webhook, &*card.text);
    core.ledger.write(&Accepted { at, id: &id, sender: owner, recipients: &recipients, capability, text });
    Ok(())
}
