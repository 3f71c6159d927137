//! The contract of the seam: every case runs in both worlds, so that the memory world cannot drift away from the kernel.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use firedrill::draw::Seed;
use firedrill::limits::PIPE_BYTES;
use firedrill::units::{Moment, Span};
use firedrill::world::{Conn, Listener, Tasks, World, enter_sockets, enter_virtual};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Expands each case, an async function of a world, into one test a world.
macro_rules! two_worlds {
    ($($case:ident),* $(,)?) => {$(
        mod $case {
            #[test]
            fn in_memory() {
                super::enter_virtual(super::Seed(1), super::cases::$case).expect("a virtual world");
            }
            #[test]
            fn on_sockets() {
                super::enter_sockets(super::Seed(1), super::cases::$case).expect("a sockets world");
            }
        }
    )*};
}

two_worlds! {
    a_connection_carries_bytes_both_ways,
    nobody_listens_and_the_connection_is_refused,
    an_address_in_use_is_refused,
    a_port_is_free_again_when_its_listener_is_gone,
    a_listener_at_any_address_takes_all,
    the_acceptor_sees_the_source_address,
    without_a_source_address_it_is_loopback,
    half_a_connection_can_be_closed,
    the_end_of_the_stream_comes_after_what_was_sent,
    a_reset_is_seen_as_reset_when_reading,
    a_reset_is_seen_as_reset_when_writing,
    what_had_arrived_is_read_before_the_reset,
    a_connection_that_was_reset_can_be_shut_down,
    a_resetter_reaches_a_connection_that_is_split,
    a_resetter_wakes_whoever_waits_at_its_own_end,
    a_peer_dropped_while_reading_is_the_end_of_the_stream,
    a_peer_that_leaves_bytes_unread_resets,
    the_second_write_to_a_peer_that_is_gone_breaks,
    a_peer_that_does_not_read_holds_the_writer_back,
    a_capped_connection_carries_bytes,
    what_nobody_accepted_is_reset_when_the_listener_goes,
    many_connect_before_one_is_accepted,
    slices_are_written_at_once,
    a_timer_wakes_when_it_is_due,
    a_timer_that_has_passed_wakes_at_once,
    a_timer_that_is_reset_waits_for_its_new_moment,
    timers_less_than_a_millisecond_apart_keep_their_order,
    a_deadline_ends_a_wait,
    hyper_gives_up_on_a_head_that_does_not_come,
    an_idle_connection_is_held,
    tasks_have_names_until_they_end,
}

/// A span for each world: virtual time costs nothing, real time is waited for.
fn either(world: &World, virtually: Span, really: Span) -> Span {
    if world.clock.is_virtual() { virtually } else { really }
}

/// A wait until `due` is over now: never early, in the virtual world never late, and on sockets late by at most a second. What that
/// bound must catch is a wake that was lost, which lasts for ever; how late a wake is on a machine that has better things to do is
/// not ours to promise, and `on_sockets_wakes_are_precise` measures what is.
#[track_caller]
fn assert_due(world: &World, due: Moment) {
    let now = world.clock.now();
    let slack = either(world, Span::ZERO, Span::from_secs(1));
    assert!(now >= due, "woke at {now}, {} early", due.since(now));
    assert!(now <= due + slack, "woke at {now}, {} late", now.since(due));
}

fn here() -> SocketAddr {
    SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)
}

async fn listen(world: &World) -> Listener {
    world.net.bind(here()).await.expect("a free port")
}

/// Two ends of a connection: the connector's and the acceptor's.
async fn pair(world: &World) -> (Conn, Conn) {
    let listener = listen(world).await;
    let near = world.net.connect(None, listener.local_addr()).await.expect("somebody listens");
    let (far, _) = listener.accept().await.expect("somebody connects");
    (near, far)
}

async fn rest(conn: &mut Conn) -> Vec<u8> {
    let mut bytes = Vec::new();
    conn.read_to_end(&mut bytes).await.expect("an orderly end");
    bytes
}

mod cases {
    use super::*;

    pub(super) async fn a_connection_carries_bytes_both_ways(world: World) {
        let (mut near, mut far) = pair(&world).await;
        assert_eq!((near.local_addr(), near.peer_addr()), (far.peer_addr(), far.local_addr()));
        near.write_all(b"ping").await.expect("room");
        let mut bytes = [0; 4];
        far.read_exact(&mut bytes).await.expect("four bytes");
        assert_eq!(&bytes, b"ping");
        far.write_all(b"pong").await.expect("room");
        near.read_exact(&mut bytes).await.expect("four bytes");
        assert_eq!(&bytes, b"pong");
    }

    pub(super) async fn nobody_listens_and_the_connection_is_refused(world: World) {
        let listener = listen(&world).await;
        let address = listener.local_addr();
        drop(listener);
        let error = world.net.connect(None, address).await.expect_err("nobody listens");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }

    pub(super) async fn an_address_in_use_is_refused(world: World) {
        let listener = listen(&world).await;
        let error = world.net.bind(listener.local_addr()).await.expect_err("it is taken");
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    }

    pub(super) async fn a_port_is_free_again_when_its_listener_is_gone(world: World) {
        let listener = listen(&world).await;
        let address = listener.local_addr();
        let near = world.net.connect(None, address).await.expect("somebody listens");
        let far = listener.accept().await.expect("somebody connects");
        drop((listener, far, near));
        world.net.bind(address).await.expect("it is free again");
    }

    pub(super) async fn a_listener_at_any_address_takes_all(world: World) {
        let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
        let listener = world.net.bind(any).await.expect("a free port");
        let to = SocketAddr::new(Ipv4Addr::new(127, 20, 0, 1).into(), listener.local_addr().port());
        let near = world.net.connect(None, to).await.expect("somebody listens");
        let (far, _) = listener.accept().await.expect("somebody connects");
        assert_eq!((near.peer_addr(), far.local_addr()), (to, to));
    }

    pub(super) async fn the_acceptor_sees_the_source_address(world: World) {
        let listener = listen(&world).await;
        let from = IpAddr::from(Ipv4Addr::new(127, 10, 0, 5));
        let near = world.net.connect(Some(from), listener.local_addr()).await.expect("somebody listens");
        let (far, peer) = listener.accept().await.expect("somebody connects");
        assert_eq!(peer.ip(), from);
        assert_ne!(peer.port(), 0);
        assert_eq!((far.peer_addr(), near.local_addr()), (peer, peer));
    }

    pub(super) async fn without_a_source_address_it_is_loopback(world: World) {
        let to = SocketAddr::new(Ipv4Addr::new(127, 20, 0, 7).into(), 0);
        let listener = world.net.bind(to).await.expect("a free port");
        let near = world.net.connect(None, listener.local_addr()).await.expect("somebody listens");
        assert_eq!(near.local_addr().ip(), IpAddr::from(Ipv4Addr::LOCALHOST));
    }

    pub(super) async fn half_a_connection_can_be_closed(world: World) {
        let (mut near, mut far) = pair(&world).await;
        near.write_all(b"question").await.expect("room");
        near.shutdown().await.expect("it is open");
        assert_eq!(rest(&mut far).await, b"question");
        far.write_all(b"answer").await.expect("this direction goes on");
        let error = near.write_all(b"more").await.expect_err("this one was closed");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        drop(far);
        assert_eq!(rest(&mut near).await, b"answer");
    }

    pub(super) async fn the_end_of_the_stream_comes_after_what_was_sent(world: World) {
        let (mut near, mut far) = pair(&world).await;
        let sent = vec![7; PIPE_BYTES / 2];
        near.write_all(&sent).await.expect("room");
        drop(near);
        assert_eq!(rest(&mut far).await, sent);
        assert_eq!(far.read(&mut [0; 8]).await.expect("the end, again"), 0);
    }

    pub(super) async fn a_reset_is_seen_as_reset_when_reading(world: World) {
        let (near, mut far) = pair(&world).await;
        near.reset();
        for _ in 0..2 {
            let error = far.read(&mut [0; 8]).await.expect_err("a reset is no end of the stream");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
    }

    pub(super) async fn a_reset_is_seen_as_reset_when_writing(world: World) {
        let (near, mut far) = pair(&world).await;
        near.reset();
        for _ in 0..2 {
            let error = far.write(b"lost").await.expect_err("a reset is seen by writers, too");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
    }

    pub(super) async fn what_had_arrived_is_read_before_the_reset(world: World) {
        let (mut near, mut far) = pair(&world).await;
        near.write_all(b"last words").await.expect("room");
        near.reset();
        let mut bytes = [0; 64];
        assert_eq!(far.read(&mut bytes).await.expect("what had arrived"), 10);
        let error = far.read(&mut bytes).await.expect_err("then the reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }

    pub(super) async fn a_connection_that_was_reset_can_be_shut_down(world: World) {
        let (near, mut far) = pair(&world).await;
        near.reset();
        far.shutdown().await.expect("before the reset is seen");
        far.read(&mut [0; 8]).await.expect_err("a reset");
        far.shutdown().await.expect("and after");
    }

    pub(super) async fn a_resetter_reaches_a_connection_that_is_split(world: World) {
        let (near, mut far) = pair(&world).await;
        let resetter = near.resetter();
        let (mut reader, mut writer) = tokio::io::split(near);
        resetter.reset();
        let error = far.read(&mut [0; 8]).await.expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let error = reader.read(&mut [0; 8]).await.expect_err("our own doing");
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
        let error = writer.write(b"lost").await.expect_err("our own doing");
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
    }

    pub(super) async fn a_resetter_wakes_whoever_waits_at_its_own_end(world: World) {
        let (mut near, _far) = pair(&world).await;
        let resetter = near.resetter();
        let waiting = tokio::spawn(async move { near.read(&mut [0; 8]).await.map_err(|error| error.kind()) });
        world.clock.sleep(Span::from_millis(5)).await;
        resetter.reset();
        assert_eq!(waiting.await.expect("no panic"), Err(ErrorKind::ConnectionAborted));
    }

    pub(super) async fn a_peer_dropped_while_reading_is_the_end_of_the_stream(world: World) {
        let (near, mut far) = pair(&world).await;
        let waiting = tokio::spawn(async move { far.read(&mut [0; 8]).await.map_err(|error| error.kind()) });
        world.clock.sleep(Span::from_millis(5)).await;
        drop(near);
        assert_eq!(waiting.await.expect("no panic"), Ok(0));
    }

    pub(super) async fn a_peer_that_leaves_bytes_unread_resets(world: World) {
        let (mut near, mut far) = pair(&world).await;
        near.write_all(b"never read").await.expect("room");
        far.write_all(b"bye").await.expect("room");
        drop(far);
        let mut bytes = [0; 8];
        assert_eq!(near.read(&mut bytes).await.expect("what had arrived"), 3);
        let error = near.read(&mut bytes).await.expect_err("then the reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }

    pub(super) async fn the_second_write_to_a_peer_that_is_gone_breaks(world: World) {
        let (mut near, far) = pair(&world).await;
        drop(far);
        assert_eq!(near.write(b"one").await.expect("the kernel cannot know yet"), 3);
        let error = near.write(b"two").await.expect_err("now it does");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert_eq!(near.read(&mut [0; 8]).await.expect("the end of the stream"), 0);
    }

    pub(super) async fn a_peer_that_does_not_read_holds_the_writer_back(world: World) {
        let (mut near, mut far) = pair(&world).await;
        let chunk = vec![7; 4_000];
        let mut sent = 0;
        // Until a write waits for 50 ms: long enough for the kernel to hand over all that it can.
        while let Ok(written) = world.clock.timeout(world.clock.now() + Span::from_millis(50), near.write(&chunk)).await
        {
            sent += written.expect("an open connection");
            // Linux grows the buffers of both sides up to 4 MiB and 32 MiB by default.
            assert!(sent <= 64 << 20, "nothing holds the writer back");
        }
        if world.clock.is_virtual() {
            assert_eq!(sent, PIPE_BYTES);
        }
        let writer = tokio::spawn(async move { near.write_all(&chunk).await });
        let mut bytes = vec![0; sent + 4_000];
        far.read_exact(&mut bytes).await.expect("all that was sent, and room for the rest");
        writer.await.expect("no panic").expect("room again");
    }

    pub(super) async fn a_capped_connection_carries_bytes(world: World) {
        let listener = listen(&world).await;
        let mut near = world.net.connect_capped(None, listener.local_addr()).await.expect("somebody listens");
        let (mut far, _) = listener.accept().await.expect("somebody connects");
        let sent = vec![7; 1 << 20];
        let writer = tokio::spawn(async move { near.write_all(&sent).await });
        assert_eq!(rest(&mut far).await.len(), 1 << 20);
        writer.await.expect("no panic").expect("room");
    }

    pub(super) async fn what_nobody_accepted_is_reset_when_the_listener_goes(world: World) {
        let listener = listen(&world).await;
        let mut near = world.net.connect(None, listener.local_addr()).await.expect("somebody listens");
        drop(listener);
        let error = near.read(&mut [0; 8]).await.expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }

    pub(super) async fn many_connect_before_one_is_accepted(world: World) {
        let listener = listen(&world).await;
        let mut near = Vec::new();
        for _ in 0..200 {
            near.push(world.net.connect(None, listener.local_addr()).await.expect("room to wait"));
        }
        for conn in &near {
            let (_, peer) = listener.accept().await.expect("somebody connects");
            assert_eq!(peer, conn.local_addr(), "first come, first served");
        }
    }

    pub(super) async fn slices_are_written_at_once(world: World) {
        let (mut near, mut far) = pair(&world).await;
        assert!(near.is_write_vectored());
        let slices = [std::io::IoSlice::new(b"head "), std::io::IoSlice::new(b"body")];
        assert_eq!(near.write_vectored(&slices).await.expect("room"), 9);
        drop(near);
        assert_eq!(rest(&mut far).await, b"head body");
    }

    pub(super) async fn a_timer_wakes_when_it_is_due(world: World) {
        for span in [Span::from_micros(1_500), Span::from_micros(1), Span::from_millis(30)] {
            let due = world.clock.now() + span;
            world.clock.until(due).await;
            assert_due(&world, due);
        }
    }

    pub(super) async fn a_timer_that_has_passed_wakes_at_once(world: World) {
        let now = world.clock.now();
        world.clock.until(now).await;
        world.clock.until(Moment::ZERO).await;
        world.clock.sleep(Span::ZERO).await;
        assert_due(&world, now);
    }

    pub(super) async fn a_timer_that_is_reset_waits_for_its_new_moment(world: World) {
        let start = world.clock.now();
        let mut until = world.clock.until(start + Span::from_secs(3_600));
        let early = start + Span::from_millis(2);
        assert!(world.clock.timeout(early, &mut until).await.is_err());
        let due = start + Span::from_millis(5);
        until.reset(due);
        until.await;
        assert_due(&world, due);
    }

    pub(super) async fn timers_less_than_a_millisecond_apart_keep_their_order(world: World) {
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

    pub(super) async fn a_deadline_ends_a_wait(world: World) {
        let due = world.clock.now() + Span::from_millis(20);
        assert!(world.clock.timeout(due, std::future::pending::<()>()).await.is_err());
        assert_due(&world, due);
        assert_eq!(world.clock.timeout(Moment::ZERO, std::future::ready(7)).await, Ok(7));
    }

    pub(super) async fn hyper_gives_up_on_a_head_that_does_not_come(world: World) {
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

    pub(super) async fn an_idle_connection_is_held(world: World) {
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

    pub(super) async fn tasks_have_names_until_they_end(world: World) {
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
        tasks.drained().await;
        assert!(tasks.is_empty());
    }
}

#[test]
fn sleeps_beyond_the_wheels_horizon() {
    enter_virtual(Seed(1), async |world: World| {
        for hours in [25, 40, 31 * 24] {
            let due = world.clock.now() + Span::from_secs(hours * 3_600) + Span::from_micros(7);
            world.clock.until(due).await;
            assert_eq!(world.clock.now(), due);
        }
        let never = world.clock.until(Moment::MAX);
        assert!(world.clock.timeout(world.clock.now() + Span::from_secs(1), never).await.is_err());
    })
    .expect("a virtual world");
}

#[test]
fn deadlines_are_rounded_up_to_the_microsecond() {
    enter_virtual(Seed(1), async |world: World| {
        world.clock.until(Moment::from_nanos(1_234_001)).await;
        assert_eq!(world.clock.now(), Moment::from_nanos(1_235_000));
    })
    .expect("a virtual world");
}

/// Whatever sleeps through tokio would fire a thousand times early in the virtual world. The sockets world has no timers for it, so
/// that it is found out there.
#[test]
#[should_panic(expected = "timers are disabled")]
#[expect(clippy::disallowed_methods, reason = "that it cannot be called is what is tested")]
fn sleeping_through_tokio_panics_on_sockets() {
    drop(enter_sockets(Seed(1), async |_| tokio::time::sleep(std::time::Duration::from_millis(1)).await));
}

/// tokio's own timer oversleeps by 1.1 ms on the average; ours shall be within a quarter of a millisecond. Judged by the best quarter of
/// the wakes, because a busy machine delays the others for reasons of its own.
#[test]
fn on_sockets_wakes_are_precise() {
    let mut late = Vec::new();
    enter_sockets(Seed(1), async |world: World| {
        for _ in 0..400 {
            let due = world.clock.now() + Span::from_micros(1_500);
            world.clock.until(due).await;
            assert!(world.clock.now() >= due, "never early");
            late.push(world.clock.now().since(due));
        }
    })
    .expect("a sockets world");
    late.sort();
    println!("late by {} (quarter), {} (half), {} (99 in 100)", late[100], late[200], late[396]);
    assert!(late[100] < Span::from_micros(250), "a quarter of the wakes are late by {} or more", late[100]);
}

/// A million timers (100,000 where the code is not optimised), whose deadlines are drawn, fire in order and each at its moment.
#[test]
fn a_million_timers_fire_in_order() {
    let count: u64 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    enter_virtual(Seed(1), async |world: World| {
        let (fired, mut firing) = tokio::sync::mpsc::unbounded_channel();
        let key = world.seed.key("timers");
        for n in 0..count {
            let (clock, fired) = (world.clock.clone(), fired.clone());
            let due = Moment::ZERO + Span::from_micros(u64::from(key.draw(n).below(2_000_000_000)));
            tokio::spawn(async move {
                clock.until(due).await;
                assert_eq!(clock.now(), due);
                fired.send(due).expect("somebody counts");
            });
        }
        drop(fired);
        let (mut last, mut seen) = (Moment::ZERO, 0);
        while let Some(due) = firing.recv().await {
            assert!(due >= last);
            last = due;
            seen += 1;
        }
        assert_eq!(seen, count);
    })
    .expect("a virtual world");
}
