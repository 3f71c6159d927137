//! How many samples would do.

use super::share::shows_at_least;

/// The most that is looked for: nobody plays a drill of so many messages.
const MOST: u64 = 1_000_000_000;

/// The fewest samples that can show a share of at least `share`: if all of them have it. `None` for a share of 1 or more, which no number
/// of samples shows.
///
/// A percentile's upper bound needs as many, with the percentile as the share.
pub fn fewest(share: f64, risk: f64) -> Option<u64> {
    smallest(|n| shows_at_least(share, n as f64, n as f64, risk))
}

/// How many samples would show on which side of `bound` a share lies, if it went on as it was in what was `observed`. `None` if it lies on
/// the bound itself, or so near that a thousand million would not do.
pub fn enough(observed: f64, bound: f64, risk: f64) -> Option<u64> {
    // That a share is below the bound is that the rest is above what is left.
    let (observed, bound) = if observed >= bound { (observed, bound) } else { (1.0 - observed, 1.0 - bound) };
    smallest(|n| shows_at_least(bound, n as f64 * observed, n as f64, risk))
}

/// The smallest number that `does`, where every larger one does, too.
fn smallest(does: impl Fn(u64) -> bool) -> Option<u64> {
    let mut most = 1;
    while !does(most) {
        most *= 2;
        if most > MOST {
            return None;
        }
    }
    let mut too_few = most / 2;
    while most - too_few > 1 {
        let middle = too_few + (most - too_few) / 2;
        *(if does(middle) { &mut most } else { &mut too_few }) = middle;
    }
    Some(most)
}
