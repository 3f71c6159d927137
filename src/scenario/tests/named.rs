//! The parameters of the faults that act on names.

use crate::plan::{BlockAction, Fault, SniBlock};
use crate::units::{Share, Span};

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
    ]
}
