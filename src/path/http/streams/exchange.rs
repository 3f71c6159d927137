//! One stream: request, gate, host, gate, answer.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use hyper::header::{EXPECT, HOST};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, Uri};

use super::answer::Answering;
use super::body::{Read, Stopped, length, pass, send_read, whole};
use super::failed::Failed;
use super::host::Host;
use super::seen::seen;
use super::words::{declined, say};
use crate::journal::ObservedEnd;
use crate::limits::{HEAD_FIELDS, HEAD_TIMEOUT, UNIT_BODY_BYTES};
use crate::path::fate::{Change, Stage};
use crate::path::http::answers::accepted;
use crate::path::http::gate::{Gated, gate};
use crate::path::http::head::Bad;
use crate::path::http::lesson::{Lesson, teaches};
use crate::path::lane::Cut;
use crate::path::leg::{About, Leg, Onward};
use crate::path::sight::Sight;
use crate::path::ways::{misdirected, refused, unreachable};
use crate::vendor::{self, Refusal};

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// By an answer, or by the host, or a fault.
    Done,
    /// By its client.
    GivenUp,
}

/// Serves one stream, the `number`th of its connection.
pub(super) async fn exchange(
    leg: &Arc<Leg>,
    host: &Host,
    number: u32,
    request: Request<RecvStream>,
    mut near: SendResponse<Bytes>,
) -> Ended {
    let (head, body) = request.into_parts();
    let to_head = head.method == Method::HEAD;
    let failed = match (Exchange { leg, host, near: &mut near, to_head }).run(number, head, body).await {
        Ok(()) => return Ended::Done,
        Err(failed) => failed,
    };
    tracing::debug!(connection = leg.number(), exchange = number, error = %failed, "a stream is broken off");
    let answer = match &failed {
        Failed::Declined(status, why) => Some(declined(*status, why)),
        Failed::Unreachable(error) => {
            if let Some(asked) = &leg.to.asked {
                refused(leg, &asked.site, error);
            }
            let (status, why) = unreachable(error);
            Some(declined(status, &why))
        }
        _ => None,
    };
    match answer {
        // Whoever has gone hears nothing.
        Some(answer) => drop(say(&mut near, answer, to_head, &AtomicU64::new(0)).await),
        None => near.send_reset(failed.reason()),
    }
    if matches!(failed, Failed::GivenUp) { Ended::GivenUp } else { Ended::Done }
}

struct Exchange<'a> {
    leg: &'a Arc<Leg>,
    host: &'a Host,
    near: &'a mut SendResponse<Bytes>,
    to_head: bool,
}

impl Exchange<'_> {
    /// One that may be passed on at all, and is not one too many.
    async fn run(&mut self, number: u32, head: Parts, body: RecvStream) -> Result<(), Failed> {
        let stranger = self.judge(&head)?;
        if !self.leg.takes() {
            return Err(Failed::Declined(Bad::Limit.status(), Bad::Limit.to_string()));
        }
        let about = self.leg.about(number, &head);
        let sight = Sight::new(self.leg.eye(), about, head.method.as_str());
        if let Some((stranger, asked)) = stranger.zip(self.leg.to.asked.as_ref()) {
            misdirected(self.leg, &asked.site, &stranger);
            sight.answers(Bad::Misdirected.status(), false);
            sight.ends(ObservedEnd::Denied);
            return Err(Failed::Declined(Bad::Misdirected.status(), Bad::Misdirected.to_string()));
        }
        let ended = self.pass(&sight, about, head, body).await;
        seen(&sight, &ended);
        ended
    }

    async fn pass(
        &mut self,
        sight: &Sight<'_>,
        mut about: About,
        head: Parts,
        mut body: RecvStream,
    ) -> Result<(), Failed> {
        let leg = self.leg;
        let read = self.read(&head, about, &mut body).await?;
        let lesson = if read.over { Lesson::said(leg, about, &head, &read.bytes) } else { None };
        if let Some(lesson) = &lesson {
            lesson.tell(leg, &mut about);
            sight.is_about(about);
        }
        let stage = if read.over { Stage::Request } else { Stage::RequestHead };
        let passing = async {
            let gated = gate(leg, stage, about, 0).await?;
            if gated.ends_here() {
                gate(leg, Stage::Notice, about, 0).await?;
            }
            Ok::<_, Cut>(gated)
        };
        let change = match while_wanted(self.near, passing).await? {
            Gated::No(refusal) => return self.refuse(sight, &head, about, &refusal).await,
            Gated::On(Onward { change: Some(Change::Vanish), .. }) => {
                return self.say(sight, accepted(), false).await;
            }
            Gated::On(onward) => onward.change,
        };
        let mut place = while_wanted(self.near, self.host.place(sight)).await?;
        let request = Request::from_parts(forwarded(head), ());
        if change == Some(Change::Repeat) && read.over {
            self.repeat(place.clone(), &request, &read);
        }
        let bare = read.over && read.bytes.is_empty() && read.trailers.is_none();
        let (answer, to) = place.send_request(request, bare).map_err(Failed::Host)?;
        let to_head = self.to_head;
        let answering = Answering { leg, about, lesson, near: &mut *self.near, sight, to_head };
        if bare {
            return answering.pass(answer).await;
        }
        both(answering, answer, (read, body), to).await
    }

    /// Whether a request may be passed on at all; and the host that it asks for, if that is another than the connection is for. What frames it
    /// the library has judged.
    fn judge(&self, head: &Parts) -> Result<Option<String>, Failed> {
        let no = |bad: Bad| Err(Failed::Declined(bad.status(), bad.to_string()));
        if head.method == Method::CONNECT {
            return no(Bad::Connect);
        }
        if head.headers.len() > HEAD_FIELDS {
            return no(Bad::TooLarge);
        }
        let authority = head.uri.authority().map(|authority| Some(authority.as_str()));
        let hosts = head.headers.get_all(HOST).iter().map(|host| Some(host.to_str().unwrap_or("?")));
        let mut names = authority.into_iter().chain(hosts).peekable();
        if names.peek().is_none() || head.headers.get_all(HOST).iter().nth(1).is_some() {
            return no(Bad::Host);
        }
        let Some(asked) = &self.leg.to.asked else { return Ok(None) };
        let clear = head.uri.scheme_str().is_some_and(|scheme| scheme != "https");
        let stranger = names.find(|name| !asked.is_called(*name)).map(|name| name.unwrap_or("?"));
        Ok(stranger.or_else(|| clear.then_some("http://")).map(str::to_owned))
    }

    /// Reads a request's body if it goes as one unit with its head. A client that waits for a `100 Continue` does not send it before.
    async fn read(&mut self, head: &Parts, about: About, body: &mut RecvStream) -> Result<Read, Failed> {
        if body.is_end_stream() {
            return Ok(Read { over: true, ..Read::default() });
        }
        let small = length(&head.headers).is_some_and(|length| length <= UNIT_BODY_BYTES as u64);
        if head.headers.contains_key(EXPECT) || !(small || about.capability.is_some_and(teaches)) {
            return Ok(Read::default());
        }
        let clock = &self.leg.shared.at.world.clock;
        let read = clock.timeout(clock.now() + HEAD_TIMEOUT, whole(body)).await;
        let late = |_| Failed::Declined(408, "the body did not come in time".to_owned());
        read.map_err(late)?.map_err(|_| Failed::GivenUp)
    }

    /// Says a platform's no.
    async fn refuse(&mut self, sight: &Sight<'_>, head: &Parts, about: About, refusal: &Refusal) -> Result<(), Failed> {
        let number = self.leg.number() << 20 | u64::from(about.exchange);
        let no = match self.leg.to.kind.as_ref() {
            Some(kind) => vendor::refusal(kind, &vendor::form(kind, head), refusal, number),
            None => vendor::plain_refusal(refusal),
        };
        self.say(sight, no, true).await
    }

    /// Answers in the host's place; `refused` says whether it is a no.
    async fn say(&mut self, sight: &Sight<'_>, answer: Response<vendor::Body>, refused: bool) -> Result<(), Failed> {
        sight.answers(answer.status().as_u16(), refused);
        say(self.near, answer, self.to_head, &sight.received).await.map_err(|_| Failed::GivenUp)
    }

    /// Sends a request a second time, and reads the answer for nobody.
    fn repeat(&self, place: SendRequest<Bytes>, request: &Request<()>, read: &Read) {
        let (request, read) =
            (request.clone(), Read { trailers: read.trailers.clone(), bytes: read.bytes.clone(), over: true });
        self.host.aside("a request again", async move {
            let bare = read.bytes.is_empty() && read.trailers.is_none();
            let mut place = place.ready().await.map_err(Failed::Host)?;
            let (answer, mut to) = place.send_request(request, bare).map_err(Failed::Host)?;
            if !bare {
                send_read(&mut to, read, &AtomicU64::new(0)).await.map_err(Failed::Host)?;
            }
            let mut body = answer.await.map_err(Failed::Host)?.into_body();
            while let Some(data) = body.data().await.transpose().map_err(Failed::Host)? {
                body.flow_control().release_capacity(data.len()).map_err(Failed::Host)?;
            }
            Ok(())
        });
    }
}

/// Sends a request's body while its answer passes: either may take as long as it likes. What is over with the answer is what was asked for.
async fn both(
    answering: Answering<'_>,
    answer: ResponseFuture,
    (read, mut body): (Read, RecvStream),
    mut to: SendStream<Bytes>,
) -> Result<(), Failed> {
    let (over, count) = (read.over, &answering.sight.sent);
    let sending = async {
        let sent = match send_read(&mut to, read, count).await {
            Ok(()) if over => Ok(()),
            Ok(()) => pass(&mut body, &mut to, count).await,
            Err(_) => Err(Stopped::Sink),
        };
        match sent {
            Err(Stopped::Source(error)) => {
                to.send_reset(error.reason().unwrap_or(h2::Reason::CANCEL));
                Failed::GivenUp
            }
            // The host may take no more and still answer.
            Ok(()) | Err(Stopped::Sink) => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        failed = sending => Err(failed),
        answered = answering.pass(answer) => answered,
    }
}

/// The head as the host gets it: as it came. Where no authority was said, the `Host` is it.
fn forwarded(mut head: Parts) -> Parts {
    if head.uri.authority().is_none() {
        let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        if let Ok(uri) = Uri::builder().scheme("https").authority(host).path_and_query(path).build() {
            head.uri = uri;
        }
    }
    head
}

/// Does something as long as the client wants the answer, of which nothing has been said.
pub(super) async fn while_wanted<T, E>(
    near: &mut SendResponse<Bytes>,
    doing: impl Future<Output = Result<T, E>>,
) -> Result<T, Failed>
where
    Failed: From<E>,
{
    tokio::select! {
        biased;
        done = doing => Ok(done?),
        _ = poll_fn(|cx| near.poll_reset(cx)) => Err(Failed::GivenUp),
    }
}

/// An answer without its body.
pub(super) type Head = Response<()>;
