//! Sessions at a provider of single sign-on: one token of an account, shown to every endpoint that trusts the provider. It is asked for anew
//! before it expires, and used as long as it is good: when the provider is out of order, a session ends with its token.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hyper::StatusCode;

use super::login::No;
use super::{Client, Failed, Progress};
use crate::limits::{SIGN_IN_PATIENCE, SIGN_IN_PAUSE};
use crate::plan::EndpointKind;
use crate::units::{Moment, Span};

impl Client {
    /// The same client, which shows the tokens of this session.
    #[must_use]
    pub fn by_session(self, session: Arc<Self>) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Whether an answer says that a session's token is not taken any more: RFC 6750 §3.
    pub(super) fn is_signed_out(&self, status: StatusCode) -> bool {
        self.session.is_some() && status == StatusCode::UNAUTHORIZED
    }

    /// A token of this session that is good, or the no to asking for one.
    pub(super) async fn session_token(
        self: &Arc<Self>,
        progress: &mut Progress,
    ) -> Result<Result<Arc<str>, No>, Failed> {
        let mut kept = self.token.lock().await;
        if let Some((token, expires)) = kept.clone().filter(|(_, expires)| self.now() < *expires) {
            drop(kept);
            if self.is_to_be_renewed(expires) {
                self.renew();
            }
            return Ok(Ok(token));
        }
        let mut line = self.line(progress).await?;
        let given = self.log_in(&mut kept, &mut line, progress).await?;
        self.keep(line);
        Ok(given)
    }

    /// When a tenth of its life is left.
    fn is_to_be_renewed(&self, expires: Moment) -> bool {
        let EndpointKind::Sso(sso) = &self.kind else { return false };
        let ahead = Span::from_nanos(sso.token_life.nanos() / 10);
        self.now() + ahead >= expires
    }

    /// Asks for the next token, and has nobody wait for it. Whoever was told no, or nothing, asks again after a pause.
    fn renew(self: &Arc<Self>) {
        if self.renews.swap(true, Ordering::Relaxed) {
            return;
        }
        let client = Arc::clone(self);
        tokio::spawn(async move {
            let clock = client.scene.world.clock.clone();
            // No answer is as good as a no: the old token is used until it expires.
            let _ = clock.timeout(clock.now() + SIGN_IN_PATIENCE, client.renewed()).await;
            clock.sleep(SIGN_IN_PAUSE).await;
            client.renews.store(false, Ordering::Relaxed);
        });
    }

    async fn renewed(&self) -> Result<(), Failed> {
        let mut progress = Progress::default();
        let mut line = self.line(&mut progress).await?;
        let mut fresh = None;
        let given = self.log_in(&mut fresh, &mut line, &mut progress).await?;
        self.keep(line);
        if given.is_ok() {
            *self.token.lock().await = fresh;
        }
        Ok(())
    }
}
