//! An independent reader, `tests/reader.py`, recomputes the figures of a run from its exported records and must agree with the summary.

mod common;

use firedrill::limits::ROWS_AT_ONCE;
use serde_json::Value;

use crate::common::second_reader::reread;
use crate::common::{Place, number, read as read_file, say, scenario};

/// What the program told of a play that ends with this code, and what the reader makes of it.
#[track_caller]
fn both(name: &str, more: &[&str], code: i32) -> (Value, Value) {
    both_of(&Place::new(), &scenario(name), more, code)
}

#[track_caller]
fn both_of(place: &Place, file: &str, more: &[&str], code: i32) -> (Value, Value) {
    let played = place.play("rehearse", file, &[more, &["--quiet"]].concat());
    assert_eq!(played.code, Some(code), "{}", played.told());
    (played.summary(), reread(&played.dir))
}

#[track_caller]
fn agrees(name: &str, more: &[&str], outages: usize) {
    let (summary, read) = both(name, more, 0);
    agree(&summary, &read, outages);
}

#[track_caller]
fn agree(summary: &Value, read: &Value, outages: usize) {
    for count in ["intended", "accepted", "refused", "indeterminate", "unsent"] {
        assert_eq!(read["messages"][count], summary["messages"][count], "{count}");
    }
    deliveries(summary, read);
    audits(summary, read);
    books(summary, read);
    inspections(summary, read);
    documents(summary, read);
    let pairs = |value: &Value| value["journeys"].as_array().cloned().expect("a list");
    for (read, told) in pairs(read).iter().zip(pairs(summary)) {
        assert_eq!(read["id"], told["id"]);
        assert_eq!(read["n"], told["latency_ms"]["n"]);
        p99(&read["p99_s"], &told["latency_ms"]["p99"]);
        let (read, told) = (read["outages"].as_array().expect("a list"), told["outages"].as_array().expect("a list"));
        assert_eq!((read.len(), told.len()), (outages, outages), "{read:?}, {told:?}");
        for (read, told) in read.iter().zip(told) {
            six_digits(&read[0], &told["start_s"]);
            six_digits(&read[1], &told["end_s"]);
            assert_eq!(read[2], told["first_bad"]);
        }
    }
}

#[track_caller]
fn deliveries(summary: &Value, read: &Value) {
    let read_counts = read["deliveries"].as_object().expect("counts");
    for (count, read) in read_counts {
        // What is usually nothing is left out if it is.
        let told = summary["deliveries"].get(count).cloned().unwrap_or_else(|| 0.into());
        assert_eq!(*read, told, "{count}: {read_counts:?} {}", summary["deliveries"]);
    }
    // Receipts are conserved, and so are messages that were tried; nothing comes from nowhere.
    let sum =
        |of: &Value, counts: &[&str]| counts.iter().map(|count| of[count].as_u64().expect("a count")).sum::<u64>();
    let kinds = ["delivered", "unacknowledged", "duplicated", "strayed"];
    assert_eq!(read["deliveries"]["received"], sum(&read["deliveries"], &kinds), "{read_counts:?}");
    assert_eq!(read["attempted"], sum(&summary["messages"], &["accepted", "refused", "indeterminate"]));
    assert_eq!(read["unsent_before"], 0);
}

/// Three digits of a histogram: a cell is at most a thousandth of its value wide, and its middle is told. Neither is known of what did not come.
#[track_caller]
fn p99(exact_s: &Value, told_ms: &Value) {
    if exact_s.is_null() {
        return assert!(told_ms.is_null(), "{told_ms} ms told, of what never came");
    }
    let (exact, told) = (number(exact_s) * 1e3, number(told_ms));
    assert!((exact - told).abs() <= exact * 1e-3, "p99: {exact} ms read, {told} ms told");
}

/// A list of the summary, empty if it has none.
fn list<'s>(summary: &'s Value, name: &str) -> &'s [Value] {
    summary[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Every count of what a list tells of each place, which the reader has by the place's name.
#[track_caller]
fn counts_agree(told: &[Value], read: &Value, place: &str, counts: &[&str]) {
    assert_eq!(read.as_object().map_or(0, serde_json::Map::len), told.len(), "{read}");
    for told in told {
        let read = &read[told[place].as_str().expect("a name")];
        for count in counts {
            assert!(told[count].is_u64(), "{count}: {told}");
            assert_eq!(read[count], told[count], "{count}: {told}");
        }
    }
}

#[track_caller]
fn audits(summary: &Value, read: &Value) {
    counts_agree(list(summary, "audits"), &read["audits"], "gateway", &["acts", "told", "missing", "wrong"]);
}

/// What ERPs booked, twice and out of order included.
#[track_caller]
fn books(summary: &Value, read: &Value) {
    let counts = ["entries", "applied", "repeated", "superseded", "twice", "out_of_order"];
    counts_agree(list(summary, "books"), &read["books"], "endpoint", &counts);
}

/// What was inspected of which gateway, by whom. Shares are told with six digits.
#[track_caller]
fn inspections(summary: &Value, read: &Value) {
    let (told, read) = (list(summary, "inspections"), list(read, "inspections"));
    assert_eq!(told.len(), read.len(), "{read:?}");
    for told in told {
        let fits = |read: &&Value| read["gateway"] == told["gateway"] && read["dlp"] == told["dlp"];
        let read = read.iter().find(fits).expect("the same gateways");
        assert_eq!(read["uninspected"], told["uninspected"], "{told}");
        for (share, name) in [("dlp_detection", "detection"), ("dlp_false_positives", "false_positives")] {
            assert_eq!(read[share].is_null(), told[name].is_null(), "{share}: {told}");
            if !read[share].is_null() {
                assert!((number(&read[share]) - number(&told[name])).abs() <= 0.5e-6, "{share}: {read} {told}");
            }
        }
    }
}

/// What became of documents' changes, and what was read of them, in the whole drill.
#[track_caller]
fn documents(summary: &Value, read: &Value) {
    let counts = ["edits", "refused", "copies", "reads", "lost_updates", "stale_reads"];
    counts_agree(list(summary, "documents"), &read["documents"], "document", &counts);
}

/// A target was compared with what the reader has counted, which is more than nothing.
#[track_caller]
fn is_observed(summary: &Value, target: &str, read: &Value) {
    let told = list(summary, "targets").iter().find(|told| told["id"] == target).expect("the target");
    assert!(read.as_u64() > Some(0) && told["observed"].as_f64() == read.as_f64(), "{read}: {told}");
}

/// The same to six significant digits, as printed figures are rounded; half a unit of the sixth is the bound.
#[track_caller]
fn six_digits(exact: &Value, told: &Value) {
    let (exact, told) = (number(exact), number(told));
    // 12.3456 has its sixth digit at 10⁻⁴: as many places after the point as there are digits left.
    let before = told.abs().trunc().to_string().len();
    let unit = 10_f64.powi(6 - i32::try_from(before).expect("few"));
    assert!((exact - told).abs() * unit <= 0.5 + 1e-6, "{exact} read, {told} told");
}

#[test]
fn the_quickstart() {
    agrees("quickstart", &[], 2);
}

#[test]
fn the_account_freeze() {
    agrees("account-freeze", &["--variant", "short"], 1);
}

/// Here messages go unanswered, and some arrive twice.
#[test]
fn the_network_cut() {
    agrees("network-cut", &["--variant", "short"], 1);
}

/// Everything goes by a gateway, whose audit trail is read; it is cut off, and forgets.
#[test]
fn the_hybrid_gateway() {
    agrees("hybrid-gateway", &["--variant", "short"], 1);
    let place = Place::new();
    let losing = "--set=endpoints.gateway.audit.keeps=50";
    let played = place.play("rehearse", &scenario("hybrid-gateway"), &["--variant", "short", losing, "--quiet"]);
    let (audit, read) = (played.summary()["audits"][0].clone(), reread(&played.dir));
    assert!(audit["missing"].as_u64() > Some(0), "{audit}");
    assert_eq!(read["audits"]["gateway"]["missing"], audit["missing"], "{audit}");
}

/// What is tried again is booked once, and nothing is set back; where neither keys nor states are looked at, both are counted.
#[test]
fn what_is_booked() {
    agrees("effectively-once", &["--variant", "short"], 0);
    let careless = ["--set=endpoints.erp.dedupe=none", "--set=endpoints.erp.applies=any_order"];
    let (summary, read) = both("effectively-once", &[&["--variant", "short"], &careless[..]].concat(), 1);
    books(&summary, &read);
    // Nothing happens in warm-up, which targets leave out.
    for (target, count) in [("once", "twice"), ("never-set-back", "out_of_order")] {
        is_observed(&summary, target, &read["books"]["erp"][count]);
    }
}

/// Flipped bits make another text of a message's, another message of it, or have it received by somebody else. None of that is a bug of
/// the program's, and none of it is good.
#[test]
fn what_was_damaged() {
    const CORRUPT: &str = "
firedrill: 1
name: corrupt
regions: { hk: {} }
endpoints: { lite: { kind: dingtalk, edition: lite, region: hk, limits: off } }
groups: { office: { count: 10, region: hk }, factory: { count: 10, region: hk } }
journeys: { order: { from: office, to: factory, rate: 40/s, deadline: 1s, bytes: 64B, routes: [lite] } }
phases: { baseline: 5s, fault: 20s, recovery: 5s }
injects: { bits: { during: fault, corrupt: { endpoint: lite, direction: to-endpoint } } }
targets: { arrived: { expr: \"undelivered == 0\", level: must } }
";
    let place = Place::new();
    let played = place.play("rehearse", &place.file("corrupt.yaml", CORRUPT), &["--quiet", "--seed", "6"]);
    assert_eq!(played.code, Some(1), "{}", played.told());
    let (summary, read) = (played.summary(), reread(&played.dir));
    let some = |what: &str| read["deliveries"][what].as_u64() > Some(0);
    assert!(some("damaged") && some("strayed"), "{read}");
    deliveries(&summary, &read);
    let order = |value: &Value| value["journeys"][0]["outages"].as_array().map_or(0, Vec::len);
    assert_eq!((order(&read), order(&summary)), (1, 1));
}

/// The inspection goes down, and the gateway refuses, or lets through.
#[test]
fn what_is_inspected() {
    agrees("dlp-outage", &["--variant", "short"], 1);
    let open = ["--variant", "short", "--set=endpoints.gateway.when_dlp_fails=open"];
    let (summary, read) = both("dlp-outage", &open, 1);
    inspections(&summary, &read);
    is_observed(&summary, "none-unseen", &read["inspections"][0]["uninspected"]);
}

/// Two sides change the same documents while nothing passes between them. What one store then gives up was lost.
#[test]
fn what_became_of_documents() {
    let conflicts = "--set=targets.told={ expr: \"conflicts == 0\", level: info }";
    let stale = "--set=targets.fresh={ expr: \"stale_reads == 0\", level: info }";
    let short = ["--variant", "short", conflicts, stale];
    agrees("version-confusion", &short, 0);
    let [one, other] = ["headquarters", "plant"].map(|at| format!("--set=endpoints.{at}.on_conflict=last_writer_wins"));
    for (more, code, last) in [(&[][..], 0, None), (&[&*one, &*other][..], 1, Some("nothing-unseen"))] {
        let (summary, read) = both("version-confusion", &[&short[..], more].concat(), code);
        documents(&summary, &read);
        let counted = &read["documents_counted"];
        is_observed(&summary, "told", &counted["conflicts"]);
        is_observed(&summary, "fresh", &counted["stale_reads"]);
        last.inspect(|target| is_observed(&summary, target, &counted["lost_updates"]));
    }
}

/// Two people change one document four times a second. One answer is lost, and 0.6 s later that change is made again, from a version that has
/// in it already what was written before.
const WRITTEN_AGAIN: &str = "
firedrill: 1
name: written-again
regions: { hk: {} }
endpoints: { office: { kind: documents, region: hk } }
groups: { staff: { count: 2, region: hk } }
journeys:
  change: { from: staff, send: edit, documents: [q3], WAITS, rate: 4/s, retry: { times: 2, after: 400ms }, deadline: 3s, routes: [office] }
phases: { baseline: 3s, fault: 4s, recovery: 3s }
injects: { mute: { during: fault, drop_reply: { endpoint: office, capability: edit, how: silence, WHICH } } }
targets: { unseen: { expr: \"lost_updates == 0\", level: must } }
";

#[test]
fn what_is_written_again() {
    for (waits, which, lost) in
        [("timeout: 200ms", "first: 1", false), ("think: 300ms, lock: none, timeout: 500ms", "every: 5", true)]
    {
        let place = Place::new();
        let text = WRITTEN_AGAIN.replace("WAITS", waits).replace("WHICH", which);
        let (summary, read) = both_of(&place, &place.file("again.yaml", &text), &[], i32::from(lost));
        documents(&summary, &read);
        let told = &summary["documents"][0];
        assert_eq!((told["edits"].as_u64(), told["lost_updates"].as_u64() > Some(0)), (Some(40), lost), "{told}");
        assert!(summary["injects"][0]["hits"].as_u64() > Some(0), "{summary}");
    }
}

/// A thousand a second, of which those of twelve seconds are held until the hold ends: 12,000 are under way at once. Before it some come
/// twice, after it some never. A drill that may be aborted looks every now and then what can be told for good.
const OPEN: &str = "
firedrill: 1
name: open
regions: { hk: {} }
endpoints: { lite: { kind: dingtalk, edition: lite, region: hk, limits: off } }
groups: { office: { count: 20, region: hk }, factory: { count: 20, region: hk } }
journeys: { order: { from: office, to: factory, rate: 1000/s, deadline: 1s, routes: [lite] } }
phases: { baseline: 500ms, fault: 12s, recovery: 500ms }
injects:
  twice: { at: 0s, for: 500ms, duplicate: { endpoint: lite, capability: receive, direction: from-endpoint, chance: 20% } }
  held: { during: fault, push_delay: { endpoint: lite, group: factory, constant: 15s } }
  lost: { during: recovery, silent_loss: { endpoint: lite, chance: 2% } }
grace: 2s
targets: { some: { expr: \"availability >= 1%\", window: drill, level: must, abort: breached } }
";

/// What can be told for good of a message is looked for now and then: by the drill every second here, by whoever judges its journal after
/// so many records, and by the reader not at all. Whoever looks, whenever, and whatever is under way, the figures are the same.
#[test]
fn what_is_under_way_while_it_is_looked() {
    let place = Place::new();
    let played = place.play("rehearse", &place.file("open.yaml", OPEN), &["--quiet"]);
    assert_eq!(played.code, Some(0), "{}", played.told());
    let (summary, read) = (played.summary(), reread(&played.dir));
    agree(&summary, &read, 1);
    let some = |what: &str| summary["deliveries"][what].as_u64() > Some(0);
    assert!(some("duplicated") && some("lost"), "{summary}");
    // All but those of the last second, which were in time.
    assert_eq!(summary["journeys"][0]["outages"][0]["bad"], 11_000);
    let records = read["records"].as_u64();
    assert!(records > Some(2 * ROWS_AT_ONCE as u64), "{records:?}: whoever judges looks twice");
    let judged = say(["judge", &played.dir.display().to_string(), "--format", "json"]);
    assert!(judged.out.as_bytes() == read_file(&played.dir, "summary.json"), "another summary: {}", judged.told());
}
