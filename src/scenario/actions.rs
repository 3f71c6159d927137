//! What is done outside of firedrill: `exec` and `http`, each with its undo.

use std::collections::BTreeMap;

use super::aim::{self, Targets};
use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::endpoints::{guarded, parsed};
use super::fields::Fields;
use super::injects::Around;
use super::node::{Entry, Mark, Node, Value};
use super::open;
use super::params::{self, Params};
use super::schema;
use crate::plan::{
    Action, Aim, Call, Exec, Fault, Guard, Http, Param, ParamKind, Pick, Template, Tls, Url, is_variable_name,
};
use crate::units::Span;

/// Headers that prove who asks. Written out they would be secrets in a file.
const PROOFS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"];

/// Headers that the request has anyway.
const OWN: [&str; 5] = ["host", "content-length", "transfer-encoding", "connection", "expect"];

/// Reads the action under `entry`, whose key is one of `Action::DOCS`, of an inject that lasts so long.
pub(super) fn read(
    cx: &mut Cx<'_>,
    name: &str,
    entry: &Entry,
    length: Option<Span>,
    around: &Around<'_, '_>,
) -> Option<(Fault, Aim, Pick)> {
    let doc = Action::DOCS.iter().find(|doc| doc.name == entry.key)?;
    let mut fields = Fields::of(cx, &entry.value, format!("`{}` of inject `{name}`", entry.key), entry.at)?;
    let params = &mut Params::of(&mut fields, doc.params);
    let calls = if doc.name == "exec" { exec(cx, params) } else { http(cx, params, around.guard) };
    let leaving = match params.entry("takes_away") {
        Some(entry) => leaving(cx, entry, around.targets),
        None => Some(Aim::everyone()),
    };
    let timeout = timeout(cx, params, length);
    aimless(cx, &mut fields, doc.name);
    fields.finish(cx);
    let (act, undo) = calls?;
    Some((Fault::Action(Box::new(Action { act, undo, timeout: timeout? })), leaving?, Pick::default()))
}

/// Whom it takes away, which the program or the server knows and nobody else.
fn leaving(cx: &mut Cx<'_>, entry: &Entry, targets: &Targets<'_, '_>) -> Option<Aim> {
    let mut fields = Fields::of(cx, &entry.value, "`takes_away`", entry.at)?;
    let aim = aim::leaving(cx, &mut fields, targets);
    fields.finish(cx);
    aim
}

/// An action is all there or not: it has no level.
pub(super) fn shapeless(cx: &mut Cx<'_>, fields: &mut Fields<'_>, action: &str) {
    for key in ["ramp", "waveform"] {
        if let Some(entry) = fields.entry(key) {
            let message = format!("`{action}` is done or not done: `{key}` has nothing to change");
            cx.hinted::<()>(Code::Conflict, entry.at, message, "leave it out".to_owned());
        }
    }
}

/// Whom it concerns is the program's business, or the server's.
fn aimless(cx: &mut Cx<'_>, fields: &mut Fields<'_>, action: &str) {
    let others: Vec<_> = fields.others().collect();
    for entry in others {
        let is_aim = |param: &&Param| param.name == entry.key || schema::plural(param) == Some(entry.key.as_str());
        if Param::AIM.iter().any(|param| is_aim(&param)) {
            let message = format!("`{action}` does the same whoever sends: `{}` has no place here", entry.key);
            cx.hinted::<()>(Code::UnknownKey, entry.at, message, "leave it out".to_owned());
            fields.forgive(entry);
        }
    }
}

/// At most as long as the inject, so that nothing is undone while it is still being done.
fn timeout(cx: &mut Cx<'_>, params: &mut Params<'_, '_>, length: Option<Span>) -> Option<Span> {
    let timeout = params.read(cx, "timeout", params::span)?;
    let Some(length) = length.filter(|length| timeout > *length) else { return Some(timeout) };
    match params.entry("timeout") {
        None => Some(length),
        Some(entry) => {
            let message =
                format!("it may take {timeout}, and the inject lasts {length}: it could end after it is to be undone");
            cx.hinted(Code::BadInject, entry.value.at, message, format!("write at most `timeout: {length}`"))
        }
    }
}

fn exec(cx: &mut Cx<'_>, params: &mut Params<'_, '_>) -> Option<(Call, Call)> {
    let run = params.read(cx, "run", words);
    let undo = params.read(cx, "undo", words);
    let env = params.read_or(cx, "env", BTreeMap::new(), |cx, node, _| environment(cx, node));
    let (run, undo, env) = (run?, undo?, env?);
    Some((Call::Exec(Exec { run, env: env.clone() }), Call::Exec(Exec { run: undo, env })))
}

/// A program and its arguments.
fn words(cx: &mut Cx<'_>, node: &Node, param: &Param) -> Option<Vec<String>> {
    let key = param.name;
    if let Value::Word(line) = &node.value {
        let list = line.split_whitespace().collect::<Vec<_>>().join(", ");
        let hint = format!("write `{key}: [{}]`; who wants a shell names it: `{key}: [sh, -c, \"…\"]`", short(&list));
        return cx.hinted(Code::WrongKind, node.at, format!("`{key}` is a list of words: no shell reads it"), hint);
    }
    let read: Vec<_> =
        node.items().iter().map(|item| cx.word(item, "a word of a program's call").map(str::to_owned)).collect();
    let words: Vec<String> = read.into_iter().collect::<Option<_>>()?;
    if words.first().is_none_or(String::is_empty) {
        return cx.error(Code::Missing, node.at, format!("`{key}` names no program"));
    }
    if words.iter().any(|word| word.contains('\0')) {
        return cx.error(Code::BadFigure, node.at, "no program can be given the character NUL");
    }
    if let Some(at) = open::in_arguments(&words) {
        let hint = "everybody on this machine sees a program's arguments: have it read a variable, `env: { NAME: \"${NAME}\" }`";
        return cx.open_secret(node.items()[at].at, hint);
    }
    Some(words)
}

fn environment(cx: &mut Cx<'_>, node: &Node) -> Option<BTreeMap<String, Template>> {
    named(cx, node, "`env`", |cx, entry| {
        if !is_variable_name(&entry.key) {
            let message = format!("no variable can be called `{}`", short(&entry.key));
            return cx.error(Code::BadName, entry.at, message);
        }
        let value = template(cx, &entry.value, "a variable's value")?;
        if open::in_variable(&entry.key, value.written()) {
            return cx
                .open_secret(entry.value.at, &format!("write `{0}: \"${{{0}}}\"`, and set that variable", entry.key));
        }
        Some(value)
    })
}

/// A map of names to texts.
fn named(
    cx: &mut Cx<'_>,
    node: &Node,
    what: &str,
    mut read: impl FnMut(&mut Cx<'_>, &Entry) -> Option<Template>,
) -> Option<BTreeMap<String, Template>> {
    let entries = cx.map(node, what)?;
    let read: Vec<_> = entries.iter().map(|entry| Some((entry.key.clone(), read(cx, entry)?))).collect();
    read.into_iter().collect()
}

fn template(cx: &mut Cx<'_>, node: &Node, what: &str) -> Option<Template> {
    let text = cx.word(node, what)?;
    match Template::parse(text) {
        Ok(template) => Some(template),
        // Not quoted: somebody may have written a secret.
        Err(error) => cx.error(Code::BadName, Mark { end: node.at.start, ..node.at }, format!("{what}: {error}")),
    }
}

fn http(cx: &mut Cx<'_>, params: &mut Params<'_, '_>, guard: Option<&Guard>) -> Option<(Call, Call)> {
    let ca = params.read_or(cx, "ca", None, |cx, node, param| params::text(cx, node, param).map(Some));
    let ca_at = params.entry("ca").map(|entry| entry.at);
    let read = |cx: &mut Cx<'_>, node: &Node, param: &Param| request(cx, node, param, guard);
    let (act, undo) = (params.read(cx, "do", read), params.read(cx, "undo", read));
    let (mut act, mut undo, ca) = (act?, undo?, ca?);
    if let (Some(at), None, None) = (ca_at, &act.url.tls, &undo.url.tls) {
        let hint = "write `url: https://…`, or leave `ca` out".to_owned();
        return cx.hinted(Code::Conflict, at, "`ca` proves who a server with an https:// url is", hint);
    }
    for request in [&mut act, &mut undo] {
        if request.url.tls.is_some() {
            request.url.tls = Some(Tls { ca: ca.clone(), ..Tls::default() });
        }
    }
    Some((Call::Http(act), Call::Http(undo)))
}

fn request(cx: &mut Cx<'_>, node: &Node, param: &Param, guard: Option<&Guard>) -> Option<Http> {
    let ParamKind::Map(table) = param.kind else { return None };
    let mut fields = Fields::of(cx, node, format!("`{}`", param.name), node.at)?;
    let params = &mut Params::of(&mut fields, table);
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"].map(|method| (method, method));
    let method = params.read(cx, "method", params::word(&methods, &[]));
    let place = params.read(cx, "url", |cx, node, _| place(cx, node, guard));
    let headers = params.read_or(cx, "headers", BTreeMap::new(), |cx, node, _| named(cx, node, "`headers`", header));
    let body = params.read_or(cx, "body", None, |cx, node, _| template(cx, node, "`body`").map(Some));
    let expect = params.read_or(cx, "expect", None, |cx, node, param| params::count(cx, node, param).map(Some));
    fields.finish(cx);
    let (url, path) = place?;
    let expect = expect?.and_then(|status| u16::try_from(status).ok());
    Some(Http { method: method?.to_owned(), url, path, headers: headers?, body: body?, expect })
}

/// The server, and what is asked for there.
fn place(cx: &mut Cx<'_>, node: &Node, guard: Option<&Guard>) -> Option<(Url, String)> {
    let word = cx.word(node, "the url")?;
    let begins = word.find("://").map_or(0, |at| at + "://".len());
    let ends = word[begins..].find(['/', '?']).map_or(word.len(), |at| begins + at);
    let (server, path) = word.split_at(ends);
    let lacks_port =
        server.starts_with("http://") && !server[begins..].rsplit(']').next().is_some_and(|rest| rest.contains(':'));
    let url = parsed(&if lacks_port { format!("{server}:80") } else { server.to_owned() });
    let is_sendable = |c: char| c.is_ascii_graphic() && !"\"#<>\\^`{|}".contains(c);
    let Some(url) = url.filter(|_| path.chars().all(is_sendable)) else {
        let hint = "write https://host/path or http://host:port/path; secrets go into `headers` or `body`".to_owned();
        // Not quoted: somebody may have written a secret into it.
        let at = Mark { end: node.at.start, ..node.at };
        return cx.hinted(Code::BadFigure, at, "this is no url that can be asked", hint);
    };
    if open::in_query(path) {
        return cx.open_secret(node.at, "secrets go into `headers` or `body`, as `${NAME}`");
    }
    guarded(cx, node.at, &url, guard)?;
    Some((url, if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }))
}

fn header(cx: &mut Cx<'_>, entry: &Entry) -> Option<Template> {
    let name = entry.key.to_ascii_lowercase();
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.is_empty() || !name.chars().all(fits) {
        return cx.error(Code::BadName, entry.at, format!("no header can be called `{}`", short(&entry.key)));
    }
    if OWN.contains(&name.as_str()) {
        let message = format!("the request has its own `{name}`");
        return cx.hinted(Code::Conflict, entry.at, message, "leave it out".to_owned());
    }
    let value = template(cx, &entry.value, &format!("`{name}`"))?;
    if PROOFS.contains(&name.as_str()) && value.variables().next().is_none() {
        let message = format!("`{name}` proves who asks, which stands in the environment and not in a scenario");
        let hint = format!("write `{name}: \"Bearer ${{TOKEN}}\"`, and set that variable");
        return cx.hinted(Code::OpenSecret, Mark { end: entry.value.at.start, ..entry.value.at }, message, hint);
    }
    if value.written().chars().any(char::is_control) {
        return cx.error(Code::BadFigure, entry.value.at, format!("`{name}` is one line of text"));
    }
    Some(value)
}
