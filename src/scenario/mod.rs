//! YAML in, [`Plan`] out: every mistake at once, each with its place and, where there is one, a hint.
//!
//! The text is read into a tree of words, lists and maps that know their places (`yaml`, `node`); the variant and every `--set` are
//! applied to that tree (`overrides`); then hand-written readers walk it (`scenario` and the parts it names). After [`load`] no later
//! module may find fault with a scenario.

mod actions;
mod again;
mod aim;
mod arms;
mod audits;
mod boundaries;
mod checks;
mod claims;
mod content;
mod credentials;
mod cx;
mod delay;
mod diagnostic;
mod documents;
mod endpoints;
mod expr;
mod failover;
mod faults;
mod fields;
mod gateways;
mod groups;
mod guard;
mod injects;
mod inspections;
mod journeys;
mod language;
mod lints;
mod loose;
mod meant;
mod node;
mod observing;
mod open;
mod overrides;
mod params;
mod people;
mod phases;
mod places;
mod promises;
mod rate;
mod reach;
mod receipts;
mod recorded;
mod render;
#[expect(clippy::module_inception, reason = "the reader of the whole, among the readers of its parts")]
mod scenario;
mod schema;
mod secrets;
mod service;
mod shape;
mod source;
mod spell;
mod sso;
mod syntax;
mod table;
mod targets;
mod tree;
mod twin;
mod variants;
mod ways;
mod wire;
mod yaml;
mod zone;

#[cfg(test)]
mod tests;

pub use again::targets;
pub use diagnostic::{Code, Diagnostic, Diagnostics, Severity};
pub use language::{PARTS, Part};
pub use loose::{Loose, Outside, Proxy, Surroundings, fault, outside};
pub use people::{Circle, People, Person, ToldBy};
pub use schema::schema;
pub use source::{Source, read};
pub use spell::nearest;
pub use twin::{TwinApp, TwinConfig, TwinSso, twin};

use crate::plan::Plan;
use cx::Cx;
use node::Node;

/// What the command line changes in a scenario.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The variant to play.
    pub variant: Option<String>,
    /// `KEY=VALUE`: a dotted path into the scenario and a YAML scalar; an empty value removes the key. Applied after the variant.
    pub set: Vec<String>,
}

/// A scenario that can be played.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The plan.
    pub plan: Plan,
    /// What is allowed and probably not meant.
    pub lints: Diagnostics,
    /// The names of the scenario's variants.
    pub variants: Vec<String>,
}

/// Everything that [`check_all`] found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The plans that could be made: of the scenario itself, then of each variant.
    pub loaded: Vec<Loaded>,
    /// Every error and lint, each once, in the order of the file.
    pub diagnostics: Diagnostics,
}

/// Reads a scenario, with a variant and overrides if they are asked for.
pub fn load(source: &Source, options: &Options) -> Result<Loaded, Diagnostics> {
    let set = options.set.iter().map(|text| Source { name: "--set".to_owned(), text: text.clone() });
    let sources: Vec<_> = std::iter::once(source.clone()).chain(set).collect();
    let root = tree::read(source)?;
    load_tree(&sources, root, options.variant.as_deref())
}

/// Reads a scenario and each of its variants.
pub fn check_all(source: &Source) -> Checked {
    let mut checked = Checked { loaded: Vec::new(), diagnostics: Diagnostics::default() };
    let root = match tree::read(source) {
        Ok(root) => root,
        Err(diagnostics) => return Checked { diagnostics, ..checked },
    };
    let sources = std::slice::from_ref(source);
    let variants = tree::variant_names(&root);
    for variant in std::iter::once(None).chain(variants.iter().map(|name| Some(name.as_str()))) {
        match load_tree(sources, root.clone(), variant) {
            Ok(loaded) => {
                checked.diagnostics.extend(loaded.lints.clone());
                checked.loaded.push(loaded);
            }
            Err(diagnostics) => checked.diagnostics.extend(diagnostics),
        }
    }
    checked.diagnostics = checked.diagnostics.sorted();
    checked
}

/// `sources` are the file and each `--set`.
fn load_tree(sources: &[Source], mut root: Node, variant: Option<&str>) -> Result<Loaded, Diagnostics> {
    let mut cx = Cx::new(sources);
    let variants = tree::variant_names(&root);
    if let Some(name) = variant {
        tree::apply_variant(&mut cx, &mut root, name);
    }
    for (number, argument) in (1_u16..).zip(&sources[1..]) {
        overrides::apply_argument(&mut cx, &mut root, &argument.text, number);
    }
    let plan = scenario::read(&mut cx, &root, variant);
    let found = cx.found.of_variant(variant).sorted();
    match plan {
        Some(plan) if !found.has_errors() => Ok(Loaded { plan, lints: found, variants }),
        _ => Err(found.errors_only()),
    }
}
