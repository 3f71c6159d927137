//! What is read of a request's head, whoever parsed it.

use std::borrow::Cow;

use hyper::http::request::Parts;

/// The head of a request: hyper's in clients and twins, the path's own in the path.
pub trait Head {
    /// The method, as it was sent.
    fn method(&self) -> &str;

    /// The path of the target, without its query.
    fn path(&self) -> &str;

    /// The query of the target, without its question mark; empty if there is none.
    fn query(&self) -> &str;

    /// The value of the first field of this name, which is lower-case; `None` also if the value is not plain ASCII.
    fn header(&self, name: &str) -> Option<&str>;
}

impl Head for Parts {
    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn path(&self) -> &str {
        self.uri.path()
    }

    fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The value of the first parameter of this name in a query or a form, as it stands there.
pub(super) fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name)).map(|(_, value)| value)
}

/// The value of the first parameter of this name, decoded.
pub(super) fn plain_parameter<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let value = parameter(query, name)?;
    Some(if value.contains('%') { decode(value).into() } else { value.into() })
}

/// Percent-decoding; what is not valid stays as it is.
pub(super) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
        if let (b'%', Some(byte)) = (first, hex) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Percent-encoding of everything but what RFC 3986 calls unreserved.
pub(super) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend([byte >> 4, byte & 0xf].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])));
        }
    }
    out
}

/// A form's value: percent-decoded, with spaces for plus signs.
pub(super) fn form_value(text: &str) -> String {
    decode(&text.replace('+', " "))
}
