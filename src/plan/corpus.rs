use serde::{Deserialize, Serialize};

use super::Journey;
use crate::dlp::{Kind, Language, innocent, violation};
use crate::draw::{Draw, Seed};
use crate::units::{MessageId, Share};

/// What of a journey's texts may not leave. Which message carries what is a function of the journey and the message's number, whatever the
/// play's seed: whoever judges knows it without a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corpus {
    /// How many messages have something in them that may not leave.
    pub violations: Share,
    /// In how many others something looks like it, and is none.
    pub look_alikes: Share,
    /// Of which kinds; at least one.
    pub kinds: Vec<Kind>,
}

/// What is in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sensitivity {
    /// Nothing of the kind.
    Plain,
    /// Something that looks as if it may not leave.
    LookAlike(Kind),
    /// Something that may not leave.
    Violation(Kind),
}

impl Journey {
    /// What is in one of its messages.
    pub fn sensitivity(&self, id: MessageId) -> Sensitivity {
        let Some(corpus) = &self.corpus else { return Sensitivity::Plain };
        let (sort, kind) = (draw(self, id, "sort").unit(), draw(self, id, "kind"));
        let count = u32::try_from(corpus.kinds.len()).unwrap_or(u32::MAX);
        let Some(kind) = corpus.kinds.get(kind.below(count) as usize).copied() else { return Sensitivity::Plain };
        let violations = corpus.violations.fraction();
        match sort {
            sort if sort < violations => Sensitivity::Violation(kind),
            sort if sort < violations + corpus.look_alikes.fraction() => Sensitivity::LookAlike(kind),
            _ => Sensitivity::Plain,
        }
    }

    /// The sentence of the corpus that a message carries; empty if none.
    pub(super) fn sentence(&self, id: MessageId) -> String {
        let language = if draw(self, id, "language").below(2) == 0 { Language::Chinese } else { Language::English };
        let key = Seed(0).key("corpus").name(&self.name).part(u64::from(id.number));
        match self.sensitivity(id) {
            Sensitivity::Plain => String::new(),
            Sensitivity::LookAlike(kind) => innocent(kind, language, key),
            Sensitivity::Violation(kind) => violation(kind, language, key),
        }
    }
}

fn draw(journey: &Journey, id: MessageId, what: &str) -> Draw {
    Seed(0).key("corpus").name(&journey.name).name(what).draw(u64::from(id.number))
}
