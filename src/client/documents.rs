//! Work on shared documents: reading one, and, for whoever changes it, writing it after some thought.

use bytes::Bytes;
use hyper::http::response::Parts;

use super::{Client, Failed, Parcel, Progress, Said, whole};
use crate::journal::{Found, Record, Shared};
use crate::plan::message::is_probe;
use crate::plan::{Lock, Work, Writes};
use crate::units::{MessageId, Moment};
use crate::vendor::{self, Answer, documents};

impl Client {
    /// What a message does with a document. What was read is written down, since what is written next is made from it. A probe reads.
    pub(super) async fn work(&self, message: &Parcel<'_>, progress: &mut Progress) -> Result<Said, Failed> {
        let work = self.scene.plan.work(message.once).ok_or(Failed("no document"))?;
        let Some(writes) = work.writes.filter(|_| !is_probe(message.once)) else {
            let (head, found) = match self.read(message.once, work, (true, progress)).await? {
                Ok(read) => read,
                Err(no) => return Ok(no),
            };
            let absent = Answer::Refused("not_found".into());
            return Ok(said(&head, found.map_or(absent, |_| Answer::Acknowledged { declined: Vec::new() })));
        };
        match self.read(message.once, work, (false, progress)).await? {
            Ok((_, found)) => self.write(message, (work, writes), found, progress).await,
            Err(no) => Ok(no),
        }
    }

    /// Reads a document, and writes down what was found. Of a message that only reads this is its `own` request.
    async fn read(
        &self,
        message: MessageId,
        work: Work<'_>,
        (own, progress): (bool, &mut Progress),
    ) -> Result<Result<(Parts, Option<documents::Found>), Said>, Failed> {
        let mut line = self.line(progress).await?;
        let asked = self.now();
        let request = documents::read_request(&self.identity, work.document);
        let (head, body) = if own {
            self.handed_over(&mut line, request, progress).await?
        } else {
            line.sender.ready().await.map_err(|_| Failed("closed"))?;
            line.exchanges += 1;
            progress.exchange = line.exchanges;
            whole(line.sender.send_request(self.addressed(request)).await).await?
        };
        self.keep(line);
        Ok(match documents::found(head.status, &head.headers, &body) {
            Ok(found) => {
                self.write_down((Some(message), work.document), asked, found.as_ref());
                Ok((head, found))
            }
            // Nothing was handed over that could have been taken.
            Err(Answer::Unreadable(_)) if !own => return Err(Failed("not read")),
            Err(answer) => Err(said(&head, answer)),
        })
    }

    /// Writes what was read, with the message's change.
    async fn write(
        &self,
        message: &Parcel<'_>,
        (work, writes): (Work<'_>, Writes),
        found: Option<documents::Found>,
        progress: &mut Progress,
    ) -> Result<Said, Failed> {
        if !writes.think.is_zero() {
            self.scene.world.clock.sleep(writes.think).await;
        }
        let mut line = self.line(progress).await?;
        let tag = found.as_ref().map(|found| &found.tag);
        let condition = (writes.lock == Lock::Optimistic).then_some(tag);
        let request = documents::write_request(&self.identity, (work.document, message.text), condition);
        let (head, body) = self.handed_over(&mut line, request, progress).await?;
        self.keep(line);
        let answer = vendor::read_answer(&self.kind, message.capability, head.status, &body);
        Ok(said(&head, answer))
    }

    /// Reads a document when all is over, at most until `until`, and writes down what is there. Whether it was told.
    pub async fn look_at(&self, document: &str, until: Moment) -> bool {
        let looking = async {
            let mut line = self.line(&mut Progress::default()).await?;
            let asked = self.now();
            line.sender.ready().await.map_err(|_| Failed("closed"))?;
            line.exchanges += 1;
            let request = documents::read_request(&self.identity, document);
            let (head, body): (Parts, Bytes) = whole(line.sender.send_request(self.addressed(request)).await).await?;
            self.keep(line);
            let found = documents::found(head.status, &head.headers, &body).map_err(|_| Failed("not read"))?;
            self.write_down((None, document), asked, found.as_ref());
            Ok::<_, Failed>(())
        };
        matches!(self.scene.world.clock.timeout(until, looking).await, Ok(Ok(())))
    }

    fn write_down(&self, (by, document): (Option<MessageId>, &str), asked: Moment, found: Option<&documents::Found>) {
        if by.is_some_and(is_probe) {
            return;
        }
        let Some(document) = self.scene.plan.document(document) else { return };
        self.scene.journal.append(Record::Shared(Shared::Found(Found {
            by,
            document,
            endpoint: self.caller.endpoint,
            asked,
            at: self.now(),
            writer: found.and_then(|found| found.writer),
            copies: found.map_or_else(Vec::new, |found| found.copies.clone()),
        })));
    }
}

fn said(head: &Parts, answer: Answer) -> Said {
    Said { status: head.status.as_u16(), answer, known_as: None, wait: vendor::retry_after(&head.headers) }
}
