//! Which functions of a platform another one keeps: by the catalogue, and by asking.

mod answers;
mod ask;
mod json;
mod line;
mod place;
mod text;

use std::num::NonZeroUsize;

use self::answers::Answers;
use self::ask::Asking;
use self::place::Place;
use super::exit::Exit;
use super::{CheckFormat, Coverage, FromKind, ToKind, say};
use crate::draw::Seed;
use crate::plan::{Edition, EndpointKind};
use crate::world::tls::Connector;
use crate::world::{self, Timing};

/// Prints what the catalogue knows, and what an endpoint answers if one is named.
pub(super) fn coverage(args: &Coverage) -> Exit {
    let mut answers = Answers::of(args.from.kind(), args.to.kind());
    if let Some(url) = &args.url {
        let asking = match asking(args, url) {
            Ok(asking) => asking,
            Err(text) => {
                say::error(&text);
                return Exit::Usage;
            }
        };
        if let Err(text) = answers.ask(&asking) {
            say::error(&text);
            return Exit::Environment;
        }
    }
    match args.format {
        CheckFormat::Text => say::data(text::text(&answers).as_bytes()),
        CheckFormat::Json => say::data(json::json(&answers).as_bytes()),
    }
    answers.exit()
}

fn asking(args: &Coverage, url: &str) -> Result<Asking, String> {
    let place = Place::read(url, &args.allow)?;
    place.admits(args.rate)?;
    let tls = match (&args.ca, place.is_secured()) {
        (Some(_), false) => return Err(format!("`--ca` says whom to trust over https, and `{url}` is not")),
        (ca, true) => Some(Connector::new(ca.as_deref()).map_err(|error| format!("`--ca`: {error}"))?),
        (None, false) => None,
    };
    let token = args.token_env.as_deref().map(token).transpose()?;
    Ok(Asking { kind: args.to.kind(), place, tls, token, rate: args.rate })
}

/// A token by the name of its variable. It is never shown.
fn token(name: &str) -> Result<String, String> {
    let token = std::env::var(name).unwrap_or_default();
    let token = token.trim();
    if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(format!("no token stands in the environment: export `{name}`, on one line"));
    }
    Ok(token.to_owned())
}

impl Answers {
    /// Asks an endpoint for every function, one after another.
    fn ask(&mut self, asking: &Asking) -> Result<(), String> {
        let operations: Vec<_> = self.lines.iter().map(|line| line.operation).collect();
        let found = world::enter_sockets_with(Seed(1), NonZeroUsize::MIN, Timing::normal(), async |world| {
            asking.all(&world, &operations).await
        });
        let found = found.map_err(|error| format!("the system gives no event queue: {error}"))??;
        self.place = Some(asking.place.authority());
        for (line, found) in self.lines.iter_mut().zip(found) {
            line.found = Some(found);
        }
        Ok(())
    }
}

impl FromKind {
    fn kind(self) -> EndpointKind {
        match self {
            Self::Dingtalk => EndpointKind::Dingtalk(Edition::Mainland),
            Self::Lite => EndpointKind::Dingtalk(Edition::Lite),
        }
    }
}

impl ToKind {
    fn kind(self) -> EndpointKind {
        match self {
            Self::Dingtalk => EndpointKind::Dingtalk(Edition::Mainland),
            Self::Lite => EndpointKind::Dingtalk(Edition::Lite),
            Self::Teams => EndpointKind::Teams,
        }
    }
}
