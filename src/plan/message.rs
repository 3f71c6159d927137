//! A message's text: a pure function of the plan, so that a receiver knows what it ought to be, and whoever keeps a ledger which message
//! it is.

use std::fmt::Write;

use ring::digest;

use super::Plan;
use crate::limits::MESSAGES;
use crate::units::MessageId;

const OPEN: &str = "[fd ";

/// Plain ASCII, so that it may be cut anywhere.
const FILLER: &str = "the goods leave Shenzhen on the next truck; please confirm count, colour and carton marks. ";

/// The text of a message: what it is, what it has in it of a corpus, and filler up to the journey's size; `None` if the plan has no such journey.
pub fn text(plan: &Plan, id: MessageId) -> Option<String> {
    let journey = plan.journeys.get(id.journey.index())?;
    let bytes = usize::try_from(journey.bytes.0).ok()?;
    let mut text = String::with_capacity(bytes + 16);
    // Writing to a string does not fail.
    let _ = write!(text, "{OPEN}{id}] {} {}: {}", journey.name, id.number, journey.sentence(id));
    let mut rest = &FILLER[id.number as usize % FILLER.len()..];
    while text.len() < bytes {
        text.push_str(&rest[..rest.len().min(bytes - text.len())]);
        rest = FILLER;
    }
    Some(text)
}

/// Which message a text is; `None` if it is none of a drill.
pub fn id(text: &str) -> Option<MessageId> {
    let rest = text.strip_prefix(OPEN)?;
    rest.get(..rest.find(']')?)?.parse().ok()
}

/// Whether a number is that of a probe: they are numbered from above, which no message is, and stand in no figure.
pub fn is_probe(id: MessageId) -> bool {
    u64::from(id.number) >= MESSAGES
}

/// The text of the nth probe of a journey, which no receiver takes for a message.
pub fn probe(journey: &str, nth: u32) -> String {
    format!("firedrill probe {nth} of {journey}: no answer is needed.")
}

/// The first eight bytes of the text's SHA-256, big-endian.
pub fn hash(text: &str) -> u64 {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    digest.as_ref().iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}
