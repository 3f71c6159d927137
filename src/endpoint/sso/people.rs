//! Requests to the directory.

use std::sync::Arc;

use hyper::Response;
use hyper::http::request::Parts;

use super::super::core::Core;
use super::directory::Entry;
use super::{Service, lock};
use crate::vendor::sso::scim::{self, Person, ScimError, Told};
use crate::vendor::sso::{Parameters, Place, bearer};
use crate::vendor::{Body, Refusal};

/// How many users one answer lists if nobody says otherwise, and at most: what the directory says of itself.
const LISTED: usize = 100;
const LISTED_MOST: usize = 1_000;

impl Service {
    /// What the directory says to a request.
    pub(super) fn directory(
        &self,
        core: &Core,
        (head, base): (&Parts, &str),
        place: &Place<'_>,
        body: &[u8],
    ) -> Result<Response<Body>, Refusal> {
        self.admin(core, head)?;
        let answered = match (head.method.as_str(), place) {
            ("GET", Place::ServiceProvider) => Ok(scim::provider_answer(base)),
            ("GET", Place::ResourceTypes) => Ok(scim::types_answer(base)),
            ("GET", Place::Users) => self.list(core, head, base),
            ("POST", Place::Users) => self.add(core, base, body),
            ("GET", Place::User(id)) => self.show(core, base, id),
            ("PUT", Place::User(id)) => self.change(core, base, id, |person| person.replaced(body)),
            ("PATCH", Place::User(id)) => self.change(core, base, id, |person| person.patched(body)),
            ("DELETE", Place::User(id)) => self.take_away(core, id),
            (_, Place::Scim) => Err(ScimError::new(404, "", "there is no such resource")),
            (method, _) => Err(ScimError::new(405, "", format!("{method} does nothing here"))),
        };
        Ok(answered.unwrap_or_else(|error| scim::error_answer(&error)))
    }

    /// Whoever asks has to have the directory's own token; where anybody may come, any.
    fn admin(&self, core: &Core, head: &Parts) -> Result<(), Refusal> {
        let token = bearer(head).ok_or(Refusal::MissingToken)?;
        let is_good = match &self.settings.directory_token {
            Some(own) => own == token,
            None => core.users.is_open(),
        };
        if is_good { Ok(()) } else { Err(Refusal::InvalidToken) }
    }

    fn list(&self, core: &Core, head: &Parts, base: &str) -> Result<Response<Body>, ScimError> {
        let asked = Parameters::of_query(head).map_err(|problem| ScimError::new(400, "invalidValue", problem.why()))?;
        let number = |name: &str, most: usize, unsaid: usize| match asked.get(name).map(str::parse::<i64>) {
            None => Ok(unsaid),
            // RFC 7644 §3.4.2.4: what is below the least is the least.
            Some(Ok(number)) => Ok(usize::try_from(number).unwrap_or(0).min(most)),
            Some(Err(_)) => Err(ScimError::new(400, "invalidValue", format!("{name} is a number"))),
        };
        let from = number("startIndex", usize::MAX, 1)?.max(1);
        let count = number("count", LISTED_MOST, LISTED)?;
        let wanted = asked.get("filter").map(filter).transpose()?;
        let all = lock(&self.directory).everyone(core);
        let fits = |(id, entry): &(Arc<str>, Entry)| match (&wanted, &entry.person) {
            (Some(wanted), Some(person)) => wanted.fits(id, person),
            (_, person) => person.is_some(),
        };
        let found: Vec<_> = all.into_iter().filter(fits).collect();
        let page: Vec<_> =
            found.iter().skip(from - 1).take(count).filter_map(|(id, entry)| told(core, id, entry)).collect();
        Ok(scim::list_answer(base, found.len(), from, &page))
    }

    fn show(&self, core: &Core, base: &str, id: &str) -> Result<Response<Body>, ScimError> {
        let entry = lock(&self.directory).get(core, id).ok_or_else(|| ScimError::no_user(id))?;
        let told = told(core, id, &entry).ok_or_else(|| ScimError::no_user(id))?;
        Ok(scim::user_answer(200, base, &told))
    }

    fn add(&self, core: &Core, base: &str, body: &[u8]) -> Result<Response<Body>, ScimError> {
        let person = Person::read(body)?;
        let (number, now) = (core.number(), core.now());
        let mut directory = lock(&self.directory);
        let id = directory.add(core, person, number, now)?;
        let entry = directory.get(core, &id).ok_or_else(|| ScimError::no_user(&id))?;
        let told = told(core, &id, &entry).ok_or_else(|| ScimError::no_user(&id))?;
        Ok(scim::user_answer(201, base, &told))
    }

    fn change(
        &self,
        core: &Core,
        base: &str,
        id: &str,
        changed: impl FnOnce(&Person) -> Result<Person, ScimError>,
    ) -> Result<Response<Body>, ScimError> {
        let at = (core.number(), core.now());
        let mut directory = lock(&self.directory);
        let entry = directory.get(core, id).ok_or_else(|| ScimError::no_user(id))?;
        let person = changed(entry.person.as_ref().ok_or_else(|| ScimError::no_user(id))?)?;
        if directory.change(core, id, Some(person), at)? {
            lock(&self.grants).end_all(id);
        }
        drop(directory);
        self.show(core, base, id)
    }

    fn take_away(&self, core: &Core, id: &str) -> Result<Response<Body>, ScimError> {
        lock(&self.directory).change(core, id, None, (core.number(), core.now()))?;
        lock(&self.grants).end_all(id);
        Ok(scim::gone_answer())
    }
}

fn told<'a>(core: &Core, id: &'a str, entry: &'a Entry) -> Option<Told<'a>> {
    let (created, changed) = (core.wall.at(entry.created), core.wall.at(entry.changed));
    Some(Told { id, person: entry.person.as_ref()?, created, changed })
}

/// Whom a list is to hold: one attribute is a text (RFC 7644 §3.4.2.2), and nothing else.
#[derive(Debug)]
struct Wanted {
    attribute: &'static str,
    is: String,
}

fn filter(text: &str) -> Result<Wanted, ScimError> {
    let bad = || ScimError::new(400, "invalidFilter", "a filter here is like userName eq \"anna\"");
    let mut parts = text.splitn(3, ' ');
    let (name, operator, value) = (parts.next(), parts.next(), parts.next());
    let (Some(name), Some(operator), Some(value)) = (name, operator, value) else { return Err(bad()) };
    let attribute = ["id", "userName", "externalId"].into_iter().find(|known| known.eq_ignore_ascii_case(name));
    let is = serde_json::from_str(value.trim()).map_err(|_| bad())?;
    match attribute.filter(|_| operator.eq_ignore_ascii_case("eq")) {
        Some(attribute) => Ok(Wanted { attribute, is }),
        None => Err(bad()),
    }
}

impl Wanted {
    fn fits(&self, id: &str, person: &Person) -> bool {
        match self.attribute {
            "id" => id == self.is,
            "userName" => person.user_name.eq_ignore_ascii_case(&self.is),
            _ => person.more.get("externalId").and_then(|value| value.as_str()) == Some(&self.is),
        }
    }
}
