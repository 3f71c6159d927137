//! Who is who: logins, tokens, and who is in which room.

use std::sync::Arc;

use hyper::http::request::Parts;
use serde::Deserialize;

use super::super::core::Core;
use super::super::mailbox::Letter;
use super::super::reply::Reply;
use super::devices::{Device, Devices};
use super::{Service, known, lock, not_in_room};
use crate::vendor::Refusal;
use crate::vendor::matrix::{self, Given, SignIn};

/// A room as somebody wants it.
#[derive(Deserialize)]
struct Create {
    #[serde(default)]
    preset: Option<String>,
    #[serde(default)]
    visibility: Option<String>,
    #[serde(default)]
    invite: Vec<String>,
}

#[derive(Deserialize)]
struct Invite {
    user_id: String,
}

impl Service {
    /// Gives a token for a password.
    pub(super) fn log_in(&self, core: &Core, body: &[u8]) -> Result<Reply, Refusal> {
        let SignIn { user, password, device } = match matrix::read_login(body) {
            Ok(login) => login,
            Err((status, word, why)) => return Ok(matrix::error(status, word, &why).into()),
        };
        let key = matrix::user_of(&user);
        let app = core.users.app(key).ok_or(Refusal::InvalidKey)?;
        if core.is_limited() {
            let counted = lock(&self.pace).count(&format!("login {key}"), self.parameters.login, core.now());
            counted.map_err(Refusal::Throttled)?;
        }
        if !core.users.proves(key, &password) {
            return Err(Refusal::InvalidKey);
        }
        let user = known(core, &app.user).ok_or(Refusal::InvalidKey)?;
        let number = core.number();
        let name: Arc<str> = device.map_or_else(|| format!("FD{number}").into(), Into::into);
        let device = Device { user, name };
        let token = lock(&self.devices).give(number, &device);
        Ok(matrix::given_answer(&Given { user: &device.user, token: &token, device: &device.name }).into())
    }

    /// Takes the token back with which it is asked, or all of its user's.
    pub(super) fn log_out(&self, core: &Core, head: &Parts, all: bool) -> Result<Reply, Refusal> {
        self.caller(core, head)?;
        let token = matrix::token(head).ok_or(Refusal::MissingToken)?;
        lock(&self.devices).take_back(&token, all);
        Ok(matrix::nothing().into())
    }

    /// Whoever makes a request. A token that was never given is one that was named with its user at the start, or where anybody may come
    /// that of a user of its name.
    pub(super) fn caller(&self, core: &Core, head: &Parts) -> Result<Device, Refusal> {
        let token = matrix::token(head).ok_or(Refusal::MissingToken)?;
        if let Some(device) = lock(&self.devices).of(&token) {
            return Ok(device);
        }
        // What was given once and is none any more is not the name of anybody.
        let named = core.users.app(&token).filter(|app| app.secret.is_empty() && !Devices::gives(&token));
        let user = named.and_then(|app| known(core, &app.user)).ok_or(Refusal::InvalidToken)?;
        Ok(Device { user, name: "".into() })
    }

    /// Makes a room, and asks people in.
    pub(super) fn create(&self, core: &Core, caller: &Device, body: &[u8]) -> Result<Reply, Refusal> {
        let wanted: Create = read(body)?;
        let number = core.number();
        let open = wanted.preset.as_deref() == Some("public_chat")
            || wanted.preset.is_none() && wanted.visibility.as_deref() == Some("public");
        let room = lock(&self.rooms).make(number, Arc::clone(&caller.user), open);
        for id in &wanted.invite {
            if let Some(user) = known(core, id) {
                lock(&self.rooms).invite(&room, Arc::clone(&user));
                tell(core, &user, &caller.user, &room);
            }
        }
        tell(core, &caller.user, &caller.user, &room);
        Ok(matrix::room_answer(&room).into())
    }

    /// Asks somebody in.
    pub(super) fn invite(&self, core: &Core, caller: &Device, room: &str, body: &[u8]) -> Result<Reply, Refusal> {
        let Invite { user_id } = read(body)?;
        if !lock(&self.rooms).has(room, &caller.user) {
            return Ok(not_in_room(&caller.user, room));
        }
        let Some(user) = known(core, &user_id) else {
            return Ok(matrix::error(404, "M_NOT_FOUND", "There is no such user").into());
        };
        if lock(&self.rooms).invite(room, Arc::clone(&user)) {
            tell(core, &user, &caller.user, room);
        }
        Ok(matrix::nothing().into())
    }

    /// Lets somebody in who may come in.
    pub(super) fn join(&self, core: &Core, caller: &Device, room: &str) -> Reply {
        if !lock(&self.rooms).join(room, &caller.user) {
            return matrix::error(403, "M_FORBIDDEN", "You are not invited to this room.").into();
        }
        tell(core, &caller.user, &caller.user, room);
        matrix::room_answer(room).into()
    }

    /// Who is in a room.
    pub(super) fn members(&self, caller: &Device, room: &str) -> Reply {
        let mut rooms = lock(&self.rooms);
        if !rooms.has(room, &caller.user) {
            return not_in_room(&caller.user, room);
        }
        matrix::members_answer(rooms.members(room).iter().map(|user| &**user)).into()
    }
}

/// Has somebody look at a room: it is new to him.
fn tell(core: &Core, user: &str, by: &Arc<str>, room: &str) {
    if let Some(mailbox) = core.users.mailbox(user) {
        let letter = Letter { sender: Arc::clone(by), at: core.now(), place: Some(room.into()), ..Letter::default() };
        mailbox.put(Arc::new(letter));
    }
}

fn read<T: for<'b> Deserialize<'b>>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::BadRequest(format!("the body does not fit: {error}")))
}
