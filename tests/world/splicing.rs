//! Bytes through the kernel's pipes, as the path moves them in bulk: sockets only.

use std::future::poll_fn;
use std::io::Error;
use std::task::Poll;

use bytes::BytesMut;
use firedrill::draw::Key;
use firedrill::world::Pipe;

use super::*;

/// What one end sends: large enough for several fillings of the largest pipe.
const SENT: usize = 6 << 20;

/// One direction as the path has it: fills, pours, now and then writes out itself what the pipe holds, and passes the end on.
async fn relay(from: &Conn, to: &Conn, mut drains: impl FnMut() -> bool) -> Result<usize, Error> {
    let (mut pipe, mut to_write) = (Pipe::new()?, to);
    let (mut all, mut ended) = (0, false);
    while !ended || !pipe.is_empty() {
        poll_fn(|cx| {
            let mut moved = false;
            if !ended && let Poll::Ready(count) = from.poll_splice_in(cx, &mut pipe) {
                let count = count?;
                (all, ended, moved) = (all + count, count == 0, true);
            }
            if !pipe.is_empty()
                && let Poll::Ready(count) = to.poll_splice_out(cx, &mut pipe)
            {
                assert!(count? > 0);
                moved = true;
            }
            if moved { Poll::Ready(Ok::<_, Error>(())) } else { Poll::Pending }
        })
        .await?;
        assert!(pipe.len() <= pipe.capacity());
        if drains() {
            let mut bytes = BytesMut::from(&b"-"[..]);
            let held = pipe.len();
            assert_eq!(pipe.drain(&mut bytes)?, held);
            assert_eq!((bytes.len(), pipe.len(), pipe.is_full()), (1 + held, 0, false));
            to_write.write_all(&bytes[1..]).await?;
        }
    }
    to_write.shutdown().await?;
    Ok(all)
}

/// Bytes that differ from place to place, so that a lost, doubled or moved piece is seen.
fn pattern(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..SENT).map(|_| next()).collect()
}

/// Sends `bytes` in pieces of random size, most of them small, with a pause now and then, and ends the stream.
async fn send(world: &World, mut conn: &Conn, bytes: &[u8], key: Key) {
    let (mut at, mut piece) = (0, 0);
    while at < bytes.len() {
        piece += 1;
        let most = if piece % 100 < 60 { 2_000 } else { 200_000 };
        let size = 1 + key.draw(piece).below(most) as usize;
        let end = bytes.len().min(at + size);
        conn.write_all(&bytes[at..end]).await.expect("room");
        at = end;
        if piece % 64 == 0 {
            world.clock.sleep(Span::from_millis(1)).await;
        }
    }
    conn.shutdown().await.expect("an open connection");
}

/// Reads to the end, with pauses in which everything before must fill up.
async fn receive(world: &World, mut conn: &Conn) -> Vec<u8> {
    let (mut bytes, mut buffer) = (Vec::with_capacity(SENT), vec![0; 300_000]);
    loop {
        let pause = bytes.len() / (SENT / 4);
        let count = conn.read(&mut buffer).await.expect("no reset");
        if count == 0 {
            return bytes;
        }
        bytes.extend_from_slice(&buffer[..count]);
        if bytes.len() / (SENT / 4) > pause {
            world.clock.sleep(Span::from_millis(30)).await;
        }
    }
}

/// Client – relay – server, with both directions at once, and a drain of the pipe at every `drain`-th turn.
async fn through(world: World, drain: Option<u32>) {
    let ((client, near), (far, server)) = (pair(&world).await, pair(&world).await);
    assert!(near.splices() && far.splices());
    let relays = tokio::spawn(async move {
        let turn = |mut turns: u32| {
            move || {
                turns += 1;
                drain.is_some_and(|every| turns.is_multiple_of(every))
            }
        };
        tokio::try_join!(relay(&near, &far, turn(0)), relay(&far, &near, turn(1)))
    });
    let (question, answer) = (pattern(1), pattern(2));
    let (asked, answered, (), ()) = tokio::join!(
        receive(&world, &server),
        receive(&world, &client),
        send(&world, &client, &question, world.seed.key("question")),
        send(&world, &server, &answer, world.seed.key("answer")),
    );
    assert!(asked == question && answered == answer, "all bytes, in order");
    assert_eq!(relays.await.expect("no panic").expect("no reset"), (SENT, SENT));
}

pub(crate) async fn what_is_spliced_arrives_both_ways(world: World) {
    through(world, None).await;
}

pub(crate) async fn what_is_drained_on_the_way_arrives_in_its_place(world: World) {
    through(world, Some(3)).await;
}

pub(crate) async fn half_a_spliced_connection_can_be_closed(world: World) {
    let ((mut client, near), (far, mut server)) = (pair(&world).await, pair(&world).await);
    let relays = tokio::spawn(async move {
        let never = || false;
        tokio::try_join!(relay(&near, &far, never), relay(&far, &near, never))
    });
    client.write_all(b"question").await.expect("room");
    client.shutdown().await.expect("an open connection");
    assert_eq!(rest(&mut server).await, b"question");
    server.write_all(b"answer").await.expect("room");
    server.shutdown().await.expect("an open connection");
    assert_eq!(rest(&mut client).await, b"answer");
    assert_eq!(relays.await.expect("no panic").expect("no reset"), (8, 6));
}

pub(crate) async fn a_reset_is_seen_while_splicing(world: World) {
    let ((client, near), (far, mut server)) = (pair(&world).await, pair(&world).await);
    let waiting = tokio::spawn(async move {
        let ended = relay(&near, &far, || false).await.map_err(|error| error.kind());
        let mut pipe = Pipe::new().expect("two descriptors");
        let again = poll_fn(|cx| near.poll_splice_in(cx, &mut pipe)).await.map_err(|error| error.kind());
        (ended, again)
    });
    (&client).write_all(b"hello").await.expect("room");
    server.read_exact(&mut [0; 5]).await.expect("five bytes");
    client.reset();
    // Whoever asks later hears the same.
    let reset = Err(ErrorKind::ConnectionReset);
    assert_eq!(waiting.await.expect("no panic"), (reset, reset));
}

pub(crate) async fn a_resetter_wakes_whoever_splices(world: World) {
    let ((client, near), (far, server)) = (pair(&world).await, pair(&world).await);
    let (from, to) = (near.resetter(), far.resetter());
    // One waits for bytes that do not come, the other, with a full pipe, for room.
    let idle = tokio::spawn(async move { relay(&near, &far, || false).await.map_err(|error| error.kind()) });
    world.clock.sleep(Span::from_millis(5)).await;
    from.reset();
    assert_eq!(idle.await.expect("no panic"), Err(ErrorKind::ConnectionAborted));
    drop((client, server, to));

    let ((client, near), (far, server)) = (pair(&world).await, pair(&world).await);
    let to = far.resetter();
    let full = tokio::spawn(async move { relay(&near, &far, || false).await.map_err(|error| error.kind()) });
    let sending = tokio::spawn(async move {
        let bytes = vec![0; 64 << 10];
        while (&client).write_all(&bytes).await.is_ok() {}
    });
    world.clock.sleep(Span::from_millis(100)).await;
    to.reset();
    assert_eq!(full.await.expect("no panic"), Err(ErrorKind::ConnectionAborted));
    sending.await.expect("no panic");
    drop(server);
}

/// A place of a pipe holds one piece, however small: with all places taken it is full long before its capacity, and the socket, in which
/// more is waiting, must not be taken for an empty one.
pub(crate) async fn a_pipe_full_of_small_pieces_goes_on(world: World) {
    let ((client, near), (far, mut server)) = (pair(&world).await, pair(&world).await);
    let mut pipe = Pipe::new().expect("two descriptors");
    let mut sent = 0_usize;
    while !pipe.is_full() {
        (&client).write_all(b"x").await.expect("room");
        sent += 1;
        let filled = poll_fn(|cx| match near.poll_splice_in(cx, &mut pipe) {
            Poll::Pending if pipe.is_full() => Poll::Ready(Ok(0)),
            other => other,
        });
        filled.await.expect("no reset");
    }
    assert!(pipe.len() < sent && sent < pipe.capacity());
    while !pipe.is_empty() {
        poll_fn(|cx| far.poll_splice_out(cx, &mut pipe)).await.expect("room");
    }
    drop(client);
    assert_eq!(relay(&near, &far, || false).await.expect("no reset"), 1);
    drop(far);
    assert_eq!(rest(&mut server).await.len(), sent);
}

/// In the other world there is nothing to splice, and saying so is an error and no panic.
#[test]
fn memory_does_not_splice() {
    enter_virtual(Seed(1), async |world: World| {
        let (near, _far) = pair(&world).await;
        assert!(!near.splices());
        let mut pipe = Pipe::new().expect("two descriptors");
        let error = poll_fn(|cx| near.poll_splice_in(cx, &mut pipe)).await.expect_err("memory");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    })
    .expect("a virtual world");
}
