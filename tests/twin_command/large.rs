//! Bodies of a hundred mebibytes, whole and in chunks: each twin says no as its standard has it, as soon as more has come than it takes.

use std::fs;
use std::io::{Read, Write};

use crate::rig::{Twin, connect};

const HUNDRED_MEBIBYTES: usize = 100 << 20;

/// More than any body may have, and than anything on the way holds back.
const BEGUN: usize = (1 << 20) + (256 << 10);

/// A kind, what is asked of it, and its no. What DingTalk's and Microsoft's own gateways say is not known: they are told of a bad request.
const TWINS: [(&str, &str, u16, &str); 7] = [
    ("dingtalk", "POST /v1.0/robot/oToMessages/batchSend", 400, "the body is too large"),
    ("teams", "POST /v1.0/chats/19:anna_bert@unq.gbl.spaces/messages", 400, "the body is too large"),
    ("matrix", "PUT /_matrix/client/v3/rooms/!a:x/send/m.room.message/1", 413, "M_TOO_LARGE"),
    ("erp", "POST /v1/hooks/anna", 413, "refused"),
    ("documents", "PUT /v1/documents/plan", 413, "refused"),
    ("dlp", "POST /v1/inspect", 413, "Payload Too Large"),
    ("sso", "PATCH /scim/v2/Users/anna", 413, "the body is too large"),
];

/// Kibibytes of the process that are in memory.
fn resident(twin: &Twin) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", twin.process())).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Begins a request, and reads what is said to it.
fn said(twin: &Twin, head: &str, begun: &[u8]) -> String {
    let mut stream = connect(twin.http);
    stream.write_all(head.as_bytes()).expect("it listens");
    // It may have heard enough before all of it is sent.
    let _ = stream.write_all(begun);
    let (mut answer, mut some) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut some) {
        answer.extend_from_slice(&some[..read]);
        let text = String::from_utf8_lossy(&answer);
        // Whole, since each body is short; the connection itself may stay.
        if text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.ends_with('}') || body.ends_with('>')) {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_hundred_mebibytes_are_refused_by_whatever_standard_there_is() {
    let text = vec![b'x'; BEGUN];
    for (kind, asked, status, word) in TWINS {
        let twin = Twin::start(&[kind]);
        let head =
            format!("{asked} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer anna\r\ncontent-type: application/json\r\n");
        let declared = format!("{head}content-length: {HUNDRED_MEBIBYTES}\r\n\r\n");
        let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{BEGUN:x}\r\n");
        let before = resident(&twin);
        for request in [&declared, &chunked] {
            for _ in 0..20 {
                let answer = said(&twin, request, &text);
                assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{kind}: {answer}");
                assert!(answer.contains(word), "{kind}: {answer}");
            }
        }
        // Forty bodies of which each would be a mebibyte, were any kept; what allocators hold of one is some.
        let grown = resident(&twin).saturating_sub(before);
        assert!(grown < 16 << 10, "{kind} has grown by {grown} KiB");
    }
}
