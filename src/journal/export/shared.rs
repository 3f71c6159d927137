use super::line::Line;
use super::names::Names;
use crate::journal::shared::Shared;
use crate::units::MessageId;

pub(super) fn shared(names: Names<'_>, line: Line, shared: &Shared) -> Line {
    let messages = |all: &[MessageId]| all.iter().map(|id| names.message(*id)).collect::<Vec<_>>();
    match shared {
        Shared::Found(found) => line
            .field("what", "found")
            .field("by", found.by.map(|id| names.message(id)))
            .field("document", names.document(found.document))
            .field("endpoint", names.endpoint(found.endpoint))
            .moment("asked_s", found.asked)
            .moment("at_s", found.at)
            .field("writer", found.writer.map(|id| names.message(id)))
            .field("copies", messages(&found.copies)),
        Shared::Synced(synced) => line
            .field("what", "synced")
            .field("from", names.endpoint(synced.from))
            .field("to", names.endpoint(synced.to))
            .field("connection", synced.connection)
            .moment("sent_s", synced.sent)
            .moment("done_s", synced.done)
            .field("ending", synced.ending)
            .field("status", synced.status)
            .field("messages", messages(&synced.messages)),
    }
}
