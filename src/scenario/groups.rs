//! Groups of accounts and the addresses of their connections.

use std::net::IpAddr;

use ipnet::IpNet;

use super::cx::Cx;
use super::diagnostic::Code;
use super::fields::Fields;
use super::node::{Mark, Node};
use super::table::{Row, Table, id};
use crate::limits;
use crate::plan::{Account, Exit, ExitKind, Group, Region};
use crate::units::{GroupId, RegionId, Share};

/// The groups.
pub(super) fn read<'n>(cx: &mut Cx<'_>, node: Option<&'n Node>, regions: &Table<'_, Region>) -> Table<'n, Group> {
    let mut table = Table::names(cx, node, "group", limits::PARTS);
    table.fill(|row, _| group(cx, row, regions));
    table
}

/// A group of accounts that are made up.
pub(super) fn group(cx: &mut Cx<'_>, row: &Row<'_, Group>, regions: &Table<'_, Region>) -> Option<Group> {
    let mut fields = Fields::of(cx, row.node, format!("group `{}`", row.name), row.at)?;
    let count = fields
        .need(cx, "count", "20")
        .and_then(|node| cx.count(node, "the number of accounts", 1, u64::from(limits::ACCOUNTS)));
    let region = fields.need(cx, "region", "hk").and_then(|node| regions.named(cx, node));
    let via = fields.entry("via").map(|entry| {
        let mut fields = Fields::of(cx, &entry.value, format!("`via` of group `{}`", row.name), entry.at)?;
        let region = fields.need(cx, "exit", "shenzhen").and_then(|node| regions.named(cx, node));
        let kinds = [("vpn", ExitKind::Vpn), ("leased", ExitKind::Leased), ("direct", ExitKind::Direct)];
        let kind = fields.need(cx, "kind", "vpn").and_then(|node| cx.choice(node, "kind of way", &kinds, &[]));
        fields.finish(cx);
        Some(Exit { region: RegionId(id(region?)), kind: kind? })
    });
    let control = control(cx, &mut fields, row, count);
    fields.finish(cx);
    let via = match via {
        Some(read) => Some(read?),
        None => None,
    };
    let (count, region) = (u32::try_from(count?).ok()?, RegionId(id(region?)));
    Some(Group { name: row.name.clone(), count, region, via, control: control? })
}

/// How many of the accounts no inject may hit: rounded half up, and of either kind at least one.
fn control(cx: &mut Cx<'_>, fields: &mut Fields<'_>, row: &Row<'_, Group>, count: Option<u64>) -> Option<u32> {
    let Some(entry) = fields.entry("control") else { return Some(0) };
    let share: Share = cx.quantity(&entry.value, "the share of control accounts")?;
    let count = u32::try_from(count?).ok()?;
    let control = share.of(count);
    if (1..count).contains(&control) {
        return Some(control);
    }
    let message = format!("{share} of the {count} accounts of group `{}` are {control}", row.name);
    let hint = "some have to be control accounts and some others: write another share, or more accounts".to_owned();
    cx.hinted(Code::OutOfRange, entry.value.at, message, hint)
}

/// Every account, group by group, each with its own address in the region where its traffic appears.
pub(super) fn accounts(
    cx: &mut Cx<'_>,
    groups: &Table<'_, Group>,
    regions: &Table<'_, Region>,
) -> Option<Vec<Account>> {
    let mut used = vec![0_u32; regions.rows.len()];
    let mut accounts = Vec::new();
    let mut complete = true;
    for (index, row, group) in groups.read() {
        let source = group.via.as_ref().map_or(group.region, |exit| exit.region);
        let Some(region) = regions.get(source.index()) else { continue };
        let block = preferred(region)?;
        let first = used[source.index()];
        used[source.index()] += group.count;
        let room = capacity(block);
        if first + group.count > room {
            let message = format!(
                "region `{}` has {room} addresses for accounts in {block}; with group `{}` it would need {}",
                region.name,
                row.name,
                first + group.count
            );
            cx.error::<()>(Code::OutOfRange, row.at, message);
            complete = false;
            continue;
        }
        for ordinal in 0..group.count {
            let address = nth(block, first + ordinal);
            if let Some(owner) = closer_owner(regions, source, block, address) {
                let message = format!(
                    "{address}, of group `{}` in `{}`, lies in a block of region `{owner}`",
                    row.name, region.name
                );
                cx.error::<()>(Code::Conflict, row.at, message);
                complete = false;
                break;
            }
            accounts.push(Account { group: GroupId(id(index)), ordinal, address });
        }
    }
    complete.then_some(accounts)
}

/// Connections can be made from loopback addresses without any configuration, so such a block is taken first.
fn preferred(region: &Region) -> Option<IpNet> {
    region.addresses.iter().find(|block| block.addr().is_loopback()).or_else(|| region.addresses.first()).copied()
}

/// An address in a region that nobody has yet: from the top, since accounts are counted from below.
pub(super) fn spare(
    cx: &mut Cx<'_>,
    (name, at): (&str, Mark),
    regions: &Table<'_, Region>,
    own: RegionId,
    taken: &[IpAddr],
) -> Option<IpAddr> {
    let block = preferred(regions.get(own.index())?)?;
    let highest = (0..hosts(block)).rev().take(taken.len() + limits::PARTS);
    let mut free = highest.map(|n| nth(block, n)).filter(|address| !taken.contains(address));
    free.find(|address| closer_owner(regions, own, block, *address).is_none()).or_else(|| {
        let region = regions.rows.get(own.index()).map_or("", |row| row.name.as_str());
        cx.error(Code::OutOfRange, at, format!("region `{region}` has no address left in {block} for `{name}`"))
    })
}

/// How many accounts fit: the network's own address and its last are nobody's.
fn capacity(block: IpNet) -> u32 {
    hosts(block).min(limits::ACCOUNTS)
}

fn hosts(block: IpNet) -> u32 {
    let bits = block.max_prefix_len() - block.prefix_len();
    let all = 1_u64.checked_shl(u32::from(bits)).unwrap_or(u64::MAX);
    u32::try_from(all.saturating_sub(2)).unwrap_or(u32::MAX)
}

/// The block's address + 1 + n.
fn nth(block: IpNet, n: u32) -> IpAddr {
    match block.network() {
        IpAddr::V4(first) => IpAddr::V4((u32::from(first) + 1 + n).into()),
        IpAddr::V6(first) => IpAddr::V6((u128::from(first) + 1 + u128::from(n)).into()),
    }
}

/// The region that an address would belong to because of a longer match than `block`, or an equal one.
fn closer_owner<'t>(regions: &'t Table<'_, Region>, own: RegionId, block: IpNet, address: IpAddr) -> Option<&'t str> {
    let others = regions.read().filter(|(index, ..)| *index != own.index());
    let closer = |region: &Region| {
        let holds = |other: &IpNet| other.prefix_len() >= block.prefix_len() && other.contains(&address);
        region.addresses.iter().any(holds)
    };
    others.filter(|(_, _, region)| closer(region)).map(|(_, row, _)| row.name.as_str()).next()
}
