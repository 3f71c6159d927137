//! Which hits concern messages: without one, a fault proved nothing, however often it hit.
//!
//! A hit concerns a journey if it fell on an attempt of one of its messages; or on a recipient's push connection to an endpoint that
//! had taken a message of the journey for him which he did not have yet, or took one within the journey's deadline. A receiver who is
//! turned away at an endpoint that carries nothing for him is hit, and no message is. What an endpoint asks a provider for the sake of its senders
//! is told by `relied`, and what it asks beside what goes on by `background`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::background::Background;
use super::bites::Bites;
use super::hits::{Bite, Hits};
use super::patience::CHUNKS;
use super::relied::Questions;
use super::row::{Row, Slot, Try};
use super::settle::{Course, Pass};
use crate::limits::CONNECTIONS_KNOWN;
use crate::plan::{Journey, Plan};
use crate::units::{AccountId, EndpointId, InjectId, JourneyId, Moment, PhaseId, RouteId};

/// The hits that concern messages, of those of which it is known.
#[derive(Clone, Debug)]
pub(super) struct Touched {
    /// Units, inject by inject …
    pub(super) injects: Vec<u64>,
    /// … and phase by phase.
    pub(super) phases: Vec<u64>,
    /// Those that concern none, and prove all the same that an inject was in the way.
    pub(super) background: Background,
    /// Inject by inject, journey by journey.
    of: Vec<Vec<Bites>>,
    /// The hits on the chunks of connections, and whom they concerned: others of the same second may be written down much later, when the next
    /// comes in that direction.
    chunks: BTreeMap<(u64, InjectId, Moment), Vec<JourneyId>>,
}

impl Touched {
    pub(super) fn new(plan: &Plan) -> Self {
        let none = Bites::none(plan.phases.len());
        Self {
            injects: vec![0; plan.injects.len()],
            phases: vec![0; plan.phases.len()],
            background: Background::new(plan),
            of: vec![vec![none; plan.journeys.len()]; plan.injects.len()],
            chunks: BTreeMap::new(),
        }
    }

    /// Takes in the hits until a moment, but those on receivers for whom a message waits: whether it comes decides whom they concern.
    /// All that belongs to them has come, and is [joined](join).
    pub(super) fn take(&mut self, plan: &Plan, hits: &mut Hits, waiting: &Waiting, until: Moment) {
        let (decided, open): (Vec<Bite>, Vec<Bite>) = std::mem::take(&mut hits.bites)
            .into_iter()
            .partition(|bite| bite.at <= until && (until == Moment::MAX || !waiting.concerns(plan, hits, bite)));
        hits.bites = open;
        for mut bite in decided {
            if bite.exchange == 0 {
                self.with_its_second(&mut bite);
            }
            if bite.journeys.is_empty() {
                self.background.record(plan, hits, &bite);
            } else {
                self.record(plan, &bite);
            }
        }
    }

    /// Hits on the chunks of one second and connection concern the same journeys.
    fn with_its_second(&mut self, bite: &mut Bite) {
        let journeys = self.chunks.entry((bite.connection, bite.inject, bite.at)).or_default();
        bite.journeys.extend(journeys.iter().copied());
        bite.journeys.sort_unstable();
        bite.journeys.dedup();
        journeys.clone_from(&bite.journeys);
        if self.chunks.len() > CONNECTIONS_KNOWN {
            self.forget_older_chunks();
        }
    }

    /// Forgets the older half.
    fn forget_older_chunks(&mut self) {
        let mut moments: Vec<Moment> = self.chunks.keys().map(|(.., at)| *at).collect();
        let half = moments.len() / 2;
        let (_, median, _) = moments.select_nth_unstable(half);
        self.chunks.retain(|(.., at), _| at > median);
    }

    fn record(&mut self, plan: &Plan, bite: &Bite) {
        let (inject, units) = (bite.inject.index(), u64::from(bite.units));
        let phase = plan.phase_at(bite.at).filter(|_| bite.at < plan.end());
        self.injects[inject] += units;
        if let Some(phase) = phase {
            self.phases[phase.index()] += units;
        }
        for journey in &bite.journeys {
            self.of[inject][journey.index()].record(units, bite.at, phase.map(PhaseId::index));
        }
    }

    /// The hits of an inject that concern a journey.
    pub(super) fn of(&self, inject: InjectId, journey: JourneyId) -> &Bites {
        &self.of[inject.index()][journey.index()]
    }
}

/// Finds whom the hits concern, as far as it can be told from the messages that are kept. What was found once stays, and so receivers are
/// looked at only for hits `until` a moment by which everything has come: what was taken and not received is on its way.
pub(super) fn join(plan: &Plan, hits: &mut Hits, courses: &mut [Course], (pass, until): (Pass, Moment)) -> Waiting {
    let mut bites = std::mem::take(&mut hits.bites);
    bites.sort_unstable();
    let mut join = Join { bites: &bites, pass, until, concerned: Vec::new() };
    if !bites.is_empty() {
        for (journey, course) in (0_u16..).map(JourneyId).zip(&mut *courses) {
            let ledger = &mut course.ledger;
            for attempt in ledger.tries.iter_mut().chain(&mut ledger.legs).chain(&mut ledger.syncs) {
                attempt.hit |= join.attempt(journey, attempt);
            }
        }
        let questions = Questions::new(hits, &bites, until);
        for (journey, course) in (0_u16..).map(JourneyId).zip(&mut *courses) {
            let asked = questions.join(plan, hits, &bites, &mut course.ledger);
            join.concerned.extend(asked.into_iter().map(|index| (index, journey)));
        }
    }
    for course in courses.iter_mut() {
        course.ledger.hit_by_legs();
    }
    let waiting = join.receivers(plan, hits, courses);
    let concerned = join.concerned;
    for (index, journey) in concerned {
        let journeys = &mut bites[index].journeys;
        if !journeys.contains(&journey) {
            journeys.push(journey);
        }
    }
    hits.bites = bites;
    waiting
}

/// Since when each journey has messages on their way to whom from where, of which it is not known whether they will come.
#[derive(Debug, Default)]
pub(super) struct Waiting(BTreeMap<(AccountId, EndpointId), BTreeMap<JourneyId, Moment>>);

impl Waiting {
    /// Whether a hit may yet turn out to concern a journey more.
    fn concerns(&self, plan: &Plan, hits: &Hits, bite: &Bite) -> bool {
        let Some(account) = bite.account.filter(|_| !hits.carriers.contains(&bite.connection)) else { return false };
        let journeys = endpoints(plan, hits, bite).filter_map(|endpoint| self.0.get(&(account, endpoint)));
        journeys.flatten().any(|(journey, since)| *since <= bite.at && !bite.journeys.contains(journey))
    }
}

/// Finds whom each hit concerns.
struct Join<'a> {
    /// By connection, exchange and moment.
    bites: &'a [Bite],
    pass: Pass,
    /// Everything until then has come.
    until: Moment,
    /// Which hit concerns which journey, as often as it was found.
    concerned: Vec<(usize, JourneyId)>,
}

impl Join<'_> {
    /// Joins an attempt: with hits on its exchange, on the login before it, and on its connection (its handshake) while it lasted.
    /// Says whether there were any.
    fn attempt(&mut self, journey: JourneyId, attempt: &Try) -> bool {
        let (sent, done) = (attempt.sent, attempt.done);
        let on = |exchange, from, to| self.between(attempt.connection, exchange, from, to);
        let handshake = on(0, sent.before(CHUNKS), done);
        let (own, login) = match attempt.exchange {
            0 => (0..0, 0..0),
            1 => (on(1, Moment::ZERO, Moment::MAX), 0..0),
            own => (on(own, Moment::ZERO, Moment::MAX), on(own - 1, sent, done)),
        };
        let before = self.concerned.len();
        self.concerned.extend(handshake.chain(own).chain(login).map(|index| (index, journey)));
        self.concerned.len() > before
    }

    /// The hits on an exchange from `from` to `to`, both included.
    fn between(&self, connection: u64, exchange: u32, from: Moment, to: Moment) -> Range<usize> {
        let key = |bite: &Bite| (bite.connection, bite.exchange, bite.at);
        let first = self.bites.partition_point(|bite| key(bite) < (connection, exchange, from));
        first..self.bites.partition_point(|bite| key(bite) <= (connection, exchange, to)).max(first)
    }

    /// Joins the hits on connections over which nothing is sent: those over which people receive.
    fn receivers(&mut self, plan: &Plan, hits: &Hits, courses: &mut [Course]) -> Waiting {
        let pushes = self
            .bites
            .iter()
            .enumerate()
            .filter(|(_, bite)| bite.at <= self.until && !hits.carriers.contains(&bite.connection));
        let pushes: Vec<(usize, AccountId)> =
            pushes.filter_map(|(index, bite)| bite.account.map(|account| (index, account))).collect();
        let accounts: BTreeSet<AccountId> = pushes.iter().map(|(_, account)| *account).collect();
        let mut waiting = Waiting::default();
        if accounts.is_empty() {
            return waiting;
        }
        for ((id, part), course) in plan.journey_ids().zip(courses) {
            let due = Incoming::of((plan, part), (self.pass, course), &accounts);
            for number in due.hit_on_their_way(plan, hits, self.bites, &pushes) {
                course.ledger.hit_on_its_way(number);
            }
            for (index, account) in &pushes {
                let bite = &self.bites[*index];
                if endpoints(plan, hits, bite).any(|endpoint| due.any_at(*account, endpoint, bite.at)) {
                    self.concerned.push((*index, id));
                }
            }
            for (whom, since) in due.waiting {
                waiting.0.entry(whom).or_default().insert(id, since);
            }
        }
        waiting
    }
}

/// Where a connection leads: as written down when it was made, else wherever the inject is aimed, since it was turned away before.
fn endpoints(plan: &Plan, hits: &Hits, bite: &Bite) -> impl Iterator<Item = EndpointId> {
    let hop = hits.hops.get(&bite.connection).copied();
    let aimed = &plan.injects[bite.inject.index()].aim.endpoints;
    let all = plan.endpoint_ids().map(|(id, _)| id);
    all.filter(move |id| hop.map_or(aimed.is_empty() || aimed.contains(id), |hop| hop == *id))
}

/// A message that was taken, and that a recipient got too late or not at all: a fault on his connection may have kept it from him for as
/// long as it was on its way, or for its deadline.
fn late(plan: &Plan, journey: &Journey, number: u32, (row, slot): (&Row, &Slot)) -> Option<OnItsWay> {
    let in_time = slot.received() && slot.at <= row.due + journey.deadline;
    if in_time || row.acks == 0 || slot.declined(row) {
        return None;
    }
    let by = plan.arrivals(journey.routes.get(row.acked_route.index())?.endpoint);
    let from = if row.first_route == row.acked_route { row.first_sent } else { row.last_sent };
    let until = if slot.received() { slot.at } else { row.acked + journey.deadline };
    Some(OnItsWay { number, to: slot.recipient, by, from, until })
}

/// When a journey's messages were on their way from an endpoint to a recipient, or within the deadline of it.
#[derive(Default)]
struct Incoming {
    /// By their beginnings; each end is the latest up to there.
    stretches: BTreeMap<(AccountId, EndpointId), Vec<(Moment, Moment)>>,
    /// Since when those are on their way that were taken and are not received.
    waiting: BTreeMap<(AccountId, EndpointId), Moment>,
    /// Those that were late, or are missing.
    late: Vec<OnItsWay>,
}

/// A message on its way to a recipient, from the attempt by which it was taken.
struct OnItsWay {
    number: u32,
    to: AccountId,
    /// The endpoints that it may come from.
    by: Vec<EndpointId>,
    from: Moment,
    until: Moment,
}

impl Incoming {
    fn of((plan, journey): (&Plan, &Journey), (pass, course): (Pass, &Course), accounts: &BTreeSet<AccountId>) -> Self {
        let mut incoming = Self::default();
        for (number, (row, slots)) in course.ledger.rows() {
            for slot in slots.iter().filter(|slot| accounts.contains(&slot.recipient)) {
                let awaited = !slot.received() && course.is_awaited(pass, row);
                incoming.delivery((plan, journey), (row, awaited), slot);
                incoming.late.extend(late(plan, journey, number, (row, slot)));
            }
        }
        for stretches in incoming.stretches.values_mut() {
            stretches.sort_unstable();
            let mut latest = Moment::ZERO;
            for (_, end) in stretches {
                latest = latest.max(*end);
                *end = latest;
            }
        }
        incoming
    }

    /// An endpoint has taken a message if it acknowledged or delivered it. Without a receipt, the deadline bounds the way: if none is awaited
    /// any more, for one that comes may be of before.
    fn delivery(&mut self, (plan, journey): (&Plan, &Journey), (row, awaited): (&Row, bool), slot: &Slot) {
        let deadline = journey.deadline;
        let mut add = |route: RouteId, taken: Moment, until: Moment| {
            let by = journey.routes.get(route.index()).map(|route| plan.arrivals(route.endpoint));
            for endpoint in by.into_iter().flatten() {
                let stretches = self.stretches.entry((slot.recipient, endpoint)).or_default();
                stretches.push((taken.before(deadline), until));
            }
        };
        let same = slot.received() && slot.route == row.acked_route;
        match (row.acks > 0 && !slot.declined(row), same) {
            (true, true) => return add(slot.route, row.acked.min(slot.at), slot.at),
            (true, false) if !awaited => add(row.acked_route, row.acked, row.acked + deadline),
            (true | false, _) => {}
        }
        if slot.received() {
            add(slot.route, slot.at, slot.at);
        } else if row.acks > 0
            && let Some(route) = journey.routes.get(row.acked_route.index())
        {
            let from = row.acked.before(deadline);
            for endpoint in plan.arrivals(route.endpoint) {
                let since = self.waiting.entry((slot.recipient, endpoint)).or_insert(from);
                *since = from.min(*since);
            }
        }
    }

    /// The numbers of those of whose recipient a connection to where they came from was hit meanwhile. Hits on chunks may be later than
    /// it is written down.
    fn hit_on_their_way(
        &self,
        plan: &Plan,
        hits: &Hits,
        bites: &[Bite],
        pushes: &[(usize, AccountId)],
    ) -> BTreeSet<u32> {
        let mut by_account: BTreeMap<AccountId, Vec<&Bite>> = BTreeMap::new();
        for (index, account) in pushes {
            by_account.entry(*account).or_default().push(&bites[*index]);
        }
        for bites in by_account.values_mut() {
            bites.sort_unstable_by_key(|bite| bite.at);
        }
        let is_hit = |late: &&OnItsWay| {
            let bites = by_account.get(&late.to).map_or(&[][..], Vec::as_slice);
            let from = bites.partition_point(|bite| bite.at < late.from.before(CHUNKS));
            let mut meanwhile = bites[from..].iter().take_while(|bite| bite.at <= late.until);
            meanwhile.any(|bite| endpoints(plan, hits, bite).any(|endpoint| late.by.contains(&endpoint)))
        };
        self.late.iter().filter(is_hit).map(|late| late.number).collect()
    }

    fn any_at(&self, account: AccountId, endpoint: EndpointId, at: Moment) -> bool {
        let Some(stretches) = self.stretches.get(&(account, endpoint)) else { return false };
        let begun = stretches.partition_point(|(from, _)| *from <= at);
        begun.checked_sub(1).is_some_and(|last| stretches[last].1 >= at)
    }
}
