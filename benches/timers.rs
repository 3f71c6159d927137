//! How late the timers of the sockets world wake a task, idle and with one core busy. Run with `cargo bench --bench timers` (20 s).
#![expect(clippy::print_stdout, reason = "its figures are its purpose")]

use std::io::Error;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use firedrill::draw::Seed;
use firedrill::units::Span;
use firedrill::world::{Timing, World, enter_sockets_with};
use rustix::time::{ClockId, clock_gettime};

/// The span in microseconds, how many tasks sleep it, one after another's wake, and how often each does.
const SPANS: [(u64, u64, u64); 6] =
    [(1_000, 1, 250), (5_000, 1, 120), (20_300, 2, 40), (50_000, 4, 20), (200_000, 8, 6), (100_000, 1_000, 12)];

/// The share of samples, the first ones, that only calibrate.
const CALIBRATES: u64 = 10;

async fn sleep(world: World, start: Span, span: Span, times: u64) -> Vec<Span> {
    world.clock.sleep(start).await;
    let mut late = Vec::new();
    for time in 0..times {
        let due = world.clock.now() + span;
        world.clock.until(due).await;
        let now = world.clock.now();
        assert!(now >= due, "woke {} early", due.since(now));
        if time >= times.div_ceil(CALIBRATES) {
            late.push(now.since(due));
        }
    }
    late
}

/// The processor time of this process, in seconds.
fn used() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

fn measure(name: &str, timing: Timing, busy: bool) -> Result<(), Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let spinning = busy.then(|| {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || while !stop.load(Ordering::Relaxed) {})
    });
    enter_sockets_with(Seed(1), NonZeroUsize::MIN.saturating_add(1), timing, async |world: World| {
        for (micros, tasks, times) in SPANS {
            let span = Span::from_micros(micros);
            let (began, before) = (world.clock.now(), used());
            let sleeping: Vec<_> = (0..tasks)
                .map(|task| tokio::spawn(sleep(world.clone(), Span::from_micros(micros / tasks * task), span, times)))
                .collect();
            let mut late = Vec::new();
            for task in sleeping {
                late.extend(task.await.expect("never early"));
            }
            late.sort_unstable();
            let at = |hundredth: usize| late[(late.len() * hundredth / 100).min(late.len() - 1)].nanos() as f64 / 1e3;
            let took = world.clock.now().since(began).secs_f64();
            let share = 100.0 * (used() - before) / took - if busy { 100.0 } else { 0.0 };
            println!(
                "{name:<22} {tasks:>4} × {:>5.1} ms  p50 {:>7.1}  p99 {:>8.1}  max {:>8.1} µs late  n {:>5}  {share:>5.1} % of a core",
                micros as f64 / 1e3,
                at(50),
                at(99),
                at(100),
                late.len(),
            );
        }
    })?;
    stop.store(true, Ordering::Relaxed);
    if let Some(thread) = spinning {
        thread.join().map_err(|_| Error::other("the busy thread panicked"))?;
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    for busy in [false, true] {
        let load = if busy { "one core busy" } else { "idle" };
        measure(&format!("normal, {load}"), Timing::normal(), busy)?;
        measure(&format!("precise, {load}"), Timing::precise(), busy)?;
    }
    Ok(())
}
