//! The people of the directory, as far as anything was said of them by SCIM. Whoever exists and of whom nothing was said is there under his
//! own name, and may sign in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::core::Core;
use crate::limits::TWIN_PEOPLE;
use crate::units::Moment;
use crate::vendor::sso::scim::{Person, ScimError};

/// What is known of people, by their ids.
#[derive(Debug, Default)]
pub(super) struct Directory {
    people: BTreeMap<Arc<str>, Entry>,
    /// The ids by names, in lower case.
    names: BTreeMap<String, Arc<str>>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// `None` = he was taken away, and there is nobody of this id any more.
    pub(super) person: Option<Person>,
    pub(super) created: Moment,
    pub(super) changed: Moment,
    /// What was given to him up to this number is good no more.
    signed_out: u64,
}

impl Directory {
    /// Whoever has this id.
    pub(super) fn get(&self, core: &Core, id: &str) -> Option<Entry> {
        match self.people.get(id) {
            Some(entry) => entry.person.is_some().then(|| entry.clone()),
            None => core.users.has(id).then(|| unsaid(id)),
        }
    }

    /// Everybody, by id.
    pub(super) fn everyone(&self, core: &Core) -> Vec<(Arc<str>, Entry)> {
        let mut all: BTreeMap<Arc<str>, Entry> =
            core.users.everyone().into_iter().map(|id| (Arc::clone(&id), unsaid(&id))).collect();
        all.extend(self.people.iter().map(|(id, entry)| (Arc::clone(id), entry.clone())));
        all.into_iter().filter(|(_, entry)| entry.person.is_some()).collect()
    }

    /// The id of whoever is called this.
    pub(super) fn id(&self, core: &Core, name: &str) -> Option<Arc<str>> {
        if let Some(id) = self.names.get(&name.to_ascii_lowercase()) {
            return Some(Arc::clone(id));
        }
        if core.users.has(name) {
            return (!self.people.contains_key(name)).then(|| name.into());
        }
        let unsaid = |id: &Arc<str>| id.eq_ignore_ascii_case(name) && !self.people.contains_key(&**id);
        core.users.everyone().into_iter().find(unsaid)
    }

    /// Somebody new.
    pub(super) fn add(&mut self, core: &Core, person: Person, number: u64, now: Moment) -> Result<Arc<str>, ScimError> {
        if self.id(core, &person.user_name).is_some() {
            return Err(ScimError::taken(&person.user_name));
        }
        if self.people.len() >= TWIN_PEOPLE {
            return Err(ScimError::new(503, "", "the directory is full"));
        }
        let id: Arc<str> = format!("fd-person-{number}").into();
        self.names.insert(person.user_name.to_ascii_lowercase(), Arc::clone(&id));
        let entry = Entry { person: Some(person), created: now, changed: now, signed_out: 0 };
        self.people.insert(Arc::clone(&id), entry);
        Ok(id)
    }

    /// Somebody is another now; `None` = he is gone. Tells whether his sessions end with it.
    pub(super) fn change(
        &mut self,
        core: &Core,
        id: &str,
        person: Option<Person>,
        (number, now): (u64, Moment),
    ) -> Result<bool, ScimError> {
        let entry = self.get(core, id).ok_or_else(|| ScimError::no_user(id))?;
        if let Some(person) = &person
            && self.id(core, &person.user_name).is_some_and(|other| &*other != id)
        {
            return Err(ScimError::taken(&person.user_name));
        }
        if !self.people.contains_key(id) && self.people.len() >= TWIN_PEOPLE {
            return Err(ScimError::new(503, "", "the directory is full"));
        }
        self.names.retain(|_, known| &**known != id);
        if let Some(person) = &person {
            self.names.insert(person.user_name.to_ascii_lowercase(), id.into());
        }
        let out = !person.as_ref().is_some_and(|person| person.active);
        let signed_out = if out { number } else { entry.signed_out };
        self.people.insert(id.into(), Entry { person, changed: now, signed_out, ..entry });
        Ok(out)
    }

    /// Whether somebody may sign in. Who was never heard of is not kept out here.
    pub(super) fn admits(&self, id: &str) -> bool {
        self.people.get(id).is_none_or(|entry| entry.person.as_ref().is_some_and(|person| person.active))
    }

    /// Whether what was given to somebody with this number is good still.
    pub(super) fn lets(&self, id: &str, number: u64) -> bool {
        self.admits(id) && self.people.get(id).is_none_or(|entry| number > entry.signed_out)
    }
}

fn unsaid(id: &str) -> Entry {
    Entry { person: Some(Person::named(id)), created: Moment::ZERO, changed: Moment::ZERO, signed_out: 0 }
}
