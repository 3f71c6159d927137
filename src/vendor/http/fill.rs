//! Templates filled in.

use std::fmt::Write;

use super::super::{Body, json};
use crate::plan::{Blank, Content, Json, Pattern, Piece};

/// What is filled in.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::vendor) struct Values<'a> {
    pub(in crate::vendor) text: &'a str,
    pub(in crate::vendor) message: &'a str,
    pub(in crate::vendor) from: &'a str,
    pub(in crate::vendor) to: &'a str,
    /// The recipients one by one.
    pub(in crate::vendor) each: &'a [&'a str],
    pub(in crate::vendor) token: &'a str,
    pub(in crate::vendor) webhook: &'a str,
    pub(in crate::vendor) after: &'a str,
    pub(in crate::vendor) code: &'a str,
}

impl Values<'_> {
    fn of(&self, blank: Blank) -> &str {
        match blank {
            Blank::Text => self.text,
            Blank::Message => self.message,
            Blank::From => self.from,
            Blank::To => self.to,
            Blank::Token => self.token,
            Blank::Webhook => self.webhook,
            Blank::After => self.after,
            Blank::Code => self.code,
            // Nothing is as good as anything.
            Blank::Any => "",
        }
    }
}

/// A template filled in, each value by way of `escape`; what the template itself says stays as it is.
pub(in crate::vendor) fn fill(template: &Pattern, values: &Values<'_>, escape: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    for piece in template.pieces() {
        match piece {
            Piece::Plain(text) => out.push_str(text),
            Piece::Place(blank) => out.push_str(&escape(values.of(*blank))),
            // Filled in before; a name that is left is as good as at a twin.
            Piece::Variable(name) => out.push_str(name),
        }
    }
    out
}

/// Percent-encoding of everything but what RFC 3986 calls unreserved.
pub(in crate::vendor) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A body and what it is.
pub(in crate::vendor) fn body(content: &Content, values: &Values<'_>) -> (Option<&'static str>, Body) {
    match content {
        Content::Nothing => (None, Body::default()),
        Content::Json(value) => {
            let mut out = String::new();
            write(value, values, &mut out);
            (Some("application/json"), Body::from(out))
        }
        Content::Form(form) => {
            let field = |(name, text): &(String, Pattern)| {
                format!("{}={}", percent(name), percent(&fill(text, values, str::to_owned)))
            };
            let fields: Vec<_> = form.iter().map(field).collect();
            (Some("application/x-www-form-urlencoded"), Body::from(fields.join("&")))
        }
        Content::Text(text) => (Some("text/plain; charset=utf-8"), Body::from(fill(text, values, str::to_owned))),
    }
}

pub(in crate::vendor) fn write(value: &Json, values: &Values<'_>, out: &mut String) {
    match value {
        Json::Fixed(fixed) => out.push_str(&fixed.to_string()),
        Json::Text(text) => json::string(out, &fill(text, values, str::to_owned)),
        Json::List(items) if is_all(items) => json::strings(out, values.each),
        Json::List(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                write(item, values, out);
            }
            out.push(']');
        }
        Json::Map(map) => {
            out.push('{');
            for (number, (key, item)) in map.iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                json::string(out, key);
                out.push(':');
                write(item, values, out);
            }
            out.push('}');
        }
    }
}

/// Whether a list stands for all recipients.
pub(in crate::vendor) fn is_all(items: &[Json]) -> bool {
    matches!(items, [Json::Text(text)] if *text.pieces() == [Piece::Place(Blank::To)])
}
