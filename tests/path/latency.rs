//! Delays: of requests, of answers, of chunks.

use firedrill::units::Span;
use firedrill::world::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::rig::{DINGTALK, LINK, PURCHASING, Rig};

const CLIENTS: u32 = 20;
const EACH: u32 = 11;

/// How long 220 round trips took, over twenty connections at once; the first of a connection also waits for its handshake.
async fn round_trips(rig: &Rig) -> Vec<Span> {
    let client = |n: u32| async move {
        let mut client = rig.client(rig.plan.member(PURCHASING, n), DINGTALK).await;
        client.knock().await;
        let mut spans = Vec::new();
        for _ in 0..EACH {
            let sent = rig.now();
            client.knock().await;
            spans.push(rig.now().since(sent));
        }
        spans
    };
    futures_util::future::join_all((0..CLIENTS).map(client)).await.concat()
}

/// One exchange after another on one connection: request and answer legs apart.
async fn legs(rig: &Rig, count: usize) -> (Vec<Span>, Vec<Span>) {
    let mut client = rig.client(rig.plan.member(PURCHASING, 0), DINGTALK).await;
    client.knock().await;
    let (mut out, mut back) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let sent = rig.now();
        client.knock().await;
        let arrived = *rig.arrivals().last().expect("it was asked");
        out.push(arrived.since(sent));
        back.push(rig.now().since(arrived));
    }
    (out, back)
}

#[track_caller]
fn about(rig: &Rig, spans: &[Span], expected: Span) {
    for span in spans {
        assert!(*span >= expected && *span <= expected + rig.slack(), "{span} where {expected} is due");
    }
}

pub(crate) async fn a_constant_delays_requests_and_answers(world: World) {
    let rig = Rig::service(&world, "  slow: { during: fault, latency: { endpoint: dingtalk, constant: 120ms } }").await;
    let (out, back) = legs(&rig, 3).await;
    about(&rig, &[out, back].concat(), LINK);
    rig.apply(0);
    let (out, back) = legs(&rig, 3).await;
    about(&rig, &[out, back].concat(), LINK + Span::from_millis(120));
    rig.lift(0);
    let (out, back) = legs(&rig, 3).await;
    about(&rig, &[out, back].concat(), LINK);
    // The second client: a handshake and four exchanges, both ways each, one hit a unit.
    let hits = rig.hits().await;
    assert_eq!(hits.len(), 10, "{hits:?}");
    assert!(hits.iter().all(|hit| hit.delay == Span::from_millis(120)), "{hits:?}");
}

pub(crate) async fn one_way_only(world: World) {
    let injects = "
  there: { during: fault, latency: { endpoint: dingtalk, constant: 50ms, direction: to-endpoint } }
  here: { during: fault, latency: { endpoint: dingtalk, constant: 70ms, direction: from-endpoint } }";
    let rig = Rig::service(&world, injects).await;
    let faulty = [LINK + Span::from_millis(50), LINK + Span::from_millis(70)];
    for (inject, expected) in [(0, [faulty[0], LINK]), (1, [LINK, faulty[1]])] {
        rig.apply(inject);
        let (out, back) = legs(&rig, 3).await;
        about(&rig, &out, expected[0]);
        about(&rig, &back, expected[1]);
        rig.lift(inject);
    }
}

/// Quartiles of what 220 round trips took beyond the links.
async fn quartiles(rig: &Rig) -> [f64; 3] {
    rig.apply(0);
    let mut spans = round_trips(rig).await;
    spans.sort();
    assert_eq!(spans.len(), 220);
    [55, 110, 165].map(|rank| spans[rank].millis_f64() - 2.0 * LINK.millis_f64())
}

/// What sockets add to a round trip in a build without optimisation on a machine that has other things to do.
fn noise(rig: &Rig) -> f64 {
    if rig.world.clock.is_virtual() { 0.0 } else { 30.0 }
}

pub(crate) async fn normal_delays_have_their_median_and_spread(world: World) {
    let slow = "  slow: { during: fault, latency: { endpoint: dingtalk, normal: { mean: 60ms, sd: 10ms } } }";
    let rig = Rig::service(&world, slow).await;
    let [low, median, high] = quartiles(&rig).await;
    // Two draws: mean 120 ms, standard deviation 10·√2 = 14.1 ms. The median of 220 has a standard error of 1.253·14.1/√220 = 1.19 ms,
    // the distance of the quartiles, 1.349·14.1 = 19.1 ms, one of 1.573·14.1/√220 = 1.50 ms. Five of each are allowed.
    let noise = noise(&rig);
    assert!((120.0 - 6.0..=120.0 + 6.0 + noise).contains(&median), "median {median} ms");
    assert!((19.1 - 7.5..=19.1 + 7.5 + noise).contains(&(high - low)), "quartiles {low} and {high} ms");
}

pub(crate) async fn lognormal_delays_have_their_median_and_spread(world: World) {
    let slow = "
  slow: { during: fault, latency: { endpoint: dingtalk, direction: from-endpoint, lognormal: { median: 80ms, sigma: 0.5 } } }";
    let rig = Rig::service(&world, slow).await;
    let [low, median, high] = quartiles(&rig).await;
    // One draw: its logarithm is normal with σ = 0.5. The logarithm of the median has a standard error of 1.253·0.5/√220 = 0.042: five
    // are a factor of 1.235. The logarithm of the quotient of the quartiles, 1.349·0.5 = 0.674, has one of 1.573·0.5/√220 = 0.053.
    let noise = noise(&rig);
    assert!((80.0 / 1.235..=80.0 * 1.235 + noise).contains(&median), "median {median} ms");
    // Noise adds to both quartiles and so brings them nearer to each other.
    let most = (high + noise) / low;
    let least = high / (low + noise);
    assert!(libm::log(most) >= 0.674 - 0.265 && libm::log(least) <= 0.674 + 0.265, "quartiles {low} and {high} ms");
    assert!(libm::log(high / low) > 0.3, "a constant would have none: {low} and {high} ms");
}

/// Numbered chunks through a stream door under strong jitter: each waits, none overtakes.
pub(crate) async fn jitter_never_reorders_a_stream(world: World) {
    let listener = world.net.bind(([127, 0, 0, 1], 0).into()).await.expect("a port");
    let slow = "
  slow: { during: fault, latency: { endpoint: dingtalk, direction: to-endpoint, lognormal: { median: 30ms, sigma: 1 } } }";
    let rig = Rig::build(&world, slow, Some(listener.local_addr())).await;
    rig.apply(0);
    let near = rig.stream(rig.plan.member(PURCHASING, 0)).await;
    let (mut far, _) = listener.accept().await.expect("the path dials");
    let (_, mut near) = tokio::io::split(near);
    let began = rig.now();
    let writing = async {
        for number in 0_u32..200 {
            near.write_all(&number.to_be_bytes()).await.expect("room");
            rig.sleep(2).await;
        }
        near.shutdown().await.expect("it is open");
    };
    let reading = async {
        let (mut numbers, mut moments) = (Vec::new(), Vec::new());
        let mut four = [0; 4];
        while far.read_exact(&mut four).await.is_ok() {
            numbers.push(u32::from_be_bytes(four));
            moments.push(rig.now());
        }
        (numbers, moments)
    };
    let ((), (numbers, moments)) = futures_util::future::join(writing, reading).await;
    assert_eq!(numbers, (0..200).collect::<Vec<_>>(), "all of them, in order");
    // No chunk is sooner than the link; and with a median of 30 ms at σ = 1 the chance that all of two hundred draws stay below 60 ms,
    // Φ(ln 2)^200 = 0.756^200, is nothing: some waited, and those behind them did, too.
    let waited = (0_u64..).zip(&moments).map(|(n, at)| at.since(began + Span::from_millis(2 * n)).millis_f64());
    let most = waited.clone().fold(0.0, f64::max);
    assert!(waited.clone().fold(f64::MAX, f64::min) >= 10.0 - 1e-3 || !rig.world.clock.is_virtual());
    assert!(most >= 70.0, "the longest wait is {most} ms");
    let hits = rig.hits().await;
    assert!(hits.iter().map(|hit| hit.units).sum::<u32>() >= 1, "{hits:?}");
}
