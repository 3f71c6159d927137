//! A HEAD whose answer ends by a frame of its own, with nothing in it, as some servers write it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use hyper::{Method, Response};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::rig::{HOST, Rig};
use crate::streams::{play, request};

/// A host that answers so, as long as the runtime lives in which it was started; its port, and what whoever connects to it trusts.
async fn host(place: &Path) -> (u16, PathBuf) {
    let made = rcgen::generate_simple_self_signed([HOST.to_owned()]).expect("a certificate");
    let trusted = place.join("host.pem");
    std::fs::write(&trusted, made.cert.pem()).expect("room");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut config = config.with_single_cert(vec![made.cert.der().clone()], key.into()).expect("a certificate");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (port, acceptor) = (listener.local_addr().expect("an address").port(), TlsAcceptor::from(Arc::new(config)));
    tokio::spawn(async move {
        while let Ok((conn, _)) = listener.accept().await {
            let Ok(conn) = acceptor.accept(conn).await else { continue };
            tokio::spawn(async move {
                let mut streams = h2::server::handshake(conn).await.expect("HTTP/2");
                while let Some(Ok((_, mut near))) = streams.accept().await {
                    let head = Response::builder().header("content-length", 5).body(()).expect("a head");
                    let mut body = near.send_response(head, false).expect("it is there");
                    body.send_data(Bytes::new(), true).expect("it is there");
                }
            });
        }
    });
    (port, trusted)
}

#[test]
fn no_fault_gives_it_a_body() {
    play(async {
        let place = tempfile::tempdir().expect("a directory");
        let (port, trusted) = host(place.path()).await;
        let rig =
            tokio::task::spawn_blocking(move || Rig::leading(place, (port, &trusted), None, &[])).await.expect("a rig");
        for fault in ["", r#"{"name":"f","body":{"replace":"more"}}"#, r#"{"name":"f","body":{"truncate":"2B"}}"#] {
            if !fault.is_empty() {
                rig.arm(fault);
            }
            let (client, connection) = h2::client::handshake(rig.connect().await).await.expect("HTTP/2");
            tokio::spawn(connection);
            let mut client = client.ready().await.expect("a place");
            let (answer, _) = client.send_request(request(Method::HEAD, "/"), true).expect("sent");
            let answer = answer.await.expect("an answer");
            assert_eq!(answer.headers()["content-length"], "5", "{fault}: it says what a GET would get");
            let mut body = answer.into_body();
            while let Some(data) = body.data().await {
                assert!(data.expect("its end").is_empty(), "{fault}");
            }
        }
    });
}
