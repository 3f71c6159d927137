//! Which functions of a platform another one keeps: by the catalogue, and by asking.

mod answers;
mod ask;
mod json;
mod place;
mod text;

use std::num::NonZeroUsize;
use std::path::Path;

use self::answers::Answers;
use self::ask::Asking;
use super::exit::Exit;
use super::{CheckFormat, Coverage, FromKind, ToKind, say};
use crate::draw::Seed;
use crate::plan::{Edition, EndpointKind};
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
    let place = place::Place::read(url, &args.allow)?;
    let token = args.token_file.as_deref().map(token).transpose()?;
    Ok(Asking { kind: args.to.kind(), place, token, rate: args.rate })
}

fn token(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    let token = text.trim();
    if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(format!("`{}` holds no token: write the token into it, on one line", path.display()));
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
        self.place = Some(asking.place.authority.clone());
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
