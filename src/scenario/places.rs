//! Regions and the links between them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use super::cx::{Cx, short};
use super::delay;
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Mark, Node, Value};
use super::table::{Table, id};
use crate::limits;
use crate::plan::{Link, Region};
use crate::units::RegionId;

/// The regions, each with its blocks.
pub(super) fn regions<'n>(cx: &mut Cx<'_>, node: Option<&'n Node>) -> Table<'n, Region> {
    let mut table = Table::names(cx, node, "region", limits::REGIONS);
    let mut taken: Vec<(IpNet, String)> = Vec::new();
    table.fill(|row, index| {
        if row.name.contains('-') {
            let hint = format!(
                "write `{}` wherever it stands: a hyphen joins the two regions of a link, as in `hk-shenzhen`",
                row.name.replace('-', "_")
            );
            cx.hinted::<()>(Code::BadName, row.at, format!("the region `{}` has a hyphen in its name", row.name), hint);
        }
        let mut fields = Fields::of(cx, row.node, format!("region `{}`", row.name), row.at)?;
        let blocks = match fields.take("addresses") {
            Some(node) => blocks(cx, node),
            None => Some(vec![(default_block(index), row.at)]),
        };
        let utc_offset = match fields.take("utc_offset") {
            Some(node) => offset(cx, node),
            None => Some(CHINA),
        };
        fields.finish(cx);
        let blocks = blocks?;
        let mut own = true;
        for (block, at) in &blocks {
            if let Some((_, owner)) = taken.iter().find(|(other, _)| other == block) {
                cx.error::<()>(Code::Conflict, *at, format!("{block} already belongs to region `{owner}`"));
                own = false;
            }
            taken.push((*block, row.name.clone()));
        }
        if !own {
            return None;
        }
        let addresses = blocks.into_iter().map(|(block, _)| block).collect();
        Some(Region { name: row.name.clone(), addresses, utc_offset: utc_offset? })
    });
    table
}

/// 127.⟨10 × n⟩.0.0/16 for the n-th region, which needs no configuration on Linux.
fn default_block(index: usize) -> IpNet {
    let second = u8::try_from((index + 1) * 10).unwrap_or(u8::MAX);
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(127, second, 0, 0), 16))
}

/// Hong Kong, the mainland and Singapore have the same clock.
const CHINA: i16 = 8 * 60;

/// Minutes ahead of UTC, written `+08:00`.
pub(super) fn offset(cx: &mut Cx<'_>, node: &Node) -> Option<i16> {
    let word = cx.word(node, "the offset from UTC")?;
    let read = || {
        let (ahead, rest) = match word.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':')?;
        let two = |text: &str, most: i16| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i16>().ok().filter(|value| digits && *value <= most)
        };
        Some(ahead * (two(hours, 14)? * 60 + two(minutes, 59)?))
    };
    read().or_else(|| {
        let hint = "write it as +08:00 or -05:30".to_owned();
        cx.hinted(Code::BadFigure, node.at, format!("`{}` is no offset from UTC", short(word)), hint)
    })
}

fn blocks(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<(IpNet, Mark)>> {
    let items = node.items();
    if items.is_empty() {
        return cx.error(Code::Missing, node.at, "a region has at least one block of addresses");
    }
    let read: Vec<_> = items.iter().map(|item| block(cx, item)).collect();
    read.into_iter().collect()
}

fn block(cx: &mut Cx<'_>, node: &Node) -> Option<(IpNet, Mark)> {
    let word = cx.word(node, "a block of addresses")?;
    let block = word.parse().ok().or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from));
    let Some(block) = block else {
        let hint = "write a block such as 127.20.0.0/16 or fd00:20::/64".to_owned();
        return cx.hinted(Code::BadFigure, node.at, format!("`{}` is no block of addresses", short(word)), hint);
    };
    Some((block.trunc(), node.at))
}

/// The links, each between two regions, the same both ways.
pub(super) fn links(cx: &mut Cx<'_>, node: Option<&Node>, regions: &Table<'_, Region>) -> Vec<Link> {
    let Some(entries) = node.and_then(|node| cx.map(node, "the list of links")) else { return Vec::new() };
    let mut links: Vec<Link> = Vec::new();
    for entry in entries {
        let ends = ends(cx, &entry.key, entry.at, regions);
        let name = short(&entry.key);
        let example = match &entry.value.value {
            Value::Word(word) => Some(format!("{name}: {{ latency: {} }}", short(word))),
            _ => None,
        };
        let fields = Fields::such_as(cx, &entry.value, format!("link `{name}`"), entry.at, example);
        let latency = fields.and_then(|mut fields| {
            let latency = fields.need(cx, "latency", "10ms").and_then(|node| delay::read(cx, node, "the latency"));
            fields.not_yet(cx, &["bandwidth", "loss"]);
            fields.finish(cx);
            latency
        });
        let Some((a, b)) = ends else { continue };
        if links.iter().any(|link| link.joins(a, b)) {
            let message = format!("the link `{}` stands twice; a link is the same both ways", entry.key);
            cx.error::<()>(Code::Conflict, entry.at, message);
        } else {
            // A link with a bad latency is still a link; the plan is not made anyway.
            links.push(Link { a, b, latency: latency.unwrap_or(crate::plan::Delay::INSIDE_A_REGION) });
        }
    }
    links
}

/// The two regions of `hk-shenzhen`.
pub(super) fn ends(cx: &mut Cx<'_>, name: &str, at: Mark, regions: &Table<'_, Region>) -> Option<(RegionId, RegionId)> {
    // A region that was complained of for its hyphen is not complained of again.
    let known = |(at, _): &(usize, &str)| {
        regions.position(&name[..*at]).is_some() && regions.position(&name[at + 1..]).is_some()
    };
    let joint = name.match_indices('-').find(known).map(|(at, _)| (&name[..at], &name[at + 1..]));
    let Some((a, b)) = joint.or_else(|| name.split_once('-')) else {
        let hint = "write two regions with a hyphen between them: `hk-shenzhen`".to_owned();
        return cx.hinted(Code::BadName, at, format!("`{}` is no link", short(name)), hint);
    };
    let (a, b) = (regions.find(cx, a, at.first(a.len())), regions.find(cx, b, at.last(b.len())));
    let (a, b) = (RegionId(id(a?)), RegionId(id(b?)));
    if a == b {
        return cx.error(
            Code::Conflict,
            at,
            "a link joins two different regions; inside a region a message takes 0.2 ms",
        );
    }
    Some((a, b))
}
