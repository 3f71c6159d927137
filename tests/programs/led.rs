//! TLS from end to end that a resolver has led here, of programs other than curl: the name in their hello is all that is known of them.

use std::process::{Command, Output};

use crate::{LOGIN, Program, Rig, fetch, requests, told};

/// What a program does that is told of no proxy, and for which the name leads to the way in.
fn led(rig: &Rig, mut program: Command) -> Output {
    told(&mut program, "", &rig.ca)
        .env("LED", rig.way("", "sni").replace("://", ""))
        .env("URL", format!("https{LOGIN}"));
    program.output().expect("the program starts")
}

/// They are let through by name; and where the name is blocked, their connection is reset while they say it.
#[test]
fn a_resolver_leads_them_in() {
    let rig = Rig::start();
    let programs: [Program; 2] = [requests, fetch];
    for (count, program) in (1..).zip(programs) {
        let output = led(&rig, program());
        let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(said.starts_with("200 ") && said.contains("accessToken"), "{said} {wrong}");
        let block = r#"{"name":"block","proxies":["sni"],"sni_block":{"names":["api.dingtalk.com"],"residual":"0s"}}"#;
        rig.daemon.good("POST", "/firedrill/v1/faults", block, 201);
        let output = led(&rig, program());
        let wrong = String::from_utf8_lossy(&output.stderr).to_lowercase();
        assert!(!output.status.success() && wrong.contains("reset"), "{wrong}");
        rig.daemon.good("DELETE", "/firedrill/v1/faults/block", "", 204);
        let state = rig.daemon.good("GET", "/firedrill/v1/state", "", 200);
        let way = state["proxies"].as_array().and_then(|all| all.iter().find(|proxy| proxy["name"] == "sni")).cloned();
        assert_eq!(way.expect("the way in")["accepted"], 2 * count, "nothing came by another way: {state}");
    }
}
