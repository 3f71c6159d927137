//! Asking an endpoint for one function after another, slowly and without content.

use hyper::Request;
use hyper::header::{HOST, HeaderValue};

use super::line::Line;
use super::place::Place;
use crate::limits::PROBE_SILENCE;
use crate::plan::EndpointKind;
use crate::units::{Moment, Rate};
use crate::vendor::Body;
use crate::vendor::catalogue::{self, Existence, Operation, Probe};
use crate::world::World;
use crate::world::tls::Connector;

/// Whom to ask, and how.
pub(super) struct Asking {
    pub(super) kind: EndpointKind,
    pub(super) place: Place,
    /// By which TLS is spoken, if the place wants it.
    pub(super) tls: Option<Connector>,
    pub(super) token: Option<String>,
    /// At most so many requests.
    pub(super) rate: Rate,
}

/// What asking for one function gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// What the answer says.
    Told(Existence),
    /// It was not asked for, and why.
    Skipped(&'static str),
}

/// How the asking goes.
struct Talk<'a> {
    line: Line<'a>,
    /// When a request may next be sent.
    next: Moment,
    /// Whether anything was ever answered.
    answered: bool,
    /// How many of the latest requests in a row were not.
    silent: u32,
}

impl Asking {
    /// Asks for all of them, in order. Whoever leaves several requests in a row without an answer is asked no more.
    ///
    /// # Errors
    /// If the endpoint cannot be reached at all, is on another machine than its name says, or answers nothing from the beginning.
    pub(super) async fn all(&self, world: &World, operations: &[&'static Operation]) -> Result<Vec<Found>, String> {
        let line = Line::open(world, &self.place, self.tls.as_ref()).await?;
        let mut talk = Talk { line, next: world.clock.now(), answered: false, silent: 0 };
        let mut found = Vec::with_capacity(operations.len());
        for operation in operations {
            found.push(match catalogue::probe(&self.kind, operation, self.place.host(), self.token.as_deref()) {
                Probe::Skip(why) => Found::Skipped(why),
                Probe::Ask(_) if talk.silent == PROBE_SILENCE => Found::Skipped("the endpoint has stopped answering"),
                Probe::Ask(request) => {
                    world.clock.until(talk.next).await;
                    talk.next = world.clock.now() + self.rate.gap();
                    Found::Told(self.one(&mut talk, operation, *request).await?)
                }
            });
        }
        Ok(found)
    }

    async fn one(
        &self,
        talk: &mut Talk<'_>,
        operation: &Operation,
        mut request: Request<Body>,
    ) -> Result<Existence, String> {
        // A host and a port are plain ASCII.
        if let Ok(host) = HeaderValue::from_str(&self.place.host_header()) {
            request.headers_mut().insert(HOST, host);
        }
        match talk.line.exchange(request).await {
            Ok((status, body)) => {
                (talk.answered, talk.silent) = (true, 0);
                Ok(match catalogue::call(&self.kind, operation) {
                    Some(call) => catalogue::existence(&self.kind, call, status, &body),
                    None => Existence::Unclear("no call of this platform does it".to_owned()),
                })
            }
            Err(why) => {
                talk.silent += 1;
                if talk.silent == PROBE_SILENCE && !talk.answered {
                    let place = self.place.authority();
                    return Err(format!(
                        "{place} takes connections and answers no request ({why}): is it http or https?"
                    ));
                }
                Ok(Existence::Unclear(why))
            }
        }
    }
}
