//! What a drill told, as tests of one journey and one inject ask for it.

use serde_json::Value;

use crate::common::{Place, number, records};

/// What a drill told.
pub(crate) struct Told {
    _place: Place,
    pub(crate) summary: Value,
    pub(crate) lines: Vec<Value>,
    pub(crate) words: String,
}

impl Told {
    /// Plays a scenario in which these words are changed.
    pub(crate) fn by(world: &str, name: &str, text: String, changes: &[(&str, &str)]) -> Self {
        let text = changes.iter().fold(text, |text, (words, instead)| {
            assert!(text.contains(words), "no `{words}`");
            text.replace(words, instead)
        });
        let place = Place::new();
        let file = place.file(name, &text);
        let played = crate::play(&place, world, &file, &["--quiet"]);
        let lines = records(&played.dir);
        Self { summary: played.summary(), words: played.told(), _place: place, lines }
    }

    pub(crate) fn delivery(&self, what: &str) -> u64 {
        self.summary["deliveries"][what].as_u64().unwrap_or_else(|| panic!("no `{what}`: {}", self.words))
    }

    /// Milliseconds from due to received at this percentile, in a phase.
    pub(crate) fn latency(&self, phase: &str, percentile: &str) -> f64 {
        let phases = self.summary["journeys"][0]["phases"].as_array().expect("phases");
        let of = phases.iter().find(|of| of["phase"] == phase).expect("the phase");
        number(&of["latency_ms"][percentile])
    }

    pub(crate) fn hits(&self) -> u64 {
        self.summary["injects"][0]["hits"].as_u64().expect("hits")
    }

    pub(crate) fn attempts(&self, ending: &str) -> Vec<&Value> {
        let of = |line: &&Value| line["record"] == "attempt" && line["ending"] == ending;
        self.lines.iter().filter(of).collect()
    }

    /// All of so many messages were received, once each.
    pub(crate) fn is_whole(&self, messages: u64) {
        let all = ["owed", "delivered", "lost", "duplicated"].map(|what| self.delivery(what));
        assert_eq!(all, [messages, messages, 0, 0], "{}", self.words);
        assert_eq!(self.summary["journeys"][0]["basis"], "delivery");
    }
}
