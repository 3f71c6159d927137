use super::line::Line;
use super::names::Names;
use crate::journal::inspected::Inspected;

pub(super) fn inspected(names: Names<'_>, line: Line, inspected: &Inspected) -> Line {
    line.field("message", names.message(inspected.message))
        .field("gateway", names.endpoint(inspected.gateway))
        .field("endpoint", names.endpoint(inspected.endpoint))
        .field("connection", inspected.connection)
        .field("exchange", inspected.exchange)
        .moment("asked_s", inspected.asked)
        .moment("done_s", inspected.done)
        .field("ruling", inspected.ruling)
        .field("status", inspected.code.status)
        .field("code", &inspected.code.word)
}
