//! What a drill told, as tests of one journey and one inject ask for it.

use std::collections::BTreeSet;

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

    /// When messages that were due under the inject were received before its planned end, in seconds: none may be, where it cuts. Those of
    /// its first tenth of a second do not count, which may meet a question that had passed before.
    pub(crate) fn received_under(&self, until_s: f64) -> Vec<f64> {
        let of = |record| self.lines.iter().filter(move |line| line["record"] == record);
        let applied = of("control").find(|line| line["event"] == "applied").expect("an inject");
        let under = number(&applied["at_s"]) + 0.1..until_s;
        let due = of("message").filter(|line| under.contains(&number(&line["due_s"])));
        let due: BTreeSet<&str> = due.map(|line| line["message"].as_str().expect("a name")).collect();
        assert!(!due.is_empty(), "nothing was due: {}", self.words);
        let theirs = of("receipt").filter(|line| line["message"].as_str().is_some_and(|message| due.contains(message)));
        theirs.map(|line| number(&line["at_s"])).filter(|at| *at < until_s).collect()
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
