//! E-mail over the faulty path, to a mail server's twin: what arrives, what is refused in which words, and what nobody can know.

use serde_json::Value;

use crate::told::Told;

/// Five senders and four recipients in Hong Kong, a mail server in Shenzhen, 10 ms away. Something happens from 2 s to 4 s.
const DRILL: &str = "\
firedrill: 1
name: mail
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 10ms } }
endpoints: { mail: { kind: smtp, region: shenzhen } }
groups: { office: { count: 5, region: hk }, factory: { count: 4, region: hk } }
journeys:
  order: { from: office, to: factory, send: chat, rate: 20/s, deadline: 2s, routes: [mail] }
phases: { baseline: 2s, fault: 2s, recovery: 2s }
injects: { trouble: { during: fault, FAULT } }
grace: 15s
targets: { arrive: { expr: \"lost == 0\", level: must } }
";

/// 20 a second for 6 s.
const MESSAGES: u64 = 120;
/// Those due in the 2 s of the fault.
const IN_FAULT: u64 = 40;

fn play(world: &str, fault: &str, changes: &[(&str, &str)]) -> Told {
    let text = DRILL.replace("FAULT", fault);
    Told::by(world, "mail.yaml", text, changes)
}

in_both!(
    every_mail_arrives_once_and_each_command_takes_its_way,
    a_frozen_account_is_refused_in_the_words_of_mail_servers,
    a_frozen_account_cannot_log_in,
    too_many_mails_are_put_off,
    a_partition_is_survived_and_nothing_is_lost,
    a_reply_that_is_lost_leaves_open_what_became_of_the_mail,
    what_is_cut_off_before_the_content_was_not_sent,
    recipients_who_are_frozen_fetch_their_mail_when_they_may,
    mail_is_the_last_way_when_the_platform_is_frozen,
);

mod cases {
    use super::*;

    /// From the second mail of an account on: MAIL, RCPT, DATA and the content, there and back but for the last way back, and the frame's
    /// way to the recipient.
    const TRIPS: f64 = 8.0;

    pub(super) fn every_mail_arrives_once_and_each_command_takes_its_way(world: &str) {
        let told = play(world, "latency: { constant: 20ms, endpoint: mail }", &[]);
        let all = ["owed", "delivered", "lost", "duplicated"].map(|what| told.delivery(what));
        assert_eq!(all, [MESSAGES, MESSAGES, 0, 0], "{}", told.words);
        assert_eq!(told.summary["journeys"][0]["basis"], "delivery");
        assert!(told.attempts("acknowledged").iter().all(|line| line["status"] == 250), "{}", told.words);
        let (before, during) = (told.latency("baseline", "p50"), told.latency("fault", "p50"));
        // Half a second is left for a machine that is busy; figures are kept to three digits.
        assert!((TRIPS * 10.0 * 0.999..TRIPS * 10.0 + 500.0).contains(&before), "{before}");
        assert!((TRIPS * 30.0 * 0.999..TRIPS * 30.0 + 500.0).contains(&during), "{during}");
    }

    pub(super) fn a_frozen_account_is_refused_in_the_words_of_mail_servers(world: &str) {
        let freeze = "account_freeze: { endpoint: mail, group: office, share: 40%, mode: whole }";
        let told = play(world, freeze, &[]);
        let refused = told.attempts("refused");
        // Two of five senders, who take turns; what was due in the trips before either end may fall on its other side.
        assert!((IN_FAULT * 2 / 5).abs_diff(refused.len() as u64) <= 2, "{} {}", refused.len(), told.words);
        let said = |line: &&Value| line["status"] == 550 && line["code"] == "5.7.1 The account is suspended";
        assert!(refused.iter().all(said), "{:?}", refused.first());
        assert_eq!(told.delivery("delivered"), MESSAGES - refused.len() as u64, "{}", told.words);
        assert_eq!(told.delivery("lost"), 0);
    }

    /// Whoever has no session yet is told so at the login, before any mail: there are more senders than messages.
    pub(super) fn a_frozen_account_cannot_log_in(world: &str) {
        let freeze = "account_freeze: { endpoint: mail, group: office, mode: disabled }";
        let told = play(world, freeze, &[("office: { count: 5,", "office: { count: 150,")]);
        let refused = told.attempts("refused");
        // Those that have got no further than the greeting when the freeze begins are refused as well: the trips of the handshake, the
        // greeting and EHLO are 50 ms, which is one message.
        assert!((IN_FAULT - 2..=IN_FAULT + 2).contains(&(refused.len() as u64)), "{} {}", refused.len(), told.words);
        let at_login = refused.iter().filter(|line| line["exchange"] == 0).count();
        // Those between login and MAIL at that moment are refused their mail.
        assert!(at_login + 2 >= refused.len(), "{at_login} {refused:?}");
    }

    pub(super) fn too_many_mails_are_put_off(world: &str) {
        let told = play(world, "throttle: { endpoint: mail, retry_after: 30s }", &[]);
        let refused = told.attempts("refused");
        assert!(IN_FAULT.abs_diff(refused.len() as u64) <= 2, "{}", refused.len());
        let said = |line: &&Value| line["status"] == 450 && line["code"] == "4.7.1 Rate limited, try again in 30 s";
        assert!(refused.iter().all(said), "{:?}", refused.first());
    }

    /// What is in a session when the link is cut waits there, as long as its sender does.
    pub(super) fn a_partition_is_survived_and_nothing_is_lost(world: &str) {
        let told = play(world, "partition: { link: hk-shenzhen }", &[("deadline: 2s", "deadline: 2s, timeout: 4s")]);
        let all = ["owed", "delivered", "lost"].map(|what| told.delivery(what));
        assert_eq!(all, [MESSAGES, MESSAGES, 0], "{}", told.words);
        assert_eq!(told.received_under(4.0), [0.0; 0], "{}", told.words);
    }

    /// The server has the mail and its yes never comes.
    pub(super) fn a_reply_that_is_lost_leaves_open_what_became_of_the_mail(world: &str) {
        let told = play(world, "drop_reply: { endpoint: mail, how: close }", &[]);
        let open = told.attempts("unanswered");
        // Whose session was closed needs another for the next mail: eight trips there and back before the reply, in which the last three or
        // four of the fault come too late for it; and a busy machine makes trips longer.
        assert!((IN_FAULT - 8..=IN_FAULT + 2).contains(&(open.len() as u64)), "{} {}", open.len(), told.words);
        assert_eq!(told.hits(), open.len() as u64, "one reply for each, and none to its commands");
        assert_eq!(told.delivery("unacknowledged"), open.len() as u64, "{}", told.words);
    }

    /// Each command is one more way on which a connection can be reset; only behind the content nobody knows.
    pub(super) fn what_is_cut_off_before_the_content_was_not_sent(world: &str) {
        let told = play(world, "reset: { endpoint: mail, direction: to-endpoint, after: 0s }", &[]);
        let cut = told.attempts("not_sent");
        // A mail that was in its session when the fault began may have lost its content.
        assert!((IN_FAULT - 2..=IN_FAULT + 2).contains(&(cut.len() as u64)), "{} {}", cut.len(), told.words);
        assert!(told.attempts("unanswered").len() <= 5, "{}", told.words);
    }

    pub(super) fn recipients_who_are_frozen_fetch_their_mail_when_they_may(world: &str) {
        let told = play(world, "account_freeze: { endpoint: mail, group: factory, mode: whole }", &[]);
        let all = ["owed", "delivered", "lost"].map(|what| told.delivery(what));
        assert_eq!(all, [MESSAGES, MESSAGES, 0], "{}", told.words);
        assert_eq!(told.received_under(4.0), [0.0; 0], "{}", told.words);
    }

    /// DingTalk freezes everybody; orders go on by mail, and what was refused is sent again by it.
    pub(super) fn mail_is_the_last_way_when_the_platform_is_frozen(world: &str) {
        let told = play(
            world,
            "account_freeze: { endpoint: dingtalk, group: office, mode: organisation }",
            &[
                (
                    "endpoints: {",
                    "endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off },",
                ),
                (
                    "routes: [mail] }",
                    "routes: [dingtalk, mail], failover: { by: journey, after: { failures: 3 }, decide: 200ms, resend: unconfirmed, back: never } }",
                ),
            ],
        );
        let all = ["owed", "delivered", "lost"].map(|what| told.delivery(what));
        assert_eq!(all, [MESSAGES, MESSAGES, 0], "{}", told.words);
        let by_mail = told.attempts("acknowledged").iter().filter(|line| line["status"] == 250).count() as u64;
        // All from the fault on: 4 s, those that were refused before the switch among them.
        assert!(by_mail.abs_diff(MESSAGES - IN_FAULT) <= 2, "{by_mail} {}", told.words);
        assert!(!told.attempts("refused").is_empty());
    }
}
