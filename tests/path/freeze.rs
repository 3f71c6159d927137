//! A frozen account: who, how it hears of it, and what becomes of its messages.

use firedrill::units::{AccountId, Span};
use firedrill::vendor::Answer;
use firedrill::world::World;

use crate::rig::{DINGTALK, FACTORY, PURCHASING, Rig, TEAMS};

/// Who of the twenty is refused.
async fn refused(rig: &Rig) -> Vec<AccountId> {
    let mut refused = Vec::new();
    for account in (0..20).map(|n| rig.plan.member(PURCHASING, n)) {
        let mut client = rig.client(account, DINGTALK).await;
        if client.login().await.0 != 200 || client.send("factory-1", "x").await.0 != 200 {
            refused.push(account);
        }
    }
    refused
}

pub(crate) async fn a_share_is_exactly_so_many_accounts(world: World) {
    let injects = "
  two-fifths: { during: fault, account_freeze: { endpoint: dingtalk, group: purchasing, share: 40% } }
  a-third: { during: fault, account_freeze: { endpoint: dingtalk, group: purchasing, share: 33% } }
  half-up: { during: fault, account_freeze: { endpoint: dingtalk, group: purchasing, share: 12.5% } }";
    let rig = Rig::twins(&world, injects).await;
    // round(8), round(6.6), round half up (2.5).
    let mut all = Vec::new();
    for (inject, count) in [(0, 8), (1, 7), (2, 3)] {
        rig.apply(inject);
        let some = refused(&rig).await;
        assert_eq!(some.len(), count, "{some:?}");
        assert_eq!(
            Some(some.clone()),
            rig.plan.aimed(world.seed, firedrill::units::InjectId(inject)),
            "as `plan` tells"
        );
        all.push(some);
        rig.lift(inject);
    }
    assert!(!all[0].starts_with(&all[1]) || !all[1].starts_with(&all[2]), "each inject draws for itself: {all:?}");
    assert_eq!(refused(&rig).await, []);
}

pub(crate) async fn a_frozen_account_hears_it_in_the_vendors_words(world: World) {
    let freeze = "  freeze: { during: fault, account_freeze: { endpoints: [dingtalk, teams], group: purchasing } }";
    let rig = Rig::twins(&world, freeze).await;
    let me = rig.plan.member(PURCHASING, 0);
    let (mut dingtalk, mut teams) = (rig.client(me, DINGTALK).await, rig.client(me, TEAMS).await);
    assert_eq!(
        (dingtalk.login().await.0, teams.login().await.0),
        (200.try_into().expect("ok"), 200.try_into().expect("ok"))
    );
    rig.apply(0);
    let (status, answer, body) = dingtalk.send("factory-1", "x").await;
    assert_eq!((status.as_u16(), answer), (400, Answer::Refused("bot.stopped".into())), "{body}");
    assert!(body.contains("requestid") && body.contains("机器人已停用"), "{body}");
    let (status, answer, body) = teams.send("factory-1", "x").await;
    assert_eq!((status.as_u16(), answer), (401, Answer::Refused("InvalidAuthenticationToken".into())), "{body}");
    // A new login of a new connection is refused, too; the frozen are known by their key.
    let mut anew = rig.client(me, DINGTALK).await;
    assert_eq!(anew.login().await.0, 400);
    // Others on the same platform are not.
    let mut other = rig.client(rig.plan.member(FACTORY, 0), DINGTALK).await;
    assert_eq!(other.login().await.0, 200);
    assert_eq!(other.send("factory-2", "x").await.0, 200);
}

pub(crate) async fn messages_to_the_frozen_are_kept_until_the_lift(world: World) {
    let rig =
        Rig::twins(&world, "  freeze: { during: fault, account_freeze: { endpoint: dingtalk, group: purchasing } }")
            .await;
    let frozen = rig.plan.member(PURCHASING, 4);
    let mut inbox = rig.inbox(frozen, 0).await.expect("it opens");
    let mut sender = rig.client(rig.plan.member(FACTORY, 0), DINGTALK).await;
    sender.login().await;
    sender.send("purchasing-5", "before").await;
    assert_eq!(inbox.next().await, Some((1, "before".into())));
    rig.apply(0);
    let began = rig.now();
    assert_eq!(inbox.next().await, None, "its push connection is closed");
    assert!(rig.now() <= began + rig.slack(), "at once");
    let (status, answer, _) = sender.send("purchasing-5", "while frozen").await;
    assert_eq!(
        (status.as_u16(), answer),
        (200, Answer::Acknowledged { declined: Vec::new() }),
        "the platform takes it"
    );
    for _ in 0..3 {
        assert!(rig.inbox(frozen, 1).await.is_none(), "refused until the lift");
        rig.sleep(50).await;
    }
    rig.lift(0);
    let mut inbox = rig.inbox(frozen, 1).await.expect("it opens again");
    assert_eq!(inbox.next().await, Some((2, "while frozen".into())), "kept and delivered");
}

pub(crate) async fn send_only_leaves_receiving_alone(world: World) {
    let freeze =
        "  mute: { during: fault, account_freeze: { endpoint: dingtalk, group: purchasing, mode: send-only } }";
    let rig = Rig::twins(&world, freeze).await;
    let muted = rig.plan.member(PURCHASING, 4);
    let (mut inbox, mut client) = (rig.inbox(muted, 0).await.expect("it opens"), rig.client(muted, DINGTALK).await);
    rig.apply(0);
    assert_eq!(client.login().await.0, 200, "logging in is not sending");
    let (status, answer, _) = client.send("factory-1", "x").await;
    assert_eq!((status.as_u16(), answer), (400, Answer::Refused("bot.forbidden.sendMessage".into())));
    let mut sender = rig.client(rig.plan.member(FACTORY, 0), DINGTALK).await;
    sender.login().await;
    sender.send("purchasing-5", "hello").await;
    let soon = rig.now() + Span::from_secs(5);
    assert_eq!(world.clock.timeout(soon, inbox.next()).await, Ok(Some((1, "hello".into()))));
}
