//! Video meetings. Whoever is called into one is in it at once: a twin has nobody who would have to pick up. After a lock nobody enters.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::post::Parcel;
use super::tokens::Bearer;
use super::{Ask, Service};
use crate::endpoint::reply::Reply;
use crate::plan::Capability;
use crate::units::Moment;
use crate::vendor::dingtalk::meeting::{self, Attendance};
use crate::vendor::dingtalk::refusal::{No, bad};
use crate::vendor::dingtalk::{events, path_id, robot};

/// A meeting.
#[derive(Debug)]
pub(super) struct Meeting {
    title: String,
    host: Arc<str>,
    begun: Moment,
    ended: Option<Moment>,
    is_locked: bool,
    members: BTreeMap<String, Member>,
}

#[derive(Debug)]
struct Member {
    attendance: Attendance,
    joined: Moment,
    left: Option<Moment>,
    /// Whether he may not come back.
    is_barred: bool,
}

impl Meeting {
    fn enter(&mut self, user: &str, now: Moment) {
        let fresh = Member { attendance: Attendance::In, joined: now, left: None, is_barred: false };
        let member = self.members.entry(user.to_owned()).or_insert(fresh);
        (member.attendance, member.left) = (Attendance::In, None);
    }

    fn is_in(&self, user: &str) -> bool {
        self.members.get(user).is_some_and(|member| member.attendance == Attendance::In)
    }

    fn heads(&self) -> Vec<&str> {
        let inside = self.members.iter().filter(|(_, member)| member.attendance == Attendance::In);
        inside.map(|(user, _)| user.as_str()).collect()
    }

    fn info(&self, id: &str, now: Moment, wall: impl Fn(Moment) -> u64) -> Value {
        let until = self.ended.unwrap_or(now);
        json!({
            "conferenceId": id, "title": self.title, "creatorId": &*self.host, "creatorNick": &*self.host,
            "status": if self.ended.is_some() { 1 } else { 2 }, "startTime": wall(self.begun),
            "endTime": self.ended.map(&wall), "confDuration": until.since(self.begun).nanos() / 1_000_000,
            "activeNum": self.heads().len(), "attendNum": self.members.len(), "invitedNum": self.members.len(),
        })
    }

    fn members(&self, id: &str, now: Moment, wall: impl Fn(Moment) -> u64) -> Vec<Value> {
        let entry = |(user, member): (&String, &Member)| {
            let until = member.left.unwrap_or(now);
            json!({
                "conferenceId": id, "unionId": user, "userNick": user, "attendStatus": member.attendance as u8,
                "host": **user == *self.host, "coHost": false, "joinTime": wall(member.joined),
                "leaveTime": member.left.map(&wall), "duration": until.since(member.joined).nanos() / 1_000_000,
                "outerOrgMember": false, "pstnJoin": false,
            })
        };
        self.members.iter().map(entry).collect()
    }
}

impl Service {
    pub(super) fn create_meeting(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.present(ask)?;
        let create = meeting::read_create(ask.body)?;
        if !create.invite_user_ids.iter().chain([&create.user_id]).all(|user| self.is_there(ask, user)) {
            return Err(meeting::unknown_user());
        }
        let (number, now) = (ask.core.number(), ask.core.now());
        let mut opened = Meeting {
            title: create.conf_title,
            host: create.user_id.as_str().into(),
            begun: now,
            ended: None,
            is_locked: false,
            members: BTreeMap::new(),
        };
        opened.enter(&create.user_id, now);
        for user in &create.invite_user_ids {
            opened.enter(user, now);
        }
        let others: Vec<&str> =
            create.invite_user_ids.iter().filter(|user| **user != create.user_id).map(String::as_str).collect();
        self.meetings.add(number, opened);
        // It is there before anybody is told of it.
        if let Some(opened) = self.meetings.all().get(number) {
            self.call(ask, number, opened, &others);
        }
        Ok(meeting::created_answer(number).into())
    }

    /// Calls people into a meeting.
    fn call(&self, ask: &Ask<'_>, number: u64, meeting: &Meeting, users: &[&str]) {
        let event = Some(happened(ask, number, meeting, "start"));
        let (sender, text) = (&meeting.host, meeting.title.as_str());
        self.post(ask, Parcel { number, capability: Capability::Meeting, sender, text, place: None, event }, users);
    }

    pub(super) fn schedule_meeting(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.present(ask)?;
        let schedule: meeting::Schedule = robot::read(ask.body)?;
        if !self.is_there(ask, &schedule.creator_union_id) {
            return Err(meeting::unknown_user());
        }
        if schedule.title.trim().is_empty() || schedule.end_time <= schedule.start_time {
            return Err(bad("paramsError", "参数错误"));
        }
        Ok(meeting::scheduled_answer(ask.core.number()).into())
    }

    pub(super) fn meeting_info(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.in_meeting(ask, |_, _, id, meeting| {
            let info = meeting.info(id, ask.core.now(), |at| ask.core.wall.millis(at));
            Ok(meeting::info_answer(&info).into())
        })
    }

    pub(super) fn meeting_members(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.in_meeting(ask, |_, _, id, meeting| {
            let members = meeting.members(id, ask.core.now(), |at| ask.core.wall.millis(at));
            Ok(meeting::members_answer(&members).into())
        })
    }

    pub(super) fn lock_meeting(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.in_meeting(ask, |from, number, _, meeting| {
            let lock = meeting::read_lock(ask.body)?;
            is_host(from, meeting)?;
            meeting.is_locked = lock;
            let what = if lock { "lock" } else { "unlock" };
            self.tell(ask, &happened(ask, number, meeting, what), &meeting.heads());
            Ok(meeting::done_answer().into())
        })
    }

    pub(super) fn invite_to_meeting(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.in_meeting(ask, |from, number, _, meeting| {
            let invite: meeting::Invite = robot::read(ask.body)?;
            goes_on(meeting)?;
            let users: Vec<&str> = invite.invitee_list.iter().map(|person| person.union_id.as_str()).collect();
            if !users.iter().all(|user| self.is_there(ask, user)) {
                return Err(meeting::unknown_user());
            }
            let barred = |user: &&str| meeting.members.get(*user).is_some_and(|member| member.is_barred);
            if meeting.is_locked || !meeting.is_in(&from.user) || users.iter().any(barred) {
                return Err(meeting::not_permitted());
            }
            let new: Vec<&str> = users.into_iter().filter(|user| !meeting.is_in(user)).collect();
            for user in &new {
                meeting.enter(user, ask.core.now());
            }
            self.call(ask, number, meeting, &new);
            Ok(meeting::done_answer().into())
        })
    }

    pub(super) fn kick_from_meeting(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.in_meeting(ask, |from, number, _, meeting| {
            let kick: meeting::Kick = robot::read(ask.body)?;
            goes_on(meeting)?;
            is_host(from, meeting)?;
            let event = happened(ask, number, meeting, "kick");
            for person in &kick.user_list {
                if let Some(member) = meeting.members.get_mut(&person.union_id) {
                    (member.attendance, member.left) = (Attendance::Kicked, Some(ask.core.now()));
                    member.is_barred |= kick.forbidden_rejoin;
                    self.tell(ask, &event, &[&person.union_id]);
                }
            }
            Ok(meeting::done_answer().into())
        })
    }

    pub(super) fn close_meeting(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.in_meeting(ask, |from, number, _, meeting| {
            goes_on(meeting)?;
            is_host(from, meeting)?;
            let now = ask.core.now();
            self.tell(ask, &happened(ask, number, meeting, "end"), &meeting.heads());
            meeting.ended = Some(now);
            for member in meeting.members.values_mut().filter(|member| member.attendance == Attendance::In) {
                (member.attendance, member.left) = (Attendance::Left, Some(now));
            }
            Ok(meeting::closed_answer().into())
        })
    }

    /// Something in the meeting that the path names.
    fn in_meeting(
        &self,
        ask: &Ask<'_>,
        f: impl FnOnce(&Bearer, u64, &str, &mut Meeting) -> Result<Reply, No>,
    ) -> Result<Reply, No> {
        let from = self.present(ask)?;
        let id = path_id(ask.head);
        ask.core.number();
        let number = meeting::meeting_number(&id).ok_or_else(meeting::no_room)?;
        let mut all = self.meetings.all();
        f(&from, number, &id, all.get_mut(number).ok_or_else(meeting::no_room)?)
    }
}

fn happened(ask: &Ask<'_>, number: u64, meeting: &Meeting, what: &str) -> events::Event {
    let now = ask.core.wall.millis(ask.core.now());
    events::meeting(&meeting::meeting_id(number), &meeting.host, &meeting.title, what, now)
}

fn goes_on(meeting: &Meeting) -> Result<(), No> {
    if meeting.ended.is_some() { Err(meeting::over()) } else { Ok(()) }
}

/// Whether a call comes from the app of whoever opened the meeting.
fn is_host(from: &Bearer, meeting: &Meeting) -> Result<(), No> {
    goes_on(meeting)?;
    if *from.user == *meeting.host { Ok(()) } else { Err(meeting::not_permitted()) }
}
