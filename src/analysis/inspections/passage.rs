//! What a gateway did with one message, one thing after another: whether it ever handed it on without a verdict.

use crate::journal::{Inspected, Ruling};
use crate::units::{AccountId, EndpointId, Moment};

/// One message at one gateway, for as long as anything may still happen to it.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    pub(super) due: Moment,
    pub(super) account: AccountId,
    /// Who was asked about it.
    pub(super) dlp: EndpointId,
    /// In whatever order they came.
    steps: Vec<(Moment, Step)>,
}

/// Ordered as they follow each other within one moment: what is handed on was looked at before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// It was asked about.
    Ruled(Ruling),
    /// It was handed to a connection of the gateway's own.
    HandedOn,
}

impl Passage {
    pub(super) fn new(due: Moment, account: AccountId, dlp: EndpointId) -> Self {
        Self { due, account, dlp, steps: Vec::new() }
    }

    pub(super) fn inspected(&mut self, inspected: &Inspected) {
        self.steps.push((inspected.done, Step::Ruled(inspected.ruling)));
    }

    /// It went on to somewhere: what no connection leads beyond the path for, or the path refuses by itself, is handed to nobody.
    pub(super) fn handed_on(&mut self, at: Moment) {
        self.steps.push((at, Step::HandedOn));
    }

    /// When it was first handed on after an inspection that had failed open, with none after that; `None` = never.
    pub(super) fn unseen(&self) -> Option<Moment> {
        let mut steps = self.steps.clone();
        steps.sort_unstable();
        let mut is_open = false;
        steps.into_iter().find_map(|(at, step)| match step {
            Step::Ruled(ruling) => {
                is_open = ruling == Ruling::FailedOpen;
                None
            }
            Step::HandedOn => is_open.then_some(at),
        })
    }
}
