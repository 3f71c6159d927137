use super::exit::Exit;
use super::{Scenario, say};
use crate::draw::Seed;
use crate::plan::Plan;
use crate::scenario::{self, Diagnostics, Loaded, Options, Source};

/// Reads a scenario; everything that is wrong with it is said, and lints too.
pub(super) fn load(args: &Scenario, quiet: bool) -> Result<(Source, Loaded), Exit> {
    let source = scenario::read(&args.file).map_err(|found| refuse(&found))?;
    let options = Options { variant: args.variant.clone(), set: args.set.clone() };
    let loaded = scenario::load(&source, &options).map_err(|found| refuse(&found))?;
    if !quiet && !loaded.lints.is_empty() {
        say::line(&loaded.lints.to_string());
    }
    Ok((source, loaded))
}

/// The seed of a play: the command line's, else the scenario's, else 1.
pub(super) fn seed(asked: Option<u64>, plan: &Plan) -> Seed {
    asked.map(Seed).or(plan.seed).unwrap_or(Seed(1))
}

/// Says what is wrong; nothing was started.
fn refuse(found: &Diagnostics) -> Exit {
    say::line(&found.to_string());
    Exit::Usage
}
