//! Where each platform lives on the real network: what a program asks for that was written for the real service.

use crate::plan::EndpointKind;

/// Every domain of every platform.
pub const DOMAINS: &[&str] = &[
    "dingtalk.com",
    "dingtalk.io",
    "graph.microsoft.com",
    "login.microsoftonline.com",
    "webhook.office.com",
    "logic.azure.com",
    "api.powerplatform.com",
];

/// The domains of a platform; the names in them are the platform's, too. Both editions of DingTalk have the same: their programs differ by
/// nothing but the name.
pub fn domains(kind: EndpointKind) -> &'static [&'static str] {
    let (dingtalk, microsoft) = DOMAINS.split_at(2);
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk,
        EndpointKind::Teams => microsoft,
    }
}
