//! Named tasks, so that whoever waits for them can say which one is stuck.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// A set of named tasks. Cheap to clone: every clone is the same set. Dropping it aborts nothing.
#[derive(Clone, Debug, Default)]
pub struct Tasks(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    set: Mutex<Set>,
    /// Rung when the last task has ended.
    ended: Notify,
}

#[derive(Debug, Default)]
struct Set {
    next_id: u64,
    running: BTreeMap<u64, (Arc<str>, Option<AbortHandle>)>,
    panicked: Vec<Arc<str>>,
    /// Everything was aborted, and what is started now is, too.
    closed: bool,
}

impl Tasks {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts `fut` as a task called `name`. Names need not be unique. Must be called within a world.
    pub fn spawn(&self, name: impl Into<Arc<str>>, fut: impl Future<Output = ()> + Send + 'static) {
        let id = {
            let mut set = self.lock();
            set.next_id += 1;
            let id = set.next_id;
            set.running.insert(id, (name.into(), None));
            id
        };
        let ending = Ending { tasks: self.clone(), id };
        let handle = tokio::spawn(async move {
            // Moved in, so that it is dropped however the task ends, even before its first poll.
            let _ending = ending;
            fut.await;
        });
        let closed = {
            let mut set = self.lock();
            // On another thread the task may be over already: then it is no longer here.
            if let Some((_, abort)) = set.running.get_mut(&id) {
                *abort = Some(handle.abort_handle());
            }
            set.closed
        };
        if closed {
            handle.abort();
        }
    }

    /// Aborts every task that still runs, and from now on every one that is spawned: a task that is on its way out must not leave
    /// another behind. They have ended when [`drained`](Self::drained) returns.
    pub fn abort_all(&self) {
        let handles: Vec<_> = {
            let mut set = self.lock();
            set.closed = true;
            set.running.values().filter_map(|(_, abort)| abort.clone()).collect()
        };
        handles.iter().for_each(AbortHandle::abort);
    }

    /// The names of the tasks that still run, in the order in which they were started.
    #[must_use]
    pub fn running(&self) -> Vec<Arc<str>> {
        self.lock().running.values().map(|(name, _)| Arc::clone(name)).collect()
    }

    /// How many tasks still run.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().running.len()
    }

    /// Whether no task runs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names of the tasks that panicked, in the order in which they did.
    #[must_use]
    pub fn panicked(&self) -> Vec<Arc<str>> {
        self.lock().panicked.clone()
    }

    /// Waits until no task runs.
    pub async fn drained(&self) {
        loop {
            let mut ended = std::pin::pin!(self.0.ended.notified());
            ended.as_mut().enable();
            if self.is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Set> {
        self.0.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Strikes a task off the set when it is dropped.
struct Ending {
    tasks: Tasks,
    id: u64,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let mut set = self.tasks.lock();
        if let Some((name, _)) = set.running.remove(&self.id)
            && std::thread::panicking()
        {
            set.panicked.push(name);
        }
        let last = set.running.is_empty();
        drop(set);
        if last {
            self.tasks.0.ended.notify_waiters();
        }
    }
}
