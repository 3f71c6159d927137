use super::*;
use crate::draw::Seed;
use crate::world::enter_virtual;

fn rules(hosts: &[&str], leads: &[&str]) -> Rules {
    let allow = hosts.iter().map(|host| host.parse().expect("a host")).collect();
    let rate = Rate::new(2, Span::from_secs(1)).expect("a rate");
    let mut rules = Rules::new(allow, (rate, Span::from_secs(10)), Moment::ZERO);
    rules.leads = leads.iter().map(|lead| lead.parse().expect("a lead")).collect();
    rules
}

/// In memory a name other than `localhost` has no address, and `localhost` has 127.0.0.1.
fn judged(rules: Rules, site: &str) -> Result<Vec<SocketAddr>, String> {
    let site = Site::read(site, Some(443)).expect("a site");
    let seen = enter_virtual(Seed(1), async move |world| rules.addresses(&world, &site, false, drop).await);
    seen.expect("a world").map_err(|error| error.to_string())
}

#[test]
fn the_name_and_the_address_are_judged() {
    let no = |rules, site, word: &str| {
        let told = judged(rules, site).expect_err(site);
        assert!(told.contains(word), "{site}: {told}");
    };
    no(rules(&[], &[]), "a.example", "not on the list");
    no(rules(&["a.example"], &[]), "b.example", "not on the list");
    no(rules(&["a.example:443"], &[]), "a.example:80", "not on the list");
    no(rules(&["a.example"], &[]), "a.example", "no such host");
    no(rules(&["10.0.0.0/8"], &[]), "127.0.0.1:80", "not on the list");
    assert_eq!(judged(rules(&["8.8.8.8"], &[]), "8.8.8.8"), Ok(vec![([8, 8, 8, 8], 443).into()]));
    assert_eq!(judged(rules(&["localhost"], &[]), "localhost:9"), Ok(vec![([127, 0, 0, 1], 9).into()]));
    assert_eq!(judged(rules(&[], &["a.example=127.0.0.1:7"]), "a.example"), Ok(vec![([127, 0, 0, 1], 7).into()]));
}

#[test]
fn a_tunnel_is_for_names_under_one_entry() {
    let rules = rules(&["*.a.example", "b.example", "10.0.0.0/8"], &["led.a.example=127.0.0.1:7"]);
    let covers = |site, name| rules.covers(&Site::read(site, Some(443)).expect("a site"), name);
    for (site, name) in [
        ("x.a.example", "x.a.example"),
        ("x.a.example:8443", "y.z.a.example"),
        ("b.example", "b.example"),
        ("led.a.example", "led.a.example"),
        ("10.0.0.1", "10.0.0.2"),
    ] {
        assert!(covers(site, name), "{site}: {name}");
    }
    for (site, name) in [
        ("x.a.example", "a.example"),
        ("x.a.example", "b.example"),
        ("b.example", "x.a.example"),
        ("x.a.example", "led.a.example"),
        ("led.a.example", "x.a.example"),
        ("10.0.0.1", "b.example"),
        ("b.example", ""),
    ] {
        assert!(!covers(site, name), "{site}: {name}");
    }
}

/// A name that is listed, and whose owner lets it point into our network.
#[test]
fn a_name_does_not_lead_inside() {
    let told = judged(rules(&["a.localhost"], &[]), "a.localhost").expect_err("it is 127.0.0.1");
    assert!(told.contains("127.0.0.1, which is no public address"), "{told}");
    let here = Ok(vec![([127, 0, 0, 1], 443).into()]);
    assert_eq!(judged(rules(&["a.localhost", "127.0.0.0/8"], &[]), "a.localhost"), here);
    assert!(judged(rules(&["a.localhost", "127.0.0.1:80"], &[]), "a.localhost").is_err(), "at another port");
    let rules = rules(&["a.example", "10.1.0.0/16"], &[]);
    let may = |address: &str| rules.may_dial(address.parse().expect("an address"));
    assert!(may("10.1.0.1:443") && may("8.8.8.8:443") && !may("10.2.0.1:443") && !may("169.254.169.254:80"));
}

#[test]
fn it_does_not_lead_to_itself() {
    let own = |own: &str, to: &str, local: Option<&str>| {
        let rules = Rules::default();
        rules.own(own.parse().expect("an address"));
        rules.is_own(to.parse().expect("an address"), local.map(|local| local.parse().expect("an address")))
    };
    assert!(own("127.0.0.1:8", "127.0.0.1:8", None) && own("127.0.0.1:8", "0.0.0.0:8", None));
    assert!(own("[::]:8", "127.0.0.9:8", None) && own("0.0.0.0:8", "[::1]:8", None));
    assert!(own("0.0.0.0:8", "192.0.2.1:8", Some("192.0.2.1")) && !own("0.0.0.0:8", "192.0.2.1:8", Some("192.0.2.2")));
    assert!(!own("127.0.0.1:8", "127.0.0.1:9", None) && !own("127.0.0.1:8", "127.0.0.2:8", None));
    let rules = rules(&["127.0.0.1"], &[]);
    rules.own(([127, 0, 0, 1], 443).into());
    assert!(judged(rules, "127.0.0.1").expect_err("itself").contains("itself"));
}

#[test]
fn what_is_not_here_is_counted() {
    let rules = rules(&["a.example", "localhost"], &["b.example=127.0.0.1:1"]);
    let site = |text| Site::read(text, Some(443)).expect("a site");
    let at = |secs| Moment::ZERO + Span::from_secs(secs);
    for here in ["localhost", "b.example", "127.0.0.1", "[::1]"] {
        assert!((0..100).all(|_| rules.charge(&site(here), at(100)).is_ok()), "{here}");
        assert_eq!(rules.end(&site(here)), Moment::MAX);
    }
    let a = site("a.example");
    let charged: Vec<_> = (0..3).map(|_| rules.charge(&a, at(1)).is_ok()).collect();
    assert_eq!(charged, [true, true, false]);
    assert_eq!(rules.charge(&a, at(10)), Err(Denied::Over(Span::from_secs(10))));
    assert_eq!(rules.end(&a), at(10));
}
