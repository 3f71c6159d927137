//! Time, hyper's included, and tasks.

use std::time::{SystemTime, UNIX_EPOCH};

use super::*;

pub(crate) async fn a_timer_wakes_when_it_is_due(world: World) {
    for span in [Span::from_micros(1_500), Span::from_micros(1), Span::from_millis(30)] {
        let due = world.clock.now() + span;
        world.clock.until(due).await;
        assert_due(&world, due);
    }
}

pub(crate) async fn a_timer_that_has_passed_wakes_at_once(world: World) {
    let now = world.clock.now();
    world.clock.until(now).await;
    world.clock.until(Moment::ZERO).await;
    world.clock.sleep(Span::ZERO).await;
    assert_due(&world, now);
}

pub(crate) async fn a_timer_that_is_reset_waits_for_its_new_moment(world: World) {
    let start = world.clock.now();
    let mut until = world.clock.until(start + Span::from_secs(3_600));
    let early = start + Span::from_millis(2);
    assert!(world.clock.timeout(early, &mut until).await.is_err());
    let due = start + Span::from_millis(5);
    until.reset(due);
    until.await;
    assert_due(&world, due);
}

pub(crate) async fn timers_less_than_a_millisecond_apart_keep_their_order(world: World) {
    let woken = Arc::new(Mutex::new(Vec::new()));
    let start = world.clock.now() + Span::from_millis(5);
    let tasks = Tasks::new();
    // On sockets two wakes may reach two workers at once: there the spans are ten times as long.
    let unit = either(&world, Span::from_micros(1), Span::from_micros(100));
    for micros in [900, 300, 600, 100] {
        let (clock, woken) = (world.clock.clone(), Arc::clone(&woken));
        tasks.spawn("timer", async move {
            clock.until(start + unit * micros).await;
            woken.lock().expect("no panic").push((micros, clock.now()));
        });
    }
    tasks.drained().await;
    let woken = woken.lock().expect("no panic");
    assert_eq!(woken.iter().map(|(micros, _)| *micros).collect::<Vec<_>>(), [100, 300, 600, 900]);
    for (micros, at) in woken.iter() {
        assert!(*at >= start + unit * *micros);
        assert!(!world.clock.is_virtual() || *at == start + unit * *micros);
    }
}

pub(crate) async fn what_went_before_the_beginning_takes_no_time(world: World) {
    let span = Span::from_millis(300);
    let before = world.clock.now() + span * 2;
    let mut waits = world.clock.until(before);
    // It is in the queue now.
    assert!(world.clock.timeout(Moment::ZERO, &mut waits).await.is_err());
    world.clock.sleep(span).await;
    let earlier = world.clock.now();
    world.clock.begin();
    let begun = world.clock.now();
    // In the virtual world only waiting takes time, which nobody does while a stage is set.
    assert!(world.clock.is_virtual() || begun < earlier, "{begun} after {earlier}");
    waits.await;
    assert_due(&world, before);
}

pub(crate) async fn a_deadline_ends_a_wait(world: World) {
    let due = world.clock.now() + Span::from_millis(20);
    assert!(world.clock.timeout(due, std::future::pending::<()>()).await.is_err());
    assert_due(&world, due);
    assert_eq!(world.clock.timeout(Moment::ZERO, std::future::ready(7)).await, Ok(7));
}

/// What is signed for a real service carries the machine's own time, to the nanosecond; in memory there is none to be had, at no moment. Somebody
/// may set the machine's clock between two readings, but not between those of each of three tries.
#[expect(clippy::disallowed_methods, reason = "the machine's clock is the witness")]
pub(crate) async fn the_clock_on_the_wall_is_the_machines_or_none(world: World) {
    let since_1970 = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    for begun in [false, true] {
        if begun {
            // The world's moments begin anew, and the wall's do not.
            world.clock.sleep(Span::from_millis(2)).await;
            world.clock.begin();
        }
        let told = || {
            let (before, told, after) = (since_1970(), world.clock.wall(), since_1970());
            told.map(|told| (before..=after).contains(&u128::from(told.nanos())))
        };
        let told: Vec<Option<bool>> = (0..3).map(|_| told()).collect();
        if world.clock.is_virtual() {
            assert_eq!(told, [None; 3]);
        } else {
            assert!(told.contains(&Some(true)) && !told.contains(&None), "{told:?}");
        }
    }
}

pub(crate) async fn hyper_gives_up_on_a_head_that_does_not_come(world: World) {
    let (mut near, far) = pair(&world).await;
    let patience = either(&world, Span::from_secs(30), Span::from_millis(300));
    let start = world.clock.now();
    let server = hyper::server::conn::http1::Builder::new()
        .timer(world.clock.hyper())
        .header_read_timeout(std::time::Duration::from(patience))
        .serve_connection(
            far.into_io(),
            service_fn(|_| async { Ok::<_, std::io::Error>(hyper::Response::new(Empty::<Bytes>::new())) }),
        );
    near.write_all(b"GET / HTTP/1.1\r\nhost: ").await.expect("room");
    let error = server.await.expect_err("the head never ends");
    assert!(error.is_timeout(), "{error:?}");
    assert_due(&world, start + patience);
}

pub(crate) async fn an_idle_connection_is_held(world: World) {
    let (mut near, mut far) = pair(&world).await;
    let idle = either(&world, Span::from_secs(30), Span::from_millis(300));
    let due = world.clock.now() + idle;
    let clock = world.clock.clone();
    let waiting = tokio::spawn(async move {
        let read = near.read(&mut [0; 8]).await.expect("an open connection");
        (read, clock.now())
    });
    world.clock.until(due).await;
    far.write_all(b"still").await.expect("it is still open");
    let (read, at) = waiting.await.expect("no panic");
    assert_eq!(read, 5);
    assert!(at >= due && (!world.clock.is_virtual() || at == due));
}

pub(crate) async fn tasks_have_names_until_they_end(world: World) {
    let tasks = Tasks::new();
    for (name, millis) in [("first", 5), ("stuck", 3_600_000), ("last", 10)] {
        tasks.spawn(name, world.clock.sleep(Span::from_millis(millis)));
    }
    tasks.spawn("broken", async { panic!("on purpose") });
    assert_eq!(tasks.running().iter().map(AsRef::as_ref).collect::<Vec<&str>>().len(), 4);
    world.clock.sleep(Span::from_millis(200)).await;
    assert_eq!(tasks.running(), [Arc::from("stuck")]);
    assert_eq!(tasks.panicked(), [Arc::from("broken")]);
    tasks.abort_all();
    tasks.spawn("late", std::future::pending());
    tasks.drained().await;
    assert!(tasks.is_empty());
}
