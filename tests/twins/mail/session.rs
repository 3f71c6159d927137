use firedrill::draw::Seed;
use firedrill::units::Span;
use firedrill::world::{World, enter_virtual};
use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

use super::*;

pub(crate) async fn a_mail_is_taken_for_those_who_exist_and_pushed_to_them(world: World) {
    let twin = twin(&world, true).await;
    let mut anna = Client::greeted(&world, &twin).await;
    assert_eq!(anna.says("EHLO client.example").await, 250);
    assert_eq!(anna.says(&format!("AUTH PLAIN {}", smtp::plain(ANNA, "s3cret"))).await, 235);
    assert_eq!(anna.says(&format!("MAIL FROM:<{ANNA}> SIZE=100")).await, 250);
    assert_eq!(anna.says("RCPT TO:<nobody@firedrill.example>").await, 550);
    assert_eq!(anna.says("DATA").await, 554, "nobody is there who would get it");
    for to in [BERT, BERT, "bert@FIREDRILL.example"] {
        assert_eq!(anna.says(&format!("RCPT TO:<{to}>")).await, 250);
    }
    assert_eq!(anna.says("DATA").await, 354);
    assert_eq!(anna.says("Subject: x\r\n\r\n..one\r\ntwo\r\n.").await, 250);

    // Bert, who was named three times, has it once; and again, if he has not seen it.
    for after in [0, 0] {
        let mut bert = Client::greeted(&world, &twin).await;
        assert_eq!(bert.says(&format!("XINBOX {} {after}", inbox_credential(BERT))).await, 250);
        let mut socket = websocket_on(bert.conn, bert.read, Role::Client).await;
        let frame = socket.next().await.expect("a frame").expect("no error");
        assert_eq!(frame, Message::text(firedrill::vendor::frame(1, ".one\r\ntwo")));
    }
    let mut stranger = Client::greeted(&world, &twin).await;
    assert_eq!(stranger.says("XINBOX push-nobody 0").await, 535);
}

pub(crate) async fn commands_have_an_order_and_sizes_a_bound(world: World) {
    let twin = twin(&world, false).await;
    let mut client = Client::greeted(&world, &twin).await;
    assert_eq!(client.says("MAIL FROM:<a@a.example>").await, 503, "nobody has said hello");
    assert_eq!(client.says("HELO client.example").await, 250);
    for (line, code) in [
        ("RCPT TO:<b@b.example>", 503),
        ("DATA", 503),
        ("MAIL FROM:<a@a.example> SIZE=1048577", 552),
        ("MAIL FROM:<a@a.example> RET=HDRS", 555),
        ("MAIL FROM:<>", 250),
        ("MAIL FROM:<a@a.example>", 503),
        ("AUTH PLAIN", 503),
        ("RCPT TO:<>", 501),
        ("VRFY anna", 252),
        ("STARTTLS", 502),
        ("NOOP", 250),
        ("RSET", 250),
        ("DATA", 503),
        ("MAIL FROM:<a@a.example>", 250),
        ("RCPT TO:<b@b.example>", 250),
        ("DATA", 354),
    ] {
        assert_eq!(client.says(line).await, code, "{line}");
    }
    // A MiB and a few lines: it is read to its end, and the session goes on.
    let line = "x".repeat(998) + "\r\n";
    let content = line.repeat(1_100) + ".";
    assert_eq!(client.says(&content).await, 552);
    let mut codes = Vec::new();
    assert_eq!(client.says("MAIL FROM:<a@a.example>").await, 250);
    for n in 0..=100 {
        codes.push(client.says(&format!("RCPT TO:<b{n}@b.example>")).await);
    }
    assert_eq!((codes.pop(), codes.iter().all(|code| *code == 250)), (Some(452), true));
    assert_eq!(client.says("QUIT").await, 221);
    assert_eq!(client.reply().await, None);
    let mut client = Client::greeted(&world, &twin).await;
    assert_eq!(client.says(&"y".repeat(20_000)).await, 500, "no line is so long");
    assert_eq!(client.reply().await, None);
}

pub(crate) async fn who_sends_logs_in_and_is_himself(world: World) {
    let twin = twin(&world, true).await;
    let mut client = Client::greeted(&world, &twin).await;
    assert_eq!(client.says("EHLO client.example").await, 250);
    let password = smtp::encoded("s3cret");
    let anna = smtp::encoded(ANNA);
    for (line, code) in [
        (format!("MAIL FROM:<{ANNA}>"), 530),
        (format!("AUTH PLAIN {}", smtp::plain(ANNA, "wrong")), 535),
        ("AUTH PLAIN ?".into(), 501),
        ("AUTH PLAIN =".into(), 501),
        ("AUTH CRAM-MD5".into(), 504),
        ("AUTH LOGIN".into(), 334),
        ("*".into(), 501),
        ("AUTH PLAIN".into(), 334),
        (smtp::plain("nobody", "s3cret"), 535),
        (format!("AUTH LOGIN {anna}"), 334),
        (password, 235),
        ("AUTH LOGIN".into(), 503),
        (format!("MAIL FROM:<{BERT}>"), 553),
        (format!("MAIL FROM:<{ANNA}>"), 250),
    ] {
        assert_eq!(client.says(&line).await, code, "{line}");
    }
}

pub(crate) async fn many_commands_at_once_are_answered_one_by_one(world: World) {
    let twin = twin(&world, false).await;
    let mut client = Client::greeted(&world, &twin).await;
    let lines = "EHLO c\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n.\r\nNOOP\r\nQUIT\r\n";
    client.write(lines.as_bytes()).await;
    let mut codes = Vec::new();
    while let Some(reply) = client.reply().await {
        codes.push(reply.code);
    }
    assert_eq!(codes, [250, 250, 250, 354, 250, 250, 221]);
}

#[test]
fn whoever_says_nothing_is_let_go_after_five_minutes() {
    let play = enter_virtual(Seed(9), async |world| {
        let twin = twin(&world, false).await;
        let mut client = Client::greeted(&world, &twin).await;
        let began = world.clock.now();
        client.write(b"NOOP").await;
        assert_eq!(client.reply().await.map(|reply| reply.code), Some(421));
        assert_eq!((client.reply().await, world.clock.now().since(began)), (None, Span::from_secs(300)));
    });
    play.expect("a virtual world");
}
