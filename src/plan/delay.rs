use serde::{Deserialize, Serialize};

use crate::draw::Draw;
use crate::units::Span;

/// How long something takes: a distribution from which one delay is drawn for each unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delay {
    /// Always the same.
    Constant(Span),
    /// Normal with this mean and standard deviation; draws below zero count as zero.
    Normal {
        /// The mean before draws below zero are cut.
        mean: Span,
        /// The standard deviation.
        sd: Span,
    },
    /// Log-normal: the logarithm is normal with standard deviation `sigma`.
    Lognormal {
        /// The median, exp(μ). Its mean is median × exp(σ²/2).
        median: Span,
        /// Thousandths of σ, so that a plan holds no floating-point number.
        sigma_thousandths: u32,
    },
    /// Pareto: never shorter than `least`, with a tail that falls with the power `shape`.
    Pareto {
        /// The shortest.
        least: Span,
        /// Thousandths of the exponent, above 1,000: with less there would be no mean.
        shape_thousandths: u32,
    },
    /// One of these, each as likely as the others. Never empty.
    Table(Vec<Span>),
}

impl Delay {
    /// The delay between two places of one region.
    pub const INSIDE_A_REGION: Self = Self::Constant(Span::from_micros(200));

    /// A log-normal delay given by its mean: median = mean / exp(σ²/2).
    pub fn lognormal_by_mean(mean: Span, sigma_thousandths: u32) -> Self {
        let sigma = f64::from(sigma_thousandths) / 1e3;
        let median = Span::from_secs_f64(mean.secs_f64() / libm::exp(sigma * sigma / 2.0));
        Self::Lognormal { median, sigma_thousandths }
    }

    /// The delay that `draw` gives, in whole microseconds as far as it is drawn.
    pub fn sample(&self, draw: Draw) -> Span {
        match self {
            Self::Constant(span) => *span,
            Self::Normal { mean, sd } => whole_micros(mean.secs_f64() + sd.secs_f64() * draw.normal()),
            Self::Lognormal { median, sigma_thousandths } => {
                let sigma = f64::from(*sigma_thousandths) / 1e3;
                whole_micros(median.secs_f64() * libm::exp(sigma * draw.normal()))
            }
            Self::Pareto { least, shape_thousandths } => {
                let shape = f64::from(*shape_thousandths) / 1e3;
                whole_micros(least.secs_f64() * libm::pow(1.0 - draw.unit(), -1.0 / shape))
            }
            Self::Table(table) => {
                let row = draw.below(u32::try_from(table.len()).unwrap_or(u32::MAX));
                table.get(row as usize).copied().unwrap_or_default()
            }
        }
    }

    /// The mean, ignoring what is cut at zero.
    pub fn mean(&self) -> Span {
        match self {
            Self::Constant(span) => *span,
            Self::Normal { mean, .. } => *mean,
            Self::Lognormal { median, sigma_thousandths } => {
                let sigma = f64::from(*sigma_thousandths) / 1e3;
                Span::from_secs_f64(median.secs_f64() * libm::exp(sigma * sigma / 2.0))
            }
            Self::Pareto { least, shape_thousandths } => {
                let shape = f64::from(*shape_thousandths) / 1e3;
                Span::from_secs_f64(least.secs_f64() * shape / (shape - 1.0).max(1e-3))
            }
            Self::Table(table) => {
                let sum: Span = table.iter().copied().sum();
                sum.nanos().checked_div(table.len() as u64).map_or(Span::ZERO, Span::from_nanos)
            }
        }
    }
}

/// Rounded to the microsecond, the resolution of the virtual clock, so that both worlds wait for the same time.
fn whole_micros(secs: f64) -> Span {
    Span::from_micros(Span::from_secs_f64(secs + 0.5e-6).micros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Seed;

    #[test]
    fn the_stall_of_the_firewall_has_its_mean() {
        // Mean 1.8 s with σ = 0.8 has median 1.307 s and a standard deviation of 1.70 s, so the mean of 40,000 draws has a standard
        // error of 8.5 ms; five of them are the bound.
        let delay = Delay::lognormal_by_mean(Span::from_millis(1_800), 800);
        assert!(matches!(delay, Delay::Lognormal { median, .. } if (median.secs_f64() - 1.307).abs() < 0.001));
        let key = Seed(3).key("test");
        let total: Span = (0..40_000).map(|unit| delay.sample(key.draw(unit))).sum();
        assert!((total.secs_f64() / 40_000.0 - 1.8).abs() < 0.043);
    }

    #[test]
    fn a_normal_delay_is_never_negative() {
        let delay = Delay::Normal { mean: Span::from_millis(1), sd: Span::from_millis(10) };
        let key = Seed(3).key("test");
        assert!((0..1_000).any(|unit| delay.sample(key.draw(unit)).is_zero()));
    }
}
