//! Probes: whether a route that was left takes messages again.

use std::sync::Arc;

use super::Sending;
use crate::client::Parcel;
use crate::journal::{Control, Decision, Ending, Event, Record};
use crate::plan::{Back, Deciding, FailoverBy, message};
use crate::units::{AccountId, MessageId, Moment, RouteId, Span};

/// The route that probes ask, and that a journey returns to.
const FIRST: RouteId = RouteId(0);

/// How an account, or a journey, probes.
#[derive(Clone, Copy)]
struct Rule {
    good_for: Span,
    every: Span,
}

impl Sending {
    /// Starts what asks the first route while the journey as a whole has left it.
    pub(super) fn start_probes(self: &Arc<Self>) {
        let Some((rule, by)) = self.probes() else { return };
        if by == FailoverBy::Journey {
            let name = format!("probes of {}", self.journey().name);
            self.tasks.spawn(name, Arc::clone(self).probe_for_all(rule));
        }
    }

    /// Starts to ask the first route for an account that has left it, unless it is asked already.
    pub(super) fn start_probes_of(self: &Arc<Self>, account: AccountId) {
        let Some((rule, _)) = self.probes() else { return };
        if self.accounts.begins_to_probe(account) {
            self.tasks.spawn("probes of an account", Arc::clone(self).probe_for_one(rule, account));
        }
    }

    fn probes(&self) -> Option<(Rule, FailoverBy)> {
        let rule = self.journey().failover.as_ref().filter(|rule| rule.on == Deciding::Automatic)?;
        let Back::When { good_for, every, .. } = rule.back else { return None };
        Some((Rule { good_for, every }, rule.by))
    }

    /// Accounts take turns for as long as another route is in force. Whether it is to return is decided by the drill, on the journal.
    async fn probe_for_all(self: Arc<Self>, rule: Rule) {
        let board = &self.stage.scene.board;
        let mut nth = 0;
        loop {
            let snapshot = board.snapshot();
            if snapshot.closing {
                return;
            }
            if snapshot.routes[self.id.index()].route == FIRST {
                board.changed(snapshot.epoch).await;
                continue;
            }
            let next = self.stage.scene.world.clock.now() + rule.every;
            if self.closes_before(next).await {
                return;
            }
            if board.snapshot().routes[self.id.index()].route != FIRST {
                self.probe(self.prober(nth), nth).await;
                nth = nth.wrapping_add(1);
            }
        }
    }

    /// An account asks for itself, and decides for itself.
    async fn probe_for_one(self: Arc<Self>, rule: Rule, account: AccountId) {
        let (mut nth, mut since) = (0, None);
        loop {
            let next = self.stage.scene.world.clock.now() + rule.every;
            if self.closes_before(next).await {
                return;
            }
            let (sent, ending) = self.probe(account, nth).await;
            nth = nth.wrapping_add(1);
            let at = self.stage.scene.world.clock.now();
            match good_since(&mut since, ending, sent) {
                Some(since) if at.since(since) >= rule.good_for && self.accounts.commits_to_return(account) => {
                    return self.go_back(account, since, at);
                }
                _ => {}
            }
        }
    }

    /// Who sends the nth probe of the journey as a whole.
    fn prober(&self, nth: u32) -> AccountId {
        let plan = &self.stage.scene.plan;
        let group = match self.journey().failover.as_ref().map(|rule| rule.back) {
            Some(Back::When { from, .. }) => from,
            _ => self.journey().from,
        };
        plan.party(self.journey(), group).nth(nth)
    }

    /// One message by the first route from an account to itself. Gives when it was sent, and how that ended.
    async fn probe(&self, account: AccountId, nth: u32) -> (Moment, Ending) {
        let scene = &self.stage.scene;
        let (journey, route) = (self.journey(), &self.journey().routes[FIRST.index()]);
        let user = self.stage.users[route.endpoint.index()][account.index()].as_str();
        let text = message::probe(&journey.name, nth);
        // Numbers from above, which no message has.
        let once = MessageId { journey: self.id, number: u32::MAX - nth };
        let sent = scene.world.clock.now();
        let parcel = Parcel {
            capability: journey.send,
            recipients: &[user],
            class: journey.class.as_deref(),
            text: &text,
            once,
            written: sent,
        };
        let outcome =
            self.stage.client(account, route.endpoint).attempt(&parcel, sent + route.timeout, Span::ZERO).await;
        let (connection, ending, status) = (outcome.connection, outcome.ending, outcome.code.status);
        let event = Event::Probed { journey: self.id, account, route: FIRST, connection, sent, ending, status };
        scene.journal.append(Record::Control(Control { at: scene.world.clock.now(), event }));
        (sent, ending)
    }

    /// An account returns.
    fn go_back(&self, account: AccountId, good_since: Moment, at: Moment) {
        let scene = &self.stage.scene;
        let (journey, from, to) = (self.id, self.accounts.stand(account).route, FIRST);
        let decision = Decision::Return { journey, account: Some(account), from, to, good_since };
        let note = |event| scene.journal.append(Record::Control(Control { at, event }));
        note(Event::Decided { position: scene.journal.position(), decision });
        self.accounts.switch(account, to, at);
        note(Event::Switched { journey, account: Some(account), from, to });
        self.has_switched(account);
    }
}

/// Since when every probe was taken, with one more that has ended.
pub fn good_since(since: &mut Option<Moment>, ending: Ending, sent: Moment) -> Option<Moment> {
    *since = (ending == Ending::Acknowledged).then(|| since.unwrap_or(sent));
    *since
}
