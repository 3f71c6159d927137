//! How connections end: in order, halfway, by reset.

use super::*;

pub(crate) async fn half_a_connection_can_be_closed(world: World) {
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

pub(crate) async fn the_end_of_the_stream_comes_after_what_was_sent(world: World) {
    let (mut near, mut far) = pair(&world).await;
    let sent = vec![7; PIPE_BYTES / 2];
    near.write_all(&sent).await.expect("room");
    drop(near);
    assert_eq!(rest(&mut far).await, sent);
    assert_eq!(far.read(&mut [0; 8]).await.expect("the end, again"), 0);
}

pub(crate) async fn a_reset_is_seen_as_reset_when_reading(world: World) {
    let (near, mut far) = pair(&world).await;
    near.reset();
    for _ in 0..2 {
        let error = far.read(&mut [0; 8]).await.expect_err("a reset is no end of the stream");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

pub(crate) async fn a_reset_is_seen_as_reset_when_writing(world: World) {
    let (near, mut far) = pair(&world).await;
    near.reset();
    for _ in 0..2 {
        let error = far.write(b"lost").await.expect_err("a reset is seen by writers, too");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

pub(crate) async fn what_had_arrived_is_read_before_the_reset(world: World) {
    let (mut near, mut far) = pair(&world).await;
    near.write_all(b"last words").await.expect("room");
    near.reset();
    let mut bytes = [0; 64];
    assert_eq!(far.read(&mut bytes).await.expect("what had arrived"), 10);
    let error = far.read(&mut bytes).await.expect_err("then the reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

pub(crate) async fn a_connection_that_was_reset_can_be_shut_down(world: World) {
    let (near, mut far) = pair(&world).await;
    near.reset();
    far.shutdown().await.expect("before the reset is seen");
    far.read(&mut [0; 8]).await.expect_err("a reset");
    far.shutdown().await.expect("and after");
}

pub(crate) async fn a_resetter_reaches_a_connection_that_is_split(world: World) {
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

pub(crate) async fn a_resetter_wakes_whoever_waits_at_its_own_end(world: World) {
    let (mut near, _far) = pair(&world).await;
    let resetter = near.resetter();
    let waiting = tokio::spawn(async move { near.read(&mut [0; 8]).await.map_err(|error| error.kind()) });
    world.clock.sleep(Span::from_millis(5)).await;
    resetter.reset();
    assert_eq!(waiting.await.expect("no panic"), Err(ErrorKind::ConnectionAborted));
}

pub(crate) async fn a_peer_dropped_while_reading_is_the_end_of_the_stream(world: World) {
    let (near, mut far) = pair(&world).await;
    let waiting = tokio::spawn(async move { far.read(&mut [0; 8]).await.map_err(|error| error.kind()) });
    world.clock.sleep(Span::from_millis(5)).await;
    drop(near);
    assert_eq!(waiting.await.expect("no panic"), Ok(0));
}

pub(crate) async fn a_peer_that_leaves_bytes_unread_resets(world: World) {
    let (mut near, mut far) = pair(&world).await;
    near.write_all(b"never read").await.expect("room");
    far.write_all(b"bye").await.expect("room");
    drop(far);
    let mut bytes = [0; 8];
    assert_eq!(near.read(&mut bytes).await.expect("what had arrived"), 3);
    let error = near.read(&mut bytes).await.expect_err("then the reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

pub(crate) async fn the_second_write_to_a_peer_that_is_gone_breaks(world: World) {
    let (mut near, far) = pair(&world).await;
    drop(far);
    assert_eq!(near.write(b"one").await.expect("the kernel cannot know yet"), 3);
    let error = near.write(b"two").await.expect_err("now it does");
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    assert_eq!(near.read(&mut [0; 8]).await.expect("the end of the stream"), 0);
}

pub(crate) async fn what_had_arrived_is_read_by_who_heard_of_the_reset_when_writing(world: World) {
    let (mut near, mut far) = pair(&world).await;
    far.write_all(b"never read").await.expect("room");
    near.write_all(b"last words").await.expect("room");
    world.clock.sleep(Span::from_millis(5)).await;
    drop(near);
    world.clock.sleep(Span::from_millis(5)).await;
    assert_eq!(far.write(b"lost").await.expect_err("it has broken off").kind(), ErrorKind::ConnectionReset);
    let mut bytes = [0; 64];
    assert_eq!(far.read(&mut bytes).await.expect("what had arrived"), 10);
    for _ in 0..2 {
        assert_eq!(far.read(&mut bytes).await.expect_err("then the reset").kind(), ErrorKind::ConnectionReset);
    }
}
