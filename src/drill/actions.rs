//! What a drill does outside, and undoes: beside the timeline, which waits for none of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{note, stopped};
use crate::control::Scene;
use crate::injector::{Entry, Injector, UndoLog};
use crate::journal::{Called, Came, End, Event};
use crate::plan::{Action, Half};
use crate::units::{InjectId, Moment};
use crate::world::Tasks;

/// The actions of a drill. Cheap to clone: every clone is the same.
#[derive(Clone)]
pub(super) struct Actions {
    scene: Scene,
    /// `None` = nothing is done, and all is taken as done.
    injector: Option<Injector>,
    tasks: Tasks,
    cut: watch::Sender<bool>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    standing: BTreeMap<InjectId, Standing>,
    /// What went wrong first.
    failure: Option<String>,
}

/// How far an action is that was begun and is not undone.
enum Standing {
    /// It is being done; it may be time already to undo it.
    Acting { over: bool },
    /// It was done, or perhaps half.
    Done { entry: Box<Entry>, applied: bool },
    /// It is taken as done.
    Rehearsed,
}

impl Actions {
    /// With an undo log they are done; without one, all is taken as done.
    pub(super) fn new(scene: &Scene, log: Option<Arc<UndoLog>>) -> Self {
        let (world, secrets) = (scene.world.clone(), scene.secrets.clone());
        let injector = log.map(|log| Injector { world, secrets, log });
        let (cut, _) = watch::channel(false);
        Self { scene: scene.clone(), injector, tasks: Tasks::new(), cut, shared: Arc::default() }
    }

    /// Whoever makes calls.
    pub(super) fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }

    /// What went wrong first: then the drill is not what was planned any more, and ends.
    pub(super) fn failure(&self) -> Option<String> {
        self.lock().failure.clone()
    }

    /// Begins an inject, if it is one that acts outside; says whether it is.
    pub(super) fn apply(&self, id: InjectId) -> bool {
        let inject = &self.scene.plan.injects[id.index()];
        let Some(action) = inject.fault.action() else { return false };
        let Some(injector) = self.injector.clone() else {
            let now = self.scene.world.clock.now();
            self.lock().standing.insert(id, Standing::Rehearsed);
            self.called(id, Half::Act, now, Came::rehearsed());
            note(&self.scene, Event::Applied(id));
            return true;
        };
        self.lock().standing.insert(id, Standing::Acting { over: false });
        let (this, name, action) = (self.clone(), inject.name.clone(), action.clone());
        self.tasks.spawn(format!("action {name}"), async move { this.act(&injector, id, &name, &action).await });
        true
    }

    /// Whether an inject acts outside.
    pub(super) fn acts(&self, id: InjectId) -> bool {
        self.scene.plan.injects[id.index()].fault.action().is_some()
    }

    /// Ends injects that act outside, all at the same time: what was done last is undone first, and one after another, since it may stand on
    /// what was done before.
    pub(super) fn lift(&self, ids: &[InjectId]) {
        let mut done = Vec::new();
        for &id in ids {
            let mut shared = self.lock();
            match shared.standing.remove(&id) {
                Some(Standing::Acting { .. }) => drop(shared.standing.insert(id, Standing::Acting { over: true })),
                Some(Standing::Rehearsed) => {
                    drop(shared);
                    self.called(id, Half::Undo, self.scene.world.clock.now(), Came::rehearsed());
                    note(&self.scene, Event::Lifted(id));
                }
                Some(Standing::Done { entry, applied }) => done.push((id, entry, applied)),
                None => {}
            }
        }
        let Some(injector) = self.injector.clone().filter(|_| !done.is_empty()) else { return };
        done.sort_by_key(|(_, entry, _)| std::cmp::Reverse(entry.number));
        let names: Vec<_> = done.iter().map(|(_, entry, _)| entry.inject.as_str()).collect();
        let (this, name) = (self.clone(), format!("undo of {}", names.join(", ")));
        self.tasks.spawn(name, async move {
            for (id, entry, applied) in done {
                this.undo(&injector, id, entry, applied).await;
            }
        });
    }

    /// Ends every inject that acts outside.
    pub(super) fn lift_all(&self) {
        let all: Vec<_> = self.lock().standing.keys().copied().collect();
        self.lift(&all);
    }

    /// Undoes whatever is not undone yet. A drill that was played to its end has failed all the same if something outside was not done, or
    /// not undone at once.
    pub(super) async fn settled(&self, end: End) -> End {
        self.settle().await;
        match self.failure() {
            Some(why) if end == End::Completed => stopped(&self.scene, End::Failed, &why),
            _ => end,
        }
    }

    /// Undoes whatever is not undone yet, the last first, whatever became of the drill. What is just being done is cut short.
    async fn settle(&self) {
        self.cut.send_replace(true);
        self.tasks.drained().await;
        let mut left = std::mem::take(&mut self.lock().standing);
        if self.injector.is_none() {
            self.lock().standing = left;
            return self.lift_all();
        }
        let Some(injector) = &self.injector else { return };
        // The log and not the table, which would not know of what a panic has interrupted.
        for entry in injector.log.outstanding() {
            let ids = || self.scene.plan.inject_ids();
            let Some((id, _)) = ids().find(|(_, inject)| inject.name == entry.inject) else { continue };
            let applied = matches!(left.remove(&id), Some(Standing::Done { applied: true, .. }));
            self.undo(injector, id, Box::new(entry), applied).await;
        }
    }

    async fn act(&self, injector: &Injector, id: InjectId, name: &str, action: &Action) {
        let mut made = self.scene.world.clock.now();
        let begin = || {
            made = self.scene.world.clock.now();
            note(&self.scene, Event::Calling(id, Half::Act));
        };
        let acted = injector.act(name, action, self.cut.subscribe(), begin).await;
        let (came, applied) = (acted.came.clone(), acted.came.is_done());
        self.called(id, Half::Act, made, acted.came);
        if applied {
            note(&self.scene, Event::Applied(id));
        } else {
            self.fail(format!("inject `{name}` was {}: {}", came.end, came.why));
        }
        let over = {
            let mut shared = self.lock();
            let over = matches!(shared.standing.remove(&id), Some(Standing::Acting { over: true }));
            if let Some(entry) = acted.entry {
                shared.standing.insert(id, Standing::Done { entry: Box::new(entry), applied });
            }
            over
        };
        if over {
            self.lift(&[id]);
        }
    }

    async fn undo(&self, injector: &Injector, id: InjectId, entry: Box<Entry>, applied: bool) {
        note(&self.scene, Event::Calling(id, Half::Undo));
        let began = self.scene.world.clock.now();
        // Never cut short: it is what the end of a drill waits for.
        let (_never, cut) = watch::channel(false);
        let came = injector.undo(&entry, cut).await;
        let (end, why, done) = (came.end, came.why.clone(), came.is_done());
        self.called(id, Half::Undo, began, came);
        if !done {
            self.fail(format!("the undo of inject `{}` was {end}: {why}", entry.inject));
            self.lock().standing.insert(id, Standing::Done { entry, applied });
        } else if applied {
            note(&self.scene, Event::Lifted(id));
        }
    }

    fn called(&self, inject: InjectId, half: Half, began: Moment, came: Came) {
        let ended = self.scene.world.clock.now();
        note(&self.scene, Event::Called(Called { inject, half, began, ended, came }));
    }

    fn fail(&self, why: String) {
        self.lock().failure.get_or_insert(why);
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
