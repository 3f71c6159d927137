//! The file with which a path alone begins.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::draw::Seed;
use crate::plan::{Param, ParamKind, WayKind};
use crate::scenario::{PARTS, ToldBy, loose};
use crate::units::{GroupId, Share};

const EVERYTHING: &str = "\
regions: { hk: { addresses: [127.10.0.0/16] } }
groups:
  made-up: { count: 20, region: hk }
  real: { accounts: { anna: \"${ANNA_KEY}\", ben: [\"${BEN_KEY}\", \"${BEN_TOKEN}\"] } }
proxies:
  db: { listen: \"127.0.0.1:1\", upstream: \"a:1\", protocol: tcp, proxy_protocol_from: 127.0.0.1, send_proxy: v2 }
  lite: { listen: \"127.0.0.1:2\", upstream: \"a:1\", kind: dingtalk, edition: lite }
ways_in:
  office: { forward: \"127.0.0.1:3\", allow: [a.example, \"*.b.example:443\", 10.0.0.0/8], map: { c.example: \"http://127.0.0.1:4\" }, intercept: c.example, pass_through: [\"*.d.example\", \"e.example:443\"] }
  home: { socks: \"127.0.0.1:5\", proxy_protocol_from: [127.0.0.1, \"fd00::/8\"] }
injects:
  freeze: { proxies: [lite], account_freeze: { group: real } }
";

/// The keys of a table, and those of the maps that its keys name.
fn tables(params: &'static [Param], into: &mut Vec<BTreeSet<&'static str>>) {
    into.push(params.iter().map(|param| param.name).collect());
    for param in params {
        maps(&param.kind, into);
    }
}

fn maps(kind: &ParamKind, into: &mut Vec<BTreeSet<&'static str>>) {
    match kind {
        ParamKind::Map(params) => tables(params, into),
        ParamKind::Named(of) | ParamKind::List(of) => maps(of, into),
        ParamKind::Any(kinds) => kinds.iter().for_each(|kind| maps(kind, into)),
        _ => {}
    }
}

#[test]
fn the_tables_have_the_keys_that_are_read() {
    let source = source(EVERYTHING);
    let root = tree::parse(&source).expect("it is YAML");
    let sources = [source];
    let mut cx = Cx::new(&sources);
    assert!(loose::whole(&mut cx, &root, &[]).is_some(), "{}", cx.found);
    let part = PARTS.iter().find(|part| part.name == "faults-file").expect("a part");
    let mut documented = Vec::new();
    tables(part.params, &mut documented);
    let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (what, keys) in &cx.asked {
        let of = what.split_whitespace().next().expect("a word");
        if !["the", "region", "group", "proxy", "way"].contains(&of) {
            continue;
        }
        let real = what == "group `real`";
        asked.entry(if real { "real" } else { of }).or_default().extend(keys);
    }
    assert_eq!(asked.len(), 6, "{asked:?}");
    for (what, keys) in asked {
        assert!(documented.contains(&keys), "{what}: {keys:?} are asked for; documented are {documented:?}");
    }
}

/// A hint names what may stand in a place, and nothing that is refused there.
#[test]
fn a_hint_names_only_what_is_accepted_there() {
    let every = "latency: { constant: 1ms }, during: fault, after: 1m, undo: x, lease: x";
    let posted = format!("{{ name: a, zork: 1, {every} }}");
    let at_once = fault(&source(&posted), &Surroundings::default()).expect_err("a mistake");
    let file = |text: &str| outside(&source(text), &[]).expect_err(text);
    for (told, expected) in [
        (at_once, "name, proxies, at, for, ramp, waveform, latency"),
        (file(&format!("injects: {{ a: {{ zork: 1, {every} }} }}\n")), "proxies, at, for, ramp, waveform, latency"),
        (
            file("zork: 1\naccounts: {}\nlinks: {}\nendpoints: {}\ncapabilities: {}\n"),
            "guard, regions, groups, proxies, ways_in, injects",
        ),
        (file("groups: { a: { accounts: { anna: \"${A}\" }, count: 2, region: hk, zork: 1 } }\n"), "accounts"),
        (
            file("proxies: { a: { listen: \"127.0.0.1:1\", upstream: \"b:1\", region: hk, zork: 1 } }\n"),
            "listen, upstream, protocol, kind, edition, proxy_protocol_from, send_proxy",
        ),
    ] {
        let zork = told.iter().find(|one| one.code == Code::UnknownKey && one.message.contains("`zork`"));
        let hint = zork.and_then(|one| one.hint.clone());
        assert_eq!(hint, Some(format!("possible here: {expected}")), "{told}");
    }
    // Neither is a slip of the pen led to what is refused.
    let slip = file("injects: { a: { latency: { constant: 1ms, endpont: b } } }\n");
    assert!(!slip.to_string().contains("`endpoint`"), "{slip}");
}

#[test]
fn people_are_those_of_the_file() {
    let outside = outside(&source(EVERYTHING), &[]).expect("it is right");
    let people = outside.surroundings.people;
    let names: Vec<_> = people.ids().map(|(id, person)| (id.0, person.name.as_str())).collect();
    assert_eq!(
        (names[0], names[19], names[20], names[21]),
        ((0, "made-up-1"), (19, "made-up-20"), (20, "anna"), (21, "ben"))
    );
    let told = |name: &str| people.accounts.iter().find(|person| person.name == name).map(|person| &person.told_by);
    assert_eq!(told("made-up-2"), Some(&ToldBy::Address([127, 10, 0, 2].into())));
    assert_eq!(told("ben"), Some(&ToldBy::Variables(vec!["BEN_KEY".into(), "BEN_TOKEN".into()])));
    let half = people.of(GroupId(0), "50%".parse().expect("a share"), Seed(7), "x");
    assert!(half.len() == 10 && half.is_sorted() && half.iter().all(|id| id.0 < 20), "{half:?}");
    let all = people.of(GroupId(1), Share::ALL, Seed(7), "x");
    assert_eq!(all.iter().map(|id| id.0).collect::<Vec<_>>(), [20, 21]);
}

#[test]
fn ways_in_are_those_of_the_file() {
    let ways = outside(&source(EVERYTHING), &[]).expect("it is right").ways_in;
    let [office, home] = &ways[..] else { panic!("{ways:?}") };
    assert_eq!(
        (office.name.as_str(), office.kind, office.listen.as_str()),
        ("office", WayKind::Forward, "127.0.0.1:3")
    );
    let shown: Vec<_> = office.allow.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["a.example", "*.b.example:443", "10.0.0.0/8"]);
    assert_eq!(office.map[0].to_string(), "c.example=http://127.0.0.1:4");
    assert_eq!((office.intercept.len(), office.proxy_protocol_from.len()), (1, 0));
    let spared: Vec<_> = office.pass_through.iter().map(ToString::to_string).collect();
    assert_eq!(spared, ["*.d.example", "e.example:443"]);
    let from: Vec<_> = home.proxy_protocol_from.iter().map(ToString::to_string).collect();
    assert_eq!((home.kind, &from[..]), (WayKind::Socks, &["127.0.0.1/32".to_owned(), "fd00::/8".to_owned()][..]));
}

#[test]
fn a_way_in_that_is_none_is_told_where_and_why() {
    for (way, code, word) in [
        ("{}", "missing", "what it speaks"),
        ("{ forward: \"127.0.0.1:1\", socks: \"127.0.0.1:2\" }", "conflict", "one of"),
        ("{ forward: [] }", "wrong-kind", "a word"),
        ("{ sni: \"127.0.0.1:1\", allow: [\"https://a\"] }", "bad-name", "names nothing to reach"),
        ("{ sni: \"127.0.0.1:1\", map: { a.example: b.example } }", "bad-name", "leads nowhere"),
        ("{ sni: \"127.0.0.1:1\", map: { a.example: [] } }", "wrong-kind", "is an address"),
        ("{ sni: \"127.0.0.1:1\", intercept: [a.example, 127.0.0.1] }", "bad-name", "not by addresses"),
        ("{ sni: \"127.0.0.1:1\", proxy_protocol_from: [] }", "missing", "nobody in"),
        ("{ sni: \"127.0.0.1:1\", proxy_protocol_from: [here] }", "bad-figure", "no block"),
        ("{ sni: \"127.0.0.1:1\", alow: a }", "unknown-key", "did you mean `allow`"),
    ] {
        let found = outside(&source(&format!("ways_in:\n  office: {way}\n")), &[]).expect_err(way).to_string();
        assert!(found.contains(code) && found.contains(word), "{way}: {found}");
    }
    let twice =
        "proxies: { a: { listen: \"127.0.0.1:1\", upstream: \"b:1\" } }\nways_in: { a: { sni: \"127.0.0.1:2\" } }\n";
    let found = outside(&source(twice), &[]).expect_err("one name for two").to_string();
    assert!(found.contains("conflict") && found.contains("as well"), "{found}");
}

/// A line with a mistake is shown; what nobody may see is not, wherever it stands.
#[test]
fn a_credential_in_the_open_is_never_shown() {
    for accounts in [
        "{ anna: hunter2 }",
        "{ anna: \"hunter2\", count: }",
        "{ anna: [\"${A}\", 'hunter2'] }",
        "{ anna: { key: hunter2, hunter2: x } }",
        "\n      anna: |\n        hunter2\n        hunter2\n",
        "\n      anna: &a hunter2\n      ben: *a",
    ] {
        let text = format!("groups:\n  g: \n    accounts: {accounts}\n");
        let found = outside(&source(&text), &[]).expect_err(&text);
        let told = format!("{found}{found:?}");
        assert!(told.contains("open-secret") && !told.contains("hunter2"), "{text}\n{told}");
    }
}
