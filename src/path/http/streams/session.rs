//! A client's connection: its streams, and how it ends.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use h2::Reason;
use h2::server::{self, Connection};
use tokio::io::AsyncReadExt;

use super::calm::Calm;
use super::exchange::{Ended, exchange};
use super::host::Host;
use super::wired::{Severed, Wired};
use crate::journal::ObservedEnd;
use crate::limits::{
    HEAD_BYTES, HEAD_TIMEOUT, HTTP2_STREAM_WINDOW, HTTP2_STREAMS, HTTP2_WINDOW, KEEP_ALIVE, LINGER, READ_BYTES,
};
use crate::path::http::patience::Patience;
use crate::path::lane::Cut;
use crate::path::leg::Leg;
use crate::path::silence::{BOTH, Silence};
use crate::world::{Conn, Tasks};

/// Serves a client's connection until it ends. `far` is the connection to the host, which stands already.
pub(in crate::path) async fn serve(leg: &Arc<Leg>, near: Conn, far: Conn, tasks: Tasks) {
    let mut silence = Silence::of(leg);
    let (near, severed) = (Arc::new(near), Arc::new(Severed::default()));
    if silence.is_on() {
        return silent(leg, &near, &mut silence).await;
    }
    let clock = &leg.shared.at.world.clock;
    let wired = Wired::new(Arc::clone(&near), leg, leg.forth(), &severed);
    let begun = clock.timeout(clock.now() + HEAD_TIMEOUT, settings().handshake::<_, Bytes>(wired)).await;
    let Ok(Ok(connection)) = begun else { return };
    let host = match Host::new(leg, far, tasks, Arc::clone(&severed)).await {
        Ok(host) => host,
        Err(error) => return tracing::debug!(connection = leg.number(), %error, "the host takes no streams"),
    };
    let cut = tokio::select! {
        biased;
        cut = severed.cut() => Some(cut),
        () = async {
            silence.begins(leg, leg.unknown(), &BOTH).await;
            // What is open when nobody hears of anything any more gets no answer.
            leg.streams_are_over(ObservedEnd::Broken);
        } => {
            silent(leg, &near, &mut silence).await;
            None
        }
        () = streams(leg, connection, &host) => None,
    };
    if cut == Some(Cut::Reset) {
        near.resetter().reset();
    }
}

/// What a client is told of how much it may ask for.
fn settings() -> server::Builder {
    let mut builder = server::Builder::new();
    builder.max_concurrent_streams(HTTP2_STREAMS).max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX));
    builder.initial_window_size(HTTP2_STREAM_WINDOW).initial_connection_window_size(HTTP2_WINDOW);
    builder
}

/// One exchange beside another, until the client has gone, asks for nothing any more, or gives up too much.
async fn streams(leg: &Arc<Leg>, mut connection: Connection<Wired, Bytes>, host: &Host) {
    let clock = &leg.shared.at.world.clock;
    let (mut patience, mut calm) = (Patience::new(clock), Calm::new(clock.now()));
    let mut open = FuturesUnordered::new();
    let mut number = 0_u32;
    let mut until = clock.now() + HEAD_TIMEOUT;
    let mut leaves = false;
    let gone = || leg.streams_are_over(ObservedEnd::Left);
    loop {
        tokio::select! {
            biased;
            Some(ended) = open.next() => {
                until = clock.now() + if leaves { LINGER } else { KEEP_ALIVE };
                if ended == Ended::GivenUp && !calm.keeps(clock.now()) {
                    if leg.shared.rules.telling.may(clock.now()) {
                        tracing::warn!(connection = leg.number(), "a client gives up one request after another");
                    }
                    connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
                    break;
                }
            }
            asked = connection.accept() => match asked {
                Some(Ok((request, near))) => {
                    number = number.wrapping_add(1);
                    open.push(exchange(leg, host, number, request, near));
                }
                Some(Err(error)) => {
                    gone();
                    return tracing::debug!(connection = leg.number(), %error, "a connection of the path ended");
                }
                None => return gone(),
            },
            () = patience.until(until), if open.is_empty() => {
                if leaves {
                    return;
                }
                // Whoever has sent a request meanwhile is still served.
                connection.graceful_shutdown();
                (leaves, until) = (true, clock.now() + LINGER);
            }
        }
    }
    gone();
    // What it is told has to reach it.
    let told = async { while connection.accept().await.is_some() {} };
    let _ = clock.timeout(clock.now() + LINGER, told).await;
}

/// Reads what still comes, for nobody, until the silence is over or the client has gone.
async fn silent(leg: &Leg, near: &Conn, silence: &mut Silence) {
    let mut swallowed = vec![0; READ_BYTES];
    loop {
        tokio::select! {
            biased;
            read = async { (&mut &*near).read(&mut swallowed).await } => if !matches!(read, Ok(1..)) { return },
            () = silence.end(leg) => return,
        }
        silence.broken(&leg.shared.at.world.clock);
    }
}
