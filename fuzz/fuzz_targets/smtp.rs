//! A client of mail that says anything at all, in two pieces: to the twin itself, and over the path before it. No panic, an end, and nothing but
//! replies; commands, replies and contents are cut in the same places however they come.
#![no_main]

use firedrill::control::Alarm;
use firedrill::draw::Seed;
use firedrill::endpoint::{Spec, Twin};
use firedrill::path::{Gateway, Opening, Protocol};
use firedrill::plan::{Capability, EndpointKind, Mail, ProxyProtocol};
use firedrill::units::Size;
use firedrill::vendor::smtp::{Command, end, end_within, replied, stuffed, text, unstuffed};
use firedrill::world::{World, enter_virtual};
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fuzz_target!(|input: (u16, &[u8])| {
    let (cut, bytes) = input;
    parsed(bytes);
    let told = enter_virtual(Seed(1), async |world| played(&world, usize::from(cut) % (bytes.len() + 1), bytes).await);
    for mut said in told.expect("a virtual world") {
        // Another protocol may follow the last reply: an inbox.
        while let Ok(Some((reply, length))) = replied(&said) {
            assert!((200..600).contains(&reply.code), "{reply:?}");
            said.drain(..length);
        }
    }
});

fn parsed(bytes: &[u8]) {
    // A mechanism that nobody knows has no name to be written by.
    let has_name = |command: &Command| !matches!(command, Command::Auth { mechanism: None, .. });
    if let Some(command) = Command::read(bytes).ok().filter(has_name) {
        let written = command.line();
        let again = Command::read(written.trim_end_matches("\r\n").as_bytes());
        assert!(again.is_ok(), "{command:?} is written as {written:?}");
    }
    let whole = end(bytes, 0);
    let first = (0..=bytes.len()).find(|length| end(&bytes[..*length], length.saturating_sub(1)).is_some());
    assert_eq!(whole, first, "the end does not depend on how much has come");
    assert!(end_within(bytes).is_none_or(|end| end <= bytes.len()));
    let sent = stuffed(bytes);
    assert_eq!(end(&sent, 0), Some(sent.len()), "a content ends where it ends");
    let back = unstuffed(&sent);
    assert!(back.starts_with(bytes) && back.len() <= bytes.len() + 2);
    let _ = text(&back);
    if let Ok(Some((_, length))) = replied(bytes) {
        assert!(length <= bytes.len());
    }
}

/// What a twin says, asked directly and over the path.
async fn played(world: &World, cut: usize, bytes: &[u8]) -> Vec<Vec<u8>> {
    let spec = Spec::new("mail", EndpointKind::Smtp(Mail { capability: Capability::Chat }));
    let twin = Twin::open(world, Alarm::default(), spec).await.expect("a port");
    let gateway = Gateway::new(world, Size(1 << 20), 100);
    let opening = Opening {
        name: "mail".into(),
        listen: ([127, 0, 0, 1], 0).into(),
        upstream: twin.address().to_string(),
        protocol: Protocol::Smtp,
        kind: None,
        proxy_protocol: ProxyProtocol::default(),
    };
    let door = gateway.open(&opening).await.expect("a port");
    let mut told = Vec::new();
    for to in [twin.address(), door.local_addr()] {
        let mut conn = world.net.connect(None, to).await.expect("it listens");
        let mut said = Vec::new();
        for piece in [&bytes[..cut], &bytes[cut..]] {
            // Whoever has heard the last word may be gone.
            let _ = conn.write_all(piece).await;
        }
        let _ = conn.shutdown().await;
        let _ = conn.read_to_end(&mut said).await;
        told.push(said);
    }
    twin.close().await;
    told
}
