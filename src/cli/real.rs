//! What a drill against real services needs besides its plan, looked at before anything starts.

use std::path::Path;

use super::exit::Exit;
use super::say;
use crate::control::Secrets;
use crate::journal::WorldKind;
use crate::plan::{Plan, Url};
use crate::world::tls::Connector;

/// The values of the plan's variables. Whatever is missing is said, and nothing was started.
pub(super) fn secrets(plan: &Plan, world: WorldKind) -> Result<Secrets, Exit> {
    for endpoint in &plan.endpoints {
        let Some(Url { tls, .. }) = &endpoint.url else { continue };
        if world == WorldKind::Virtual && (tls.is_some() || !endpoint.credentials.is_empty()) {
            say::error(&format!(
                "endpoint `{}` is a real service, which only `firedrill run` reaches; leave out its `url`, with `ca` and `credentials`, \
                 to rehearse with a twin",
                endpoint.name
            ));
            return Err(Exit::Usage);
        }
        if let Some(ca) = tls.as_ref().and_then(|tls| tls.ca.as_deref())
            && let Err(error) = Connector::new(Some(Path::new(ca)))
        {
            say::error(&format!("`ca` of endpoint `{}`: {error}", endpoint.name));
            return Err(Exit::Usage);
        }
    }
    // A rehearsal does nothing for which a secret is needed.
    if world == WorldKind::Virtual {
        return Ok(Secrets::default());
    }
    Secrets::of(plan, |name| std::env::var(name).ok()).map_err(|missing| {
        let names: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
        say::error(&format!(
            "the secrets of this drill stand in the environment, and {} not set: export {}, or leave out what needs {}",
            if let [one] = &names[..] { format!("{one} is") } else { format!("{} are", names.join(", ")) },
            if names.len() == 1 { "it" } else { "them" },
            if names.len() == 1 { "it" } else { "them" },
        ));
        Exit::Usage
    })
}
