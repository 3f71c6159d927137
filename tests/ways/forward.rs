//! What a program says to an HTTP proxy.

use firedrill::path::Protocol;
use firedrill::world::World;
use tokio::io::AsyncWriteExt;

use crate::rig::{Rig, Setting};

pub(crate) async fn a_tunnel_carries_whatever_is_said(world: World) {
    let rig = Rig::of(&world, Protocol::Forward).await;
    let mut client = rig.connect().await;
    // Some do not wait for the answer.
    client.say(format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\nearly", rig.echo).as_bytes()).await;
    assert_eq!(client.answer().await.0, 200);
    assert_eq!(&client.bytes().await, b"early");
    client.ping().await;
    // The end of one direction passes too.
    client.0.shutdown().await.expect("an end");
    assert_eq!(client.rest().await, b"");
    assert_eq!(rig.door.traffic().to_endpoint.written, 9);
}

pub(crate) async fn a_url_reaches_its_host_as_if_there_were_no_proxy(world: World) {
    let rig = Rig::of(&world, Protocol::Forward).await;
    let mut client = rig.connect().await;
    let request = format!(
        "POST http://{0}/x?y HTTP/1.1\r\nhost: other.example\r\nProxy-Authorization: Basic YTpi\r\nX-Own: 1\r\nProxy-Connection: keep-alive\r\n\r\n",
        rig.web
    );
    let due = format!("POST /x?y HTTP/1.1\r\nHost: {}\r\nX-Own: 1\r\n\r\n", rig.web);
    for _ in 0..2 {
        assert_eq!(client.ask(&request).await, (200, due.clone()), "the connection is kept");
    }
    let wrong = client.ask(&format!("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\nHost: {0}\r\n\r\n", rig.web)).await;
    assert_eq!(wrong.0, 400, "{wrong:?}");
}

pub(crate) async fn hosts_take_turns_on_one_connection(world: World) {
    let rig = Rig::of(&world, Protocol::Forward).await;
    let mut client = rig.connect().await;
    let ask = |host: &str| format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let own = rig.web.to_string();
    // Without waiting for answers, which come in order all the same.
    client.say([ask(&own), ask("api.dingtalk.com"), ask(&own)].concat().as_bytes()).await;
    for host in [&own, "api.dingtalk.com", &own] {
        let (status, said) = client.answer().await;
        assert!(status == 200 && said.contains(&format!("Host: {host}\r\n")), "{host}: {said}");
    }
    // Others in between have been refused before the host is looked for.
    let (status, why) = client.ask(&ask("evil.example")).await;
    assert_eq!((status, why.contains("not on the list")), (403, true), "{why}");
    let mut client = rig.connect().await;
    client.say(format!("{}CONNECT {} HTTP/1.1\r\n\r\n", ask(&own), rig.echo).as_bytes()).await;
    assert_eq!([client.answer().await.0, client.answer().await.0], [200, 200]);
    client.ping().await;
}

pub(crate) async fn whoever_may_not_go_there_is_told_why(world: World) {
    let rig = Rig::with(&world, Setting { allow: vec!["a.localhost"], ..Setting::of(Protocol::Forward) }).await;
    let mut told = Vec::new();
    for target in [
        "evil.example:443",
        "127.0.0.1:80",
        "[::1]:80",
        "[::ffff:169.254.169.254]:80",
        "api.dingtalk.com.evil.example:443",
    ] {
        let (status, why) =
            rig.connect().await.ask(&format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n")).await;
        assert_eq!((status, why.contains("not on the list")), (403, true), "{target}: {why}");
        told.push(why);
    }
    assert!(told[0].contains("--allow evil.example:443"), "{}", told[0]);
    let (status, why) = rig.connect().await.ask("CONNECT nobody.example:80 HTTP/1.1\r\n\r\n").await;
    assert_eq!((status, why.contains("cannot be reached")), (502, true), "{why}");
    let (status, why) = rig.connect().await.ask("GET http://nobody.example/ HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!((status, why.contains("cannot be reached")), (502, true), "{why}");
}

pub(crate) async fn a_token_is_the_password(world: World) {
    let rig = Rig::with(&world, Setting { token: Some("secret"), ..Setting::of(Protocol::Forward) }).await;
    let tunnel = |shown: &str| format!("CONNECT {} HTTP/1.1\r\n{shown}\r\n", rig.echo);
    let basic = |shown: &str| format!("Proxy-Authorization: {shown}\r\n");
    // `any:wrong`, `any` without a colon, `secret:`, and no base 64; another scheme.
    for shown in ["", "Basic YW55Ondyb25n", "Basic YW55", "Basic c2VjcmV0Og==", "Basic ???", "Bearer c2VjcmV0"] {
        let header = if shown.is_empty() { String::new() } else { basic(shown) };
        let mut client = rig.connect().await;
        client.say(tunnel(&header).as_bytes()).await;
        let head = client.head().await.expect("an answer");
        assert!(head.starts_with("HTTP/1.1 407") && head.contains("proxy-authenticate: Basic"), "{shown}: {head}");
    }
    // `any:secret`.
    let good = basic("basic YW55OnNlY3JldA==");
    let mut client = rig.connect().await;
    assert_eq!(client.ask(&tunnel(&good)).await.0, 200);
    client.ping().await;
    let mut client = rig.connect().await;
    let ask = |shown: &str| format!("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\n{shown}\r\n", rig.web);
    let (status, said) = client.ask(&ask(&good)).await;
    assert_eq!((status, said.contains("Proxy-Auth")), (200, false), "{said}");
    assert_eq!(client.ask(&ask("")).await.0, 407, "it is asked of every request");
}

pub(crate) async fn what_no_proxy_does_is_refused(world: World) {
    let rig = Rig::of(&world, Protocol::Forward).await;
    for (request, due) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET https://localhost/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("CONNECT localhost HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("CONNECT 0x7f000001:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("CONNECT localhost:80 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 400),
        ("GET http://localhost/ HTTP/1.1\nHost: a\n\n", 400),
        ("\x05\x01\x02\r\n\r\n", 400),
    ] {
        assert_eq!(rig.connect().await.ask(request).await.0, due, "{request:?}");
    }
}
