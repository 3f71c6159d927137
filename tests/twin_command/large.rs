//! Bodies of a hundred mebibytes, declared and in chunks: each twin says no as its standard has it, as soon as more has come than it takes,
//! keeps nothing of it, and goes on.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::rig::{Twin, connect};

const HUNDRED_MEBIBYTES: usize = 100 << 20;

/// What is sent at a time: of lines, as mail has them.
const BLOCK: usize = 64 << 10;

/// How often each is refused while nothing grows.
const TIMES: usize = 20;

/// A twin that speaks HTTP.
struct Http {
    kind: &'static str,
    /// What is asked with far too much, and how the no begins and what it says.
    asked: &'static str,
    no: (u16, &'static str),
    /// What is asked next, by a connection of its own, and the status of the yes.
    next: (&'static str, &'static str, u16),
}

/// What DingTalk's and Microsoft's own gateways say is not known: they are told of a bad request.
const TWINS: [Http; 7] = [
    Http {
        kind: "dingtalk",
        asked: "POST /v1.0/robot/oToMessages/batchSend",
        no: (400, "the body is too large"),
        next: ("POST /v1.0/oauth2/accessToken", r#"{"appKey":"anna","appSecret":"x"}"#, 200),
    },
    Http {
        kind: "teams",
        asked: "POST /v1.0/chats/19:anna_bert@unq.gbl.spaces/messages",
        no: (400, "the body is too large"),
        next: ("GET /v1.0/me", "", 200),
    },
    Http {
        kind: "matrix",
        asked: "PUT /_matrix/client/v3/rooms/!a:x/send/m.room.message/1",
        no: (413, "M_TOO_LARGE"),
        next: ("GET /_matrix/client/versions", "", 200),
    },
    Http { kind: "erp", asked: "POST /v1/hooks/anna", no: (413, "refused"), next: ("GET /v1/bookings", "", 200) },
    Http {
        kind: "documents",
        asked: "PUT /v1/documents/plan",
        no: (413, "refused"),
        next: ("PUT /v1/documents/plan", r#"{"text":"x"}"#, 201),
    },
    Http {
        kind: "dlp",
        asked: "POST /v1/inspect",
        no: (413, "Payload Too Large"),
        next: ("POST /v1/inspect", r#"{"text":"x"}"#, 200),
    },
    Http {
        kind: "sso",
        asked: "PATCH /scim/v2/Users/anna",
        no: (413, "the body is too large"),
        next: ("GET /.well-known/openid-configuration", "", 200),
    },
];

/// Kibibytes of the process that are in memory.
fn resident(twin: &Twin) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", twin.process())).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// All of these bodies would be two gibibytes, and one whole a hundred mebibytes; what allocators hold of what is read of one is some.
#[track_caller]
fn has_not_grown(twin: &Twin, before: u64, kind: &str) {
    let grown = resident(twin).saturating_sub(before);
    assert!(grown < 16 << 10, "{kind} has grown by {grown} KiB");
}

fn head(asked: &str, length: &str) -> String {
    // A document is put where there is none.
    let fields = "host: x\r\nauthorization: Bearer anna\r\ncontent-type: application/json\r\nif-none-match: *";
    format!("{asked} HTTP/1.1\r\n{fields}\r\n{length}\r\n\r\n")
}

/// Sends as much of a hundred mebibytes as is taken, and reads what is said to it.
fn said(twin: &Twin, asked: &str, is_chunked: bool) -> String {
    let mut stream = connect(twin.http);
    let length = if is_chunked {
        "transfer-encoding: chunked".to_owned()
    } else {
        format!("content-length: {HUNDRED_MEBIBYTES}")
    };
    stream.write_all(head(asked, &length).as_bytes()).expect("it listens");
    let block = vec![b'x'; BLOCK];
    let framed = if is_chunked { [format!("{BLOCK:x}\r\n").as_bytes(), &block, b"\r\n"].concat() } else { block };
    let taken = (0..HUNDRED_MEBIBYTES / BLOCK).take_while(|_| stream.write_all(&framed).is_ok()).count();
    // What lies between in sockets is some mebibytes.
    assert!(taken * BLOCK < HUNDRED_MEBIBYTES / 2, "{asked}: {taken} blocks were taken");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_hundred_mebibytes_are_refused_by_whatever_standard_there_is() {
    for Http { kind, asked, no: (status, word), next: (next, body, yes) } in TWINS {
        let twin = Twin::start(&[kind]);
        let before = resident(&twin);
        for is_chunked in [false, true] {
            for _ in 0..TIMES {
                let answer = said(&twin, asked, is_chunked);
                assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{kind}: {answer}");
                assert!(answer.contains(word), "{kind}: {answer}");
            }
        }
        has_not_grown(&twin, before, kind);
        let length = format!("content-length: {}\r\nconnection: close", body.len());
        let answer = twin.raw((head(next, &length) + body).as_bytes());
        assert_eq!(answer.status, yes, "{kind} afterwards: {answer:?}");
    }
}

/// A session of mail.
struct Mail(BufReader<TcpStream>);

impl Mail {
    fn greeted(twin: &Twin) -> Self {
        let mut mail = Self(BufReader::new(connect(twin.http)));
        assert_eq!(mail.code(), 220);
        assert_eq!(mail.says("EHLO client.example"), 250);
        mail
    }

    /// The code of a reply, at its last line.
    fn code(&mut self) -> u16 {
        let mut line = String::new();
        while line.as_bytes().get(3) != Some(&b' ') {
            line.clear();
            assert_ne!(self.0.read_line(&mut line).expect("a reply"), 0, "the session has ended");
        }
        line[..3].parse().expect("a code")
    }

    fn says(&mut self, line: &str) -> u16 {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).expect("it listens");
        self.code()
    }
}

/// A size that is said is refused at once (RFC 1870 §6.1), and one that is not once all of it has come, as nothing can be said before
/// (RFC 5321 §4.2.5): the session goes on, and so does the server.
#[test]
fn a_mail_of_a_hundred_mebibytes_is_refused() {
    let twin = Twin::start(&["smtp"]);
    let before = resident(&twin);
    let mut mail = Mail::greeted(&twin);
    assert_eq!(mail.says(&format!("MAIL FROM:<a@a.example> SIZE={HUNDRED_MEBIBYTES}")), 552);
    assert_eq!(mail.says("MAIL FROM:<a@a.example>"), 250);
    assert_eq!(mail.says("RCPT TO:<b@b.example>"), 250);
    assert_eq!(mail.says("DATA"), 354);
    let lines = ("x".repeat(BLOCK / 128 - 2) + "\r\n").repeat(128);
    for _ in 0..HUNDRED_MEBIBYTES / BLOCK {
        mail.0.get_mut().write_all(lines.as_bytes()).expect("it is read to its end");
    }
    assert_eq!(mail.says("."), 552);
    has_not_grown(&twin, before, "smtp");
    for mut mail in [mail, Mail::greeted(&twin)] {
        assert_eq!(mail.says("MAIL FROM:<a@a.example>"), 250);
    }
}
