//! The schema knows the language: every key that is read and no other, and whatever ships is valid by it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::faults::{BAD_AIMS, BAD_PARAMETERS, BAD_SHAPES, every_row};
use super::*;
use crate::plan::{Action, Doc, Fault, Param, ParamKind};
use crate::scenario::node::{Node, Value as Word};
use crate::units::{Rate, Share, Size, Span, Throughput};

/// A scenario with every part and every map of the language.
const EVERYTHING: &str = "\
firedrill: 1
name: everything
question: Is every key of the language here?
seed: 7
expect: fail
because: [promises]
guard: { hosts: [localhost, 127.0.0.1], max_duration: 1h, max_rate: 20/s, stop: none }
regions: { hk: { addresses: [127.10.0.0/16] }, shenzhen: {}, singapore: {} }
links: { hk-shenzhen: { latency: { normal: { mean: 10ms, sd: 3ms } } }, hk-singapore: { latency: { lognormal: { median: 1s, sigma: 0.8 } } }, shenzhen-singapore: { latency: { pareto: { least: 1ms, shape: 2.5 } } } }
endpoints:
  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off, processor: us, contract: \"framework of 2031\" }
  teams: { kind: teams, region: hk, url: \"https://localhost:9000\", ca: ca.pem, credentials: { purchasing: { user: \"${A}\", token: \"${B}\" }, factory: { user: \"${C}\", token: \"${D}\", webhook: \"${E}\" } } }
  pager: { kind: http, region: hk, capability: notice, send: { method: PUT, path: \"/m?to={to}\", headers: { x-key: \"{token}\" }, json: '{\"t\": \"{text}\"}' }, success: { status: [200, 202], at: /ok, equals: true, code: /error }, receipts: { poll: { every: 1s, path: \"/m?to={to}\", headers: { x-key: \"{token}\" }, texts: \"/items/*/t\", next: /next, first: /m } } }
  sms: { kind: http, region: hk, send: { path: /m, form: { t: \"{text}\", u: \"{to}\" } }, success: { status: 202, contains: ok }, receipts: { poll: { every: 1s, path: \"/m?to={to}\", ids: \"/*\" } } }
  topic: { kind: http, region: hk, send: { path: \"/{to}\", text: \"{text}\" } }
  erp: { kind: http, region: hk, send: { path: /m, headers: { authorization: \"Bearer {token}\" }, text: \"{text}\" }, receipts: acceptance, sso: { provider: login, verify: introspection, cache: 30s, issuer: \"https://login.example\", audience: orders } }
  desk: { kind: websocket, region: hk, connect: { path: \"/d?u={from}\", headers: { x-key: \"{token}\" } }, send: { json: '{\"m\": \"{message}\", \"t\": \"{text}\", \"u\": \"{to}\"}' }, taken: { json: '{\"m\": \"{message}\"}' }, refused: { json: '{\"m\": \"{message}\", \"e\": \"{code}\"}' }, receipts: { push: { json: '{\"t\": \"{text}\"}', path: \"/r?u={to}\" } } }
  line: { kind: tcp, framing: crlf, region: hk, login: { json: '{\"u\": \"{from}\"}', taken: { text: hello }, refused: { text: \"no {any}\" } }, send: { text: \"{to} {text}\" }, receipts: { push: { text: \"{text}\", login: { text: \"I am {from}\" } } } }
  mail: { kind: smtp, capability: chat, region: hk, url: \"smtps://localhost\", ca: ca.pem, credentials: { purchasing: { user: \"${A}\", login: \"${H}\", password: \"${I}\" }, factory: { user: \"${C}\" } } }
  matrix: { kind: matrix, region: hk, url: \"http://localhost:9001\", credentials: { factory-1: { user: \"${H}\", password: \"${I}\", room: \"${J}\" } } }
  login: { kind: sso, region: hk, url: \"http://localhost:9004\" }
  idp: { kind: sso, region: hk, token_life: 10m, refresh_life: none, keys: { rotate: 1h, keep: 3 }, password: true }
  inspector: { kind: dlp, region: hk }
  bookings: { kind: erp, dedupe: key, applies: in_order, rate_limit: 20/s, region: hk, receipts: { ledger: { every: 1s } } }
  books: { kind: erp, region: hk, url: \"http://localhost:9002\", credentials: { factory-1: { webhook: \"${H}\", secret: \"${I}\" } } }
  statements: { kind: documents, region: hk, lock: required, on_conflict: last_writer_wins, syncs_with: ledgers, every: 10s }
  ledgers: { kind: documents, region: shenzhen, on_conflict: last_writer_wins }
  real: { kind: dingtalk, edition: lite, region: hk, url: \"http://localhost:9000\", credentials: { factory-1: { app_key: \"${F}\", app_secret: \"${G}\" } } }
  relay: { kind: gateway, region: hk, capability: chat, timeout: 1s, breaker: { failures: 3, pause: 5s }, dlp: inspector, when_dlp_fails: open, dlp_timeout: 500ms, audit: { every: 5s, from: shenzhen, keeps: 1000 }, rules: [{ class: orders, group: factory, to: [teams] }, { classes: [orders], groups: [factory], to: teams }, { to: teams }] }
  hub: { kind: gateway, region: hk, url: \"http://localhost:9003\", sso: idp, audit: { every: 5s, token: \"${K}\" } }
groups:
  purchasing: { count: 20, region: hk, via: { exit: singapore, kind: vpn } }
  factory: { count: 10, region: shenzhen }
journeys:
  order:
    from: purchasing
    to: { all: factory }
    send: chat
    rate: 2/s
    arrival: poisson
    deadline: 5s
    timeout: 2s
    bytes: 400B
    content: { violations: 5%, look_alikes: 5%, kinds: [hkid, phone] }
    class: orders
    routes: [{ endpoint: dingtalk, timeout: 1s }]
    expect: accepted
    retry: { times: 3, after: 1s, most: 10s }
    per_account: { in_flight: 2, connections: 1, think: 2s }
    detector: { window: 10s, hold_up: 5s, m_up: 10, down_ratio: 50% }
  rising: { from: factory, to: purchasing, rate: { ramp: { from: 1/s, to: 2/s, over: 5m } }, deadline: 5s, routes: [dingtalk] }
  stepped: { from: factory, to: purchasing, rate: { steps: [{ rate: 1/s, for: 5m }, { rate: 2/s }] }, deadline: 5s, routes: [dingtalk] }
  phased: { from: factory, to: purchasing, rate: { phases: { baseline: 1/s, trouble: { from: 1/s, to: 2/s } } }, deadline: 5s, routes: [dingtalk] }
  recorded: { from: factory, to: purchasing, rate: { recorded: { file: src/scenario/tests/counts.txt, every: 5m } }, deadline: 5s, routes: [dingtalk] }
  edit: { from: factory, send: edit, documents: [q3], lock: none, think: 1s, rate: 1/s, deadline: 5s, routes: [ledgers] }
  notice:
    from: factory
    to: purchasing
    rate: 2/s
    deadline: 5s
    routes: [dingtalk, teams, erp]
    failover: { by: journey, after: { failures: 5 }, decide: 1m, resend: none, resend_rate: 1/s, back: { good_for: 5m }, probe: { every: 10s, from: purchasing }, on: automatic }
phases: { warmup: 1m, baseline: 10m, trouble: { kind: fault, for: 20m }, recovery: 10m }
injects:
FAULTS
ways_in: { bot: { forward: \"127.0.0.1:0\", allow: [localhost], map: { api.dingtalk.com: dingtalk, b.example: \"127.0.0.1:9\" }, intercept: api.dingtalk.com, pass_through: login.dingtalk.com, limit: 5/s }, phone: { socks: \"127.0.0.1:0\" } }
claims: { quick: { value: 1.8s, op: \"<=\", kind: vendor_claim, source: them, verified: true, note: said so } }
boundaries:
  home: { classes: [orders], groups: [factory], within: [hk, dingtalk, teams, topic] }
  off: { class: orders, group: factory, never: shenzhen }
grace: 10s
targets:
  crossed: \"boundary_violations{boundary=home, when=flush} == 0\"
  quick: \"p95(delivery_latency) <= claim(quick)\"
  promises: { expr: \"lost == 0\", level: must, phases: [trouble] }
  rto: { expr: \"recovery_time <= 10m\", level: must, clock: injection, source: us, abort: { when: breached, after: 1m } }
  windows: { expr: \"availability >= 90%\", window: { length: 1m, every: 10s } }
  slices: { expr: \"availability >= 99%\", window: { rolling: 30d }, budgeting: { timeslices: { every: 30s, good: 90% } } }
  parts: { agg: ratio, metric: lost, labels: { journey: order, route: dingtalk }, op: \"<=\", value: 1% }
variants: { short: { set: { phases.warmup: 2s }, expect: fail, because: promises } }
";

/// Whatever can be injected.
fn docs() -> impl Iterator<Item = &'static Doc> {
    Fault::DOCS.iter().chain(Action::DOCS)
}

/// [`EVERYTHING`] with every fault.
pub(super) fn everything() -> Source {
    let shape = "ramp: 10s, waveform: { burst: { every: 30s, for: 5s } }";
    let shaped = format!("  a-shape: {{ during: trouble, {shape}, partition: {{}} }}");
    let waves = ["step: { every: 30s, steps: 4 }", "sine: { period: 1m, low: 20% }", "trace: [[0s, 10%], [10s, 100%]]"];
    let waves = waves.iter().enumerate().map(|(n, wave)| {
        format!("  wave-{n}: {{ at: 12m, for: 10m, waveform: {{ {wave} }}, partition: {{ regions: [hk] }} }}")
    });
    let bursts = "loss: { gilbert_elliott: { to_bad: 1%, to_good: 25% } }".to_owned();
    let examples = docs().map(|doc| doc.example.to_owned()).chain([bursts]);
    let faults = examples.enumerate().map(|(n, fault)| format!("  fault-{n}: {{ during: trouble, {fault} }}"));
    let lines: Vec<_> = faults.chain([shaped]).chain(waves).collect();
    source(&EVERYTHING.replace("FAULTS", &lines.join("\n")))
}

/// The keys of a part, or of a map within it.
fn table(part: &str, within: &[&str]) -> Vec<Param> {
    let part = PARTS.iter().find(|known| known.name == part).expect("a part");
    within.iter().fold(part.params.to_vec(), |params, key| {
        let param = params.iter().find(|param| param.name == *key).expect("a key");
        maps(&param.kind).expect("a map").to_vec()
    })
}

fn maps(kind: &ParamKind) -> Option<&'static [Param]> {
    match kind {
        ParamKind::Map(params) => Some(params),
        ParamKind::List(of) | ParamKind::Named(of) => maps(of),
        ParamKind::Any(kinds) => kinds.iter().find_map(maps),
        _ => None,
    }
}

/// The keys that the language's tables have for a map that is called so in messages.
fn documented(what: &str) -> BTreeSet<&'static str> {
    let names = |params: Vec<Param>| params.iter().map(|param| param.name).collect::<BTreeSet<_>>();
    let start = |prefix: &str| what.starts_with(prefix);
    if let Some(doc) = Action::DOCS.iter().find(|doc| what.starts_with(&format!("`{}` of inject", doc.name))) {
        return names(doc.params.to_vec());
    }
    if let Some(doc) = Fault::DOCS.iter().find(|doc| what.starts_with(&format!("`{}` of inject", doc.name))) {
        let plurals = Param::AIM.iter().filter_map(crate::scenario::schema::plural);
        return names([doc.params, Param::AIM].concat()).into_iter().chain(plurals).collect();
    }
    match what {
        "`do`" | "`undo`" => {
            let http = Action::DOCS.iter().find(|doc| doc.name == "http").expect("it is documented");
            let request = http.params.iter().find(|param| format!("`{}`", param.name) == what).expect("a request");
            names(maps(&request.kind).expect("a map").to_vec())
        }
        "the scenario" => names(table("scenario", &[])),
        "the guard" => names(table("guard", &[])),
        "`to`" => names(table("journey", &["to"])),
        "a route" => names(table("journey", &["routes"])),
        "`budgeting`" | "`abort`" => names(table("target", &[what.trim_matches('`')])),
        "`window`" => names(table("target", &["window"])),
        "a rolling window" => BTreeSet::from(["rolling"]),
        "`timeslices`" => names(table("target", &["budgeting", "timeslices"])),
        "`per_account`" | "`retry`" | "`content`" => names(table(what.trim_matches('`'), &[])),
        "the ramp" => names(table("rate", &["ramp"])),
        "a step" => names(table("rate", &["steps"])),
        "`recorded`" => names(table("rate", &["recorded"])),
        "`after`" | "`back`" | "`probe`" => names(table("failover", &[what.trim_matches('`')])),
        "`audit`" | "`breaker`" | "`send`" | "`success`" | "`connect`" | "`login`" | "`taken`" | "`refused`"
        | "`keys`" | "`sso`" => names(table("endpoint", &[what.trim_matches('`')])),
        "`receipts`" => names(table("endpoint", &["receipts"])),
        "`push`" | "`poll`" | "`ledger`" => names(table("endpoint", &["receipts", what.trim_matches('`')])),
        "a rule" => names(table("endpoint", &["rules"])),
        "the latency" => names(Param::DISTRIBUTIONS.to_vec()),
        "`waveform`" => names(table("inject", &["waveform"])),
        "`step`" | "`sine`" | "`burst`" => names(table("inject", &["waveform", what.trim_matches('`')])),
        "`gilbert_elliott`" => {
            let loss = Fault::DOCS.iter().find(|doc| doc.name == "loss").expect("it is documented");
            let bursts = loss.params.iter().find(|param| param.name == "gilbert_elliott").expect("a model");
            names(maps(&bursts.kind).expect("a map").to_vec())
        }
        "`score`" => {
            let fence = Fault::DOCS.iter().find(|doc| doc.name == "geo_fence").expect("it is documented");
            let score = fence.params.iter().find(|param| param.name == "score").expect("weights");
            names(maps(&score.kind).expect("a map").to_vec())
        }
        "`normal`" | "`lognormal`" | "`pareto`" => {
            let of = Param::DISTRIBUTIONS.iter().find(|param| format!("`{}`", param.name) == what);
            names(maps(&of.expect("a distribution").kind).expect("a map").to_vec())
        }
        _ if start("`via` of group") => names(table("group", &["via"])),
        _ if start("failover of") => names(table("failover", &[])),
        _ if start("the detector of") => names(table("detector", &[])),
        _ if start("way `") => names(table("drill-way", &[])),
        _ if start("inject `") => names(table("inject", &[])).into_iter().chain(docs().map(|doc| doc.name)).collect(),
        _ => names(table(what.split(' ').next().expect("a word"), &[])),
    }
}

#[test]
fn the_tables_have_the_keys_that_are_read() {
    let source = everything();
    let root = tree::read(&source).expect("it is YAML");
    let sources = [source];
    let mut cx = Cx::new(&sources);
    assert!(scenario::read(&mut cx, &root, None).is_some(), "{}", cx.found);
    // Of maps of one kind some are asked for fewer keys: the edition only of DingTalk's endpoints.
    let mut asked: BTreeMap<BTreeSet<&str>, (String, BTreeSet<&str>)> = BTreeMap::new();
    for (what, keys) in &cx.asked {
        let of = asked.entry(documented(what)).or_insert_with(|| (what.clone(), BTreeSet::new()));
        of.1.extend(keys);
    }
    for (documented, (what, asked)) in &asked {
        assert_eq!(documented, asked, "the keys of {what}: documented, and asked for");
    }
    // Every table was compared: 30 faults, 15 parts less the aim, and the maps within them.
    assert!(asked.len() >= 30 - 10 + 14 + 10, "{} kinds of map only", asked.len());
}

/// The tree as JSON, as editors read it.
fn as_json(node: &Node) -> Value {
    match &node.value {
        Word::Null => Value::Null,
        Word::Word(word) => match (word.parse::<u64>(), word.parse::<f64>(), word.as_str()) {
            (Ok(number), ..) => number.into(),
            (_, Ok(number), _) => number.into(),
            (.., "true") => true.into(),
            (.., "false") => false.into(),
            (.., text) => text.into(),
        },
        Word::List(items) => items.iter().map(as_json).collect(),
        Word::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), as_json(&entry.value))).collect(),
    }
}

/// What is wrong with a value by a schema, of which this reads what ours is made of.
fn wrong(root: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let complain = |why: String| vec![format!("{place}: {why}")];
    if let Some(name) = schema["$ref"].as_str() {
        return wrong(root, root.pointer(name.trim_start_matches('#')).expect("a definition"), value, place);
    }
    let mut found = Vec::new();
    let count = |schemas: &Value| {
        let of = schemas.as_array().expect("a list").iter();
        of.filter(|of| wrong(root, of, value, place).is_empty()).count()
    };
    for (key, rule) in schema.as_object().expect("a schema is a map") {
        let holds = match key.as_str() {
            "type" => match rule.as_array() {
                Some(kinds) => kinds.iter().any(|kind| is_a(kind, value)),
                None => is_a(rule, value),
            },
            "enum" => rule.as_array().expect("a list").contains(value),
            "pattern" => value.as_str().is_none_or(|text| matches_pattern(root, schema, text)),
            "minimum" => value.as_f64() >= rule.as_f64(),
            "maximum" => value.as_f64() <= rule.as_f64(),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().expect("a number")),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().expect("a number")),
            "required" => value.as_object().is_none_or(|map| {
                rule.as_array().expect("a list").iter().all(|key| map.contains_key(key.as_str().expect("a key")))
            }),
            "anyOf" => count(rule) > 0,
            "oneOf" => count(rule) == 1,
            "items" => {
                let items = value.as_array().into_iter().flatten();
                found.extend(items.flat_map(|item| wrong(root, rule, item, &format!("{place}[]"))));
                true
            }
            "prefixItems" => {
                let items = value.as_array().into_iter().flatten().zip(rule.as_array().expect("a list"));
                found.extend(items.flat_map(|(item, rule)| wrong(root, rule, item, &format!("{place}[]"))));
                true
            }
            "properties" => {
                for (key, rule) in rule.as_object().expect("a map") {
                    let own = value.get(key).map(|value| wrong(root, rule, value, &format!("{place}.{key}")));
                    found.extend(own.into_iter().flatten());
                }
                true
            }
            "additionalProperties" => {
                let others = value.as_object().into_iter().flatten();
                for (key, value) in others.filter(|(key, _)| schema["properties"].get(key).is_none()) {
                    let place = format!("{place}.{key}");
                    found.extend(match rule.as_bool() {
                        Some(_) => vec![format!("{place}: no such key")],
                        None => wrong(root, rule, value, &place),
                    });
                }
                true
            }
            "$schema" | "title" | "$defs" | "description" | "default" => true,
            other => panic!("{place}: the schema says `{other}`, which this test cannot read"),
        };
        if !holds {
            found.extend(complain(format!("{value} does not hold `{key}`: {rule}")));
        }
    }
    found
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("a word") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no type: {other}"),
    }
}

/// Figures are held to the parser instead of the pattern; [`patterns_say_what_is_read`] holds the patterns to it.
fn matches_pattern(root: &Value, schema: &Value, text: &str) -> bool {
    let is = |name: &str| root["$defs"][name] == *schema;
    match () {
        () if is("duration") => text.parse::<Span>().is_ok(),
        () if is("share") => text.parse::<Share>().is_ok(),
        () if is("size") => text.parse::<Size>().is_ok(),
        () if is("throughput") => text.parse::<Throughput>().is_ok(),
        () if is("rate") => text.parse::<Rate>().is_ok(),
        () => panic!("a pattern of its own: {schema}"),
    }
}

fn mistakes(source: &Source) -> Vec<String> {
    let root = tree::read(source).expect("YAML");
    let schema = schema();
    wrong(&schema, &schema, &as_json(&root), "")
}

#[test]
fn whatever_loads_is_valid() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let shipped = std::fs::read_dir(directory).expect("scenarios ship").map(|entry| entry.expect("an entry").path());
    let mut sources: Vec<_> = shipped.map(|path| read(&path).expect("readable")).collect();
    assert!(sources.len() >= 3);
    sources.extend(every_row().map(|(text, _)| small_with("partition: {}", text)));
    sources.extend([source(SMALL), everything()]);
    for source in sources {
        assert_eq!(mistakes(&source), [""; 0], "{}", source.text);
    }
}

#[test]
fn what_is_no_word_of_the_language_is_not_valid() {
    let mut refused = 0;
    for text in [BAD_PARAMETERS, BAD_AIMS, BAD_SHAPES].concat() {
        let told = told(text);
        if ["unknown-key", "unknown-word", "bad-figure", "wrong-kind", "conflict"]
            .iter()
            .any(|code| told.contains(code))
        {
            // That a trace runs forward is beyond a schema.
            let forward = told.contains("runs forward");
            assert_eq!(mistakes(&small_with("partition: {}", text)).is_empty(), forward, "{text}");
            refused += 1;
        }
    }
    assert!(refused > 40, "{refused} only");
    for (from, to) in [("firedrill: 1", "firedrill: 2"), ("rate: 2/s, ", ""), ("kind: teams", "kind: slack")] {
        assert!(!mistakes(&small_with(from, to)).is_empty(), "{to}");
    }
}

#[test]
fn the_schema_is_as_the_snapshot() {
    let schema = schema();
    let loss = json!({ "loss": schema["$defs"]["loss"], "inject": schema["$defs"]["inject"]["oneOf"] });
    insta::assert_snapshot!(serde_json::to_string_pretty(&loss).expect("JSON"));
}

fn figure(name: &str) -> impl Strategy<Value = String> + use<> {
    let schema = schema();
    let pattern = schema["$defs"][name]["pattern"].as_str().expect("a pattern");
    proptest::string::string_regex(pattern.trim_start_matches('^').trim_end_matches('$')).expect("a pattern")
}

/// Whatever a pattern allows is read, or is too large or too fine.
fn is_read<T: std::str::FromStr<Err = crate::units::ParseQuantityError>>(text: &str) -> bool {
    matches!(text.parse::<T>(), Ok(_) | Err(crate::units::ParseQuantityError::Range(..)))
}

proptest! {
    #[test]
    fn patterns_say_what_is_read(
        duration in figure("duration"),
        share in figure("share"),
        size in figure("size"),
        throughput in figure("throughput"),
        rate in figure("rate"),
    ) {
        prop_assert!(is_read::<Span>(&duration), "{}", duration);
        prop_assert!(is_read::<Share>(&share), "{}", share);
        prop_assert!(is_read::<Size>(&size), "{}", size);
        prop_assert!(is_read::<Throughput>(&throughput), "{}", throughput);
        // A span that is too large to be one makes a rate's unit unknown.
        let unit_is_too_large = |rate: &str| rate.split_once('/').is_some_and(|(_, per)| is_read::<Span>(per));
        prop_assert!(is_read::<Rate>(&rate) || unit_is_too_large(&rate), "{}", rate);
    }
}
