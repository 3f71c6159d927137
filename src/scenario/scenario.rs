//! The whole scenario: from the tree to the plan.

use super::aim::Targets;
use super::cx::{Cx, short};
use super::diagnostic::Code;
use super::expr::Names;
use super::fields::Fields;
use super::guard;
use super::journeys::Around;
use super::node::{Mark, Node};
use super::table::{Table, check_name};
use super::variants::{self, Expected, Variant};
use super::{
    arms, audits, boundaries, checks, claims, credentials, endpoints, gateways, groups, injects, journeys, lints,
    meant, observing, phases, places, targets, zone,
};
use crate::draw::Seed;
use crate::plan::{
    Account, Boundary, Claim, DrillWay, Endpoint, Group, Inject, Journey, Link, Phase, Plan, Region, Selector, Target,
    Verdict, Zone,
};
use crate::units::Span;

/// Everything with a name, as far as it could be read.
pub(super) struct Parts<'n> {
    pub(super) regions: Table<'n, Region>,
    pub(super) links: Vec<Link>,
    pub(super) endpoints: Table<'n, Endpoint>,
    pub(super) groups: Table<'n, Group>,
    pub(super) accounts: Option<Vec<Account>>,
    pub(super) phases: Table<'n, Phase>,
    pub(super) journeys: Table<'n, Journey>,
    /// The control arms of some of them.
    pub(super) controls: Vec<Journey>,
    pub(super) injects: Table<'n, Inject>,
    pub(super) claims: Table<'n, Claim>,
    pub(super) boundaries: Table<'n, Boundary>,
    pub(super) targets: Table<'n, Target>,
    pub(super) ways_in: Table<'n, DrillWay>,
}

impl Parts<'_> {
    /// Whether a figure of these labels may be about the journey at a place of the table.
    pub(super) fn selects(&self, of: &Selector, journey: usize) -> bool {
        let classes = || Journey::classes(self.journeys.read().map(|(.., journey)| journey));
        let class = of.class.map(|class| classes().get(class.index()).copied());
        let is_of = || self.journeys.get(journey).and_then(|journey| journey.class.as_deref());
        of.journey.is_none_or(|of| of.index() == journey) && class.is_none_or(|class| class == is_of())
    }
}

/// What stands at the top of a scenario beside its parts.
struct Head {
    name: Option<String>,
    question: Option<String>,
    seed: Option<Seed>,
    zone: Option<Zone>,
    expect: Option<Expected>,
}

/// Reads the plan of `root`, to which the variant and every `--set` have been applied.
pub(super) fn read(cx: &mut Cx<'_>, root: &Node, variant: Option<&str>) -> Option<Plan> {
    let mut fields = Fields::of(cx, root, "the scenario", Mark::start_of(0))?;
    let head = head(cx, &mut fields);
    let guard = fields.entry("guard").map(|entry| guard::read(cx, entry));
    let guard_read = guard.as_ref().and_then(Option::as_ref);
    let phases_at = fields.entry("phases").map_or(root.at, |entry| entry.at);
    let targets_at = fields.entry("targets").map_or(root.at, |entry| entry.at);
    let parts = parts(cx, &mut fields, guard_read);
    let grace = grace(cx, &mut fields, &parts.journeys);
    let variants = variants::read(cx, fields.take("variants"));
    fields.not_yet(cx, &["runbook", "costs", "capabilities", "presets"]);
    meant::at_the_top(cx, &mut fields);
    fields.finish(cx);

    let drill = phases::total(&parts.phases);
    checks::links(cx, &parts);
    checks::carriers(cx, &parts);
    gateways::fit(cx, &parts);
    audits::links(cx, &parts);
    audits::promised(cx, &parts);
    checks::recipients(cx, &parts);
    checks::company(cx, &parts);
    arms::spared(cx, &parts);
    credentials::complete(cx, &parts);
    checks::bounds(cx, &parts, drill, phases_at);
    if let Some(guard) = guard_read {
        let journeys: Vec<_> = parts.journeys.read().map(|(.., journey)| journey).collect();
        guard.check(cx, drill, &journeys);
    }
    let expected = expected(&variants, variant, head.expect.as_ref());
    let expect = expected.as_ref().map(|expected| checks::expectation(cx, &parts, expected));
    lints::all(cx, &parts, drill);
    lints::no_must_target(cx, &parts, targets_at);
    let proven = if variant.is_none() { proven(&variants) } else { Vec::new() };
    lints::cannot_fail(cx, &parts, expected.as_ref(), &proven, drill);
    if cx.found.has_errors() {
        return None;
    }
    Some(Plan {
        name: head.name?,
        question: head.question,
        variant: variant.map(str::to_owned),
        expect,
        seed: head.seed,
        zone: head.zone?,
        calendar: None,
        regions: parts.regions.all()?,
        links: parts.links,
        endpoints: parts.endpoints.all()?,
        groups: parts.groups.all()?,
        accounts: parts.accounts?,
        journeys: [parts.journeys.all()?, parts.controls].concat(),
        phases: parts.phases.all()?,
        injects: parts.injects.all()?,
        grace: grace?,
        targets: parts.targets.all()?,
        boundaries: parts.boundaries.all()?,
        claims: parts.claims.all()?,
        guard: guard.flatten().map(|read| read.guard),
        runbook: None,
        ways_in: parts.ways_in.all()?,
    })
}

fn head(cx: &mut Cx<'_>, fields: &mut Fields<'_>) -> Head {
    if let Some(node) = fields.need(cx, "firedrill", "1") {
        let version = cx.word(node, "the version of the language");
        if let Some(version) = version.filter(|version| *version != "1") {
            let message = format!("this firedrill reads scenarios of version 1, not `{}`", short(version));
            cx.hinted::<()>(Code::OutOfRange, node.at, message, "write `firedrill: 1`".to_owned());
        }
    }
    let name = fields.need(cx, "name", "account-freeze").and_then(|node| scenario_name(cx, node));
    let question =
        fields.take("question").and_then(|node| cx.word(node, "the question")).map(|text| text.trim().to_owned());
    let seed = fields.take("seed").and_then(|node| cx.count(node, "the seed", 0, u64::MAX)).map(Seed);
    let zone = match fields.take("zone") {
        Some(node) => zone::read(cx, node),
        None => Some(Zone::default()),
    };
    let expect = variants::expectation(cx, fields);
    Head { name, question, seed, zone, expect }
}

/// A scenario's name is a directory's name too.
fn scenario_name(cx: &mut Cx<'_>, node: &Node) -> Option<String> {
    let name = cx.word(node, "the name")?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.starts_with('-') || !name.chars().all(fits) {
        let words = name.to_lowercase();
        let words: Vec<_> = words.split(|c| c == '-' || !fits(c)).filter(|word| !word.is_empty()).collect();
        let such = if words.is_empty() {
            "such as `account-freeze`".to_owned()
        } else {
            format!("`{}`", short(&words.join("-")))
        };
        let rule = "a scenario's name starts with a letter or digit, and has lower-case letters (a–z), digits and hyphens only";
        return cx.hinted(Code::BadName, node.at, rule, format!("write {such}"));
    }
    check_name(cx, name, node.at, "scenario")?;
    Some(name.to_owned())
}

/// Reads every part, those first that others refer to.
fn parts<'n>(cx: &mut Cx<'_>, fields: &mut Fields<'n>, guard: Option<&guard::Read>) -> Parts<'n> {
    let node = fields.need(cx, "regions", "{ hk: {}, shenzhen: {} }");
    let regions = places::regions(cx, node);
    let links = places::links(cx, fields.take("links"), &regions);
    let node = fields.need(cx, "endpoints", "{ teams: { kind: teams, region: singapore } }");
    let mut endpoints = endpoints::read(cx, node, &regions, guard.map(|read| &read.guard));
    let node = fields.need(cx, "groups", "{ office: { count: 20, region: hk } }");
    let groups = groups::read(cx, node, &regions);
    credentials::read(cx, &mut endpoints, &groups);
    let accounts = gateways::complete(cx, &mut endpoints, &groups, &regions);
    let node = fields.need(cx, "phases", "{ warmup: 1m, baseline: 10m, fault: 20m, recovery: 10m }");
    let phases = phases::read(cx, node);
    let shortest_phase = phases.read().map(|(.., phase)| phase.length).min().unwrap_or(Span::MAX);
    let around = Around { endpoints: &endpoints, groups: &groups, phases: &phases, shortest_phase };
    let node = fields.need(cx, "journeys", "{ order: { from: office, to: factory, … } }");
    let (journeys, controls) = journeys::read(cx, node, &around);
    let within = observing::Around { endpoints: &endpoints, guard: guard.map(|read| &read.guard) };
    let ways_in = observing::read(cx, fields.take("ways_in"), &within);
    let aimed = Targets {
        ways: &ways_in,
        regions: &regions,
        links: &links,
        endpoints: &endpoints,
        groups: &groups,
        routed: checks::routed(&journeys, &ways_in, &endpoints),
    };
    let within = injects::Around { phases: &phases, targets: &aimed, guard: guard.map(|read| &read.guard) };
    let injects = injects::read(cx, fields.take("injects"), &within);
    let claims = claims::read(cx, fields.take("claims"));
    let boundaries = boundaries::read(
        cx,
        fields.take("boundaries"),
        &boundaries::Around { regions: &regions, endpoints: &endpoints, groups: &groups, journeys: &journeys },
    );
    let mut names = Names {
        journeys: &journeys,
        endpoints: &endpoints,
        injects: &injects,
        claims: &claims,
        boundaries: &boundaries,
        ways: &ways_in,
        phases: &phases,
        classes: Journey::classes(journeys.read().map(|(.., journey)| journey))
            .into_iter()
            .map(str::to_owned)
            .collect(),
        hosts: hosts(&ways_in),
        targets: Vec::new(),
    };
    let targets = targets::read(cx, fields.take("targets"), &mut names);
    for (empty, what) in [(journeys.rows.is_empty(), "journey"), (phases.rows.is_empty(), "phase")] {
        // Where the whole key is missing, that was said already.
        if empty && !cx.found.has_errors() {
            cx.error::<()>(Code::Missing, fields.at, format!("a scenario has at least one {what}"));
        }
    }
    Parts {
        regions,
        links,
        endpoints,
        groups,
        accounts,
        phases,
        journeys,
        controls,
        injects,
        claims,
        boundaries,
        targets,
        ways_in,
    }
}

/// The hosts that ways in name, each once, in order.
fn hosts(ways: &Table<'_, DrillWay>) -> Vec<String> {
    let mut hosts: Vec<_> = ways.read().flat_map(|(.., way)| way.hosts.clone()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

/// How long receipts are awaited: by default three of the longest deadlines, and at least ten seconds.
fn grace(cx: &mut Cx<'_>, fields: &mut Fields<'_>, journeys: &Table<'_, Journey>) -> Option<Span> {
    if let Some(node) = fields.take("grace") {
        return cx.quantity(node, "the grace");
    }
    let longest = journeys.read().map(|(.., journey)| journey.deadline).max().unwrap_or_default();
    Some((longest * 3).max(Span::from_secs(10)))
}

/// What is expected of this play: the variant's own words, else the scenario's.
fn expected(variants: &Table<'_, Variant>, variant: Option<&str>, base: Option<&Expected>) -> Option<Expected> {
    let own =
        variant.and_then(|name| variants.get(variants.position(name)?)).and_then(|variant| variant.expect.clone());
    own.or_else(|| base.cloned())
}

/// The targets that some variant is expected to fail because of.
fn proven(variants: &Table<'_, Variant>) -> Vec<String> {
    let fails = variants.read().filter_map(|(.., variant)| variant.expect.as_ref());
    let because = fails.filter(|expected| expected.verdict == Verdict::Fail).flat_map(|expected| &expected.because);
    because.map(|(name, _)| name.clone()).collect()
}
