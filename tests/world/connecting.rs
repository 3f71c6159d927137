//! How connections come about and carry bytes.

use super::*;

pub(crate) async fn a_connection_carries_bytes_both_ways(world: World) {
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

pub(crate) async fn nobody_listens_and_the_connection_is_refused(world: World) {
    let listener = listen(&world).await;
    let address = listener.local_addr();
    drop(listener);
    let error = world.net.connect(None, address).await.expect_err("nobody listens");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

pub(crate) async fn an_address_in_use_is_refused(world: World) {
    let listener = listen(&world).await;
    let error = world.net.bind(listener.local_addr()).await.expect_err("it is taken");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

pub(crate) async fn a_port_is_free_again_when_its_listener_is_gone(world: World) {
    let listener = listen(&world).await;
    let address = listener.local_addr();
    let near = world.net.connect(None, address).await.expect("somebody listens");
    let far = listener.accept().await.expect("somebody connects");
    drop((listener, far, near));
    world.net.bind(address).await.expect("it is free again");
}

pub(crate) async fn a_listener_at_any_address_takes_all(world: World) {
    let any = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0);
    let listener = world.net.bind(any).await.expect("a free port");
    let to = SocketAddr::new(Ipv4Addr::new(127, 20, 0, 1).into(), listener.local_addr().port());
    let near = world.net.connect(None, to).await.expect("somebody listens");
    let (far, _) = listener.accept().await.expect("somebody connects");
    assert_eq!((near.peer_addr(), far.local_addr()), (to, to));
}

pub(crate) async fn the_acceptor_sees_the_source_address(world: World) {
    let listener = listen(&world).await;
    let from = IpAddr::from(Ipv4Addr::new(127, 10, 0, 5));
    let near = world.net.connect(Some(from), listener.local_addr()).await.expect("somebody listens");
    let (far, peer) = listener.accept().await.expect("somebody connects");
    assert_eq!(peer.ip(), from);
    assert_ne!(peer.port(), 0);
    assert_eq!((far.peer_addr(), near.local_addr()), (peer, peer));
}

pub(crate) async fn without_a_source_address_it_is_loopback(world: World) {
    let to = SocketAddr::new(Ipv4Addr::new(127, 20, 0, 7).into(), 0);
    let listener = world.net.bind(to).await.expect("a free port");
    let near = world.net.connect(None, listener.local_addr()).await.expect("somebody listens");
    assert_eq!(near.local_addr().ip(), IpAddr::from(Ipv4Addr::LOCALHOST));
}

pub(crate) async fn a_peer_that_does_not_read_holds_the_writer_back(world: World) {
    let (mut near, mut far) = pair(&world).await;
    let chunk = vec![7; 4_000];
    let mut sent = 0;
    // Until a write waits for 50 ms: long enough for the kernel to hand over all that it can.
    while let Ok(written) = world.clock.timeout(world.clock.now() + Span::from_millis(50), near.write(&chunk)).await {
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

pub(crate) async fn a_capped_connection_carries_bytes(world: World) {
    let listener = listen(&world).await;
    let mut near = world.net.connect_capped(None, listener.local_addr()).await.expect("somebody listens");
    let (mut far, _) = listener.accept().await.expect("somebody connects");
    let sent = vec![7; 1 << 20];
    let writer = tokio::spawn(async move { near.write_all(&sent).await });
    assert_eq!(rest(&mut far).await.len(), 1 << 20);
    writer.await.expect("no panic").expect("room");
}

pub(crate) async fn what_nobody_accepted_is_reset_when_the_listener_goes(world: World) {
    let listener = listen(&world).await;
    let mut near = world.net.connect(None, listener.local_addr()).await.expect("somebody listens");
    drop(listener);
    let error = near.read(&mut [0; 8]).await.expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

pub(crate) async fn many_connect_before_one_is_accepted(world: World) {
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

pub(crate) async fn slices_are_written_at_once(world: World) {
    let (mut near, mut far) = pair(&world).await;
    assert!(near.is_write_vectored());
    let slices = [std::io::IoSlice::new(b"head "), std::io::IoSlice::new(b"body")];
    assert_eq!(near.write_vectored(&slices).await.expect("room"), 9);
    drop(near);
    assert_eq!(rest(&mut far).await, b"head body");
}

pub(crate) async fn one_task_reads_and_writes_a_connection_it_is_lent(world: World) {
    let (near, far) = pair(&world).await;
    let echo = async |mut conn: &Conn| {
        let (mut reads, mut bytes) = (conn, [0; 4]);
        reads.read_exact(&mut bytes).await.expect("four bytes");
        conn.write_all(&bytes).await.expect("room");
        conn.shutdown().await.expect("an open connection");
    };
    let ask = async |mut conn: &Conn| {
        let (mut reads, mut bytes) = (conn, Vec::new());
        let (sent, read) = tokio::join!(conn.write_all(b"ping"), reads.read_to_end(&mut bytes));
        sent.expect("room");
        read.expect("an orderly end");
        bytes
    };
    let (bytes, ()) = tokio::join!(ask(&near), echo(&far));
    assert_eq!(bytes, b"ping");
}
