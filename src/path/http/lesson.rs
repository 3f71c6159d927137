//! What the path learns from an exchange beyond its head: whose a login is and the token that it gives, and how many heads a meeting has.

use std::sync::PoisonError;

use hyper::StatusCode;

use super::asked::Asked;
use super::body::content;
use super::head::{Answer, Request, space};
use super::line::Unit;
use crate::path::facts::Bearer;
use crate::path::leg::{About, Leg};
use crate::plan::{Capability, EndpointKind};
use crate::vendor::{self, Gathering, Head};

/// Whether anything is learned from requests for this, so that their bodies are waited for.
pub(super) fn teaches(capability: Capability) -> bool {
    matches!(capability, Capability::Login | Capability::Meeting)
}

/// What a request says that its answer completes.
pub(super) enum Lesson {
    /// A login, with the key that it names.
    Login(String),
    /// Whether this token is good.
    Question(String),
    /// Somebody gathers: how many there will be, and whether they open a meeting or join one.
    Meeting(Gathering, u32),
}

impl Lesson {
    /// What a whole request says, as it came over HTTP/1.1.
    pub(super) fn of(leg: &Leg, asked: &Asked, unit: &Unit) -> Option<Self> {
        if !asked.about.capability.is_some_and(teaches) {
            return None;
        }
        let (mut space, body) = (space(), content(asked.framing, unit.body()));
        let request = Request::read(unit.head(), &mut space).ok()?;
        Self::said(leg, asked.about, &request, &body)
    }

    /// What a whole request says.
    pub(super) fn said(leg: &Leg, about: About, head: &impl Head, body: &[u8]) -> Option<Self> {
        let kind = leg.to.kind.as_ref()?;
        match about.capability? {
            Capability::Login => match vendor::asked_about(kind, head, body) {
                Some(token) => Some(Self::Question(token)),
                None => vendor::login_key(kind, head, body).map(Self::Login),
            },
            Capability::Meeting => {
                let gathering = vendor::gathering(kind, head, body)?;
                let heads = match &gathering {
                    Gathering::Opens { heads } => *heads,
                    Gathering::Joins { meeting, heads } => {
                        let known = leg.shared.guests.known.lock().unwrap_or_else(PoisonError::into_inner);
                        known.heads(leg.to.endpoint, meeting).saturating_add(*heads)
                    }
                };
                Some(Self::Meeting(gathering, heads))
            }
            _ => None,
        }
    }

    /// What the exchange is about, as all of its request tells: a login is judged as its key's, before anybody has a token, and a question about
    /// a token as that of whoever has it.
    pub(super) fn tell(&self, leg: &Leg, about: &mut About) {
        match self {
            Self::Login(key) | Self::Question(key) => {
                about.asks = matches!(self, Self::Question(_));
                if let Some(Bearer { account, issued }) = leg.bearer(key) {
                    (about.account, about.issued) = (Some(account), issued);
                }
            }
            Self::Meeting(_, heads) => about.heads = Some(*heads),
        }
    }

    /// Learns from the answer.
    pub(super) fn end(self, leg: &Leg, kind: &EndpointKind, answer: Answer, body: &[u8]) {
        let Ok(status) = StatusCode::from_u16(answer.status) else { return };
        self.told(leg, kind, status, &content(answer.framing, body));
    }

    /// The same, of a body without frames.
    pub(super) fn told(self, leg: &Leg, kind: &EndpointKind, status: StatusCode, said: &[u8]) {
        let mut known = leg.shared.guests.known.lock().unwrap_or_else(PoisonError::into_inner);
        match self {
            Self::Login(key) => known.learn_login(leg.to.endpoint, kind, &key, (status, said), leg.now()),
            Self::Meeting(gathering, heads) if status.is_success() => {
                let meeting = match gathering {
                    Gathering::Opens { .. } => vendor::sent_id(kind, Capability::Meeting, said),
                    Gathering::Joins { meeting, .. } => Some(meeting),
                };
                if let Some(meeting) = meeting {
                    known.gathered(leg.to.endpoint, meeting, heads);
                }
            }
            Self::Question(_) | Self::Meeting(..) => {}
        }
    }
}
