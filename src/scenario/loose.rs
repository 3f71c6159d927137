//! Faults outside of a drill: an inject without phases, and the file with which a path alone begins.

use super::aim;
use super::cx::{Cx, short};
use super::diagnostic::{Code, Diagnostic, Diagnostics};
use super::endpoints::Described;
use super::fields::Fields;
use super::injects::{PATH, misplaced, the_fault};
use super::journeys::positive;
use super::node::{Entry, Mark, Node, Value};
use super::people::{self, People};
use super::source::Source;
use super::table::{Row, Table, check_name};
use super::{endpoints, faults, guard, meant, places, shape, spell, tree, ways};
use crate::limits;
use crate::plan::{Aim, EndpointKind, Fault, Guard, Param, Pick, ProxyProtocol, ProxyVersion, Region, Shape, WayIn};
use crate::units::{AccountId, Span};

/// A fault that no drill plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Loose {
    /// Its name.
    pub name: String,
    /// The proxies that it is aimed at; all of them if none is named.
    pub proxies: Vec<String>,
    /// What is done.
    pub fault: Fault,
    /// To whom. A group is one of [`People::groups`].
    pub aim: Aim,
    /// To these accounts, if any is named.
    pub accounts: Vec<AccountId>,
    /// How hard, over its time.
    pub shape: Shape,
    /// To which of all the units that it could hit.
    pub pick: Pick,
    /// How long after it was asked for it starts.
    pub at: Span,
    /// How long it lasts; until it is lifted if nothing is said.
    pub length: Option<Span>,
}

/// What faults outside of a drill can be aimed at, beside proxies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// Where source addresses lie.
    pub regions: Vec<Region>,
    /// Who is told apart.
    pub people: People,
}

/// What a path alone begins with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outside {
    /// What may be reached by a way in besides what the command line names.
    pub guard: Option<Guard>,
    /// What the faults are aimed at.
    pub surroundings: Surroundings,
    /// The proxies.
    pub proxies: Vec<Proxy>,
    /// The ways in.
    pub ways_in: Vec<WayIn>,
    /// The faults.
    pub injects: Vec<Loose>,
}

/// A proxy of such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub listen: String,
    /// Where it leads.
    pub upstream: String,
    /// Whether it understands HTTP.
    pub http: bool,
    /// Which platform it leads to.
    pub kind: Option<EndpointKind>,
    /// What is said of clients, by whoever comes and to whoever it leads to.
    pub proxy_protocol: ProxyProtocol,
}

/// Reads one fault, which says its own name.
///
/// # Errors
/// Every mistake at once.
pub fn fault(source: &Source, surroundings: &Surroundings) -> Result<Loose, Diagnostics> {
    let Surroundings { regions, people } = surroundings;
    read(source, "a fault", |cx, root| {
        let nothing = Node { value: Value::Null, at: root.at, verbatim: None };
        let row = |region: &Region| Row {
            name: region.name.clone(),
            at: root.at,
            node: &nothing,
            value: Some(region.clone()),
        };
        let table = Table { what: "region", rows: regions.iter().map(row).collect() };
        let mut fields = Fields::of(cx, root, "the fault", root.at)?;
        let around = Around { regions: &table, people: Some(people), proxies: None };
        let name = fields.need(cx, "name", "slow").and_then(|node| {
            let name = cx.word(node, "the name")?;
            check_name(cx, name, node.at, "fault").map(|()| name.to_owned())
        });
        // Without a name the rest is read all the same, for its mistakes.
        let loose = inject(cx, fields, name.as_deref().unwrap_or("?"), root.at, &around);
        name.and(loose)
    })
}

/// Reads what a path alone begins with. `others` are proxies that it has besides those of the file.
///
/// # Errors
/// Every mistake at once.
pub fn outside(source: &Source, others: &[&str]) -> Result<Outside, Diagnostics> {
    read(source, "a file of faults", |cx, root| whole(cx, root, others))
}

/// What a fault outside of a drill can refer to.
struct Around<'a, 'n> {
    regions: &'a Table<'n, Region>,
    /// `None` if they could not be read.
    people: Option<&'a People>,
    /// `None` where they come and go: whoever arms the fault knows them.
    proxies: Option<&'a [&'a str]>,
}

/// The whole file.
pub(super) fn whole(cx: &mut Cx<'_>, root: &Node, others: &[&str]) -> Option<Outside> {
    let mut fields = Fields::of(cx, root, "the file", root.at)?;
    let guard = fields.entry("guard").map(|entry| guard::read(cx, entry));
    let regions = places::regions(cx, fields.take("regions"));
    let people = people::read(cx, fields.take("groups"), &regions);
    if let Some(entry) = fields.refuse("accounts") {
        let hint = "write `groups: { purchasing: { accounts: { anna: \"${ANNA_KEY}\" } } }`".to_owned();
        cx.hinted::<()>(Code::UnknownKey, entry.at, "accounts stand in their group", hint);
    }
    let mut proxies = Table::names(cx, fields.take("proxies"), "proxy", limits::PARTS);
    proxies.fill(|row, _| proxy(cx, row));
    let ways_in = ways::read(cx, fields.take("ways_in"));
    for (_, row, _) in ways_in.read().filter(|(_, row, _)| proxies.position(&row.name).is_some()) {
        let message = format!("a proxy is called `{}` as well", row.name);
        cx.error::<()>(Code::Conflict, row.at, message);
    }
    let own = proxies.rows.iter().map(|row| row.name.as_str()).chain(ways_in.rows.iter().map(|row| row.name.as_str()));
    let known: Vec<_> = own.chain(others.iter().copied()).collect();
    let around = Around { regions: &regions, people: people.as_ref(), proxies: Some(&known) };
    let mut injects = Table::names(cx, fields.take("injects"), "inject", limits::PARTS);
    injects.fill(|row: &mut Row<'_, Loose>, _| {
        let fields = Fields::of(cx, row.node, format!("inject `{}`", row.name), row.at)?;
        inject(cx, fields, &row.name, row.at, &around)
    });
    fields.not_yet(cx, &["links", "endpoints", "capabilities"]);
    fields.finish(cx);
    let surroundings = Surroundings { regions: regions.all()?, people: people? };
    let guard = match guard {
        Some(read) => Some(read?.guard),
        None => None,
    };
    let (proxies, ways_in) = (proxies.all()?, ways_in.all()?);
    Some(Outside { guard, surroundings, proxies, ways_in, injects: injects.all()? })
}

pub(super) fn read<T>(
    source: &Source,
    what: &str,
    read: impl FnOnce(&mut Cx<'_>, &Node) -> Option<T>,
) -> Result<T, Diagnostics> {
    let root = tree::parse(source)?;
    if matches!(root.value, Value::Null) {
        let message = format!("{what} is a map of `key: value`, and here is nothing");
        return Err(Diagnostic::of_file(&source.name, Code::Missing, message, None).into());
    }
    let source = people::masked(source, &root);
    let mut cx = Cx::new(std::slice::from_ref(&source));
    let value = read(&mut cx, &root);
    match value {
        Some(value) if !cx.found.has_errors() => Ok(value),
        _ => Err(cx.found.sorted().errors_only()),
    }
}

fn proxy(cx: &mut Cx<'_>, row: &Row<'_, Proxy>) -> Option<Proxy> {
    let mut fields = Fields::of(cx, row.node, format!("proxy `{}`", row.name), row.at)?;
    let listen = fields.need(cx, "listen", "127.0.0.1:3310");
    let listen = listen.and_then(|node| cx.word(node, "the address to listen at"));
    let upstream = fields.need(cx, "upstream", "127.0.0.1:3306");
    let upstream = upstream.and_then(|node| cx.word(node, "the address to lead to"));
    let protocol = fields.entry("protocol");
    let http = protocol.map(|entry| cx.choice(&entry.value, "protocol", &[("tcp", false), ("http", true)], &[]));
    let kind = fields.entry("kind").map(|_| kind(cx, &mut fields));
    match (protocol, fields.entry("edition"), &kind) {
        (Some(entry), _, Some(Some(_))) if http == Some(Some(false)) => {
            let hint = "leave `protocol` out".to_owned();
            cx.hinted::<()>(Code::Conflict, entry.at, "a platform of some `kind` is spoken to by HTTP", hint);
        }
        (_, Some(entry), None) => {
            let hint = "write `kind: dingtalk` beside it".to_owned();
            cx.hinted::<()>(Code::Missing, entry.at, "the edition of what?", hint);
        }
        _ => {}
    }
    let from = ways::from(cx, fields.take("proxy_protocol_from"));
    let versions = [("v1", ProxyVersion::V1), ("v2", ProxyVersion::V2)];
    let send = fields.take("send_proxy").map(|node| cx.choice(node, "version of the PROXY protocol", &versions, &[]));
    fields.not_yet(cx, &["region"]);
    fields.finish(cx);
    let (listen, upstream) = (listen?.to_owned(), upstream?.to_owned());
    let kind = match kind {
        Some(read) => Some(read?),
        None => None,
    };
    let http = match http {
        Some(read) => read?,
        None => kind.is_some(),
    };
    let send = match send {
        Some(read) => Some(read?),
        None => None,
    };
    let proxy_protocol = ProxyProtocol { from: from?, send };
    Some(Proxy { name: row.name.clone(), listen, upstream, http, kind, proxy_protocol })
}

/// A file of faults has no room for what a service by scenario says.
fn no_service(cx: &mut Cx<'_>, fields: &mut Fields<'_>, what: Described) -> Option<EndpointKind> {
    let at = fields.entry("kind").map_or(fields.at, |entry| entry.value.at);
    let (word, protocol) = match what {
        Described::Http => ("http", "http"),
        Described::Websocket => ("websocket", "http"),
        Described::Tcp => ("tcp", "tcp"),
    };
    let hint = format!("write `protocol: {protocol}` and leave `kind` out");
    cx.hinted(
        Code::Conflict,
        at,
        format!("only a scenario says what a service of its own speaks (`kind: {word}`)"),
        hint,
    )
}

/// Which platform a proxy leads to.
fn kind(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<EndpointKind> {
    let at = fields.entry("kind").map_or(fields.at, |entry| entry.value.at);
    let kind = endpoints::kind(cx, fields, no_service)?;
    if let EndpointKind::Smtp(_) = kind {
        let hint = "write `protocol: tcp` and leave `kind` out: faults on connections and bytes hit it".to_owned();
        return cx.hinted(Code::Conflict, at, "mail is relayed by its commands in drills only", hint);
    }
    match fields.entry("edition") {
        Some(entry) if !matches!(kind, EndpointKind::Dingtalk(_)) => {
            cx.error(Code::Conflict, entry.at, format!("{kind} has no editions"))
        }
        _ => Some(kind),
    }
}

/// The proxies that a fault names; none stands for all.
fn proxies(cx: &mut Cx<'_>, entry: Option<&Entry>, known: Option<&[&str]>) -> Option<Vec<String>> {
    let Some(entry) = entry else { return Some(Vec::new()) };
    if entry.value.items().is_empty() {
        let hint = "leave `proxies` out to hit all".to_owned();
        return cx.hinted(Code::BadInject, entry.at, "an empty list of proxies would hit nothing", hint);
    }
    let words = entry.value.items().iter().map(|node| {
        let name = cx.word(node, "a proxy's name")?;
        match known {
            Some(known) if !known.contains(&name) => {
                let none = || known.is_empty().then(|| "name it under `proxies` or `ways_in`".to_owned());
                let hint = spell::hint(name, known).or_else(none);
                cx.hinted(Code::UnknownName, node.at, format!("there is no proxy `{}`", short(name)), hint)
            }
            _ => Some(name.to_owned()),
        }
    });
    words.collect::<Vec<_>>().into_iter().collect()
}

fn inject(cx: &mut Cx<'_>, mut fields: Fields<'_>, name: &str, at: Mark, around: &Around<'_, '_>) -> Option<Loose> {
    let &Around { regions, people, .. } = around;
    let proxies = proxies(cx, fields.entry("proxies"), around.proxies);
    let start = fields.take("at").map_or(Some(Span::ZERO), |node| cx.quantity(node, "the start of the inject"));
    let length = fields.take("for").map(|node| positive(cx, node, "the length of the inject"));
    let shape = shape::read(cx, &mut fields, length.flatten());
    for key in ["during", "after"] {
        if let Some(entry) = fields.refuse(key) {
            let hint = "write `at: 10m`, or leave it out to start at once".to_owned();
            cx.hinted::<()>(Code::BadInject, entry.at, format!("`{key}` counts by phases, and there are none"), hint);
        }
    }
    fields.not_yet(cx, &["undo", "lease"]);
    let fault = the_fault(cx, &mut fields, (name, at), PATH).and_then(|entry| {
        let what = format!("`{}` of inject `{name}`", entry.key);
        let doc = Fault::DOCS.iter().find(|doc| doc.name == entry.key);
        let example = doc.map(|doc| meant::in_full(doc, &entry.value, None));
        let mut fields = Fields::such_as(cx, &entry.value, what, entry.at, example)?;
        let fault = faults::read(cx, &mut fields, entry, regions);
        let aim = aim::outside(cx, &mut fields, regions, people);
        let pick = shape::pick(cx, &mut fields);
        if let (Some((aim, accounts)), Some(fault)) = (&aim, &fault) {
            aim::fits_outside(cx, entry.at, fault, aim, accounts);
        }
        misplaced(cx, &mut fields, Param::TIMES, "it stands in the inject, beside the fault");
        fields.finish(cx);
        Some((fault?, aim?, pick?))
    });
    misplaced(cx, &mut fields, Param::AIM, "it stands in the map of the fault");
    fields.finish(cx);
    let length = match length {
        Some(read) => Some(read?),
        None => None,
    };
    let (fault, (aim, accounts), pick) = fault?;
    let (name, proxies, shape, at) = (name.to_owned(), proxies?, shape?, start?);
    Some(Loose { name, proxies, fault, aim, accounts, shape, pick, at, length })
}
