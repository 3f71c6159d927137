use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::draw::Seed;
use crate::plan::{
    Aim, BlockAction, Capability, Delay, Deprovision, Fence, FreezeMode, Inject, Pick, Shape, SniBlock, Trail,
};
use crate::units::{AccountId, EndpointId, InjectId, Moment, RegionId};
use crate::vendor::Refusal;

fn armed(fault: Fault, aim: Aim, accounts: Option<Vec<AccountId>>) -> Armed {
    let (shape, pick) = (Shape::default(), Pick::default());
    let inject =
        Inject { name: "x".into(), fault, aim, shape, pick, start: Moment::ZERO, end: Moment::MAX, during: None };
    Armed::new(inject, InjectId(0), accounts, Seed(1), Moment::ZERO)
}

fn facts(way: &[(RegionId, RegionId)]) -> Facts<'_> {
    Facts {
        address: IpAddr::from([127, 10, 0, 1]),
        region: Some(RegionId(0)),
        way,
        endpoint: EndpointId(0),
        account: Some(AccountId(3)),
        capability: Some(Capability::Chat),
        trail: Trail::default(),
        issued: None,
        asks: false,
        heads: None,
        server: None,
        names: &[],
        came: None,
    }
}

fn unit(stage: Stage, number: u64) -> Unit {
    Unit { stage, number, at: Moment::ZERO }
}

fn percent(percent: u32) -> Share {
    Share::from_millionths(percent * 10_000).expect("a share")
}

#[test]
fn an_aim_is_an_and_of_its_conditions() {
    let way = [(RegionId(0), RegionId(1))];
    let hit = |aim: Aim| {
        let fault = armed(Fault::Latency(Latency::constant(Span::from_millis(1))), aim, None);
        decide(&fault, &mut Past::default(), &facts(&way), 0, unit(Stage::Request, 0)).is_some()
    };
    let all = Aim::everyone();
    assert!(hit(all.clone()));
    assert!(hit(Aim { regions: vec![RegionId(0)], endpoints: vec![EndpointId(0)], ..all.clone() }));
    assert!(!hit(Aim { regions: vec![RegionId(0)], endpoints: vec![EndpointId(1)], ..all.clone() }));
    assert!(hit(Aim { links: vec![(RegionId(1), RegionId(0))], ..all.clone() }));
    assert!(!hit(Aim { links: vec![(RegionId(1), RegionId(2))], ..all.clone() }));
    assert!(!hit(Aim { direction: Direction::FromEndpoint, ..all.clone() }));
    assert!(!hit(Aim { capabilities: vec![Capability::Login], ..all }));
}

#[test]
fn how_to_sign_in_is_told_to_whoever_may_not() {
    let fence = Fence { suspicion: None, actions: std::collections::BTreeMap::new(), slow_by: Span::ZERO, lock_at: 8 };
    let faults =
        [Fault::GeoFence(fence.clone()), Fault::VpnDetection(fence), Fault::AccountFreeze { mode: FreezeMode::Whole }];
    for fault in faults {
        let fate = |capability| {
            let asked = Facts { capability: Some(capability), ..facts(&[]) };
            let fault = armed(fault.clone(), Aim::everyone(), None);
            decide(&fault, &mut Past::default(), &asked, 0, unit(Stage::Request, 0))
        };
        assert!(fate(Capability::Metadata).is_none(), "{fault:?}");
        assert!(fate(Capability::Login).is_some() && fate(Capability::Chat).is_some(), "{fault:?}");
    }
}

#[test]
fn a_question_about_a_token_is_no_login() {
    let fate = |fault: Fault, asks, issued| {
        let issued = Some(Moment::ZERO + Span::from_secs(issued));
        let asked = Facts { capability: Some(Capability::Login), asks, issued, ..facts(&[]) };
        let unit = Unit { at: Moment::ZERO + Span::from_secs(100), ..unit(Stage::Request, 0) };
        decide(&armed(fault, Aim::everyone(), None), &mut Past::default(), &asked, 0, unit).and_then(|fate| fate.ending)
    };
    let gone = |life: Option<u64>| {
        let token_life = life.map(Span::from_secs);
        Fault::Deprovision(Deprovision { after: Span::from_secs(90), token_life, keeps: Vec::new() })
    };
    let disabled = Some(Ending::Refuse(Refusal::Frozen(FreezeMode::Disabled)));
    assert_eq!(fate(gone(Some(50)), false, 60), disabled, "nobody signs in by what was given out before");
    assert_eq!(fate(gone(Some(50)), true, 60), None);
    assert_eq!(fate(gone(Some(50)), true, 40), Some(Ending::Refuse(Refusal::ExpiredToken)));
    assert_eq!(fate(gone(None), true, 60), Some(Ending::Refuse(Refusal::RevokedToken)));
    let old = || Fault::TokenExpire { after: Span::from_secs(50) };
    assert_eq!(fate(old(), true, 40), Some(Ending::Refuse(Refusal::ExpiredToken)));
    assert_eq!((fate(old(), false, 40), fate(Fault::MfaRequired, true, 40)), (None, None));
}

#[test]
fn a_freeze_hits_its_accounts_only() {
    let freeze = Fault::AccountFreeze { mode: FreezeMode::Whole };
    let fate = |accounts: &[u32], stage| {
        let accounts = accounts.iter().map(|id| AccountId(*id)).collect();
        let fault = armed(freeze.clone(), Aim::everyone(), Some(accounts));
        decide(&fault, &mut Past::default(), &facts(&[]), 0, unit(stage, 0))
    };
    assert!(fate(&[1, 3], Stage::Request).is_some());
    assert!(fate(&[1, 4], Stage::Request).is_none());
    assert_eq!(fate(&[3], Stage::Standing).and_then(|fate| fate.ending), Some(Ending::Close));
    assert!(fate(&[3], Stage::Answer(Content::Open)).is_none());
}

#[test]
fn a_chance_is_a_share_of_units_or_of_connections() {
    let hits = |per, leg: fn(u64) -> u64| {
        let fault = armed(Fault::Status { code: 503 }, Aim { chance: percent(10), per, ..Aim::everyone() }, None);
        let one = |n| decide(&fault, &mut Past::default(), &facts(&[]), leg(n), unit(Stage::Request, n)).is_some();
        (0..10_000).filter(|n| one(*n)).count() as f64
    };
    // 10,000 trials of 10 %: standard deviation 30; five of them are the bound.
    assert!((hits(Per::Unit, |_| 0) - 1_000.0).abs() < 150.0);
    assert!((hits(Per::Connection, |n| n) - 1_000.0).abs() < 150.0);
    assert!([0.0, 10_000.0].contains(&hits(Per::Connection, |_| 0)), "all units of a connection, or none");
}

#[test]
fn random_losses_stall_as_the_kernel_does() {
    let loss = Loss { model: LossModel::Random(percent(10)), rto: Loss::RTO };
    let fault = armed(Fault::Loss(loss), Aim::everyone(), None);
    let mut past = Past::default();
    let mut stalls: Vec<_> = (0..100_000)
        .map(|n| {
            let stage = Stage::Chunk(Direction::ToEndpoint);
            decide(&fault, &mut past, &facts(&[]), 0, unit(stage, n)).map_or(Span::ZERO, |fate| fate.delay)
        })
        .collect();
    stalls.sort_unstable();
    // Losses in a row have 10 %, 1 %, 0.1 %: the stall at each of these shares is the kernel's (205, 415, 854 ms measured; the steps
    // between are exact, the shares have standard errors of 0.1 %, 0.03 % and 0.01 %, so that 2 %, and 20 % aside, are safely within).
    let at = |rank: usize| stalls[rank].nanos() / 1_000_000;
    assert_eq!([88_000, 92_000, 98_800, 99_200, 99_860, 99_940].map(at), [0, 204, 204, 408, 408, 816]);
}

#[test]
fn a_lost_handshake_waits_as_the_kernels() {
    // Retransmitted after 1, 2, 3, 4, 5, 7, 11, 19, 35 and 67 s, as the documentation of tcp_syn_retries and tcp_syn_linear_timeouts has it.
    let waits: Vec<_> = (0..=10).map(|times| Loss::handshake(times).nanos() / 1_000_000_000).collect();
    assert_eq!(waits, [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67]);
    let fault =
        armed(Fault::Loss(Loss { model: LossModel::Random(Share::ALL), rto: Loss::RTO }), Aim::everyone(), None);
    let fate = |stage| decide(&fault, &mut Past::default(), &facts(&[]), 0, unit(stage, 0)).map(|fate| fate.delay);
    assert_eq!(fate(Stage::Open(Direction::ToEndpoint)), Some(Span::from_secs(67)));
    assert_eq!(fate(Stage::Request), Some(Span::from_millis(204 << 9)));
}

#[test]
fn a_chain_of_losses_comes_in_bursts() {
    // In the bad past for 1/(1 + 10) = 1/11 of the segments, losing half of them: 1/22 in all; a loss is followed by another in the bad
    // state with (1 − 10 %) × 50 % = 45 % and more than nine times the average.
    let model =
        LossModel::GilbertElliott { to_bad: percent(1), to_good: percent(10), good: Share::NONE, bad: percent(50) };
    let bursts = Loss { model, rto: Loss::RTO };
    let (key, mut past) = (Seed(1).key("x"), Past::default());
    let lost: Vec<bool> = (0..200_000).map(|_| super::lost(&bursts, &mut past, key)).collect();
    let share = lost.iter().filter(|lost| **lost).count() as f64 / 2e5;
    let pairs = lost.windows(2).filter(|pair| pair[0] && pair[1]).count() as f64;
    let after = pairs / lost.iter().filter(|lost| **lost).count() as f64;
    // About 18,000 visits and 9,000 losses: standard errors of 2 % and 1 %.
    assert!((share - 1.0 / 22.0).abs() < 0.005, "{share}");
    assert!((after - 0.45).abs() < 0.03, "{after}");
}

#[test]
fn jitter_is_uniform_and_keeps_what_it_is_told_to() {
    let run = |correlation| {
        let latency =
            Latency { delay: Delay::Constant(Span::from_millis(100)), jitter: Span::from_millis(20), correlation };
        let (key, mut past) = (Seed(1).key("x"), Past::default());
        (0..20_000).map(|n| jittered(&latency, &mut past, key, n).millis_f64() - 100.0).collect::<Vec<_>>()
    };
    let free = run(Share::NONE);
    assert!(free.iter().all(|x| (-20.001..=20.001).contains(x)));
    let mean = |xs: &[f64]| xs.iter().sum::<f64>() / xs.len() as f64;
    // Uniform on ±20 has a standard deviation of 11.5, its mean over 20,000 one of 0.08.
    assert!(mean(&free).abs() < 0.4);
    let correlation = |xs: &[f64]| {
        let products: Vec<_> = xs.windows(2).map(|pair| pair[0] * pair[1]).collect();
        let squares: Vec<_> = xs.iter().map(|x| x * x).collect();
        mean(&products) / mean(&squares)
    };
    // Standard error 1/√20,000 = 0.007.
    assert!(correlation(&free).abs() < 0.035);
    assert!((correlation(&run(percent(80))) - 0.8).abs() < 0.035);
}

#[test]
fn a_level_scales_what_has_a_size_and_thins_what_has_none() {
    let shape = Shape { ramp: Span::from_secs(10), ..Shape::default() };
    let fate = |fault: Fault, n| {
        let mut fault = armed(fault, Aim::everyone(), None);
        fault.inject.shape = shape.clone();
        let unit = Unit { at: Moment::ZERO + Span::from_secs(5), ..unit(Stage::Request, n) };
        decide(&fault, &mut Past::default(), &facts(&[]), 0, unit)
    };
    let half = fate(Fault::Latency(Latency::constant(Span::from_millis(100))), 0).map(|fate| fate.delay);
    assert_eq!(half, Some(Span::from_millis(50)));
    let hits = (0..10_000).filter(|n| fate(Fault::Status { code: 500 }, *n).is_some()).count() as f64;
    assert!((hits - 5_000.0).abs() < 250.0, "five standard deviations of 50");
}

proptest! {
    #[test]
    fn fates_add_in_any_grouping(a in 0_u64..1 << 40, b in 0_u64..1 << 40, c in 0_u64..1 << 40, hold: bool) {
        let fate = |nanos, hold| Fate { delay: Span::from_nanos(nanos), hold, ..Fate::default() };
        let left = fate(a, hold).and(fate(b, false)).and(fate(c, false));
        let right = fate(a, hold).and(fate(b, false).and(fate(c, false)));
        prop_assert_eq!(left, right);
    }
}

fn block(trigger: u32, residual_chance: u32) -> Fault {
    Fault::SniBlock(SniBlock {
        names: vec!["*.blocked.example".parse().expect("a name")],
        action: BlockAction::Reset,
        trigger: percent(trigger),
        residual: Span::from_secs(90),
        residual_chance: percent(residual_chance),
    })
}

/// Whether a connection of a client to a server is hit at a stage.
fn is_cut(fault: &Armed, (client, server): (u8, &str), stage: Stage, at: u64, leg: u64, names: &[String]) -> bool {
    let known = Facts { server: Some(server.parse().expect("an address")), names, ..facts(&[]) };
    let known = Facts { address: IpAddr::from([127, 10, 0, client]), ..known };
    let unit = Unit { stage, number: 0, at: Moment::ZERO + Span::from_secs(at) };
    let fate = decide(fault, &mut Past::default(), &known, leg, unit);
    assert!(fate.as_ref().is_none_or(|fate| fate.ending == Some(Ending::Reset)), "{fate:?}");
    fate.is_some()
}

#[test]
fn a_block_remembers_client_server_and_port() {
    let fault = armed(block(100, 100), Aim::everyone(), None);
    let (one, named, other) = ((1, "10.0.0.1:443"), ["a.blocked.example".to_owned()], ["b.example".to_owned()]);
    let reached = |way, at| is_cut(&fault, way, Stage::Reached, at, 0, &other);
    assert!(!reached(one, 0), "nobody has named anything");
    assert!(!is_cut(&fault, one, Stage::Named, 0, 0, &other) && !reached(one, 0), "another name");
    assert!(is_cut(&fault, one, Stage::Named, 10, 0, &named));
    assert!(reached(one, 10) && reached(one, 99) && !reached(one, 100), "90 s");
    for another in [(2, "10.0.0.1:443"), (1, "10.0.0.2:443"), (1, "10.0.0.1:80")] {
        assert!(!reached(another, 20), "{another:?}");
    }
    // It begins anew with each trigger, and other units than these are nobody's who is blocked.
    assert!(is_cut(&fault, one, Stage::Named, 200, 0, &named) && is_cut(&fault, one, Stage::Named, 250, 0, &named));
    assert!(reached(one, 339) && !reached(one, 340));
    for stage in [Stage::Request, Stage::Open(Direction::ToEndpoint), Stage::Chunk(Direction::ToEndpoint)] {
        assert!(!is_cut(&fault, one, stage, 260, 0, &named), "{stage:?}");
    }
}

/// Of 1,000 connections 75 % are 750, standard deviation √(1000 × 0.75 × 0.25) = 13.7, five of which are 69; 50 % are 500, 15.8 and 79.
#[test]
fn a_block_hits_a_share_of_connections() {
    let names = ["a.blocked.example".to_owned()];
    let way = (1, "10.0.0.1:443");
    let cut = |fault: &Armed, stage| (0..1_000).filter(|leg| is_cut(fault, way, stage, 1, *leg, &names)).count();
    let fault = armed(block(75, 50), Aim::everyone(), None);
    let triggered = cut(&fault, Stage::Named);
    assert!((681..=819).contains(&triggered), "{triggered}");
    let after = cut(&fault, Stage::Reached);
    assert!((421..=579).contains(&after), "{after}");
    assert_eq!((cut(&fault, Stage::Named), cut(&fault, Stage::Reached)), (triggered, after), "the same draws");
}
