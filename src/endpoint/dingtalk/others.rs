//! Calendars, users and documents.

use super::post::Parcel;
use super::{Ask, Service};
use crate::endpoint::reply::Reply;
use crate::plan::{Capability, FreezeMode};
use crate::vendor::dingtalk::calendar;
use crate::vendor::dingtalk::old::{self, Fields};
use crate::vendor::dingtalk::refusal::{No, bad, own};
use crate::vendor::dingtalk::{Operation, events, path_id};
use crate::vendor::{Head, Refusal};

impl Service {
    pub(super) fn create_event(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        let from = self.present(ask)?;
        let owner = path_id(ask.head);
        let event = calendar::read_event(ask.body)?;
        if !self.is_there(ask, &owner) {
            return Err(bad("permissionDeny", "没有权限"));
        }
        let fresh = || match ask.core.count(&format!("calendar {owner}"), calendar::LIMIT) {
            Ok(()) => Ok(ask.core.number()),
            Err(_) => Err(calendar::too_many()),
        };
        let (number, is_new) = match ask.head.header(calendar::ONCE_HEADER) {
            Some(key) => {
                let key = format!("{} {owner} {key}", from.app);
                self.events.number(key, calendar::ONCE_FOR, ask.core.now(), fresh)?
            }
            None => (fresh()?, true),
        };
        if is_new {
            let sender = owner.as_str().into();
            let at = ask.core.wall.millis(ask.core.now());
            let what = Some(events::calendar(&calendar::event_id(number), &owner, &event.summary, at));
            let others: Vec<&str> =
                event.attendees.iter().map(|attendee| attendee.id.as_str()).filter(|id| *id != owner).collect();
            let (capability, text) = (Capability::Calendar, event.summary.as_str());
            self.post(ask, Parcel { number, capability, sender: &sender, text, place: None, event: what }, &others);
        }
        Ok(calendar::created_answer(number, &owner, &event).into())
    }

    pub(super) fn user(&self, ask: &Ask<'_>, fields: &Fields) -> Result<Reply, No> {
        self.old(ask, fields)?;
        let user = fields.needed("userid")?;
        if ask.core.users.mailbox(&user).is_none() {
            return Err(own(200, "60121", "找不到该用户"));
        }
        if self.tokens.is_disabled(&user) {
            return Err(Refusal::Frozen(FreezeMode::Disabled).into());
        }
        Ok(old::user_answer(ask.core.number(), &user, ask.operation == Operation::OldUser).into())
    }

    pub(super) fn recognise(&self, ask: &Ask<'_>, fields: &Fields) -> Result<Reply, No> {
        let from = self.old(ask, fields)?;
        let (kind, image) = (fields.needed("type")?, fields.needed("image_url")?);
        let number = ask.core.number();
        let (capability, sender) = (Capability::Ocr, &from.user);
        self.post(ask, Parcel { number, capability, sender, text: &image, place: None, event: None }, &[]);
        Ok(old::recognised_answer(number, &kind, &image).into())
    }
}
