//! What a validated drill *is*: pure data. A `Plan` cannot be wrong.
//!
//! There are two doors to a plan: `scenario::load`, which reads a person's YAML and reports every mistake, and `journal::plan`, which
//! reads the canonical JSON of a recorded run and checks its digest. Parts refer to each other by their position in the plan's tables.

mod audit;
mod boundary;
mod budgeting;
mod calendar;
mod capability;
mod claim;
mod clock;
mod corpus;
mod credential;
mod crew;
mod delay;
mod documents;
mod endpoint;
mod erp;
mod expr;
mod fault;
mod framing;
mod gateway;
mod guard;
mod inject;
mod inspection;
mod journey;
mod listed;
mod measure;
pub mod message;
mod metric;
mod observing;
mod pace;
mod pattern;
mod phase;
mod place;
pub mod reach;
mod receipts;
mod runbook;
mod service;
mod shape;
mod site;
mod sliding;
mod sso;
mod target;
mod template;
mod tier;
mod ways;
mod window;
mod wire;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub use audit::Audit;
pub use boundary::{Boundary, Place, Reach, When};
pub use budgeting::Budgeting;
pub use calendar::{Calendar, Period, Zone};
pub use capability::Capability;
pub use claim::{Claim, ClaimKind, ClaimOp};
pub use clock::Clock;
pub use corpus::{Corpus, Sensitivity};
pub use credential::{Binding, Variables};
pub use crew::{Crew, Others};
pub use delay::Delay;
pub use documents::{Documents, Editing, Lock, Locking, OnConflict, Peer, Work, Writes};
pub use endpoint::{Edition, Endpoint, EndpointKind, Limits, Mail, Tls, Url, Within};
pub use erp::{Applies, Dedupe, Erp};
pub use expr::{Bound, Expr, Label, Naming, Op, Selector, Written};
pub use fault::param;
pub use fault::{
    Action, Answered, BlockAction, BodyEdit, Call, Deprovision, DnsAnswer, Doc, Down, Dropped, Exec, Fault, Fence,
    FenceAction, FreezeMode, Half, Hits, Http, Latency, Loss, LossModel, NoAnswer, Param, ParamKind, ParamNeed,
    RateLimit, Scope, Score, SniBlock, Suspicion, Trail,
};
pub use framing::{Cut, Framing, TooLong};
pub use gateway::{Breaker, Forwarding, Gateway};
pub use guard::{Guard, StopConditions};
pub use inject::{Aim, Direction, Inject, Lease, Per};
pub use inspection::{Fails, Inspection};
pub use journey::{
    After, Arrival, Back, Deciding, Detector, Failover, FailoverBy, Journey, PerAccount, Recipients, Resend, Retry,
    Route,
};
pub use listed::{Lead, Listed, NotListed};
pub use measure::Measure;
pub use metric::{Aggregate, CoverageSet, Metric, MetricKind};
pub use observing::{DrillWay, ToTwin};
pub use pace::{Course, Pace, Part, Recorded, Stretch};
pub use pattern::{BadPattern, Blank, Pattern, Piece};
pub use phase::{Phase, PhaseKind};
pub use place::{Account, Exit, ExitKind, Group, Link, Region};
pub use receipts::Receipts;
pub use runbook::{Runbook, Step, StepKind, StepPhase};
pub use service::{Ask, Content, Found, Is, Json, Pointer, PointerStep, Poll, Rule, Service, Success};
pub use shape::{Pick, Shape, Wave};
pub use site::{Host, NoHost, Site};
pub use sliding::{Sliding, stretches};
pub use sso::{Sso, Trust, Verify};
pub use target::{Abort, Confidence, Expectation, Level, Previous, Target, Verdict};
pub use template::{Template, TemplateError, is_variable_name};
pub use tier::Tier;
pub use ways::{ProxyProtocol, ProxyVersion, WayIn, WayKind};
pub use window::Window;
pub use wire::{Carrier, Frame, Login, Opening, Push, Wire};

use crate::draw::Seed;
use crate::units::{AccountId, EndpointId, GroupId, InjectId, JourneyId, Moment, PhaseId, RegionId, Share, Span};

/// A drill, ready to be played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The scenario's name: lower-case letters, digits and hyphens. It names the run's directory.
    pub name: String,
    /// The question the drill answers, in the scenario author's words.
    pub question: Option<String>,
    /// The variant that was applied, if any.
    pub variant: Option<String>,
    /// What the scenario or its variant expects the drill to show.
    pub expect: Option<Expectation>,
    /// The seed that the scenario names; the command line may name another.
    pub seed: Option<Seed>,
    /// Whose clocks say when a month of an error budget begins.
    #[serde(default, skip_serializing_if = "Zone::is_default")]
    pub zone: Zone,
    /// The month, the quarter and the year of error budgets: those in which the drill starts, so that they stand in block 0 beside its start
    /// and not in the plan; `None` before it has one.
    #[serde(skip)]
    pub calendar: Option<Calendar>,
    /// Regions, in the order of the scenario.
    pub regions: Vec<Region>,
    /// Links between regions, one-way delays; symmetric.
    pub links: Vec<Link>,
    /// Endpoints, in the order of the scenario.
    pub endpoints: Vec<Endpoint>,
    /// Groups of accounts.
    pub groups: Vec<Group>,
    /// Every account, group by group.
    pub accounts: Vec<Account>,
    /// Journeys: the business traffic.
    pub journeys: Vec<Journey>,
    /// Phases, one after another from the drill's start.
    pub phases: Vec<Phase>,
    /// What is injected when.
    pub injects: Vec<Inject>,
    /// How long receipts are awaited after an acknowledgement once nothing new is due.
    pub grace: Span,
    /// The promises.
    pub targets: Vec<Target>,
    /// Where certain data may not come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boundaries: Vec<Boundary>,
    /// Figures someone asserted.
    pub claims: Vec<Claim>,
    /// What may be dialled besides twins and loopback, and when to stop.
    pub guard: Option<Guard>,
    /// What people do about it.
    pub runbook: Option<Runbook>,
    /// Listeners for programs that are not ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways_in: Vec<DrillWay>,
}

impl Plan {
    /// A plan of nothing, for a path without a drill.
    pub fn bare(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            question: None,
            variant: None,
            expect: None,
            seed: None,
            zone: Zone::default(),
            calendar: None,
            regions: Vec::new(),
            links: Vec::new(),
            endpoints: Vec::new(),
            groups: Vec::new(),
            accounts: Vec::new(),
            journeys: Vec::new(),
            phases: Vec::new(),
            injects: Vec::new(),
            grace: Span::ZERO,
            targets: Vec::new(),
            boundaries: Vec::new(),
            claims: Vec::new(),
            guard: None,
            runbook: None,
            ways_in: Vec::new(),
        }
    }

    /// Takes the calendar's periods in which the drill starts.
    pub fn starts(&mut self, started: jiff::Timestamp) {
        self.calendar = Calendar::at(&self.zone, started);
    }

    /// When the last phase ends and nothing new is due.
    pub fn end(&self) -> Moment {
        self.phases.last().map_or(Moment::ZERO, Phase::end)
    }

    /// The phase in which `at` lies; moments after the last phase belong to the last phase.
    pub fn phase_at(&self, at: Moment) -> Option<PhaseId> {
        let after = self.phases.partition_point(|phase| phase.start <= at);
        after.checked_sub(1).map(|index| PhaseId(u16::try_from(index).unwrap_or(u16::MAX)))
    }

    /// The region of a source address: the longest matching block.
    pub fn region_of(&self, address: IpAddr) -> Option<RegionId> {
        let matches = self.regions.iter().enumerate().flat_map(|(index, region)| {
            let blocks = region.addresses.iter().filter(move |block| block.contains(&address));
            blocks.map(move |block| (block.prefix_len(), index))
        });
        let (_, index) = matches.max_by_key(|(length, index)| (*length, std::cmp::Reverse(*index)))?;
        u16::try_from(index).ok().map(RegionId)
    }

    /// The one-way delay between two regions; inside a region 0.2 ms.
    pub fn link_delay(&self, a: RegionId, b: RegionId) -> Option<Delay> {
        if a == b {
            return Some(Delay::INSIDE_A_REGION);
        }
        self.links.iter().find(|link| link.joins(a, b)).map(|link| link.latency.clone())
    }

    /// The legs a connection of `account` to `endpoint` takes: over the group's exit, if it has one.
    pub fn way(&self, account: &Account, endpoint: EndpointId) -> Vec<(RegionId, RegionId)> {
        let group = &self.groups[account.group.index()];
        let to = self.endpoints[endpoint.index()].region;
        match &group.via {
            Some(exit) if exit.region != group.region => vec![(group.region, exit.region), (exit.region, to)],
            _ => vec![(group.region, to)],
        }
    }

    /// What a service sees of an account's way besides its address.
    pub fn trail(&self, account: &Account) -> Trail {
        let group = &self.groups[account.group.index()];
        let Some(exit) = &group.via else { return Trail::default() };
        let there = self.link_delay(group.region, exit.region).filter(|_| exit.region != group.region);
        let clock = |region: RegionId| self.regions[region.index()].utc_offset;
        Trail {
            network: Some(exit.kind),
            // There and back again; the rest of the way is what users of the exit's own region have, too.
            rtt_excess: there.map_or(Span::ZERO, |delay| delay.mean() * 2),
            other_clock: clock(group.region) != clock(exit.region),
        }
    }

    /// The id of the `ordinal`-th account of a group.
    pub fn member(&self, group: GroupId, ordinal: u32) -> AccountId {
        let first = self.groups[..group.index()].iter().map(|g| g.count).sum::<u32>();
        AccountId(first + ordinal)
    }

    /// The account's name for people: `purchasing-3`, counted from 1.
    pub fn account_name(&self, account: AccountId) -> String {
        let account = &self.accounts[account.index()];
        format!("{}-{}", self.groups[account.group.index()].name, account.ordinal + 1)
    }

    /// Ids and parts of the endpoints.
    pub fn endpoint_ids(&self) -> impl Iterator<Item = (EndpointId, &Endpoint)> {
        (0_u16..).map(EndpointId).zip(&self.endpoints)
    }

    /// Ids and parts of the journeys.
    pub fn journey_ids(&self) -> impl Iterator<Item = (JourneyId, &Journey)> {
        (0_u16..).map(JourneyId).zip(&self.journeys)
    }

    /// Ids and parts of the injects.
    pub fn inject_ids(&self) -> impl Iterator<Item = (InjectId, &Inject)> {
        (0_u16..).map(InjectId).zip(&self.injects)
    }

    /// The injects that act outside of firedrill, with what they do.
    pub fn actions(&self) -> impl Iterator<Item = (InjectId, &Inject, &Action)> {
        self.inject_ids().filter_map(|(id, inject)| inject.fault.action().map(|action| (id, inject, action)))
    }

    /// Ids and parts of the phases.
    pub fn phase_ids(&self) -> impl Iterator<Item = (PhaseId, &Phase)> {
        (0_u16..).map(PhaseId).zip(&self.phases)
    }

    /// The accounts an inject is aimed at by group and share: those with the smallest draws, ties by ordinal. `None` = everyone. Control
    /// accounts are out before anything is drawn.
    pub fn aimed(&self, seed: Seed, inject: InjectId) -> Option<Vec<AccountId>> {
        let inject = &self.injects[inject.index()];
        let Some(group) = inject.aim.group else { return self.all_exposed() };
        let part = &self.groups[group.index()];
        let drawn = drawn(seed, (&inject.name, &part.name), part.exposed(), inject.aim.share);
        let mut accounts: Vec<_> = drawn.into_iter().map(|ordinal| self.member(group, ordinal)).collect();
        accounts.sort_unstable();
        Some(accounts)
    }

    /// Everyone but the control accounts, if there are any.
    fn all_exposed(&self) -> Option<Vec<AccountId>> {
        let all = (0..).map(AccountId).take(self.accounts.len());
        self.has_control().then(|| all.filter(|account| !self.is_control(*account)).collect())
    }

    /// Whether the drill hears that messages of a journey were received by way of an endpoint. Otherwise their acknowledgement is all that
    /// is known.
    pub fn has_receipts(&self, journey: &Journey, endpoint: EndpointId) -> bool {
        let part = &self.endpoints[endpoint.index()];
        match part.gateway() {
            // They tell of it from where it sends on to.
            Some(gateway) => {
                let told = |id: &EndpointId| self.has_receipts(journey, *id);
                let to = gateway.forwards(journey);
                !to.is_empty() && to.iter().all(told)
            }
            None => part.receipts.tell_of(journey.send),
        }
    }

    /// The most connections for requests that an account holds at an endpoint: the fewest that a journey of its group by this way allows.
    pub fn connections(&self, account: AccountId, endpoint: EndpointId) -> Option<u32> {
        let group = self.accounts[account.index()].group;
        let by_this_way = |journey: &&Journey| journey.from == group && journey.may_come_by(Some(endpoint));
        self.journeys.iter().filter(by_this_way).filter_map(|journey| journey.per_account.connections).min()
    }

    /// The other names by which an endpoint's clients reach it: of a real service whose Stream mode they use, whatever else the guard lists,
    /// since the gateway of that has a name of its own, which the service tells only when it is asked.
    pub fn other_names(&self, endpoint: EndpointId) -> Vec<Url> {
        let Endpoint { url: Some(url), receipts: Receipts::Stream, .. } = &self.endpoints[endpoint.index()] else {
            return Vec::new();
        };
        let listed = self.guard.iter().flat_map(|guard| &guard.hosts);
        listed.map(|host| Url::beside(host, url.tls.as_ref())).filter(|other| other != url).collect()
    }

    /// Whether an endpoint is reached under an authority that itself has told its clients: a twin, and a service on this machine that
    /// has no other name, under any.
    pub fn is_reached_as(&self, endpoint: EndpointId, authority: &str) -> bool {
        let others = self.other_names(endpoint);
        match &self.endpoints[endpoint.index()].url {
            None => true,
            Some(url) if url.is_here() && others.is_empty() => true,
            Some(url) => [url].into_iter().chain(&others).any(|url| url.is_called(authority)),
        }
    }

    /// The classes of data that journeys carry, each once, in the order of the journeys.
    pub fn classes(&self) -> Vec<&str> {
        Journey::classes(&self.journeys)
    }

    /// The class of a journey's data: 1 + its position among the classes, 0 for none.
    pub fn class_of(&self, journey: JourneyId) -> u16 {
        let class = self.journeys[journey.index()].class.as_deref();
        let position = class.and_then(|class| self.classes().iter().position(|known| *known == class));
        position.and_then(|position| u16::try_from(position + 1).ok()).unwrap_or(0)
    }

    /// The plan as canonical JSON: keys sorted, no white space.
    pub fn canonical_json(&self) -> String {
        // A plan holds only strings, numbers, lists and string-keyed maps, none of which JSON refuses.
        serde_json::to_value(self).map(|value| value.to_string()).unwrap_or_default()
    }
}

/// Which of a group's accounts, by ordinal, a share of it is for one inject: those with the smallest draws, ties by ordinal.
pub fn drawn(seed: Seed, (inject, group): (&str, &str), count: u32, share: Share) -> Vec<u32> {
    let key = seed.key("share").name(inject).name(group);
    let mut drawn: Vec<_> = (0..count).map(|ordinal| (key.draw(u64::from(ordinal)).bits(), ordinal)).collect();
    drawn.sort_unstable();
    drawn.truncate(share.of(count) as usize);
    drawn.into_iter().map(|(_, ordinal)| ordinal).collect()
}
