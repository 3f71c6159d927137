//! Every parameter of every fault, every key of an aim, ramps and waveforms: what they become, and how their mistakes are told.

use super::identity::of_identity;
use super::named::{of_inspection, of_names};
use super::*;
use crate::plan::{
    BodyEdit, Capability, Delay, Direction, Dropped, ExitKind, Fault, Fence, FenceAction, FreezeMode, Inject, Latency,
    Loss, LossModel, ParamKind, ParamNeed, Per, Pick, RateLimit, Scope, Score, Suspicion, Wave,
};
use crate::units::{RegionId, Share, Size, Span, Throughput};

fn inject(text: &str) -> Inject {
    plan(&small_with("partition: {}", text)).injects.remove(0)
}

fn ms(millis: u64) -> Span {
    Span::from_millis(millis)
}

fn share(percent: u32) -> Share {
    Share::from_millionths(percent * 10_000).expect("a share")
}

fn latency(delay: Delay) -> Fault {
    Fault::Latency(Latency::from(delay))
}

fn jittered(constant: u64, jitter: u64, correlation: Share) -> Fault {
    Fault::Latency(Latency { delay: Delay::Constant(ms(constant)), jitter: ms(jitter), correlation })
}

pub(super) fn transport() -> Vec<(&'static str, Fault)> {
    let rate = |bytes| Throughput::new(bytes).expect("a rate");
    let random = |percent, rto| Fault::Loss(Loss { model: LossModel::Random(share(percent)), rto });
    let bursts = |good, bad| LossModel::GilbertElliott { to_bad: share(1), to_good: share(25), good, bad };
    let slicer = |size, variation, pause| Fault::Slicer { size: Size(size), variation: Size(variation), pause };
    vec![
        ("latency: { constant: 5ms }", latency(Delay::Constant(ms(5)))),
        ("latency: { normal: { mean: 5ms, sd: 0s } }", latency(Delay::Normal { mean: ms(5), sd: Span::ZERO })),
        ("latency: { table: [5ms] }", latency(Delay::Table(vec![ms(5)]))),
        ("latency: { constant: 5ms, jitter: 2ms }", jittered(5, 2, Share::NONE)),
        ("latency: { constant: 0s, jitter: 2ms, correlation: 25% }", jittered(0, 2, share(25))),
        ("bandwidth: { rate: 10KB/s }", Fault::Bandwidth { rate: rate(10_000), shared: false }),
        ("bandwidth: { rate: 1MiB/s, shared: true }", Fault::Bandwidth { rate: rate(1 << 20), shared: true }),
        ("loss: { random: 10% }", random(10, Loss::RTO)),
        ("loss: { random: 100%, rto: 1s }", random(100, ms(1_000))),
        (
            "loss: { gilbert_elliott: { to_bad: 1%, to_good: 25% } }",
            Fault::Loss(Loss { model: bursts(Share::NONE, Share::ALL), rto: Loss::RTO }),
        ),
        (
            "loss: { gilbert_elliott: { to_bad: 1%, to_good: 25%, good: 1%, bad: 30% } }",
            Fault::Loss(Loss { model: bursts(share(1), share(30)), rto: Loss::RTO }),
        ),
        ("slow_close: { delay: 1s }", Fault::SlowClose { delay: ms(1_000) }),
        ("timeout: {}", Fault::Timeout { after: None }),
        ("timeout: { after: 1s }", Fault::Timeout { after: Some(ms(1_000)) }),
        ("reset:", Fault::Reset { after: Span::ZERO }),
        ("reset: { after: 1ms }", Fault::Reset { after: ms(1) }),
        ("slicer: { size: 1B }", slicer(1, 0, Span::ZERO)),
        ("slicer: { size: 2B, variation: 1B, pause: 3ms }", slicer(2, 1, ms(3))),
        ("limit_data: { bytes: 0B }", Fault::LimitData { bytes: Size(0) }),
        ("refuse: {}", Fault::Refuse),
        ("blackhole: {}", Fault::Blackhole),
        ("partition: {}", Fault::Partition),
        ("corrupt: {}", Fault::Corrupt),
    ]
}

pub(super) fn of_messages() -> Vec<(&'static str, Fault)> {
    vec![
        ("status: { code: 400 }", Fault::Status { code: 400 }),
        ("status: { code: 599 }", Fault::Status { code: 599 }),
        ("throttle: {}", Fault::Throttle { retry_after: ms(1_000) }),
        ("throttle: { retry_after: 0s }", Fault::Throttle { retry_after: Span::ZERO }),
        ("drop_reply: {}", Fault::DropReply { how: Dropped::Silence }),
        ("drop_reply: { how: close }", Fault::DropReply { how: Dropped::Close }),
        ("duplicate: {}", Fault::Duplicate),
        ("reorder: { by: 1ms }", Fault::Reorder { by: ms(1) }),
        ("body: { replace: \"\" }", Fault::Body(BodyEdit::Replace(String::new()))),
        ("body: { truncate: 0B }", Fault::Body(BodyEdit::Truncate(Size(0)))),
        ("websocket_drop: {}", Fault::WebsocketDrop { code: 1_001 }),
        ("websocket_drop: { code: 1000 }", Fault::WebsocketDrop { code: 1_000 }),
        ("websocket_drop: { code: 4999 }", Fault::WebsocketDrop { code: 4_999 }),
        ("push_delay: { constant: 2s }", Fault::PushDelay(Delay::Constant(ms(2_000)))),
        ("silent_loss: {}", Fault::SilentLoss),
    ]
}

pub(super) fn of_place() -> Vec<(&'static str, Fault)> {
    let fence = |actions: &[(Capability, FenceAction)], suspicion| Fence {
        actions: actions.iter().copied().collect(),
        suspicion,
        lock_at: 8,
        slow_by: ms(1_800),
    };
    let score = Score { country: 40, network: 40, rtt: 25, time_zone: 10 };
    let nothing = Suspicion {
        welcome: Vec::new(),
        networks: Vec::new(),
        rtt_excess: None,
        time_zone: false,
        score,
        threshold: 60,
    };
    let vpn = Suspicion { networks: vec![ExitKind::Vpn], rtt_excess: Some(ms(30)), ..nothing.clone() };
    let all = Suspicion {
        welcome: vec![RegionId(1)],
        networks: vec![ExitKind::Leased, ExitKind::Direct],
        time_zone: true,
        score: Score { country: 50, ..score },
        threshold: 90,
        ..nothing
    };
    let limit = |ban, scope| Fault::RateLimit(RateLimit { requests: 20, within: ms(60_000), ban, scope });
    let freeze = |mode| Fault::AccountFreeze { mode };
    let actions = [(Capability::Meeting, FenceAction::Lock), (Capability::Chat, FenceAction::Slow)];
    vec![
        ("geo_fence: { endpoint: teams, region: hk }", Fault::GeoFence(fence(&[], None))),
        (
            "geo_fence: { endpoint: teams, region: hk, actions: { meeting: lock, chat: slow }, lock_at: 3, slow_by: 1s }",
            Fault::GeoFence(Fence { lock_at: 3, slow_by: ms(1_000), ..fence(&actions, None) }),
        ),
        (
            "geo_fence: { endpoint: teams, welcome: shenzhen, networks: [leased, direct], time_zone: true, \
             score: { country: 50 }, threshold: 90 }",
            Fault::GeoFence(fence(&[], Some(all))),
        ),
        ("vpn_detection: { endpoint: teams, rtt_excess: 30ms }", Fault::VpnDetection(fence(&[], Some(vpn.clone())))),
        (
            "vpn_detection: { endpoint: teams, rtt_excess: 30ms, networks: vpn, time_zone: false, threshold: 60, \
             score: { network: 40, rtt: 25, time_zone: 10 }, lock_at: 8, slow_by: 1800ms }",
            Fault::VpnDetection(fence(&[], Some(vpn))),
        ),
        ("account_freeze: { endpoint: teams, group: factory }", freeze(FreezeMode::Whole)),
        ("account_freeze: { endpoint: teams, group: factory, mode: send-only }", freeze(FreezeMode::SendOnly)),
        ("account_freeze: { endpoint: teams, mode: organisation }", freeze(FreezeMode::Organisation)),
        ("account_freeze: { endpoint: teams, group: factory, mode: disabled }", freeze(FreezeMode::Disabled)),
        ("token_revoke: {}", Fault::TokenRevoke),
        ("token_expire: { after: 10m }", Fault::TokenExpire { after: ms(600_000) }),
        ("rate_limit: { requests: 20, within: 1m }", limit(None, Scope::Account)),
        (
            "rate_limit: { requests: 20, within: 1m, ban: 10m, scope: organisation }",
            limit(Some(ms(600_000)), Scope::Organisation),
        ),
        ("quota: { calls: 0 }", Fault::Quota { calls: 0 }),
        ("meeting_lock: {}", Fault::MeetingLock { heads: 8 }),
        ("meeting_lock: { heads: 2 }", Fault::MeetingLock { heads: 2 }),
        ("capability_missing: { capabilities: [approval, ocr] }", Fault::CapabilityMissing),
    ]
}

pub(super) fn every_row() -> impl Iterator<Item = (&'static str, Fault)> {
    transport()
        .into_iter()
        .chain(of_messages())
        .chain(of_place())
        .chain(of_identity())
        .chain(of_names())
        .chain(of_inspection())
}

#[test]
fn what_is_written_is_what_is_done() {
    for (text, fault) in every_row() {
        assert_eq!(inject(text).fault, fault, "{text}");
    }
}

#[test]
fn what_is_left_out_is_what_the_documentation_says() {
    for doc in Fault::DOCS {
        let given = |name: &str| every_row().any(|(text, _)| text.contains(name));
        for param in doc.params.iter().filter(|param| matches!(param.need, ParamNeed::Or(_))) {
            assert!(given(param.name), "no row above tells `{}` of `{}`", param.name, doc.name);
        }
    }
    // The tables above name the defaults by the constants of the code, the readers take them from the documentation.
    assert_eq!(inject("loss: { random: 1% }").fault, inject("loss: { random: 1%, rto: 204ms }").fault);
}

/// Each documented word is read, and what is none is told with all of them.
#[test]
fn every_documented_word_is_read() {
    for doc in Fault::DOCS {
        for param in doc.params {
            let ParamKind::Word(words) = param.kind else { continue };
            let with = |word: &str| doc.example.replacen('{', &format!("{{ {}: {word},", param.name), 1);
            // The example may name the parameter itself.
            let strip = |text: String| {
                words.iter().fold(text, |text, own| text.replace(&format!(", {}: {own}", param.name), ""))
            };
            for word in words {
                assert_eq!(inject(&strip(with(word))).fault.name(), doc.name);
            }
            assert!(told(&strip(with("none-of-them"))).contains("unknown-word"), "{}", doc.name);
        }
    }
}

pub(super) const BAD_PARAMETERS: &[&str] = &[
    "latency: {}",
    "latency: { jitter: 5ms }",
    "latency: { constant: 5 }",
    "latency: { constant: -5ms }",
    "latency: { constant: 0s }",
    "latency: { constant: 5ms, normal: { mean: 5ms, sd: 1ms } }",
    "latency: { constant: 5ms, correlation: 20% }",
    "latency: { constant: 5ms, jitter: 1ms, correlation: 120% }",
    "latency: { constant: 5ms, jiter: 1ms }",
    "latency: { constant: 5ms, ramp: 10s }",
    "latency: { normal: { mean: 5ms } }",
    "latency: { normal: 5ms }",
    "latency: { lognormal: { sigma: 0.8 } }",
    "latency: { lognormal: { mean: 1s, median: 1s, sigma: 5.001 } }",
    "latency: { pareto: { least: 0s, shape: 2 } }",
    "latency: { pareto: { least: 1ms, shape: 1 } }",
    "latency: { pareto: { least: 1ms, shape: 100.001 } }",
    "latency: { pareto: { least: 1ms, shape: heavy } }",
    "latency: { table: [] }",
    "latency: { table: [1ms, 2] }",
    "latency: { table: [0s, 0s] }",
    "bandwidth: {}",
    "bandwidth: { rate: 0B/s }",
    "bandwidth: { rate: 10KB }",
    "bandwidth: { rate: 10kb/s }",
    "bandwidth: { rate: 10KB/s, shared: maybe }",
    "loss: {}",
    "loss: { random: 0% }",
    "loss: { random: 0.1 }",
    "loss: { random: 1%, rto: 0s }",
    "loss: { random: 1%, gilbert_elliott: { to_bad: 1%, to_good: 1% } }",
    "loss: { gilbert_elliott: { to_bad: 1% } }",
    "loss: { gilbert_elliott: { to_bad: 0%, to_good: 10% } }",
    "idp_down: { how: broken }",
    "idp_down: { capability: chat }",
    "mfa_required: { direction: from-endpoint }",
    "slow_close: {}",
    "slow_close: { delay: 0s }",
    "timeout: { after: 0s }",
    "reset: { after: soon }",
    "slicer: {}",
    "slicer: { size: 0B }",
    "slicer: { size: 64 }",
    "slicer: { size: 64B, variation: 64B }",
    "slicer: { size: 64B, pause: -1ms }",
    "limit_data: { bytes: many }",
    "refuse: { after: 1s }",
    "corrupt: { bits: 2 }",
    "status: {}",
    "status: { code: 399 }",
    "status: { code: 600 }",
    "status: { code: internal }",
    "throttle: { retry_after: 5 }",
    "drop_reply: { how: loudly }",
    "reorder: {}",
    "reorder: { by: 0s }",
    "body: {}",
    "body: { replace: x, truncate: 3B }",
    "body: { replace: [x] }",
    "websocket_drop: { code: 999 }",
    "websocket_drop: { code: 5000 }",
    "websocket_drop: { code: 1006 }",
    "push_delay: {}",
    "push_delay: { constant: 0s }",
    "push_delay: { constant: 1s, jitter: 1s }",
    "geo_fence: { endpoint: teams, region: hk, actions: { chat: permit } }",
    "geo_fence: { endpoint: teams, region: hk, actions: { chats: allow } }",
    "geo_fence: { endpoint: teams, region: hk, score: 3 }",
    "account_freeze: { endpoint: teams, group: factory, mode: partly }",
    "geo_fence: { endpoint: teams, region: hk, threshold: 40 }",
    "geo_fence: { endpoint: teams, welcome: [shenzen] }",
    "geo_fence: { endpoint: teams, welcome: [shenzhen] }",
    "geo_fence: { endpoint: teams, networks: [tor], threshold: 10 }",
    "geo_fence: { endpoint: teams, region: hk, actions: { chat: lock } }",
    "geo_fence: { endpoint: teams, region: hk, lock_at: 1 }",
    "vpn_detection: { endpoint: teams, score: { network: 50 } }",
    "vpn_detection: { endpoint: teams, score: { vpn: 60 } }",
    "token_expire: {}",
    "token_expire: { after: 0s }",
    "rate_limit: { requests: 0, within: 1m }",
    "rate_limit: { requests: 20 }",
    "rate_limit: { requests: 20, within: 1m, scope: everyone }",
    "quota: {}",
    "meeting_lock: { heads: 1 }",
    "sni_block: {}",
    "dns_answer: { names: a.example }",
    "dns_answer: { names: a.example, address: [] }",
    "dns_answer: { names: a.example, address: b.example }",
    "dns_answer: { names: a.example, address: 127.0.0.1, failure: servfail }",
    "dns_answer: { names: a.example, failure: refused }",
    "sni_block: { names: [] }",
    "sni_block: { names: [127.0.0.1] }",
    "sni_block: { names: \"a.example:443\" }",
    "sni_block: { names: a.example, action: refuse }",
    "sni_block: { names: a.example, residual: 90 }",
];

#[test]
fn mistakes_in_parameters() {
    insta::assert_snapshot!(BAD_PARAMETERS.iter().map(|text| told(text)).collect::<String>());
}

#[test]
fn aims_and_picks() {
    let aimed = inject("reset: { chance: 20%, per: connection, first: 3, every: 2, direction: to-endpoint }");
    assert_eq!(
        (aimed.aim.chance, aimed.aim.per, aimed.aim.direction),
        (share(20), Per::Connection, Direction::ToEndpoint)
    );
    assert_eq!(aimed.pick, Pick { first: Some(3), every: Some(2) });
    let plain = inject("reset: { chance: 20% }");
    assert_eq!((plain.aim.per, plain.pick), (Per::Unit, Pick::default()));
}

pub(super) const BAD_AIMS: &[&str] = &[
    "reset: { per: connection }",
    "reset: { per: message, chance: 1% }",
    "reset: { first: 0 }",
    "reset: { every: 0 }",
    "reset: { every: often }",
    "reset: {}, first: 3",
    "reset: {}, chance: 3%",
    "reset: { during: fault }",
    "refuse: { direction: from-endpoint }",
    "refuse: { capability: chat }",
    "status: { code: 503, direction: from-endpoint }",
    "throttle: { direction: from-endpoint }",
    "drop_reply: { direction: to-endpoint }",
    "body: { truncate: 0B, direction: to-endpoint }",
    "push_delay: { constant: 1s, direction: to-endpoint }",
    "push_delay: { constant: 1s, capability: chat }",
    "silent_loss: { capability: login }",
    "websocket_drop: { direction: to-endpoint }",
    "websocket_drop: { capability: chat }",
    "geo_fence: { endpoint: teams }",
    "geo_fence: { endpoint: teams, region: hk, direction: from-endpoint }",
    "account_freeze: { group: factory }",
    "account_freeze: { endpoint: teams, group: factory, mode: send-only, capability: receive }",
    "account_freeze: { endpoint: teams, mode: disabled }",
    "vpn_detection: { rtt_excess: 30ms }",
    "capability_missing: { endpoint: teams }",
    "meeting_lock: { capability: chat }",
    "sni_block: { names: a.example, direction: from-endpoint }",
    "sni_block: { names: a.example, capability: chat }",
    "quota: { calls: 5, direction: from-endpoint }",
];

#[test]
fn mistakes_in_aims() {
    insta::assert_snapshot!(BAD_AIMS.iter().map(|text| told(text)).collect::<String>());
}

#[test]
fn ramps_and_waveforms() {
    let wave = |text: &str| inject(&format!("partition: {{}}, waveform: {{ {text} }}")).shape.wave;
    let steps = Wave::Step { every: ms(30_000), steps: 4 };
    assert_eq!(wave("step: { every: 30s, steps: 4 }"), steps);
    assert_eq!(wave("sine: { period: 1m }"), Wave::Sine { period: ms(60_000), low: Share::NONE });
    assert_eq!(wave("sine: { period: 1m, low: 20% }"), Wave::Sine { period: ms(60_000), low: share(20) });
    assert_eq!(wave("burst: { every: 30s, for: 5s }"), Wave::Burst { every: ms(30_000), length: ms(5_000) });
    let trace = vec![(Span::ZERO, share(10)), (ms(10_000), Share::ALL)];
    assert_eq!(wave("trace: [[0s, 10%], [10s, 100%]]"), Wave::Trace(trace));
    let both = inject("partition: {}, ramp: 30s, waveform: { step: { every: 30s, steps: 4 } }").shape;
    assert_eq!((both.ramp, both.wave), (ms(30_000), steps));
    assert!(inject("partition: {}").shape.is_steady());
}

pub(super) const BAD_SHAPES: &[&str] = &[
    "partition: {}, ramp: 0s",
    "partition: {}, ramp: slowly",
    "partition: {}, ramp: 21m",
    "partition: {}, wave: { sine: { period: 1m } }",
    "partition: {}, waveform: {}",
    "partition: {}, waveform: sine",
    "partition: {}, waveform: { square: {} }",
    "partition: {}, waveform: { sine: { period: 1m }, burst: { every: 30s, for: 5s } }",
    "partition: {}, waveform: { step: { every: 0s, steps: 4 } }",
    "partition: {}, waveform: { step: { every: 30s, steps: 1 } }",
    "partition: {}, waveform: { step: { every: 10m, steps: 3 } }",
    "partition: {}, waveform: { sine: {} }",
    "partition: {}, waveform: { sine: { period: 0s } }",
    "partition: {}, waveform: { sine: { period: 1m, low: 100% } }",
    "partition: {}, waveform: { burst: { every: 0s, for: 5s } }",
    "partition: {}, waveform: { burst: { every: 5s, for: 0s } }",
    "partition: {}, waveform: { burst: { every: 5s, for: 5s } }",
    "partition: {}, waveform: { burst: { every: 5s, for: 6s } }",
    "partition: {}, waveform: { trace: [] }",
    "partition: {}, waveform: { trace: [0s, 10%] }",
    "partition: {}, waveform: { trace: [[10s, 10%], [0s, 100%]] }",
    "partition: {}, waveform: { trace: [[0s, 10%], [0s, 100%]] }",
    "partition: {}, waveform: { trace: [[0s, 0%], [10s, 0%]] }",
    "partition: {}, waveform: { trace: [[0s, 0%], [20m, 10%]] }",
    "partition: {}, waveform: { trace: [[0s, 10]] }",
];

#[test]
fn mistakes_in_shapes() {
    insta::assert_snapshot!(BAD_SHAPES.iter().map(|text| told(text)).collect::<String>());
}
