//! How much one sample says of the next.

/// Counts of neighbouring samples by what each was: whether what befell one befell the next.
///
/// A row of failures is one piece of news and not many. Of samples whose neighbours agree with a correlation of ρ, n are worth
/// n·(1 − ρ)/(1 + ρ) independent ones (G. V. Bayley, J. M. Hammersley, "The 'effective' number of independent observations in an
/// autocorrelated time series", 1946, for a correlation that falls off geometrically, as it does where each sample depends on the one before).
/// Counts of several series add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// Neither had it, …
    neither: u64,
    /// … only the second, …
    begins: u64,
    /// … only the first, …
    ends: u64,
    /// … both.
    both: u64,
}

impl Pairs {
    /// Counts two neighbours.
    pub fn record(&mut self, first: bool, second: bool) {
        *match (first, second) {
            (false, false) => &mut self.neither,
            (false, true) => &mut self.begins,
            (true, false) => &mut self.ends,
            (true, true) => &mut self.both,
        } += 1;
    }

    /// Counts so many neighbours that were alike.
    pub fn record_alike(&mut self, both: bool, times: u64) {
        *if both { &mut self.both } else { &mut self.neither } += times;
    }

    /// Adds those of another series.
    pub fn add(&mut self, other: &Self) {
        self.neither += other.neither;
        self.begins += other.begins;
        self.ends += other.ends;
        self.both += other.both;
    }

    /// The correlation of neighbours, 0 to 1: how much likelier it is after a sample that had it than after one that had not.
    ///
    /// Where all samples are alike there is nothing to tell it by, and it is taken as 0; so it is where neighbours avoid each other, since
    /// samples are never worth more than their number.
    pub fn correlation(&self) -> f64 {
        let share = |with: u64, without: u64| (with + without > 0).then(|| with as f64 / (with + without) as f64);
        match (share(self.both, self.ends), share(self.begins, self.neither)) {
            (Some(after), Some(otherwise)) => (after - otherwise).max(0.0),
            _ => 0.0,
        }
    }

    /// How many independent samples `n` of these are worth: from 1 to `n`.
    pub fn effective(&self, n: u64) -> f64 {
        let correlation = self.correlation();
        let n = n as f64;
        (n * (1.0 - correlation) / (1.0 + correlation)).max(n.min(1.0))
    }
}
