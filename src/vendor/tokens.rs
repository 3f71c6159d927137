//! Which requests are made with an account's token, and when one is good no more.

use super::{dingtalk, gateway, matrix, teams};
use crate::plan::{Capability, EndpointKind};

/// Whether a message is sent with the account's token. By a webhook it is not, where others are: its address carries all that is asked for,
/// and belongs to no account.
pub fn is_sent_with_token(kind: &EndpointKind, capability: Capability) -> bool {
    capability != Capability::Webhook || !matches!(kind, EndpointKind::Dingtalk(_) | EndpointKind::Teams)
}

/// Whether a no with this code says that the token is not good any more, so that a client asks for a new one.
pub fn is_about_token(kind: &EndpointKind, code: &str) -> bool {
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk::is_about_token(code),
        EndpointKind::Teams => teams::is_about_token(code),
        EndpointKind::Matrix => matrix::is_about_token(code),
        EndpointKind::Gateway(_) => gateway::is_about_token(code),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Identity, Outgoing, credential, send_request};
    use super::is_sent_with_token;
    use crate::plan::{Capability, Edition, EndpointKind};
    use crate::units::{JourneyId, MessageId, Span};

    /// The credential in a message's own request, as the path reads it.
    fn shown(kind: &EndpointKind, capability: Capability) -> Option<String> {
        let from = Identity { webhook: "hook".into(), ..Identity::default() };
        let message = Outgoing {
            capability,
            from: &from,
            token: "token",
            recipients: &["anna"],
            class: None,
            text: "text",
            once: MessageId { journey: JourneyId(0), number: 0 },
            at: Span::ZERO,
        };
        let (head, _) = send_request(kind, &message).expect("a request").into_parts();
        credential(kind, &head).map(std::borrow::Cow::into_owned)
    }

    #[test]
    fn what_is_sent_with_the_accounts_token_shows_it_and_nothing_else_does() {
        let editions = [Edition::Mainland, Edition::Lite].map(EndpointKind::Dingtalk);
        for kind in editions.into_iter().chain([EndpointKind::Teams, EndpointKind::Matrix]) {
            for capability in Capability::SENT.into_iter().filter(|capability| kind.sends(*capability)) {
                let by = if is_sent_with_token(&kind, capability) { "token" } else { "hook" };
                assert_eq!(shown(&kind, capability).as_deref(), Some(by), "{kind:?} {capability:?}");
            }
        }
    }
}
