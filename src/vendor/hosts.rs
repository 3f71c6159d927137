//! Where each platform lives on the real network: what a program asks for that was written for the real service.

use crate::plan::{Edition, EndpointKind};

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
pub fn domains(kind: &EndpointKind) -> &'static [&'static str] {
    let (dingtalk, microsoft) = DOMAINS.split_at(2);
    match kind {
        EndpointKind::Dingtalk(_) => dingtalk,
        EndpointKind::Teams => microsoft,
        // A homeserver is wherever its owner has put it.
        EndpointKind::Matrix
        | EndpointKind::Erp(_)
        | EndpointKind::Documents(_)
        | EndpointKind::Http(_)
        | EndpointKind::Smtp(_)
        | EndpointKind::Wire(_)
        | EndpointKind::Dlp
        | EndpointKind::Sso(_)
        | EndpointKind::Gateway(_) => &[],
    }
}

/// The hosts that a platform's programs ask for messages and tokens: what a twin stands for.
pub fn hosts(kind: &EndpointKind) -> &'static [&'static str] {
    match kind {
        EndpointKind::Dingtalk(Edition::Mainland) => &["api.dingtalk.com", "oapi.dingtalk.com"],
        EndpointKind::Dingtalk(Edition::Lite) => &["api.dingtalk.io"],
        EndpointKind::Teams => &["graph.microsoft.com", "login.microsoftonline.com"],
        EndpointKind::Matrix
        | EndpointKind::Erp(_)
        | EndpointKind::Documents(_)
        | EndpointKind::Http(_)
        | EndpointKind::Smtp(_)
        | EndpointKind::Wire(_)
        | EndpointKind::Dlp
        | EndpointKind::Sso(_)
        | EndpointKind::Gateway(_) => &[],
    }
}

/// The platform that a host belongs to, by its name in lower case. Of DingTalk the name tells the edition.
pub fn kind_of_host(host: &str) -> Option<EndpointKind> {
    let kinds = [
        ("dingtalk.com", EndpointKind::Dingtalk(Edition::Mainland)),
        ("dingtalk.io", EndpointKind::Dingtalk(Edition::Lite)),
    ];
    let within = |domain: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let named = kinds.into_iter().find(|(domain, _)| within(domain)).map(|(_, kind)| kind);
    named.or_else(|| domains(&EndpointKind::Teams).iter().any(|domain| within(domain)).then_some(EndpointKind::Teams))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_tells_its_platform() {
        let mainland = Some(EndpointKind::Dingtalk(Edition::Mainland));
        assert_eq!((kind_of_host("api.dingtalk.com"), kind_of_host("dingtalk.com")), (mainland.clone(), mainland));
        assert_eq!(kind_of_host("api.dingtalk.io"), Some(EndpointKind::Dingtalk(Edition::Lite)));
        assert_eq!(kind_of_host("a.b.webhook.office.com"), Some(EndpointKind::Teams));
        assert_eq!((kind_of_host("xdingtalk.com"), kind_of_host("dingtalk.com.example")), (None, None));
    }
}
