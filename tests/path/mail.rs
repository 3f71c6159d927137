//! SMTP on the path, before a server of our own that says what it has got, or anything at all.

use std::net::SocketAddr;

use firedrill::draw::Seed;
use firedrill::path::Protocol;
use firedrill::units::{RegionId, Span};
use firedrill::vendor::smtp;
use firedrill::world::{Conn, Tasks, World, enter_virtual};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{DINGTALK, Rig};

const QUIET: &str = "  quiet: { during: fault, partition: {} }";

/// A server that greets, says 250 to each line, 354 to `DATA`, and to a content how long it was.
async fn server(world: &World) -> (SocketAddr, Tasks) {
    let listener = world.net.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
    let (address, tasks) = (listener.local_addr(), Tasks::new());
    let each = tasks.clone();
    tasks.spawn("server", async move {
        while let Ok((conn, _)) = listener.accept().await {
            each.spawn("session", session(conn));
        }
    });
    (address, tasks)
}

async fn session(mut conn: Conn) {
    let mut content = false;
    let mut read = Vec::new();
    let mut reply = "220 here\r\n".to_owned();
    loop {
        if conn.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
        let end = loop {
            let end = if content { smtp::end(&read, 0) } else { memchr::memchr(b'\n', &read).map(|at| at + 1) };
            if let Some(end) = end {
                break end;
            }
            if !matches!(conn.read_buf(&mut read).await, Ok(1..)) {
                return;
            }
        };
        let taken: Vec<u8> = read.drain(..end).collect();
        (reply, content) = match taken.as_slice() {
            _ if content => (format!("250 {end}\r\n"), false),
            b"DATA\r\n" => ("354 go on\r\n".to_owned(), true),
            _ => ("250-several\r\n250 ok\r\n".to_owned(), false),
        };
    }
}

/// A client at the path's door.
async fn client(world: &World, rig: &Rig) -> Conn {
    let door = rig.path.door(RegionId(0), DINGTALK, Protocol::Smtp).await.expect("a door");
    world.net.connect(None, door).await.expect("it listens")
}

/// Everything that comes until the end, or for so long.
async fn all(world: &World, conn: &mut Conn) -> String {
    let mut read = Vec::new();
    let reading = async { while matches!(conn.read_buf(&mut read).await, Ok(1..)) {} };
    let _ = world.clock.timeout(world.clock.now() + Span::from_secs(20), reading).await;
    String::from_utf8_lossy(&read).into_owned()
}

/// More than is held as one unit, with what could be taken for its end and is not, and what follows it sent in the same breath.
pub(crate) async fn a_long_content_goes_through_whole_and_what_follows_it_is_a_command(world: World) {
    let (address, _tasks) = server(&world).await;
    let rig = Rig::build(&world, QUIET, Some(address)).await;
    let mut conn = client(&world, &rig).await;
    let line = format!("{}\r\n..\r\n.\n\r\n", "x".repeat(90));
    let content = line.repeat(3_000) + ".\r\n";
    let said = format!("EHLO c\r\nMAIL FROM:<a@a>\r\nRCPT TO:<b@b>\r\nDATA\r\n{content}NOOP\r\n");
    conn.write_all(said.as_bytes()).await.expect("it is read");
    let last = format!("354 go on\r\n250 {}\r\n250-several\r\n250 ok\r\n", content.len());
    let mut read = String::new();
    while !read.ends_with(&last) {
        let mut more = Vec::new();
        assert!(conn.read_buf(&mut more).await.expect("more") > 0, "{read}");
        read += &String::from_utf8_lossy(&more);
    }
    assert!(read.starts_with("220 here\r\n250-several\r\n250 ok\r\n250-several"), "{read}");
}

/// Two servers could end such a line at two places: it goes no further.
pub(crate) async fn a_line_that_ends_in_two_ways_is_refused_here(world: World) {
    let (address, _tasks) = server(&world).await;
    let rig = Rig::build(&world, QUIET, Some(address)).await;
    let mut conn = client(&world, &rig).await;
    conn.write_all(b"EHLO c\nMAIL FROM:<a@a>\r\n").await.expect("it is read");
    let said = all(&world, &mut conn).await;
    assert_eq!(said, "220 here\r\n500 5.5.2 Lines end with CR LF\r\n");
}

/// Bytes that clients and servers could say.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "220 a\r\n",
        "250 a\r\n",
        "250-a\r\n",
        "354 a\r\n",
        "421 a\r\n",
        "334 \r\n",
        "DATA\r\n",
        "MAIL FROM:<a@a>\r\n",
        "AUTH LOGIN\r\n",
        "AUTH PLAIN AGEAYg==\r\n",
        ".\r\n",
        "XINBOX push-a 0\r\n",
        "STARTTLS\r\n",
        "QUIT\r\n",
        "\r\n",
        "*\r\n",
    ]);
    let part = prop_oneof![
        4 => known.prop_map(|part| part.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(part, 0..20).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever either side says, the connection ends when one of them does, and the next one is served.
    #[test]
    fn anything_may_be_said_on_both_sides(from_client in bytes(), from_server in bytes()) {
        let play = enter_virtual(Seed(1), async |world| {
            let listener = world.net.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
            let rig = Rig::build(&world, QUIET, Some(listener.local_addr())).await;
            for _ in 0..2 {
                let mut near = client(&world, &rig).await;
                let accepted = world.clock.timeout(world.clock.now() + Span::from_secs(5), listener.accept()).await;
                let (mut far, _) = accepted.expect("it is dialled").expect("a connection");
                let _ = far.write_all(&from_server).await;
                let _ = near.write_all(&from_client).await;
                world.clock.sleep(Span::from_secs(1)).await;
                drop(far);
                let mut rest = Vec::new();
                let reading = async { while matches!(near.read_buf(&mut rest).await, Ok(1..)) {} };
                let ended = world.clock.timeout(world.clock.now() + Span::from_secs(5), reading).await;
                assert!(ended.is_ok(), "the client is not told that the server has gone");
            }
        });
        play.expect("a virtual world");
    }
}
