//! The directory: SCIM 2.0 (RFC 7643, RFC 7644), as far as users are made, changed and taken away by it.
//!
//! Kept of a user are [`KEPT`]; other attributes are read and forgotten, as RFC 7643 §2.1 lets a provider do. A PATCH names attributes and
//! their parts (`active`, `name.givenName`); filters of values (`emails[type eq "work"]`) are refused with `invalidPath`. Whether somebody may
//! sign in changes only by saying so: a PUT that does not say leaves it, and it cannot be removed.

use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::attribute::{BadName, Named, attribute, no_parts, not_named, whole};
use super::place::{SCIM, USERS};
use super::unique::Unique;
use crate::units::Span;
use crate::vendor::{Body, Refusal, answer, wall};

pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The attributes of a user that are kept, besides `userName` and `active`.
const KEPT: [&str; 5] = ["externalId", "displayName", "name", "emails", "title"];

/// The largest body of a request to the directory: a user with all that is kept has a few hundred bytes.
pub const LARGEST: usize = 64 * 1024;

/// Why the directory says no: a status, RFC 7644's word for it (§3.12; empty where it has none), and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimError {
    status: u16,
    word: &'static str,
    why: String,
}

impl ScimError {
    /// An error of this status and word.
    pub fn new(status: u16, word: &'static str, why: impl Into<String>) -> Self {
        Self { status, word, why: why.into() }
    }

    fn syntax(why: impl Into<String>) -> Self {
        Self::new(400, "invalidSyntax", why)
    }

    fn value(why: impl Into<String>) -> Self {
        Self::new(400, "invalidValue", why)
    }

    /// There is no such user.
    pub fn no_user(id: &str) -> Self {
        Self::new(404, "", format!("there is no user {id}"))
    }

    /// Another user is called the same.
    pub fn taken(name: &str) -> Self {
        Self::new(409, "uniqueness", format!("the userName {name} is taken"))
    }
}

/// A user as the directory keeps him.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// What people call him; unique, whatever the case of its letters.
    pub user_name: String,
    /// Whether he may sign in.
    pub active: bool,
    /// What else is kept.
    pub more: Map<String, Value>,
}

impl Person {
    /// A user of whom nothing is known but his name.
    pub fn named(user_name: &str) -> Self {
        Self { user_name: user_name.to_owned(), active: true, more: Map::new() }
    }

    /// A whole user, as POST brings him.
    ///
    /// # Errors
    /// If it is none.
    pub fn read(body: &[u8]) -> Result<Self, ScimError> {
        Self::named("").replaced(body)
    }

    /// What a PUT makes of him: whatever it does not say is gone, but whether he may sign in stays as it is. RFC 7644 §3.5.1 leaves that to
    /// the provider, and nobody comes back because nothing was said.
    ///
    /// # Errors
    /// If the body is no user.
    pub fn replaced(&self, body: &[u8]) -> Result<Self, ScimError> {
        let all = object(body)?;
        if !has_schema(&all, USER) {
            return Err(ScimError::syntax(format!("`schemas` does not name {USER}")));
        }
        let mut person = Self { active: self.active, ..Self::named("") };
        person.set_all(&all)?;
        if person.user_name.is_empty() { Err(ScimError::value("a user needs a userName")) } else { Ok(person) }
    }

    /// The user after a PATCH: all of it, or nothing.
    ///
    /// # Errors
    /// If a part of it cannot be done.
    pub fn patched(&self, body: &[u8]) -> Result<Self, ScimError> {
        let all = object(body)?;
        if !has_schema(&all, PATCH) {
            return Err(ScimError::syntax(format!("`schemas` does not name {PATCH}")));
        }
        let listed = field(&all, "Operations").cloned().ok_or_else(|| ScimError::syntax("there are no Operations"))?;
        let operations: Vec<Operation> =
            serde_json::from_value(listed).map_err(|error| ScimError::syntax(format!("Operations: {error}")))?;
        if operations.is_empty() {
            return Err(ScimError::syntax("there are no Operations"));
        }
        let mut person = self.clone();
        for operation in &operations {
            person.apply(operation)?;
        }
        if person.user_name.is_empty() { Err(ScimError::value("a user needs a userName")) } else { Ok(person) }
    }

    fn apply(&mut self, operation: &Operation) -> Result<(), ScimError> {
        let Operation { op, path, value } = operation;
        let removes = match op.to_ascii_lowercase().as_str() {
            "add" | "replace" => false,
            "remove" => true,
            _ => return Err(ScimError::syntax(format!("there is no operation {op}"))),
        };
        match (path, value) {
            (None, _) if removes => Err(ScimError::new(400, "noTarget", "what is to be removed?")),
            (None, Some(Value::Object(all))) => self.set_all(all),
            (None, _) => Err(ScimError::value("without a path the value is an object")),
            (Some(path), value) => match (attribute(path).map_err(|BadName| not_named(path))?, value) {
                (None, _) => Ok(()),
                (Some(named), _) if removes => self.remove(named),
                (Some(named), Some(value)) => self.set(named, value),
                (Some(_), None) => Err(ScimError::value("there is no value")),
            },
        }
    }

    fn set_all(&mut self, all: &Map<String, Value>) -> Result<(), ScimError> {
        for (name, value) in all {
            let named = attribute(name)
                .map_err(|BadName| ScimError::syntax(format!("{name:?} is the name of no attribute")))?;
            named.map_or(Ok(()), |named| self.set(named, value))?;
        }
        Ok(())
    }

    /// Sets an attribute, or a part of one. What is not kept is forgotten.
    fn set(&mut self, (attribute, part): Named<'_>, value: &Value) -> Result<(), ScimError> {
        if attribute.eq_ignore_ascii_case("userName") {
            self.user_name = name(whole("userName", part, value)?)?;
        } else if attribute.eq_ignore_ascii_case("active") {
            self.active = truth(whole("active", part, value)?)?;
        } else if let Some(kept) = kept(attribute) {
            fits(kept, part, value)?;
            match part {
                None => drop(self.more.insert(kept.to_owned(), value.clone())),
                Some(part) => {
                    let whole = self.more.entry(kept).or_insert_with(|| json!({}));
                    whole[part] = value.clone();
                }
            }
        }
        Ok(())
    }

    fn remove(&mut self, (attribute, part): Named<'_>) -> Result<(), ScimError> {
        if let Some(always) = ["userName", "active"].into_iter().find(|one| one.eq_ignore_ascii_case(attribute)) {
            whole(always, part, &Value::Null)?;
            return Err(ScimError::new(400, "mutability", format!("a user always has {always}: replace it")));
        }
        let Some(kept) = kept(attribute) else { return Ok(()) };
        match (part, self.more.get_mut(kept)) {
            (Some(_), _) if kept != "name" => return Err(no_parts(kept)),
            (None, _) => drop(self.more.remove(kept)),
            (Some(part), Some(Value::Object(whole))) => drop(whole.remove(part)),
            (Some(_), _) => {}
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Operation {
    op: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    value: Option<Value>,
}

/// The attribute, if it is kept.
fn kept(attribute: &str) -> Option<&'static str> {
    KEPT.into_iter().find(|kept| kept.eq_ignore_ascii_case(attribute))
}

/// Whether a value has the type of the attribute (RFC 7643 §4.1).
fn fits(attribute: &str, part: Option<&str>, value: &Value) -> Result<(), ScimError> {
    let fits = match (attribute, part) {
        ("name", None) => value.is_object(),
        ("emails", None) => value.is_array(),
        ("name", Some(_)) | (_, None) => value.is_string(),
        (_, Some(_)) => return Err(no_parts(attribute)),
    };
    if fits { Ok(()) } else { Err(ScimError::value(format!("{attribute} has another type"))) }
}

fn name(value: &Value) -> Result<String, ScimError> {
    let name = value.as_str().filter(|name| !name.is_empty() && name.len() <= 256);
    let name = name.filter(|name| !name.chars().any(char::is_control));
    name.map(str::to_owned).ok_or_else(|| ScimError::value("a userName is a text of 1 to 256 bytes"))
}

/// A truth value. Entra has been known to write it as a text.
fn truth(value: &Value) -> Result<bool, ScimError> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(ScimError::value("active is true or false")),
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, ScimError> {
    if body.len() > LARGEST {
        return Err(ScimError::new(413, "", format!("the body has more than {LARGEST} bytes")));
    }
    match serde_json::from_slice(body) {
        Ok(Unique(Value::Object(all))) => Ok(all),
        Err(error) if error.is_data() => Err(ScimError::syntax(error.to_string())),
        Ok(_) | Err(_) => Err(ScimError::syntax("the body is no JSON object")),
    }
}

/// A field by its name, whatever the case of its letters (RFC 7643 §2.1).
fn field<'o>(object: &'o Map<String, Value>, name: &str) -> Option<&'o Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn has_schema(object: &Map<String, Value>, schema: &str) -> bool {
    let listed = field(object, "schemas").and_then(Value::as_array);
    listed.is_some_and(|all| all.iter().any(|one| one.as_str().is_some_and(|one| one.eq_ignore_ascii_case(schema))))
}

/// A user with what the directory says of him.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// His id.
    pub id: &'a str,
    /// He himself.
    pub person: &'a Person,
    /// When he was made, since 1970.
    pub created: Span,
    /// When he was changed last.
    pub changed: Span,
}

impl Told<'_> {
    fn json(&self, base: &str) -> Value {
        let mut all = self.person.more.clone();
        all.insert("schemas".into(), json!([USER]));
        all.insert("id".into(), self.id.into());
        all.insert("userName".into(), self.person.user_name.clone().into());
        all.insert("active".into(), self.person.active.into());
        all.insert(
            "meta".into(),
            json!({ "resourceType": "User", "created": wall::text(self.created), "lastModified": wall::text(self.changed),
                "location": format!("{base}{SCIM}{USERS}/{}", super::percent(self.id)) }),
        );
        Value::Object(all)
    }
}

/// One user; `base` is how the provider is reached.
pub fn user_answer(status: u16, base: &str, told: &Told<'_>) -> Response<Body> {
    let body = told.json(base);
    let place = body["meta"]["location"].as_str().unwrap_or_default().to_owned();
    super::with_header_of(scim(status, &body), "location", &place)
}

/// Some users of a list of `total`, from this place of it on, counted from one.
pub fn list_answer(base: &str, total: usize, from: usize, users: &[Told<'_>]) -> Response<Body> {
    let listed: Vec<_> = users.iter().map(|told| told.json(base)).collect();
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": total,
        "startIndex": from, "itemsPerPage": listed.len(), "Resources": listed });
    scim(200, &body)
}

/// A user is gone.
pub fn gone_answer() -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = hyper::StatusCode::NO_CONTENT;
    response
}

/// What the directory can do (RFC 7643 §5).
pub fn provider_answer(base: &str) -> Response<Body> {
    let no = json!({ "supported": false });
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": 1_000 },
        "changePassword": no, "sort": no, "etag": no,
        "authenticationSchemes": [{ "type": "oauthbearertoken", "name": "Bearer", "description": "A token that was fixed beforehand" }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base}{SCIM}/ServiceProviderConfig") },
    });
    scim(200, &body)
}

/// The kinds of things that the directory knows: users.
pub fn types_answer(base: &str) -> Response<Body> {
    let user = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "User", "name": "User",
        "endpoint": "/Users", "schema": USER,
        "meta": { "resourceType": "ResourceType", "location": format!("{base}{SCIM}/ResourceTypes/User") } });
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 1,
        "startIndex": 1, "itemsPerPage": 1, "Resources": [user] });
    scim(200, &body)
}

/// A no (RFC 7644 §3.12).
pub fn error_answer(error: &ScimError) -> Response<Body> {
    let mut body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": error.status.to_string(),
        "detail": error.why });
    if !error.word.is_empty() {
        body["scimType"] = error.word.into();
    }
    scim(error.status, &body)
}

/// A no for one of the reasons that all platforms share.
pub(super) fn refused(refusal: &Refusal) -> Response<Body> {
    let plain = |status, why: &str| ScimError::new(status, "", why);
    let error = match refusal {
        Refusal::MissingToken
        | Refusal::InvalidToken
        | Refusal::ExpiredToken
        | Refusal::RevokedToken
        | Refusal::InvalidKey
        | Refusal::MfaRequired => plain(401, "the token is missing, unknown or good no more"),
        Refusal::Frozen(_) => plain(403, "the account is disabled"),
        Refusal::Fenced(_) => plain(403, "access from this address is not allowed"),
        Refusal::Status(413) => plain(413, "the body is too large"),
        Refusal::Status(status) => plain(*status, "the request was refused"),
        Refusal::UnknownApi => plain(404, "there is no such resource"),
        Refusal::BadRequest(why) => ScimError::syntax(why.clone()),
        Refusal::Throttled(_) | Refusal::Banned(_) | Refusal::Quota => plain(429, "too many requests"),
        Refusal::MeetingLocked(_) => plain(400, "there are no meetings here"),
    };
    let mut response = error_answer(&error);
    if let Refusal::Throttled(wait) | Refusal::Banned(wait) = refusal {
        response.headers_mut().insert(hyper::header::RETRY_AFTER, wait.nanos().div_ceil(1_000_000_000).into());
    }
    if error.status == 401 {
        // RFC 6750 §3.1: whoever shows nothing is told no error.
        let bearer = HeaderValue::from_static(match refusal {
            Refusal::MissingToken => "Bearer realm=\"scim\"",
            _ => "Bearer realm=\"scim\", error=\"invalid_token\"",
        });
        response.headers_mut().insert(hyper::header::WWW_AUTHENTICATE, bearer);
    }
    response
}

fn scim(status: u16, body: &Value) -> Response<Body> {
    let mut response = answer(status, body.to_string());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/scim+json"));
    response
}
