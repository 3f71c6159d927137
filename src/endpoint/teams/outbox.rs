//! Change notifications on their way: who subscribed to what, what is to be sent to whom and when, and again when.
//!
//! It waits for nothing and calls nobody: whoever does asks it what is due, and tells it how that went.

mod notice;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::lock;
use super::pace::{Pace, Standing};
use super::parameters::Notifying;
use crate::endpoint::wall::Wall;
use crate::limits::{TWIN_CALLS, TWIN_NOTICES};
use crate::units::{Moment, Span};
use crate::vendor::teams::subscription::{Lifecycle, Wish};

use notice::{Notice, What};

pub(in super::super) use notice::Call;
pub(super) use notice::shown;

/// Every subscription, and everything that is due.
pub(in super::super) struct Outbox {
    state: Mutex<State>,
    rung: Notify,
    /// Whether anybody has ever subscribed: while nobody has, a message costs nothing here.
    used: AtomicBool,
}

/// What is to be done next.
pub(in super::super) enum Next {
    /// This call is due.
    Call(Box<Call>),
    /// Nothing, until then or until it is [rung](Outbox::rung).
    Wait(Moment),
    /// Nothing, until it is rung.
    Idle,
}

struct State {
    rules: Notifying,
    wall: Wall,
    subscriptions: BTreeMap<u64, Entry>,
    /// Who is subscribed to what.
    watched: BTreeMap<String, Vec<u64>>,
    /// What is due, by time and in order of being put there.
    agenda: BTreeMap<(Moment, u64), Due>,
    sequence: u64,
    /// Calls that are being made.
    flying: usize,
    /// What waits for new tokens, of all subscriptions.
    held: usize,
    /// By host and port.
    paces: BTreeMap<String, Pace>,
}

struct Entry {
    facts: Arc<Facts>,
    expires: Moment,
    /// When the token expires by which it was made or renewed: until then it is notified.
    authorized: Moment,
    /// What waits for a new token.
    held: Vec<Notice>,
    /// What is on the agenda because of it alone: its end, and its token's.
    planned: Vec<(Moment, u64)>,
    /// Whether its owner has been told that something was lost, and not yet again been reached.
    missed: bool,
}

/// What a subscription is.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) wish: Wish,
    /// Under which name its resource is watched.
    pub(super) watch: String,
    pub(super) app: Arc<str>,
    /// Empty for an application alone.
    pub(super) creator: Arc<str>,
}

enum Due {
    Notice(Notice),
    /// The owner is told, if the token that expires then is still the latest.
    Remind(u64, Moment),
    Expire(u64),
}

impl Outbox {
    pub(super) fn new(rules: Notifying, wall: Wall) -> Self {
        let state = State {
            rules,
            wall,
            subscriptions: BTreeMap::new(),
            watched: BTreeMap::new(),
            agenda: BTreeMap::new(),
            sequence: 0,
            flying: 0,
            held: 0,
            paces: BTreeMap::new(),
        };
        Self { state: Mutex::new(state), rung: Notify::new(), used: AtomicBool::new(false) }
    }

    /// Waits until there may be something new to do.
    pub(in super::super) async fn rung(&self) {
        self.rung.notified().await;
    }

    /// Whether anybody may be listening.
    pub(super) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, facts: Facts, authorized: Moment, now: Moment) {
        let mut state = lock(&self.state);
        state.watched.entry(facts.watch.clone()).or_default().push(facts.number);
        let (number, expires) = (facts.number, state.wall.moment(facts.wish.expires));
        let entry =
            Entry { facts: Arc::new(facts), expires, authorized, held: Vec::new(), planned: Vec::new(), missed: false };
        state.subscriptions.insert(number, entry);
        state.plan(number, now);
        self.used.store(true, Ordering::Relaxed);
        drop(state);
        self.rung.notify_one();
    }

    /// A subscription.
    pub(super) fn get(&self, number: u64) -> Option<Arc<Facts>> {
        lock(&self.state).subscriptions.get(&number).map(|entry| Arc::clone(&entry.facts))
    }

    /// Every subscription.
    pub(super) fn all(&self) -> Vec<Arc<Facts>> {
        lock(&self.state).subscriptions.values().map(|entry| Arc::clone(&entry.facts)).collect()
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.state).subscriptions.len()
    }

    /// Renews a subscription: until then, since 1970, if that is said, and by a token that expires at `authorized`. What was held back
    /// goes on.
    pub(super) fn renew(
        &self,
        number: u64,
        expires: Option<Span>,
        authorized: Moment,
        now: Moment,
    ) -> Option<Arc<Facts>> {
        let mut state = lock(&self.state);
        let until = expires.map(|expires| (expires, state.wall.moment(expires)));
        let entry = state.subscriptions.get_mut(&number)?;
        if let Some((wall, moment)) = until {
            let mut facts = (*entry.facts).clone();
            facts.wish.expires = wall;
            (entry.facts, entry.expires) = (Arc::new(facts), moment);
        }
        entry.authorized = authorized;
        let (facts, held) = (Arc::clone(&entry.facts), std::mem::take(&mut entry.held));
        state.held -= held.len();
        for notice in held {
            state.put(now, Due::Notice(notice));
        }
        state.plan(number, now);
        drop(state);
        self.rung.notify_one();
        Some(facts)
    }

    pub(super) fn remove(&self, number: u64) -> bool {
        lock(&self.state).remove(number).is_some()
    }

    /// A person was shut out: what he subscribed to is removed, and its listeners are told.
    pub(super) fn gone(&self, user: &str, now: Moment) {
        let mut state = lock(&self.state);
        let his = state.subscriptions.values().filter(|entry| &*entry.facts.creator == user);
        let his: Vec<_> = his.map(|entry| entry.facts.number).collect();
        for number in his {
            if let Some(entry) = state.remove(number) {
                state.news(entry.facts, Lifecycle::Removed, now);
            }
        }
        drop(state);
        self.rung.notify_one();
    }

    /// Something has come to be: whoever watches one of these is notified of the resource.
    pub(super) fn announce(&self, watched: &[String], resource: &str, id: &str, now: Moment) {
        let mut state = lock(&self.state);
        let wants =
            |number: &&u64| state.subscriptions.get(number).is_some_and(|entry| entry.facts.wish.wants_created());
        let named = watched.iter().filter_map(|name| state.watched.get(name)).flatten();
        let numbers: Vec<u64> = named.filter(wants).copied().collect();
        for number in numbers {
            let what = What::Created { resource: resource.into(), id: id.into() };
            state.offer(Notice::new(number, what, now), now);
        }
        drop(state);
        self.rung.notify_one();
    }

    /// What is to be done now.
    pub(in super::super) fn next(&self, now: Moment) -> Next {
        let mut state = lock(&self.state);
        while state.flying < TWIN_CALLS {
            let Some((&(at, sequence), _)) = state.agenda.first_key_value() else { return Next::Idle };
            if at > now {
                return Next::Wait(at);
            }
            let due = state.agenda.remove(&(at, sequence));
            if let Some(call) = due.and_then(|due| state.take(due, now)) {
                state.flying += 1;
                return Next::Call(Box::new(call));
            }
        }
        Next::Idle
    }

    /// A call has ended: `taken` if it was answered with a 2xx in time.
    pub(in super::super) fn ended(&self, call: Call, taken: bool, took: Span, now: Moment) {
        let mut state = lock(&self.state);
        state.flying -= 1;
        state.answered(call, taken, took, now);
        drop(state);
        self.rung.notify_one();
    }
}

impl State {
    fn put(&mut self, at: Moment, due: Due) -> (Moment, u64) {
        self.sequence += 1;
        self.agenda.insert((at, self.sequence), due);
        (at, self.sequence)
    }

    /// Puts on the agenda what a subscription's own end and its token's make necessary, in place of what was there because of them.
    fn plan(&mut self, number: u64, now: Moment) {
        let Some(entry) = self.subscriptions.get_mut(&number) else { return };
        let (expires, authorized, ahead) = (entry.expires, entry.authorized, self.rules.reauthorize_ahead);
        for place in std::mem::take(&mut entry.planned) {
            self.agenda.remove(&place);
        }
        let mut planned = vec![self.put(expires, Due::Expire(number))];
        if authorized < expires {
            planned.push(self.put(authorized.before(ahead).max(now), Due::Remind(number, authorized)));
        }
        if let Some(entry) = self.subscriptions.get_mut(&number) {
            entry.planned = planned;
        }
    }

    fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.subscriptions.remove(&number)?;
        self.held -= entry.held.len();
        for place in &entry.planned {
            self.agenda.remove(place);
        }
        if let Some(watchers) = self.watched.get_mut(&entry.facts.watch) {
            watchers.retain(|watcher| *watcher != number);
            if watchers.is_empty() {
                self.watched.remove(&entry.facts.watch);
            }
        }
        Some(entry)
    }

    /// News of a subscription itself, if there is somebody to hear it.
    fn news(&mut self, facts: Arc<Facts>, event: Lifecycle, now: Moment) {
        if facts.wish.lifecycle_url.is_some() {
            self.put(now, Due::Notice(Notice::of_itself(facts, event, now)));
        }
    }

    /// Takes a new notification in, unless too many wait or its listener is too slow.
    fn offer(&mut self, notice: Notice, now: Moment) {
        let Some(entry) = self.subscriptions.get(&notice.subscription) else { return };
        let pace = self.paces.get_mut(notice::host(&entry.facts.wish.url));
        let standing = pace.map_or(Standing::Good, |pace| pace.standing(now, &self.rules));
        match standing {
            Standing::Dropped => self.lost(notice.subscription, now),
            _ if self.agenda.len() + self.held >= TWIN_NOTICES => self.lost(notice.subscription, now),
            Standing::Slow => {
                self.put(now + self.rules.slow_wait, Due::Notice(notice));
            }
            Standing::Good => {
                self.put(now, Due::Notice(notice));
            }
        }
    }

    /// A notification will never arrive: its listener is told once that he has to look for himself.
    fn lost(&mut self, number: u64, now: Moment) {
        let Some(entry) = self.subscriptions.get_mut(&number).filter(|entry| !entry.missed) else { return };
        entry.missed = true;
        let facts = Arc::clone(&entry.facts);
        self.news(facts, Lifecycle::Missed, now);
    }

    /// The call that comes of what is due, if one does.
    fn take(&mut self, due: Due, now: Moment) -> Option<Call> {
        match due {
            Due::Expire(number) => {
                let over = self.subscriptions.get(&number).is_some_and(|entry| entry.expires <= now);
                if over {
                    self.remove(number);
                }
                None
            }
            Due::Remind(number, authorized) => {
                let entry = self.subscriptions.get(&number).filter(|entry| entry.authorized == authorized)?;
                let facts = Arc::clone(&entry.facts);
                let call = |facts| Notice::of_itself(facts, Lifecycle::Reauthorize, now);
                facts.wish.lifecycle_url.is_some().then(|| call(facts)).and_then(|notice| self.send(notice, now))
            }
            Due::Notice(notice) => self.send(notice, now),
        }
    }

    fn send(&mut self, notice: Notice, now: Moment) -> Option<Call> {
        let within = self.rules.answer;
        if notice.is_news() {
            return notice.call(None, within);
        }
        if now.since(notice.since) > self.rules.give_up {
            self.lost(notice.subscription, now);
            return None;
        }
        let entry = self.subscriptions.get_mut(&notice.subscription)?;
        if entry.authorized <= now {
            entry.held.push(notice);
            self.held += 1;
            return None;
        }
        let facts = Arc::clone(&entry.facts);
        notice.call(Some(&facts), within)
    }

    fn answered(&mut self, call: Call, taken: bool, took: Span, now: Moment) {
        let Call { url, mut notice, .. } = call;
        let host = notice::host(&url);
        if !self.paces.contains_key(host) {
            let rules = &self.rules;
            self.paces.retain(|_, pace| !pace.is_idle(now, rules));
            self.paces.insert(host.to_owned(), Pace::default());
        }
        if let Some(pace) = self.paces.get_mut(host) {
            pace.answered(took, now, &self.rules);
        }
        if taken {
            if notice.is_missed()
                && let Some(entry) = self.subscriptions.get_mut(&notice.subscription)
            {
                entry.missed = false;
            }
            return;
        }
        let next = now + notice.backoff(self.rules.first_retry, self.rules.longest_retry);
        if next.since(notice.since) > self.rules.give_up {
            self.lost(notice.subscription, now);
        } else {
            self.put(next, Due::Notice(notice));
        }
    }
}

#[cfg(test)]
mod tests;
