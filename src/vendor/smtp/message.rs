//! What is in a mail: header fields (RFC 5322) and one text (RFC 2045).

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::Outgoing;
use super::super::http::message_text;
use super::super::wall;

/// The most characters of a line: RFC 5322 §2.1.1 allows 998.
const LINE: usize = 900;

/// A message as a mail, before its dots are doubled.
///
/// Its Message-ID names the message, and its Date says when it was written (RFC 5322 §3.6.1), both the same for every attempt. A text that is not one line of ASCII goes as base64, which every server passes on as it is.
pub fn compose(message: &Outgoing<'_>) -> String {
    let id = message_text(message.once);
    let to: Vec<_> = message.recipients.iter().map(|to| format!("<{to}>")).collect();
    let mut mail = String::with_capacity(message.text.len() * 2 + 512);
    // Writing to a string does not fail.
    let _ = write!(
        mail,
        "Date: {}\r\nFrom: <{}>\r\nTo: {}\r\nSubject: {id}\r\nMessage-ID: <{id}@{}>\r\nMIME-Version: 1.0\r\n",
        wall::of_mail(message.at),
        message.from.user,
        to.join(",\r\n "),
        super::DOMAIN,
    );
    mail += "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ";
    let text = message.text;
    if text.len() <= LINE && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let _ = write!(mail, "7bit\r\n\r\n{text}\r\n");
        return mail;
    }
    mail += "base64\r\n\r\n";
    let encoded = STANDARD.encode(text);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(76));
        mail += line;
        mail += "\r\n";
        rest = more;
    }
    mail
}

/// The text of a mail as it was before it was encoded; of one with several parts all that follows the header fields. What is no UTF-8 is
/// replaced.
pub fn text(mail: &[u8]) -> String {
    let (fields, body) = match memchr::memmem::find(mail, b"\r\n\r\n") {
        Some(at) => (&mail[..at], &mail[at + 4..]),
        None if mail.starts_with(b"\r\n") => (&mail[..0], &mail[2..]),
        None => (mail, &mail[..0]),
    };
    let fields = String::from_utf8_lossy(fields);
    let encoding = fields.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-transfer-encoding").then(|| value.trim().to_ascii_lowercase())
    });
    let body = match encoding.as_deref() {
        Some("base64") => {
            let bytes: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            return STANDARD.decode(&bytes).map_or_else(|_| lossy(&bytes), |bytes| lossy(&bytes));
        }
        Some("quoted-printable") => unquoted(body),
        _ => body.to_vec(),
    };
    // The line break before the end belongs to the way, not to the text.
    lossy(body.strip_suffix(b"\r\n").unwrap_or(&body))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Quoted-printable (RFC 2045 §6.7) decoded; what is not valid stays as it is.
fn unquoted(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&first, after)) = rest.split_first() {
        if first == b'=' {
            if let Some(next) = after.strip_prefix(b"\r\n") {
                rest = next;
                continue;
            }
            let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
            if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                out.push(byte);
                rest = &after[2..];
                continue;
            }
        }
        out.push(first);
        rest = after;
    }
    out
}
