//! Heads of requests and answers: where they end, what they say, and what is wrong with them. Pure.

use std::mem::MaybeUninit;

use httparse::{Header, Status};

use crate::limits::{HEAD_BYTES, HEAD_FIELDS};
use crate::path::ways::OVER_LIMIT;
use crate::vendor;

/// What is wrong with a message, so that nobody may pass it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bad {
    /// Not the syntax of RFC 9112, among others a folded line or a space before a colon.
    #[error("the head is not HTTP/1: {0}")]
    Syntax(httparse::Error),
    /// A line that does not end with CR LF. Some take a bare LF for an end and some do not.
    #[error("a line does not end with CR LF")]
    LineEnd,
    /// More bytes than [`HEAD_BYTES`], or more fields than [`HEAD_FIELDS`].
    #[error("the head or the trailers are too large")]
    TooLarge,
    /// Two could disagree on where the body ends.
    #[error("the length of the body is not certain: {0}")]
    Framing(&'static str),
    /// No `Host`, or several.
    #[error("a request names one host")]
    Host,
    /// A chunk's size, extension or end, or a trailer, is not RFC 9112's.
    #[error("the chunks of the body are not HTTP/1.1: {0}")]
    Chunk(&'static str),
    /// A tunnel is asked for.
    #[error("this is no proxy for other hosts")]
    Connect,
    /// A proxy is asked for something, and not for what it does.
    #[error("a proxy is asked with CONNECT, or for a whole URL that begins with http://")]
    NotForProxy,
    /// Within a connection to one host, another is asked for.
    #[error("this connection was asked for with the name of another host")]
    Misdirected,
    /// Nothing is wrong with it, but that it is one too many.
    #[error("{OVER_LIMIT}")]
    Limit,
}

impl Bad {
    /// The status that a request with this is answered with.
    pub fn status(self) -> u16 {
        match self {
            Self::Syntax(httparse::Error::Version) => 505,
            Self::TooLarge | Self::Syntax(httparse::Error::TooManyHeaders) => 431,
            Self::Connect => 405,
            Self::Misdirected => 421,
            Self::Limit => 429,
            Self::Syntax(_) | Self::LineEnd | Self::Framing(_) | Self::Host | Self::Chunk(_) | Self::NotForProxy => 400,
        }
    }
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// After so many bytes.
    Length(u64),
    /// With its last chunk and the trailers.
    Chunked,
    /// With the connection.
    UntilEnd,
}

/// Finds the end of a head over as many reads as it takes. Every byte is looked at once, so that a head in single bytes costs no more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Finder {
    line: usize,
    seen: usize,
}

impl Finder {
    /// The head's length, with the empty line that ends it, if `bytes` hold it all. `bytes` may only have grown since the last call.
    ///
    /// # Errors
    /// [`Bad::LineEnd`] and [`Bad::TooLarge`].
    pub fn find(&mut self, bytes: &[u8]) -> Result<Option<usize>, Bad> {
        let most = bytes.len().min(HEAD_BYTES);
        while let Some(at) = bytes.get(self.seen..most).and_then(|rest| memchr::memchr(b'\n', rest)) {
            let end = self.seen + at;
            if end == self.line || bytes[end - 1] != b'\r' {
                return Err(Bad::LineEnd);
            }
            let empty = end == self.line + 1;
            (self.line, self.seen) = (end + 1, end + 1);
            if empty {
                return Ok(Some(self.seen));
            }
        }
        self.seen = self.seen.max(most);
        if bytes.len() >= HEAD_BYTES { Err(Bad::TooLarge) } else { Ok(None) }
    }
}

/// Room for the fields of one head.
pub type Space<'b> = [MaybeUninit<Header<'b>>; HEAD_FIELDS];

/// Room for the fields of one head.
pub fn space<'b>() -> Space<'b> {
    [const { MaybeUninit::uninit() }; HEAD_FIELDS]
}

/// A request's head, as a view of the bytes that came.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent word of a head")]
pub struct Request<'h, 'b> {
    /// The method.
    pub method: &'b str,
    /// The target, in whatever form it came.
    pub target: &'b str,
    /// How its body ends; never with the connection.
    pub framing: Framing,
    /// Whether it is HTTP/1.0.
    pub old: bool,
    /// Whether the client means to go on with the connection.
    pub keeps_open: bool,
    /// Whether the client may wait for a `100 Continue`.
    pub expects: bool,
    /// Whether the connection may become something else.
    pub upgrades: bool,
    fields: &'h [Header<'b>],
}

impl<'h, 'b> Request<'h, 'b> {
    /// Reads a whole head, as [`Finder`] found it.
    ///
    /// # Errors
    /// Whatever is [`Bad`].
    pub fn read(head: &'b [u8], space: &'h mut Space<'b>) -> Result<Self, Bad> {
        let request = Self::read_any(head, space)?;
        match request.method {
            "CONNECT" => Err(Bad::Connect),
            _ => Ok(request),
        }
    }

    /// The same, of a request that may ask for a tunnel.
    ///
    /// # Errors
    /// Whatever else is [`Bad`].
    pub(super) fn read_any(head: &'b [u8], space: &'h mut Space<'b>) -> Result<Self, Bad> {
        let mut request = httparse::Request::new(&mut []);
        let Status::Complete(_) = request.parse_with_uninit_headers(head, space).map_err(Bad::Syntax)? else {
            return Err(Bad::Syntax(httparse::Error::NewLine));
        };
        let fields: &'h [Header<'b>] = request.headers;
        let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
        let (old, said) = (request.version == Some(0), Said::of(fields)?);
        // Some that ask for a tunnel say no host besides.
        if said.hosts > 1 || (said.hosts == 0 && !old && method != "CONNECT") {
            return Err(Bad::Host);
        }
        let framing = match (said.coding, said.length) {
            (Coding::None, None) => Framing::None,
            (Coding::None, Some(length)) => Framing::Length(length),
            (_, Some(_)) => return Err(Bad::Framing("both a length and a coding")),
            (Coding::Chunked, None) if old => return Err(Bad::Framing("a coding in HTTP/1.0")),
            (Coding::Chunked, None) => Framing::Chunked,
            (Coding::Within | Coding::Other, None) => return Err(Bad::Framing("a coding other than chunked")),
        };
        let (keeps_open, expects, upgrades) = (said.keeps_open(old), said.expects, said.upgrades);
        Ok(Self { method, target, framing, old, keeps_open, expects, upgrades, fields })
    }
}

impl Request<'_, '_> {
    /// The values of a field, each as it came.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    }

    /// Every host that it names, in a field or in its target; one that is no text is none.
    pub(super) fn hosts(&self) -> impl Iterator<Item = Option<&str>> {
        let target = self.target.split_once("://").filter(|(scheme, _)| !scheme.contains('/'));
        let target = target.map(|(_, rest)| Some(&rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())]));
        self.values("host").map(|host| Some(std::str::from_utf8(host).unwrap_or("?"))).chain(target)
    }

    /// The target without scheme and host, which its absolute form names first: nothing else has `://` before its first slash.
    fn local(&self) -> &str {
        match self.target.find('/') {
            Some(at) if at > 0 && self.target[at..].starts_with("//") => {
                let rest = &self.target[at + 2..];
                rest.find(['/', '?']).map_or("/", |at| &rest[at..])
            }
            _ => self.target,
        }
    }
}

impl vendor::Head for Request<'_, '_> {
    fn method(&self) -> &str {
        self.method
    }

    fn path(&self) -> &str {
        self.local().split('?').next().filter(|path| !path.is_empty()).unwrap_or("/")
    }

    fn query(&self) -> &str {
        self.local().split_once('?').map_or("", |(_, query)| query)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(field.value).ok().filter(|value| value.is_ascii())
    }
}

/// What matters to the path of an answer's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// How its body ends.
    pub framing: Framing,
    /// Whether the endpoint means to go on with the connection.
    pub keeps_open: bool,
}

impl Answer {
    /// Reads a whole head, as [`Finder`] found it. `to_head` says whether it answers a `HEAD`, and so has no body.
    ///
    /// # Errors
    /// Whatever is [`Bad`].
    pub fn read(head: &[u8], to_head: bool) -> Result<Self, Bad> {
        let mut space = space();
        let mut answer = httparse::Response::new(&mut []);
        let config = httparse::ParserConfig::default();
        let parsed = config.parse_response_with_uninit_headers(&mut answer, head, &mut space);
        let Status::Complete(_) = parsed.map_err(Bad::Syntax)? else {
            return Err(Bad::Syntax(httparse::Error::NewLine));
        };
        let (status, old) = (answer.code.unwrap_or_default(), answer.version == Some(0));
        let said = Said::of(answer.headers)?;
        let framing = match (said.coding, said.length) {
            (coding, Some(_)) if coding != Coding::None => return Err(Bad::Framing("both a length and a coding")),
            (coding, None) if coding != Coding::None && old => return Err(Bad::Framing("a coding in HTTP/1.0")),
            _ if to_head || status < 200 || status == 204 || status == 304 => Framing::None,
            (Coding::Chunked | Coding::Within, _) => Framing::Chunked,
            (_, Some(length)) => Framing::Length(length),
            (Coding::None | Coding::Other, None) => Framing::UntilEnd,
        };
        Ok(Self { status, framing, keeps_open: said.keeps_open(old) && framing != Framing::UntilEnd })
    }
}

/// What a head says of its body and its connection.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent word of a head")]
struct Said {
    length: Option<u64>,
    coding: Coding,
    hosts: u32,
    close: bool,
    keep_alive: bool,
    expects: bool,
    upgrades: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Coding {
    #[default]
    None,
    Chunked,
    /// Something else, and chunked at the outside.
    Within,
    /// Anything else.
    Other,
}

impl Said {
    fn of(fields: &[Header<'_>]) -> Result<Self, Bad> {
        let mut said = Self::default();
        for field in fields {
            let is = |name: &str| field.name.eq_ignore_ascii_case(name);
            match field.name.len() {
                4 if is("host") => said.hosts += 1,
                6 if is("expect") => said.expects = true,
                7 if is("upgrade") => said.upgrades = true,
                10 if is("connection") => said.connection(field.value),
                14 if is("content-length") && said.length.is_some() => {
                    return Err(Bad::Framing("several lengths"));
                }
                14 if is("content-length") => said.length = Some(length(field.value)?),
                17 if is("transfer-encoding") && said.coding != Coding::None => {
                    return Err(Bad::Framing("several codings"));
                }
                17 if is("transfer-encoding") => said.coding = coding(field.value),
                _ => {}
            }
        }
        Ok(said)
    }

    fn connection(&mut self, value: &[u8]) {
        for word in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            self.close |= word.eq_ignore_ascii_case(b"close");
            self.keep_alive |= word.eq_ignore_ascii_case(b"keep-alive");
        }
    }

    fn keeps_open(self, old: bool) -> bool {
        !self.close && (self.keep_alive || !old)
    }
}

/// Digits and nothing else: no sign, no list, no space within.
fn length(value: &[u8]) -> Result<u64, Bad> {
    let wrong = Bad::Framing("a length that is no number");
    let value = value.trim_ascii();
    if value.is_empty() {
        return Err(wrong);
    }
    value.iter().try_fold(0_u64, |length, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0')).ok_or(wrong)?;
        length.checked_mul(10).and_then(|length| length.checked_add(digit)).ok_or(wrong)
    })
}

fn coding(value: &[u8]) -> Coding {
    let mut codings = value.rsplit(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    match (codings.next(), codings.next()) {
        (Some(last), None) if last.eq_ignore_ascii_case(b"chunked") => Coding::Chunked,
        (Some(last), Some(_)) if last.eq_ignore_ascii_case(b"chunked") => Coding::Within,
        _ => Coding::Other,
    }
}
