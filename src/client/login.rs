//! Logins: the token with which an account's requests are made, kept until it is not good any more.

use std::sync::Arc;

use super::{Client, Failed, Line, Progress, answer};
use crate::units::Moment;
use crate::vendor::{self, Answer};

/// The no to a login, with its status.
pub(super) type No = (u16, Answer);

impl Client {
    pub(super) fn is_about_token(&self, answer: &Answer) -> bool {
        matches!(answer, Answer::Refused(code) if vendor::is_about_token(&self.kind, code))
    }

    /// The next request is made with a new token.
    pub async fn forget_token(&self) {
        let of = self.session.as_deref().unwrap_or(self);
        *of.token.lock().await = None;
    }

    /// A connection and a token that is good, or the no to asking for one. Who finds no token waits for whoever asks for one before he takes
    /// a connection: else everybody who is due meanwhile would open another. Nobody waits for the token while he holds a connection.
    pub(super) async fn line_and_token(&self, progress: &mut Progress) -> Result<Result<(Line, Arc<str>), No>, Failed> {
        if let Some(session) = &self.session {
            let token = match session.session_token(progress).await? {
                Ok(token) => token,
                Err(no) => return Ok(Err(no)),
            };
            // The connection to the provider has done its part.
            (progress.connection, progress.exchange) = (None, 0);
            return Ok(Ok((self.line(progress).await?, token)));
        }
        loop {
            let mut kept = self.token.lock().await;
            let Some((token, expires)) = kept.clone().filter(|(_, expires)| self.now() < *expires) else {
                let mut line = self.line(progress).await?;
                return Ok(match self.log_in(&mut kept, &mut line, progress).await? {
                    Ok(token) => Ok((line, token)),
                    Err(no) => {
                        self.keep(line);
                        Err(no)
                    }
                });
            };
            drop(kept);
            let line = self.line(progress).await?;
            if self.now() < expires {
                return Ok(Ok((line, token)));
            }
            self.keep(line);
        }
    }

    /// Asks for a token.
    pub(super) async fn log_in(
        &self,
        kept: &mut Option<(Arc<str>, Moment)>,
        line: &mut Line,
        progress: &mut Progress,
    ) -> Result<Result<Arc<str>, No>, Failed> {
        let Some(request) = vendor::login_request(&self.kind, &self.identity) else {
            let (key, _) = kept.insert((self.identity.key.as_str().into(), Moment::MAX));
            return Ok(Ok(Arc::clone(key)));
        };
        let request = self.addressed(request);
        line.sender.ready().await.map_err(|_| Failed("closed"))?;
        line.exchanges += 1;
        progress.exchange = line.exchanges;
        let asked = self.now();
        let (status, body) = answer(line.sender.send_request(request).await).await?;
        match vendor::login_answer(&self.kind, status, &body) {
            Ok(token) => {
                let text: Arc<str> = token.text.into();
                *kept = Some((Arc::clone(&text), asked + token.lifetime));
                Ok(Ok(text))
            }
            Err(Answer::Refused(word)) => Ok(Err((status.as_u16(), Answer::Refused(word)))),
            // The message itself was never handed over, so it cannot have been taken.
            Err(_) => Err(Failed("login unanswered")),
        }
    }
}
