//! Bodies of answers that a fault changes: what the client hears, byte by byte, and what is written down.

use firedrill::journal::Fate;
use firedrill::world::{Conn, Listener, World};
use tokio::io::AsyncReadExt;

use crate::http::{ANSWER, REQUEST, asked, client, hear, played, rest, say, silent};
use crate::messages::inject;
use crate::rig::Rig;

/// How many answers are written down as altered.
async fn altered(rig: &Rig) -> usize {
    rig.hits().await.iter().filter(|hit| hit.fate == Fate::Altered).count()
}

pub(crate) async fn a_body_is_replaced_with_its_length(world: World) {
    let (rig, listener) = played(&world, &inject("body: { endpoint: dingtalk, replace: \"maintenance\" }")).await;
    rig.apply(0);
    let mut near = client(&rig).await;
    let mut far = None;
    for answer in [
        &b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 2\r\n\r\nok"[..],
        b"HTTP/1.1 200 OK\r\nX: 1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ] {
        say(&mut near, REQUEST).await;
        let far = match &mut far {
            Some(far) => far,
            None => far.insert(listener.accept().await.expect("the path dials").0),
        };
        hear(far, REQUEST).await;
        say(far, answer).await;
        hear(&mut near, b"HTTP/1.1 200 OK\r\nX: 1\r\ncontent-length: 11\r\n\r\nmaintenance").await;
    }
    // Nothing stands in the answer to a HEAD that could be replaced.
    let head: &[u8] = b"HEAD /one HTTP/1.1\r\nHost: x\r\n\r\n";
    say(&mut near, head).await;
    let far = far.as_mut().expect("dialled");
    hear(far, head).await;
    say(far, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n").await;
    hear(&mut near, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n").await;
}

/// An answer that by HTTP's rules has no body gets none: the client would take it for the next answer.
pub(crate) async fn what_has_no_body_gets_none(world: World) {
    let (rig, listener) = played(&world, &inject("body: { endpoint: dingtalk, replace: \"maintenance\" }")).await;
    rig.apply(0);
    let mut near = client(&rig).await;
    let mut far = asked(&listener, &mut near, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    for answer in [
        "200 OK\r\nContent-Length: 7",
        "204 No Content",
        "304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 7",
        "304 Not Modified\r\nTransfer-Encoding: chunked",
    ] {
        // With an interim answer before it, which has none either.
        let answer = format!("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 {answer}\r\n\r\n");
        say(&mut far, answer.as_bytes()).await;
        hear(&mut near, answer.as_bytes()).await;
        say(&mut near, REQUEST).await;
        hear(&mut far, REQUEST).await;
    }
    assert_eq!(altered(&rig).await, 0, "nothing was altered, so nothing is written down");
    // An empty body is one.
    say(&mut far, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    hear(&mut near, b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nmaintenance").await;
    assert_eq!(altered(&rig).await, 1);
}

/// The endpoint's end of a connection on which a request has come.
async fn endpoint(listener: &Listener, near: &mut Conn) -> Conn {
    asked(listener, near, REQUEST).await
}

pub(crate) async fn a_body_is_cut_at_its_byte_however_it_is_framed(world: World) {
    let (rig, listener) = played(&world, &inject("body: { endpoint: dingtalk, truncate: 3B }")).await;
    rig.apply(0);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: \"a\"\r\n\r\n";
    let until_end = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
    let table = [
        // It says how long it is now, and what else was said of it stands: whoever checks a digest sees the damage.
        (
            "HTTP/1.1 200 OK\r\nDigest: a\r\nContent-Length: 5\r\nX: y\r\n\r\nabcde".to_owned(),
            "HTTP/1.1 200 OK\r\nDigest: a\r\nX: y\r\ncontent-length: 3\r\n\r\nabc".to_owned(),
            1,
        ),
        (
            format!("{chunked}2;x\r\nab\r\n2\r\ncd\r\n0\r\nT: u\r\n\r\n"),
            format!("{chunked}2;x\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
            1,
        ),
        (format!("{chunked}3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"), format!("{chunked}3\r\nabc\r\n0\r\n\r\n"), 1),
        (format!("{until_end}abcde"), format!("{until_end}abc"), 1),
        // What is no longer than that passes as it came, and is not written down.
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc".to_owned(), String::new(), 0),
        (format!("{chunked}03;x\r\nabc\r\n00\r\nT: u\r\n\r\n"), String::new(), 0),
        (format!("{until_end}abc"), String::new(), 0),
    ];
    for (answer, heard, hits) in table {
        let before = altered(&rig).await;
        let mut near = client(&rig).await;
        let mut far = endpoint(&listener, &mut near).await;
        say(&mut far, answer.as_bytes()).await;
        drop(far);
        let heard = if heard.is_empty() { &answer } else { &heard };
        hear(&mut near, heard.as_bytes()).await;
        assert!(silent(&rig, &mut near).await || rest(&mut near).await.is_empty(), "{answer:?}");
        assert_eq!(altered(&rig).await - before, hits, "{answer:?}");
    }
}

/// How many bytes of a large body pass …
const CUT: usize = 1_000_000;
/// … which comes in chunks of 64 KiB: the cut falls in the sixteenth.
const PIECE: usize = 1 << 16;

/// Reads a large body of `a`s up to where it is cut.
async fn hear_letters(near: &mut Conn, mut count: usize) {
    let mut block = vec![0; 1 << 16];
    while count > 0 {
        let size = block.len().min(count);
        near.read_exact(&mut block[..size]).await.expect("as many bytes");
        assert!(block[..size].iter().all(|byte| *byte == b'a'));
        count -= size;
    }
}

/// A body far larger than what goes as one unit streams up to the cut and is over there for the client, although the endpoint still sends.
pub(crate) async fn a_large_body_is_cut_at_its_byte(world: World) {
    let (rig, listener) = played(&world, &inject(&format!("body: {{ endpoint: dingtalk, truncate: {CUT}B }}"))).await;
    rig.apply(0);
    let mut near = client(&rig).await;
    let mut far = endpoint(&listener, &mut near).await;
    say(&mut far, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    hear(&mut near, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    for at in 0..CUT.div_ceil(PIECE) {
        say(&mut far, b"10000\r\n").await;
        let passes = PIECE.min(CUT - at * PIECE);
        let sending = async {
            say(&mut far, &vec![b'a'; PIECE]).await;
            say(&mut far, b"\r\n").await;
        };
        let receiving = async {
            hear(&mut near, format!("{passes:x}\r\n").as_bytes()).await;
            hear_letters(&mut near, passes).await;
            hear(&mut near, b"\r\n").await;
        };
        futures_util::future::join(sending, receiving).await;
    }
    hear(&mut near, b"0\r\n\r\n").await;
    // The endpoint is still at it, and the next request does not wait for it.
    let mut next = asked(&listener, &mut near, REQUEST).await;
    say(&mut far, b"1\r\nb\r\n0\r\n\r\n").await;
    let length = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 4 * CUT);
    let sending = async {
        say(&mut next, length.as_bytes()).await;
        say(&mut next, &vec![b'a'; 4 * CUT]).await;
    };
    let receiving = async {
        hear(&mut near, format!("HTTP/1.1 200 OK\r\ncontent-length: {CUT}\r\n\r\n").as_bytes()).await;
        hear_letters(&mut near, CUT).await;
    };
    futures_util::future::join(sending, receiving).await;
    // What is left of that has been read for nobody, and its connection is used again.
    assert!(silent(&rig, &mut near).await);
    say(&mut near, REQUEST).await;
    hear(&mut next, REQUEST).await;
    say(&mut next, ANSWER).await;
    hear(&mut near, ANSWER).await;
    assert_eq!(altered(&rig).await, 2);
}

/// Whoever replaces a body does not wait for its end, which may never come.
pub(crate) async fn an_endless_body_is_replaced_at_once(world: World) {
    let (rig, listener) = played(&world, &inject("body: { endpoint: dingtalk, replace: \"no\" }")).await;
    rig.apply(0);
    let mut near = client(&rig).await;
    let mut far = endpoint(&listener, &mut near).await;
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nETag: a\r\nContent-Digest: b\r\nContent-Type: c/d\r\n\
        Transfer-Encoding: gzip, chunked\r\nTrailer: e\r\n\r\n1\r\nx\r\n";
    say(&mut far, head.as_bytes()).await;
    // It is told of the text alone what it is, and that it is of that type is the mistake that is played.
    hear(&mut near, b"HTTP/1.1 200 OK\r\nContent-Type: c/d\r\ncontent-length: 2\r\n\r\nno").await;
    let mut next = asked(&listener, &mut near, REQUEST).await;
    say(&mut next, ANSWER).await;
    hear(&mut near, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno").await;
}
