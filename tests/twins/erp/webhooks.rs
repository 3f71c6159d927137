use firedrill::plan::{Applies, Dedupe, Erp};
use firedrill::units::{Rate, Span};
use firedrill::vendor::Body;
use firedrill::vendor::erp::{Effect, Question};
use firedrill::world::World;
use hyper::Request;

use super::rig::Rig;

pub(super) async fn what_is_signed_is_booked_once_and_listed(world: World) {
    let rig = Rig::usual(&world).await;
    assert_eq!(rig.send(4).await.word(), (201, "booked"));
    let again = rig.send(4).await;
    assert_eq!((again.word(), &again.json["booking"]), ((200, "repeated"), &1.into()), "the first one's number");
    assert_eq!(rig.send(3).await.word(), (201, "booked"), "in any order");
    let told = |after| async move { rig.bookings(after).await };
    let all = told(0).await;
    let told: Vec<_> = all.iter().map(|entry| (entry.booking, entry.state, entry.effect)).collect();
    assert_eq!(told, [(1, 4, Effect::Booked), (2, 4, Effect::Repeated), (3, 3, Effect::Booked)]);
    assert!(all.iter().all(|entry| entry.document == "anna-0" && entry.to == ["bert"] && entry.text == "x"));
}

pub(super) async fn a_reader_asks_for_what_is_his(world: World) {
    let rig = Rig::usual(&world).await;
    rig.send(1).await;
    rig.send(2).await;
    let asked = |to, brief| Question { after: 1, to: Some(to), brief };
    let his = rig.page(asked("bert".into(), false)).await;
    assert_eq!((his.bookings.len(), his.bookings[0].booking, his.bookings[0].text.as_str()), (1, 2, "x"));
    assert_eq!(rig.page(asked("anna".into(), false)).await.bookings, []);
    let brief = rig.page(asked("bert".into(), true)).await.bookings;
    assert_eq!((brief[0].booking, brief[0].text.as_str(), brief[0].to.len()), (2, "", 0));
    let odd = Request::builder().uri("/v1/bookings?brief=perhaps").header("host", "x");
    let odd = odd.header("authorization", "Bearer fd-reader-bert");
    assert_eq!(rig.ask(odd.body(Body::default()).expect("a request")).await.word(), (400, "bad_request"));
}

pub(super) async fn what_is_not_signed_or_signed_long_ago_is_refused(world: World) {
    let rig = Rig::usual(&world).await;
    // Half a minute is left for a machine that is busy.
    let (late, early) = (rig.wall() - Span::from_secs(331), rig.wall() + Span::from_secs(361));
    assert_eq!(rig.ask(rig.webhook(1, late)).await.word(), (401, "stale_signature"));
    assert_eq!(rig.ask(rig.webhook(1, early)).await.word(), (401, "stale_signature"));
    let mut unsigned = rig.webhook(1, rig.wall());
    unsigned.headers_mut().remove("webhook-signature");
    assert_eq!(rig.ask(unsigned).await.word(), (401, "bad_signature"));
    let mut renamed = rig.webhook(1, rig.wall());
    renamed.headers_mut().insert("webhook-id", "fd-0.2".parse().expect("a value"));
    assert_eq!(rig.ask(renamed).await.word(), (401, "bad_signature"));
    let mut elsewhere = rig.webhook(1, rig.wall());
    *elsewhere.uri_mut() = "/v1/hooks/nobody".parse().expect("a path");
    assert_eq!(rig.ask(elsewhere).await.word(), (404, "not_found"));
    // Whoever reads shows a token.
    assert_eq!(rig.ask(Question::default().request("nobody")).await.word(), (401, "unauthorized"));
    let bare = Request::builder().uri("/v1/bookings").header("host", "x").body(Body::default()).expect("a request");
    assert_eq!(rig.ask(bare).await.word(), (401, "unauthorized"));
    assert_eq!(rig.bookings(0).await, []);
}

pub(super) async fn an_earlier_state_is_refused_where_order_is_kept(world: World) {
    let rig = Rig::new(&world, Erp { dedupe: Dedupe::Key, applies: Applies::InOrder, rate_limit: None }).await;
    assert_eq!(rig.send(4).await.word(), (201, "booked"));
    assert_eq!(rig.send(3).await.word(), (409, "out_of_order"));
    assert_eq!(rig.send(4).await.word(), (200, "repeated"));
    assert_eq!(rig.send(5).await.word(), (201, "booked"));
    assert_eq!(rig.bookings(0).await.len(), 3, "what is refused is in no ledger");
}

/// Two in a minute: nobody is so slow that the third comes in the next one.
pub(super) async fn too_many_are_told_when_to_come_again(world: World) {
    let rate_limit = Rate::new(2, Span::from_secs(60));
    let rig = Rig::new(&world, Erp { dedupe: Dedupe::Key, applies: Applies::AnyOrder, rate_limit }).await;
    assert_eq!((rig.send(1).await.status, rig.send(2).await.status), (201, 201));
    let told = rig.send(3).await;
    assert_eq!(told.word(), (429, "rate_limited"));
    let wait: u64 = told.wait.expect("a time to wait").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(rig.bookings(0).await.len(), 2);
}
