//! What a benchmark shows of a player: metrics, and whose they are.

/// What is better: more, or less.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
    /// Neither: it is told, not compared.
    Neither,
}

pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) better: Better,
}

pub(crate) const fn more(name: &'static str, unit: &'static str) -> Metric {
    Metric { name, unit, better: Better::More }
}

pub(crate) const fn less(name: &'static str, unit: &'static str) -> Metric {
    Metric { name, unit, better: Better::Less }
}

pub(crate) const fn told(name: &'static str, unit: &'static str) -> Metric {
    Metric { name, unit, better: Better::Neither }
}

/// One value for each metric, in their order; what does not apply is not a number.
pub(crate) type Values = Vec<f64>;

/// What a table says of a measurement.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) metrics: &'static [Metric],
}

/// What a player is in the tables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The direct connection and loops of this program: what could be had. Also ways of a peer that the plain ones are not compared with.
    Reference,
    /// Somebody else's proxy. The best of them is what firedrill is compared with.
    Peer,
    /// firedrill.
    Ours,
}
