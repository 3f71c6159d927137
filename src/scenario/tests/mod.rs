mod aborts;
mod boundaries;
mod confidence;
mod content;
mod control;
mod credentials;
mod documents;
mod expressions;
mod faults;
mod frames;
mod gateways;
mod hostile;
mod identity;
mod inspections;
mod labels;
mod meant;
mod mistakes;
mod named;
mod outside;
mod overrides;
mod promises;
mod rates;
mod schema;
mod services;
mod shipped;
mod ways;
mod words;

use super::*;

/// The smallest scenario that can be played, to which tests add.
const SMALL: &str = "\
firedrill: 1
name: small
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints:
  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen }
  teams: { kind: teams, region: hk }
groups:
  purchasing: { count: 20, region: hk }
  factory: { count: 10, region: shenzhen }
journeys:
  order: { from: purchasing, to: factory, rate: 2/s, deadline: 5s, routes: [dingtalk, teams] }
phases: { warmup: 1m, baseline: 10m, fault: 20m, recovery: 10m }
injects:
  trouble: { during: fault, partition: {} }
";

fn source(text: &str) -> Source {
    Source { name: "drill.yaml".into(), text: text.into() }
}

/// [`SMALL`] with one text replaced by another.
fn small_with(from: &str, to: &str) -> Source {
    assert!(SMALL.contains(from), "{from} is not in the small scenario");
    source(&SMALL.replacen(from, to, 1))
}

fn small_and(more: &str) -> Source {
    source(&format!("{SMALL}{more}"))
}

fn plan(source: &Source) -> Plan {
    match load(source, &Options::default()) {
        Ok(loaded) => loaded.plan,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

/// What was found in [`SMALL`] with this in place of `partition: {}`, with the hints.
fn told(inject: &str) -> String {
    let source = small_with("partition: {}", inject);
    let found = match load(&source, &Options::default()) {
        Ok(loaded) => loaded.lints,
        Err(diagnostics) => diagnostics,
    };
    let hint = |one: &Diagnostic| one.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    let line = |one: &Diagnostic| format!("  {} {}: {}{}", one.code.name(), one.column, one.message, hint(one));
    let lines: Vec<_> = found.iter().filter(|one| one.code != Code::NoMustTarget).map(line).collect();
    format!("{inject}\n{}\n", lines.join("\n"))
}

/// What was found, one line each: `unknown-key 3:5 message`.
fn found(source: &Source) -> Vec<String> {
    let found = match load(source, &Options::default()) {
        Ok(loaded) => loaded.lints,
        Err(diagnostics) => diagnostics,
    };
    let line = |one: &Diagnostic| format!("{} {}:{} {}", one.code.name(), one.line, one.column, one.message);
    // The small scenario has no targets; a test of its own says so.
    found.iter().filter(|one| one.code != Code::NoMustTarget).map(line).collect()
}

/// The one mistake of a scenario.
fn mistake(source: &Source) -> String {
    let found = found(source);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.into_iter().next().unwrap_or_default()
}

/// The code of the one mistake of a scenario.
fn code(source: &Source) -> String {
    mistake(source).split(' ').next().unwrap_or_default().to_owned()
}
