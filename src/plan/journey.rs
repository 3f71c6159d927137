use serde::{Deserialize, Serialize};

use super::capability::Capability;
use super::pace::Pace;
use super::{Corpus, Editing};
use crate::units::{EndpointId, GroupId, JourneyId, Rate, RouteId, Share, Size, Span};

/// A kind of business message: who sends what to whom, how often, and by which routes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Journey {
    /// The journey's name.
    pub name: String,
    /// The senders, who take turns.
    pub from: GroupId,
    /// The recipients.
    pub to: Recipients,
    /// What is sent.
    pub send: Capability,
    /// How often messages of the whole journey are due.
    pub rate: Pace,
    /// How the due moments are spaced.
    pub arrival: Arrival,
    /// A message received later than this after its due moment is not good.
    pub deadline: Span,
    /// The size of the text, without the platform's own envelope.
    pub bytes: Size,
    /// The class of data that the text stands for, for boundaries.
    pub class: Option<String>,
    /// What of the text may not leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corpus: Option<Corpus>,
    /// What is done with documents, if that is what is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub editing: Option<Editing>,
    /// The ways a message can go, the primary first.
    pub routes: Vec<Route>,
    /// What makes the journey change its route.
    pub failover: Option<Failover>,
    /// How many attempts may be in flight: ⌈highest rate × longest timeout × 1.25⌉, at least one an account.
    pub slots: u32,
    /// How what was not acknowledged is tried again; `None` if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// What each of its senders can do at a time.
    #[serde(default, skip_serializing_if = "PerAccount::is_anything")]
    pub per_account: PerAccount,
    /// How outages are told from single failures.
    pub detector: Detector,
    /// The journey whose messages these would be if injects could hit them: the same, from control accounts to control accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_of: Option<JourneyId>,
}

/// What one sender can do at a time. A message that waits for its sender is late by that, and nothing else waits with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerAccount {
    /// The most attempts that he has under way; `None` for as many as are due.
    pub in_flight: Option<u32>,
    /// The most connections for requests that he holds at one endpoint; `None` for as many as his attempts need.
    pub connections: Option<u32>,
    /// How long he pauses from an attempt's end to the beginning of his next, in the place of that attempt.
    pub think: Span,
}

/// Who receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recipients {
    /// One account of the group, drawn for each message.
    One(GroupId),
    /// Every account of the group, in one vendor request.
    All(GroupId),
}

impl Recipients {
    /// The group that they are of.
    pub fn group(self) -> GroupId {
        match self {
            Self::One(group) | Self::All(group) => group,
        }
    }
}

/// How due moments are spaced, at whatever rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrival {
    /// Evenly.
    #[default]
    Constant,
    /// As a Poisson process: exponential gaps, of the mean that the rate has there.
    Poisson,
}

/// One way for a journey's messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// The endpoint that is sent to.
    pub endpoint: EndpointId,
    /// How long an attempt may take before it is unanswered.
    pub timeout: Span,
}

/// How a client tries again what was not acknowledged, on the route in force.
///
/// It pauses for so long after the first failure and twice as long after each further one, no shorter than the answer's `Retry-After`, and
/// in any case no longer than the longest pause. What is refused for what it is (400 to 499, but 408 and 429) is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// How often, over all routes.
    pub times: u32,
    /// The first pause.
    pub after: Span,
    /// The longest pause.
    pub most: Span,
}

impl Retry {
    /// The pause after so many failures, of which there is one at least.
    pub fn pause(self, failures: u32) -> Span {
        let doubled = 1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
        Span::from_nanos(self.after.nanos().saturating_mul(doubled)).min(self.most)
    }

    /// All pauses together, if each is the longest.
    pub fn pauses(self) -> Span {
        Span::from_nanos(self.most.nanos().saturating_mul(u64::from(self.times)))
    }

    /// Whether another try may bring something else, after an answer with this status; 0 if there was none.
    pub fn is_worth_it(status: u16) -> bool {
        !(400..500).contains(&status) || matches!(status, 408 | 429)
    }
}

/// When and how a journey changes to the next route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failover {
    /// Who changes.
    pub by: FailoverBy,
    /// What is reached before anything is decided.
    pub after: After,
    /// From the moment that `after` is reached to the switch, healed or not.
    pub decide: Span,
    /// What happens to messages without acknowledgement.
    pub resend: Resend,
    /// How fast they are sent again.
    pub resend_rate: Rate,
    /// Whether the journey returns.
    pub back: Back,
    /// Who decides.
    pub on: Deciding,
}

/// Who changes the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailoverBy {
    /// Each account for itself, as a client would.
    Account,
    /// The whole journey at once, as an operator would.
    Journey,
}

/// What is reached before a switch is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum After {
    /// So many attempts in a row, by moment of ending, on the route in force, not acknowledged.
    Failures(u32),
    /// No attempt acknowledged for so long, while attempts ended.
    Silence(Span),
}

/// What happens to messages that were not acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resend {
    /// They are handed to the next route: same message, new attempt, possibly a duplicate.
    #[default]
    Unconfirmed,
    /// Nothing.
    None,
}

/// Whether a journey returns to an earlier route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Back {
    /// It stays.
    #[default]
    Never,
    /// To the first route, as soon as that has taken every probe for long enough. A probe is a message of the vendor's own kind from an
    /// account to itself, which counts in no figure.
    When {
        /// For how long.
        good_for: Span,
        /// From one probe to the next.
        every: Span,
        /// Whose accounts send them, in turns; of a failover by account it is the account itself.
        from: GroupId,
    },
}

/// Who decides on a switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deciding {
    /// The drill, as soon as `after` is reached.
    #[default]
    Automatic,
    /// A step of the runbook.
    Runbook,
}

/// The parameters of the outage detector, derived from rate and phases unless the scenario gives them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    /// Δ, the mean gap between two due moments; of the phase where it is widest, so that windows hold enough messages everywhere.
    pub gap: Span,
    /// W = 20·Δ, at most 60 s and a quarter of the shortest phase.
    pub window: Span,
    /// W / 2. Outages less than this apart are one.
    pub hold_up: Span,
    /// max(10, ⌈`hold_up` / Δ⌉) good messages in a row end an outage.
    pub m_up: u32,
    /// The share of bad messages over W that makes an outage, with at least twelve of them there.
    pub down_ratio: Share,
}

impl PerAccount {
    /// Whether nothing is bounded.
    fn is_anything(&self) -> bool {
        *self == Self::default()
    }
}

impl Detector {
    /// Derives the parameters from the widest mean gap between due moments of a phase, and the drill's shortest phase.
    pub fn derive(gap: Span, shortest_phase: Span) -> Self {
        let quarter = Span::from_nanos(shortest_phase.nanos() / 4);
        let window = (gap * 20).min(Span::from_secs(60)).min(quarter);
        let hold_up = Span::from_nanos(window.nanos() / 2);
        let to_hold = hold_up.nanos().div_ceil(gap.nanos().max(1));
        let m_up = u32::try_from(to_hold).unwrap_or(u32::MAX).max(10);
        Self { gap, window, hold_up, m_up, down_ratio: Share::from_millionths(500_000).unwrap_or(Share::ALL) }
    }
}

impl Journey {
    /// The classes of data that journeys carry, each once, in the order of the journeys.
    pub fn classes<'j>(journeys: impl IntoIterator<Item = &'j Self>) -> Vec<&'j str> {
        let mut classes = Vec::new();
        for class in journeys.into_iter().filter_map(|journey| journey.class.as_deref()) {
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
        classes
    }

    /// How many recipients a message has, if the group of recipients has so many accounts.
    pub fn addressees(&self, of_group: u32) -> u32 {
        match self.to {
            Recipients::One(_) => 1,
            Recipients::All(group) => {
                let is_one = group == self.from && of_group > 1 && !self.send.is_of_documents();
                of_group - u32::from(is_one)
            }
        }
    }

    /// The group of recipients.
    pub fn recipients(&self) -> GroupId {
        self.to.group()
    }

    /// ⌈highest rate × longest timeout × 1.25⌉ in a drill that lasts so long, at least one an account.
    pub fn slots(pace: &Pace, drill: Span, routes: &[Route], senders: u32) -> u32 {
        let longest = routes.iter().map(|route| route.timeout).max().unwrap_or_default();
        let held = Span::from_nanos(longest.nanos().saturating_add(longest.nanos() / 4)).max(Span::from_nanos(1));
        let exact = libm::ceil(pace.peak(drill, held) * longest.secs_f64() * 1.25);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, and the value is not negative"
        )]
        let slots = exact as u32;
        slots.max(senders)
    }

    /// The route that leads to an endpoint.
    pub fn route_to(&self, endpoint: EndpointId) -> Option<RouteId> {
        let index = self.routes.iter().position(|route| route.endpoint == endpoint)?;
        u8::try_from(index).ok().map(RouteId)
    }

    /// How many messages are planned in `length`: exactly for a constant arrival, on average for Poisson.
    pub fn planned(&self, length: Span) -> u64 {
        self.rate.count_within(length)
    }
}
