//! The parameters of the faults that act where identities are kept.

use crate::plan::{Capability, Deprovision, Down, Fault};
use crate::units::Span;

pub(super) fn of_identity() -> Vec<(&'static str, Fault)> {
    let gone = |after, token_life, keeps: &[Capability]| {
        Fault::Deprovision(Deprovision { after, token_life, keeps: keeps.to_vec() })
    };
    vec![
        ("deprovision: { group: factory }", gone(Span::ZERO, None, &[Capability::Webhook])),
        (
            "deprovision: { group: factory, after: 15m, token_life: 1h, keeps: [webhook, notice] }",
            gone(Span::from_secs(900), Some(Span::from_secs(3_600)), &[Capability::Webhook, Capability::Notice]),
        ),
        ("deprovision: { group: factory, keeps: none }", gone(Span::ZERO, None, &[])),
        ("idp_down: {}", Fault::IdpDown { how: Down::Error }),
        ("idp_down: { how: hang }", Fault::IdpDown { how: Down::Hang }),
        ("idp_down: { how: reset }", Fault::IdpDown { how: Down::Reset }),
        ("mfa_required: {}", Fault::MfaRequired),
        ("mfa_required: { group: factory }", Fault::MfaRequired),
    ]
}
