//! What is known of every function, from the catalogue and from asking.

use super::ask::Found;
use crate::cli::exit::Exit;
use crate::plan::{CoverageSet, Edition, EndpointKind};
use crate::vendor::catalogue::{self, Existence, Operation, Source, Standing, State, Tally};

/// The functions that one platform offers, and what another keeps of them.
pub(super) struct Answers {
    pub(super) from: EndpointKind,
    pub(super) to: EndpointKind,
    /// The endpoint that was asked, if one was.
    pub(super) place: Option<String>,
    pub(super) lines: Vec<Line>,
}

/// One function.
pub(super) struct Line {
    pub(super) operation: &'static Operation,
    pub(super) listed: Standing,
    pub(super) found: Option<Found>,
}

/// What the endpoint says against the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Against {
    /// The catalogue has it, the endpoint has not.
    NotThere,
    /// The endpoint has what the catalogue says is missing.
    ThereAfterAll,
}

impl Answers {
    pub(super) fn of(from: EndpointKind, to: EndpointKind) -> Self {
        let offered =
            catalogue::operations().iter().filter(|operation| catalogue::state(&from, operation) != State::Missing);
        let line = |operation| Line { operation, listed: catalogue::standing(&to, operation), found: None };
        let lines = offered.map(line).collect();
        Self { from, to, place: None, lines }
    }

    pub(super) fn tally(&self, set: CoverageSet) -> Tally {
        Tally::of(set, self.lines.iter().map(|line| (line.operation, line.state())))
    }

    /// What the article claims of this way.
    pub(super) fn claimed(&self, set: CoverageSet) -> Option<f64> {
        let from_mainland = self.from == EndpointKind::Dingtalk(Edition::Mainland);
        catalogue::claimed(&self.to, set).filter(|_| from_mainland)
    }

    /// How many answers rest on each source; what the endpoint told rests on none of them.
    pub(super) fn sources(&self) -> Vec<(Source, usize)> {
        let of = |source| self.lines.iter().filter(|line| !line.is_observed() && line.listed.source == source).count();
        Source::ALL.iter().map(|(_, source)| (*source, of(*source))).filter(|(_, count)| *count > 0).collect()
    }

    pub(super) fn assumptions(&self) -> usize {
        self.sources().iter().filter(|(source, _)| source.is_assumption()).map(|(_, count)| count).sum()
    }

    pub(super) fn observed(&self) -> usize {
        self.lines.iter().filter(|line| line.is_observed()).count()
    }

    pub(super) fn with(&self, state: State) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.state() == state)
    }

    pub(super) fn against(&self, what: Against) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.against() == Some(what))
    }

    /// 1 if the endpoint has not what the catalogue says, 3 if it told nothing about any function.
    pub(super) fn exit(&self) -> Exit {
        let asked = self.place.is_some();
        if asked && self.observed() == 0 {
            Exit::Judged(3)
        } else if self.against(Against::NotThere).next().is_some() {
            Exit::Judged(1)
        } else {
            Exit::Done
        }
    }
}

impl Line {
    /// Whether the endpoint said that it is there, or is not.
    fn existence(&self) -> Option<bool> {
        match &self.found {
            Some(Found::Told(Existence::Exists)) => Some(true),
            Some(Found::Told(Existence::Missing)) => Some(false),
            _ => None,
        }
    }

    pub(super) fn is_observed(&self) -> bool {
        self.existence().is_some()
    }

    /// As the endpoint said, else as the catalogue says. That something is there does not mend what is degraded.
    pub(super) fn state(&self) -> State {
        match (self.existence(), self.listed.state) {
            (Some(false), _) => State::Missing,
            (Some(true), State::Missing) => State::Supported,
            (_, listed) => listed,
        }
    }

    fn against(&self) -> Option<Against> {
        match (self.existence()?, self.listed.state) {
            (false, State::Supported | State::Degraded) => Some(Against::NotThere),
            (true, State::Missing) => Some(Against::ThereAfterAll),
            _ => None,
        }
    }
}
