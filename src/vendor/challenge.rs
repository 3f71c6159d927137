//! By what a 401 says which credentials are wanted: RFC 9110 §15.5.2 has every one say so, and RFC 6750 §3 what there is to say of a token.
//!
//! This is for the services that have no words of a vendor's. Graph and a provider of single sign-on have challenges of their own, DingTalk
//! and homeservers of Matrix say none.

use hyper::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};

use super::{Body, Refusal};
use crate::plan::{Blank, EndpointKind, Pattern, Piece, Service, Wire};

const BEARER: &str = "Bearer";

/// A no of such a service, with the challenge if it is a 401 and the service takes credentials of a scheme.
pub(super) fn challenged(kind: &EndpointKind, refusal: &Refusal, mut no: Response<Body>) -> Response<Body> {
    if no.status() == StatusCode::UNAUTHORIZED
        && let Some((scheme, realm)) = wanted(kind)
        && let Ok(challenge) = HeaderValue::try_from(challenge(scheme, realm, refusal))
    {
        no.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    no
}

/// Whoever shows nothing is told no error (RFC 6750 §3.1), and a bare status says nothing of a token.
fn challenge(scheme: &str, realm: &str, refusal: &Refusal) -> String {
    let says_why = scheme == BEARER && !matches!(refusal, Refusal::MissingToken | Refusal::Status(_));
    let why = if says_why { ", error=\"invalid_token\"" } else { "" };
    format!("{scheme} realm=\"{realm}\"{why}")
}

/// The scheme by which requests show credentials, and what they open.
fn wanted(kind: &EndpointKind) -> Option<(&str, &'static str)> {
    match kind {
        EndpointKind::Gateway(_) => Some((BEARER, "gateway")),
        EndpointKind::Documents(_) => Some((BEARER, "documents")),
        EndpointKind::Erp(_) => Some((BEARER, "erp")),
        EndpointKind::Http(service) => Some((of_service(service)?, "service")),
        EndpointKind::Wire(wire) => Some((of_wire(wire)?, "service")),
        _ => None,
    }
}

fn of_service(Service { send, poll, .. }: &Service) -> Option<&str> {
    let polls = poll.iter().flat_map(|poll| poll.paths().map(|path| (path, poll.headers.as_slice())));
    std::iter::once((&send.path, send.headers.as_slice())).chain(polls).find_map(|(path, fields)| scheme(fields, path))
}

fn of_wire(wire: &Wire) -> Option<&str> {
    [false, true]
        .into_iter()
        .filter_map(|receives| wire.path_of(receives))
        .find_map(|path| scheme(wire.headers(), path))
}

/// What stands before the credential in `authorization`; a token that is shown anywhere else is good for whoever has it, which is a bearer's.
fn scheme<'s>(fields: &'s [(String, Pattern)], path: &Pattern) -> Option<&'s str> {
    let named = fields.iter().filter(|(name, _)| name == "authorization").find_map(|(_, text)| {
        let Some(Piece::Plain(first)) = text.pieces().first() else { return None };
        // A scheme is a token, as names of fields are (RFC 9110 §11.1).
        first.split_once(' ').map(|(scheme, _)| scheme).filter(|scheme| scheme.parse::<HeaderName>().is_ok())
    });
    let bears = || path.has(Blank::Token) || fields.iter().any(|(_, text)| text.has(Blank::Token));
    named.or_else(|| bears().then_some(BEARER))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{described, template};
    use super::super::{Form, refusal};
    use super::*;
    use crate::plan::{Capability, Edition, FreezeMode, Gateway};

    /// What a no says of the credentials that are wanted.
    fn said(kind: &EndpointKind, no: &Refusal) -> Option<String> {
        let response = refusal(kind, &Form::Present, no, 1);
        response.headers().get(WWW_AUTHENTICATE).map(|value| value.to_str().expect("text").to_owned())
    }

    /// A service to which this is shown in a field, or in its path.
    fn shown(name: &str, field: &str, path: &str) -> EndpointKind {
        let mut service = described();
        service.poll = None;
        service.send.path = template(path);
        service.send.headers = vec![(name.to_owned(), template(field))];
        EndpointKind::Http(service.into())
    }

    #[test]
    fn a_401_says_what_is_wanted_and_what_is_wrong_with_a_token_that_was_shown() {
        let bearers = [
            (EndpointKind::Http(described().into()), "service"),
            (EndpointKind::Gateway(Gateway::bare(Capability::Chat).into()), "gateway"),
        ];
        for (kind, realm) in bearers {
            let bare = format!("Bearer realm=\"{realm}\"");
            for no in [Refusal::InvalidToken, Refusal::ExpiredToken, Refusal::RevokedToken] {
                assert_eq!(said(&kind, &no), Some(format!("{bare}, error=\"invalid_token\"")), "{no:?}");
            }
            for no in [Refusal::MissingToken, Refusal::Status(401)] {
                assert_eq!(said(&kind, &no), Some(bare.clone()), "{no:?}");
            }
            for no in [Refusal::Status(403), Refusal::Frozen(FreezeMode::Whole), Refusal::Quota] {
                assert_eq!(said(&kind, &no), None, "{no:?}");
            }
        }
    }

    #[test]
    fn the_scheme_is_the_one_by_which_a_service_is_shown_credentials() {
        for (name, field, path, scheme) in [
            ("authorization", "Basic {token}", "/send", Some("Basic realm=\"service\"")),
            ("authorization", "{token}", "/send", Some("Bearer realm=\"service\"")),
            ("authorization", "Token token=\"{token}\"", "/send", Some("Token realm=\"service\"")),
            ("x-key", "{token}", "/send", Some("Bearer realm=\"service\"")),
            ("x-by", "{from}", "/send?access_token={token}", Some("Bearer realm=\"service\"")),
            ("x-by", "{from}", "/send/{webhook}", None),
        ] {
            assert_eq!(said(&shown(name, field, path), &Refusal::Status(401)).as_deref(), scheme, "{name}: {field}");
        }
    }

    #[test]
    fn platforms_that_say_none_are_left_alone() {
        for kind in [EndpointKind::Dingtalk(Edition::Mainland), EndpointKind::Matrix, EndpointKind::Dlp] {
            assert_eq!(said(&kind, &Refusal::Status(401)), None, "{kind:?}");
        }
    }
}
