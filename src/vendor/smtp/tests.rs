use proptest::prelude::*;

use super::reply::NoReply;
use super::*;
use crate::plan::Capability;
use crate::units::{JourneyId, MessageId};
use crate::vendor::{Outgoing, wall};

const ONCE: MessageId = MessageId { journey: JourneyId(3), number: 17 };

fn composed(text: &str, recipients: &[&str]) -> String {
    let from = identity("purchasing-3");
    let message = Outgoing {
        capability: Capability::Chat,
        from: &from,
        token: "",
        recipients,
        class: None,
        text,
        once: ONCE,
        at: wall::DRILL + Span::from_millis(61_999),
    };
    compose(&message)
}

/// Field by field what stands in the head of a mail.
#[test]
fn a_mail_names_its_message_and_everybody_it_is_for() {
    let mail = composed("[fd 3.17] order", &["bert@b.example", "carla@c.example"]);
    let (head, body) = mail.split_once("\r\n\r\n").expect("head and body");
    let fields: Vec<_> = head.split("\r\n").collect();
    assert_eq!(
        fields,
        [
            "Date: Thu, 1 Jan 2026 00:01:01 +0000",
            "From: <purchasing-3@firedrill.example>",
            "To: <bert@b.example>,",
            " <carla@c.example>",
            "Subject: fd-3.17",
            "Message-ID: <fd-3.17@firedrill.example>",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 7bit",
        ]
    );
    assert_eq!(body, "[fd 3.17] order\r\n");
    assert!(composed("香港", &["b@b.example"]).ends_with("base64\r\n\r\n6aaZ5riv\r\n"));
}

/// As Python's `email` writes them, which is not how we do.
#[test]
fn mails_of_others_are_read() {
    let plain = b"Subject: x\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xe9\xa6\x99 1\r\n";
    let quoted = b"content-transfer-encoding: Quoted-Printable\r\n\r\n=E9=A6=99 =\r\n1 =3D=ZZ\r\n";
    let bare = b"\r\nno head\r\n";
    assert_eq!([text(plain), text(quoted), text(bare)], ["香 1", "香 1 ==ZZ", "no head"]);
    assert_eq!((text(b"Subject: no body"), text(b"")), (String::new(), String::new()));
    let broken = b"Content-Transfer-Encoding: base64\r\n\r\n!!\r\n";
    assert_eq!(text(broken), "!!", "what is no base64 stays as it is");
}

#[test]
fn commands_are_read_as_servers_read_them() {
    let read = |line: &str| Command::read(line.as_bytes());
    let mail = |from: &str, size| Ok(Command::Mail { from: from.into(), size });
    assert_eq!(read("mail from:<Anna@A.Example> size=10 BODY=8BITMIME"), mail("Anna@a.example", Some(10)));
    assert_eq!(read("MAIL FROM: <>"), mail("", None));
    assert_eq!(
        read("RCPT TO:<@hop.example,@b.example:bert@b.example>"),
        Ok(Command::Recipient("bert@b.example".into()))
    );
    assert_eq!(read("RCPT TO:<\"b t\"@b.example>"), Ok(Command::Recipient("\"b t\"@b.example".into())));
    assert_eq!(
        read("AUTH plain AGEAYg=="),
        Ok(Command::Auth { mechanism: Some(Mechanism::Plain), initial: Some("AGEAYg==".into()) })
    );
    assert_eq!(read("AUTH CRAM-MD5"), Ok(Command::Auth { mechanism: None, initial: None }));
    for (line, bad) in [
        ("", Bad::Unknown),
        ("HELO", Bad::Arguments),
        ("DATA now", Bad::Arguments),
        ("FROB", Bad::Unknown),
        ("MAIL anna@a.example", Bad::Arguments),
        ("MAIL FROM:<a@b.example", Bad::Arguments),
        ("MAIL FROM:<a@b.example> RET=FULL", Bad::Parameter),
        ("MAIL FROM:<a@b.example> SIZE=much", Bad::Arguments),
        ("RCPT TO:<>", Bad::Arguments),
        ("RCPT TO:<a@b.example> NOTIFY=NEVER", Bad::Parameter),
        ("NOOP\x07", Bad::Unknown),
    ] {
        assert_eq!(read(line), Err(bad), "{line}");
    }
}

#[test]
fn what_proves_somebody_is_read_by_either_mechanism() {
    let anna = Credentials { name: "anna".into(), password: "s3cret".into() };
    let auth = Command::Auth { mechanism: Some(Mechanism::Plain), initial: Some(plain("anna", "s3cret")) };
    assert_eq!(Command::read(auth.line().trim_end().as_bytes()).map(|auth| auth.credentials()), Ok(Some(anna.clone())));
    let Given::Next(asked) = Mechanism::Login.asks().hears(&encoded("anna")) else { panic!("a password is asked for") };
    assert_eq!(asked.clone().hears(&encoded("s3cret")), Given::All(anna));
    assert_eq!((asked.clone().hears("*"), asked.hears("?")), (Given::GivenUp, Given::Unreadable));
    assert_eq!(Mechanism::Plain.asks().hears(&encoded("anna")), Given::Unreadable, "two names are missing");
}

#[test]
fn a_reply_ends_where_its_lines_do_not_go_on() {
    let hello = "250-mail.example\r\n250-SIZE 10\r\n250 AUTH=LOGIN PLAIN\r\n220 next";
    let (reply, length) = replied(hello.as_bytes()).expect("a reply").expect("all of it");
    assert_eq!((reply.code, length), (250, hello.len() - "220 next".len()));
    assert_eq!(
        (reply.offers("size"), reply.offers("AUTH"), reply.offers("STARTTLS")),
        (Some("10"), Some("LOGIN PLAIN"), None)
    );
    assert_eq!(replied(b"250-one\r\n250"), Ok(None));
    assert_eq!(replied(b"354\r\n"), Ok(Some((Reply { code: 354, lines: vec![String::new()] }, 5))));
    for bad in ["HTTP/1.1 200 OK\r\n", "99 no\r\n", "250-a\r\n251 b\r\n", "2500\r\n", "\r\n"] {
        assert_eq!(replied(bad.as_bytes()), Err(NoReply), "{bad}");
    }
}

#[test]
fn every_refusal_is_a_no_in_one_line() {
    let refusals = [
        Refusal::Frozen(FreezeMode::Whole),
        Refusal::Frozen(FreezeMode::SendOnly),
        Refusal::Frozen(FreezeMode::Organisation),
        Refusal::Fenced(std::net::IpAddr::from([127, 10, 0, 1])),
        Refusal::Status(451),
        Refusal::MissingToken,
        Refusal::RevokedToken,
        Refusal::UnknownApi,
        Refusal::BadRequest("two\r\nlines".into()),
        Refusal::Throttled(Span::from_millis(1_500)),
        Refusal::Banned(Span::from_secs(600)),
        Refusal::Quota,
        Refusal::MeetingLocked(8),
    ];
    for no in refusals {
        let reply = refusal(&no);
        assert!(matches!(answer(&reply), Answer::Refused(_)), "{no:?}");
        let sent = reply.to_string();
        assert_eq!(replied(sent.as_bytes()), Ok(Some((reply, sent.len()))), "{no:?}");
    }
    assert_eq!(
        refusal(&Refusal::Throttled(Span::from_millis(1_500))).to_string(),
        "450 4.7.1 Rate limited, try again in 2 s\r\n"
    );
}

proptest! {
    #[test]
    fn whatever_is_sent_is_read(text: String, dots in "[.\r\n a]{0,20}") {
        for said in [&text, &dots] {
            let sent = stuffed(composed(said, &["b@b.example"]).as_bytes());
            prop_assert_eq!(end(&sent, 0), Some(sent.len()));
            prop_assert_eq!(&super::text(&unstuffed(&sent)), said);
        }
    }

    #[test]
    fn any_content_comes_out_as_it_went_in(content in prop::collection::vec(prop_oneof![Just(b'.'), Just(b'\r'), Just(b'\n'), any::<u8>()], 0..60), at in 0_usize..60) {
        let mut whole = content.clone();
        if !whole.is_empty() && !whole.ends_with(b"\r\n") {
            whole.extend_from_slice(b"\r\n");
        }
        let sent = stuffed(&content);
        prop_assert_eq!(unstuffed(&sent), whole);
        // However it is cut, its end is found where it is, and not before.
        let at = at.min(sent.len());
        prop_assert_eq!(end(&sent[..at], 0), (at == sent.len()).then_some(at));
        prop_assert_eq!(end(&sent, at.saturating_sub(1)), Some(sent.len()));
    }

    #[test]
    fn whatever_comes_is_answered(line in prop::collection::vec(any::<u8>(), 0..60), words in "(MAIL|RCPT|AUTH|XINBOX|EHLO) ?[ -~]{0,40}") {
        let _ = (Command::read(&line), Command::read(words.as_bytes()), replied(&line), text(&line), end(&line, 3));
        for asking in [Asking::Plain, Asking::Name, Asking::Password("a".into())] {
            let _ = asking.hears(&String::from_utf8_lossy(&line));
        }
    }

    #[test]
    fn a_command_is_read_as_it_was_said(local in "[a-z0-9.+-]{1,20}", after: u64) {
        let address = format!("{local}@{DOMAIN}");
        for command in [
            Command::Hello { extended: true },
            Command::Mail { from: address.clone(), size: None },
            Command::Mail { from: address.clone(), size: Some(after) },
            Command::Recipient(address.clone()),
            Command::Inbox { credential: format!("push-{address}"), after },
            Command::Data, Command::Reset, Command::Nothing, Command::Question, Command::Quit, Command::StartTls,
        ] {
            let line = command.line();
            prop_assert_eq!(Command::read(line.strip_suffix("\r\n").expect("a line").as_bytes()), Ok(command));
        }
    }
}
