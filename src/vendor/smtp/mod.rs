//! E-mail by SMTP: RFC 5321, with AUTH (RFC 4954), SIZE (RFC 1870) and enhanced status codes (RFC 3463, RFC 5248). Commands, replies,
//! contents and refusals, as clients, twins and the path write and read them.
//!
//! A recipient receives from a twin by a command of our own, `XINBOX`: the connection is a WebSocket from its 250 on, as the
//! [inbox](super::frame) of every twin is.

mod auth;
mod command;
mod content;
mod message;
mod reply;

use super::{Answer, Identity, Refusal};
use crate::plan::FreezeMode;
use crate::units::Span;

pub use auth::{Asking, Credentials, Given, Mechanism, encoded, plain};
pub use command::{Bad, Command};
pub use content::{end, end_within, stuffed, unstuffed};
pub use message::{compose, text};
pub use reply::{Reply, replied};

/// The domain of synthetic addresses: nobody has it (RFC 2606).
pub const DOMAIN: &str = "firedrill.example";

/// Ends a content.
pub const END: &[u8] = b".\r\n";

pub(super) fn identity(name: &str) -> Identity {
    let address = format!("{name}@{DOMAIN}");
    Identity { key: address.clone(), user: address, secret: format!("fd-password-{name}"), webhook: String::new() }
}

/// What a reply to a command means for the message: codes from 200 to 299 are a yes; from 400 to 599 a no with its words, of which the
/// first eighty characters are kept.
pub fn answer(reply: &Reply) -> Answer {
    match reply.code {
        200..=299 => Answer::Acknowledged { declined: Vec::new() },
        400..=599 => Answer::Refused(reply.words()),
        _ => Answer::Unreadable(reply.words()),
    }
}

/// A no in the words of mail servers.
///
/// The codes are those that RFC 3463, RFC 4954 and RFC 5248 give for the matter; the words are ours, as every server has its own.
pub fn refusal(refusal: &Refusal) -> Reply {
    let say = |code, enhanced, text: &str| Reply::new(code, enhanced, text);
    let soon = |wait: &Span| format!("try again in {} s", wait.nanos().div_ceil(1_000_000_000));
    match refusal {
        Refusal::Frozen(FreezeMode::SendOnly) => say(550, "5.7.1", "Sending is suspended for this account"),
        Refusal::Frozen(FreezeMode::Organisation) => say(550, "5.7.1", "The organisation is suspended"),
        Refusal::Frozen(FreezeMode::Whole | FreezeMode::Disabled) => say(550, "5.7.1", "The account is suspended"),
        Refusal::Fenced(address) => say(554, "5.7.1", &format!("Client host [{address}] is blocked")),
        Refusal::Status(code) => say(*code, if *code < 500 { "4.0.0" } else { "5.0.0" }, "Refused"),
        Refusal::MissingToken => say(530, "5.7.0", "Authentication required"),
        Refusal::InvalidToken
        | Refusal::ExpiredToken
        | Refusal::RevokedToken
        | Refusal::InvalidKey
        | Refusal::MfaRequired => say(535, "5.7.8", "Authentication credentials invalid"),
        Refusal::UnknownApi => say(502, "5.5.1", "Command not implemented"),
        Refusal::BadRequest(why) => say(501, "5.5.4", why),
        Refusal::Throttled(wait) => say(450, "4.7.1", &format!("Rate limited, {}", soon(wait))),
        Refusal::Banned(wait) => say(421, "4.7.0", &format!("Too many messages, {}", soon(wait))),
        Refusal::Quota => say(550, "5.4.5", "Sending limit exceeded"),
        Refusal::MeetingLocked(_) => say(550, "5.7.1", "Refused"),
    }
}

#[cfg(test)]
mod tests;
