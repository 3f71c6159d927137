use serde::Serialize;

use crate::units::{Moment, Span};

/// One JSON object on one line, with its fields in the order they are added.
pub(super) struct Line(String);

impl Line {
    /// A line that begins with the kind of record.
    pub(super) fn new(kind: &str) -> Self {
        Self(String::from("{")).field("record", kind)
    }

    pub(super) fn field(mut self, name: &str, value: impl Serialize) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        // Only strings, numbers and lists come here, none of which JSON refuses.
        let value = serde_json::to_string(&value).unwrap_or_else(|_| "null".into());
        self.0.extend(["\"", name, "\":", &value]);
        self
    }

    /// Seconds since the drill's start, exact to the nanosecond: as decimal digits, not by way of a floating-point number.
    pub(super) fn moment(self, name: &str, at: Moment) -> Self {
        self.span(name, at.since(Moment::ZERO))
    }

    /// Seconds, exact to the nanosecond.
    pub(super) fn span(mut self, name: &str, span: Span) -> Self {
        let (whole, rest) = (span.nanos() / 1_000_000_000, span.nanos() % 1_000_000_000);
        let fraction = format!("{rest:09}");
        let digits = match fraction.trim_end_matches('0') {
            "" => "0",
            digits => digits,
        };
        self.0.extend([",\"", name, "\":", &whole.to_string(), ".", digits]);
        self
    }

    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}
