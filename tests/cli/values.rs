//! Values of options that are none: what they are, and how one is written, in our words and not in those of a library.

use crate::common::{say, scenario};

#[test]
fn a_value_that_is_none_is_told_how_it_is_written() {
    let file = scenario("quickstart");
    let most = u64::MAX;
    for (args, told) in [
        (&["rehearse", &file, "--seed", "x"][..], format!("a seed is a whole number from 0 to {most}")),
        (&["run", &file, "--seed", "-1"], format!("a seed is a whole number from 0 to {most}")),
        (&["plan", &file, "--seed", "1.5"], "write for instance 7".to_owned()),
        (&["proxy", "--seed", "many"], format!("a seed is a whole number from 0 to {most}")),
        (&["proxy", "--threads", "0"], "this is a whole number, at least 1".to_owned()),
        (&["proxy", "--threads", "two"], "this is a whole number, at least 1".to_owned()),
        (&["rehearse", &file, "--runs", "0"], "plays are a whole number from 1 to 10000".to_owned()),
        (&["rehearse", &file, "--runs", "1e3"], "write for instance 100".to_owned()),
        (&["rehearse", &file, "--runs", "9", "--jobs", "0"], "at least 1: write for instance 2".to_owned()),
        (&["twin", "teams", "--listen", "80"], "an IP address and a port: write 127.0.0.1:80\n".to_owned()),
        (&["twin", "teams", "--listen", "localhost:0"], "write 127.0.0.1:0\n".to_owned()),
        (&["twin", "teams", "--tls", "here", "--ca", "ca"], "write for instance 127.0.0.1:8475".to_owned()),
        (&["proxy", "--proxy-protocol-from", "10.1.0.7"], "write for instance 10.1.0.7/32".to_owned()),
    ] {
        let asked = say(args);
        assert_eq!(asked.code, Some(2), "{}", asked.told());
        assert!(asked.err.contains(&told), "{args:?}: {}", asked.told());
        assert!(!asked.err.contains("invalid digit") && !asked.err.contains("syntax"), "{}", asked.told());
    }
}
