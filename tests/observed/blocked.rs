//! Tunnels of programs that are not ours which a fault cuts when they have said a name: whoever judges them has to know of it.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;

use serde_json::Value;

use crate::common::playing::Playing;
use crate::common::{Place, pause, records};
use crate::{hello, socks, target, text_of, whole};

/// A block, and tunnels to hosts of which nothing is read.
const BLOCKED: &str = "
firedrill: 1
name: blocked
regions: { hk: {} }
endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: hk, limits: off } }
groups: { office: { count: 2, region: hk }, factory: { count: 2, region: hk } }
journeys: { order: { from: office, to: factory, rate: 5/s, deadline: 2s, routes: [dingtalk] } }
phases: { baseline: 1s, fault: 5s }
ways_in:
  cut: { socks: \"127.0.0.1:0\", allow: [localhost] }
  silent: { socks: \"127.0.0.1:0\", allow: [localhost] }
injects:
  cut: { during: fault, sni_block: { names: [localhost], residual: 0s, way: cut } }
  silent: { during: fault, sni_block: { names: [localhost], residual: 0s, action: drop, way: silent } }
grace: 1s
targets:
  up: { expr: \"observed_availability{way=cut} >= 99%\", phase: fault, level: must, confidence: point }
  few: { expr: \"observed_failures{way=silent} <= 0\", phase: fault, level: must }
";

/// Every tunnel to a host is cut, or swallowed until its client gives up: that has failed, and the targets break.
#[test]
fn a_tunnel_that_is_cut_by_its_name_has_failed() {
    let host = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = host.local_addr().expect("an address").port();
    let place = Place::new();
    let drill = Playing::start(&place, &place.file("blocked.yaml", BLOCKED), &[]);
    // The baseline is over, and the fault is on.
    pause(2_500);
    for way in ["cut", "silent"] {
        for _ in 0..3 {
            let (mut conn, code) = socks(drill.way(way), "localhost", port).expect("it is served");
            assert_eq!(code, 0, "{way}");
            conn.write_all(&hello("localhost")).expect("it is read");
            if way == "cut" {
                let cut = conn.read(&mut [0; 1]).map_err(|error| error.kind());
                assert_eq!(cut, Err(ErrorKind::ConnectionReset));
            } else {
                pause(50);
            }
        }
    }
    let played = drill.ended(&place);
    let summary = played.summary();
    let told: Vec<_> = records(&played.dir)
        .iter()
        .filter(|line| line["record"] == "observed")
        .map(|line| format!("{} {} {}", text_of(&line["way"]), text_of(&line["end"]), line["injects"]))
        .collect();
    let due = [[r#"cut broken ["cut"]"#; 3], [r#"silent left ["silent"]"#; 3]].concat();
    assert_eq!(told, due, "{summary:#}");
    for (index, key) in ["broken", "left"].into_iter().enumerate() {
        let way: &Value = &summary["observed"][index];
        assert_eq!((whole(&way[key]), whole(&way["unfinished"]), whole(&way["hit"])), (3, 0, 3), "{way:#}");
    }
    for name in ["up", "few"] {
        assert_eq!(target(&summary, name)["verdict"], "fail", "{name}: {summary:#}");
    }
    assert_eq!(played.code, Some(1), "{summary:#}");
}

/// Whom a hello of TLS names has to be who was asked for: where it names another, or cannot be read, the tunnel was denied, and the log says why.
#[test]
fn a_hello_that_names_another_or_nobody_knows_whom_is_denied() {
    let host = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = host.local_addr().expect("an address").port();
    let place = Place::new();
    let calm: Vec<_> =
        BLOCKED.lines().filter(|line| !line.contains("sni_block") && !line.starts_with("injects")).collect();
    let text = calm.join("\n").replace("phases: { baseline: 1s, fault: 5s }", "phases: { baseline: 1s, fault: 2s }");
    let drill = Playing::start(&place, &place.file("denied.yaml", &text), &[]);
    let told = [
        (hello("other.example"), 112, "names other.example"),
        ([&[22, 3, 1, 0x40, 0, 1, 0, 0x40, 0][..], &[7; 100]].concat(), 50, "more than 16384 bytes"),
    ];
    for (said, alert, _) in &told {
        let (mut conn, code) = socks(drill.way("cut"), "localhost", port).expect("it is served");
        assert_eq!(code, 0);
        conn.write_all(said).expect("it is read");
        let mut heard = Vec::new();
        conn.read_to_end(&mut heard).expect("an end");
        assert_eq!(heard, [21, 3, 3, 0, 2, 2, *alert]);
    }
    let played = drill.ended(&place);
    let ends: Vec<_> = records(&played.dir)
        .iter()
        .filter(|line| line["record"] == "observed")
        .map(|line| format!("{} {}", text_of(&line["end"]), whole(&line["sent"])))
        .collect();
    assert_eq!(ends, ["denied 0", "denied 0"]);
    for (_, _, why) in told {
        let is_it = |line: &&str| line.contains(&format!("a tunnel to localhost:{port}")) && line.contains(why);
        assert_eq!(played.err.lines().filter(is_it).count(), 1, "{why}: {}", played.err);
    }
}
