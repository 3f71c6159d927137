//! By how much two figures differ.

/// A figure with what it lies between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// What came.
    pub value: f64,
    /// The truth is at least this, …
    pub low: f64,
    /// … and at most this; `f64::INFINITY` = there is no bound.
    pub high: f64,
}

impl Estimate {
    /// By how much it exceeds another one, which stands on other samples.
    ///
    /// Newcombe's hybrid interval: the distances of either figure from its own bounds add up as squares, since both seldom miss at once (R. G.
    /// Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven methods", Statistics in
    /// Medicine 1998, method 10). He took Wilson's bounds; it holds for any that are right on both sides, and for percentiles as well (G. Y.
    /// Zou, A. Donner, "Construction of confidence limits about effect measures: a general approach", Statistics in Medicine 2008). With
    /// exact bounds, as here, it errs on the wide side.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        let value = self.value - other.value;
        let apart = |a: f64, b: f64| (a * a + b * b).sqrt();
        Self {
            value,
            low: value - apart(self.value - self.low, other.high - other.value),
            high: value + apart(self.high - self.value, other.value - other.low),
        }
    }
}
