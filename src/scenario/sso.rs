//! What a provider of single sign-on gives, for how long, and by which keys.

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::journeys::positive;
use super::node::{Entry, Node, Value};
use super::scenario::Parts;
use super::table::{Row, Table, id};
use crate::plan::{Blank, Endpoint, EndpointKind, Sso, Trust, Verify};
use crate::units::{EndpointId, Span};

/// The shortest time for which something is good: tokens count in seconds.
const SECOND: Span = Span::from_secs(1);

/// The most keys that are published at once: a client reads all of them.
const KEYS: u64 = 16;

/// Its keys, of an endpoint or of a file for a twin.
pub(super) fn read(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Sso> {
    let usual = Sso::default();
    let token_life = match fields.take("token_life") {
        Some(node) => seconds(cx, node, "the life of a token"),
        None => Some(usual.token_life),
    };
    let refresh_life = match fields.take("refresh_life") {
        Some(node) if matches!(&node.value, Value::Word(word) if word == "none") => Some(None),
        Some(node) => seconds(cx, node, "the life of a refresh token").map(Some),
        None => Some(usual.refresh_life),
    };
    let keys = match fields.entry("keys") {
        Some(entry) => keys(cx, entry),
        None => Some((usual.rotate, usual.keep)),
    };
    let password = match fields.take("password") {
        Some(node) => cx.flag(node, "value of `password`"),
        None => Some(usual.password),
    };
    let (rotate, keep) = keys?;
    Some(Sso { token_life: token_life?, refresh_life: refresh_life?, rotate, keep, password: password? })
}

fn keys(cx: &mut Cx<'_>, entry: &Entry) -> Option<(Option<Span>, u32)> {
    let mut fields = Fields::of(cx, &entry.value, "`keys`", entry.at)?;
    let rotate = fields.need(cx, "rotate", "1h").and_then(|node| positive(cx, node, "the time between two keys"));
    let keep = match fields.take("keep") {
        Some(node) => cx.count(node, "the number of keys", 1, KEYS).and_then(|keep| u32::try_from(keep).ok()),
        None => Some(Sso::default().keep),
    };
    fields.finish(cx);
    Some((Some(rotate?), keep?))
}

/// Tokens that are refused before they expire, since the key that signed them is published no more.
///
/// Key number n signs from (n - 1) · `rotate` until n · `rotate`, and `keep` keys are published: that one is withdrawn when key n + `keep` comes, at
/// (n - 1 + `keep`) · `rotate`. Between the last token that it signs and that moment lie (`keep` - 1) · `rotate`: no token may be good for longer. The
/// first key that goes, goes at `keep` · `rotate`, which in a short drill never comes.
pub(super) fn outlived(cx: &mut Cx<'_>, parts: &Parts<'_>, drill: Option<Span>) {
    for (_, row, endpoint) in parts.endpoints.read().filter(|(.., endpoint)| endpoint.url.is_none()) {
        let EndpointKind::Sso(Sso { token_life, rotate: Some(rotate), keep, .. }) = endpoint.kind else { continue };
        let (keep, every) = (u64::from(keep), rotate.nanos());
        let withdrawn = every.saturating_mul(keep);
        if token_life.nanos() <= every.saturating_mul(keep - 1) || drill.is_none_or(|drill| withdrawn >= drill.nanos())
        {
            continue;
        }
        let at = row.node.get("keys").map_or(row.at, |entry| entry.at);
        let goes = match Span::from_nanos(every.saturating_mul(keep - 1)) {
            Span::ZERO => "at once".to_owned(),
            later => format!("{later} later"),
        };
        let message = format!(
            "tokens of `{}` are good for {token_life}, and the key that signs one can be withdrawn {goes}: it is refused before it expires",
            row.name
        );
        let needed = token_life.nanos().div_ceil(every.max(1)).saturating_add(1);
        let hint = if needed <= KEYS { format!("write `keep: {needed}`") } else { "rotate less often".to_owned() };
        cx.lint(Code::TokenOutlivesKey, at, message, hint);
    }
}

/// A time that is counted in whole seconds on the wire.
fn seconds(cx: &mut Cx<'_>, node: &Node, what: &str) -> Option<Span> {
    let span = positive(cx, node, what)?;
    if span.nanos() % SECOND.nanos() != 0 {
        return cx.error(Code::OutOfRange, node.at, format!("{what} is counted in whole seconds, and not {span}"));
    }
    Some(span)
}

/// Whose tokens an `http` service or a gateway takes: the name of a provider, or a map that says more. `None` if it takes its own, or if it was told why not.
pub(super) fn trust(
    cx: &mut Cx<'_>,
    all: &Table<'_, Endpoint>,
    row: &Row<'_, Endpoint>,
    endpoint: &Endpoint,
) -> Option<Trust> {
    let shows = match &endpoint.kind {
        EndpointKind::Http(service) => service.send.headers.iter().any(|(_, text)| text.has(Blank::Token)),
        EndpointKind::Gateway(_) => true,
        _ => return None,
    };
    let entry = row.node.get("sso").filter(|entry| !matches!(entry.value.value, Value::Null))?;
    if !shows {
        let hint = "write for instance `send: { headers: { authorization: \"Bearer {token}\" }, … }`".to_owned();
        return cx.hinted(Code::Conflict, entry.at, "`send` shows no `{token}` that a provider could have given", hint);
    }
    let (provider, verify, cache, names) = if matches!(entry.value.value, Value::Word(_)) {
        (Some(&entry.value), Some(Verify::Jwks), Some(Trust::CACHE), [None, None])
    } else {
        let mut fields = Fields::of(cx, &entry.value, "`sso`", entry.at)?;
        let provider = fields.need(cx, "provider", "idp");
        let verify = match fields.take("verify") {
            Some(node) => {
                let words = [("jwks", Verify::Jwks), ("introspection", Verify::Introspection)];
                cx.choice(node, "way to look at tokens", &words, &[])
            }
            None => Some(Verify::Jwks),
        };
        let cache = match fields.take("cache") {
            Some(node) => cx.quantity(node, "the life of the cache"),
            None => Some(Trust::CACHE),
        };
        let names = ["issuer", "audience"].map(|key| fields.entry(key));
        fields.finish(cx);
        (provider, verify, cache, names)
    };
    let node = provider?;
    let provider = all.named(cx, node)?;
    if all.get(provider).is_some_and(|provider| !matches!(provider.kind, EndpointKind::Sso(_))) {
        let hint = "name an endpoint of `kind: sso`".to_owned();
        return cx.hinted(
            Code::Conflict,
            node.at,
            "tokens are given by single sign-on, and this is something else",
            hint,
        );
    }
    let is_twin = all.get(provider).is_some_and(|provider| provider.url.is_none());
    let [issuer, audience] = names.map(|entry| match entry {
        Some(entry) => expected(cx, entry, is_twin).map(Some),
        None => Some(None),
    });
    let provider = EndpointId(id(provider));
    Some(Trust { provider, verify: verify?, cache: cache?, issuer: issuer?, audience: audience? })
}

/// What a token of a provider of the user's own has to say. A twin says what it says.
fn expected(cx: &mut Cx<'_>, entry: &Entry, is_twin: bool) -> Option<String> {
    if is_twin {
        let message = format!(
            "whose tokens a twin gives, and for whom, is known: `{}` is for a provider with a `url`",
            entry.key
        );
        return cx.hinted(Code::Conflict, entry.at, message, "leave it out".to_owned());
    }
    cx.word(&entry.value, "what a token says").map(str::to_owned)
}
