//! A journey that has failed over returns when its first route is good again, and not before.

use serde_json::Value;

use crate::common::{Place, Played, number, records};

/// A freeze of the senders on the first route from 3 s to 6 s. Whatever is frozen is refused: three refusals and 200 ms later everything
/// goes by the second route, and when every probe of a second was taken it returns.
const RETURNS: &str = "\
firedrill: 1
name: returns
regions: { hk: {}, shenzhen: {} }
links: { hk-shenzhen: { latency: 5ms } }
endpoints:
  dingtalk: { kind: dingtalk, edition: mainland, region: shenzhen, limits: off }
  teams: { kind: teams, region: shenzhen, limits: off }
groups: { office: { count: 4, region: hk }, factory: { count: 4, region: shenzhen } }
journeys:
  order:
    from: office
    to: factory
    rate: 20/s
    deadline: 500ms
    routes: [dingtalk, teams]
    failover:
      by: journey
      after: { failures: 3 }
      decide: 200ms
      back: { good_for: 1s }
      probe: { every: 250ms }
phases: { baseline: 3s, fault: 3s, recovery: 4s }
injects:
  freeze: { during: fault, account_freeze: { endpoint: dingtalk, group: office } }
grace: 2s
targets:
  arrived: { expr: \"undelivered == 0\", level: must }
  duplicates: \"duplicated == 0\"
";

fn play(world: &str, changes: &[(&str, &str)]) -> (Place, Played, Vec<Value>) {
    let text = changes.iter().fold(RETURNS.to_owned(), |text, (words, instead)| {
        assert!(text.contains(words), "no `{words}`");
        text.replace(words, instead)
    });
    let place = Place::new();
    let played = crate::play(&place, world, &place.file("returns.yaml", &text), &["--quiet"]);
    let lines = records(&played.dir);
    (place, played, lines)
}

fn events<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["record"] == "control" && line["event"] == event).collect()
}

/// When a switch came, and between which routes.
fn switches(lines: &[Value]) -> Vec<(f64, String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let switched = events(lines, "switched");
    switched.iter().map(|line| (number(&line["at_s"]), word(&line["from"]), word(&line["to"]))).collect()
}

fn route_of(lines: &[Value], due: (f64, f64)) -> Vec<String> {
    let within = |line: &&Value| line["record"] == "message" && (due.0..due.1).contains(&number(&line["due_s"]));
    let ids: Vec<_> = lines.iter().filter(within).map(|line| line["message"].clone()).collect();
    let taken = lines.iter().filter(|line| line["record"] == "attempt" && line["ending"] == "acknowledged");
    let mut routes: Vec<_> = taken
        .filter(|line| ids.contains(&line["message"]))
        .map(|line| line["route"].as_str().expect("a route").to_owned())
        .collect();
    routes.sort();
    routes.dedup();
    routes
}

/// Out by the fourth refusal or so, and back a second after the thaw: a probe every 250 ms, of which the first that was taken may have been
/// sent 250 ms after the thaw, and the one that shows it was good for a second up to 250 ms after that. Over sockets a busy machine may
/// be late by what the bounds leave.
fn out_and_back(world: &str) {
    let (_place, played, lines) = play(world, &[]);
    let summary = played.summary();
    assert_eq!(played.code, Some(0), "{}", played.told());
    let switches = switches(&lines);
    let ways: Vec<_> = switches.iter().map(|(_, from, to)| (from.as_str(), to.as_str())).collect();
    assert_eq!(ways, [("dingtalk", "teams"), ("teams", "dingtalk")], "{}", played.told());
    let (out, back) = (switches[0].0, switches[1].0);
    assert!((3.3..3.9).contains(&out), "{out}");
    let thaw = number(&summary["injects"][0]["lifted_s"]);
    assert!((thaw + 1.0..thaw + 2.0).contains(&back), "{back}, thawed at {thaw}");

    // Between the freeze and the thaw no probe is taken, and then every one.
    let probes = events(&lines, "probed");
    let taken = |line: &&&Value| line["ending"] == "acknowledged";
    assert!(probes.iter().filter(|line| !taken(line)).count() >= 5, "{probes:#?}");
    assert!(probes.iter().filter(taken).all(|line| number(&line["at_s"]) >= thaw), "{probes:#?}");
    assert!(probes.iter().all(|line| line["route"] == "dingtalk"));
    let decided: Vec<_> = events(&lines, "decided").into_iter().filter(|line| line["decision"] == "return").collect();
    assert_eq!(decided.len(), 1);
    let good_since = number(&decided[0]["good_since_s"]);
    assert!(good_since >= thaw - 0.1 && back - good_since >= 1.0, "{good_since} {thaw} {back}");

    // Who is due meanwhile goes by the second route, and by the first before and after.
    assert_eq!(route_of(&lines, (0.0, 2.9)), ["dingtalk"]);
    assert_eq!(route_of(&lines, (out + 0.1, back - 0.1)), ["teams"]);
    assert_eq!(route_of(&lines, (back + 0.1, 10.0)), ["dingtalk"]);

    // Probes are in no figure: ten seconds at 20/s, each received once.
    assert_eq!((&summary["messages"]["intended"], &summary["messages"]["accepted"]), (&200.into(), &200.into()));
    assert_eq!(summary["deliveries"]["received"], 200);
    // What is sent after the return is told apart.
    let flows = summary["flows"].as_array().expect("flows");
    let carried = |when: &str| {
        let of = flows.iter().filter(|flow| flow["when"] == when);
        of.map(|flow| flow["attempts"].as_u64().expect("a count")).sum::<u64>()
    };
    let after =
        lines.iter().filter(|line| line["record"] == "message" && number(&line["due_s"]) >= back).count() as u64;
    assert!(carried("failback").abs_diff(after) <= 1, "{flows:#?} {after}");
    // What was refused and had waited. What the freeze refused, which the path does by itself, went nowhere: every message went once.
    let refused = lines.iter().filter(|line| line["record"] == "attempt" && line["ending"] == "refused").count() as u64;
    assert!(carried("flush").abs_diff(refused) <= 1 && refused >= 3, "{flows:#?} {refused}");
    assert_eq!(flows.iter().map(|flow| flow["attempts"].as_u64().expect("a count")).sum::<u64>(), 200);
}

/// Every account leaves when it was refused itself, asks for itself, and returns by itself.
fn each_by_itself(world: &str) {
    let (_place, played, lines) =
        play(world, &[("by: journey", "by: account"), ("group: office", "group: office, share: 50%")]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let switched = events(&lines, "switched");
    let mut accounts: Vec<_> = switched.iter().map(|line| line["account"].as_str().expect("an account")).collect();
    accounts.sort_unstable();
    let out = switched.iter().filter(|line| line["to"] == "teams").count();
    // Half of four accounts are frozen; each leaves once and returns once.
    assert_eq!((switched.len(), out), (4, 2), "{switched:#?}");
    assert!(accounts[0] == accounts[1] && accounts[2] == accounts[3] && accounts[1] != accounts[2], "{accounts:?}");
    let probers: Vec<_> = events(&lines, "probed").iter().map(|line| line["account"].clone()).collect();
    assert!(!probers.is_empty() && probers.iter().all(|prober| accounts.contains(&prober.as_str().expect("a name"))));
    let thaw = number(&played.summary()["injects"][0]["lifted_s"]);
    let returns = switched.iter().filter(|line| line["to"] == "dingtalk").map(|line| number(&line["at_s"]));
    assert!(returns.clone().all(|at| (thaw + 1.0..thaw + 2.0).contains(&at)), "{returns:?}");
}

/// While the second route refuses as well, and for longer than the first, what failed on both goes out when the first is good again.
fn what_failed_on_both_goes_after_the_return(world: &str) {
    let both = "  freeze: { during: fault, account_freeze: { endpoint: dingtalk, group: office } }\n  \
                other: { at: 3s, for: 7s, account_freeze: { endpoint: teams, group: office } }\n";
    let one = "  freeze: { during: fault, account_freeze: { endpoint: dingtalk, group: office } }\n";
    let (_place, played, lines) = play(world, &[(one, both)]);
    let summary = played.summary();
    assert_eq!(played.code, Some(0), "{}", played.told());
    assert_eq!((&summary["messages"]["accepted"], &summary["deliveries"]["undelivered"]), (&200.into(), &0.into()));
    let back = switches(&lines)[1].0;
    // Every message of the freeze was tried on the first, on the second and on the first again.
    let tries =
        lines.iter().filter(|line| line["record"] == "attempt" && line["number"] == 3 && line["route"] == "dingtalk");
    let tries: Vec<_> = tries.map(|line| number(&line["sent_s"])).collect();
    assert!(tries.len() >= 5 && tries.iter().all(|sent| *sent >= back), "{tries:?} {back}");
}

/// The second route fails while the first is good again: the switch that was decided at the second is made first, and leads on from there; no
/// one who is on the first already is taken from it to the third.
fn a_switch_leads_from_where_it_was_decided(by: &str) {
    let teams = "  teams: { kind: teams, region: shenzhen, limits: off }\n";
    let freeze = "  freeze: { during: fault, account_freeze: { endpoint: dingtalk, group: office } }\n";
    let changes = [
        ("by: journey", by),
        ("decide: 200ms", "decide: 2s"),
        ("[dingtalk, teams]", "[dingtalk, teams, mail]"),
        (teams, &format!("{teams}  mail: {{ kind: smtp, region: shenzhen }}\n")),
        (
            freeze,
            &format!(
                "{freeze}  other: {{ at: 5800ms, for: 4200ms, account_freeze: {{ endpoint: teams, group: office }} }}\n"
            ),
        ),
    ];
    let (_place, played, lines) = play("rehearse", &changes);
    let mut stands = std::collections::BTreeMap::new();
    let mut ways = Vec::new();
    for switch in events(&lines, "switched") {
        let (from, to) = (switch["from"].as_str().expect("a route"), switch["to"].as_str().expect("a route"));
        let stand = stands.insert(switch["account"].to_string(), to).unwrap_or("dingtalk");
        assert_eq!(from, stand, "{switch}: {}", played.told());
        ways.push((from, to));
    }
    for way in [("dingtalk", "teams"), ("teams", "mail"), ("mail", "dingtalk")] {
        assert!(ways.contains(&way), "{ways:?}");
    }
}

/// An ERP books what it is asked, probes as well: in its ledger they are nobody's orders, and no order is out of order because of them.
fn an_erp_is_asked_and_books_no_order(by: &str) {
    let erp = "kind: erp, region: shenzhen, applies: in_order, receipts: { ledger: { every: 200ms } } }";
    let changes = [
        ("kind: dingtalk, edition: mainland, region: shenzhen, limits: off }", erp),
        ("kind: teams, region: shenzhen, limits: off }", erp),
        ("to: factory", "to: office\n    send: webhook"),
        ("by: journey", by),
    ];
    let (_place, played, lines) = play("rehearse", &changes);
    let summary = played.summary();
    assert_eq!(played.code, Some(0), "{}", played.told());
    let taken = events(&lines, "probed").iter().filter(|line| line["ending"] == "acknowledged").count();
    assert!(taken >= 4, "{}", played.told());
    let entries = |line: &&Value| line["record"] == "entry";
    assert_eq!(lines.iter().filter(entries).count(), 200, "{}", played.told());
    assert_eq!((&summary["deliveries"]["received"], &summary["deliveries"]["undelivered"]), (&200.into(), &0.into()));
    assert_eq!(summary["books"][0]["out_of_order"], 0, "{}", summary["books"]);
}

#[test]
fn an_erp_is_asked_by_a_journey_and_books_no_order() {
    an_erp_is_asked_and_books_no_order("by: journey");
}

#[test]
fn an_erp_is_asked_by_accounts_and_books_no_order() {
    an_erp_is_asked_and_books_no_order("by: account");
}

#[test]
fn a_switch_of_a_journey_leads_from_where_it_was_decided() {
    a_switch_leads_from_where_it_was_decided("by: journey");
}

#[test]
fn a_switch_of_an_account_leads_from_where_it_was_decided() {
    a_switch_leads_from_where_it_was_decided("by: account");
}

#[test]
fn out_and_back_rehearsed() {
    out_and_back("rehearse");
}

#[test]
fn out_and_back_over_sockets() {
    out_and_back("run");
}

#[test]
fn each_by_itself_rehearsed() {
    each_by_itself("rehearse");
}

#[test]
fn each_by_itself_over_sockets() {
    each_by_itself("run");
}

#[test]
fn what_failed_on_both_goes_after_the_return_rehearsed() {
    what_failed_on_both_goes_after_the_return("rehearse");
}

#[test]
fn what_failed_on_both_goes_after_the_return_over_sockets() {
    what_failed_on_both_goes_after_the_return("run");
}
