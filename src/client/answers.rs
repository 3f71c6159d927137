//! What an answer is read from, and what an attempt comes to by it.

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::http::response::Parts;
use hyper::{Response, StatusCode};

use super::{Failed, Outcome, Progress, Said};
use crate::control::Secrets;
use crate::journal::{Code, Ending};
use crate::limits::BODY_BYTES;
use crate::vendor::Answer;

/// A whole answer, of which the status is enough.
pub(super) async fn answer(response: hyper::Result<Response<Incoming>>) -> Result<(StatusCode, Bytes), Failed> {
    whole(response).await.map(|(head, body)| (head.status, body))
}

/// A whole answer.
pub(super) async fn whole(response: hyper::Result<Response<Incoming>>) -> Result<(Parts, Bytes), Failed> {
    let (head, body) = response.map_err(|_| Failed("broken off"))?.into_parts();
    let body = Limited::new(body, BODY_BYTES).collect().await.map_err(|_| Failed("broken off"))?;
    Ok((head, body.to_bytes()))
}

pub(super) fn outcome(progress: &Progress, said: Said, secrets: &Secrets) -> Outcome {
    let Said { status, answer, known_as, wait } = said;
    let (ending, word, declined) = match answer {
        Answer::Acknowledged { declined } => (Ending::Acknowledged, String::new(), declined),
        Answer::Refused(word) => (Ending::Refused, word, Vec::new()),
        Answer::Unreadable(word) => (Ending::Unanswered, word, Vec::new()),
    };
    Outcome {
        ending,
        code: Code { status, word: secrets.scrub(&word).into() },
        declined,
        known_as,
        wait,
        connection: progress.connection,
        exchange: progress.exchange,
    }
}
