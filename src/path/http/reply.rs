//! The answer's way back to the client.

use hyper::StatusCode;

use super::body::{Body, content};
use super::head::{Answer, Finder};
use super::line::{Inlet, Stopped};
use super::relay::{Asked, Broken, gate, is_one_unit};
use super::wire::Wire;
use crate::path::fate::Stage;
use crate::path::leg::Leg;
use crate::plan::EndpointKind;

/// How an exchange was answered.
pub(super) enum Answered {
    /// By an answer that has passed as a whole.
    Whole {
        /// Whether the endpoint means to go on with the connection.
        keeps_open: bool,
    },
    /// By becoming a byte stream.
    Upgraded,
}

/// What passes answers to one request.
pub(super) struct Reply<'a> {
    pub(super) leg: &'a Leg,
    pub(super) kind: Option<EndpointKind>,
    pub(super) asked: &'a Asked,
    /// What a login said.
    pub(super) login: Option<Vec<u8>>,
    pub(super) near: &'a mut Wire,
    pub(super) far: &'a mut Inlet,
}

impl Reply<'_> {
    /// Passes interim answers and the last one.
    pub(super) async fn pass(&mut self) -> Result<Answered, Broken> {
        let about = self.asked.about;
        for interim in 1.. {
            let head = self.head().await?;
            let answer = Answer::read(&self.far.unread()[..head], self.asked.to_head)
                .map_err(|bad| Broken::Endpoint(Stopped::Bad(bad)))?;
            if answer.status >= 200 {
                return self.last(head, answer).await;
            }
            let switches = answer.status == 101;
            if switches && !self.asked.upgrades {
                return Err(Broken::Switched);
            }
            let unit = self.far.cut(head, 0);
            gate(self.leg, Stage::Answer, about, if switches { 0 } else { interim }).await?;
            self.near.send(unit.head(), &[]).await.map_err(client)?;
            if switches {
                return Ok(Answered::Upgraded);
            }
            self.far.recycle(unit);
        }
        Err(Broken::Closed)
    }

    /// Waits for the next head; returns how long it is.
    async fn head(&mut self) -> Result<usize, Broken> {
        let mut finder = Finder::default();
        loop {
            match finder.find(self.far.unread()) {
                Ok(Some(head)) => return Ok(head),
                Ok(None) => {}
                Err(bad) => return Err(Broken::Endpoint(Stopped::Bad(bad))),
            }
            match self.far.fill().await {
                Ok(0) => return Err(Broken::Endpoint(Stopped::Ended)),
                Ok(_) => {}
                Err(error) => return Err(Broken::Endpoint(error.into())),
            }
        }
    }

    /// Passes the answer that ends the exchange.
    async fn last(&mut self, head: usize, answer: Answer) -> Result<Answered, Broken> {
        let about = self.asked.about;
        let mut body = Body::new(answer.framing);
        let here = if is_one_unit(answer.framing, about) {
            self.far.whole(head, &mut body).await.map_err(Broken::Endpoint)?
        } else {
            body.take(&self.far.unread()[head..]).map_err(|bad| Broken::Endpoint(bad.into()))?
        };
        let unit = self.far.cut(head, here);
        self.learn(answer, unit.body());
        gate(self.leg, Stage::Answer, about, 0).await?;
        self.near.send(unit.head(), unit.body()).await.map_err(client)?;
        self.far.recycle(unit);
        while let Some(part) = self.far.next(&mut body).await.map_err(Broken::Endpoint)? {
            self.near.chunk(part.body()).await.map_err(client)?;
            self.far.recycle(part);
        }
        Ok(Answered::Whole { keeps_open: answer.keeps_open })
    }

    /// Learns whose token it is that a login is answered with.
    fn learn(&mut self, answer: Answer, body: &[u8]) {
        let status = StatusCode::from_u16(answer.status);
        if let (Some(login), Some(kind), Ok(status)) = (self.login.take(), self.kind, status) {
            let mut known = self.leg.shared.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            known.learn_login(self.leg.to.endpoint, kind, &login, status, &content(answer.framing, body));
        }
    }
}

fn client(error: std::io::Error) -> Broken {
    Broken::Client(error.into())
}
