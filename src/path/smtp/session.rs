//! What a line of a client is about.

use crate::path::fate::Stage;
use crate::path::leg::{About, Leg};
use crate::plan::{Capability, EndpointKind};
use crate::vendor::smtp::{Asking, Command, Given};

/// What is known of a client's session.
#[derive(Default)]
pub(super) struct Session {
    /// The number of the mail that was begun last, from 1; 0 before the first. Joins attempts and hits.
    mails: u32,
    /// By what name the client has logged in.
    user: Option<String>,
    /// What the endpoint has asked for in a login.
    asking: Option<Asking>,
}

/// A line, as far as faults and the relay tell lines apart.
pub(super) struct Heard {
    pub(super) stage: Stage,
    pub(super) about: About,
    pub(super) asks: Asks,
}

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// A reply, and no more.
    Reply,
    /// A login, of which this is asked first if the endpoint goes on with it.
    Login(Option<Asking>, Option<String>),
    /// More of a login under way, by whom it would be.
    More(Option<Asking>, Option<String>),
    /// To send a content, if the endpoint goes on.
    Content,
    /// Another protocol, if the endpoint agrees: TLS, of which nothing can be told, or an inbox.
    Bytes,
    /// The same: the frames of an inbox.
    Frames,
}

impl Session {
    /// Reads a line, without its end.
    pub(super) fn hears(&mut self, leg: &Leg, line: &[u8]) -> Heard {
        if let Some(asking) = self.asking.take() {
            return self.more(leg, asking, line);
        }
        let other = |asks| Heard { stage: Stage::Command, about: self.about(leg, None, None), asks };
        match Command::read(line) {
            Ok(Command::Mail { from, .. }) => {
                self.mails = self.mails.wrapping_add(1);
                let shows = self.user.as_deref().unwrap_or(&from);
                let capability = match &leg.to.kind {
                    Some(EndpointKind::Smtp(mail)) => Some(mail.capability),
                    _ => None,
                };
                Heard { stage: Stage::RequestHead, about: self.about(leg, Some(shows), capability), asks: Asks::Reply }
            }
            Ok(command @ Command::Auth { .. }) => {
                let name = command.credentials().map(|shown| shown.name);
                let Command::Auth { mechanism, initial } = command else { return other(Asks::Reply) };
                let asked = mechanism.map(crate::vendor::smtp::Mechanism::asks);
                let asking = match (asked, initial) {
                    (asked, None) => asked,
                    (Some(asking), Some(initial)) => match asking.hears(&initial) {
                        Given::Next(next) => Some(next),
                        _ => None,
                    },
                    (None, Some(_)) => None,
                };
                self.login(leg, name, |name| Asks::Login(asking, name))
            }
            Ok(Command::Inbox { credential, .. }) => Heard {
                stage: Stage::RequestHead,
                about: self.about(leg, Some(&credential), Some(Capability::Receive)),
                asks: Asks::Frames,
            },
            Ok(Command::Data) => other(Asks::Content),
            Ok(Command::StartTls) => other(Asks::Bytes),
            _ => other(Asks::Reply),
        }
    }

    fn more(&self, leg: &Leg, asking: Asking, line: &[u8]) -> Heard {
        match asking.hears(&String::from_utf8_lossy(line)) {
            Given::All(shown) => self.login(leg, Some(shown.name), |name| Asks::More(None, name)),
            Given::Next(next) => self.login(leg, None, |_| Asks::More(Some(next), None)),
            Given::GivenUp | Given::Unreadable => self.login(leg, None, |_| Asks::More(None, None)),
        }
    }

    /// A line of a login: one that says whose it is is what can be refused.
    fn login(&self, leg: &Leg, name: Option<String>, asks: impl FnOnce(Option<String>) -> Asks) -> Heard {
        let stage = if name.is_some() { Stage::RequestHead } else { Stage::Command };
        Heard { stage, about: self.about(leg, name.as_deref(), Some(Capability::Login)), asks: asks(name) }
    }

    /// The endpoint goes on with a login, or has said yes to one.
    pub(super) fn answered(&mut self, code: u16, asking: Option<Asking>, name: Option<String>) {
        match code {
            334 => self.asking = asking.or(Some(Asking::Plain)),
            200..=299 => self.user = name,
            _ => {}
        }
    }

    /// What is known of a unit: whose it is by what it shows, else by where it comes from.
    pub(super) fn about(&self, leg: &Leg, shows: Option<&str>, capability: Option<Capability>) -> About {
        let bearer = shows.or(self.user.as_deref()).and_then(|shows| leg.bearer(shows));
        let account = bearer.map(|bearer| bearer.account).or(leg.unknown().account);
        About { exchange: self.mails, account, capability, ..leg.unknown() }
    }
}
