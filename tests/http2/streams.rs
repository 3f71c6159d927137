//! Streams beside each other on one connection: windows, trailers, and who hears of what.

use std::future::Future;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use hyper::{Method, Request, Response};

use crate::rig::{HOST, PATIENCE, Rig};

pub(crate) fn play<T>(playing: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(PATIENCE, playing).await.expect("it ends") })
}

async fn client(rig: &Rig) -> SendRequest<Bytes> {
    // Room on the connection for more than one stream may fill.
    let mut builder = h2::client::Builder::new();
    builder.initial_connection_window_size(1 << 20);
    let (sender, connection) = builder.handshake(rig.connect().await).await.expect("HTTP/2");
    tokio::spawn(connection);
    sender.ready().await.expect("a place")
}

pub(crate) fn request(method: Method, path: &str) -> Request<()> {
    Request::builder().method(method).uri(format!("https://{HOST}{path}")).body(()).expect("a request")
}

async fn get(client: &SendRequest<Bytes>, path: &str) -> Result<Response<RecvStream>, h2::Error> {
    let mut client = client.clone().ready().await?;
    client.send_request(request(Method::GET, path), true)?.0.await
}

/// Returns when the only fault has hit something.
async fn hit(rig: &Rig) {
    while rig.daemon.good("GET", "/firedrill/v1/faults", "", 200)[0]["hits"] != 1 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// A call that talks both ways, as gRPC has them: nothing waits for the end of the other side.
#[test]
fn bodies_go_both_ways_at_once() {
    let rig = Rig::start();
    play(async {
        let mut client = client(&rig).await;
        let (answer, mut up) = client.send_request(request(Method::POST, "/echo"), false).expect("sent");
        let mut down = answer.await.expect("an answer").into_body();
        for word in ["one", "two", "three"] {
            up.send_data(word.into(), false).expect("sent");
            assert_eq!(down.data().await.expect("more").expect("data"), word);
            down.flow_control().release_capacity(word.len()).expect("a window");
        }
        up.send_data(Bytes::new(), true).expect("sent");
        // The end may be a frame of its own, with nothing in it.
        while let Some(end) = down.data().await {
            assert!(end.expect("the end").is_empty());
        }
    });
}

/// Whoever reads slowly holds up himself: the window of his stream is full, and the connection goes on for the others.
#[test]
fn a_slow_reader_holds_up_nobody_else() {
    let rig = Rig::start();
    play(async {
        let client = client(&rig).await;
        let mut large = get(&client, "/large").await.expect("an answer").into_body();
        let mut read = large.data().await.expect("more").expect("data").len();
        for number in 0..20 {
            assert_eq!(get(&client, &format!("/{number}")).await.expect("an answer").status(), 200);
        }
        large.flow_control().release_capacity(read).expect("a window");
        while let Some(data) = large.data().await {
            let data = data.expect("data");
            read += data.len();
            large.flow_control().release_capacity(data.len()).expect("a window");
        }
        assert_eq!(read, 8 << 20);
    });
}

/// An answer that never comes is one stream's; those beside it are answered, and the connection stays.
#[test]
fn a_silence_is_one_stream_s() {
    let rig = Rig::start();
    rig.arm(r#"{"name":"f","drop_reply":{"how":"silence","first":1}}"#);
    play(async {
        let client = client(&rig).await;
        let (silent, _) = client.clone().send_request(request(Method::GET, "/silent"), true).expect("sent");
        // It is hit as the first: no other may overtake it.
        hit(&rig).await;
        assert_eq!(get(&client, "/other").await.expect("an answer").status(), 200);
        rig.lift("f");
        assert_eq!(silent.await.expect_err("swallowed").reason(), Some(Reason::CANCEL));
        assert_eq!(get(&client, "/after").await.expect("an answer").status(), 200);
    });
}

/// A `timeout` swallows all that moves on the connection, and at its lift the connection ends.
#[test]
fn a_timeout_silences_the_connection() {
    let rig = Rig::start();
    play(async {
        let client = client(&rig).await;
        assert_eq!(get(&client, "/before").await.expect("an answer").status(), 200);
        rig.arm(r#"{"name":"f","timeout":{}}"#);
        hit(&rig).await;
        let (during, _) = client.clone().send_request(request(Method::GET, "/during"), true).expect("sent");
        rig.lift("f");
        assert!(during.await.is_err(), "what was swallowed does not come back");
    });
}

/// A host that says good-bye is connected anew for the next stream, and the client does not notice.
#[test]
fn a_host_s_good_bye_is_not_the_client_s() {
    let rig = Rig::start();
    play(async {
        let client = client(&rig).await;
        for path in ["/goaway", "/after", "/goaway", "/after"] {
            assert_eq!(get(&client, path).await.expect("an answer").status(), 200, "{path}");
        }
    });
}

/// A watch that its client gives up is given up at the host as well, whether or not the host has more to say, and makes room for the next.
#[test]
fn an_answer_that_is_given_up_is_over_at_the_host() {
    let rig = Rig::before(Some(10));
    play(async {
        let client = client(&rig).await;
        for cut in [false, true] {
            if cut {
                rig.arm(r#"{"name":"f","body":{"truncate":"1MiB"}}"#);
            }
            for _ in 0..10 {
                let mut client = client.clone().ready().await.expect("a place");
                let (answer, mut up) = client.send_request(request(Method::GET, "/watch"), true).expect("sent");
                let mut down = answer.await.expect("an answer").into_body();
                assert_eq!(down.data().await.expect("more").expect("data"), "now");
                up.send_reset(Reason::CANCEL);
            }
            let watching = async || {
                let mut body = get(&client, "/watching").await.expect("an answer").into_body();
                body.data().await.expect("more").expect("data")
            };
            while watching().await != "0" {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        }
    });
}
