//! The parameters of the faults that act on names, and of those of services that inspect.

use crate::plan::{Answered, BlockAction, Delay, DnsAnswer, Down, Fault, NoAnswer, SniBlock};
use crate::units::{Share, Span};

fn dns(answer: Answered, delay: u64) -> Fault {
    Fault::DnsAnswer(DnsAnswer {
        names: vec!["a.example".parse().expect("a name")],
        answer,
        delay: Span::from_millis(delay),
    })
}

pub(super) fn of_names() -> Vec<(&'static str, Fault)> {
    let block = SniBlock {
        names: vec!["*.dingtalk.com".parse().expect("a name")],
        action: BlockAction::Reset,
        trigger: Share::ALL,
        residual: Span::from_secs(90),
        residual_chance: Share::ALL,
    };
    let names = ["a.example", "*.b.example"].map(|name| name.parse().expect("a name")).to_vec();
    let half: Share = "50%".parse().expect("a share");
    let other =
        SniBlock { names, action: BlockAction::Drop, trigger: half, residual: Span::ZERO, residual_chance: half };
    vec![
        ("sni_block: { names: \"*.dingtalk.com\" }", Fault::SniBlock(block)),
        (
            "sni_block: { names: [A.example, \"*.b.example\"], action: drop, trigger: 50%, residual: 0s, residual_chance: 50% }",
            Fault::SniBlock(other),
        ),
        ("dns_answer: { names: a.example, delay: 1s }", dns(Answered::Real, 1_000)),
        ("dns_answer: { names: a.example, failure: nxdomain }", dns(Answered::No(NoAnswer::Nxdomain), 0)),
        (
            "dns_answer: { names: a.example, failure: servfail, delay: 5s }",
            dns(Answered::No(NoAnswer::Servfail), 5_000),
        ),
        (
            "dns_answer: { names: a.example, address: [127.0.0.1, \"::1\"] }",
            dns(Answered::Addresses(vec![[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()]), 0),
        ),
    ]
}

pub(super) fn of_inspection() -> Vec<(&'static str, Fault)> {
    vec![
        ("dlp_slow: { constant: 300ms }", Fault::DlpSlow(Delay::Constant(Span::from_millis(300)))),
        ("dlp_down: {}", Fault::DlpDown { how: Down::Error }),
        ("dlp_down: { how: error }", Fault::DlpDown { how: Down::Error }),
        ("dlp_down: { how: hang }", Fault::DlpDown { how: Down::Hang }),
        ("dlp_down: { how: reset }", Fault::DlpDown { how: Down::Reset }),
    ]
}
