use super::line::Line;
use super::names::Names;
use crate::journal::audited::Audited;

pub(super) fn audited(names: Names<'_>, line: Line, audited: &Audited) -> Line {
    let line = line
        .field("message", names.message(audited.message))
        .field("gateway", names.endpoint(audited.gateway))
        .field("entry", audited.entry)
        .field("connection", audited.connection)
        .moment("at_s", audited.at);
    // By another clock than the drill's: since 1970.
    let line = match audited.stated {
        Some(stated) => line.span("stated_s", stated),
        None => line.field("stated_s", ()),
    };
    line.field("act", audited.act)
        .field("endpoint", audited.endpoint.map(|endpoint| names.endpoint(endpoint)))
        .field("word", &audited.word)
}
