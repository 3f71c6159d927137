//! Custom robots, and the session webhooks of Stream messages.
//!
//! A custom robot posts into the group that it was made for. That of a synthetic account has its owner and whoever is mentioned in it:
//! a post is given to those whom it mentions, and to the owner if it mentions nobody.

use std::convert::Infallible;

use super::memory::{Bans, Once};
use super::post::Parcel;
use super::{Ask, Service};
use crate::endpoint::reply::Reply;
use crate::plan::{Capability, FreezeMode};
use crate::units::Span;
use crate::vendor::Refusal;
use crate::vendor::dingtalk::group::members;
use crate::vendor::dingtalk::refusal::{No, own};
use crate::vendor::dingtalk::webhook::{self, Post, Session};

/// For how long a post's own key makes two posts one. The vendor does not say; as long as in the calendar.
const ONCE_FOR: Span = Span::from_secs(86_400);

/// What is remembered of custom robots.
#[derive(Debug, Default)]
pub(super) struct Robots {
    bans: Bans,
    once: Once,
}

impl Service {
    pub(super) fn robot_post(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        let token = webhook::token(ask.head).ok_or(Refusal::MissingToken)?;
        let owner = ask.core.users.webhook(&token).ok_or(Refusal::InvalidToken)?;
        let post = webhook::read(ask.head, ask.body)?;
        if let Some(security) = self.settings.robots.get(&token) {
            security.admits(ask.head, &post, ask.caller.address, ask.core.wall.millis(ask.core.now()))?;
        }
        self.not_too_fast(ask, &token)?;
        if let Some(number) = self.fresh(ask, &token, &post) {
            let mentioned: Vec<&str> = post.mentions.iter().map(String::as_str).collect();
            let to = if mentioned.is_empty() { &[&*owner][..] } else { &mentioned };
            self.post(
                ask,
                Parcel {
                    number,
                    sender: &owner,
                    text: &post.text,
                    capability: Capability::Webhook,
                    place: None,
                    event: None,
                },
                to,
            );
        }
        Ok(webhook::posted_answer().into())
    }

    /// A reply by the address that a Stream message carried.
    pub(super) fn session_post(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        let session = Session::of(ask.head).ok_or(Refusal::InvalidToken)?;
        if ask.core.wall.millis(ask.core.now()) >= session.until {
            return Err(own(200, "300005", "token is not exist"));
        }
        if !self.is_there(ask, &session.user) {
            return Err(Refusal::Frozen(FreezeMode::Disabled).into());
        }
        let post = webhook::read(ask.head, ask.body)?;
        let robot = format!("of {}", session.user);
        self.not_too_fast(ask, &robot)?;
        let others: Vec<&str> = members(&session.conversation).filter(|member| *member != session.user).collect();
        let place = (others.len() > 1).then_some(session.conversation.as_str());
        if let Some(number) = self.fresh(ask, &robot, &post) {
            let sender = &session.user.as_str().into();
            self.post(
                ask,
                Parcel { number, sender, text: &post.text, capability: Capability::Webhook, place, event: None },
                &others,
            );
        }
        Ok(webhook::posted_answer().into())
    }

    fn not_too_fast(&self, ask: &Ask<'_>, robot: &str) -> Result<(), No> {
        if !ask.core.is_limited() {
            return Ok(());
        }
        let now = ask.core.now();
        if self.robots.bans.left(robot, now).is_some() {
            return Err(self.settings.too_fast.no());
        }
        ask.core.count(&format!("robot {robot}"), webhook::LIMIT).map_err(|_| {
            self.robots.bans.ban(robot, webhook::BAN, now);
            self.settings.too_fast.no()
        })
    }

    /// The number of a post; `None` if it was made before under the same key, and is only answered as it was then.
    fn fresh(&self, ask: &Ask<'_>, robot: &str, post: &Post) -> Option<u64> {
        if post.uuid.is_empty() {
            return Some(ask.core.number());
        }
        let key = format!("{robot} {}", post.uuid);
        let number = || Ok::<_, Infallible>(ask.core.number());
        let Ok((number, is_new)) = self.robots.once.number(key, ONCE_FOR, ask.core.now(), number);
        is_new.then_some(number)
    }
}
