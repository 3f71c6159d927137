//! What names an attribute in SCIM, alone or in a PATCH.

use serde_json::Value;

use super::scim::{ScimError, USER};

/// What is the name of no attribute.
pub(super) struct BadName;

/// An attribute, and the part of it.
pub(super) type Named<'p> = (&'p str, Option<&'p str>);

/// An attribute without the schema that it may be written with. To both the case of letters is one (RFC 7643 §2.1, RFC 8141 §3.1).
pub(super) fn bare(path: &str) -> &str {
    let urn = path.get(..USER.len()).filter(|urn| urn.eq_ignore_ascii_case(USER));
    match urn.map(|_| &path[USER.len()..]) {
        Some("") => "",
        Some(rest) => rest.strip_prefix(':').unwrap_or(path),
        None => path,
    }
}

/// The attribute that a path names, and the part of it; `None` is one of another schema, of which nothing is kept
/// (RFC 7643 §2.1, RFC 7644 §3.5.2).
pub(super) fn attribute(path: &str) -> Result<Option<Named<'_>>, BadName> {
    let path = bare(path);
    if path.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn:")) {
        return Ok(None);
    }
    let (attribute, part) = path.split_once('.').map_or((path, None), |(attribute, part)| (attribute, Some(part)));
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    let is_part = part.is_none_or(|part| part == "$ref" || is_name(part));
    if is_name(attribute) && is_part { Ok(Some((attribute, part))) } else { Err(BadName) }
}

pub(super) fn not_named(path: &str) -> ScimError {
    let why = if path.contains('[') {
        "only attributes can be named here, and no filters"
    } else {
        "the path names no attribute"
    };
    ScimError::new(400, "invalidPath", why)
}

pub(super) fn no_parts(attribute: &str) -> ScimError {
    ScimError::new(400, "invalidPath", format!("{attribute} has no parts"))
}

/// The value of an attribute that has no parts.
pub(super) fn whole<'v>(attribute: &str, part: Option<&str>, value: &'v Value) -> Result<&'v Value, ScimError> {
    if part.is_some() { Err(no_parts(attribute)) } else { Ok(value) }
}
