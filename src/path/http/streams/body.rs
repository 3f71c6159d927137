//! Bodies: read whole where they are small, or passed on as they come, as fast as the other side takes them.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use h2::{Reason, RecvStream, SendStream};
use hyper::HeaderMap;
use hyper::header::CONTENT_LENGTH;

use crate::limits::UNIT_BODY_BYTES;

/// What was read of a body.
#[derive(Default)]
pub(super) struct Read {
    pub(super) bytes: Bytes,
    /// What stood behind it.
    pub(super) trailers: Option<HeaderMap>,
    /// Whether that is all.
    pub(super) over: bool,
}

/// On which side a body was broken off.
pub(super) enum Stopped {
    /// Where it comes from.
    Source(h2::Error),
    /// Where it goes to, which takes no more.
    Sink,
}

/// How long a body is said to be.
pub(super) fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Reads a body to its end, or as much of it as goes as one unit.
///
/// # Errors
/// If it is broken off.
pub(super) async fn whole(from: &mut RecvStream) -> Result<Read, h2::Error> {
    let mut bytes = BytesMut::new();
    while bytes.len() < UNIT_BODY_BYTES {
        let Some(data) = from.data().await.transpose()? else {
            let trailers = from.trailers().await?;
            return Ok(Read { bytes: bytes.freeze(), trailers, over: true });
        };
        from.flow_control().release_capacity(data.len())?;
        bytes.extend_from_slice(&data);
    }
    Ok(Read { bytes: bytes.freeze(), trailers: None, over: from.is_end_stream() })
}

/// Sends bytes as the other side takes them, and counts them. `last` says whether nothing comes after them.
///
/// # Errors
/// If the other side takes no more.
pub(super) async fn send(
    to: &mut SendStream<Bytes>,
    mut bytes: Bytes,
    last: bool,
    count: &AtomicU64,
) -> Result<(), h2::Error> {
    if bytes.is_empty() && last {
        return to.send_data(bytes, true);
    }
    while !bytes.is_empty() {
        to.reserve_capacity(bytes.len());
        let room = match to.capacity() {
            0 => poll_fn(|cx| to.poll_capacity(cx)).await.unwrap_or(Err(Reason::CANCEL.into()))?,
            room => room,
        };
        let part = bytes.split_to(room.min(bytes.len()));
        let length = part.len() as u64;
        to.send_data(part, last && bytes.is_empty())?;
        count.fetch_add(length, Ordering::Relaxed);
    }
    Ok(())
}

/// Sends what was read of a body.
///
/// # Errors
/// As [`send`].
pub(super) async fn send_read(to: &mut SendStream<Bytes>, read: Read, count: &AtomicU64) -> Result<(), h2::Error> {
    send(to, read.bytes, read.over && read.trailers.is_none(), count).await?;
    read.trailers.map_or(Ok(()), |trailers| to.send_trailers(trailers))
}

/// What comes next of a body, as long as whoever it goes to wants it; `None` if nothing does but what stands behind it. A body may pause for
/// as long as it likes, so that whoever waits for one alone would never hear that it is given up.
pub(super) async fn next(from: &mut RecvStream, to: &mut SendStream<Bytes>) -> Result<Option<Bytes>, Stopped> {
    tokio::select! {
        biased;
        data = from.data() => data.transpose().map_err(Stopped::Source),
        _ = poll_fn(|cx| to.poll_reset(cx)) => Err(Stopped::Sink),
    }
}

/// Passes the rest of a body on, with what stands behind it.
pub(super) async fn pass(
    from: &mut RecvStream,
    to: &mut SendStream<Bytes>,
    counted: &AtomicU64,
) -> Result<(), Stopped> {
    while let Some(data) = next(from, to).await? {
        let (count, last) = (data.len(), from.is_end_stream());
        send(to, data, last, counted).await.map_err(|_| Stopped::Sink)?;
        // Only now may the other side send as much again.
        from.flow_control().release_capacity(count).map_err(Stopped::Source)?;
        if last {
            return Ok(());
        }
    }
    let ended = match from.trailers().await.map_err(Stopped::Source)? {
        Some(trailers) => to.send_trailers(trailers),
        None => to.send_data(Bytes::new(), true),
    };
    ended.map_err(|_| Stopped::Sink)
}
