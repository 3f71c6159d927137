use super::failed::Failed;
use crate::journal::ObservedEnd;
use crate::path::sight::Sight;
use crate::path::ways::{Denied, unreachable};

/// Tells how an exchange of a program that is not ours has ended.
pub(super) fn seen(sight: &Sight<'_>, ended: &Result<(), Failed>) {
    match ended {
        Ok(()) => sight.answered(),
        Err(Failed::Unreachable(error)) => {
            sight.answers(unreachable(error).0, false);
            let denied = Denied::within(error).is_some();
            sight.ends(if denied { ObservedEnd::Denied } else { ObservedEnd::Unreachable });
        }
        // What is declined once it has begun did not come in time.
        Err(Failed::Declined(..) | Failed::GivenUp) => sight.ends(ObservedEnd::Left),
        Err(Failed::Host(_) | Failed::Fault(_)) => sight.ends(ObservedEnd::Broken),
    }
}
