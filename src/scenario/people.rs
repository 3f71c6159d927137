//! Whom a path alone tells apart: groups of accounts, made up as a scenario's are, or real ones by the credentials that they show.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::fields::Fields;
use super::groups;
use super::node::{Entry, Mark, Node, Value};
use super::source::Source;
use super::spell;
use super::table::{Row, Table, check_name};
use crate::draw::Seed;
use crate::limits;
use crate::plan::{self, Group, Region};
use crate::units::{AccountId, GroupId, Share};

/// The groups and accounts of a path alone. Positions are their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// The groups.
    pub groups: Vec<Circle>,
    /// The accounts, group by group.
    pub accounts: Vec<Person>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circle {
    /// Its name.
    pub name: String,
    /// The first of its accounts …
    first: u32,
    /// … and how many there are.
    count: u32,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Its name.
    pub name: String,
    /// By what it is told.
    pub told_by: ToldBy,
}

/// By what an account is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToldBy {
    /// By the address that it comes from, and by what a twin would give an account of this name.
    Address(IpAddr),
    /// By the values of these variables of the environment. The account is real: nothing but the running program may know them.
    Variables(Vec<String>),
}

impl People {
    /// The accounts of a group, or a share of them that is drawn for one inject; sorted.
    pub fn of(&self, group: GroupId, share: Share, seed: Seed, inject: &str) -> Vec<AccountId> {
        let Some(circle) = self.groups.get(group.index()) else { return Vec::new() };
        let drawn = plan::drawn(seed, (inject, &circle.name), circle.count, share);
        let mut accounts: Vec<_> = drawn.into_iter().map(|ordinal| AccountId(circle.first + ordinal)).collect();
        accounts.sort_unstable();
        accounts
    }

    /// An account.
    pub fn get(&self, id: AccountId) -> Option<&Person> {
        self.accounts.get(id.index())
    }

    /// Ids and parts of the accounts.
    pub fn ids(&self) -> impl Iterator<Item = (AccountId, &Person)> {
        (0..).map(AccountId).zip(&self.accounts)
    }

    /// The group of this name, which has to exist.
    pub(super) fn group(&self, cx: &mut Cx<'_>, name: &str, at: Mark) -> Option<GroupId> {
        let names = || self.groups.iter().map(|circle| circle.name.as_str());
        match names().position(|known| known == name).and_then(|place| u16::try_from(place).ok()) {
            Some(place) => Some(GroupId(place)),
            None => nobody(cx, "group", (name, at), &names().collect::<Vec<_>>()),
        }
    }

    /// The account of this name, which has to exist.
    pub(super) fn account(&self, cx: &mut Cx<'_>, name: &str, at: Mark) -> Option<AccountId> {
        if let Some((id, _)) = self.ids().find(|(_, person)| person.name == name) {
            return Some(id);
        }
        // Those that are made up are called by number, which nobody misspells.
        let real = |person: &&Person| matches!(person.told_by, ToldBy::Variables(_));
        let names: Vec<_> = self.accounts.iter().filter(real).map(|person| person.name.as_str()).collect();
        nobody(cx, "account", (name, at), &names)
    }
}

fn nobody<T>(cx: &mut Cx<'_>, what: &str, (name, at): (&str, Mark), known: &[&str]) -> Option<T> {
    let none = || known.is_empty().then(|| "`--faults FILE` names groups and their accounts".to_owned());
    let hint = spell::hint(name, known).or_else(none);
    cx.hinted(Code::UnknownName, at, format!("there is no {what} `{}`", short(name)), hint)
}

/// Reads the groups; `None` if there were mistakes, which are reported.
pub(super) fn read(cx: &mut Cx<'_>, node: Option<&Node>, regions: &Table<'_, Region>) -> Option<People> {
    let mut real = BTreeMap::new();
    let mut table = Table::names(cx, node, "group", limits::PARTS);
    table.fill(|row: &mut Row<'_, Group>, index| {
        if row.node.get("accounts").is_none() {
            return groups::group(cx, row, regions);
        }
        real.insert(index, persons(cx, row));
        None
    });
    let made = groups::accounts(cx, &table, regions)?;
    let mut people = People::default();
    for (index, row) in table.rows.iter().enumerate() {
        let first = people.accounts.len();
        if let Some(own) = real.remove(&index) {
            people.accounts.extend(own?);
        } else {
            row.value.as_ref()?;
            let own = made.iter().filter(|account| account.group.index() == index);
            people.accounts.extend(own.map(|account| Person {
                name: format!("{}-{}", row.name, account.ordinal + 1),
                told_by: ToldBy::Address(account.address),
            }));
        }
        let count = u32::try_from(people.accounts.len() - first).ok()?;
        people.groups.push(Circle { name: row.name.clone(), first: u32::try_from(first).ok()?, count });
    }
    distinct(cx, &people, &table).then_some(people)
}

/// Whether every account has a name of its own; reports those that have not.
fn distinct(cx: &mut Cx<'_>, people: &People, table: &Table<'_, Group>) -> bool {
    let mut seen = BTreeSet::new();
    let mut distinct = true;
    for (circle, row) in people.groups.iter().zip(&table.rows) {
        let own = &people.accounts[circle.first as usize..][..circle.count as usize];
        for person in own.iter().filter(|person| !seen.insert(person.name.as_str())) {
            let message = format!("group `{}` has an account `{}`, and so has another", circle.name, person.name);
            cx.error::<()>(Code::Conflict, row.at, message);
            distinct = false;
        }
    }
    distinct
}

/// Real accounts, each with what it shows.
fn persons(cx: &mut Cx<'_>, row: &Row<'_, Group>) -> Option<Vec<Person>> {
    let mut fields = Fields::of(cx, row.node, format!("group `{}`", row.name), row.at)?;
    let entry = fields.take_any("accounts")?;
    let what = format!("the list of accounts of group `{}`", row.name);
    let entries = cx.map(&entry.value, &what);
    for key in ["count", "region", "via"] {
        if let Some(entry) = fields.refuse(key) {
            let hint = "accounts that are made up stand in a group of their own".to_owned();
            let message = format!("`{key}` is for accounts that are made up, and `accounts` names real ones");
            cx.hinted::<()>(Code::Conflict, entry.at, message, hint);
        }
    }
    fields.finish(cx);
    let entries = entries?;
    if entries.is_empty() {
        return cx.error(Code::Missing, entry.at, format!("group `{}` has no account", row.name));
    }
    let read = entries.iter().map(|entry| {
        check_name(cx, &entry.key, entry.at, "account")?;
        let read = entry.value.items().iter().map(|node| variable(cx, node)).collect::<Vec<_>>();
        let variables = read.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Person { name: entry.key.clone(), told_by: ToldBy::Variables(variables) })
    });
    read.collect::<Vec<_>>().into_iter().collect()
}

/// The name of a variable that holds a credential.
fn variable(cx: &mut Cx<'_>, node: &Node) -> Option<String> {
    match &node.value {
        Value::Word(word) => variable_of(word).map(str::to_owned),
        _ => None,
    }
    .or_else(|| {
        let hint = "write \"${NAME}\", and give the program a variable of that name in its environment".to_owned();
        let message = "a credential never stands in a file, only the name of a variable that holds it";
        cx.hinted(Code::OpenSecret, node.at, message, hint)
    })
}

/// `NAME` in `${NAME}`.
fn variable_of(word: &str) -> Option<&str> {
    let name = word.strip_prefix("${")?.strip_suffix('}')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (name.starts_with(|c: char| fits(c) && !c.is_ascii_digit()) && name.chars().all(fits)).then_some(name)
}

/// The same source with asterisks where a credential stands in the open: mistakes are shown with their lines.
pub(super) fn masked(source: &Source, root: &Node) -> Source {
    let mut open = Vec::new();
    let groups = root.get("groups").map_or(&[][..], |entry| entries(&entry.value));
    let accounts = groups.iter().filter_map(|group| group.value.get("accounts")).chain(root.get("accounts"));
    for account in accounts.flat_map(|accounts| entries(&accounts.value)) {
        in_the_open(&account.value, &mut open);
    }
    let mut bytes = source.text.clone().into_bytes();
    for mark in open {
        let end = (mark.end as usize).min(bytes.len());
        let hidden = bytes.get_mut(mark.start as usize..end).unwrap_or_default();
        // Lines and columns stay where they are.
        hidden.iter_mut().filter(|byte| !matches!(**byte, b'\n' | b'\r')).for_each(|byte| *byte = b'*');
    }
    Source { name: source.name.clone(), text: String::from_utf8(bytes).unwrap_or_default() }
}

/// Where something stands that is not the name of a variable.
fn in_the_open(node: &Node, found: &mut Vec<Mark>) {
    match &node.value {
        Value::Null => {}
        Value::Word(word) if variable_of(word).is_some() => {}
        Value::Word(_) => found.push(node.at),
        Value::List(items) => items.iter().for_each(|item| in_the_open(item, found)),
        Value::Map(entries) => {
            for entry in entries {
                found.push(entry.at);
                in_the_open(&entry.value, found);
            }
        }
    }
}

fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Value::Map(entries) => entries,
        _ => &[],
    }
}
