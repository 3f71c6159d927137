//! Where messages really went: each attempt, and each by which a gateway sends on or has a text inspected, is joined with the connection that carried it, and so with
//! the endpoint and the region that its data touched, whatever the plan says of its route.
//!
//! Data touches a place when a request is handed to a connection that leads there. Whether it was taken there makes no difference. What the
//! path refuses by itself goes no further and touches nothing: an attempt for which no connection was made to anywhere, or only after it had
//! ended; and one whose exchange a fault refused, whatever went over the same connection before.

use std::collections::{BTreeMap, BTreeSet};

use super::led::{Led, Place};
use super::settle::Course;
use crate::journal::{Attempt, Ending, Fate, Hit, Hop, Inspected, Onward, Synced};
use crate::limits::CROSSINGS_TOLD;
use crate::plan::{EndpointKind, Plan, When};
use crate::units::{AccountId, BoundaryId, EndpointId, JourneyId, MessageId, Moment, PhaseId, RegionId, RouteId};

/// What one journey's messages of one phase touched in one place, in one course of things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The journey.
    pub journey: JourneyId,
    /// The phase in which the messages were due.
    pub phase: PhaseId,
    /// In which course of things they were sent.
    pub when: When,
    /// The endpoint that a connection was made to …
    pub endpoint: EndpointId,
    /// … and the region in which it was found.
    pub region: RegionId,
    /// By which gateway it was sent on or inspected, if it was.
    pub via: Option<EndpointId>,
    /// How many attempts were carried there.
    pub attempts: u64,
    /// The bytes of their texts.
    pub bytes: u64,
    /// When the first began …
    pub first: Moment,
    /// … and the last.
    pub last: Moment,
}

/// One attempt that carried a message across a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crossing {
    /// When it began.
    pub at: Moment,
    /// The message.
    pub message: MessageId,
    /// The number of the attempt, or of the gateway's try; 0 of an inspection.
    pub number: u16,
    /// Who sent it.
    pub account: AccountId,
    /// The connection that carried it …
    pub connection: u64,
    /// … to this endpoint …
    pub endpoint: EndpointId,
    /// … in this region.
    pub region: RegionId,
    /// The gateway, if one sent it on or had it inspected.
    pub via: Option<EndpointId>,
    /// The boundary.
    pub boundary: BoundaryId,
    /// In which course of things.
    pub when: When,
}

/// A gateway's try that handed a message on.
#[derive(Clone, Copy, Debug)]
pub(super) struct HandedOn {
    pub(super) gateway: EndpointId,
    pub(super) message: MessageId,
    pub(super) at: Moment,
}

/// What was carried where, so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Flows {
    led: Led,
    /// Attempts that are not joined yet.
    carried: Vec<Carried>,
    cells: BTreeMap<Cell, Sum>,
    /// The earliest of each boundary and course of things.
    crossings: BTreeMap<(BoundaryId, When), BTreeSet<Crossing>>,
    /// Exchanges that a fault refused, and when, as long as what is not joined yet may be one of them.
    refused: BTreeSet<(u64, u32, Moment)>,
    /// Attempts of which it is not known any more where their connection led.
    pub(super) unknown: u64,
}

/// What is summed: by which gateway it was sent on comes last.
type Cell = (JourneyId, PhaseId, When, Place, Option<EndpointId>);

/// An attempt that was handed to a connection.
#[derive(Clone, Copy, Debug)]
struct Carried {
    message: MessageId,
    number: u16,
    route: RouteId,
    via: Option<EndpointId>,
    connection: u64,
    /// The last exchange on it; 0 = none, or it was answered with a yes.
    exchange: u32,
    sent: Moment,
    done: Moment,
    /// Whether it is a change of a document that one store told another: then the message itself may be over long ago.
    told: bool,
}

#[derive(Clone, Copy, Debug)]
struct Sum {
    attempts: u64,
    bytes: u64,
    first: Moment,
    last: Moment,
}

impl Flows {
    /// A connection was made. One that leads to nothing that the plan has comes from a damaged journal.
    pub(super) fn hop(&mut self, plan: &Plan, hop: &Hop) {
        if hop.endpoint.index() >= plan.endpoints.len() || hop.to.index() >= plan.regions.len() {
            return;
        }
        self.led.made(hop.connection, (hop.endpoint, hop.to), hop.at);
    }

    /// A fault has hit an exchange.
    pub(super) fn hit(&mut self, hit: &Hit) {
        if hit.fate == Fate::Refused {
            self.refused.insert((hit.connection, hit.exchange, hit.at));
        }
    }

    /// An attempt has ended.
    pub(super) fn attempt(&mut self, attempt: &Attempt) {
        let &Attempt { message, number, route, sent, done, ending, .. } = attempt;
        let Some(connection) = attempt.connection.filter(|_| ending != Ending::NotSent) else { return };
        let exchange = unless_taken(attempt.exchange, ending);
        let carried = Carried { message, number, route, via: None, connection, exchange, sent, done, told: false };
        self.carried.push(carried);
    }

    /// A gateway has sent a message on. In which course of things that was, the route tells that led to the gateway.
    pub(super) fn onward(&mut self, plan: &Plan, onward: &Onward) {
        let &Onward { message, number, gateway, sent, done, ending, .. } = onward;
        let Some(route) = leads(plan, message, gateway) else { return };
        let Some(connection) = onward.connection.filter(|_| ending != Ending::NotSent) else { return };
        let (via, exchange) = (Some(gateway), unless_taken(onward.exchange, ending));
        let carried = Carried { message, number, route, via, connection, exchange, sent, done, told: false };
        self.carried.push(carried);
    }

    /// A store has told another one of changes, and with them their texts.
    pub(super) fn synced(&mut self, plan: &Plan, synced: &Synced) {
        let Some(connection) = synced.connection.filter(|_| synced.ending != Ending::NotSent) else { return };
        let (via, sent, done) = (Some(synced.from), synced.sent, synced.done);
        for message in synced.messages.iter().copied().filter(|message| plan.work(*message).is_some()) {
            self.carried.push(Carried {
                message,
                number: 1,
                route: RouteId(0),
                via,
                connection,
                exchange: 0,
                sent,
                done,
                told: true,
            });
        }
    }

    /// A gateway had a message's text inspected, if the text was handed to a connection for that.
    pub(super) fn inspected(&mut self, plan: &Plan, inspected: &Inspected) {
        let &Inspected { message, gateway, asked: sent, done, .. } = inspected;
        let Some(route) = leads(plan, message, gateway) else { return };
        if let Some(connection) = inspected.connection.filter(|_| inspected.exchange > 0) {
            let (via, exchange) = (Some(gateway), inspected.exchange);
            let carried = Carried { message, number: 0, route, via, connection, exchange, sent, done, told: false };
            self.carried.push(carried);
        }
    }

    /// Joins the attempts that began until a moment: all that belongs to them has come. Gives those by which gateways handed messages on, as far
    /// as is known.
    pub(super) fn join(&mut self, plan: &Plan, courses: &mut [Course], until: Moment) -> Vec<HandedOn> {
        let (now, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.carried).into_iter().partition(|one| one.sent <= until);
        self.carried = later;
        let mut handed_on = Vec::new();
        for one in &now {
            let place = self.led.to(one.connection, one.done);
            if place.is_some_and(|(endpoint, _)| self.goes_no_further(plan, one, endpoint)) {
                continue;
            }
            let is_unknown = place.is_none() && self.led.forgot && !self.led.is_new(one.connection);
            self.unknown += u64::from(is_unknown);
            if let Some(place) = place {
                self.record(plan, &mut courses[one.message.journey.index()], one, place);
            }
            let goes_on = place.is_some() || is_unknown;
            let by = one.via.filter(|_| goes_on && one.number > 0 && !one.told);
            handed_on.extend(by.map(|gateway| HandedOn { gateway, message: one.message, at: one.sent }));
        }
        self.refused.retain(|(.., at)| *at > until);
        self.led.forget(until);
        handed_on
    }

    /// Whether the message itself was not handed to a connection, though that leads to an endpoint.
    fn goes_no_further(&self, plan: &Plan, one: &Carried, endpoint: EndpointId) -> bool {
        match plan.endpoints[endpoint.index()].kind {
            // A sign-in carries no message, and where it leads no data goes.
            EndpointKind::Sso(_) => true,
            // Of a mail that the path refuses for a recipient, its sender may have been named there.
            EndpointKind::Smtp(_) => false,
            _ => {
                let hit_at = |at| (one.connection, one.exchange, at);
                one.exchange > 0
                    && self.refused.range(hit_at(one.sent)..=hit_at(one.done.max(one.sent))).next().is_some()
            }
        }
    }

    fn record(&mut self, plan: &Plan, course: &mut Course, one: &Carried, place: Place) {
        let (endpoint, region) = place;
        let journey = &plan.journeys[one.message.journey.index()];
        let (account, due, bytes, when) = if one.told {
            let account = plan.senders(journey).nth(one.message.number);
            (account, one.sent, journey.bytes.0, When::Steady)
        } else {
            let Some((row, _)) = course.ledger.row(one.message.number) else { return };
            let when = course.ledger.when(row.account, row.due, one.route);
            (row.account, row.due, u64::from(row.bytes), when)
        };
        let phase = plan.phase_at(due).unwrap_or(PhaseId(0));
        let none = Sum { attempts: 0, bytes: 0, first: Moment::MAX, last: Moment::ZERO };
        let sum = self.cells.entry((one.message.journey, phase, when, place, one.via)).or_insert(none);
        *sum = Sum {
            attempts: sum.attempts + 1,
            bytes: sum.bytes + bytes,
            first: sum.first.min(one.sent),
            last: sum.last.max(one.sent),
        };
        let crossed =
            plan.boundaries_of(one.message.journey).filter(|(_, boundary)| boundary.is_crossed(endpoint, region));
        for (boundary, _) in crossed {
            if !one.told {
                course.ledger.crossed(one.message.number, one.sent);
            }
            // Of a control arm it is told how many there were.
            if journey.control_of.is_some() {
                continue;
            }
            let &Carried { message, number, connection, via, sent: at, .. } = one;
            let crossing = Crossing { at, message, number, account, connection, endpoint, region, via, boundary, when };
            let told = self.crossings.entry((boundary, when)).or_default();
            told.insert(crossing);
            if told.len() > CROSSINGS_TOLD {
                told.pop_last();
            }
        }
    }

    /// Where a connection led over which something ended then, if it had been made and is remembered.
    pub(super) fn led_to(&mut self, connection: u64, at: Moment) -> Option<EndpointId> {
        self.led.to(connection, at).map(|(endpoint, _)| endpoint)
    }

    /// What was carried where.
    pub(super) fn flows(&self) -> Vec<Flow> {
        let flow = |(key, sum): (&Cell, &Sum)| {
            let &(journey, phase, when, (endpoint, region), via) = key;
            let &Sum { attempts, bytes, first, last } = sum;
            Flow { journey, phase, when, endpoint, region, via, attempts, bytes, first, last }
        };
        self.cells.iter().map(flow).collect()
    }

    /// The earliest crossings of each boundary and course of things.
    pub(super) fn crossings(&self) -> Vec<Crossing> {
        self.crossings.values().flatten().copied().collect()
    }
}

/// The exchange of what was not acknowledged, for which it may have been refused on its way.
fn unless_taken(exchange: u32, ending: Ending) -> u32 {
    if ending == Ending::Acknowledged { 0 } else { exchange }
}

/// The route by which a message comes to a gateway.
fn leads(plan: &Plan, message: MessageId, gateway: EndpointId) -> Option<RouteId> {
    plan.journeys.get(message.journey.index())?.route_to(gateway)
}
