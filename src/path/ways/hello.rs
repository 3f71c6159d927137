//! The first message of TLS: whom a client wants to talk to, as anybody on the way can read it (RFC 8446 §4.1.2, RFC 6066 §3). Pure.

use crate::limits::HELLO_BYTES;
use crate::world::tls::{Agreed, HelloRandom, Stamp};

/// What is no hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoHello {
    /// Another protocol.
    #[error("not TLS")]
    NotTls,
    /// TLS, but nothing that begins a connection, or nothing that anybody would write so.
    #[error("no ClientHello: {0}")]
    Bad(&'static str),
    /// A hello that has begun, and is not to be read. A server may read more of it than we do.
    #[error("a ClientHello that cannot be read: {0}")]
    Unreadable(&'static str),
    /// More than [`HELLO_BYTES`].
    #[error("a ClientHello of more than {HELLO_BYTES} bytes")]
    TooLarge,
}

/// A `ClientHello`, as far as it matters on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// The name that is asked for, in lower case; with an encrypted hello that of the front.
    pub name: Option<String>,
    /// The protocols that the client could speak within, best first.
    pub protocols: Vec<Vec<u8>>,
    /// What tells it from every other hello.
    pub random: HelloRandom,
}

impl NoHello {
    /// Whether it is a hello for all that, which names nobody knows whom.
    pub(in crate::path) fn has_begun(self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::TooLarge)
    }
}

impl Hello {
    /// Whose hello was the first that was said for it, and how many of us have said their own since.
    pub(super) fn stamp(&self) -> Stamp {
        Stamp::of(&self.random)
    }

    /// Whether the client could speak this within.
    pub(super) fn speaks(&self, protocol: Agreed) -> bool {
        self.protocols.iter().any(|known| known == protocol.name())
    }
}

/// The record that carries handshakes, and its longest content (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;
const RECORD_BYTES: usize = 1 << 14;

/// The message itself, and extensions in it.
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const HOST_NAME: u8 = 0;
const ALPN: u16 = 16;

/// Reads a hello from the first bytes of a connection; `None` if there is more to come. A hello may lie in several records.
///
/// # Errors
/// If they are no hello.
pub fn read(bytes: &[u8]) -> Result<Option<Hello>, NoHello> {
    let mut message = Vec::new();
    let mut rest = bytes;
    loop {
        if let Some(length) = length(&message)?
            && message.len() >= 4 + length
        {
            return parse(&message[4..4 + length]).map(Some).ok_or(NoHello::Unreadable("its lengths do not fit"));
        }
        let bad = |why| if message.is_empty() { NoHello::Bad(why) } else { NoHello::Unreadable(why) };
        match rest {
            // Every byte that comes is looked at again: what comes in single bytes must not be much.
            [] | [HANDSHAKE] | [HANDSHAKE, 3] if bytes.len() >= HELLO_BYTES => return Err(NoHello::TooLarge),
            [] | [HANDSHAKE] | [HANDSHAKE, 3] => return Ok(None),
            [HANDSHAKE, 3, _, head @ ..] => {
                let Some((head, content)) = head.split_first_chunk::<2>() else { return Ok(None) };
                let length = usize::from(u16::from_be_bytes(*head));
                if length == 0 || length > RECORD_BYTES {
                    return Err(bad("the length of a record"));
                }
                let here = &content[..length.min(content.len())];
                message.extend_from_slice(here);
                rest = &content[here.len()..];
            }
            [HANDSHAKE, ..] => return Err(bad("the version of a record")),
            _ if message.is_empty() => return Err(NoHello::NotTls),
            _ => return Err(bad("something else before its end")),
        }
    }
}

/// How long the message will be behind its head, when that is there.
fn length(message: &[u8]) -> Result<Option<usize>, NoHello> {
    match message {
        [CLIENT_HELLO, high, middle, low, ..] => {
            let length = usize::from(*high) << 16 | usize::from(*middle) << 8 | usize::from(*low);
            if 4 + length > HELLO_BYTES { Err(NoHello::TooLarge) } else { Ok(Some(length)) }
        }
        [] | [CLIENT_HELLO, ..] => Ok(None),
        _ => Err(NoHello::Bad("another message")),
    }
}

/// Reads the message's content.
fn parse(mut content: &[u8]) -> Option<Hello> {
    let bytes = &mut content;
    // Version and random bytes, session, cipher suites, compression.
    let random = take(bytes, 34)?[2..].try_into().ok()?;
    counted_by_one(bytes)?;
    counted_by_two(bytes)?;
    counted_by_one(bytes)?;
    let mut hello = Hello { random, ..Hello::default() };
    if bytes.is_empty() {
        return Some(hello);
    }
    let (mut extensions, mut named) = (counted_by_two(bytes)?, false);
    while !extensions.is_empty() {
        let kind = number(&mut extensions)?;
        let mut body = counted_by_two(&mut extensions)?;
        match kind {
            SERVER_NAME => name(counted_by_two(&mut body)?, (&mut hello.name, &mut named))?,
            ALPN => hello.protocols = protocols(counted_by_two(&mut body)?)?,
            _ => {}
        }
    }
    bytes.is_empty().then_some(hello)
}

/// Finds the host's name in a list of names. What cannot be a name is as if it were not there.
fn name(mut list: &[u8], (found, named): (&mut Option<String>, &mut bool)) -> Option<()> {
    while !list.is_empty() {
        let kind = take(&mut list, 1)?[0];
        let name = counted_by_two(&mut list)?;
        if kind == HOST_NAME {
            // Of two, who knows which one a server takes (RFC 6066 §3)?
            if std::mem::replace(named, true) {
                return None;
            }
            let host = std::str::from_utf8(name).ok().and_then(|name| name.parse::<crate::plan::Host>().ok());
            *found = host.map(|host| host.to_string());
        }
    }
    Some(())
}

fn protocols(mut list: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut protocols = Vec::new();
    while !list.is_empty() {
        protocols.push(counted_by_one(&mut list)?.to_vec());
    }
    Some(protocols)
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn number(bytes: &mut &[u8]) -> Option<u16> {
    take(bytes, 2).map(|two| u16::from_be_bytes([two[0], two[1]]))
}

fn counted_by_one<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let count = take(bytes, 1)?[0];
    take(bytes, usize::from(count))
}

fn counted_by_two<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let count = number(bytes)?;
    take(bytes, usize::from(count))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A hello with these extensions, in records of at most so many bytes.
    fn hello(extensions: &[(u16, Vec<u8>)], record: usize) -> Vec<u8> {
        let two = |bytes: &[u8]| [&u16::try_from(bytes.len()).expect("short").to_be_bytes()[..], bytes].concat();
        let listed: Vec<u8> =
            extensions.iter().flat_map(|(kind, body)| [&kind.to_be_bytes()[..], &two(body)].concat()).collect();
        let content = [&[3, 3][..], &[7; 32], &[0], &two(&[0x13, 1]), &[1, 0], &two(&listed)].concat();
        let length = u32::try_from(content.len()).expect("short").to_be_bytes();
        let message = [&[CLIENT_HELLO], &length[1..], &content[..]].concat();
        message.chunks(record).flat_map(|part| [&[HANDSHAKE, 3, 1][..], &two(part)].concat()).collect()
    }

    fn named(name: &str) -> (u16, Vec<u8>) {
        let length = u16::try_from(name.len()).expect("short");
        (SERVER_NAME, [&(length + 3).to_be_bytes()[..], &[0], &length.to_be_bytes(), name.as_bytes()].concat())
    }

    #[test]
    fn the_name_is_found_however_the_records_are_cut() {
        let alpn = (ALPN, b"\x00\x0c\x02h2\x08http/1.1".to_vec());
        for record in [1, 3, 4, 5, 50, RECORD_BYTES] {
            let bytes = hello(&[(43, vec![2, 3, 4]), named("API.DingTalk.com"), alpn.clone()], record);
            let found = read(&bytes).expect("a hello").expect("all of it");
            assert_eq!(found.name.as_deref(), Some("api.dingtalk.com"), "{record}");
            assert_eq!(found.protocols, [b"h2".to_vec(), b"http/1.1".to_vec()]);
            for end in 0..bytes.len() {
                assert_eq!(read(&bytes[..end]), Ok(None), "{record}: {end}");
            }
            assert_eq!(read(&[&bytes[..], &[0; 9]].concat()), Ok(Some(found)), "what follows is another matter");
        }
        let two = [named("a.example"), named("b.example")];
        assert_eq!(read(&hello(&two, 100)), Err(NoHello::Unreadable("its lengths do not fit")), "nobody may say two");
        let nameless = Hello { random: [7; 32], ..Hello::default() };
        assert_eq!(read(&hello(&[named("not a name")], 100)), Ok(Some(nameless.clone())));
        assert_eq!(read(&hello(&[], 100)), Ok(Some(nameless)), "nobody has to say a name");
    }

    #[test]
    fn what_is_no_hello_is_told() {
        assert_eq!(read(b"GET / HTTP/1.1\r\n"), Err(NoHello::NotTls));
        // And whether a server might read a name in it.
        for (bytes, why, begun) in [
            (&[22, 2, 0, 0, 5, 1][..], "version", false),
            (&[22, 3, 1, 0, 0], "length of a record", false),
            (&[22, 3, 1, 0x40, 1, 1], "length of a record", false),
            (&[22, 3, 1, 0, 4, 2, 0, 0, 0], "another message", false),
            (&[22, 3, 1, 0, 4, 1, 0, 0, 0], "lengths", true),
            (&[22, 3, 1, 0, 2, 1, 0, 23, 3, 3], "something else", true),
            (&[22, 3, 1, 0, 2, 1, 0, 22, 3, 1, 0, 0], "length of a record", true),
            (&[22, 3, 1, 0, 2, 1, 0, 22, 2], "version", true),
            (&[22, 3, 1, 0, 4, 1, 1, 0, 0], "more than", true),
        ] {
            let no = read(bytes).expect_err("no hello");
            assert!(no.to_string().contains(why) && no.has_begun() == begun, "{bytes:?}: {no:?}");
        }
    }

    proptest! {
        /// A hello with any one byte changed, or cut anywhere: no panic, and whatever is found is found with as much as it took.
        #[test]
        fn a_damaged_hello_never_panics(at in any::<prop::sample::Index>(), byte: u8, end in any::<prop::sample::Index>(), record in 1_usize..80) {
            let mut bytes = hello(&[named("api.example"), (ALPN, b"\x00\x03\x02h2".to_vec())], record);
            let place = at.index(bytes.len());
            bytes[place] = byte;
            bytes.truncate(end.index(bytes.len()) + 1);
            let whole = read(&bytes);
            let first = (0..=bytes.len()).map(|end| read(&bytes[..end])).find(|found| *found != Ok(None));
            prop_assert_eq!(first.unwrap_or(Ok(None)), whole);
        }

        #[test]
        fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
            let _ = read(&[&[22, 3, 3, 0, 190, 1, 0, 0, 180], &bytes[..]].concat());
        }
    }
}
