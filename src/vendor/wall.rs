//! Wall time, as the platforms write it.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

use crate::units::Span;

/// What the wall clock shows when a drill begins, since 1970: 2026-01-01T00:00:00Z, always the same, so that a run has the same bytes.
pub const DRILL: Span = Span::from_secs(1_767_225_600);

/// A moment, as the time since 1970, to the millisecond: `2026-01-01T00:00:00.25Z`.
pub fn text(since_1970: Span) -> String {
    let millis = i64::try_from(since_1970.nanos() / 1_000_000).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX).to_string()
}

/// The same as a mail's `Date` says it, to the second and in UTC (RFC 5322 §3.3): `Thu, 1 Jan 2026 00:00:00 +0000`.
pub fn of_mail(since_1970: Span) -> String {
    let seconds = i64::try_from(since_1970.nanos() / 1_000_000_000).unwrap_or(i64::MAX);
    let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_zoned(TimeZone::UTC);
    // No time that a span of nanoseconds has lies after the year 9999, behind which such a text has no words.
    rfc2822::to_string(&at).unwrap_or_default()
}

/// The time since 1970 of an RFC 3339 text; `None` if it is none, or lies before.
pub fn read(text: &str) -> Option<Span> {
    let nanos = text.parse::<Timestamp>().ok()?.as_nanosecond();
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
        assert_eq!(of_mail(at), "Thu, 1 Jan 2026 00:00:00 +0000");
        assert_eq!(of_mail(DRILL + Span::from_secs(40 * 86_400 + 3_599)), "Tue, 10 Feb 2026 00:59:59 +0000");
        assert!(of_mail(Span::MAX).ends_with(" 2554 23:34:33 +0000"), "{}", of_mail(Span::MAX));
        assert_eq!((read("1969-12-31T23:59:59Z"), read("tomorrow")), (None, None));
    }
}
