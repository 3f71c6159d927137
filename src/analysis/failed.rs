//! Attempts that were not acknowledged, by route and answer, and of how many messages that was the last word.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::journal::{Attempt, Ending};
use crate::plan::{Journey, Plan};
use crate::units::RouteId;

/// The most answers that are told apart on one journey: an answer's code is the endpoint's to choose.
const MOST: usize = 64;

/// Attempts that ended alike on one route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedAttempts {
    /// The route's endpoint, by name; `None` of the rest, which are too many to be told apart.
    pub route: Option<String>,
    /// How they ended.
    pub ending: Option<Ending>,
    /// The answer's status; 0 if there was none.
    pub status: u16,
    /// The vendor's own code, or the kind of failure.
    pub code: String,
    /// How many there were.
    pub attempts: u64,
    /// Of how many messages, which nobody acknowledged, it was the last attempt.
    pub last_word: u64,
}

impl FailedAttempts {
    /// How they ended, in words.
    pub fn ended(&self) -> &'static str {
        match self.ending {
            Some(Ending::Acknowledged) => "acknowledged",
            Some(Ending::Refused) => "refused",
            Some(Ending::NotSent) => "not sent",
            Some(Ending::Unanswered) => "no whole answer",
            None => "in other ways",
        }
    }
}

/// An attempt's end: the route, how it ended, and the answer's status and code.
type Answer = (RouteId, Ending, u16, Box<str>);

/// Attempts, and messages of which they were the last word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    attempts: u64,
    last_word: u64,
}

/// The attempts of one journey that were not acknowledged.
///
/// Of more answers than it tells apart it keeps the smallest, so that the order in which they come leaves no trace.
#[derive(Clone, Debug, Default)]
pub(super) struct Failed {
    counts: BTreeMap<Answer, Count>,
    rest: Count,
    /// How the latest attempt of a message ended that is not counted yet, if it was not acknowledged.
    latest: BTreeMap<u32, Answer>,
}

impl Failed {
    /// An attempt, and whether it is the latest of its message so far.
    pub(super) fn attempt(&mut self, attempt: &Attempt, latest: bool) {
        let number = attempt.message.number;
        if attempt.ending == Ending::Acknowledged {
            if latest {
                self.latest.remove(&number);
            }
            return;
        }
        let answer: Answer = (attempt.route, attempt.ending, attempt.code.status, attempt.code.word.clone());
        if latest {
            self.latest.insert(number, answer.clone());
        }
        self.counts.entry(answer).or_default().attempts += 1;
        if self.counts.len() > MOST
            && let Some((_, count)) = self.counts.pop_last()
        {
            self.rest.attempts += count.attempts;
            self.rest.last_word += count.last_word;
        }
    }

    /// Nothing happens to a message any more.
    pub(super) fn over(&mut self, number: u32, accepted: bool) {
        let Some(answer) = self.latest.remove(&number).filter(|_| !accepted) else { return };
        self.counts.get_mut(&answer).unwrap_or(&mut self.rest).last_word += 1;
    }

    /// Answer by answer, in the order of the routes, the most frequent first.
    pub(super) fn figures(&self, plan: &Plan, journey: &Journey) -> Vec<FailedAttempts> {
        let name = |route: RouteId| {
            let route = journey.routes.get(route.index());
            route.map_or_else(|| "?".to_owned(), |route| plan.endpoints[route.endpoint.index()].name.clone())
        };
        let mut answers: Vec<(&Answer, Count)> = self.counts.iter().map(|(answer, count)| (answer, *count)).collect();
        answers.sort_by_key(|((route, ..), count)| (*route, std::cmp::Reverse(count.attempts)));
        let told = answers.into_iter().map(|((route, ending, status, code), count)| FailedAttempts {
            route: Some(name(*route)),
            ending: Some(*ending),
            status: *status,
            code: code.to_string(),
            attempts: count.attempts,
            last_word: count.last_word,
        });
        let rest = Some(self.rest).filter(|rest| rest.attempts > 0).map(|rest| FailedAttempts {
            route: None,
            ending: None,
            status: 0,
            code: String::new(),
            attempts: rest.attempts,
            last_word: rest.last_word,
        });
        told.chain(rest).collect()
    }
}
