use super::line::Line;
use super::names::Names;
use crate::journal::onward::Onward;

pub(super) fn onward(names: Names<'_>, line: Line, onward: &Onward) -> Line {
    line.field("message", names.message(onward.message))
        .field("number", onward.number)
        .field("gateway", names.endpoint(onward.gateway))
        .field("endpoint", names.endpoint(onward.endpoint))
        .field("connection", onward.connection)
        .field("exchange", onward.exchange)
        .moment("sent_s", onward.sent)
        .moment("done_s", onward.done)
        .field("ending", onward.ending)
        .field("status", onward.code.status)
        .field("code", &onward.code.word)
}
