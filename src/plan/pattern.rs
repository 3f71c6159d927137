//! Texts with places to be filled in, of which a service by scenario is made.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::is_variable_name;

/// A text with places: `{text}`, `{to}`, …, and `${NAME}` for a variable of the environment. A brace of its own is written twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(Vec<Piece>);

/// A stretch of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Plain(String),
    /// What is filled in.
    Place(Blank),
    /// The value of this variable of the environment.
    Variable(String),
}

/// What is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// The message's text.
    Text,
    /// What tells the message from every other, the same for every attempt at it.
    Message,
    /// The sender's user id.
    From,
    /// The recipients' user ids, with commas between.
    To,
    /// The credential of whoever asks.
    Token,
    /// What the address of the sender's webhook carries.
    Webhook,
    /// Where the last answer to a poll said that the next one goes on.
    After,
    /// Why a service says no, in one word.
    Code,
    /// Whatever stands there.
    Any,
}

/// What is wrong with a template, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPattern {
    /// A brace that nothing closes.
    #[error("nothing closes this brace; a brace of the text's own is written twice")]
    Open(usize),
    /// A place that there is not.
    #[error("`{{{1}}}` is nothing that could be filled in")]
    Unknown(usize, String),
    /// What stands in `${…}` is no name.
    #[error("a variable is written `${{NAME}}`, in letters, digits and underscores")]
    BadName(usize),
    /// Two places with nothing between.
    #[error("nothing stands between two places, so that nobody could tell where the first one ends")]
    Adjacent(usize),
}

impl Blank {
    /// Every place with its word.
    pub const ALL: [(&'static str, Self); 9] = [
        ("text", Self::Text),
        ("message", Self::Message),
        ("from", Self::From),
        ("to", Self::To),
        ("token", Self::Token),
        ("webhook", Self::Webhook),
        ("after", Self::After),
        ("code", Self::Code),
        ("any", Self::Any),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, blank)| *blank == self).map_or("", |(word, _)| word)
    }
}

impl Pattern {
    /// Its stretches.
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Whether there is such a place in it.
    pub fn has(&self, blank: Blank) -> bool {
        self.0.contains(&Piece::Place(blank))
    }

    /// The places in it.
    pub fn blanks(&self) -> impl Iterator<Item = Blank> {
        self.0.iter().filter_map(|piece| if let Piece::Place(blank) = piece { Some(*blank) } else { None })
    }

    /// The names of its variables.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| if let Piece::Variable(name) = piece { Some(name.as_str()) } else { None })
    }

    /// The same with the values of its variables. The name stands in for one that has none, as at a twin.
    #[must_use]
    pub fn with<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Self {
        let filled = |piece: &Piece| match piece {
            Piece::Variable(name) => Piece::Plain(value(name).unwrap_or(name).to_owned()),
            other => other.clone(),
        };
        Self(self.0.iter().map(filled).collect())
    }

    fn plain(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Plain(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(Piece::Plain(text.to_owned())),
        }
    }
}

impl BadPattern {
    /// The byte at which it is wrong.
    pub fn at(&self) -> usize {
        match self {
            Self::Open(at) | Self::Unknown(at, _) | Self::BadName(at) | Self::Adjacent(at) => *at,
        }
    }
}

impl std::str::FromStr for Pattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, BadPattern> {
        let (mut template, mut rest) = (Self::default(), text);
        while let Some(brace) = rest.find(['{', '}']) {
            let at = text.len() - rest.len() + brace;
            let twice = rest[brace..].starts_with("{{") || rest[brace..].starts_with("}}");
            if twice || rest[brace..].starts_with('}') {
                template.plain(&rest[..=brace]);
                rest = &rest[brace + 1 + usize::from(twice)..];
                continue;
            }
            let (word, after) = rest[brace + 1..].split_once('}').ok_or(BadPattern::Open(at))?;
            if let Some(before) = rest[..brace].strip_suffix('$') {
                template.plain(before);
                if !is_variable_name(word) {
                    return Err(BadPattern::BadName(at));
                }
                template.0.push(Piece::Variable(word.to_owned()));
            } else {
                template.plain(&rest[..brace]);
                let blank = Blank::ALL.iter().find(|(known, _)| *known == word);
                let (_, blank) = blank.ok_or_else(|| BadPattern::Unknown(at, word.to_owned()))?;
                if matches!(template.0.last(), Some(Piece::Place(_))) {
                    return Err(BadPattern::Adjacent(at));
                }
                template.0.push(Piece::Place(*blank));
            }
            rest = after;
        }
        template.plain(rest);
        Ok(template)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.0 {
            match piece {
                Piece::Plain(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}"))?,
                Piece::Place(blank) => write!(f, "{{{}}}", blank.word())?,
                Piece::Variable(name) => write!(f, "${{{name}}}")?,
            }
        }
        Ok(())
    }
}

impl From<Pattern> for String {
    fn from(template: Pattern) -> Self {
        template.to_string()
    }
}

impl TryFrom<String> for Pattern {
    type Error = BadPattern;

    fn try_from(text: String) -> Result<Self, BadPattern> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_variables_and_braces_are_told_apart() {
        let template: Pattern = "a {{b}} $5 {to}/${KEY} }".parse().expect("a template");
        let plain = |text: &str| Piece::Plain(text.to_owned());
        assert_eq!(
            template.pieces(),
            [plain("a {b} $5 "), Piece::Place(Blank::To), plain("/"), Piece::Variable("KEY".into()), plain(" }")]
        );
        let filled = template.with(|name| (name == "KEY").then_some("s3cret"));
        assert_eq!(filled.pieces()[2..], [plain("/"), plain("s3cret"), plain(" }")]);
        for (text, bad) in [
            ("ab{to", BadPattern::Open(2)),
            ("{two}", BadPattern::Unknown(0, "two".into())),
            ("x${1}", BadPattern::BadName(2)),
            ("${}", BadPattern::BadName(1)),
            ("{from}{to}", BadPattern::Adjacent(6)),
        ] {
            assert_eq!(text.parse::<Pattern>(), Err(bad), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_back_reads_the_same(parts in prop::collection::vec(
            prop_oneof![".{0,3}", Just("{".to_owned()), Just("{{".to_owned()), Just("}".to_owned()), Just("{to}".to_owned()), Just("${A_1}".to_owned())], 0..12,
        )) {
            if let Ok(template) = parts.concat().parse::<Pattern>() {
                prop_assert_eq!(template.to_string().parse::<Pattern>(), Ok(template));
            }
        }
    }
}
