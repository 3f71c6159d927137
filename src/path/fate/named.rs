//! The faults that look at names.

use super::{Change, Ending, Fate, Stage, Unit};
use crate::control::{Armed, Facts};
use crate::draw::Key;
use crate::plan::{Answered, BlockAction, DnsAnswer, SniBlock};
use crate::units::Share;

/// What a resolver says to who asks for a host.
pub(super) fn answered(answer: &DnsAnswer, facts: &Facts<'_>, stage: Stage) -> Option<Fate> {
    let asked = stage == Stage::LookedUp && facts.names.iter().any(|name| answer.is_for(name));
    let fate = Fate { delay: answer.delay, ..Fate::default() };
    asked.then(|| match &answer.answer {
        Answered::Real => fate,
        Answered::Addresses(addresses) => Fate { change: Some(Change::Addresses(addresses.clone())), ..fate },
        Answered::No(why) => Fate { ending: Some(Ending::Unresolved(*why)), ..fate },
    })
}

/// What a block does to a connection that has just been made, or whose client has just named a host.
pub(super) fn blocked(armed: &Armed, block: &SniBlock, facts: &Facts<'_>, key: Key, unit: Unit) -> Option<Fate> {
    let server = facts.server?;
    let way = (facts.address, server);
    let happens =
        |chance: Share, of: &str| chance == Share::ALL || key.name(of).draw(unit.number).unit() < chance.fraction();
    let hit = match unit.stage {
        Stage::Reached => armed.is_blocked(way, unit.at) && happens(block.residual_chance, "residual"),
        Stage::Named => {
            let named = facts.names.iter().any(|name| block.is_for(name)) && happens(block.trigger, "trigger");
            if named {
                armed.block(way, unit.at, unit.at + block.residual);
            }
            named
        }
        _ => false,
    };
    hit.then(|| {
        Fate::end(match block.action {
            BlockAction::Reset => Ending::Reset,
            BlockAction::Drop => Ending::Swallow(None),
        })
    })
}
