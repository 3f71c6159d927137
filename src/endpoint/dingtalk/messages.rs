//! Robot messages on the present gateway, and a group's messages on the old one.

use std::sync::Arc;

use super::post::{Kept, Parcel};
use super::tokens::Bearer;
use super::{Ask, Service};
use crate::endpoint::reply::Reply;
use crate::plan::Capability;
use crate::units::{Moment, Span};
use crate::vendor::dingtalk::group::members;
use crate::vendor::dingtalk::old::{self, Fields};
use crate::vendor::dingtalk::refusal::{No, bad, lacking, own};
use crate::vendor::dingtalk::robot::{self, State};

/// How long it can be asked who has read a message, and a message taken back.
const ASKED_WITHIN: Span = Span::from_secs(86_400);

/// A message that was sent.
#[derive(Debug)]
pub(super) struct Sent {
    app: Arc<str>,
    at: Moment,
    recalled: bool,
    kept: Vec<Kept>,
}

impl Service {
    pub(super) fn send_direct(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        let from = self.present(ask)?;
        let direct = robot::read_direct(ask.body)?;
        known_robot(ask, &direct.robot_code)?;
        let number = ask.core.number();
        let recipients: Vec<&str> = direct.user_ids.iter().map(String::as_str).collect();
        let parcel = Parcel {
            number,
            capability: Capability::Chat,
            sender: &from.user,
            text: &direct.text,
            place: None,
            event: None,
        };
        let posted = self.post(ask, parcel, &recipients);
        let answer = robot::sent_answer(number, &posted.unknown, &posted.full);
        self.remember(ask, number, from.app, posted.kept);
        Ok(answer.into())
    }

    pub(super) fn send_group(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        let from = self.present(ask)?;
        let group = robot::read_group(ask.body)?;
        known_robot(ask, &group.robot_code)?;
        let place = group.open_conversation_id.as_str();
        let number = self.post_group(ask, from, place, &group.text);
        let number = number.ok_or_else(|| bad("conversation.org.notMatch", "群不属于该组织"))?;
        Ok(robot::group_answer(number).into())
    }

    /// A message into a group on the old gateway.
    pub(super) fn send_old_group(&self, ask: &Ask<'_>, fields: &Fields) -> Result<Reply, No> {
        let from = self.old(ask, fields)?;
        let place = fields.needed("chatid")?;
        let text = fields.value("msg").and_then(old::said).ok_or_else(|| lacking("msg"))?;
        if !members(&place).any(|member| *member == *from.user) {
            return Err(own(200, "34007", "发送者不在群会话中"));
        }
        let number = self.post_group(ask, from, &place, &text).ok_or_else(|| own(200, "34001", "无效的会话id"))?;
        Ok(old::yes(number, serde_json::json!({ "messageId": robot::process_key(number) })).into())
    }

    /// Gives a message to everybody in a group but its sender; `None` if nobody in it exists.
    fn post_group(&self, ask: &Ask<'_>, from: Bearer, place: &str, text: &str) -> Option<u64> {
        let others: Vec<&str> = members(place).filter(|member| *member != &*from.user).collect();
        if !others.iter().any(|member| ask.core.users.mailbox(member).is_some()) {
            return None;
        }
        let number = ask.core.number();
        let parcel =
            Parcel { number, capability: Capability::Group, sender: &from.user, text, place: Some(place), event: None };
        let posted = self.post(ask, parcel, &others);
        self.remember(ask, number, from.app, posted.kept);
        Some(number)
    }

    fn remember(&self, ask: &Ask<'_>, number: u64, app: Arc<str>, kept: Vec<Kept>) {
        self.sent.add(number, Sent { app, at: ask.core.now(), recalled: false, kept });
    }

    pub(super) fn direct_status(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        let from = self.present(ask)?;
        let (key, _) = robot::read_direct_status(ask.head)?;
        self.with_sent(ask, &from, &key, |state, sent| {
            robot::direct_status_answer(state, sent.kept.iter().map(|kept| (&*kept.user, kept.is_read()))).into()
        })
    }

    pub(super) fn group_status(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        let from = self.present(ask)?;
        let asked: robot::GroupStatus = robot::read(ask.body)?;
        self.with_sent(ask, &from, &asked.process_query_key, |state, sent| {
            let readers: Vec<&str> = sent.kept.iter().filter(|kept| kept.is_read()).map(|kept| &*kept.user).collect();
            robot::group_status_answer(state, &readers, &asked).into()
        })
    }

    fn with_sent(
        &self,
        ask: &Ask<'_>,
        from: &Bearer,
        key: &str,
        f: impl FnOnce(State, &Sent) -> Reply,
    ) -> Result<Reply, No> {
        ask.core.number();
        let sent = self.sent.all();
        let found = robot::key_number(key).and_then(|number| sent.get(number));
        let found = found.filter(|sent| sent.app == from.app && ask.core.now().since(sent.at) < ASKED_WITHIN);
        match found {
            Some(sent) if sent.recalled => Ok(f(State::Recalled, sent)),
            Some(sent) => Ok(f(State::Sent, sent)),
            None => Err(bad("invalidParameter", "processQueryKey不存在")),
        }
    }

    /// Takes messages back. Who has one already keeps it; whoever has not, never gets it.
    pub(super) fn recall(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        let from = self.present(ask)?;
        let recall: robot::Recall = robot::read(ask.body)?;
        ask.core.number();
        let mut sent = self.sent.all();
        let mut take_back = |key: &&str| {
            let found = robot::key_number(key).and_then(|number| sent.get_mut(number));
            let Some(sent) = found
                .filter(|sent| sent.app == from.app && !sent.recalled && ask.core.now().since(sent.at) < ASKED_WITHIN)
            else {
                return false;
            };
            sent.recalled = true;
            sent.kept.iter().for_each(|kept| kept.mailbox.take_back(kept.frame));
            true
        };
        let keys = recall.process_query_keys.iter().map(String::as_str);
        let (done, failed): (Vec<&str>, Vec<&str>) = keys.partition(|key| take_back(key));
        Ok(robot::recall_answer(&done, &failed).into())
    }
}

fn known_robot(ask: &Ask<'_>, code: &str) -> Result<(), No> {
    match ask.core.users.app(code) {
        Some(_) => Ok(()),
        // The vendor's own spelling.
        None => Err(bad("invalidParameter.robotCode.notExsit", "robotCode不存在")),
    }
}
