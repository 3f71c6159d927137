//! JSON as Go's `encoding/json` reads it into a struct: keys in any case, unknown ones ignored, `null` leaves what is there, whatever follows
//! the first value is not looked at. Clients of Toxiproxy lean on each of these.
//!
//! Everything here is a pure function of the bytes.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value, its members in the order in which they stand.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction and exponent that fits 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object. A key may stand in it more than once: the last one counts.
    Object(Vec<(String, Json)>),
}

/// Reads the first value of `bytes`; what follows it is ignored. Bytes that are no UTF-8 are read as U+FFFD.
///
/// # Errors
/// In the words of Go's decoder, as near as we know them.
pub fn parse(bytes: &[u8]) -> Result<Json, String> {
    let text = String::from_utf8_lossy(bytes);
    match serde_json::Deserializer::from_str(&text).into_iter::<Json>().next() {
        None => Err("EOF".into()),
        Some(Ok(json)) => Ok(json),
        Some(Err(error)) if error.is_eof() => Err("unexpected EOF".into()),
        Some(Err(error)) => Err(syntax(&text, &error)),
    }
}

fn syntax(text: &str, error: &serde_json::Error) -> String {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let bytes = line.as_bytes().get(..error.column()).unwrap_or(line.as_bytes());
    let at = String::from_utf8_lossy(bytes);
    match at.chars().next_back() {
        Some(c) => format!("invalid character {c:?}: {error}"),
        None => format!("invalid character: {error}"),
    }
}

impl Json {
    /// What Go calls a value that has the wrong type.
    fn go_kind(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(_) => "bool".into(),
            Self::Int(number) => format!("number {number}"),
            Self::Float(number) => format!("number {number}"),
            Self::Text(_) => "string".into(),
            Self::List(_) => "array".into(),
            Self::Object(_) => "object".into(),
        }
    }
}

/// An object that is read into a Go struct of this name.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'j> {
    members: &'j [(String, Json)],
    go: &'static str,
}

impl<'j> Fields<'j> {
    /// `null` is an object without members.
    ///
    /// # Errors
    /// If it is neither an object nor `null`.
    pub fn of(json: &'j Json, go: &'static str) -> Result<Self, String> {
        match json {
            Json::Object(members) => Ok(Self { members, go }),
            Json::Null => Ok(Self { members: &[], go }),
            other => {
                let kind = other.go_kind();
                let kind = kind.split(' ').next().unwrap_or_default();
                Err(format!("json: cannot unmarshal {kind} into Go value of type {go}"))
            }
        }
    }

    /// The values that are given for a field, in order.
    pub fn all(self, name: &'j str) -> impl Iterator<Item = &'j Json> {
        self.members.iter().filter(move |(key, _)| folds(key, name)).map(|(_, value)| value)
    }

    /// The last value for a field, `null` or not.
    pub fn last(self, name: &'j str) -> Option<&'j Json> {
        self.all(name).last()
    }

    /// Sets what is given.
    ///
    /// # Errors
    /// If it is no text.
    pub fn text(self, name: &'j str, into: &mut String) -> Result<(), String> {
        self.each(name, "string", |json| match json {
            Json::Text(text) => {
                into.clone_from(text);
                true
            }
            _ => false,
        })
    }

    /// Sets what is given.
    ///
    /// # Errors
    /// If it is not `true` or `false`.
    pub fn flag(self, name: &'j str, into: &mut bool) -> Result<(), String> {
        self.each(name, "bool", |json| match json {
            Json::Bool(flag) => {
                *into = *flag;
                true
            }
            _ => false,
        })
    }

    /// Sets what is given.
    ///
    /// # Errors
    /// If it is no whole number.
    pub fn integer(self, name: &'j str, into: &mut i64) -> Result<(), String> {
        self.each(name, "int64", |json| match json {
            Json::Int(number) => {
                *into = *number;
                true
            }
            _ => false,
        })
    }

    /// Sets what is given, rounded to 32 bits.
    ///
    /// # Errors
    /// If it is no number, or too large for 32 bits.
    #[expect(clippy::cast_possible_truncation, reason = "Go's field has 32 bits; what becomes infinite is refused")]
    pub fn float(self, name: &'j str, into: &mut f32) -> Result<(), String> {
        self.each(name, "float32", |json| {
            let number = match json {
                Json::Int(number) => *number as f32,
                Json::Float(number) => *number as f32,
                _ => return false,
            };
            *into = number;
            number.is_finite()
        })
    }

    fn each(self, name: &'j str, go: &str, mut set: impl FnMut(&Json) -> bool) -> Result<(), String> {
        for json in self.all(name).filter(|json| **json != Json::Null) {
            if !set(json) {
                let (kind, owner) = (json.go_kind(), self.go);
                return Err(format!("json: cannot unmarshal {kind} into Go struct field {owner}.{name} of type {go}"));
            }
        }
        Ok(())
    }
}

/// Go folds case by Unicode's simple rules: beside ASCII two signs fold into a letter of our names.
fn folds(key: &str, name: &str) -> bool {
    let fold = |c: char| match c {
        'ſ' => 's',
        'K' => 'k',
        c => c.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(name.chars())
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(i64::try_from(number).map_or(Json::Float(number as f64), Json::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        // serde_json reads `-0` as a fraction, to keep its sign.
        Ok(if number == 0.0 && number.is_sign_negative() { Json::Int(0) } else { Json::Float(number) })
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}
