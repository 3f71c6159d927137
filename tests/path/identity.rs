//! Tokens, limits, capabilities, and the signs by which a fence tells who goes round it.

use firedrill::plan::Capability;
use firedrill::units::{AccountId, Span};
use firedrill::vendor::Answer;
use firedrill::world::World;

use crate::rig::{ABROAD, Client, DINGTALK, FACTORY, PURCHASING, Rig};

async fn ready(rig: &Rig, account: AccountId) -> Client {
    let mut client = rig.client(account, DINGTALK).await;
    assert_eq!(client.login().await.0, 200);
    client
}

/// The statuses of so many messages, one after the other.
async fn statuses(client: &mut Client, messages: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..messages {
        statuses.push(client.send("factory-1", "x").await.0.as_u16());
    }
    statuses
}

pub(crate) async fn a_revoked_token_is_refused_until_a_new_one_is_asked_for(world: World) {
    let rig =
        Rig::twins(&world, "  x: { during: fault, token_revoke: { endpoint: dingtalk, group: purchasing } }").await;
    let mut client = ready(&rig, rig.plan.member(PURCHASING, 0)).await;
    let mut other = ready(&rig, rig.plan.member(FACTORY, 0)).await;
    assert_eq!(client.send("factory-1", "before").await.0, 200);
    rig.sleep(5).await;
    rig.apply(0);
    for _ in 0..3 {
        let (status, answer, _) = client.send("factory-1", "x").await;
        assert_eq!((status.as_u16(), answer), (400, Answer::Refused("InvalidAuthentication".into())));
    }
    assert_eq!(other.send("factory-2", "x").await.0, 200, "the factory's tokens are not aimed at");
    // Logging in is allowed, and what it gives is good, though the fault is still on.
    assert_eq!(client.login().await.0, 200);
    assert_eq!(client.send("factory-1", "x").await.0, 200);
    let hits = rig.hits().await;
    assert_eq!(hits.iter().map(|hit| hit.account).collect::<Vec<_>>(), [Some(rig.plan.member(PURCHASING, 0)); 3]);
}

pub(crate) async fn a_token_expires_sooner_than_was_said(world: World) {
    let rig = Rig::twins(&world, "  x: { during: fault, token_expire: { endpoint: dingtalk, after: 2s } }").await;
    rig.apply(0);
    let mut client = ready(&rig, rig.plan.member(PURCHASING, 0)).await;
    assert_eq!(client.send("factory-1", "x").await.0, 200, "the twin's own tokens are good for two hours");
    rig.sleep(2_000).await;
    // It was given out before the client had it: it is older than two seconds now.
    assert_eq!(client.send("factory-1", "x").await.0, 400);
    assert_eq!(client.login().await.0, 200);
    assert_eq!(client.send("factory-1", "x").await.0, 200);
    rig.sleep(2_000).await;
    assert_eq!(client.send("factory-1", "x").await.0, 400);
    rig.lift(0);
    assert_eq!(client.send("factory-1", "x").await.0, 200, "its real lifetime counts again");
}

pub(crate) async fn whoever_exceeds_a_limit_is_refused_until_the_span_has_slid_on(world: World) {
    let limit = "rate_limit: { endpoint: dingtalk, capability: chat, requests: 5, within: 20s }";
    let rig = Rig::twins(&world, &format!("  x: {{ during: fault, {limit} }}")).await;
    let (mut one, mut two) =
        (ready(&rig, rig.plan.member(PURCHASING, 0)).await, ready(&rig, rig.plan.member(PURCHASING, 1)).await);
    rig.apply(0);
    let began = rig.now();
    assert_eq!(statuses(&mut one, 7).await, [200, 200, 200, 200, 200, 403, 403], "logging in does not count");
    let (_, answer, _) = one.send("factory-1", "x").await;
    assert_eq!(answer, Answer::Refused("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi".into()));
    assert_eq!(statuses(&mut two, 1).await, [200], "each account for itself");
    if world.clock.is_virtual() {
        // The first reached the path at once: clients are beside their door, and the link comes after it.
        world.clock.until(began + Span::from_micros(19_999_999)).await;
        assert_eq!(statuses(&mut one, 1).await, [403], "a microsecond early");
        world.clock.until(began + Span::from_millis(20_020)).await;
        assert_eq!(statuses(&mut one, 2).await, [200, 200], "the first two are twenty seconds ago");
    }
}

pub(crate) async fn a_ban_lasts_whatever_is_asked_meanwhile(world: World) {
    let limit =
        "rate_limit: { endpoint: dingtalk, capability: chat, requests: 3, within: 1m, ban: 4s, scope: organisation }";
    let rig = Rig::twins(&world, &format!("  x: {{ during: fault, {limit} }}")).await;
    let (mut one, mut two) =
        (ready(&rig, rig.plan.member(PURCHASING, 0)).await, ready(&rig, rig.plan.member(PURCHASING, 1)).await);
    rig.apply(0);
    assert_eq!(statuses(&mut one, 3).await, [200; 3]);
    assert_eq!(statuses(&mut two, 2).await, [403; 2], "everybody's together");
    rig.sleep(2_000).await;
    assert_eq!(statuses(&mut one, 1).await, [403], "two seconds of four");
    rig.sleep(2_000).await;
    assert_eq!(statuses(&mut one, 1).await, [200], "the ban is over, and counting begins anew");
}

pub(crate) async fn a_quota_is_used_up_once(world: World) {
    let rig =
        Rig::twins(&world, "  x: { during: fault, quota: { endpoint: dingtalk, capability: chat, calls: 4 } }").await;
    let (mut one, mut two) =
        (ready(&rig, rig.plan.member(PURCHASING, 0)).await, ready(&rig, rig.plan.member(FACTORY, 0)).await);
    rig.apply(0);
    assert_eq!(statuses(&mut one, 3).await, [200; 3]);
    assert_eq!(statuses(&mut two, 2).await, [200, 403]);
    let (_, answer, _) = one.send("factory-1", "x").await;
    assert_eq!(answer, Answer::Refused("Forbidden.AccessDenied.ApiCountLimitForOrg".into()));
    rig.lift(0);
    assert_eq!(statuses(&mut one, 1).await, [200]);
}

pub(crate) async fn a_missing_capability_is_no_such_function(world: World) {
    let rig =
        Rig::twins(&world, "  x: { during: fault, capability_missing: { endpoint: dingtalk, capability: chat } }")
            .await;
    let mut client = ready(&rig, rig.plan.member(PURCHASING, 0)).await;
    rig.apply(0);
    let (status, answer, _) = client.send("factory-1", "x").await;
    assert_eq!((status.as_u16(), answer), (404, Answer::Refused("InvalidAction.NotFound".into())));
    assert_eq!(client.login().await.0, 200, "logging in is not missing");
}

/// The people of `abroad` sit in Hong Kong and leave by a VPN in Singapore, 20 ms away each way.
pub(crate) async fn signs_together_tell_who_goes_round(world: World) {
    let cases = [
        // A VPN (40) and a round trip 40 ms longer than Singapore's own (25).
        ("vpn_detection", "rtt_excess: 39ms", 403),
        // The excess is 40 ms, and not more; 40 alone are too few.
        ("vpn_detection", "rtt_excess: 40ms", 200),
        ("vpn_detection", "rtt_excess: 40ms, threshold: 40", 403),
        // An address outside of Shenzhen (40) and a VPN (40).
        ("geo_fence", "welcome: [shenzhen], networks: [vpn]", 403),
        ("geo_fence", "welcome: [shenzhen, singapore], networks: [vpn], threshold: 41, time_zone: true", 200),
        ("geo_fence", "networks: [leased, direct], threshold: 40", 200),
        ("geo_fence", "welcome: [shenzhen], score: { country: 59, rtt: 1 }, rtt_excess: 1ms", 403),
    ];
    let inject = |(n, (fault, signs, _)): (usize, &(&str, &str, u16))| {
        format!("\n  x{n}: {{ during: fault, {fault}: {{ endpoint: dingtalk, {signs} }} }}")
    };
    let injects: String = cases.iter().enumerate().map(inject).collect();
    let rig = Rig::twins(&world, &injects).await;
    let mut abroad = ready(&rig, rig.plan.member(ABROAD, 0)).await;
    let mut factory = ready(&rig, rig.plan.member(FACTORY, 0)).await;
    for (inject, (fault, signs, expected)) in (0..).zip(&cases) {
        rig.apply(inject);
        assert_eq!(abroad.send("factory-1", "x").await.0, *expected, "{fault} {signs}");
        assert_eq!(factory.send("factory-2", "x").await.0, 200, "Shenzhen's own people show no sign: {signs}");
        rig.lift(inject);
    }
}

pub(crate) async fn a_fence_may_only_slow_down(world: World) {
    let fence = "geo_fence: { endpoint: dingtalk, region: hk, actions: { chat: slow, login: allow }, slow_by: 500ms }";
    let rig = Rig::twins(&world, &format!("  x: {{ during: fault, {fence} }}")).await;
    let mut client = ready(&rig, rig.plan.member(PURCHASING, 0)).await;
    rig.apply(0);
    let (began, (status, ..)) = (rig.now(), client.send("factory-1", "x").await);
    let (took, due) = (rig.now().since(began), Span::from_millis(520));
    // Half a second, and the link there and back.
    assert!(status == 200 && took >= due && took <= due + rig.slack(), "{status} {took}");
}

pub(crate) async fn a_platform_says_what_it_has_frozen(world: World) {
    let rig = Rig::twins(
        &world,
        "
  organisation: { during: fault, account_freeze: { endpoint: dingtalk, mode: organisation } }
  disabled: { during: fault, account_freeze: { endpoint: dingtalk, group: purchasing, share: 5%, mode: disabled } }",
    )
    .await;
    let everybody = [rig.plan.member(PURCHASING, 0), rig.plan.member(FACTORY, 0)];
    rig.apply(0);
    for account in everybody {
        let mut client = rig.client(account, DINGTALK).await;
        let (status, body) = client.login().await;
        assert!(status == 400 && body.contains("orgAccessForbidden"), "{status} {body}");
    }
    rig.lift(0);
    let whom = rig.plan.aimed(world.seed, firedrill::units::InjectId(1)).expect("a group");
    assert_eq!(whom.len(), 1, "round(5 % × 20)");
    let mut client = ready(&rig, whom[0]).await;
    let mut inbox = rig.inbox(whom[0], 0).await.expect("it opens");
    rig.apply(1);
    let (status, answer, _) = client.send("factory-1", "x").await;
    assert_eq!((status.as_u16(), answer), (400, Answer::Refused("staffId.notExisted".into())));
    assert_eq!(inbox.next().await, None, "his push connection is closed");
    assert!(Capability::Chat.is_sending() && !Capability::Receive.is_sending());
}

pub(crate) async fn who_has_left_is_shut_out_when_the_platform_has_heard_of_it(world: World) {
    let gone = "  x: { during: fault, deprovision: { group: purchasing, after: 2s } }";
    let rig = Rig::twins(&world, gone).await;
    let mut client = ready(&rig, rig.plan.member(PURCHASING, 0)).await;
    let mut other = ready(&rig, rig.plan.member(FACTORY, 0)).await;
    rig.apply(0);
    assert_eq!(client.send("factory-1", "nobody has told").await.0, 200);
    rig.sleep(2_000).await;
    let (status, answer, _) = client.send("factory-1", "x").await;
    assert_eq!((status.as_u16(), answer), (400, Answer::Refused("InvalidAuthentication".into())));
    // A new token is not to be had.
    assert_eq!(client.login().await.0, 400);
    assert_eq!(other.send("factory-2", "x").await.0, 200);
    rig.lift(0);
    assert_eq!(client.login().await.0, 200);
    assert_eq!(client.send("factory-1", "back").await.0, 200);
}

pub(crate) async fn tokens_of_who_has_left_may_live_on(world: World) {
    let gone = "  x: { during: fault, deprovision: { group: purchasing, token_life: 3s } }";
    let rig = Rig::twins(&world, gone).await;
    let mut client = ready(&rig, rig.plan.member(PURCHASING, 0)).await;
    rig.apply(0);
    assert_eq!(client.send("factory-1", "x").await.0, 200, "its token was given out before");
    let mut late = rig.client(rig.plan.member(PURCHASING, 1), DINGTALK).await;
    assert_ne!(late.login().await.0, 200, "nobody signs in any more");
    rig.sleep(3_000).await;
    assert_eq!(client.send("factory-1", "x").await.0, 400);
}
