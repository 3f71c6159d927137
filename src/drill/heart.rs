//! Whether the drill itself gets time to play in.
//!
//! Lag is measured when an attempt begins, and says nothing of what happens after: a machine that gives firedrill no time lets answers lie
//! unread until their deadline has passed, as if nobody had answered. So something beats at regular moments, as one more task of the runtime
//! that reads the sockets: it stands still when they do. In virtual time nothing is ever late.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::control::Scene;
use crate::journal::{Record, Stall};
use crate::limits::{BEAT_LEAST, BEAT_MOST};
use crate::units::{Moment, Span};
use crate::world::Tasks;

/// What beats while a drill is played.
#[derive(Clone)]
pub(super) struct Heart {
    /// How often it beats, and how late a beat may come before it counts; `None` if it does not beat.
    rate: Option<(Span, Span)>,
    /// The last beat, in nanoseconds.
    last: Arc<AtomicU64>,
    tasks: Tasks,
}

impl Heart {
    /// It beats so often that no stall lasts a tenth of the shortest deadline unnoticed, the lag that a sender may have.
    pub(super) fn new(scene: &Scene) -> Self {
        let shortest = scene.plan.journeys.iter().map(|journey| journey.deadline).min();
        let part = |deadline: Span, of: u64| Span::from_nanos(deadline.nanos() / of);
        let rate = shortest
            .filter(|_| scene.world.clock.may_be_late())
            .map(|deadline| (part(deadline, 20).clamp(BEAT_LEAST, BEAT_MOST), part(deadline, 10)));
        Self { rate, last: Arc::default(), tasks: Tasks::new() }
    }

    pub(super) fn start(&self, scene: &Scene) {
        if let Some((every, late)) = self.rate {
            let (world, beats) = (scene.clone(), Arc::clone(&self.last));
            self.last.store(scene.world.clock.now().nanos(), Ordering::Release);
            self.tasks.spawn("heart", async move { beat(&world, every, late, &beats).await });
        }
    }

    /// Whether it stands still just now: whatever was to come by now may not have been read yet.
    pub(super) fn is_late(&self, now: Moment) -> bool {
        let last = Moment::from_nanos(self.last.load(Ordering::Acquire));
        self.rate.is_some_and(|(every, late)| now.since(last + every) > late)
    }

    pub(super) async fn close(&self) {
        self.tasks.abort_all();
        self.tasks.drained().await;
    }
}

async fn beat(scene: &Scene, every: Span, late: Span, beats: &AtomicU64) {
    let clock = &scene.world.clock;
    let mut last = clock.now();
    loop {
        let due = last + every;
        clock.until(due).await;
        let at = clock.now();
        if at.since(due) > late {
            scene.journal.append(Record::Stall(Stall { last, due, at }));
        }
        last = at;
        beats.store(at.nanos(), Ordering::Release);
    }
}
