//! Other targets for a recorded run: a file with `targets:` alone, whose names are those of the run's plan.

use super::cx::Cx;
use super::expr::Names;
use super::fields::Fields;
use super::node::{Mark, Node};
use super::table::{Row, Table};
use super::{Diagnostics, Source, targets as parts, tree};
use crate::plan::{Plan, Target};

/// Reads the `targets:` of a file against a plan that was played. What else the file holds is not looked at, so a whole scenario will do.
pub fn targets(source: &Source, plan: &Plan) -> Result<Vec<Target>, Diagnostics> {
    let root = tree::read(source)?;
    let sources = std::slice::from_ref(source);
    let mut cx = Cx::new(sources);
    let read = read(&mut cx, &root, plan);
    let found = cx.found.sorted();
    match read {
        Some(targets) if !found.has_errors() => Ok(targets),
        _ => Err(found),
    }
}

fn read(cx: &mut Cx<'_>, root: &Node, plan: &Plan) -> Option<Vec<Target>> {
    let mut fields = Fields::of(cx, root, "the file of targets", Mark::start_of(0))?;
    let node = fields.need(cx, "targets", "{ rto: \"recovery_time <= 2h\" }")?;
    let journeys = known("journey", root, &plan.journeys, |journey| &journey.name);
    let endpoints = known("endpoint", root, &plan.endpoints, |endpoint| &endpoint.name);
    let injects = known("inject", root, &plan.injects, |inject| &inject.name);
    let claims = known("claim", root, &plan.claims, |claim| &claim.name);
    let boundaries = known("boundary", root, &plan.boundaries, |boundary| &boundary.name);
    let phases = known("phase", root, &plan.phases, |phase| &phase.name);
    let ways = known("way", root, &plan.ways_in, |one| &one.way.name);
    let hosts = plan.hosts().into_iter().map(str::to_owned).collect();
    let classes = plan.classes().into_iter().map(str::to_owned).collect();
    let mut names = Names {
        journeys: &journeys,
        endpoints: &endpoints,
        injects: &injects,
        claims: &claims,
        boundaries: &boundaries,
        ways: &ways,
        phases: &phases,
        classes,
        hosts,
        targets: Vec::new(),
    };
    parts::read(cx, Some(node), &mut names).all()
}

/// The parts of a plan as a table. Their places are not in the file; nothing is said of them.
fn known<'n, T: Clone>(what: &'static str, root: &'n Node, parts: &[T], name: impl Fn(&T) -> &String) -> Table<'n, T> {
    let row = |part: &T| Row { name: name(part).clone(), at: root.at, node: root, value: Some(part.clone()) };
    Table { what, rows: parts.iter().map(row).collect() }
}
