//! Services that speak in frames, by their description alone: what is acknowledged, what arrives, what is late, what never comes.

use serde_json::Value;

use crate::common::number;
use crate::told::Told;

/// Five senders and four recipients in Hong Kong, a service in Shenzhen, 10 ms away. Something happens from 2 s to 4 s.
const DRILL: &str = "\
firedrill: 1
name: wires
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints: { desk: { KIND, region: shenzhen, receipts: WAY } }
groups: { office: { count: 5, region: hk }, factory: { count: 4, region: hk } }
journeys:
  order: { from: office, to: factory, send: chat, rate: 50/s, deadline: 2s, routes: [desk] }
phases: { baseline: 2s, fault: 2s, recovery: 2s }
injects: { trouble: { during: fault, FAULT } }
grace: 15s
targets: { steady: { expr: \"p99(delivery_latency) <= 1s\", level: must } }
";

/// Answers say which message they are about; recipients have a path of their own.
const SOCKET: (&str, &str) = (
    "kind: websocket, connect: { path: \"/chat?user={from}\", headers: { authorization: \"Bearer {token}\" } }, \
     send: { json: '{\"op\": \"send\", \"id\": \"{message}\", \"to\": [\"{to}\"], \"body\": \"{text}\"}' }, \
     taken: { json: '{\"op\": \"ack\", \"id\": \"{message}\"}' }, \
     refused: { json: '{\"op\": \"no\", \"id\": \"{message}\", \"why\": \"{code}\"}' }",
    "{ push: { json: '{\"op\": \"new\", \"body\": \"{text}\"}', path: \"/inbox/{to}\" } }",
);
/// Lines, a login, and answers that say nothing but yes or no.
const LINES: (&str, &str) = (
    "kind: tcp, framing: crlf, login: { text: \"HELLO {from} {token}\", taken: { text: \"WELCOME {any}\" }, refused: { text: \"BYE {code}\" } }, \
     send: { text: \"SEND {to} {text}\" }, taken: { text: OK }, refused: { text: \"ERR {code}\" }",
    "{ push: { text: \"MSG {from} {text}\" } }",
);

/// 50 a second for 6 s.
const MESSAGES: u64 = 300;
/// Those due in the 2 s of the fault.
const IN_FAULT: u64 = 100;

fn play(world: &str, (kind, way): (&str, &str), fault: &str, changes: &[(&str, &str)]) -> Told {
    let text = DRILL.replace("KIND", kind).replace("WAY", way).replace("FAULT", fault);
    Told::by(world, "wires.yaml", text, changes)
}

in_both!(
    frames_bring_everything_and_late_what_is_late,
    lines_bring_everything_and_wait_where_the_way_is_long,
    what_vanishes_is_never_received,
    what_comes_twice_is_counted,
    frames_are_overtaken_by_later_ones,
    a_socket_that_is_dropped_is_opened_again,
    frozen_senders_are_refused_a_connection_and_nobody_else,
    frozen_recipients_of_lines_receive_when_the_freeze_is_lifted,
    a_cut_holds_what_is_said_until_it_heals,
    what_a_service_took_is_all_that_is_known_without_receipts,
    where_nobody_answers_what_was_said_counts_as_taken,
);

mod cases {
    use super::*;

    /// One trip there and one back.
    const TRIPS_MS: f64 = 20.0;

    /// Half a second is left for a machine that is busy; figures are kept to three digits.
    fn is_about(found: f64, least: f64) {
        assert!((least * 0.999..least + 500.0).contains(&found), "{found} is not about {least}");
    }

    pub(super) fn frames_bring_everything_and_late_what_is_late(world: &str) {
        let told = play(world, SOCKET, "push_delay: { constant: 300ms, capability: receive }", &[]);
        told.is_whole(MESSAGES);
        is_about(told.latency("baseline", "p50"), TRIPS_MS);
        is_about(told.latency("fault", "p50"), TRIPS_MS + 300.0);
        // Every message due in the fault is pushed in it or within the trip after it; those of the trip before it as well.
        assert!((IN_FAULT - 10..=IN_FAULT + 30).contains(&told.hits()), "{}", told.hits());
        // Answers come on other connections: no attempt waits for what is late there.
        assert_eq!(told.attempts("acknowledged").len() as u64, MESSAGES);
    }

    pub(super) fn lines_bring_everything_and_wait_where_the_way_is_long(world: &str) {
        let told = play(world, LINES, "latency: { constant: 100ms, endpoint: desk }", &[]);
        told.is_whole(MESSAGES);
        is_about(told.latency("baseline", "p50"), TRIPS_MS);
        // The message's way there and its push's back.
        is_about(told.latency("fault", "p50"), TRIPS_MS + 200.0);
    }

    pub(super) fn what_vanishes_is_never_received(world: &str) {
        let told = play(world, SOCKET, "silent_loss: { capability: receive }", &[]);
        let (owed, lost) = (told.delivery("owed"), told.delivery("lost"));
        assert_eq!((owed, lost), (MESSAGES, told.hits()), "{}", told.words);
        // Messages due in the fault are pushed in it, but for the trips at either end.
        assert!((IN_FAULT - 10..=IN_FAULT + 10).contains(&lost), "{lost}");
    }

    pub(super) fn what_comes_twice_is_counted(world: &str) {
        let told = play(world, SOCKET, "duplicate: { capability: receive, direction: from-endpoint }", &[]);
        let counted = ["owed", "delivered", "lost"].map(|what| told.delivery(what));
        assert_eq!(counted, [MESSAGES, MESSAGES, 0], "{}", told.words);
        let twice = told.delivery("duplicated");
        assert!((IN_FAULT - 10..=IN_FAULT + 10).contains(&twice), "{twice} {}", told.words);
    }

    /// A tenth of the pushed frames is kept back for a second, in which their recipient is pushed a dozen others.
    pub(super) fn frames_are_overtaken_by_later_ones(world: &str) {
        let fault = "reorder: { capability: receive, direction: from-endpoint, by: 1s, chance: 10% }";
        let told = play(world, SOCKET, fault, &[("<= 1s", "<= 3s")]);
        told.is_whole(MESSAGES);
        let (hits, late) = (told.hits(), told.delivery("reordered"));
        // A hundred frames or so, each drawn by itself: ten, with a standard deviation of three, and more than none or half of all with all
        // but no chance.
        assert!((1..=IN_FAULT / 2).contains(&hits), "{hits} {}", told.words);
        // Each that was kept back was overtaken by one of its own stream, which is a sender's: five, and within a second ten are due in each.
        // Kept back together none overtakes the other.
        assert!(late >= 1 && late <= hits, "{late} of {hits} {}", told.words);
        assert!(told.latency("fault", "p50") < 1_000.0, "most of them are not kept back: {}", told.words);
    }

    /// Nobody is told no: whoever sends or receives opens another connection.
    pub(super) fn a_socket_that_is_dropped_is_opened_again(world: &str) {
        let told = play(world, SOCKET, "websocket_drop: { endpoint: desk, code: 1012 }", &[]);
        // Five connections of senders and four of recipients stand when it begins, if each has sent: at ten a second, each has. What is
        // opened later is closed as well.
        assert!(told.hits() >= 9, "{} {}", told.hits(), told.words);
        let owed = told.delivery("owed");
        let counted = told.delivery("delivered") + told.delivery("lost");
        assert_eq!((owed, told.delivery("pending")), (counted, 0), "{}", told.words);
        // What is due when the fault is over goes as before.
        let after = told.lines.iter().filter(|line| line["record"] == "attempt" && number(&line["sent_s"]) >= 4.1);
        assert!(
            after.clone().count() >= 90 && after.clone().all(|line| line["ending"] == "acknowledged"),
            "{}",
            told.words
        );
    }

    /// A handshake shows whose it is; the words are those of HTTP.
    pub(super) fn frozen_senders_are_refused_a_connection_and_nobody_else(world: &str) {
        let freeze = "account_freeze: { endpoint: desk, group: office, share: 40%, mode: whole }";
        let told = play(world, SOCKET, freeze, &[("p99(delivery_latency) <= 1s", "availability >= 1%")]);
        let refused = told.attempts("refused");
        // Two of five senders, who take turns. What was in its trips when they were frozen is cut off: at most two of each; what is due in
        // the trip before the lift may fall on its other side.
        assert!((IN_FAULT * 2 / 5).abs_diff(refused.len() as u64) <= 6, "{} {}", refused.len(), told.words);
        assert!(refused.iter().all(|line| line["status"] == 403), "{:?}", refused.first());
        let others = told.attempts("unanswered").len() + told.attempts("not_sent").len();
        assert!(others <= 4, "{others} {}", told.words);
    }

    /// Whose a bare connection is, its address tells; what stands is closed, and so is whatever is opened meanwhile.
    pub(super) fn frozen_recipients_of_lines_receive_when_the_freeze_is_lifted(world: &str) {
        let freeze = "account_freeze: { endpoint: desk, group: factory, mode: whole }";
        let told = play(world, LINES, freeze, &[("p99(delivery_latency) <= 1s", "availability >= 1%")]);
        // What was pushed on a connection that was being closed is gone: as much as is on the way in a trip, from each of four.
        assert!(told.delivery("lost") <= 4, "{}", told.words);
        assert_eq!(told.received_under(4.0), [0.0; 0], "{}", told.words);
    }

    pub(super) fn a_cut_holds_what_is_said_until_it_heals(world: &str) {
        for way in [SOCKET, LINES] {
            let cut = "partition: { link: hk-shenzhen }";
            let told = play(world, way, cut, &[("deadline: 2s", "deadline: 5s"), ("<= 1s", "<= 9s")]);
            told.is_whole(MESSAGES);
            assert_eq!(told.received_under(4.0), [0.0; 0], "{}", told.words);
        }
    }

    pub(super) fn what_a_service_took_is_all_that_is_known_without_receipts(world: &str) {
        for (kind, _) in [SOCKET, LINES] {
            let told = play(
                world,
                (kind, "acceptance"),
                "latency: { constant: 50ms }",
                &[("delivery_latency", "accept_latency")],
            );
            assert_eq!(told.summary["journeys"][0]["basis"], "acceptance", "{}", told.words);
            assert_eq!(told.attempts("acknowledged").len() as u64, MESSAGES);
            // There and back, 10 ms each.
            is_about(told.latency("baseline", "p50"), TRIPS_MS);
        }
    }

    pub(super) fn where_nobody_answers_what_was_said_counts_as_taken(world: &str) {
        let kind = "kind: tcp, framing: length16, send: { text: \"{to} {text}\" }, login: { text: \"{from}\" }";
        let told = play(world, (kind, "{ push: { text: \"{text}\" } }"), "latency: { constant: 50ms }", &[]);
        told.is_whole(MESSAGES);
        let taken = told.attempts("acknowledged");
        // Written at once: nobody waits for a trip. Half a second is left for a machine that is busy.
        let took = |line: &&Value| number(&line["done_s"]) - number(&line["sent_s"]);
        assert!(taken.len() as u64 == MESSAGES && taken.iter().skip(5).all(|line| took(line) < 0.5), "{}", told.words);
    }
}
