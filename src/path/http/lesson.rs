//! What the path learns from an exchange: whose token a login gives, and how many heads a meeting has.

use std::sync::PoisonError;

use hyper::StatusCode;

use super::asked::Asked;
use super::body::content;
use super::head::{Answer, Request, space};
use super::line::Unit;
use crate::path::leg::Leg;
use crate::plan::{Capability, EndpointKind};
use crate::vendor::{self, Gathering};

/// What a request says that its answer completes.
pub(super) enum Lesson {
    /// A login, with its body.
    Login(Vec<u8>),
    /// Somebody gathers: how many there will be, and whether they open a meeting or join one.
    Meeting(Gathering, u32),
}

impl Lesson {
    /// What a whole request says.
    pub(super) fn of(leg: &Leg, asked: &Asked, unit: &Unit) -> Option<Self> {
        let (kind, body) = (leg.to.kind?, || content(asked.framing, unit.body()));
        match asked.about.capability? {
            Capability::Login => Some(Self::Login(body().into_owned())),
            Capability::Meeting => {
                let mut space = space();
                let request = Request::read(unit.head(), &mut space).ok()?;
                let gathering = vendor::gathering(kind, &request, &body())?;
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

    /// How many heads a meeting will have after it.
    pub(super) fn heads(&self) -> Option<u32> {
        match self {
            Self::Login(_) => None,
            Self::Meeting(_, heads) => Some(*heads),
        }
    }

    /// Learns from the answer.
    pub(super) fn end(self, leg: &Leg, kind: EndpointKind, answer: Answer, body: &[u8]) {
        let Ok(status) = StatusCode::from_u16(answer.status) else { return };
        let said = content(answer.framing, body);
        let mut known = leg.shared.guests.known.lock().unwrap_or_else(PoisonError::into_inner);
        match self {
            Self::Login(login) => known.learn_login(leg.to.endpoint, kind, &login, (status, &said), leg.now()),
            Self::Meeting(gathering, heads) if status.is_success() => {
                let meeting = match gathering {
                    Gathering::Opens { .. } => vendor::sent_id(kind, Capability::Meeting, &said),
                    Gathering::Joins { meeting, .. } => Some(meeting),
                };
                if let Some(meeting) = meeting {
                    known.gathered(leg.to.endpoint, meeting, heads);
                }
            }
            Self::Meeting(..) => {}
        }
    }
}
