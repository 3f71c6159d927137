//! How much one sample says of the next.

/// In which row a sample has neighbours: what befalls everything shows in the row of all, and what befalls one source or one destination among
/// many only in its own, since the others take turns with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along {
    /// All of them, one after the other.
    All,
    /// Those of one source.
    Source,
    /// Those for one destination.
    Destination,
}

/// Counts of neighbouring samples by what each was: whether what befell one befell the next.
///
/// A row of failures is one piece of news and not many. Of samples whose neighbours agree with a correlation of ρ, n are worth
/// n·(1 − ρ)/(1 + ρ) independent ones (G. V. Bayley, J. M. Hammersley, "The 'effective' number of independent observations in an
/// autocorrelated time series", 1946, for a correlation that falls off geometrically, as it does where each sample depends on the one before).
/// Counts of several series add up. Of the rows that samples stand in, the one in which they are worth least counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pairs([Counts; 3]);

/// The pairs of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
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
    /// Counts two neighbours in the row of all.
    pub fn record(&mut self, first: bool, second: bool) {
        self.record_along(Along::All, first, second);
    }

    /// Counts two neighbours in one row.
    pub fn record_along(&mut self, along: Along, first: bool, second: bool) {
        let counts = &mut self.0[along as usize];
        *match (first, second) {
            (false, false) => &mut counts.neither,
            (false, true) => &mut counts.begins,
            (true, false) => &mut counts.ends,
            (true, true) => &mut counts.both,
        } += 1;
    }

    /// Counts so many neighbours that were alike, in the row of all.
    pub fn record_alike(&mut self, both: bool, times: u64) {
        let counts = &mut self.0[Along::All as usize];
        *if both { &mut counts.both } else { &mut counts.neither } += times;
    }

    /// Adds those of another series.
    pub fn add(&mut self, other: &Self) {
        for (counts, other) in self.0.iter_mut().zip(&other.0) {
            counts.neither += other.neither;
            counts.begins += other.begins;
            counts.ends += other.ends;
            counts.both += other.both;
        }
    }

    /// The correlation of neighbours, 0 to 1: how much likelier it is after a sample that had it than after one that had not, in the row in
    /// which that is most.
    ///
    /// Where all samples are alike there is nothing to tell it by, and it is taken as 0; so it is where neighbours avoid each other, since
    /// samples are never worth more than their number.
    pub fn correlation(&self) -> f64 {
        self.0.iter().map(Counts::correlation).fold(0.0, f64::max)
    }

    /// How many independent samples `n` of these are worth: from 1 to `n`.
    pub fn effective(&self, n: u64) -> f64 {
        let correlation = self.correlation();
        let n = n as f64;
        (n * (1.0 - correlation) / (1.0 + correlation)).max(n.min(1.0))
    }
}

impl Counts {
    fn correlation(&self) -> f64 {
        let share = |with: u64, without: u64| (with + without > 0).then(|| with as f64 / (with + without) as f64);
        match (share(self.both, self.ends), share(self.begins, self.neither)) {
            (Some(after), Some(otherwise)) => (after - otherwise).max(0.0),
            _ => 0.0,
        }
    }
}
