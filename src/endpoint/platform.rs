//! A platform behind its twin's listeners: requests in, replies out.

use std::sync::Arc;

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;

use super::core::Core;
use super::reply::{Caller, Reply, Then};
use super::{dingtalk, dlp, documents, erp, gateway, http, inbox, matrix, smtp, sso, teams, wire};
use crate::journal::Ending;
use crate::plan::{Capability, Carrier, EndpointKind, Plan, Wire};
use crate::units::EndpointId;
use crate::vendor::{self, Body, Refusal};
use crate::world::tls::Acceptor;
use crate::world::{Conn, Messages};

/// A platform. It knows no connections: whoever serves them hands it whole requests.
pub(super) struct Platform {
    kind: EndpointKind,
    core: Arc<Core>,
    speaks: Speaks,
}

/// Which platform it is, with what only this one remembers.
enum Speaks {
    Dingtalk(Box<dingtalk::Service>),
    Teams(Box<teams::Service>),
    Matrix(Box<matrix::Service>),
    Erp(Box<erp::Service>),
    Documents(Box<documents::Service>),
    Http(Box<http::Service>),
    /// Mail, which is no requests: the connections themselves are served.
    Smtp(Capability),
    /// A service by scenario that speaks in frames.
    Wire(Arc<Wire>),
    Dlp,
    Sso(Box<sso::Service>),
    Gateway(Box<gateway::Service>),
}

impl Platform {
    /// With what each platform goes by.
    pub(super) fn new(
        kind: EndpointKind,
        core: Core,
        (dingtalk, teams, matrix, sso): (dingtalk::Settings, teams::Parameters, matrix::Parameters, sso::Settings),
        drill: Option<(&Plan, EndpointId)>,
    ) -> Self {
        let speaks = match &kind {
            EndpointKind::Dingtalk(edition) => Speaks::Dingtalk(Box::new(dingtalk::Service::new(*edition, dingtalk))),
            EndpointKind::Teams => Speaks::Teams(Box::new(teams::Service::new(&core, teams))),
            EndpointKind::Matrix => Speaks::Matrix(Box::new(matrix::Service::new(matrix))),
            EndpointKind::Erp(erp) => Speaks::Erp(Box::new(erp::Service::new(*erp))),
            EndpointKind::Documents(how) => Speaks::Documents(Box::new(documents::Service::new(how.clone(), drill))),
            EndpointKind::Http(service) => Speaks::Http(Box::new(http::Service::new(Arc::clone(service)))),
            EndpointKind::Smtp(mail) => Speaks::Smtp(mail.capability),
            EndpointKind::Sso(of) => Speaks::Sso(Box::new(sso::Service::new(&core, *of, sso))),
            EndpointKind::Wire(wire) => Speaks::Wire(Arc::clone(wire)),
            EndpointKind::Dlp => Speaks::Dlp,
            EndpointKind::Gateway(own) => Speaks::Gateway(Box::new(gateway::Service::new(Arc::clone(own), drill))),
        };
        Self { kind, core: Arc::new(core), speaks }
    }

    /// Serves a connection, if the platform speaks no HTTP; else gives it back. By `starttls` one in the clear can be secured.
    pub(super) async fn serve(&self, conn: Conn, starttls: Option<&Acceptor>) -> Option<Conn> {
        match &self.speaks {
            Speaks::Smtp(capability) => smtp::serve(&self.core, *capability, conn, starttls).await,
            Speaks::Wire(speaks) => match speaks.carrier {
                Carrier::Websocket(_) => return Some(conn),
                Carrier::Tcp(framing) => {
                    wire::Session::new(&self.core, speaks).serve(Messages::framed(conn, framing)).await;
                }
            },
            _ => return Some(conn),
        }
        None
    }

    /// What the platform says to a request, of this user if a provider of single sign-on has told whose it is.
    pub(super) fn answer(&self, (caller, user): (Caller, Option<&str>), head: &Parts, body: &Bytes) -> Reply {
        if head.uri.path() == vendor::INBOX_PATH {
            return self.open_inbox(head).unwrap_or_else(|refusal| self.refuse(head, &refusal).into());
        }
        let answer = match &self.speaks {
            Speaks::Dingtalk(service) => service.answer(&self.core, caller, head, body),
            Speaks::Teams(service) => service.answer(&self.core, caller, head, body),
            Speaks::Matrix(service) => service.answer(&self.core, head, body),
            Speaks::Erp(service) => service.answer(&self.core, head, body),
            Speaks::Documents(service) => service.answer(&self.core, head, body),
            Speaks::Http(service) => service.answer(&self.core, user, head, body),
            Speaks::Sso(service) => service.answer(&self.core, caller, head, body),
            Speaks::Smtp(_) => Err(Refusal::UnknownApi),
            Speaks::Wire(wire) => wire::open(&self.core, wire, head),
            Speaks::Dlp => dlp::answer(head, body),
            Speaks::Gateway(service) => service.answer(&self.core, user, head, body),
        };
        answer.unwrap_or_else(|refusal| self.refuse(head, &refusal).into())
    }

    /// What the platform says once somebody has proved that he listens.
    pub(super) fn proved(&self, proof: teams::Proof) -> Response<Body> {
        match &self.speaks {
            Speaks::Teams(service) => service.proved(&self.core, proof),
            // No other platform asks for a proof.
            _ => Response::new(Body::default()),
        }
    }

    /// What the platform says to whoever has waited for what is new.
    pub(super) fn synced(&self, waiting: &matrix::Waiting) -> Response<Body> {
        match &self.speaks {
            Speaks::Matrix(service) => service.synced(&self.core, waiting),
            // Nobody waits at another platform.
            _ => Response::new(Body::default()),
        }
    }

    /// Where a message is sent on next, now; `None` if nowhere any more.
    pub(super) fn next_leg(&self, forward: &mut gateway::Forward) -> Option<gateway::Leg> {
        self.gateway().and_then(|service| service.next(forward, self.core.now()))
    }

    /// A message was sent on, and this came of it.
    pub(super) fn leg_ended(&self, forward: &mut gateway::Forward, leg: gateway::Leg, came: (Ending, Vec<String>)) {
        if let Some(service) = self.gateway() {
            service.ended(forward, leg.to, came, &self.core);
        }
    }

    /// What the gateway says once a message was sent on as often as it can be.
    pub(super) fn forwarded(&self, forward: &gateway::Forward) -> Response<Body> {
        self.gateway().map_or_else(Response::default, |service| service.finish(&self.core, forward))
    }

    /// Whether a request asks for a gateway's audit trail.
    pub(super) fn is_audited(&self, head: &Parts) -> bool {
        self.gateway().is_some() && vendor::gateway::audits(head)
    }

    /// No other platform sends anything on.
    fn gateway(&self) -> Option<&gateway::Service> {
        match &self.speaks {
            Speaks::Gateway(service) => Some(service),
            _ => None,
        }
    }

    /// What a store of documents has not told another one yet; `None` if there is nothing.
    pub(super) fn news_for(&self, other: &str) -> Option<documents::News> {
        match &self.speaks {
            Speaks::Documents(service) => service.news_for(other),
            _ => None,
        }
    }

    /// Whether another store was not told everything yet.
    pub(super) fn has_news_for(&self, other: &str) -> bool {
        matches!(&self.speaks, Speaks::Documents(service) if service.has_news_for(other))
    }

    /// Another store has heard of it, but for the documents that it had no room for.
    pub(super) fn heard(&self, other: &str, news: &documents::News, refused: &[String]) {
        if let Speaks::Documents(service) = &self.speaks {
            service.heard(other, &news.changes.documents, refused);
        }
    }

    /// The notifications that the platform has to send, if it sends any.
    pub(super) fn outbox(&self) -> Option<Arc<teams::Outbox>> {
        match &self.speaks {
            Speaks::Teams(service) => Some(service.outbox()),
            Speaks::Dingtalk(_)
            | Speaks::Matrix(_)
            | Speaks::Erp(_)
            | Speaks::Documents(_)
            | Speaks::Http(_)
            | Speaks::Smtp(_)
            | Speaks::Wire(_)
            | Speaks::Dlp
            | Speaks::Sso(_)
            | Speaks::Gateway(_) => None,
        }
    }

    /// The credential that a request shows.
    pub(super) fn credential(&self, head: &Parts) -> Option<String> {
        vendor::credential(&self.kind, head).map(std::borrow::Cow::into_owned)
    }

    /// A no in the platform's words.
    pub(super) fn refuse(&self, head: &Parts, refusal: &Refusal) -> Response<Body> {
        vendor::refusal(&self.kind, &vendor::form(&self.kind, head), refusal, self.core.number())
    }

    /// A no to a body that is larger than any may be: 413 (RFC 9110 §15.5.14, RFC 7644 §3.12, Matrix's `M_TOO_LARGE`). What the gateways of
    /// DingTalk and Teams say to it is not known.
    pub(super) fn refuse_large(&self, head: &Parts) -> Response<Body> {
        let refusal = match self.kind {
            EndpointKind::Dingtalk(_) | EndpointKind::Teams => Refusal::BadRequest("the body is too large".to_owned()),
            _ => Refusal::Status(413),
        };
        self.refuse(head, &refusal)
    }

    fn open_inbox(&self, head: &Parts) -> Result<Reply, Refusal> {
        let (user, after) = vendor::subscriber(head).ok_or(Refusal::MissingToken)?;
        let mailbox = self.core.users.mailbox(user).ok_or(Refusal::InvalidToken)?;
        let response =
            inbox::switching(head).ok_or_else(|| Refusal::BadRequest("the inbox is a WebSocket".to_owned()))?;
        Ok(Reply { response, then: Some(Then::Inbox(mailbox, after)) })
    }
}
