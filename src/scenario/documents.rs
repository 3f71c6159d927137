//! Shared documents: the stores that keep them, which of these tell each other what has changed, and what journeys do with them.

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::journeys::positive;
use super::node::{Mark, Node};
use super::scenario::Parts;
use super::table::{Table, check_name, id};
use crate::limits;
use crate::plan::{
    Capability, Documents, Editing, Endpoint, EndpointKind, Journey, Lock, Locking, Metric, OnConflict, Peer, Route,
};
use crate::units::{EndpointId, Span};

/// A store as it is described at its endpoint, still by itself.
pub(super) fn store(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Documents> {
    let usual = Documents::USUAL;
    let lock = match fields.take("lock") {
        Some(node) => cx.choice(node, "kind of lock", &Locking::ALL, &[]),
        None => Some(usual.lock),
    };
    let on_conflict = match fields.take("on_conflict") {
        Some(node) => cx.choice(node, "way out of a conflict", &OnConflict::ALL, &[]),
        None => Some(usual.on_conflict),
    };
    // Read when all endpoints are known.
    let syncs = fields.entry("syncs_with").is_some();
    if let Some(every) = fields.entry("every").filter(|_| !syncs) {
        let hint = "write `syncs_with: OTHER` as well, or leave it out".to_owned();
        cx.hinted::<()>(
            Code::Conflict,
            every.at,
            "`every` is how often a store synchronises, and this one does not",
            hint,
        );
    }
    Some(Documents { lock: lock?, on_conflict: on_conflict?, peers: usual.peers })
}

/// Which stores tell each other what has changed, once all endpoints are known: whoever names another one is told by it as well.
pub(super) fn syncs(cx: &mut Cx<'_>, all: &mut Table<'_, Endpoint>) {
    let mut told: Vec<(usize, usize, Span)> = Vec::new();
    let mut bad = Vec::new();
    for (index, row) in all.rows.iter().enumerate() {
        let Some(entry) = row.node.get("syncs_with") else { continue };
        if !row.value.as_ref().is_some_and(|own| own.kind.keeps_documents()) {
            continue;
        }
        match peer(cx, all, index, &entry.value).zip(every(cx, row.node)) {
            Some((other, every)) => told.push((index, other, every)),
            None => bad.push(index),
        }
    }
    let both: Vec<_> =
        told.iter().flat_map(|(one, other, every)| [(*one, *other, *every), (*other, *one, *every)]).collect();
    // What a store says itself comes first.
    for (from, to, every) in told.into_iter().chain(both) {
        if let Some(EndpointKind::Documents(store)) = all.rows[from].value.as_mut().map(|endpoint| &mut endpoint.kind) {
            let to = EndpointId(id(to));
            if !store.peers.iter().any(|peer| peer.to == to) {
                store.peers.push(Peer { to, every });
            }
        }
    }
    for index in bad {
        all.rows[index].value = None;
    }
}

fn every(cx: &mut Cx<'_>, node: &Node) -> Option<Span> {
    match node.get("every") {
        Some(entry) => positive(cx, &entry.value, "`every`"),
        None => Some(Documents::SYNC_EVERY),
    }
}

/// The store that another one is to tell what has changed.
fn peer(cx: &mut Cx<'_>, all: &Table<'_, Endpoint>, index: usize, node: &Node) -> Option<usize> {
    let other = all.named(cx, node)?;
    let (own, there) = (all.get(index)?, all.get(other)?);
    if other == index {
        return cx.error(Code::Conflict, node.at, "a store does not synchronise with itself");
    }
    let EndpointKind::Documents(beyond) = &there.kind else {
        let hint = "name an endpoint of `kind: documents`".to_owned();
        return cx.hinted(Code::Conflict, node.at, format!("`{}` keeps no documents", there.name), hint);
    };
    if own.url.is_some() || there.url.is_some() {
        let hint = "leave `syncs_with` out: real services synchronise by themselves".to_owned();
        return cx.hinted(Code::Conflict, node.at, "only twins are synchronised by the drill", hint);
    }
    let EndpointKind::Documents(own) = &own.kind else { return None };
    if own.on_conflict != beyond.on_conflict {
        let hint = "write the same `on_conflict` at both".to_owned();
        let message = "two stores that synchronise find the same way out of a conflict, or they never agree";
        return cx.hinted(Code::Conflict, node.at, message, hint);
    }
    Some(other)
}

/// What a journey does with documents; `None` if it does nothing with them, or it cannot be told what.
pub(super) fn editing(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    send: Option<Capability>,
    routes: Option<&[Route]>,
) -> Option<Editing> {
    let at = fields.at;
    let of_documents = send.is_some_and(Capability::is_of_documents);
    let entries = ["documents", "lock", "think"].map(|key| fields.entry(key));
    if !of_documents {
        for entry in entries.into_iter().flatten().filter(|_| send.is_some()) {
            let hint = "write `send: edit` or `send: read`, or leave it out".to_owned();
            cx.hinted::<()>(
                Code::Conflict,
                entry.at,
                format!("`{}` is of journeys that work on documents", entry.key),
                hint,
            );
        }
        return None;
    }
    let [documents, lock, think] = entries;
    if send == Some(Capability::Read) {
        for entry in lock.into_iter().chain(think) {
            cx.error::<()>(Code::Conflict, entry.at, format!("`{}` is of those who write, and these read", entry.key));
        }
    }
    let documents = if let Some(entry) = documents {
        names(cx, &entry.value)
    } else {
        let hint = "write for instance `documents: [q3-statement]`".to_owned();
        cx.hinted(Code::Missing, at, "it is not said on which documents they work", hint)
    };
    let lock = match lock {
        Some(entry) => cx.choice(&entry.value, "kind of lock", &Lock::ALL, &[]),
        None => Some(Lock::Optimistic),
    };
    let think: Option<Span> = match think {
        Some(entry) => {
            cx.quantity(&entry.value, "the time to think").and_then(|span| in_time(cx, entry.at, span, routes))
        }
        None => Some(Span::ZERO),
    };
    Some(Editing { documents: documents?, lock: lock?, think: think? })
}

/// Who thinks longer than his attempt may take never writes.
fn in_time(cx: &mut Cx<'_>, at: Mark, think: Span, routes: Option<&[Route]>) -> Option<Span> {
    match routes.and_then(|routes| routes.iter().map(|route| route.timeout).min()) {
        Some(timeout) if think >= timeout => {
            let message =
                format!("whoever thinks for {think} has not written when his attempt is over after {timeout}");
            cx.hinted(Code::OutOfRange, at, message, "let `timeout`, or `deadline`, be longer than that".to_owned())
        }
        _ => Some(think),
    }
}

/// Whoever writes without a condition, where nothing is taken without one, changes nothing.
pub(super) fn never_written(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    for (_, row, journey) in parts.journeys.read() {
        let unconditional = journey.editing.as_ref().is_some_and(|editing| editing.lock == Lock::None);
        let wants_one = |route: &&Route| {
            let store = parts.endpoints.get(route.endpoint.index()).map(|endpoint| &endpoint.kind);
            matches!(store, Some(EndpointKind::Documents(store)) if store.lock == Locking::Required)
        };
        let Some(route) = journey.routes.iter().find(wants_one).filter(|_| unconditional && journey.edits()) else {
            continue;
        };
        let store = parts.endpoints.rows.get(route.endpoint.index()).map_or("", |row| &row.name);
        let message =
            format!("`{}` writes without a condition, and `{store}` takes nothing without one (428)", row.name);
        let hint = "leave `lock: none` out at the journey, or `lock: required` at the store".to_owned();
        cx.lint(Code::NeverWritten, row.at, message, hint);
    }
}

/// Targets about documents that select none: nothing will be known of them.
pub(super) fn unasked(cx: &mut Cx<'_>, parts: &Parts<'_>) {
    if parts.journeys.rows.iter().any(|row| row.value.is_none()) {
        return;
    }
    for (_, row, target) in parts.targets.read().filter(|(.., target)| target.expr.metric.is_of_documents()) {
        let of = &target.expr.of;
        let changes = matches!(target.expr.metric, Metric::LostUpdates | Metric::Conflicts);
        let works = |journey: &Journey| {
            let there = journey.routes.iter().any(|route| of.route.is_none_or(|chosen| chosen == route.endpoint));
            there && journey.editing.is_some() && (journey.edits() || !changes)
        };
        if parts.journeys.read().any(|(index, _, journey)| parts.selects(of, index) && works(journey)) {
            continue;
        }
        let (what, send) =
            if changes { ("changes", "`send: edit`") } else { ("reads", "`send: read` or `send: edit`") };
        let message = format!("target `{}` takes {what} of documents, and nothing that it selects makes any", row.name);
        cx.lint(Code::TooFewMessages, row.at, message, format!("write {send} at a journey, or choose other labels"));
    }
}

fn names(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<String>> {
    let items = node.items();
    if items.is_empty() {
        return cx.error(Code::Missing, node.at, "a journey works on at least one document");
    }
    if let Some(over) = items.get(limits::PARTS) {
        return cx.error(Code::OutOfRange, over.at, format!("a journey works on at most {} documents", limits::PARTS));
    }
    let mut names: Vec<String> = Vec::new();
    for item in items {
        let name = cx.word(item, "a document's name")?;
        check_name(cx, name, item.at, "document")?;
        if names.iter().any(|other| other == name) {
            return cx.error(Code::Conflict, item.at, format!("`{name}` stands here twice"));
        }
        names.push(name.to_owned());
    }
    Some(names)
}
