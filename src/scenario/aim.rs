//! Whom a fault hits.

use super::cx::{Cx, Words, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Entry, Mark};
use super::people::People;
use super::places;
use super::shape;
use super::table::{Table, id};
use crate::plan::{
    Aim, Capability, Direction, DrillWay, Endpoint, Fault, Fence, FreezeMode, Group, Hits, Link, Region, Suspicion,
    Trail,
};
use crate::units::{AccountId, EndpointId, GroupId, RegionId, Share, WayId};

/// What can be aimed at.
pub(super) struct Targets<'t, 'n> {
    pub(super) regions: &'t Table<'n, Region>,
    pub(super) links: &'t [Link],
    pub(super) endpoints: &'t Table<'n, Endpoint>,
    pub(super) groups: &'t Table<'n, Group>,
    pub(super) ways: &'t Table<'n, DrillWay>,
    /// The endpoints that some journey routes to; `None` if a journey could not be read.
    pub(super) routed: Option<Vec<EndpointId>>,
}

/// The capabilities that faults can be aimed at.
pub(super) const CAPABILITIES: Words<'static, Capability> = &Capability::words(Capability::ALL);

/// Capabilities to come.
pub(super) const CAPABILITIES_LATER: &[&str] = &["call", "file", "document", "search", "mail"];

/// Reads the aim among the keys of a fault.
pub(super) fn read(cx: &mut Cx<'_>, fields: &mut Fields<'_>, targets: &Targets<'_, '_>) -> Option<Aim> {
    let regions = regions(cx, fields, targets.regions);
    let links = items(cx, fields, "link", "links", |cx, word, at| link(cx, word, at, targets));
    let endpoints = items(cx, fields, "endpoint", "endpoints", |cx, word, at| endpoint(cx, word, at, targets));
    let capabilities = capabilities(cx, fields);
    let ways = items(cx, fields, "way", "ways", |cx, word, at| {
        targets.ways.find(cx, word, at).map(|position| WayId(id(position)))
    });
    let users = users(cx, fields, targets.ways);
    let group = fields.take("group").map(|node| targets.groups.named(cx, node).map(|position| GroupId(id(position))));
    let share = share(cx, fields, group.is_some());
    let way = way(cx, fields);
    // Whoever aims so has aimed: nothing more is missing.
    let later = fields.not_yet(cx, &["account", "accounts", "source", "class"]);
    let group = match group {
        Some(read) => Some(read?),
        None => None,
    };
    if later {
        return None;
    }
    Some(Aim {
        regions: regions?,
        links: links?,
        endpoints: endpoints?,
        ways: ways?,
        users: users?,
        group,
        share: share?,
        capabilities: capabilities?,
        ..way?
    })
}

/// Reads whom an action outside takes away, and where they may sign in no more.
pub(super) fn leaving(cx: &mut Cx<'_>, fields: &mut Fields<'_>, targets: &Targets<'_, '_>) -> Option<Aim> {
    let endpoints = items(cx, fields, "endpoint", "endpoints", |cx, word, at| endpoint(cx, word, at, targets));
    let group = fields.need(cx, "group", "leavers").and_then(|node| targets.groups.named(cx, node));
    let share = share(cx, fields, true);
    Some(Aim { endpoints: endpoints?, group: Some(GroupId(id(group?))), share: share?, ..Aim::everyone() })
}

/// Reads the aim of a fault that no drill plays, and the accounts that it names: proxies stand there in the place of endpoints. `people` is
/// `None` if they could not be read.
pub(super) fn outside(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    table: &Table<'_, Region>,
    people: Option<&People>,
) -> Option<(Aim, Vec<AccountId>)> {
    let regions = regions(cx, fields, table);
    let capabilities = capabilities(cx, fields);
    let named = fields.entry("group");
    let group = named.map(|entry| {
        let name = cx.word(&entry.value, "a group's name")?;
        people?.group(cx, name, entry.value.at)
    });
    let share = share(cx, fields, named.is_some());
    let accounts = items(cx, fields, "account", "accounts", |cx, word, at| people?.account(cx, word, at));
    if let (Some(group), Some([_, ..])) = (named, accounts.as_deref()) {
        let hint = "write the group, or those of its accounts that are meant".to_owned();
        cx.hinted::<()>(Code::Conflict, group.at, "`group` and `account` both say who is hit", hint);
    }
    let way = way(cx, fields);
    let unknown = fields.not_yet(cx, &["source", "class"]);
    let mut misplaced = false;
    for key in ["link", "links", "endpoint", "endpoints", "way", "ways", "user", "users"] {
        if let Some(entry) = fields.refuse(key) {
            let hint = "aim with `proxies`, beside the fault, and with `region`, `group`, `account` or `capability` in its map";
            let message = format!("`{key}` means nothing outside of a drill");
            cx.hinted::<()>(Code::BadInject, entry.at, message, hint.to_owned());
            misplaced = true;
        }
    }
    let group = match group {
        Some(read) => Some(read?),
        None => None,
    };
    let aim = Aim { regions: regions?, group, share: share?, capabilities: capabilities?, ..way? };
    let accounts = accounts?;
    (!unknown && !misplaced).then_some((aim, accounts))
}

/// What a fault outside of a drill has to be aimed at to mean anything.
pub(super) fn fits_outside(cx: &mut Cx<'_>, at: Mark, fault: &Fault, aim: &Aim, accounts: &[AccountId]) {
    match fault {
        Fault::GeoFence(fence) if aim.regions.is_empty() && fence.suspicion.is_none() => {
            let hint =
                "a fence shuts out the users of some region, or those outside of `welcome` ones: name them".to_owned();
            cx.hinted::<()>(Code::BadInject, at, "`geo_fence` has no `region`", hint);
        }
        Fault::GeoFence(Fence { suspicion: Some(signs), .. })
        | Fault::VpnDetection(Fence { suspicion: Some(signs), .. }) => one_sign(cx, at, fault, signs),
        Fault::AccountFreeze { .. } if aim.group.is_none() && accounts.is_empty() => {
            let hint = "name the group whose accounts are frozen, or single accounts".to_owned();
            cx.hinted::<()>(Code::BadInject, at, "`account_freeze` has no `group` and no `account`", hint);
        }
        Fault::Deprovision(_) if aim.group.is_none() && accounts.is_empty() => {
            let hint = "name the group whose accounts are taken away, or single accounts".to_owned();
            cx.hinted::<()>(Code::BadInject, at, "`deprovision` has no `group` and no `account`", hint);
        }
        _ => {}
    }
    can_hit(cx, at, fault, aim);
}

/// Outside of a drill nothing is known of a client's way: its address is the one sign that it can show.
fn one_sign(cx: &mut Cx<'_>, at: Mark, fault: &Fault, signs: &Suspicion) {
    let (most, least) = (signs.of(None, Trail::default()), signs.threshold);
    if most >= least {
        return;
    }
    let hint = match most {
        0 => "name the regions that are `welcome`, and a `threshold` that `country` reaches alone".to_owned(),
        most => format!("lower `threshold` to at most {most}"),
    };
    let message = format!(
        "a proxy sees where an address lies, which weighs {most}, and `{}` shuts out from {least} on",
        fault.name()
    );
    cx.hinted::<()>(Code::BadInject, at, message, hint);
}

/// The names of proxy users; without a way in there are none.
fn users(cx: &mut Cx<'_>, fields: &mut Fields<'_>, ways: &Table<'_, DrillWay>) -> Option<Vec<String>> {
    items(cx, fields, "user", "users", |cx, word, at| {
        if ways.rows.is_empty() {
            let hint = "a proxy user is one of a program that comes by `ways_in`".to_owned();
            return cx.hinted(Code::BadInject, at, "the scenario has no way in, and so no user of one", hint);
        }
        Some(word.to_owned())
    })
}

fn capabilities(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Vec<Capability>> {
    items(cx, fields, "capability", "capabilities", |cx, word, at| {
        cx.choose(word, at, "capability", CAPABILITIES, CAPABILITIES_LATER)
    })
}

/// The share of a group, if there is one.
fn share(cx: &mut Cx<'_>, fields: &mut Fields<'_>, of_group: bool) -> Option<Share> {
    let share = fields.entry("share");
    if let Some(share) = share.filter(|_| !of_group) {
        let hint = "name the group, or use `chance` for a share of all exchanges".to_owned();
        cx.hinted::<()>(Code::BadInject, share.at, "a share of which group?", hint);
    }
    proportion(cx, share, "the share")
}

fn regions(cx: &mut Cx<'_>, fields: &mut Fields<'_>, table: &Table<'_, Region>) -> Option<Vec<RegionId>> {
    items(cx, fields, "region", "regions", |cx, word, at| {
        table.find(cx, word, at).map(|position| RegionId(id(position)))
    })
}

/// Direction and chance: an aim at everyone else.
fn way(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Option<Aim> {
    let chance = fields.entry("chance");
    let chance = proportion(cx, chance, "the chance");
    let per = shape::per(cx, fields);
    let directions =
        [("to-endpoint", Direction::ToEndpoint), ("from-endpoint", Direction::FromEndpoint), ("both", Direction::Both)];
    let direction = match fields.take("direction") {
        Some(node) => cx.choice(node, "direction", &directions, &[]),
        None => Some(Direction::default()),
    };
    Some(Aim { direction: direction?, chance: chance?, per: per?, ..Aim::everyone() })
}

/// The words under the singular or the plural key; either may hold one word or a list.
fn items<T: PartialEq>(
    cx: &mut Cx<'_>,
    fields: &mut Fields<'_>,
    one: &'static str,
    many: &'static str,
    read: impl FnMut(&mut Cx<'_>, &str, Mark) -> Option<T>,
) -> Option<Vec<T>> {
    let empty = |cx: &mut Cx<'_>, entry: &Entry| {
        let message = format!("an empty list of {many} would hit nothing; leave `{many}` out to hit all");
        cx.error::<()>(Code::BadInject, entry.at, message);
    };
    fields.words(cx, (one, many), empty, read)
}

fn link(cx: &mut Cx<'_>, word: &str, at: Mark, targets: &Targets<'_, '_>) -> Option<(RegionId, RegionId)> {
    let (a, b) = places::ends(cx, word, at, targets.regions)?;
    if targets.links.iter().any(|link| link.joins(a, b)) {
        return Some((a, b));
    }
    cx.error(Code::UnknownName, at, format!("there is no link `{}`", short(word)))
}

fn endpoint(cx: &mut Cx<'_>, word: &str, at: Mark, targets: &Targets<'_, '_>) -> Option<EndpointId> {
    let endpoint = EndpointId(id(targets.endpoints.find(cx, word, at)?));
    match &targets.routed {
        Some(routed) if !routed.contains(&endpoint) => {
            let hint = "an inject at it could never hit anything".to_owned();
            cx.hinted(
                Code::BadInject,
                at,
                format!("no journey routes to endpoint `{word}`, and no way in leads there"),
                hint,
            )
        }
        _ => Some(endpoint),
    }
}

/// A share above zero; all of it if nothing is written.
fn proportion(cx: &mut Cx<'_>, entry: Option<&Entry>, what: &str) -> Option<Share> {
    let Some(entry) = entry else { return Some(Share::ALL) };
    let share: Share = cx.quantity(&entry.value, what)?;
    if share.of(1_000_000) == 0 {
        return cx.error(Code::BadInject, entry.value.at, format!("{what} is zero: nothing would be hit"));
    }
    Some(share)
}

/// What a fault has to be aimed at to mean anything.
pub(super) fn fits(cx: &mut Cx<'_>, at: Mark, fault: &Fault, aim: &Aim) {
    let name = fault.name();
    let mut need = |missing: bool, key: &str, why: &str| {
        if missing {
            cx.hinted::<()>(Code::BadInject, at, format!("`{name}` has no `{key}`"), why.to_owned());
        }
    };
    match fault {
        Fault::GeoFence(fence) | Fault::VpnDetection(fence) => {
            need(aim.endpoints.is_empty(), "endpoint", "a fence stands around a platform: name it");
            let everyone = aim.regions.is_empty() && fence.suspicion.is_none();
            need(
                everyone,
                "region",
                "a fence shuts out the users of some region, or those whom signs make suspect: name them",
            );
        }
        Fault::AccountFreeze { mode } => {
            need(aim.endpoints.is_empty(), "endpoint", "a platform freezes accounts: name it");
            let nobody = aim.group.is_none() && *mode != FreezeMode::Organisation;
            need(nobody, "group", "name the group whose accounts are frozen");
        }
        Fault::Deprovision(_) => need(aim.group.is_none(), "group", "name the group whose accounts are taken away"),
        Fault::CapabilityMissing => {
            need(aim.capabilities.is_empty(), "capability", "name what the platform does not have");
        }
        _ => {}
    }
    can_hit(cx, at, fault, aim);
}

/// Reports an aim with which the fault could hit no unit of any traffic.
pub(super) fn can_hit(cx: &mut Cx<'_>, at: Mark, fault: &Fault, aim: &Aim) {
    let name = fault.name();
    if let Some(why) = cannot_hit(fault, aim) {
        cx.error::<()>(Code::BadInject, at, format!("`{name}` can hit nothing so: {why}"));
    }
}

/// Why a fault with this aim could hit no unit of any traffic.
fn cannot_hit(fault: &Fault, aim: &Aim) -> Option<&'static str> {
    let lacks = |capability| !aim.capabilities.is_empty() && !aim.capabilities.contains(&capability);
    let sending_only = matches!(fault, Fault::AccountFreeze { mode: FreezeMode::SendOnly });
    Some(match fault.doc().hits {
        Hits::Handshakes if aim.direction == Direction::FromEndpoint => {
            "it is for those who connect, which has no direction; leave `direction` out"
        }
        Hits::Handshakes if !aim.capabilities.is_empty() => {
            "what a connection is for is not known before its first request; leave `capability` out"
        }
        Hits::Requests if aim.direction == Direction::FromEndpoint => {
            "it is for requests, which travel to the endpoint; leave `direction` out"
        }
        Hits::Requests
            if sending_only && !aim.capabilities.is_empty() && !aim.capabilities.iter().any(|c| c.is_sending()) =>
        {
            "with `send-only` only sending is refused"
        }
        Hits::Requests if matches!(fault, Fault::IdpDown { .. } | Fault::MfaRequired) && lacks(Capability::Login) => {
            "only logins are for tokens"
        }
        Hits::Requests if matches!(fault, Fault::MeetingLock { .. }) && lacks(Capability::Meeting) => {
            "only meetings have heads"
        }
        Hits::Answers if aim.direction == Direction::ToEndpoint => {
            "it is for answers, which travel from the endpoint; leave `direction` out"
        }
        Hits::Pushed if aim.direction == Direction::ToEndpoint => {
            "it is for frames that are pushed from the endpoint; leave `direction` out"
        }
        Hits::Pushed | Hits::Sockets if lacks(Capability::Receive) => {
            "push connections are for `receive`; leave `capability` out"
        }
        Hits::Sockets if aim.direction != Direction::Both => {
            "it closes connections, which have no direction; leave `direction` out"
        }
        _ => return None,
    })
}
