//! The faults of services that inspect texts: what whoever asks sees, and that nobody else sees anything.

use firedrill::journal::Fate;
use firedrill::units::Span;
use firedrill::vendor::dlp::{Verdict, inspect_request, read_verdict};
use firedrill::world::World;

use crate::rig::{Client, DINGTALK, GUARD, LINK, PURCHASING, Rig};

/// What is said of a text; `None` if there is no answer within five seconds.
async fn ask(rig: &Rig, client: &mut Client) -> Option<Result<Verdict, u16>> {
    let asking = client.try_ask(inspect_request("QQ123456(A)"));
    let (status, body) = rig.world.clock.timeout(rig.now() + Span::from_secs(5), asking).await.ok()??;
    Some(read_verdict(status, &body).map_err(|_| status.as_u16()))
}

async fn rig(world: &World, fault: &str) -> (Rig, Client) {
    let rig = Rig::twins(world, &format!("  x: {{ during: fault, {fault} }}")).await;
    let mut client = rig.client(rig.plan.member(PURCHASING, 0), GUARD).await;
    // In peace it is asked over the same connection. The check digit is wrong.
    assert_eq!(ask(&rig, &mut client).await, Some(Ok(Verdict::Pass)));
    rig.apply(0);
    (rig, client)
}

/// Whatever else passes the path is untouched, at the same place and elsewhere.
async fn nobody_else_is_hit(rig: &Rig) {
    let account = rig.plan.member(PURCHASING, 1);
    let before = rig.hits().await.len();
    let mut other = rig.client(account, DINGTALK).await;
    assert_eq!(other.login().await.0, 200);
    assert_eq!(other.send("factory-1", "x").await.0, 200);
    let mut knocking = rig.client(account, GUARD).await;
    assert_eq!(knocking.knock().await, 404);
    assert_eq!(rig.hits().await.len(), before);
}

pub(crate) async fn slow(world: World) {
    let (rig, mut client) = rig(&world, "dlp_slow: { constant: 300ms }").await;
    let began = rig.now();
    assert_eq!(ask(&rig, &mut client).await, Some(Ok(Verdict::Pass)));
    let took = rig.now().since(began);
    // There and back, and what the fault adds.
    let least = LINK * 2 + Span::from_millis(300);
    assert!((least..=least + rig.slack()).contains(&took), "{took}");
    nobody_else_is_hit(&rig).await;
    rig.lift(0);
    let began = rig.now();
    ask(&rig, &mut client).await;
    assert!(rig.now().since(began) <= LINK * 2 + rig.slack());
    assert_eq!(rig.hits().await.len(), 1);
}

pub(crate) async fn down_with_errors(world: World) {
    let (rig, mut client) = rig(&world, "dlp_down: {}").await;
    assert_eq!(ask(&rig, &mut client).await, Some(Err(503)));
    nobody_else_is_hit(&rig).await;
    rig.lift(0);
    assert_eq!(ask(&rig, &mut client).await, Some(Ok(Verdict::Pass)), "over the same connection");
}

pub(crate) async fn down_without_a_word(world: World) {
    let (rig, mut client) = rig(&world, "dlp_down: { how: hang }").await;
    assert_eq!(ask(&rig, &mut client).await, None);
    nobody_else_is_hit(&rig).await;
    // What was swallowed is gone; whoever asks anew is answered.
    rig.lift(0);
    let mut anew = rig.client(rig.plan.member(PURCHASING, 0), GUARD).await;
    assert_eq!(ask(&rig, &mut anew).await, Some(Ok(Verdict::Pass)));
}

pub(crate) async fn down_by_resets(world: World) {
    let (rig, mut client) = rig(&world, "dlp_down: { how: reset }").await;
    assert!(client.try_ask(inspect_request("x")).await.is_none(), "reset");
    let fates: Vec<_> = rig.hits().await.iter().map(|hit| hit.fate).collect();
    assert_eq!(fates, [Fate::Reset]);
    nobody_else_is_hit(&rig).await;
}
