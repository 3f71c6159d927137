//! How many events chance alone brings.

/// The fewest events that so many expected ones exceed with a chance of at most `risk`, each event coming by itself: a quantile of Poisson's
/// distribution. `expected` is at least 0 and at most 700, beyond which e to its negative is no number any more.
pub fn most_events(expected: f64, risk: f64) -> u32 {
    let mut chance = libm::exp(-expected);
    let (mut sum, mut events) = (chance, 0);
    // Where the terms are too small to change the sum, it is as complete as it gets.
    while sum < 1.0 - risk && sum + chance > sum {
        events += 1;
        chance *= expected / f64::from(events);
        sum += chance;
    }
    events
}
