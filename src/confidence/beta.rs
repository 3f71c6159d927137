//! The regularized incomplete beta function, accurate also for tens of millions of samples, where the usual recipes have too few terms or
//! lose their digits in the difference of two large logarithms.

/// *I*ₓ(a, b) for positive `a` and `b`; 0 for `x` up to 0 and 1 from 1 on. Ten digits or more up to fifty million of either.
///
/// For whole numbers it is a tail of the binomial distribution: *I*ₚ(k, n − k + 1) = P(at least k of n), each with chance p.
/// The continued fraction is [DLMF 8.17.22](https://dlmf.nist.gov/8.17.E22); what stands before it is computed as by C. Loader, "Fast and
/// accurate computation of binomial probabilities" (2000).
pub fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges on this side of the mean; on the other the opposite tail's does.
    if x < (a + 1.0) / (a + b + 2.0) {
        front(a, b, x, 1.0 - x) * fraction(a, b, x)
    } else {
        1.0 - front(b, a, 1.0 - x, x) * fraction(b, a, 1.0 - x)
    }
}

/// xᵃ·yᵇ / (a·B(a, b)), where y = 1 − x.
///
/// It is b/(a + b) times the probability of a of a + b, written so that no two large terms are subtracted.
fn front(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let all = a + b;
    let stirling = stirling_error(all) - stirling_error(a) - stirling_error(b);
    let exponent = stirling - deviance(a, all * x) - deviance(b, all * y);
    libm::exp(exponent) * (all / (std::f64::consts::TAU * a * b)).sqrt() * (b / all)
}

/// ln Γ(x + 1) without Stirling's formula: what √(2πx)·(x/e)ˣ misses.
fn stirling_error(x: f64) -> f64 {
    /// ½·ln 2π.
    const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
    if x < 16.0 {
        return libm::lgamma(x + 1.0) - (x + 0.5) * libm::log(x) + x - HALF_LN_TAU;
    }
    // From 16 on the next term is below 2·10⁻¹⁶.
    let square = x * x;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1_260.0 - (1.0 / 1_680.0 - 1.0 / 1_188.0 / square) / square) / square) / square)
        / x
}

/// x·ln(x/m) + m − x, which is small where x is near the mean m.
fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * libm::log(x / m) + m - x;
    }
    let v = (x - m) / (x + m);
    let (mut sum, mut term) = ((x - m) * v, 2.0 * x * v);
    for odd in (3_u32..).step_by(2) {
        term *= v * v;
        let next = sum + term / f64::from(odd);
        if next.total_cmp(&sum).is_eq() {
            break;
        }
        sum = next;
    }
    sum
}

/// The continued fraction, by Lentz's method as W. J. Thompson and A. R. Barnett modified it (1986). It takes a few times √(a + b) steps.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    /// Stands for a denominator of nothing.
    const TINY: f64 = 1e-300;
    /// Far more steps than fifty million samples need.
    const MOST: u32 = 1_000_000;
    let sound = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut above, mut below) = (1.0, 1.0 / sound(1.0 - (a + b) * x / (a + 1.0)));
    let mut value = below;
    for step in (1..MOST).map(f64::from) {
        let (once, twice) = (a + step, a + 2.0 * step);
        let even = step * (b - step) * x / ((twice - 1.0) * twice);
        let odd = -once * (once + b) * x / (twice * (twice + 1.0));
        let before = value;
        for coefficient in [even, odd] {
            below = 1.0 / sound(1.0 + coefficient * below);
            above = sound(1.0 + coefficient / above);
            value *= below * above;
        }
        if (value - before).abs() <= f64::EPSILON * value.abs() {
            break;
        }
    }
    value
}
