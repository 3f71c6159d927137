//! A geo-fence goes by where an address lies, and by nothing else.

use firedrill::units::Span;
use firedrill::vendor::Answer;
use firedrill::world::World;

use crate::rig::{ABROAD, DINGTALK, FACTORY, LINK, PURCHASING, Rig, TEAMS};

pub(crate) async fn a_region_is_shut_out_in_the_vendors_words(world: World) {
    let rig =
        Rig::twins(&world, "  fence: { during: fault, geo_fence: { endpoints: [dingtalk, teams], region: hk } }").await;
    let me = rig.plan.member(PURCHASING, 3);
    let mut dingtalk = rig.client(me, DINGTALK).await;
    let mut teams = rig.client(me, TEAMS).await;
    let mut factory = rig.client(rig.plan.member(FACTORY, 0), DINGTALK).await;
    for client in [&mut dingtalk, &mut teams, &mut factory] {
        assert_eq!(client.login().await.0, 200);
    }
    assert_eq!(dingtalk.send("factory-1", "before").await.0, 200);
    rig.apply(0);
    let (began, (status, answer, body)) = (rig.now(), dingtalk.send("factory-1", "refused").await);
    let took = rig.now().since(began);
    assert_eq!((status.as_u16(), answer), (403, Answer::Refused("Forbidden.AccessDenied.IpNotInWhiteList".into())));
    assert!(body.contains(&format!("request ip={}", rig.address(me))), "the platform names the address it saw: {body}");
    assert!(took >= LINK * 2 && took <= LINK * 2 + rig.slack(), "the no travels as far as a yes: {took}");
    let (status, answer, body) = teams.send("factory-1", "refused").await;
    assert_eq!((status.as_u16(), answer), (401, Answer::Refused("InvalidAuthenticationToken".into())));
    assert!(body.contains("LocationConditionEvaluationSatisfied"), "{body}");
    assert_eq!(factory.send("purchasing-1", "from elsewhere").await.0, 200);
    rig.lift(0);
    assert_eq!(dingtalk.send("factory-1", "after").await.0, 200);
    let hits = rig.hits().await;
    assert_eq!(hits.iter().map(|hit| hit.account).collect::<Vec<_>>(), [Some(me); 2]);
}

/// The people of `abroad` sit in Hong Kong and leave by Singapore.
pub(crate) async fn a_vpn_users_address_is_that_of_his_exit(world: World) {
    let fences = "
  hk: { during: fault, geo_fence: { endpoint: dingtalk, region: hk } }
  singapore: { during: fault, geo_fence: { endpoint: dingtalk, region: singapore } }";
    let rig = Rig::twins(&world, fences).await;
    let mut at_home = rig.client(rig.plan.member(PURCHASING, 0), DINGTALK).await;
    let mut abroad = rig.client(rig.plan.member(ABROAD, 0), DINGTALK).await;
    assert_eq!((at_home.login().await.0.as_u16(), abroad.login().await.0.as_u16()), (200, 200));
    for (fence, expected) in [(0, (403, 200)), (1, (200, 403))] {
        rig.apply(fence);
        let told = (at_home.send("factory-1", "x").await.0.as_u16(), abroad.send("factory-1", "x").await.0.as_u16());
        assert_eq!(told, expected, "fence {fence}");
        rig.lift(fence);
    }
    // His way is the longer one: by Singapore, 20 + 15 ms each way.
    let began = rig.now();
    abroad.send("factory-1", "x").await;
    let took = rig.now().since(began);
    assert!(took >= Span::from_millis(70) && took <= Span::from_millis(70) + rig.slack(), "{took}");
}

pub(crate) async fn each_capability_has_its_action(world: World) {
    let fence = "
  fence: { during: fault, geo_fence: { endpoint: dingtalk, region: hk, actions: { login: allow, receive: allow } } }";
    let rig = Rig::twins(&world, fence).await;
    rig.apply(0);
    let mut client = rig.client(rig.plan.member(PURCHASING, 0), DINGTALK).await;
    assert_eq!(client.login().await.0, 200, "login is allowed");
    assert_eq!(client.send("factory-1", "x").await.0, 403, "chat is not named and so refused");
    let mut inbox = rig.inbox(rig.plan.member(PURCHASING, 1), 0).await.expect("receiving is allowed");
    let mut factory = rig.client(rig.plan.member(FACTORY, 0), DINGTALK).await;
    factory.login().await;
    assert_eq!(factory.send("purchasing-2", "hello").await.0, 200);
    assert_eq!(inbox.next().await, Some((1, "hello".into())));
}

pub(crate) async fn push_connections_of_the_fenced_are_closed(world: World) {
    let rig = Rig::twins(&world, "  fence: { during: fault, geo_fence: { endpoint: dingtalk, region: hk } }").await;
    let mut fenced = rig.inbox(rig.plan.member(PURCHASING, 0), 0).await.expect("it opens");
    let mut free = rig.inbox(rig.plan.member(FACTORY, 0), 0).await.expect("it opens");
    rig.apply(0);
    let began = rig.now();
    assert_eq!(fenced.next().await, None, "closed");
    assert!(rig.now() <= began + rig.slack(), "at once");
    assert!(rig.inbox(rig.plan.member(PURCHASING, 0), 0).await.is_none(), "and refused");
    let later = rig.now() + Span::from_millis(200);
    assert!(world.clock.timeout(later, free.next()).await.is_err(), "the others' stay open");
    rig.lift(0);
    assert!(rig.inbox(rig.plan.member(PURCHASING, 0), 0).await.is_some(), "until the lift");
}
