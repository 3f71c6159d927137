//! A service that speaks HTTP and that nobody here knows: what is said to it, and what its answers mean, stand in the scenario.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Capability;
use super::pattern::{BadPattern, Blank, Pattern};

/// A service by scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// What is sent by it: one thing.
    pub capability: Capability,
    /// The request that sends a message.
    pub send: Ask,
    /// Which answers say that the service took it.
    pub success: Success,
    /// How recipients ask for what has come, if they can.
    pub poll: Option<Poll>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The method, in capitals.
    pub method: String,
    /// Path and query, beginning with a slash.
    pub path: Pattern,
    /// Header fields: lower-case names.
    pub headers: Vec<(String, Pattern)>,
    /// The body.
    pub content: Content,
}

/// A request's body. What is filled in is escaped as its form needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// None.
    #[default]
    Nothing,
    /// `application/json`.
    Json(Json),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, Pattern)>),
    /// `text/plain`, in UTF-8.
    Text(Pattern),
}

/// A JSON value whose texts are templates. A list of nothing but `"{to}"` becomes the list of all recipients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum Json {
    /// As it stands: a number, a truth value, null.
    Fixed(Value),
    /// A text.
    Text(Pattern),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Map(Vec<(String, Self)>),
}

/// Which answers say that a message was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Success {
    /// One of these statuses; any from 200 to 299 if there is none.
    pub status: Vec<u16>,
    /// And this of the body.
    pub rule: Option<Rule>,
    /// Where a no says why, in one word.
    pub code: Option<Pointer>,
}

/// What a body has to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Where; `None` is the whole body.
    pub at: Option<Pointer>,
    /// What.
    pub is: Is,
}

/// What has to stand somewhere. Numbers and truth values are compared as they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Is {
    /// This.
    Equal(String),
    /// This among other things.
    Containing(String),
}

/// How a recipient asks for what has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// Path and query.
    pub path: Pattern,
    /// The same of the first question, if that is another: there is no `{after}` yet.
    pub first: Option<Pattern>,
    /// Header fields: lower-case names.
    pub headers: Vec<(String, Pattern)>,
    /// What its answer has of each message.
    pub found: Found,
    /// Where the answer says what goes into `{after}` next time.
    pub next: Option<Pointer>,
}

/// What an answer has of each message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Found {
    /// Its text.
    Texts(Pointer),
    /// What `{message}` was.
    Ids(Pointer),
}

/// A place in a JSON value, as RFC 6901 writes it; besides, `*` is every item of a list, and every value of a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pointer(Vec<PointerStep>);

/// A step of a pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PointerStep {
    /// Every item, or every value.
    Every,
    /// The value of a key, or the item of a number.
    Key(String),
}

impl Service {
    /// The same with the values of its variables.
    #[must_use]
    pub fn with<'v>(&self, value: impl Fn(&str) -> Option<&'v str> + Copy) -> Self {
        let fields =
            |all: &[(String, Pattern)]| all.iter().map(|(name, text)| (name.clone(), text.with(value))).collect();
        let Self { capability, send, success, poll } = self;
        let content = match &send.content {
            Content::Nothing => Content::Nothing,
            Content::Json(json) => Content::Json(json.with(value)),
            Content::Form(form) => Content::Form(fields(form)),
            Content::Text(text) => Content::Text(text.with(value)),
        };
        let send =
            Ask { method: send.method.clone(), path: send.path.with(value), headers: fields(&send.headers), content };
        let poll = poll.as_ref().map(|poll| Poll {
            path: poll.path.with(value),
            first: poll.first.as_ref().map(|first| first.with(value)),
            headers: fields(&poll.headers),
            ..poll.clone()
        });
        Self { capability: *capability, send, success: success.clone(), poll }
    }

    /// Every template of the request that sends.
    pub fn sending(&self) -> Vec<&Pattern> {
        let Ask { path, headers, content, .. } = &self.send;
        let mut all = vec![path];
        all.extend(headers.iter().map(|(_, text)| text));
        match content {
            Content::Nothing => {}
            Content::Json(json) => json.templates(&mut all),
            Content::Form(form) => all.extend(form.iter().map(|(_, text)| text)),
            Content::Text(text) => all.push(text),
        }
        all
    }

    /// Every template of the request that polls.
    pub fn polling(&self) -> Vec<&Pattern> {
        let poll = self.poll.iter();
        poll.flat_map(|poll| poll.paths().chain(poll.headers.iter().map(|(_, text)| text))).collect()
    }

    /// Whether whoever sends needs this of an account.
    pub fn sends_with(&self, blank: Blank) -> bool {
        self.sending().iter().any(|text| text.has(blank))
    }

    /// The names of its variables.
    pub fn variables(&self) -> Vec<&str> {
        self.sending().into_iter().chain(self.polling()).flat_map(Pattern::variables).collect()
    }
}

impl Poll {
    /// Its path, and that of the first question.
    pub fn paths(&self) -> impl Iterator<Item = &Pattern> {
        std::iter::once(&self.path).chain(&self.first)
    }
}

impl Json {
    /// A value whose texts are templates. Of a key a brace is a brace.
    ///
    /// # Errors
    /// The first text that is no template.
    pub fn of(value: Value) -> Result<Self, BadPattern> {
        Ok(match value {
            Value::String(text) => Self::Text(text.parse()?),
            Value::Array(items) => Self::List(items.into_iter().map(Self::of).collect::<Result<_, _>>()?),
            Value::Object(map) => {
                let entry = |(key, value)| Ok((key, Self::of(value)?));
                Self::Map(map.into_iter().map(entry).collect::<Result<_, _>>()?)
            }
            fixed => Self::Fixed(fixed),
        })
    }

    pub(super) fn with<'v>(&self, value: impl Fn(&str) -> Option<&'v str> + Copy) -> Self {
        match self {
            Self::Fixed(fixed) => Self::Fixed(fixed.clone()),
            Self::Text(text) => Self::Text(text.with(value)),
            Self::List(items) => Self::List(items.iter().map(|item| item.with(value)).collect()),
            Self::Map(map) => Self::Map(map.iter().map(|(key, item)| (key.clone(), item.with(value))).collect()),
        }
    }

    /// Every template in it.
    pub fn templates<'a>(&'a self, all: &mut Vec<&'a Pattern>) {
        match self {
            Self::Fixed(_) => {}
            Self::Text(text) => all.push(text),
            Self::List(items) => items.iter().for_each(|item| item.templates(all)),
            Self::Map(map) => map.iter().for_each(|(_, item)| item.templates(all)),
        }
    }
}

impl TryFrom<Value> for Json {
    type Error = BadPattern;

    fn try_from(value: Value) -> Result<Self, BadPattern> {
        Self::of(value)
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Fixed(fixed) => fixed,
            Json::Text(text) => text.to_string().into(),
            Json::List(items) => items.into_iter().map(Self::from).collect(),
            Json::Map(map) => map.into_iter().map(|(key, item)| (key, Self::from(item))).collect(),
        }
    }
}

impl Pointer {
    /// Its steps.
    pub fn steps(&self) -> &[PointerStep] {
        &self.0
    }

    /// Every value to which it leads.
    pub fn find<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![value];
        for step in &self.0 {
            let taken = |value: &'v Value| match (step, value) {
                (PointerStep::Every, Value::Array(items)) => items.iter().collect(),
                (PointerStep::Every, Value::Object(map)) => map.values().collect(),
                (PointerStep::Key(key), Value::Array(items)) => {
                    let item = key.parse::<usize>().ok().and_then(|number| items.get(number));
                    item.into_iter().collect::<Vec<_>>()
                }
                (PointerStep::Key(key), Value::Object(map)) => map.get(key).into_iter().collect(),
                _ => Vec::new(),
            };
            found = found.into_iter().flat_map(taken).collect();
        }
        found
    }
}

impl TryFrom<String> for Pointer {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let rest = text.strip_prefix('/').ok_or("a pointer begins with a slash, as in `/items/*/text`")?;
        let token = |token: &str| match token {
            "*" => PointerStep::Every,
            key => PointerStep::Key(key.replace("~1", "/").replace("~0", "~")),
        };
        Ok(Self(rest.split('/').map(token).collect()))
    }
}

impl From<Pointer> for String {
    fn from(pointer: Pointer) -> Self {
        let step = |token: &PointerStep| match token {
            PointerStep::Every => "/*".to_owned(),
            PointerStep::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        };
        pointer.0.iter().map(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pointer_leads_to_every_item() {
        let value = json!({ "items": [{ "t": "a" }, { "u": 1 }, { "t": "b" }], "a/b": { "~": [7, 8] }, "": 0 });
        let find = |text: &str| {
            let pointer = Pointer::try_from(text.to_owned()).expect("a pointer");
            assert_eq!(String::from(pointer.clone()), text);
            pointer.find(&value).into_iter().cloned().collect::<Vec<_>>()
        };
        assert_eq!(find("/items/*/t"), [json!("a"), json!("b")]);
        assert_eq!(find("/a~1b/~0/1"), [json!(8)]);
        assert_eq!(find("/a~1b/*/0"), [json!(7)], "every value of a map, too");
        assert_eq!((find("/"), find("/items/t"), find("/nothing/*")), (vec![json!(0)], vec![], vec![]));
        assert_eq!(find(""), std::slice::from_ref(&value));
        assert!(Pointer::try_from("items".to_owned()).is_err());
    }

    #[test]
    fn a_body_is_read_back_as_it_was() {
        let value = json!({ "to": ["{to}"], "n": [1, true, null], "deep": { "text": "{text} ${KEY}" } });
        let json = Json::of(value.clone()).expect("templates");
        assert_eq!(Value::from(json.clone()), value);
        let mut all = Vec::new();
        json.templates(&mut all);
        assert_eq!(all.len(), 2);
        assert!(Json::of(json!({ "a": ["{b}"] })).is_err());
    }
}
