//! The faults that look at names.

use super::{Ending, Fate, Stage, Unit};
use crate::control::{Armed, Facts};
use crate::draw::Key;
use crate::plan::{BlockAction, SniBlock};
use crate::units::Share;

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
