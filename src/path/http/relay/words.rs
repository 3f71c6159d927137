//! What the path says itself: in a fault's name, and at the end of a connection.

use hyper::Response;

use super::{After, Relay};
use crate::limits::{LINGER, LINGER_BYTES};
use crate::path::http::answers::{Written, declined, written};
use crate::path::http::asked::Asked;
use crate::path::http::head::Bad;
use crate::vendor::{self, Refusal};

impl Relay<'_> {
    /// Says a platform's no.
    pub(super) async fn refuse(&mut self, asked: &Asked, refusal: &Refusal, over: bool) -> After {
        let number = self.leg.number() << 20 | u64::from(asked.about.exchange);
        let no = match self.kind {
            Some(kind) => vendor::refusal(kind, &asked.form, refusal, number),
            None => vendor::plain_refusal(refusal),
        };
        self.leg.answers(no.status().as_u16(), true);
        self.say(asked, no, over).await
    }

    /// Answers in the place of the other side.
    pub(super) async fn say(&mut self, asked: &Asked, answer: Response<vendor::Body>, over: bool) -> After {
        let closes = asked.old || !asked.keeps_open || !over;
        let Written { head, mut body } = written(answer, closes);
        if asked.to_head {
            body.clear();
        }
        if closes {
            self.last(&Written { head, body }).await;
            return After::Ends;
        }
        match self.near.wire.send(&head, &body).await {
            Ok(()) => After::Next,
            Err(_) => After::Ends,
        }
    }

    /// Says no to what may not pass.
    pub(super) async fn decline(&mut self, bad: Bad) {
        self.last(&declined(bad.status(), &bad.to_string())).await;
    }

    /// Says the last word of a connection of which there may be more to read.
    pub(super) async fn last(&mut self, answer: &Written) {
        if self.near.wire.send(&answer.head, &answer.body).await.is_ok() {
            self.end(false).await;
        }
    }

    /// Ends the connection in order. `over` says whether the client has sent all it wanted to.
    pub(super) async fn end(&mut self, over: bool) {
        if self.near.wire.finish().await.is_err() || over {
            return;
        }
        let until = self.patience.clock.now() + LINGER;
        let Self { near, patience, .. } = self;
        let reading = async {
            let mut read = 0;
            while read < LINGER_BYTES {
                near.inlet.skip(near.inlet.unread().len());
                match near.inlet.fill().await {
                    Ok(more @ 1..) => read += more,
                    _ => return,
                }
            }
        };
        tokio::select! {
            biased;
            () = reading => {}
            () = patience.until(until) => {}
        }
    }
}
