//! A homeserver of Matrix: logins, rooms, messages into them, and `/sync`.

mod devices;
mod latest;
mod pace;
mod parameters;
mod people;
mod rooms;
mod send;
mod sync;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::http::request::Parts;

use super::core::Core;
use super::reply::Reply;
use crate::vendor::Refusal;
use crate::vendor::matrix::{self, Place};

use devices::{Device, Devices};
use latest::Latest;
use pace::Pace;
use rooms::Rooms;

pub use parameters::{Parameters, Rate};
pub(super) use sync::Waiting;

/// What a homeserver remembers.
pub(super) struct Service {
    parameters: Parameters,
    devices: Mutex<Devices>,
    rooms: Mutex<Rooms>,
    sent: Mutex<Latest>,
    pace: Mutex<Pace>,
}

/// A room that is not there, or not his.
fn not_in_room(user: &str, room: &str) -> Reply {
    let why = format!("User {} not in room {room}", matrix::user_id(user));
    matrix::error(403, "M_FORBIDDEN", &why).into()
}

impl Service {
    pub(super) fn new(parameters: Parameters) -> Self {
        Self {
            parameters,
            devices: Mutex::default(),
            rooms: Mutex::default(),
            sent: Mutex::default(),
            pace: Mutex::default(),
        }
    }

    /// What a homeserver says to a request.
    pub(super) fn answer(&self, core: &Core, head: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
        let caller = || self.caller(core, head);
        let place = Place::of(head.uri.path());
        Ok(match (head.method.as_str(), &place) {
            ("GET", Place::Versions) => matrix::versions_answer().into(),
            ("GET", Place::Login) => matrix::flows_answer().into(),
            ("POST", Place::Login) => self.log_in(core, body)?,
            ("POST", Place::Logout { all }) => self.log_out(core, head, *all)?,
            ("GET", Place::WhoAmI) => {
                let Device { user, name } = caller()?;
                matrix::who_answer(&user, (!name.is_empty()).then_some(&name)).into()
            }
            ("GET", Place::Sync) => self.sync(core, head, caller()?)?,
            ("GET", Place::Messages { room }) => self.messages(core, head, &caller()?, room)?,
            ("POST", Place::Filter) => {
                caller()?;
                matrix::filter_answer(core.number()).into()
            }
            ("PUT", Place::Send { room, kind, transaction }) => {
                self.send(core, &caller()?, (room, kind, transaction), body)?
            }
            ("POST", Place::Create) => self.create(core, &caller()?, body)?,
            ("POST", Place::Join { room }) => self.join(core, &caller()?, room),
            ("POST", Place::Invite { room }) => self.invite(core, &caller()?, room, body)?,
            ("POST", Place::Leave { room }) => {
                lock(&self.rooms).leave(room, &caller()?.user);
                matrix::nothing().into()
            }
            ("GET", Place::Members { room }) => self.members(&caller()?, room),
            ("GET", Place::Joined) => matrix::rooms_answer(&lock(&self.rooms).joined(&caller()?.user)).into(),
            (_, Place::Unknown) if !head.uri.path().starts_with("/_matrix/client/") => return Err(Refusal::UnknownApi),
            (_, Place::Unknown | Place::Profile | Place::Admin | Place::Discovery | Place::Send { .. }) => {
                matrix::not_emulated().into()
            }
            _ => matrix::error(405, "M_UNRECOGNIZED", "Unrecognized request").into(),
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A user of this name, if there is one.
fn known(core: &Core, id: &str) -> Option<Arc<str>> {
    let name = matrix::user_of(id);
    core.users.mailbox(name).map(|_| name.into())
}
