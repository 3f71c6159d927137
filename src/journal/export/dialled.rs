use super::line::Line;
use super::names::Names;
use super::observed::tried;
use crate::journal::dialled::Dialled;

pub(super) fn dialled(names: Names<'_>, line: Line, dialled: &Dialled) -> Line {
    line.field("connection", dialled.connection)
        .field("endpoint", names.endpoint(dialled.endpoint))
        .field("host", &dialled.host)
        .moment("began_s", dialled.began)
        .moment("ended_s", dialled.ended)
        .field("tried", tried(&dialled.tried))
}
