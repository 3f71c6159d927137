//! What an exchange knows of its request.

use super::head::Framing;
use super::lesson::teaches;
use crate::limits::UNIT_BODY_BYTES;
use crate::path::leg::About;
use crate::vendor::Form;

/// What matters of a request on its way to the endpoint.
#[expect(clippy::struct_excessive_bools, reason = "each is one independent word of a head")]
pub(super) struct Asked {
    pub(super) about: About,
    /// In which manner a platform would answer it.
    pub(super) form: Form,
    /// By which of its other names the endpoint is called.
    pub(super) name: Option<usize>,
    pub(super) to_head: bool,
    pub(super) upgrades: bool,
    pub(super) framing: Framing,
    /// How long its head is.
    pub(super) head: usize,
    pub(super) old: bool,
    pub(super) keeps_open: bool,
    pub(super) expects: bool,
}

impl Asked {
    /// Whether its body goes on together with the head. A client that waits for a `100 Continue` does not send it before.
    pub(super) fn waits_for_body(&self) -> bool {
        !self.expects && is_one_unit(self.framing, self.about)
    }
}

/// Whether a body goes as one unit with its head: if it is small, and said to be; and of a login or a
/// meeting's call, from which the path learns.
pub(super) fn is_one_unit(framing: Framing, about: About) -> bool {
    matches!(framing, Framing::Length(length) if length <= UNIT_BODY_BYTES as u64)
        || about.capability.is_some_and(teaches)
}
