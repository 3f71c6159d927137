//! Named tasks, so that whoever waits for them can say which one is stuck.

use std::future::Future;
use std::pin::Pin;
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
    started: u64,
    /// Places are used again: starting and ending a task costs the same however many run.
    places: Vec<Option<Task>>,
    free: Vec<usize>,
    panicked: Vec<Arc<str>>,
    /// Everything was aborted, and what is started now is, too.
    closed: bool,
}

#[derive(Debug)]
struct Task {
    /// How many were started before it.
    number: u64,
    name: Arc<str>,
    abort: Option<AbortHandle>,
}

impl Set {
    fn add(&mut self, name: Arc<str>) -> usize {
        let task = Task { number: self.started, name, abort: None };
        self.started += 1;
        if let Some(place) = self.free.pop() {
            self.places[place] = Some(task);
            return place;
        }
        self.places.push(Some(task));
        self.places.len() - 1
    }

    fn remove(&mut self, place: usize) -> Option<Task> {
        self.free.push(place);
        self.places[place].take()
    }

    fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// In the order in which they were started.
    fn in_order(&self) -> Vec<&Task> {
        let mut tasks: Vec<_> = self.places.iter().flatten().collect();
        tasks.sort_unstable_by_key(|task| task.number);
        tasks
    }
}

impl Tasks {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts `fut` as a task called `name`. Names need not be unique. Must be called within a world.
    pub fn spawn(&self, name: impl Into<Arc<str>>, fut: impl Future<Output = ()> + Send + 'static) {
        let (place, number) = {
            let mut set = self.lock();
            (set.add(name.into()), set.started - 1)
        };
        let ending = Ending { tasks: self.clone(), place };
        // Boxed, because tokio moves what it spawns several times, and a message's future is some kilobytes large.
        let fut: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(fut);
        let handle = tokio::spawn(async move {
            // Moved in, so that it is dropped however the task ends, even before its first poll.
            let _ending = ending;
            fut.await;
        });
        let closed = {
            let mut set = self.lock();
            // On another thread the task may be over already: then it is no longer here, and another may have its place.
            if let Some(task) = set.places[place].as_mut().filter(|task| task.number == number) {
                task.abort = Some(handle.abort_handle());
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
            set.in_order().into_iter().filter_map(|task| task.abort.clone()).collect()
        };
        handles.iter().for_each(AbortHandle::abort);
    }

    /// The names of the tasks that still run, in the order in which they were started.
    #[must_use]
    pub fn running(&self) -> Vec<Arc<str>> {
        self.lock().in_order().into_iter().map(|task| Arc::clone(&task.name)).collect()
    }

    /// How many tasks still run.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
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
    place: usize,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let mut set = self.tasks.lock();
        if let Some(task) = set.remove(self.place)
            && std::thread::panicking()
        {
            set.panicked.push(task.name);
        }
        let last = set.len() == 0;
        drop(set);
        if last {
            self.tasks.0.ended.notify_waiters();
        }
    }
}
