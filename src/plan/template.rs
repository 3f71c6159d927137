use std::fmt;

use serde::{Deserialize, Serialize};

/// A text in which `${NAME}` stands for a variable of the environment, and `$${` for `${` itself. A plan holds the text as it is written:
/// the names, never the values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template(String);

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`${{` begins the name of a variable, such as `${{TOKEN}}`; write `$${{` where the characters themselves are meant"
)]
pub struct TemplateError;

enum Part<'t> {
    Text(&'t str),
    Variable(&'t str),
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// If `${` is not followed by a name and `}`.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let named = |part: &Part<'_>| if let Part::Variable(name) = part { is_variable_name(name) } else { true };
        let is_closed = parts(text).all(|part| named(&part));
        if is_closed { Ok(Self(text.to_owned())) } else { Err(TemplateError) }
    }

    /// The text as it is written.
    pub fn written(&self) -> &str {
        &self.0
    }

    /// The names of its variables, in order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        parts(&self.0).filter_map(|part| if let Part::Variable(name) = part { Some(name) } else { None })
    }

    /// The text with the values of its variables.
    ///
    /// # Errors
    /// The name of a variable that has no value.
    pub fn filled<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Result<String, String> {
        let mut filled = String::new();
        for part in parts(&self.0) {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Variable(name) => filled.push_str(value(name).ok_or_else(|| name.to_owned())?),
            }
        }
        Ok(filled)
    }
}

/// The parts of a text, in order. What follows an open `${` is the name of a variable, however it looks.
fn parts(mut text: &str) -> impl Iterator<Item = Part<'_>> {
    std::iter::from_fn(move || {
        if let Some(rest) = text.strip_prefix("$${") {
            text = rest;
            return Some(Part::Text("${"));
        }
        if let Some(rest) = text.strip_prefix("${") {
            let (name, after) = rest.split_once('}').unwrap_or(("", ""));
            text = after;
            return Some(Part::Variable(name));
        }
        let escaped = text.find("$${");
        let end = [escaped, text.find("${")].into_iter().flatten().min().unwrap_or(text.len());
        let (part, rest) = text.split_at(end);
        text = rest;
        (!part.is_empty()).then_some(Part::Text(part))
    })
}

/// Whether a variable of the environment can be called so.
pub fn is_variable_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(fits)
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, TemplateError> {
        Self::parse(&text)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(text: &str) -> Option<Result<String, String>> {
        let value = |name: &str| (name == "KEY").then_some("hunter2");
        Template::parse(text).ok().map(|template| template.filled(value))
    }

    #[test]
    fn names_stand_for_values_and_nothing_else_does() {
        for (text, expected) in [
            ("", Some(Ok(""))),
            ("plain $5 {x}", Some(Ok("plain $5 {x}"))),
            ("Bearer ${KEY}", Some(Ok("Bearer hunter2"))),
            ("${KEY}${KEY}.", Some(Ok("hunter2hunter2."))),
            ("$${KEY}", Some(Ok("${KEY}"))),
            ("$$${KEY}", Some(Ok("$${KEY}"))),
            ("a${OTHER}b", Some(Err("OTHER"))),
            ("${KEY", None),
            ("${}", None),
            ("${A B}", None),
            ("${1}", None),
        ] {
            let expected = expected.map(|told: Result<&str, &str>| told.map(str::to_owned).map_err(str::to_owned));
            assert_eq!(filled(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_can_be_read_is_written_as_it_was(text in "[$A-Z{} a]{0,12}") {
            if let Ok(template) = Template::parse(&text) {
                let json = serde_json::to_string(&template).expect("a text");
                prop_assert_eq!(serde_json::from_str::<Template>(&json).expect("the same"), template);
            }
        }

        #[test]
        fn a_text_without_a_dollar_is_its_own_value(text in "[^$]{0,20}") {
            prop_assert_eq!(filled(&text), Some(Ok(text)));
        }
    }
}
