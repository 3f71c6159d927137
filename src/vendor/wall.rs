//! Wall time, as the platforms write it.

use crate::units::Span;

/// What the wall clock shows when a drill begins, since 1970: 2026-01-01T00:00:00Z, always the same, so that a run has the same bytes.
pub const DRILL: Span = Span::from_secs(1_767_225_600);

/// A moment, as the time since 1970, to the millisecond: `2026-01-01T00:00:00.25Z`.
pub fn text(since_1970: Span) -> String {
    let millis = i64::try_from(since_1970.nanos() / 1_000_000).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX).to_string()
}

/// The time since 1970 of an RFC 3339 text; `None` if it is none, or lies before.
pub fn read(text: &str) -> Option<Span> {
    let nanos = text.parse::<jiff::Timestamp>().ok()?.as_nanosecond();
    Some(Span::from_nanos(u64::try_from(nanos).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let at = DRILL + Span::from_millis(250);
        assert_eq!(text(at), "2026-01-01T00:00:00.25Z");
        assert_eq!(read(&text(at)), Some(at));
        assert_eq!(read("2026-01-01T08:00:00.0000000+08:00"), Some(DRILL), "as .NET writes it, in Hong Kong");
        assert_eq!((read("1969-12-31T23:59:59Z"), read("tomorrow")), (None, None));
    }
}
