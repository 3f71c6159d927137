//! What came into the lock file. `cargo deny check` says more, and is not needed for this.

use std::fs;

use super::no_complaints;
use super::source::root;

/// The only place that packages come from, as the lock file writes it.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// The packages that `deny.toml` refuses, each with the first version that is welcome, if there is one.
fn refused(deny: &str) -> Vec<(&str, Option<u32>)> {
    let specs = deny.lines().filter_map(|line| line.trim().strip_prefix("{ crate = \"")?.split('"').next());
    let read = |spec| match str::split_once(spec, ":<") {
        Some((name, version)) => (name, version.parse().ok()),
        None => (spec, None),
    };
    specs.map(read).collect()
}

/// The value of a line `key = "value"` of a package of the lock file.
fn value<'t>(package: &'t str, key: &str) -> Option<&'t str> {
    let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
    line.strip_suffix('"')
}

fn complaints(lock: &str, deny: &str) -> Vec<String> {
    let refused = refused(deny);
    let complain = |package: &str| {
        let (name, version) = (value(package, "name")?, value(package, "version")?);
        let major: u32 = version.split('.').next()?.parse().ok()?;
        if refused.iter().any(|(no, below)| *no == name && below.is_none_or(|below| major < below)) {
            return Some(format!("Cargo.lock: {name} {version} is refused by deny.toml, which says why"));
        }
        let elsewhere = value(package, "source").is_some_and(|source| source != REGISTRY);
        elsewhere.then(|| format!("Cargo.lock: {name} {version} does not come from crates.io"))
    };
    lock.split("[[package]]").filter_map(complain).collect()
}

#[test]
fn nothing_refused_came_in() {
    let read = |name: &str| fs::read_to_string(root().join(name)).expect("a readable file");
    let deny = read("deny.toml");
    assert!(refused(&deny).len() >= 9, "deny.toml is written in another way than this test reads");
    no_complaints(&complaints(&read("Cargo.lock"), &deny));
}

#[test]
fn what_is_refused_is_found() {
    let deny = "deny = [\n    { crate = \"hyper:<1\", reason = \"\" },\n    { crate = \"serde_yml\" },\n]";
    let package = |name: &str, version: &str, from: &str| {
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"{from}\"\n")
    };
    let found = |name, version, from| complaints(&package(name, version, from), deny).len();
    assert_eq!(found("hyper", "0.14.32", REGISTRY), 1);
    assert_eq!(found("hyper", "1.12.0", REGISTRY), 0);
    assert_eq!(found("serde_yml", "0.0.13", REGISTRY), 1);
    assert_eq!(found("serde", "1.0.0", "git+https://example.org/serde"), 1);
}
