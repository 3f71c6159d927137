//! An ERP: webhooks in, a ledger of bookings out.

mod books;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;

use super::core::Core;
use super::ledger::Accepted;
use super::reply::Reply;
use crate::plan::{Capability, Erp};
use crate::vendor::erp::{self, No, Post, Question};
use crate::vendor::{Body, Refusal};

use books::Books;

/// What it remembers.
pub(super) struct Service {
    erp: Erp,
    books: Mutex<Books>,
}

impl Service {
    pub(super) fn new(erp: Erp) -> Self {
        Self { erp, books: Mutex::default() }
    }

    /// What it says to a request.
    pub(super) fn answer(&self, core: &Core, head: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
        let path = head.uri.path();
        if head.method == "GET" && erp::is_ledger(path) {
            return self.list(core, head);
        }
        let hook = erp::hook(path).filter(|_| head.method == "POST").ok_or(Refusal::UnknownApi)?;
        let sender = core.users.webhook(hook).ok_or(Refusal::UnknownApi)?;
        let answered = self.take(core, (hook, &sender), head, body).unwrap_or_else(No::answer);
        Ok(answered.into())
    }

    fn take(
        &self,
        core: &Core,
        (hook, sender): (&str, &Arc<str>),
        head: &Parts,
        body: &Bytes,
    ) -> Result<Response<Body>, No> {
        let post = erp::read(head, body)?;
        if let Some(secret) = core.users.signs(hook) {
            erp::verifies(&secret, head, body, core.wall.at(core.now()))?;
        }
        if let Some(limit) = self.erp.rate_limit {
            core.count("webhooks", limit.window()).map_err(No::TooMany)?;
        }
        let (number, effect) = self.lock().take(self.erp, &post)?;
        let Post { to, text, .. } = &post;
        let recipients: Vec<&str> = to.iter().map(AsRef::as_ref).collect();
        core.ledger.write(&Accepted {
            at: core.now(),
            id: &number.to_string(),
            sender,
            recipients: &recipients,
            capability: Capability::Webhook,
            text,
        });
        Ok(effect.answer(number))
    }

    fn list(&self, core: &Core, head: &Parts) -> Result<Reply, Refusal> {
        let token = erp::token(head).ok_or(Refusal::MissingToken)?;
        core.users.app(token).ok_or(Refusal::InvalidToken)?;
        let question = Question::read(head).map_err(|why| Refusal::BadRequest(why.into()))?;
        Ok(question.answer(self.lock().after(question.after)).into())
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
