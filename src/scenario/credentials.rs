//! Who accounts are at a real service: names of variables of the environment, which a drill looks up when it starts.

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::gateways;
use super::node::{Entry, Mark, Node};
use super::scenario::Parts;
use super::table::{Row, Table, id};
use crate::plan::{Binding, Blank, Endpoint, EndpointKind, Group, Variables, is_variable_name};
use crate::units::GroupId;

/// Reads the credentials of every endpoint, once the groups are known.
pub(super) fn read(cx: &mut Cx<'_>, endpoints: &mut Table<'_, Endpoint>, groups: &Table<'_, Group>) {
    endpoints.fill_more(|row, endpoint| {
        let Some(entry) = row.node.get("credentials") else { return Some(endpoint) };
        if endpoint.url.is_none() {
            let hint = "name the service's `url`, or leave them out".to_owned();
            let message = "a twin has accounts of its own; credentials are for a real service";
            return cx.hinted(Code::Conflict, entry.at, message, hint);
        }
        let entries = cx.map(&entry.value, "the credentials")?;
        let read: Vec<_> = entries.iter().map(|entry| binding(cx, &row.name, &endpoint.kind, entry, groups)).collect();
        Some(Endpoint { credentials: read.into_iter().collect::<Option<_>>()?, ..endpoint })
    });
}

fn binding(
    cx: &mut Cx<'_>,
    endpoint: &str,
    kind: &EndpointKind,
    entry: &Entry,
    groups: &Table<'_, Group>,
) -> Option<Binding> {
    let (group, ordinal) = who(cx, entry, groups)?;
    let what = format!("credentials of `{}` at endpoint `{endpoint}`", short(&entry.key));
    let mut fields = Fields::of(cx, &entry.value, what, entry.at)?;
    let mut read = |cx: &mut Cx<'_>, key| match fields.take(key) {
        Some(node) => variable(cx, key, node).map(Some),
        None => Some(None),
    };
    let user = read(cx, "user");
    let webhook = match kind {
        // Nobody posts by mail, to whoever inspects or signs in, or past a gateway's identities.
        EndpointKind::Smtp(_)
        | EndpointKind::Documents(_)
        | EndpointKind::Dlp
        | EndpointKind::Sso(_)
        | EndpointKind::Gateway(_) => Some(None),
        // Where others have webhooks, Matrix has rooms.
        EndpointKind::Matrix => read(cx, "room"),
        _ => read(cx, "webhook"),
    };
    let (app_key, app_secret, token) = match kind {
        EndpointKind::Matrix => {
            let (password, token) = (read(cx, "password"), read(cx, "token"));
            // Whoever has a password logs in by his id.
            let key = if matches!(password, Some(Some(_))) { user.clone() } else { Some(None) };
            (key, password, token)
        }
        EndpointKind::Dingtalk(_) | EndpointKind::Sso(_) => (read(cx, "app_key"), read(cx, "app_secret"), Some(None)),
        EndpointKind::Smtp(_) => (read(cx, "login"), read(cx, "password"), Some(None)),
        EndpointKind::Teams
        | EndpointKind::Documents(_)
        | EndpointKind::Http(_)
        | EndpointKind::Wire(_)
        | EndpointKind::Gateway(_) => (Some(None), Some(None), read(cx, "token")),
        EndpointKind::Erp(_) => (Some(None), read(cx, "secret"), read(cx, "token")),
        EndpointKind::Dlp => (Some(None), Some(None), Some(None)),
    };
    fields.finish(cx);
    let variables =
        Variables { user: user?, app_key: app_key?, app_secret: app_secret?, token: token?, webhook: webhook? };
    Some(Binding { group, ordinal, variables })
}

/// The group, or the one account of it, that is meant.
fn who(cx: &mut Cx<'_>, entry: &Entry, groups: &Table<'_, Group>) -> Option<(GroupId, Option<u32>)> {
    if let Some(group) = groups.position(&entry.key) {
        return Some((GroupId(id(group)), None));
    }
    let account = entry.key.rsplit_once('-').and_then(|(name, number)| {
        Some((groups.position(name)?, number.parse::<u32>().ok().filter(|number| *number > 0)?))
    });
    let Some((group, number)) = account else {
        groups.find(cx, &entry.key, entry.at);
        return None;
    };
    let count = groups.get(group)?.count;
    if number > count {
        let message = format!("there is no account `{}`: its group has {count}", short(&entry.key));
        return cx.error(Code::UnknownName, entry.at, message);
    }
    Some((GroupId(id(group)), Some(number - 1)))
}

/// The name in `${NAME}`. Anything else is not quoted: somebody may have written the secret itself.
fn variable(cx: &mut Cx<'_>, key: &str, node: &Node) -> Option<String> {
    let word = cx.word(node, &format!("`{key}`"))?;
    let name = word.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|name| is_variable_name(name));
    if name.is_none() {
        let message = format!("`{key}` stands in the environment and not in a scenario");
        let hint = format!("write `{key}: \"${{{}}}\"`, and set that variable", key.to_ascii_uppercase());
        return cx.hinted(Code::OpenSecret, Mark { end: node.at.start, ..node.at }, message, hint);
    }
    name.map(str::to_owned)
}

/// Whoever sends to a real service or is written to there has to be somebody there.
pub(super) fn complete(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (index, row, endpoint) in parts.endpoints.read() {
        let Some(url) = &endpoint.url else { continue };
        if endpoint.credentials.is_empty() {
            let needed = [true, false].iter().any(|sends| !needs(endpoint, *sends).is_empty());
            if needed && !url.is_here() {
                let message =
                    format!("endpoint `{}` is a service beyond this machine and has no `credentials`", row.name);
                let hint = "bind accounts or groups to variables of the environment: \
                            `credentials: { office: { user: \"${USER_ID}\", … } }`";
                cx.hinted::<()>(Code::Missing, row.at, message, hint.to_owned());
            }
            continue;
        }
        let here = |route: &crate::plan::Route| {
            let beyond = gateways::beyond(parts, route.endpoint);
            route.endpoint.index() == index || beyond.iter().any(|to| to.index() == index)
        };
        let journeys = parts.journeys.read().filter(|(.., journey)| journey.routes.iter().any(here));
        let roles: Vec<_> =
            journeys.flat_map(|(.., journey)| [(journey.from, true), (journey.recipients(), false)]).collect();
        let mut told = Vec::new();
        for role in roles {
            if !told.contains(&role) {
                told.push(role);
                covered(cx, parts, (row, endpoint), role);
            }
        }
    }
}

/// What has to be known of whoever sends, or is written to.
fn needs(endpoint: &Endpoint, sends: bool) -> Vec<&'static str> {
    match (&endpoint.kind, sends) {
        (EndpointKind::Dingtalk(_), true) => vec!["app_key", "app_secret"],
        // What single sign-on gives nobody has to bind.
        (EndpointKind::Gateway(_), true) if endpoint.sso.is_some() => Vec::new(),
        (EndpointKind::Teams | EndpointKind::Documents(_) | EndpointKind::Gateway(_), true) => vec!["token"],
        (EndpointKind::Matrix, true) => vec!["user", "password", "room"],
        (EndpointKind::Matrix, false) => vec!["user", "password"],
        (EndpointKind::Erp(_), true) => vec!["webhook", "secret"],
        (EndpointKind::Erp(_), false) => vec!["user", "token"],
        (EndpointKind::Dingtalk(_) | EndpointKind::Teams | EndpointKind::Gateway(_), false)
        | (EndpointKind::Smtp(_), _) => vec!["user"],
        (EndpointKind::Documents(_), false) | (EndpointKind::Dlp | EndpointKind::Sso(_), _) => Vec::new(),
        (EndpointKind::Http(service), sends) => {
            let polls = |blank| service.polling().iter().any(|text| text.has(blank));
            let of = |blank| if sends { service.sends_with(blank) } else { polls(blank) };
            let user = of(Blank::From) || !sends && (service.sends_with(Blank::To) || of(Blank::To));
            // What single sign-on gives nobody has to bind.
            let token = endpoint.sso.is_none() && of(Blank::Token);
            let all = [("token", token), ("webhook", of(Blank::Webhook)), ("user", user)];
            all.into_iter().filter(|(_, needed)| *needed).map(|(need, _)| need).collect()
        }
        (EndpointKind::Wire(wire), sends) => {
            let receives = !sends && wire.push.is_some();
            let of = |blank| (sends || receives) && wire.said(receives).iter().any(|text| text.has(blank));
            let user = of(Blank::From) || !sends && (wire.send.has(Blank::To) || of(Blank::To));
            let all = [("token", of(Blank::Token)), ("webhook", of(Blank::Webhook)), ("user", user)];
            all.into_iter().filter(|(_, needed)| *needed).map(|(need, _)| need).collect()
        }
    }
}

fn covered(
    cx: &mut Cx<'_>,
    parts: &Parts<'_>,
    (row, endpoint): (&Row<'_, Endpoint>, &Endpoint),
    (id, sends): (GroupId, bool),
) {
    let Some(group) = parts.groups.get(id.index()) else { return };
    let bindings = || endpoint.credentials.iter().filter(|binding| binding.group == id);
    for need in needs(endpoint, sends) {
        let has = |binding: &&Binding| {
            let Variables { user, app_key, app_secret, token, webhook } = &binding.variables;
            match need {
                "app_key" => app_key.is_some(),
                "app_secret" | "secret" => app_secret.is_some(),
                "token" => token.is_some(),
                "webhook" | "room" => webhook.is_some(),
                // A token is as good.
                "password" => app_secret.is_some() || token.is_some(),
                _ => user.is_some(),
            }
        };
        if bindings().filter(has).any(|binding| binding.ordinal.is_none()) {
            continue;
        }
        let bound: std::collections::BTreeSet<u32> =
            bindings().filter(has).filter_map(|binding| binding.ordinal).collect();
        let Some(missing) = (0..group.count).find(|ordinal| !bound.contains(ordinal)) else { continue };
        let at = row.node.get("credentials").map_or(row.at, |entry| entry.at);
        let does = if sends { "sends by" } else { "is written to at" };
        let message =
            format!("`{}-{}` {does} endpoint `{}` and has no `{need}` there", group.name, missing + 1, row.name);
        let hint = format!("write `{}: {{ {need}: \"${{…}}\" }}`", group.name);
        cx.hinted::<()>(Code::Missing, at, message, hint);
    }
}
