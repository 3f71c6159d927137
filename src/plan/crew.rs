//! Who takes part in a journey: with a control arm, some of a group's accounts in either.

use super::{Group, Inject, Journey, Plan, Selector};
use crate::units::{AccountId, GroupId, JourneyId};

/// Accounts that lie one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crew {
    first: u32,
    count: u32,
}

impl Crew {
    /// How many they are.
    pub fn count(self) -> u32 {
        self.count
    }

    /// The n-th of them, counted from 0; they begin anew after the last.
    pub fn nth(self, n: u32) -> AccountId {
        AccountId(self.first + n.checked_rem(self.count).unwrap_or(0))
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = AccountId> {
        (self.first..self.first + self.count).map(AccountId)
    }

    /// Which of them an account is that is one of them, counted from 0.
    pub fn position(self, account: AccountId) -> u32 {
        account.0.saturating_sub(self.first)
    }

    /// Whether it is one of them.
    pub fn has(self, account: AccountId) -> bool {
        (self.first..self.first + self.count).contains(&account.0)
    }
}

/// Those whom somebody may write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Others {
    crew: Crew,
    /// Where among them the sender himself would be.
    sender: Option<u32>,
}

impl Others {
    /// How many they are.
    pub fn count(self) -> u32 {
        self.crew.count - u32::from(self.sender.is_some())
    }

    /// The n-th of them, counted from 0.
    pub fn nth(self, n: u32) -> AccountId {
        self.crew.nth(n + u32::from(self.sender.is_some_and(|sender| n >= sender)))
    }

    /// All of them, in order.
    pub fn iter(self) -> impl Iterator<Item = AccountId> {
        (0..self.count()).map(move |n| self.nth(n))
    }
}

impl Group {
    /// How many of its accounts injects may hit.
    pub fn exposed(&self) -> u32 {
        self.count - self.control
    }
}

impl Plan {
    /// The accounts that send a journey's messages, in turn.
    pub fn senders(&self, journey: &Journey) -> Crew {
        self.crew(journey.from, journey.control_of.is_some())
    }

    /// The accounts that it is sent to.
    pub fn recipients(&self, journey: &Journey) -> Crew {
        self.crew(journey.recipients(), journey.control_of.is_some())
    }

    /// The accounts that one of its senders sends to: himself he writes nothing. A document is worked on by whoever is drawn.
    pub fn others(&self, journey: &Journey, sender: AccountId) -> Others {
        let crew = self.recipients(journey);
        let is_one = crew.has(sender) && crew.count > 1 && !journey.send.is_of_documents();
        Others { crew, sender: is_one.then(|| crew.position(sender)) }
    }

    /// The accounts of a group that take part in a journey.
    pub fn party(&self, journey: &Journey, group: GroupId) -> Crew {
        self.crew(group, journey.control_of.is_some())
    }

    /// Those of a group whom injects may hit, or the control accounts, which are its last.
    fn crew(&self, group: GroupId, control: bool) -> Crew {
        let (AccountId(first), part) = (self.member(group, 0), &self.groups[group.index()]);
        let exposed = part.exposed();
        if control { Crew { first: first + exposed, count: part.control } } else { Crew { first, count: exposed } }
    }

    /// Whether an account is one whom no inject hits.
    pub fn is_control(&self, account: AccountId) -> bool {
        let part = &self.accounts[account.index()];
        part.ordinal >= self.groups[part.group.index()].exposed()
    }

    /// Whether there are any.
    pub fn has_control(&self) -> bool {
        self.groups.iter().any(|group| group.control > 0)
    }

    /// Whether an inject hits whole blocks of addresses: with control accounts among them none does.
    pub fn is_of_addresses(&self, inject: &Inject) -> bool {
        inject.is_of_addresses() && !self.has_control()
    }

    /// Whether a figure of these labels is about a journey. A control arm is what others are measured by, and nothing is about it that does
    /// not name it.
    pub fn selects(&self, of: &Selector, journey: JourneyId) -> bool {
        let is_control = self.journeys[journey.index()].control_of.is_some();
        self.may_be(of, journey) && (of.journey.is_some() || !is_control)
    }

    /// Whether a figure of these labels names a journey, or none at all.
    pub fn may_be(&self, of: &Selector, journey: JourneyId) -> bool {
        let class = of.class.map(|class| self.classes().get(class.index()).copied());
        of.journey.is_none_or(|of| of == journey)
            && class.is_none_or(|class| class.is_some() && class == self.journeys[journey.index()].class.as_deref())
    }

    /// The journey whose promises hold for a journey: its own, and for a control arm those of the arm beside it.
    pub fn measure(&self, journey: JourneyId) -> JourneyId {
        self.journeys[journey.index()].control_of.unwrap_or(journey)
    }

    /// The journey by which the same is sent from and to control accounts, if there is one.
    pub fn control(&self, journey: JourneyId) -> Option<JourneyId> {
        self.journey_ids().find(|(_, other)| other.control_of == Some(journey)).map(|(id, _)| id)
    }
}
