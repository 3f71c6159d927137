//! Rooms that somebody made, and who is in them and in those whose ids name it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::limits::TWIN_ENTRIES;
use crate::vendor::matrix::room;

/// Rooms by their numbers. Of too many the oldest are forgotten.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    made: BTreeMap<u64, Room>,
}

#[derive(Debug, Default)]
struct Room {
    members: BTreeSet<Arc<str>>,
    invited: BTreeSet<Arc<str>>,
    /// Whether whoever knows of it may enter.
    open: bool,
}

impl Rooms {
    /// Makes a room, in which its maker is.
    pub(super) fn make(&mut self, number: u64, maker: Arc<str>, open: bool) -> String {
        self.made.insert(number, Room { members: BTreeSet::from([maker]), open, ..Room::default() });
        if self.made.len() > TWIN_ENTRIES {
            self.made.pop_first();
        }
        room::made(number)
    }

    fn of(&mut self, id: &str) -> Option<&mut Room> {
        self.made.get_mut(&room::number(id)?)
    }

    /// Whether a user is in a room.
    pub(super) fn has(&mut self, id: &str, user: &str) -> bool {
        match self.of(id) {
            Some(room) => room.members.contains(user),
            None => room::members(id).any(|member| member == user),
        }
    }

    /// Everybody in a room.
    pub(super) fn members(&mut self, id: &str) -> Vec<Arc<str>> {
        match self.of(id) {
            Some(room) => room.members.iter().cloned().collect(),
            // Whoever is named twice is there once.
            None => room::members(id).collect::<BTreeSet<_>>().into_iter().map(Arc::from).collect(),
        }
    }

    /// Everybody in a room but for one.
    pub(super) fn others<'i>(&'i mut self, id: &'i str, one: &str) -> Vec<&'i str> {
        let mut others: Vec<&str> = match room::number(id).and_then(|number| self.made.get(&number)) {
            Some(room) => room.members.iter().map(|member| &**member).filter(|member| *member != one).collect(),
            None => room::members(id).filter(|member| *member != one).collect(),
        };
        // Whoever is named twice is there once; a made room's are in order.
        others.sort_unstable();
        others.dedup();
        others
    }

    /// Asks somebody in; `false` if there is no such room.
    pub(super) fn invite(&mut self, id: &str, user: Arc<str>) -> bool {
        let Some(room) = self.of(id) else { return false };
        if !room.members.contains(&user) {
            room.invited.insert(user);
        }
        true
    }

    /// Whether somebody is asked in.
    pub(super) fn is_invited(&mut self, id: &str, user: &str) -> bool {
        self.of(id).is_some_and(|room| room.invited.contains(user))
    }

    /// Lets somebody in who may come in; `false` if he may not.
    pub(super) fn join(&mut self, id: &str, user: &Arc<str>) -> bool {
        match self.of(id) {
            Some(room) if room.open || room.members.contains(user) || room.invited.contains(user) => {
                room.invited.remove(user);
                room.members.insert(Arc::clone(user));
                true
            }
            Some(_) => false,
            None => room::members(id).any(|member| member == &**user),
        }
    }

    /// Lets somebody out. Nobody leaves a room whose id names him.
    pub(super) fn leave(&mut self, id: &str, user: &str) {
        if let Some(room) = self.of(id) {
            room.members.remove(user);
            room.invited.remove(user);
        }
    }

    /// The rooms, of those that were made, in which somebody is.
    pub(super) fn joined(&self, user: &str) -> Vec<String> {
        let with = self.made.iter().filter(|(_, room)| room.members.contains(user));
        with.map(|(number, _)| room::made(*number)).collect()
    }
}
