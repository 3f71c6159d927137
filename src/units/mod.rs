//! Quantities: moments, spans, rates, shares, sizes and the ids of a plan's parts; and how a figure is written for a person.
//!
//! Every quantity carries its unit in its type and is written with its unit in YAML (`1.8s`, `20/s`, `40%`, `64KiB`). Parsing is
//! exact integer arithmetic: what is written back by `Display` parses to the same value.

mod beside;
mod figure;
mod id;
mod numbers;
mod parse;
mod quantity;
mod time;

pub use beside::{percent_beside, rate_beside, secs_beside, secs_range_beside, tally_beside};
pub use figure::{percent, percent_exact, plural, rate, secs, secs_exact, secs_range, span, tally, whole};
pub use id::{
    AccountId, BoundaryId, ClassId, EndpointId, GroupId, HostId, InjectId, JourneyId, MessageId, PhaseId, RegionId,
    RouteId, TargetId, WayId,
};
pub use numbers::Numbers;
pub use parse::ParseQuantityError;
pub use quantity::{Rate, Share, Size, Throughput};
pub use time::{Moment, Span};

/// Rounds to six significant digits, the precision of every figure that firedrill prints or writes.
///
/// Built from decimal formatting alone, so that it gives the same bits on every CPU. Infinities and NaN are returned as they are.
#[must_use]
pub fn six_digits(value: f64) -> f64 {
    if !value.is_finite() || value == 0.0 {
        return value;
    }
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// A count as people write it, with its thousands apart: `1,152`.
#[must_use]
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{six_digits, thousands};

    #[test]
    fn thousands_stand_apart() {
        let texts = [0, 999, 1_000, 12_345, 1_234_567, u64::MAX].map(thousands);
        assert_eq!(texts, ["0", "999", "1,000", "12,345", "1,234,567", "18,446,744,073,709,551,615"]);
    }

    #[test]
    fn six_significant_digits() {
        assert_eq!(six_digits(123_456_789.0).to_bits(), 123_457_000.0_f64.to_bits());
        assert_eq!(six_digits(0.000_123_456_78).to_bits(), 0.000_123_457_f64.to_bits());
        assert_eq!(six_digits(0.0).to_bits(), 0.0_f64.to_bits());
        assert!(six_digits(f64::INFINITY).is_infinite());
    }
}
