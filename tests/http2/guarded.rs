//! The guard before a host of somebody else's: however many streams a connection has, the host is not asked more often, nor for longer, than that
//! allows.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use h2::client::SendRequest;
use hyper::{Method, Request, StatusCode};

use crate::rig::{HOST, Rig};
use crate::streams::play;

/// The host has a name that leads here, and is not known to be this machine.
fn rig(more: &[&str]) -> Rig {
    let rig = Rig::with(more);
    rig.arm(&format!(r#"{{"name":"there","dns_answer":{{"names":["{HOST}"],"address":"127.0.0.1"}}}}"#));
    rig
}

/// One connection to the host at its own port.
async fn abroad(rig: &Rig) -> SendRequest<Bytes> {
    let (client, connection) = h2::client::handshake(rig.connect_abroad().await).await.expect("HTTP/2");
    tokio::spawn(connection);
    client
}

/// Asks for a path: the status and the body; `None` if there was no answer.
async fn get(client: &SendRequest<Bytes>, port: u16, path: &str) -> Option<(StatusCode, String)> {
    let mut client = client.clone().ready().await.ok()?;
    let asked = Request::builder().method(Method::GET).uri(format!("https://{HOST}:{port}{path}"));
    let answer = client.send_request(asked.body(()).expect("a request"), true).ok()?.0.await.ok()?;
    let (status, mut body, mut text) = (answer.status(), answer.into_body(), Vec::new());
    while let Some(data) = body.data().await {
        text.extend_from_slice(&data.ok()?);
    }
    Some((status, String::from_utf8(text).expect("text")))
}

/// One a second, of which the connection takes the first with it. All of them at once on it are as many as they are.
#[test]
fn each_stream_counts_against_the_rate() {
    let rig = rig(&[]);
    play(async {
        let (client, began) = (abroad(&rig).await, Instant::now());
        let all = join_all((0..60).map(|_| get(&client, rig.port, "/one"))).await;
        let (took, all) = (began.elapsed(), all.into_iter().map(|one| one.expect("an answer")).collect::<Vec<_>>());
        let good = all.iter().filter(|(status, _)| *status == StatusCode::OK).count() as u64;
        // A busy machine may take so long that there is room for one more.
        assert!((1..=1 + took.as_secs() + 1).contains(&good) && took.as_secs() < 20, "{good} in {took:?}");
        let refused: Vec<_> = all.iter().filter(|(status, _)| *status != StatusCode::OK).collect();
        let is_told = |(status, why): &&&(StatusCode, String)| *status == 429 && why.contains("the guard allows 1/s");
        assert!(refused.iter().all(|one| is_told(&one)), "{refused:?}");
        // The connection is as good as ever; and the host has not been asked but for those.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let (status, served) = get(&client, rig.port, "/served").await.expect("an answer");
        assert_eq!((status, served), (StatusCode::OK, good.to_string()));
        let (status, _) = get(&client, rig.port, "/served").await.expect("an answer");
        assert_eq!(status, 429);
    });
}

/// After the longest duration what is open is closed, streams with their connection, and nothing more is asked.
#[test]
fn streams_end_with_the_longest_duration() {
    let rig = rig(&["--max-duration", "4s"]);
    play(async {
        let client = abroad(&rig).await;
        let (answer, mut up) = {
            let mut client = client.clone().ready().await.expect("a place");
            let asked = Request::builder().method(Method::POST).uri(format!("https://{HOST}:{}/echo", rig.port));
            client.send_request(asked.body(()).expect("a request"), false).expect("sent")
        };
        let mut down = answer.await.expect("an answer").into_body();
        up.send_data("hello".into(), false).expect("sent");
        assert_eq!(down.data().await.expect("more").expect("data"), "hello");
        assert!(down.data().await.is_none_or(|end| end.is_err()), "it is cut off");
        assert_eq!(get(&client, rig.port, "/late").await, None);
        assert_eq!(rig.refused_abroad().await, "403");
    });
}
