//! The file that says who exists at a twin that stands alone.

use super::cx::{Cx, short};
use super::diagnostic::{Code, Diagnostics};
use super::fields::Fields;
use super::loose;
use super::node::{Entry, Mark, Node, Value};
use super::source::Source;
use super::sso;
use crate::plan::{Limits, Sso};

/// Who exists at a twin, and what it enforces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TwinConfig {
    /// Whether it enforces the vendor's limits, if the file says so.
    pub limits: Option<Limits>,
    /// Users who receive; those of the apps exist as well.
    pub users: Vec<String>,
    /// Who may send.
    pub apps: Vec<TwinApp>,
    /// What single sign-on gives, if the file says so.
    pub sso: Option<TwinSso>,
}

/// A provider of single sign-on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TwinSso {
    /// What it gives.
    pub gives: Sso,
    /// The token that may write to its directory; without one nobody may.
    pub directory_token: Option<String>,
}

/// An application with its credentials, or a user's token, or a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TwinApp {
    /// The app key, or the token.
    pub key: String,
    /// What proves the key; empty where nothing has to.
    pub secret: String,
    /// For whom it acts.
    pub user: String,
    /// What the address of its webhook carries; empty if it has none.
    pub webhook: String,
}

/// Reads who exists at a twin, from YAML or JSON.
///
/// # Errors
/// Every mistake at once. What is quoted of the file is never a credential.
pub fn twin(source: &Source) -> Result<TwinConfig, Diagnostics> {
    loose::read(source, "a twin's file", |cx, root| {
        let mut fields = Fields::of(cx, root, "the file", root.at)?;
        let words = [("vendor", Limits::Vendor), ("off", Limits::Off)];
        let limits = fields.take("limits").map(|node| cx.choice(node, "kind of limits", &words, &[]));
        let users = fields.take("users").map_or(Some(Vec::new()), |node| users(cx, node));
        let apps = fields.take("apps").map_or(Some(Vec::new()), |node| apps(cx, node));
        let sso = fields.entry("sso").map(|entry| provider(cx, entry));
        fields.finish(cx);
        let sso = match sso {
            Some(read) => Some(read?),
            None => None,
        };
        let limits = match limits {
            Some(read) => Some(read?),
            None => None,
        };
        Some(TwinConfig { limits, users: users?, apps: apps?, sso })
    })
}

fn provider(cx: &mut Cx<'_>, entry: &Entry) -> Option<TwinSso> {
    let mut fields = Fields::of(cx, &entry.value, "`sso`", entry.at)?;
    let gives = sso::read(cx, &mut fields);
    let token = fields.take("directory_token").map(|node| id(cx, node, "`directory_token`"));
    fields.finish(cx);
    let directory_token = match token {
        Some(token) => Some(token?),
        None => None,
    };
    Some(TwinSso { gives: gives?, directory_token })
}

fn users(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<String>> {
    let mut users: Vec<String> = Vec::new();
    for item in list(cx, node, "users", "[anna, bert]")? {
        let user = id(cx, item, "a user's id")?;
        if users.contains(&user) {
            return cx.error(Code::DuplicateKey, item.at, format!("the user `{}` stands here twice", short(&user)));
        }
        users.push(user);
    }
    Some(users)
}

fn apps(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<TwinApp>> {
    let items = list(cx, node, "apps", "[{ app_key: dingorders, app_secret: …, user: orders }]")?;
    let read: Vec<_> = items.iter().map(|item| app(cx, item)).collect();
    let apps = read.into_iter().collect::<Option<Vec<TwinApp>>>()?;
    for (index, (app, item)) in apps.iter().zip(items).enumerate() {
        let earlier = &apps[..index];
        if earlier.iter().any(|known| !app.key.is_empty() && known.key == app.key) {
            cx.error::<()>(Code::DuplicateKey, start(item.at), "an earlier app has the same key");
        }
        if earlier.iter().any(|known| !app.webhook.is_empty() && known.webhook == app.webhook) {
            cx.error::<()>(Code::DuplicateKey, start(item.at), "an earlier app has the same webhook");
        }
    }
    Some(apps)
}

fn app(cx: &mut Cx<'_>, node: &Node) -> Option<TwinApp> {
    let mut fields = Fields::of(cx, node, "an app", start(node.at))?;
    let mut read = |cx: &mut Cx<'_>, key| match fields.take(key) {
        Some(node) => id(cx, node, &format!("`{key}`")),
        None => Some(String::new()),
    };
    let (key, secret, token) = (read(cx, "app_key"), read(cx, "app_secret"), read(cx, "token"));
    let (user, webhook) = (read(cx, "user"), read(cx, "webhook"));
    fields.finish(cx);
    let (key, secret, token, user, webhook) = (key?, secret?, token?, user?, webhook?);
    if !secret.is_empty() && key.is_empty() || !key.is_empty() && !token.is_empty() {
        let hint = "write `app_key` with `app_secret`, or `token` alone".to_owned();
        return cx.hinted(Code::Conflict, start(node.at), "these credentials do not belong together", hint);
    }
    if key.is_empty() && token.is_empty() && webhook.is_empty() {
        let hint = "write `app_key` with `app_secret`, or `token`, or `webhook`".to_owned();
        return cx.hinted(Code::Missing, start(node.at), "an app without credentials cannot send", hint);
    }
    if key.is_empty() && user.is_empty() {
        let hint = "write for instance `user: orders`".to_owned();
        return cx.hinted(Code::Missing, start(node.at), "this app does not say for which user it sends", hint);
    }
    let user = if user.is_empty() { key.clone() } else { user };
    let key = if key.is_empty() { token } else { key };
    Some(TwinApp { key, secret, user, webhook })
}

/// A word that stands in requests.
fn id(cx: &mut Cx<'_>, node: &Node, what: &str) -> Option<String> {
    let word = cx.word(node, what)?;
    if word.is_empty() || !word.chars().all(|c| c.is_ascii_graphic()) {
        // Not quoted: it may be a secret.
        return cx.error(Code::BadName, start(node.at), format!("{what} is letters, digits and signs without spaces"));
    }
    Some(word.to_owned())
}

fn list<'n>(cx: &mut Cx<'_>, node: &'n Node, what: &str, such_as: &str) -> Option<&'n [Node]> {
    if let Value::List(items) = &node.value {
        return Some(items);
    }
    let hint = format!("write `{what}: {such_as}`");
    cx.hinted(Code::WrongKind, start(node.at), format!("`{what}` is a list, not {}", node.kind()), hint)
}

/// The first byte.
fn start(at: Mark) -> Mark {
    at.first(1)
}
