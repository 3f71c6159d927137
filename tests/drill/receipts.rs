//! Receipts in the platforms' own ways, over the faulty path: what arrives, when, what is late, what never comes.

use crate::told::Told;

/// Five senders and four recipients in Hong Kong, a platform in Shenzhen, 10 ms away. Something happens from 2 s to 4 s.
const DRILL: &str = "\
firedrill: 1
name: receipts
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints: { platform: { KIND, region: shenzhen, limits: off, receipts: WAY } }
groups: { office: { count: 5, region: hk }, factory: { count: 4, region: hk } }
journeys:
  order: { from: office, to: factory, send: chat, rate: 50/s, deadline: 2s, routes: [platform] }
phases: { baseline: 2s, fault: 2s, recovery: 2s }
injects: { trouble: { during: fault, FAULT } }
grace: 15s
targets: { steady: { expr: \"p99(delivery_latency) <= 30s\", level: must } }
";

const STREAM: (&str, &str) = ("kind: dingtalk, edition: mainland", "stream");
const NOTIFICATION: (&str, &str) = ("kind: teams", "notification");
const READ_STATUS: (&str, &str) = ("kind: dingtalk, edition: mainland", "{ read_status: { every: 1s } }");

/// A service that nobody here knows, by its description alone.
const DESCRIBED: &str = "kind: http, \
    send: { path: /messages, headers: { authorization: \"Bearer {token}\" }, json: '{\"to\": \"{to}\", \"text\": \"{text}\"}' }, \
    success: { status: 202, at: /state, equals: queued }";
const POLL: (&str, &str) = (
    DESCRIBED,
    "{ poll: { every: 200ms, path: \"/messages/{to}?since={after}\", texts: /items/*/text, next: /next } }",
);

/// 50 a second for 6 s.
const MESSAGES: u64 = 300;
/// Those due in the 2 s of the fault.
const IN_FAULT: u64 = 100;

fn play(world: &str, (kind, way): (&str, &str), fault: &str, changes: &[(&str, &str)]) -> Told {
    let text = DRILL.replace("KIND", kind).replace("WAY", way).replace("FAULT", fault);
    Told::by(world, "receipts.yaml", text, changes)
}

in_both!(
    a_stream_brings_everything_and_late_what_is_late,
    notifications_bring_everything_and_late_what_is_late,
    a_read_status_is_seen_when_it_is_asked_for,
    frozen_recipients_receive_by_stream_when_the_freeze_is_lifted,
    frozen_recipients_fetch_what_they_were_notified_of_when_the_freeze_is_lifted,
    notifications_cross_a_partition_when_it_heals,
    notifications_that_vanish_are_never_received,
    pushes_that_come_twice_are_counted,
    channels_are_subscribed_to_as_well,
    polls_bring_everything_within_the_time_between_two,
    a_poll_that_lists_everything_each_time_counts_nothing_twice,
    frozen_recipients_receive_by_polls_when_the_freeze_is_lifted,
    a_described_service_refuses_a_frozen_sender_and_nobody_else,
    what_a_described_service_took_is_all_that_is_known_without_receipts,
);

mod cases {
    use super::*;

    /// One trip there and one back.
    const STREAM_MS: f64 = 20.0;
    /// The message's trip; handshake, request of the call (3 trips); question and answer of the fetch (2 trips).
    const NOTIFICATION_MS: f64 = 60.0;

    fn late(world: &str, way: (&str, &str), least: f64) {
        let told = play(world, way, "push_delay: { constant: 300ms }", &[]);
        told.is_whole(MESSAGES);
        let (before, during) = (told.latency("baseline", "p50"), told.latency("fault", "p50"));
        // Half a second is left for a machine that is busy; figures are kept to three digits.
        assert!((least * 0.999..least + 500.0).contains(&before), "{before}");
        assert!((least + 300.0..least + 800.0).contains(&(during * 1.001)), "{during}");
        // Every message due in the fault is pushed in it or within the trip after it; those of the trip before it as well.
        assert!((IN_FAULT - 10..=IN_FAULT + 30).contains(&told.hits()), "{}", told.hits());
    }

    pub(super) fn a_stream_brings_everything_and_late_what_is_late(world: &str) {
        late(world, STREAM, STREAM_MS);
    }

    pub(super) fn notifications_bring_everything_and_late_what_is_late(world: &str) {
        late(world, NOTIFICATION, NOTIFICATION_MS);
    }

    /// Each is asked for a second after it was taken, and by then everybody has read it: one question each, and the answer takes its way.
    pub(super) fn a_read_status_is_seen_when_it_is_asked_for(world: &str) {
        let fault = "capability_missing: { capability: status }";
        let told = play(world, READ_STATUS, fault, &[("deadline: 2s", "deadline: 3s")]);
        told.is_whole(MESSAGES);
        let (least, most) = (told.latency("baseline", "p50"), told.latency("baseline", "max"));
        // There and back 20 ms, a second, there and back again; a question in the fault is asked once more a second later, and again.
        assert!(least >= 1_040.0 * 0.999 && most >= least, "{least} {most}");
        // What was taken in the second before the fault is asked for in its first second, and again in its other; and what is taken in its
        // first second in its other: two seconds' messages and one's.
        let hits = told.hits();
        assert!((IN_FAULT..=IN_FAULT * 3 / 2 + 20).contains(&hits), "{hits}");
        let answer = told.lines.iter().find(|line| line["record"] == "hit").expect("a hit");
        assert_eq!(answer["fate"], "refused", "{answer}");
    }

    fn frozen(world: &str, way: (&str, &str)) {
        let freeze = "account_freeze: { endpoint: platform, group: factory, mode: whole }";
        let told = play(world, way, freeze, &[("p99(delivery_latency) <= 30s", "lost == 0")]);
        let arrived = ["owed", "delivered", "lost"].map(|what| told.delivery(what));
        assert_eq!(arrived, [MESSAGES, MESSAGES, 0], "{}", told.words);
        // What each of four was pushed last may have been cut off from its acknowledgement: then it is pushed again.
        assert!(told.delivery("duplicated") <= 4, "{}", told.words);
        // Whoever is frozen receives nothing before the lift at 4 s, and then everything: what was due in the middle waits half of 2 s.
        assert_eq!(told.received_under(4.0), [0.0; 0], "{}", told.words);
        let p50 = told.latency("fault", "p50");
        assert!((900.0..3_000.0).contains(&p50), "{p50}");
    }

    pub(super) fn frozen_recipients_receive_by_stream_when_the_freeze_is_lifted(world: &str) {
        frozen(world, STREAM);
    }

    pub(super) fn frozen_recipients_fetch_what_they_were_notified_of_when_the_freeze_is_lifted(world: &str) {
        frozen(world, NOTIFICATION);
    }

    /// Only the platform's side of the link is cut: calls wait, messages go through.
    pub(super) fn notifications_cross_a_partition_when_it_heals(world: &str) {
        let cut = "partition: { link: hk-shenzhen, direction: from-endpoint, capability: receive }";
        let told = play(world, NOTIFICATION, cut, &[]);
        told.is_whole(MESSAGES);
        assert_eq!(told.received_under(4.0), [0.0; 0], "{}", told.words);
        let attempts = told.lines.iter().filter(|line| line["record"] == "attempt");
        assert!(attempts.clone().all(|line| line["ending"] == "acknowledged"), "{}", told.words);
    }

    /// The platform takes them for delivered, and does not call again.
    pub(super) fn notifications_that_vanish_are_never_received(world: &str) {
        let told = play(world, NOTIFICATION, "silent_loss: { endpoint: platform }", &[]);
        let (owed, lost) = (told.delivery("owed"), told.delivery("lost"));
        assert_eq!((owed, lost), (MESSAGES, told.hits()), "{}", told.words);
        // Messages due in the fault are told of in it, but for the trips at either end.
        assert!((IN_FAULT - 10..=IN_FAULT + 10).contains(&lost), "{lost}");
    }

    pub(super) fn pushes_that_come_twice_are_counted(world: &str) {
        let fault = "duplicate: { endpoint: platform, capability: receive, direction: from-endpoint }";
        for way in [STREAM, NOTIFICATION] {
            let told = play(world, way, fault, &[]);
            let counted = ["owed", "delivered", "lost"].map(|what| told.delivery(what));
            assert_eq!(counted, [MESSAGES, MESSAGES, 0], "{}", told.words);
            let twice = told.delivery("duplicated");
            assert!((IN_FAULT - 10..=IN_FAULT + 10).contains(&twice), "{twice} {}", told.words);
        }
    }

    pub(super) fn channels_are_subscribed_to_as_well(world: &str) {
        let fault = "latency: { constant: 50ms, endpoint: platform }";
        let told = play(world, NOTIFICATION, fault, &[("send: chat", "send: group")]);
        told.is_whole(MESSAGES);
    }

    pub(super) fn polls_bring_everything_within_the_time_between_two(world: &str) {
        let told = play(world, POLL, "latency: { constant: 50ms, endpoint: platform }", &[]);
        told.is_whole(MESSAGES);
        let (least, most) = (told.latency("baseline", "p50"), told.latency("baseline", "max"));
        // There 10 ms, and the answer's way back 10 ms; at most a whole turn more: 200 ms and the question's two trips. Half a second is left
        // for a machine that is busy, and figures are kept to three digits.
        assert!(least >= 20.0 * 0.999 && most <= 240.0 * 1.001 + 500.0, "{least} {most}");
    }

    /// The same without a place to go on from: every answer has all that ever came.
    pub(super) fn a_poll_that_lists_everything_each_time_counts_nothing_twice(world: &str) {
        let way = "{ poll: { every: 200ms, path: \"/messages/{to}\", texts: /*/text } }";
        let fault = "duplicate: { endpoint: platform, capability: chat, direction: to-endpoint }";
        let told = play(world, (DESCRIBED, way), fault, &[]);
        let counted = ["owed", "delivered", "lost"].map(|what| told.delivery(what));
        assert_eq!(counted, [MESSAGES, MESSAGES, 0], "{}", told.words);
        // What the path sent twice the service has twice. At either end of the fault there are those of one trip.
        let twice = told.delivery("duplicated");
        assert!((IN_FAULT - 10..=IN_FAULT + 10).contains(&twice), "{twice} {}", told.words);
    }

    pub(super) fn frozen_recipients_receive_by_polls_when_the_freeze_is_lifted(world: &str) {
        let freeze = "account_freeze: { endpoint: platform, group: factory, mode: whole }";
        let told = play(world, POLL, freeze, &[("p99(delivery_latency) <= 30s", "lost == 0")]);
        told.is_whole(MESSAGES);
        assert_eq!(told.received_under(4.0), [0.0; 0], "{}", told.words);
        // Whoever asks and is refused asks again after a quarter of a second, or an eighth of the time since: 250 ms here.
        let p50 = told.latency("fault", "p50");
        assert!((900.0..3_000.0).contains(&p50), "{p50}");
    }

    /// Who sends is told by what the description calls `{token}`; the words are those of HTTP, since nobody knows the service's own.
    pub(super) fn a_described_service_refuses_a_frozen_sender_and_nobody_else(world: &str) {
        let freeze = "account_freeze: { endpoint: platform, group: office, share: 40%, mode: whole }";
        let told = play(world, POLL, freeze, &[("p99(delivery_latency) <= 30s", "availability >= 1%")]);
        let attempts = told.lines.iter().filter(|line| line["record"] == "attempt");
        let refused: Vec<_> = attempts.filter(|line| line["ending"] == "refused").collect();
        // Two of five senders, who take turns; what was due in the trip before either end may fall on its other side.
        assert!((IN_FAULT * 2 / 5).abs_diff(refused.len() as u64) <= 2, "{} {}", refused.len(), told.words);
        assert!(refused.iter().all(|line| line["status"] == 403), "{:?}", refused.first());
        assert_eq!(told.delivery("delivered"), MESSAGES - refused.len() as u64, "{}", told.words);
    }

    pub(super) fn what_a_described_service_took_is_all_that_is_known_without_receipts(world: &str) {
        let told = play(
            world,
            (DESCRIBED, "acceptance"),
            "latency: { constant: 50ms }",
            &[("delivery_latency", "accept_latency")],
        );
        assert_eq!(told.summary["journeys"][0]["basis"], "acceptance", "{}", told.words);
        assert!(told.lines.iter().all(|line| line["record"] != "receipt"));
        let taken = told.lines.iter().filter(|line| line["record"] == "attempt" && line["ending"] == "acknowledged");
        assert_eq!(taken.count() as u64, MESSAGES);
    }
}
