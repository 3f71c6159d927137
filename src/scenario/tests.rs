use super::*;

fn shipped(name: &str) -> Source {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    read(&path).expect("a shipped scenario")
}

#[test]
fn shipped_scenarios_load() {
    for name in ["quickstart.yaml", "account-freeze.yaml", "network-cut.yaml"] {
        let checked = check_all(&shipped(name));
        println!("{name}\n{}", checked.diagnostics);
        for l in &checked.loaded {
            println!("{}", l.plan.canonical_json());
        }
    }
}
