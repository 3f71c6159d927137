//! Scenarios of one shape: accounts sign in at a provider of single sign-on in Hong Kong, and show what they got to a service in Shenzhen.

/// What is particular to one of them.
pub(crate) struct SignedIn<'a> {
    /// How long a packet travels between the two, one way.
    pub(crate) link: &'a str,
    /// The provider, `idp`.
    pub(crate) provider: &'a str,
    /// How the service, `erp`, looks at tokens.
    pub(crate) trust: &'a str,
    /// What follows the endpoints.
    pub(crate) rest: &'a str,
}

impl SignedIn<'_> {
    /// The scenario.
    pub(crate) fn text(&self) -> String {
        let Self { link, provider, trust, rest } = self;
        format!(
            "firedrill: 1
name: signed-in
regions: {{ hk: {{}}, shenzhen: {{}} }}
links: {{ hk-shenzhen: {{ latency: {link} }} }}
endpoints:
  idp: {{ kind: sso, region: hk, {provider} }}
  erp:
    kind: http
    region: shenzhen
    send: {{ path: \"/orders?to={{to}}\", headers: {{ authorization: \"Bearer {{token}}\" }}, text: \"{{text}}\" }}
    sso: {trust}
{rest}"
        )
    }
}
