//! Anything at all is answered by a reply, and whoever comes next is served.

use firedrill::draw::Seed;
use firedrill::world::enter_virtual;
use proptest::prelude::*;

use super::*;

/// Lines that are right, wrong and absurd.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "EHLO a",
        "MAIL FROM:<a@a>",
        "RCPT TO:<b@b>",
        "DATA",
        ".",
        "..",
        "RSET",
        "AUTH PLAIN",
        "AUTH LOGIN",
        "AGEAYg==",
        "*",
        "XINBOX push-b 0",
        "XINBOX push-b 99999999999999999999",
        "MAIL FROM:<",
        "RCPT TO:<@:>",
        "NOOP",
        "QUIT",
        "",
        "\u{0}",
        "STARTTLS",
    ]);
    let line = prop_oneof![
        5 => known.prop_map(|line| line.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ];
    let end = prop_oneof![6 => Just(&b"\r\n"[..]), 1 => Just(&b"\n"[..]), 1 => Just(&b"\r"[..])];
    prop::collection::vec((line, end), 0..25)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, end)| [&line, end].concat()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_is_said_is_answered(said in lines(), fixed: bool) {
        enter_virtual(Seed(1), async |world| {
            let twin = twin(&world, fixed).await;
            let mut client = Client::greeted(&world, &twin).await;
            client.write(&said).await;
            // An inbox, or a line without an end, is waited for five minutes and no longer; what an inbox says is no reply.
            let inbox = said.windows(6).any(|word| word.eq_ignore_ascii_case(b"XINBOX"));
            while !inbox && client.reply().await.is_some() {}
            let mut next = Client::greeted(&world, &twin).await;
            assert_eq!(next.says("EHLO next").await, 250);
        }).expect("a virtual world");
    }
}
