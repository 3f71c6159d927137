use std::path::{Path, PathBuf};

use super::*;
use crate::plan::{Detector, Fault, Receipts, Verdict};
use crate::units::{Moment, Span};

fn shipped() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = std::fs::read_dir(directory).expect("scenarios ship");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn by_name(name: &str) -> Source {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    read(&path).expect("a shipped scenario")
}

#[test]
fn every_shipped_scenario_and_variant_loads() {
    for path in shipped() {
        let source = read(&path).expect("readable");
        let checked = check_all(&source);
        assert!(!checked.diagnostics.has_errors(), "{}", checked.diagnostics);
        let base = &checked.loaded[0];
        assert!(base.lints.is_empty(), "{}", base.lints);
        assert_eq!(path.file_stem().and_then(|stem| stem.to_str()), Some(base.plan.name.as_str()));
        assert_eq!(checked.loaded.len(), base.variants.len() + 1);
        for loaded in &checked.loaded {
            assert!(loaded.plan.expect.is_some(), "{}: what is expected?", base.plan.name);
            assert!(loaded.plan.question.is_some());
        }
        let short = checked.loaded.iter().find(|loaded| loaded.plan.variant.as_deref() == Some("short"));
        let short = &short.expect("a short variant").plan;
        assert!(short.end().since(Moment::ZERO) + short.grace <= Span::from_secs(30), "{}", short.name);
    }
}

/// A platform that is asked every few seconds for days bans whoever asks.
#[test]
fn no_shipped_drill_of_more_than_a_minute_asks_more_often_than_every_30_s() {
    let mut asks = 0;
    for path in shipped() {
        for loaded in check_all(&read(&path).expect("readable")).loaded {
            for endpoint in &loaded.plan.endpoints {
                let Receipts::ReadStatus { every } = endpoint.receipts else { continue };
                let long = loaded.plan.end().since(Moment::ZERO) > Span::from_secs(60);
                assert!(!long || every >= Span::from_secs(30), "{} {every}", loaded.plan.name);
                asks += 1;
            }
        }
    }
    assert!(asks > 0, "one at least shows how");
}

#[test]
fn a_plan_is_the_same_after_a_round_trip() {
    for path in shipped() {
        for loaded in check_all(&read(&path).expect("readable")).loaded {
            let json = loaded.plan.canonical_json();
            let back: Plan = serde_json::from_str(&json).expect("a plan");
            assert_eq!(back, loaded.plan);
        }
    }
}

#[test]
fn the_account_freeze_is_what_it_says() {
    let plan = plan(&by_name("account-freeze.yaml"));
    assert_eq!(plan.end(), Moment::ZERO + Span::from_secs(7_260));
    assert_eq!(plan.accounts.len(), 50);
    assert_eq!(plan.accounts[0].address.to_string(), "127.10.0.1");
    assert_eq!(plan.accounts[20].address.to_string(), "127.20.0.1");
    let freeze = &plan.injects[0];
    assert_eq!(
        (freeze.start, freeze.end),
        (Moment::ZERO + Span::from_secs(660), Moment::ZERO + Span::from_secs(6_660))
    );
    assert!(matches!(freeze.fault, Fault::AccountFreeze { .. }));
    let order = &plan.journeys[0];
    assert_eq!(order.slots, 20, "2/s × 5 s × 1.25 is 13, and each account has one");
    assert_eq!(order.detector, Detector::derive(Span::from_millis(500), Span::from_secs(60)));
    assert_eq!(order.failover.as_ref().map(|failover| failover.resend_rate), "20/s".parse().ok());
    assert!(plan.targets[1].steady_state && !plan.targets[0].steady_state);
    assert_eq!(plan.targets[0].phases.len(), 3, "all but warm-up");
}

/// Who meets and how many heads that is: one more than are called.
#[test]
fn the_fence_locks_the_call_of_eight_heads() {
    let plan = plan(&by_name("geo-fence-vpn.yaml"));
    let heads = |name: &str| {
        let journey = plan.journeys.iter().find(|journey| journey.name == name).expect("a journey");
        plan.groups[journey.recipients().index()].count + 1
    };
    assert_eq!((heads("small-call"), heads("large-call")), (7, 8));
    let Fault::VpnDetection(fence) = &plan.injects[0].fault else { panic!("{:?}", plan.injects[0].fault) };
    assert_eq!(fence.lock_at, 8);
    let signs = fence.suspicion.as_ref().expect("signs");
    // A VPN and a long way make suspect together, and neither alone.
    let (network, rtt) = (signs.score.network, signs.score.rtt);
    assert!(network.max(rtt) < signs.threshold && signs.threshold <= network + rtt);
}

#[test]
fn nobody_decides_fails_because_of_two_targets() {
    for name in ["account-freeze.yaml", "network-cut.yaml"] {
        let options = Options { variant: Some("nobody-decides".into()), set: Vec::new() };
        let loaded = load(&by_name(name), &options).expect("the variant loads");
        let expect = loaded.plan.expect.expect("an expectation");
        assert_eq!((expect.verdict, expect.because), (Verdict::Fail, vec!["rto".to_owned(), "all-arrived".to_owned()]));
        let codes: Vec<_> = loaded.lints.iter().map(|lint| lint.code).collect();
        assert_eq!(codes, [Code::NobodyDecides]);
    }
}
