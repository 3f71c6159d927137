//! Work notifications. Whoever is over a quota is not given his, and the answer does not say so: only a question afterwards does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::memory::Records;
use super::post::{Kept, Parcel};
use super::{Ask, Service};
use crate::draw::Seed;
use crate::endpoint::reply::Reply;
use crate::plan::Capability;
use crate::units::Span;
use crate::vendor::dingtalk::Operation;
use crate::vendor::dingtalk::old::{self, Fields};
use crate::vendor::dingtalk::refusal::{No, lacking, own};

/// Notices that a user is given in a day.
const A_DAY: usize = 500;
/// Receivers of one app in a minute.
const A_MINUTE: (u32, Span) = (5_000, Span::from_secs(60));
/// How long it can be asked what became of one.
const ASKED_WITHIN: Span = Span::from_secs(86_400);

/// Why a notice was not given: too many a minute, too many a day, or the same one again on one day.
const TOO_MANY_A_MINUTE: &str = "143104";
const TOO_MANY_A_DAY: &str = "143105";
const SAME_AGAIN: &str = "143106";

/// What is remembered of notices.
#[derive(Debug, Default)]
pub(super) struct Notices {
    sent: Records<Sent>,
    today: Mutex<Today>,
}

#[derive(Debug)]
struct Sent {
    app: std::sync::Arc<str>,
    at: crate::units::Moment,
    kept: Vec<Kept>,
    invalid: Vec<String>,
    departments: Vec<String>,
    failed: Vec<String>,
    forbidden: Vec<(String, &'static str)>,
}

/// What each user was given on one day, by a number made of what it said.
#[derive(Debug, Default)]
struct Today {
    day: u64,
    given: BTreeMap<String, BTreeSet<u64>>,
}

impl Today {
    /// Whether a user may be given this, today.
    fn admits(&mut self, day: u64, user: &str, content: u64) -> Result<(), &'static str> {
        if self.day != day {
            *self = Self { day, given: BTreeMap::new() };
        }
        let given = self.given.entry(user.to_owned()).or_default();
        if given.contains(&content) {
            return Err(SAME_AGAIN);
        }
        if given.len() >= A_DAY {
            return Err(TOO_MANY_A_DAY);
        }
        given.insert(content);
        Ok(())
    }
}

impl Service {
    pub(super) fn notice(&self, ask: &Ask<'_>, fields: &Fields) -> Result<Reply, No> {
        let from = self.old(ask, fields)?;
        let notice = old::read_notice(fields)?;
        let (mut users, mut departments) = (notice.users, notice.departments);
        let named = departments.len();
        // The root department is everybody; a twin has no other.
        departments.retain(|department| department != "1");
        if notice.to_all || departments.len() < named {
            users.extend(ask.core.users.everyone().iter().map(|user| (**user).to_owned()));
        }
        users.sort_unstable();
        users.dedup();
        let content = Seed(0).key(&notice.text).draw(0).bits();
        let (mut given, mut forbidden) = (Vec::new(), Vec::new());
        for user in &users {
            match self.quota(ask, &from.app, user, content) {
                Ok(()) => given.push(user.as_str()),
                Err(code) => forbidden.push((user.clone(), code)),
            }
        }
        let number = ask.core.number();
        let (sender, capability) = (&from.user, Capability::Notice);
        let parcel = Parcel { number, capability, sender, text: &notice.text, place: None, event: None };
        let posted = self.post(ask, parcel, &given);
        let owned = |users: Vec<&str>| users.into_iter().map(str::to_owned).collect();
        let (invalid, failed) = (owned(posted.unknown), owned(posted.full));
        let (app, at) = (from.app, ask.core.now());
        let sent = Sent { app, at, kept: posted.kept, invalid, departments, failed, forbidden };
        self.notices.sent.add(number, sent);
        Ok(old::notice_answer(number).into())
    }

    fn quota(&self, ask: &Ask<'_>, app: &str, user: &str, content: u64) -> Result<(), &'static str> {
        if !ask.core.is_limited() || !self.is_there(ask, user) {
            return Ok(());
        }
        ask.core.count(&format!("notices {app}"), A_MINUTE).map_err(|_| TOO_MANY_A_MINUTE)?;
        let mut today = self.notices.today.lock().unwrap_or_else(PoisonError::into_inner);
        today.admits(ask.core.wall.day_in_beijing(ask.core.now()), user, content)
    }

    /// How far a notice has come, or what became of it.
    pub(super) fn notice_status(&self, ask: &Ask<'_>, fields: &Fields) -> Result<Reply, No> {
        let from = self.old(ask, fields)?;
        fields.needed("agent_id")?;
        let task = fields.needed("task_id")?.parse::<u64>().map_err(|_| lacking("task_id"))?;
        let number = ask.core.number();
        let all = self.notices.sent.all();
        let sent = all.get(task).filter(|sent| sent.app == from.app && ask.core.now().since(sent.at) < ASKED_WITHIN);
        let sent = sent.ok_or_else(|| own(200, "40035", "不合法的参数 task_id"))?;
        if ask.operation == Operation::NoticeProgress {
            return Ok(old::progress_answer(number).into());
        }
        let (read, unread): (Vec<&Kept>, Vec<&Kept>) = sent.kept.iter().partition(|kept| kept.is_read());
        let names = |kept: Vec<&'_ Kept>| -> Vec<String> { kept.iter().map(|kept| kept.user.to_string()).collect() };
        let (read, unread) = (names(read), names(unread));
        let told = old::Sent {
            invalid: sent.invalid.iter().map(String::as_str).collect(),
            departments: sent.departments.iter().map(String::as_str).collect(),
            forbidden: sent.forbidden.iter().map(|(user, code)| (user.as_str(), *code)).collect(),
            failed: sent.failed.iter().map(String::as_str).collect(),
            read: read.iter().map(String::as_str).collect(),
            unread: unread.iter().map(String::as_str).collect(),
        };
        Ok(old::result_answer(number, &told).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_its_quota() {
        let mut today = Today::default();
        for content in 0..A_DAY as u64 {
            assert_eq!(today.admits(1, "anna", content), Ok(()));
        }
        assert_eq!(today.admits(1, "anna", 0), Err(SAME_AGAIN));
        assert_eq!(today.admits(1, "anna", 9_999), Err(TOO_MANY_A_DAY));
        assert_eq!(today.admits(1, "bert", 0), Ok(()), "each by himself");
        assert_eq!(today.admits(2, "anna", 0), Ok(()), "another day");
    }
}
