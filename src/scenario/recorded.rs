//! A recorded rate: a file beside the scenario, read into the plan, so that the plan alone is enough ever after.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::journeys::positive;
use super::node::{Node, Value};
use crate::limits;
use crate::plan::Recorded;
use crate::units::{Moment, Span};

/// The name of a file of due moments, or that of counts with their interval.
pub(super) fn read(cx: &mut Cx<'_>, node: &Node) -> Option<Recorded> {
    if !matches!(node.value, Value::Map(_)) {
        return lines(cx, node, moment).and_then(|moments| in_order(cx, node, moments));
    }
    let mut fields = Fields::of(cx, node, "`recorded`", node.at)?;
    let file = fields.need(cx, "file", "counts.txt");
    let every = fields.need(cx, "every", "1m").and_then(|node| positive(cx, node, "the interval of the counts"));
    fields.finish(cx);
    let counts = lines(cx, file?, |text| text.parse().map_err(|_| "not a count such as 17".to_owned()))?;
    Some(Recorded::Counts { every: every?, counts: counts.into_iter().map(|(_, count)| count).collect() })
}

fn moment(text: &str) -> Result<Moment, String> {
    text.parse::<Span>().map(|span| Moment::ZERO + span).map_err(|error| error.to_string())
}

/// Moments, none before the one that it follows.
fn in_order(cx: &mut Cx<'_>, node: &Node, moments: Vec<(usize, Moment)>) -> Option<Recorded> {
    if let Some([_, (line, _)]) = moments.windows(2).find(|pair| pair[1].1 < pair[0].1) {
        let message = format!("line {line} of the recording lies before the line that it follows");
        return cx.hinted(Code::OutOfRange, node.at, message, "sort its lines by time".to_owned());
    }
    Some(Recorded::Moments(moments.into_iter().map(|(_, moment)| moment).collect()))
}

/// What stands on the lines of a file, with their numbers from 1. Empty lines and whatever follows a `#` are passed over.
fn lines<T>(cx: &mut Cx<'_>, node: &Node, read: impl Fn(&str) -> Result<T, String>) -> Option<Vec<(usize, T)>> {
    let name = cx.word(node, "the recording's file")?;
    let text = match text(&cx.beside(name)) {
        Ok(text) => text,
        Err(why) => return cx.error(Code::Unreadable, node.at, format!("cannot read `{}`: {why}", short(name))),
    };
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        if found.len() == limits::RECORDED_LINES {
            let message = format!("`{}` has more than {} lines", short(name), limits::RECORDED_LINES);
            return cx.error(Code::TooLarge, node.at, message);
        }
        match read(line) {
            Ok(value) => found.push((number, value)),
            Err(why) => {
                let message = format!("line {number} of `{}`, `{}`: {why}", short(name), short(line));
                return cx.error(Code::BadFigure, node.at, message);
            }
        }
    }
    Some(found)
}

/// The text of a file of at most [`limits::RECORDED_BYTES`].
fn text(path: &Path) -> Result<String, String> {
    let why = |error: std::io::Error| error.to_string();
    // A pipe would be waited for.
    if !std::fs::metadata(path).map_err(why)?.is_file() {
        return Err("not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let bound = limits::RECORDED_BYTES as u64 + 1;
    File::open(path).and_then(|file| file.take(bound).read_to_end(&mut bytes)).map_err(why)?;
    if bytes.len() > limits::RECORDED_BYTES {
        return Err(format!("it has more than {} bytes", limits::RECORDED_BYTES));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}
