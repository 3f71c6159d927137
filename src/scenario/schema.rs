//! A JSON Schema of the scenario file, from the tables by which it is read. It knows keys and figures, not what only the whole scenario can
//! tell: names that exist, links that are missing.

use serde_json::{Map, Value, json};

use super::language::PARTS;
use crate::plan::{Action, Fault, Param, ParamKind, ParamNeed};

/// The schema, in draft 2020-12.
pub fn schema() -> Value {
    let scenario = PARTS.iter().find(|part| part.name == "scenario").map_or(&[][..], |part| part.params);
    let mut root = keys(scenario);
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    root["title"] = "firedrill scenario".into();
    root["$defs"] = definitions();
    root
}

/// What stands in many places.
fn definitions() -> Value {
    let text =
        |pattern: &str, description: &str| json!({ "type": "string", "pattern": pattern, "description": description });
    let number = r"[0-9]+(\.[0-9]+)?";
    let size = format!("{number}(B|kB|KB|MB|GB|KiB|MiB|GiB)");
    let duration = format!("({number}(ns|us|µs|ms|s|m|min|h|d))+");
    let mut defs = json!({
        "duration": text(&format!("^{duration}$"), "a duration such as 40ms, 1.8s, 2h30m or 3d"),
        "share": text(&format!("^{number}%$"), "a share such as 40% or 0.5%"),
        "size": text(&format!("^{size}$"), "a size such as 512B, 64KiB or 1MB"),
        "throughput": text(&format!("^{size}/s$"), "a throughput such as 10KB/s or 1MiB/s"),
        "rate": text(&format!("^{number}/(s|min|m|h|d|{duration})$"), "a rate such as 20/s or 2/min"),
        "text": { "type": ["string", "number", "boolean"] },
        "name": { "type": ["string", "integer"] },
        "aim": keys(Param::AIM),
        "inject": inject(),
    });
    for doc in Fault::DOCS {
        defs[doc.name] = fault(doc.params);
        defs[doc.name]["description"] = format!("{} {}", doc.summary, doc.live).into();
    }
    for doc in Action::DOCS {
        defs[doc.name] = keys(doc.params);
        defs[doc.name]["description"] = format!("{} {}", doc.summary, doc.live).into();
    }
    defs
}

/// A map with these keys and no others.
fn keys(params: &[Param]) -> Value {
    let mut properties = Map::new();
    for param in params {
        properties.insert(param.name.to_owned(), property(param));
    }
    let must = params.iter().filter(|param| matches!(param.need, ParamNeed::Must(_))).map(|param| param.name);
    let mut map = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    let required: Vec<_> = must.collect();
    if required.is_empty() {
        // A map of which nothing has to be there may be left empty: `partition:`.
        map["type"] = json!(["object", "null"]);
    } else {
        map["required"] = required.into();
    }
    let choices: Vec<_> =
        params.iter().filter(|param| param.need == ParamNeed::OneOf).map(|param| param.name).collect();
    if !choices.is_empty() {
        map["type"] = "object".into();
        map["oneOf"] = choices.iter().map(|name| json!({ "required": [name] })).collect();
    }
    map
}

fn property(param: &Param) -> Value {
    let mut property = kind(&param.kind);
    let also = property["description"].as_str().map_or(String::new(), |also| format!("; {also}"));
    property["description"] = format!("{}{also}", param.meaning).into();
    if let ParamNeed::Or(default) = param.need {
        property["default"] = match param.kind {
            ParamKind::Count(..) => default.parse::<u64>().map_or(Value::Null, Value::from),
            ParamKind::Flag => (default == "true").into(),
            _ => default.into(),
        };
    }
    property
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn kind(kind: &ParamKind) -> Value {
    let list = |items: Value| json!({ "type": "array", "items": items, "minItems": 1 });
    match kind {
        ParamKind::Duration | ParamKind::Positive => reference("duration"),
        ParamKind::Share => reference("share"),
        ParamKind::Size(_) => reference("size"),
        ParamKind::Throughput => reference("throughput"),
        ParamKind::Rate => reference("rate"),
        ParamKind::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        ParamKind::Decimal(least, most) => {
            json!({ "type": "number", "minimum": f64::from(*least) / 1e3, "maximum": f64::from(*most) / 1e3 })
        }
        ParamKind::Flag => json!({ "type": "boolean" }),
        ParamKind::Text => reference("text"),
        ParamKind::Word(words) => {
            // YAML 1.1, which some programs still read, takes `off` for false.
            let off = words.contains(&"off").then_some(Value::Bool(false));
            json!({ "enum": words.iter().map(|word| Value::from(*word)).chain(off).collect::<Vec<_>>() })
        }
        ParamKind::Name => reference("name"),
        ParamKind::Names => {
            json!({ "anyOf": [reference("name"), { "type": "array", "items": reference("name") }] })
        }
        ParamKind::Durations => list(reference("duration")),
        ParamKind::Trace => {
            let pair = [reference("duration"), reference("share")];
            list(json!({ "type": "array", "prefixItems": pair, "minItems": 2, "maxItems": 2 }))
        }
        ParamKind::PerCapability(words) => {
            let word = json!({ "enum": words });
            let capability = |name: &str| (name.to_owned(), word.clone());
            let properties: Map<_, _> =
                crate::plan::Capability::ALL.iter().map(|known| capability(known.name())).collect();
            json!({ "type": ["object", "null"], "properties": properties, "additionalProperties": false })
        }
        ParamKind::Map(params) => keys(params),
        ParamKind::List(of) => list(self::kind(of)),
        ParamKind::Named(of) => json!({ "type": ["object", "null"], "additionalProperties": self::kind(of) }),
        ParamKind::Any(kinds) => json!({ "anyOf": kinds.iter().map(self::kind).collect::<Vec<_>>() }),
        ParamKind::Inject => reference("inject"),
        ParamKind::Set => json!({ "type": "object" }),
    }
}

/// A fault's own parameters, and whom it hits; what may be a list may be written in the plural.
fn fault(params: &[Param]) -> Value {
    let mut map = keys(params);
    for param in Param::AIM {
        let property = reference(&format!("aim/properties/{}", param.name));
        if let Some(plural) = plural(param) {
            map["properties"][plural] = property.clone();
        }
        map["properties"][param.name] = property;
    }
    map
}

/// The other word for a key that may hold several names.
pub(super) fn plural(param: &Param) -> Option<&'static str> {
    match param.name {
        "region" => Some("regions"),
        "link" => Some("links"),
        "endpoint" => Some("endpoints"),
        "capability" => Some("capabilities"),
        "way" => Some("ways"),
        "user" => Some("users"),
        _ => None,
    }
}

/// A time and exactly one fault.
fn inject() -> Value {
    let mut map = keys(Param::TIMES);
    map["type"] = "object".into();
    let docs = || Fault::DOCS.iter().chain(Action::DOCS);
    for doc in docs() {
        map["properties"][doc.name] = reference(doc.name);
    }
    map["oneOf"] = docs().map(|doc| json!({ "required": [doc.name] })).collect();
    map["anyOf"] = json!([{ "required": ["during"] }, { "required": ["at", "for"] }]);
    map
}
