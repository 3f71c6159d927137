//! TLS between two ends of this world: a connection like any other, once the other end has proven its name.

use std::path::Path;

use firedrill::world::tls::{Acceptor, Authority, Connector};

use super::*;

const DOMAINS: &[&str] = &["example.test"];

/// An authority's both sides.
fn authority(dir: &Path) -> (Acceptor, Connector) {
    let authority = Authority::open(dir, DOMAINS, jiff::Timestamp::now()).expect("an authority");
    let connector = Connector::new(Some(authority.file())).expect("its certificate");
    (authority.acceptor(DOMAINS).expect("an acceptor"), connector)
}

/// Two ends, by this name.
async fn secured(world: &World, name: &str) -> (std::io::Result<Conn>, std::io::Result<Conn>) {
    let dir = tempfile::tempdir().expect("a directory");
    let (acceptor, connector) = authority(dir.path());
    let (near, far) = pair(world).await;
    futures_util::future::join(connector.connect(near, name), acceptor.accept(far)).await
}

async fn both(world: &World) -> (Conn, Conn) {
    let (near, far) = secured(world, "localhost").await;
    (near.expect("it is believed"), far.expect("a handshake"))
}

pub(crate) async fn names_that_it_may_have_are_believed_and_no_others(world: World) {
    for name in ["localhost", "127.0.0.1", "::1", "example.test", "deep.in.example.test", "EXAMPLE.TEST"] {
        let (near, _far) = secured(&world, name).await;
        assert!(near.is_ok(), "{name}: {:?}", near.err());
    }
    for name in ["example.org", "notexample.test", "192.0.2.1", "localhost.example.org"] {
        let (near, _far) = secured(&world, name).await;
        let error = near.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("certificate"), "{name}: {error}");
    }
    let (near, _far) = secured(&world, "no host at all").await;
    assert_eq!(near.err().map(|error| error.kind()), Some(ErrorKind::InvalidInput));
}

pub(crate) async fn nobody_is_believed_without_his_authority(world: World) {
    let dir = tempfile::tempdir().expect("a directory");
    let (acceptor, _) = authority(dir.path());
    let (near, far) = pair(&world).await;
    let public = Connector::new(None).expect("the public authorities");
    let (near, far) = futures_util::future::join(public.connect(near, "localhost"), acceptor.accept(far)).await;
    assert!(near.is_err() && far.is_err());
}

/// More than every buffer on the way, so that writers wait, with nobody flushing anything.
pub(crate) async fn it_carries_much_both_ways_at_once(world: World) {
    let (near, far) = both(&world).await;
    let sent: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let turn = async |conn: Conn| {
        let (mut reads, mut writes) = (&conn, &conn);
        let writing = async {
            writes.write_all(&sent).await.expect("the other end reads");
            writes.shutdown().await.expect("it is open");
        };
        let mut heard = Vec::new();
        let reading = async { reads.read_to_end(&mut heard).await.expect("an orderly end") };
        futures_util::future::join(writing, reading).await;
        heard
    };
    let (one, other) = futures_util::future::join(turn(near), turn(far)).await;
    assert!(one == sent && other == sent, "{} and {} of {} bytes", one.len(), other.len(), sent.len());
}

pub(crate) async fn half_of_it_can_be_closed(world: World) {
    let (mut near, mut far) = both(&world).await;
    near.write_all(b"question").await.expect("room");
    near.shutdown().await.expect("it is open");
    assert_eq!(rest(&mut far).await, b"question");
    far.write_all(b"answer").await.expect("this direction goes on");
    far.shutdown().await.expect("it is open");
    assert_eq!(rest(&mut near).await, b"answer");
}

/// An end that was not said is no end: somebody on the way may have cut the rest off.
pub(crate) async fn an_end_that_nobody_said_is_an_error(world: World) {
    let (mut near, far) = both(&world).await;
    drop(far);
    let error = near.read(&mut [0; 8]).await.expect_err("it was not closed in order");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

pub(crate) async fn a_resetter_breaks_it_off(world: World) {
    let (near, mut far) = both(&world).await;
    near.resetter().reset();
    for _ in 0..2 {
        let error = far.read(&mut [0; 8]).await.expect_err("a reset is no end of the stream");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    assert!(!near.splices() && !far.splices());
}

/// What is not TLS is refused, and a connection that ends within its handshake ends it.
pub(crate) async fn a_handshake_that_is_none_fails(world: World) {
    let dir = tempfile::tempdir().expect("a directory");
    let (acceptor, connector) = authority(dir.path());
    for words in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\x00\x05\x01\x00", b""] {
        let (mut near, far) = pair(&world).await;
        near.write_all(words).await.expect("room");
        near.shutdown().await.expect("it is open");
        assert!(acceptor.accept(far).await.is_err(), "{words:?}");
        let (near, mut far) = pair(&world).await;
        far.write_all(words).await.expect("room");
        far.shutdown().await.expect("it is open");
        assert!(connector.connect(near, "localhost").await.is_err(), "{words:?}");
    }
}

/// Its keys would come from outside of the seed.
#[test]
fn in_memory_it_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let (acceptor, connector) = authority(dir.path());
    let case = async |world: World| {
        let (near, far) = pair(&world).await;
        let refused = [connector.connect(near, "localhost").await.err(), acceptor.accept(far).await.err()];
        for error in refused {
            assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Unsupported));
        }
    };
    enter_virtual(Seed(1), case).expect("a virtual world");
}

/// Programs that make an authority at the same time, each for its own names: of those that have one all have the same, which is the one that
/// clients are told to trust, and the others are told that it is not for them.
#[test]
fn of_authorities_made_at_once_one_stands() {
    let mut refused = 0;
    for _ in 0..20 {
        let place = tempfile::tempdir().expect("a directory");
        let dir = &place.path().join("ca");
        let made = std::thread::scope(|scope| {
            let open = |name: &'static str| move || Authority::open(dir, &[name], jiff::Timestamp::now());
            let threads = ["a.test", "b.test", "c.test", "d.test"].map(|name| (name, scope.spawn(open(name))));
            threads.map(|(name, thread)| (name, thread.join().expect("no panic")))
        });
        for (name, authority) in made {
            match authority {
                Ok(_) => assert!(Authority::open(dir, &[name], jiff::Timestamp::now()).is_ok(), "{name}"),
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().contains("is not believed"), "{name}: {error}");
                }
            }
        }
        let files = std::fs::read_dir(dir).expect("a directory").count();
        assert_eq!(files, 2, "nothing is left but key and certificate");
    }
    assert_eq!(refused, 60, "all but one of each four");
}
