//! Asking a service whether a text may leave: in nobody's name, since such a service knows no users.

use std::net::{IpAddr, SocketAddr};

use super::{Client, Failed, Progress, answer};
use crate::control::{Caller, Scene};
use crate::journal::Code;
use crate::units::{EndpointId, Moment};
use crate::vendor::dlp::{Verdict, inspect_request, read_verdict};
use crate::vendor::{Answer, Identity};

/// What came of asking.
pub struct Asked {
    /// The verdict; without one, why there is none.
    pub verdict: Result<Verdict, Code>,
    /// The connection, if one was had.
    pub connection: Option<u64>,
    /// The number of the exchange on that connection, from 1; 0 if the text was handed to none.
    pub exchange: u32,
}

impl Client {
    /// A client of something that asks in its own name, from its own address: it has no account there, and holds as many connections as it needs.
    pub fn of_nobody(scene: &Scene, endpoint: EndpointId, address: IpAddr, entrance: Option<SocketAddr>) -> Self {
        let caller = Caller { account: None, address, endpoint };
        Self::of(scene, caller, entrance, Identity::default())
    }

    /// Asks whether a text may leave, and waits for the verdict until `until` at most.
    pub async fn inspect(&self, text: &str, until: Moment) -> Asked {
        let mut progress = Progress::default();
        let result = self.scene.world.clock.timeout(until, self.verdict(text, &mut progress)).await;
        let verdict = match result {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(Failed(why))) => Err(Code { status: 0, word: why.into() }),
            Err(_) => Err(Code { status: 0, word: "timeout".into() }),
        };
        let exchange = if progress.handed { progress.exchange } else { 0 };
        Asked { verdict, connection: progress.connection, exchange }
    }

    async fn verdict(&self, text: &str, progress: &mut Progress) -> Result<Result<Verdict, Code>, Failed> {
        let request = self.addressed(inspect_request(text));
        let mut line = self.line(progress).await?;
        line.sender.ready().await.map_err(|_| Failed("closed"))?;
        line.exchanges += 1;
        (progress.exchange, progress.handed) = (line.exchanges, true);
        let sent = line.sender.try_send_request(request).await.map_err(|mut error| {
            // A request that comes back was never written: its connection had just been closed.
            progress.handed = error.take_message().is_none();
            error.into_error()
        });
        let (status, body) = answer(sent).await?;
        self.keep(line);
        Ok(read_verdict(status, &body).map_err(|no| Code {
            status: status.as_u16(),
            word: match no {
                Answer::Refused(word) | Answer::Unreadable(word) => self.scene.secrets.scrub(&word).into(),
                Answer::Acknowledged { .. } => Box::default(),
            },
        }))
    }
}
