//! Whose clocks say when a month begins.

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::node::Node;
use super::{places, spell};
use crate::plan::Zone;

/// `Asia/Hong_Kong`, or an offset such as `+08:00`.
pub(super) fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Zone> {
    let word = cx.word(node, "the zone")?;
    if word.starts_with(['+', '-']) {
        return places::offset(cx, node).map(Zone::Fixed);
    }
    if let Some(zone) = Zone::named(word) {
        return Some(zone);
    }
    let names = Zone::names();
    // What is near `HKT` or `CST` by its letters is at the other end of the world: places only.
    let places = names.iter().map(String::as_str).filter(|name| name.contains('/'));
    let near = spell::nearest(word, places).unwrap_or("Asia/Hong_Kong");
    let hint = format!("write a name of the IANA time zone database such as {near}, or an offset such as +08:00");
    cx.hinted(Code::UnknownWord, node.at, format!("`{}` is no time zone", short(word)), hint)
}
