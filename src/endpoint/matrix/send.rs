//! Messages into rooms.

use std::sync::Arc;

use super::super::core::Core;
use super::super::ledger::Accepted;
use super::super::mailbox::{Letter, Mailbox};
use super::super::reply::Reply;
use super::devices::Device;
use super::{Service, lock, not_in_room};
use crate::plan::Capability;
use crate::vendor::Refusal;
use crate::vendor::matrix;

impl Service {
    /// Takes a message, once for each transaction of a device, and puts it into the mailbox of everybody else in the room.
    pub(super) fn send(
        &self,
        core: &Core,
        caller: &Device,
        (room, kind, transaction): (&str, &str, &str),
        body: &[u8],
    ) -> Result<Reply, Refusal> {
        if kind != "m.room.message" {
            return Ok(matrix::not_emulated().into());
        }
        let (text, content) = match (matrix::read_send(body), std::str::from_utf8(body)) {
            (Ok(text), Ok(content)) => (text, content),
            (Err((word, why)), _) => return Ok(matrix::error(400, word, why).into()),
            (_, Err(_)) => return Ok(matrix::error(400, "M_NOT_JSON", "Content not JSON.").into()),
        };
        if !lock(&self.rooms).has(room, &caller.user) {
            return Ok(not_in_room(&caller.user, room));
        }
        let once = format!("{} {} {room} {transaction}", caller.user, caller.name);
        // Held until it is known: of two that come at the same time one is the other.
        let mut sent = lock(&self.sent);
        if let Some(number) = sent.get(&once) {
            return Ok(matrix::sent_answer(number).into());
        }
        if core.is_limited() {
            lock(&self.pace).count(&caller.user, self.parameters.message, core.now()).map_err(Refusal::Throttled)?;
        }
        let number = core.number();
        sent.insert(&once, number);
        drop(sent);
        let letter = Arc::new(Letter {
            text: (&*text).into(),
            sender: Arc::clone(&caller.user),
            number,
            at: core.now(),
            place: Some(room.into()),
            content: Some(content.into()),
            ..Letter::default()
        });
        let mut rooms = lock(&self.rooms);
        let others = rooms.others(room, &caller.user);
        let takes = |mailbox: Arc<Mailbox>| mailbox.put(Arc::clone(&letter)).is_some();
        let kept: Vec<&str> = others.into_iter().filter(|one| core.users.mailbox(one).is_some_and(takes)).collect();
        core.ledger.write(&Accepted {
            at: letter.at,
            id: &number.to_string(),
            sender: &caller.user,
            recipients: &kept,
            capability: Capability::Chat,
            text: &text,
        });
        Ok(matrix::sent_answer(number).into())
    }
}
