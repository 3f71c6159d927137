//! Credentials in the open, where nothing but their names tells what they are: in a query, in JSON, in a form, in variables and arguments
//! of a program. What has no name cannot be told, but for the path of an incoming webhook of Slack.

use super::cx::Cx;
use super::diagnostic::Code;
use super::node::Mark;
use crate::plan::{Content, Json, Pattern};

/// What a name says that is a secret's, alone or behind other words: `API_TOKEN`, `clientSecret`, `--db-password`.
const NAMES: [&str; 10] = [
    "token",
    "secret",
    "password",
    "passwd",
    "authorization",
    "apikey",
    "api_key",
    "access_key",
    "private_key",
    "signature",
];

/// Whether a value of this name is a secret. A `key` alone may be one of an order.
fn is_secret(name: &str) -> bool {
    let mut plain = String::new();
    let mut before = ' ';
    for c in name.trim_start_matches('-').chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            plain.push('_');
        }
        plain.push(if c == '-' || c == '.' { '_' } else { c.to_ascii_lowercase() });
        before = c;
    }
    let ends = |word: &&str| plain.strip_suffix(*word).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
    plain == "sig" || NAMES.iter().any(ends)
}

/// Whether a text is what it says, with nothing to be filled in.
fn is_open(text: &Pattern) -> bool {
    let is_plain = text.blanks().next().is_none() && text.variables().next().is_none();
    is_plain && !text.to_string().is_empty()
}

/// Whether a query has a secret in it that nothing stands for.
pub(super) fn in_query(path: &str) -> bool {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().any(|(name, value)| !value.is_empty() && !value.contains('{') && is_secret(name))
}

/// Whether a path is that of an incoming webhook of Slack: whoever knows it may write.
fn is_webhook(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/services/T") else { return false };
    matches!(rest.split('/').collect::<Vec<_>>()[..], [_, room, secret] if room.starts_with('B') && !secret.contains('{'))
}

/// Whether the path of a request shows a secret.
pub(super) fn in_path(path: &Pattern) -> bool {
    let path = path.to_string();
    in_query(&path) || is_webhook(&path)
}

/// Whether the body of a request does.
pub(super) fn in_content(content: &Content) -> bool {
    match content {
        Content::Json(json) => in_json(json),
        Content::Form(form) => form.iter().any(|(name, text)| is_secret(name) && is_open(text)),
        _ => false,
    }
}

fn in_json(json: &Json) -> bool {
    match json {
        Json::Map(map) => map.iter().any(|(name, value)| match value {
            Json::Text(text) => is_secret(name) && is_open(text),
            other => in_json(other),
        }),
        Json::List(items) => items.iter().any(in_json),
        _ => false,
    }
}

/// Whether a variable of a program's shows one: of those, `${NAME}` alone is filled in.
pub(super) fn in_variable(name: &str, value: &str) -> bool {
    is_secret(name) && !value.is_empty() && !value.contains("${")
}

/// The argument of a program that is a secret: `--password=x`, or what follows `--password`. What a shell is given as a script is not read.
pub(super) fn in_arguments(words: &[String]) -> Option<usize> {
    let is_value = |word: &str| !word.is_empty() && !word.starts_with('-') && !word.contains('$');
    let joined = |word: &str| word.split_once('=').is_some_and(|(name, value)| is_secret(name) && is_value(value));
    let named = |word: &str| word.starts_with('-') && is_secret(word);
    (1..words.len()).find(|at| joined(&words[*at]) || (named(&words[at - 1]) && is_value(&words[*at])))
}

impl Cx<'_> {
    /// Reports a secret, and shows nothing of the line from there on.
    pub(super) fn open_secret<T>(&mut self, at: Mark, hint: &str) -> Option<T> {
        let at = Mark { end: at.start, ..at };
        let message = "a credential stands in the environment and not in a scenario";
        self.hinted::<()>(Code::OpenSecret, at, message, hint.to_owned());
        self.found.blot_last();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_secret() {
        for name in
            ["token", "access_token", "API_TOKEN", "apiKey", "x-api-key", "--db-password", "clientSecret", "sig"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in ["key", "max_tokens", "tokens", "order_key", "keyboard", "design", "secretary", "password_file"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
