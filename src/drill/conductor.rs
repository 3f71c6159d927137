use std::collections::{BTreeMap, VecDeque};

use super::actions::Actions;
use super::heart::Heart;
use super::live::{Cause, Live, Reached, Receiver};
use super::timeline::{Cue, cues};
use super::{Watch, note, stopped};
use crate::control::{Armed, Scene};
use crate::endpoint::Twin;
use crate::journal::{Decision, End, Event, Keeper};
use crate::plan::Failover;
use crate::traffic::Traffic;
use crate::units::{InjectId, JourneyId, Moment, RouteId, Span};
use crate::world::{Interrupt, Tasks};

/// Plays a drill's timeline.
pub(super) struct Conductor<'a> {
    pub(super) scene: &'a Scene,
    pub(super) twins: &'a [Twin],
    pub(super) actions: Actions,
    pub(super) heart: &'a Heart,
    pub(super) keeper: &'a Keeper<Live>,
    /// Whoever plays: a task that panicked is a bug, and nothing after it is to be trusted.
    players: Vec<Tasks>,
    reached: Receiver,
    outside: Outside,
    cues: VecDeque<(Moment, Cue)>,
    /// Switches that are decided, by moment.
    switches: BTreeMap<(Moment, JourneyId), (RouteId, RouteId)>,
    /// When it is looked again whether a target ends the drill.
    pub(super) looks_at: Moment,
}

/// A person who may end the drill, and one who may watch it.
pub(super) struct Outside {
    pub(super) interrupt: Interrupt,
    pub(super) watch: Option<Watch>,
}

/// What the conductor woke for.
enum Woken {
    Reached(Reached),
    Due,
    Tick,
}

impl<'a> Conductor<'a> {
    pub(super) fn new(
        (scene, twins, actions, heart): (&'a Scene, &'a [Twin], Actions, &'a Heart),
        keeper: &'a Keeper<Live>,
        players: Vec<Tasks>,
        reached: Receiver,
        outside: Outside,
    ) -> Self {
        let cues = cues(&scene.plan).into();
        let (switches, looks_at) = (BTreeMap::new(), Moment::ZERO);
        Self { scene, twins, actions, heart, keeper, players, reached, outside, cues, switches, looks_at }
    }

    /// Waits for what the drill needs before it begins; `Some` if something ends it before that.
    pub(super) async fn unless_stopped(&self, before: impl Future<Output = ()>) -> Option<End> {
        let clock = &self.scene.world.clock;
        let mut before = std::pin::pin!(before);
        loop {
            let is_over = tokio::select! {
                biased;
                () = &mut before => true,
                () = clock.sleep(self.tick()) => false,
            };
            if is_over {
                return None;
            }
            if let Some(end) = self.must_stop() {
                return Some(end);
            }
        }
    }

    /// Plays every cue and drains.
    pub(super) async fn play(&mut self, traffic: &Traffic) -> End {
        loop {
            if let Some(end) = self.must_stop() {
                return end;
            }
            match self.wake().await {
                Woken::Reached(reached) => self.commit(reached),
                Woken::Tick => {
                    self.show();
                    if self.cannot_be_kept().await {
                        return self.drain_early(traffic, End::Aborted).await;
                    }
                }
                Woken::Due => match self.next_cue().await {
                    Some(End::Completed) => return self.drain(traffic).await,
                    Some(end) => {
                        stopped(self.scene, end, "the steady state did not hold, so nothing is injected");
                        return self.drain_early(traffic, end).await;
                    }
                    None => {}
                },
            }
        }
    }

    /// Drains a drill that ends before its time.
    async fn drain_early(&mut self, traffic: &Traffic, end: End) -> End {
        let drained = self.drain(traffic).await;
        if drained == End::Completed { end } else { drained }
    }

    /// Whether something outside ends the drill now.
    pub(super) fn must_stop(&self) -> Option<End> {
        if let Some(task) = self.players.iter().flat_map(Tasks::panicked).next() {
            return Some(stopped(self.scene, End::Bug, &format!("a task of firedrill panicked: {task}")));
        }
        if let Some(why) = self.actions.failure() {
            return Some(stopped(self.scene, End::Failed, &why));
        }
        if let Some(failure) = self.keeper.failure() {
            return Some(stopped(self.scene, End::Failed, &failure.to_string()));
        }
        if let Some(why) = self.scene.alarm.raised() {
            return Some(stopped(self.scene, End::Failed, why));
        }
        self.outside.interrupt.is_raised().then(|| stopped(self.scene, End::Interrupted, "interrupted by a person"))
    }

    async fn wake(&mut self) -> Woken {
        let (clock, tick) = (&self.scene.world.clock, self.tick());
        let cue = self.cues.front().map_or(Moment::MAX, |(at, _)| *at);
        let switch = self.switches.keys().next().map_or(Moment::MAX, |(at, _)| *at);
        let due = cue.min(switch);
        if clock.now() >= due {
            return Woken::Due;
        }
        tokio::select! {
            biased;
            Some(reached) = self.reached.recv() => Woken::Reached(reached),
            () = clock.until(due) => Woken::Due,
            () = clock.sleep(tick) => Woken::Tick,
        }
    }

    /// How often a person's wish to end is looked for. In virtual time a second passes in no time.
    pub(super) fn tick(&self) -> Span {
        if self.scene.world.clock.is_virtual() { Span::from_secs(1) } else { Span::from_millis(100) }
    }

    pub(super) fn show(&mut self) {
        if let Some(watch) = &mut self.outside.watch {
            let now = self.scene.world.clock.now();
            self.keeper.with_sink(|live| watch(now, live));
        }
    }

    /// Takes whatever is due first: a switch before a cue of the same moment.
    async fn next_cue(&mut self) -> Option<End> {
        let now = self.scene.world.clock.now();
        let due = self.switches.first_key_value().filter(|((at, _), _)| *at <= now);
        if let Some((&key, &(from, to))) = due {
            self.switches.remove(&key);
            self.switch(key.1, from, to);
            return None;
        }
        let (at, cue) = self.cues.pop_front()?;
        match cue {
            Cue::Lift(inject) if self.actions.acts(inject) => self.undo_with(inject, at),
            Cue::Lift(inject) => {
                self.scene.board.lift(inject);
                note(self.scene, Event::Lifted(inject));
            }
            Cue::Gate => return (!self.steady().await).then_some(End::NotSteady),
            Cue::Phase(phase) => {
                self.scene.board.enter(Some(phase));
                note(self.scene, Event::Phase(phase));
            }
            Cue::Apply(inject) if self.actions.apply(inject) => {}
            Cue::Apply(inject) => {
                note(self.scene, Event::Applied(inject));
                let world = &self.scene.world;
                self.scene.board.apply(Armed::of(&self.scene.plan, world.seed, inject, world.clock.now()));
            }
            Cue::End => return Some(End::Completed),
        }
        None
    }

    /// Ends an inject that acts outside, with all others whose time is over at the same moment.
    fn undo_with(&mut self, inject: InjectId, at: Moment) {
        let mut together = vec![inject];
        self.cues.retain(|(when, cue)| match cue {
            Cue::Lift(other) if *when == at && self.actions.acts(*other) => {
                together.push(*other);
                false
            }
            _ => true,
        });
        self.actions.lift(&together);
    }

    /// A journey has reached what it waits for: the decision is committed, healed or not.
    fn commit(&mut self, reached: Reached) {
        let Reached { journey, from, cause, at, position } = reached;
        let Some(Failover { decide, .. }) = &self.scene.plan.journeys[journey.index()].failover else { return };
        let account = None;
        let (to, switch_at, decision) = match cause {
            Cause::Failures(failures) => {
                let (to, switch_at) = (RouteId(from.0 + 1), at + *decide);
                (to, switch_at, Decision::Failover { journey, account, from, to, failures, switch_at })
            }
            Cause::GoodSince(good_since) => {
                let to = RouteId(0);
                (to, at, Decision::Return { journey, account, from, to, good_since })
            }
        };
        note(self.scene, Event::Decided { position, decision });
        self.switches.insert((switch_at, journey), (from, to));
    }

    fn switch(&self, journey: JourneyId, from: RouteId, to: RouteId) {
        note(self.scene, Event::Switched { journey, account: None, from, to });
        self.scene.board.switch(journey, to);
    }

    /// What is decided or due while the drill drains: failovers go on, nothing new is injected.
    pub(super) async fn play_on(&mut self) {
        match self.wake().await {
            Woken::Reached(reached) => self.commit(reached),
            Woken::Tick => self.show(),
            Woken::Due => {
                // Only switches are left: the end was the last cue.
                self.next_cue().await;
            }
        }
    }

    /// Takes note of whatever has been reached by now, and tells whether a switch is still to come for which messages wait.
    pub(super) fn has_switch_for(&mut self, traffic: &Traffic) -> bool {
        while let Ok(reached) = self.reached.try_recv() {
            self.commit(reached);
        }
        self.switches.keys().any(|(_, journey)| traffic.waits(*journey))
    }

    /// Leaves out every cue that is still to come.
    pub(super) fn forget_cues(&mut self) {
        self.cues.clear();
    }
}
