//! What will be hit, when, for how long, and who is in the blast radius.

mod endpoints;
mod place;
mod ways;
mod words;

use std::fmt::Write;

use super::exit::Exit;
use super::{Preview, load, say};
use crate::draw::Seed;
use crate::plan::{Budgeting, Course, Direction, Inject, Journey, Pace, Per, Phase, Plan, Recipients, Target, Window};
use crate::units::{InjectId, Moment, RegionId, Share, Span, plural, six_digits, thousands};

/// Prints a plan for a person.
pub(super) fn preview(args: &Preview) -> Exit {
    let (_, loaded) = match load::load(&args.scenario, false) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let plan = loaded.plan;
    let seed = load::seed(args.seed, &plan);
    say::data(text(&plan, seed).as_bytes());
    Exit::Done
}

fn text(plan: &Plan, seed: Seed) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_head(&mut out, plan);
    let _ = write_phases(&mut out, plan, seed);
    let _ = write_journeys(&mut out, plan);
    let _ = ways::write(&mut out, plan);
    let _ = endpoints::write(&mut out, plan, |name| std::env::var_os(name).is_some());
    let _ = write_targets(&mut out, plan);
    let _ = write_room(&mut out, plan);
    out
}

fn write_head(out: &mut String, plan: &Plan) -> std::fmt::Result {
    let variant = plan.variant.as_ref().map(|variant| format!(" ({variant})")).unwrap_or_default();
    writeln!(out, "{}{variant}, {} long", plan.name, Span::from_nanos(plan.end().nanos()))?;
    if let Some(question) = &plan.question {
        writeln!(out, "{question}")?;
    }
    Ok(())
}

fn write_phases(out: &mut String, plan: &Plan, seed: Seed) -> std::fmt::Result {
    writeln!(out, "\nWhat happens when")?;
    for phase in &plan.phases {
        writeln!(out, "  {:>10}  {} ({})", phase.start.to_string(), phase.name, phase.length)?;
        for (id, inject) in plan.inject_ids().filter(|(_, inject)| (phase.start..phase.end()).contains(&inject.start)) {
            let length = inject.end.since(inject.start);
            writeln!(
                out,
                "  {:>10}    {}: {} for {length}",
                inject.start.to_string(),
                inject.name,
                inject.fault.name()
            )?;
            if inject.fault.action().is_none() {
                writeln!(out, "  {:>10}      hits {}", "", radius(plan, seed, id, inject))?;
            } else if inject.takes_away() {
                writeln!(out, "  {:>10}      takes away {}", "", radius(plan, seed, id, inject))?;
            }
            for line in words::lines(plan, inject) {
                writeln!(out, "  {:>10}      {line}", "")?;
            }
        }
    }
    Ok(())
}

/// Who and what an inject is aimed at, in words.
fn radius(plan: &Plan, seed: Seed, id: InjectId, inject: &Inject) -> String {
    let aim = &inject.aim;
    let region = |region: RegionId| plan.regions[region.index()].name.as_str();
    let list = |names: Vec<&str>| names.join(", ");
    let counted = |accounts: usize| thousands(accounts as u64);
    // Who is aimed at by no account is hit wherever the fault is met.
    let others = !plan.ways_in.is_empty() && aim.group.is_none() && aim.ways.is_empty() && aim.users.is_empty();
    let accounts = match plan.aimed(seed, id) {
        None if !aim.ways.is_empty() || !aim.users.is_empty() => "programs that are not ours".to_owned(),
        None => "every account".to_owned(),
        Some(accounts) if aim.group.is_none() => {
            let spared = counted(plan.accounts.len() - accounts.len());
            format!("every account but the {spared} of the control arm")
        }
        Some(accounts) if aim.share == Share::ALL && accounts.len() < members(plan, inject) => {
            format!(
                "the {} accounts of {} that are not of the control arm",
                counted(accounts.len()),
                group(plan, inject)
            )
        }
        Some(accounts) if aim.share == Share::ALL => {
            format!("all {} accounts of {}", counted(accounts.len()), group(plan, inject))
        }
        Some(accounts) => {
            let names: Vec<_> = accounts.iter().map(|account| plan.account_name(*account)).collect();
            format!("{} of {} ({}): {}", counted(accounts.len()), group(plan, inject), aim.share, names.join(", "))
        }
    };
    let mut words = vec![if others { format!("{accounts}, and programs that are not ours") } else { accounts }];
    if !aim.regions.is_empty() {
        words.push(format!("from {}", list(aim.regions.iter().map(|id| region(*id)).collect())));
    }
    if !aim.endpoints.is_empty() {
        words.push(format!(
            "at {}",
            list(aim.endpoints.iter().map(|id| plan.endpoints[id.index()].name.as_str()).collect())
        ));
    }
    if !aim.ways.is_empty() {
        let ways = aim.ways.iter().map(|id| plan.ways_in[id.index()].way.name.as_str());
        words.push(format!("by {}", list(ways.collect())));
    }
    if !aim.users.is_empty() {
        words.push(format!("as proxy user {}", list(aim.users.iter().map(String::as_str).collect())));
    }
    words.extend(aim.links.iter().map(|(a, b)| format!("across {}-{}", region(*a), region(*b))));
    if !aim.capabilities.is_empty() {
        words.push(format!("for {}", list(aim.capabilities.iter().map(|capability| capability.name()).collect())));
    }
    match aim.direction {
        Direction::Both => {}
        Direction::ToEndpoint => words.push("on the way to the endpoint".into()),
        Direction::FromEndpoint => words.push("on the way from the endpoint".into()),
    }
    if aim.chance != Share::ALL {
        let per = if aim.per == Per::Connection { " a connection" } else { "" };
        words.push(format!("with a chance of {}{per}", aim.chance));
    }
    words.join(", ")
}

fn members(plan: &Plan, inject: &Inject) -> usize {
    inject.aim.group.map_or(0, |group| plan.groups[group.index()].count as usize)
}

fn group<'a>(plan: &'a Plan, inject: &Inject) -> &'a str {
    inject.aim.group.map_or("", |group| plan.groups[group.index()].name.as_str())
}

fn write_journeys(out: &mut String, plan: &Plan) -> std::fmt::Result {
    writeln!(out, "\nWhat is sent")?;
    for journey in &plan.journeys {
        let planned = journey.planned(plan.end().since(Moment::ZERO));
        let from = &plan.groups[journey.from.index()];
        let to = &plan.groups[journey.recipients().index()];
        let each = if matches!(journey.to, Recipients::All(_)) { "all of" } else { "one of" };
        let routes: Vec<_> =
            journey.routes.iter().map(|route| plan.endpoints[route.endpoint.index()].name.as_str()).collect();
        let planned = plural(planned, "message", "messages");
        writeln!(out, "  {}: {planned}, {} a piece, at {}", journey.name, journey.bytes, journey.rate)?;
        if !matches!(journey.rate, Pace::Steady(_)) {
            write_pace(out, plan, journey)?;
        }
        let senders = plural(plan.senders(journey).count().into(), "account", "accounts");
        let recipients = thousands(plan.recipients(journey).count().into());
        writeln!(out, "    from {senders} of {} to {each} {recipients} of {}", from.name, to.name)?;
        if let Some(of) = journey.control_of {
            let of = &plan.journeys[of.index()].name;
            writeln!(out, "    the control arm of {of}: no inject hits it, and it stays on its route")?;
        }
        writeln!(out, "    by {}, within {}", routes.join(", then "), journey.deadline)?;
        if let Some(failover) = &journey.failover {
            writeln!(out, "    {}", words::failover(plan, failover))?;
        }
    }
    for (gateway, audit) in plan.audits() {
        let (region, gateway) = (&plan.regions[audit.from.index()].name, &plan.endpoints[gateway.index()].name);
        writeln!(out, "  an auditor in {region} reads the trail of {gateway} every {}", audit.every)?;
    }
    Ok(())
}

/// How many messages of a rate that changes are due in each phase.
fn write_pace(out: &mut String, plan: &Plan, journey: &Journey) -> std::fmt::Result {
    let course = Course::of(&journey.rate);
    let due = |phase: &Phase| course.count_before(phase.end()) - course.count_before(phase.start);
    let each: Vec<_> = plan.phases.iter().map(|phase| format!("{} in {}", thousands(due(phase)), phase.name)).collect();
    let (drill, second) = (plan.end().since(Moment::ZERO), Span::from_secs(1));
    let most = six_digits(journey.rate.peak(drill, second));
    writeln!(out, "    {}; up to {most} in a second", each.join(", "))
}

fn write_targets(out: &mut String, plan: &Plan) -> std::fmt::Result {
    writeln!(out, "\nWhat was promised")?;
    for target in &plan.targets {
        let phases: Vec<_> = target.phases.iter().map(|id| plan.phases[id.index()].name.as_str()).collect();
        let level = format!("{:?}", target.level).to_lowercase();
        let judged = match target.judged_by() {
            "point" => String::new(),
            bound => format!(", by {bound}"),
        };
        let (phases, meant) = (phases.join(", "), meant(target));
        writeln!(out, "  {level:6} {}: {} in {phases}{meant}{judged}", target.name, target.text)?;
        let whose = crate::report::whose(plan, target);
        if !whose.is_empty() {
            writeln!(out, "         {}: {}", target.expr.bound, whose.join("; "))?;
        }
        if let Some(abort) = target.abort {
            let after =
                if abort.after.is_zero() { String::new() } else { format!(" {} after they began", abort.after) };
            writeln!(out, "         ends the drill as soon as it cannot be kept any more{after}")?;
        }
    }
    Ok(())
}

/// What a target's keys say of its figure, each behind a comma.
fn meant(target: &Target) -> String {
    let mut words = Vec::new();
    words.extend(target.window.map(|window| match window {
        Window::Drill => "over the drill".to_owned(),
        period => format!("of a {}", period.name()),
    }));
    words.extend(target.budgeting.map(|budgeting| match budgeting {
        Budgeting::Occurrences => "by messages".to_owned(),
        Budgeting::Timeslices { every, good } => format!("by slices of {every} with {good} good"),
    }));
    if !target.clock.is_default() {
        words.push(format!("from the {}", target.clock.name()));
    }
    words.extend(target.sliding.map(|sliding| format!("in every {}", sliding.length)));
    if target.min_samples > 0 {
        words.push(format!("of at least {} samples", thousands(target.min_samples)));
    }
    words.into_iter().flat_map(|word| [", ".to_owned(), word]).collect()
}

/// The disk that a play may need; `run` and `rehearse` refuse to begin where there is less.
fn write_room(out: &mut String, plan: &Plan) -> std::fmt::Result {
    let bytes = crate::journal::estimate_bytes(plan);
    // Rounded up, in the unit in which disks are counted.
    let (size, unit) = [(1_000_000_000, "GB"), (1_000_000, "MB")]
        .into_iter()
        .find(|(size, _)| bytes >= 10 * size)
        .unwrap_or((1_000, "kB"));
    writeln!(out, "\nWhat is written\n  a journal of at most {} {unit}", thousands(bytes.div_ceil(size)))
}
