//! DingTalk's twin, both editions: what it says to each request. It waits for nothing and reads no connection.
//!
//! Rules that are the twin's own, because the vendor leaves them open or has a person do it: a union id is a user id; each user has one
//! app, which acts for him and by whose Stream connections he receives; whoever is called into a meeting is in it at once; a message is
//! read as soon as the user's receiver has it.

mod approvals;
mod meetings;
mod memory;
mod messages;
mod notices;
mod others;
mod post;
mod settings;
mod stream;
mod tokens;
mod webhook;

use bytes::Bytes;
use hyper::http::request::Parts;

use super::core::Core;
use super::reply::{Caller, Reply};
use crate::plan::{Edition, EndpointKind};
use crate::vendor::dingtalk::old::Fields;
use crate::vendor::dingtalk::refusal::{No, not_emulated, say};
use crate::vendor::dingtalk::{self as vendor, Operation};
use crate::vendor::{Head, Refusal, catalogue};
use memory::{Bans, Once, Records};
pub use settings::Settings;
pub(super) use stream::Stream;
use tokens::{Bearer, Tokens};

/// What DingTalk remembers.
pub(super) struct Service {
    edition: Edition,
    /// What this edition lacks of what is emulated.
    missing: Vec<Operation>,
    settings: Settings,
    tokens: Tokens,
    sent: Records<messages::Sent>,
    notices: notices::Notices,
    robots: webhook::Robots,
    approvals: Records<approvals::Approval>,
    meetings: Records<meetings::Meeting>,
    /// Events that were entered with a key of the client's.
    events: Once,
    streams: stream::Streams,
    /// Addresses that sent too much.
    shield: Bans,
}

/// One request.
struct Ask<'a> {
    core: &'a Core,
    caller: Caller,
    head: &'a Parts,
    body: &'a [u8],
    operation: Operation,
}

impl Service {
    pub(super) fn new(edition: Edition, settings: Settings) -> Self {
        Self {
            edition,
            missing: vendor::missing(edition),
            settings,
            tokens: Tokens::default(),
            sent: Records::default(),
            notices: notices::Notices::default(),
            robots: webhook::Robots::default(),
            approvals: Records::default(),
            meetings: Records::default(),
            events: Once::default(),
            streams: stream::Streams::default(),
            shield: Bans::default(),
        }
    }

    /// What DingTalk says to a request.
    pub(super) fn answer(&self, core: &Core, caller: Caller, head: &Parts, body: &Bytes) -> Result<Reply, Refusal> {
        self.let_in(core, caller)?;
        let Some(operation) = Operation::of(head).filter(|operation| !self.missing.contains(operation)) else {
            return self.unknown(core, head);
        };
        match self.serve(&Ask { core, caller, head, body, operation }) {
            Ok(reply) => Ok(reply),
            Err(No::Known(refusal)) => Err(refusal),
            Err(No::Own(own)) => Ok(say(&vendor::form(head), &own, core.number()).into()),
        }
    }

    /// No such function, unless the platform has it and the twin has not.
    fn unknown(&self, core: &Core, head: &Parts) -> Result<Reply, Refusal> {
        if catalogue::has(&EndpointKind::Dingtalk(self.edition), head.method(), head.path()) {
            return Ok(not_emulated(&vendor::form(head), core.number()).into());
        }
        Err(Refusal::UnknownApi)
    }

    fn serve(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        match ask.operation {
            Operation::SendDirect => self.send_direct(ask),
            Operation::Token | Operation::CorpToken | Operation::OldToken => self.tokens.login(ask),
            Operation::SendGroup => self.send_group(ask),
            Operation::DirectStatus => self.direct_status(ask),
            Operation::GroupStatus => self.group_status(ask),
            Operation::RecallDirect | Operation::RecallGroup => self.recall(ask),
            Operation::StartApproval => self.start_approval(ask),
            Operation::GetApproval => self.get_approval(ask),
            Operation::TerminateApproval => self.terminate_approval(ask),
            Operation::ExecuteApproval => self.execute_approval(ask),
            Operation::ListApprovals => self.list_approvals(ask),
            Operation::CreateMeeting => self.create_meeting(ask),
            Operation::MeetingInfo => self.meeting_info(ask),
            Operation::CloseMeeting => self.close_meeting(ask),
            Operation::LockMeeting => self.lock_meeting(ask),
            Operation::InviteToMeeting => self.invite_to_meeting(ask),
            Operation::KickFromMeeting => self.kick_from_meeting(ask),
            Operation::MeetingMembers => self.meeting_members(ask),
            Operation::ScheduleMeeting => self.schedule_meeting(ask),
            Operation::CreateEvent => self.create_event(ask),
            Operation::DisableAccount
            | Operation::EnableAccount
            | Operation::SignOutAccount
            | Operation::AccountStatus => self.administer(ask),
            Operation::OpenStream => self.open_stream(ask),
            Operation::Stream => self.connect_stream(ask),
            Operation::RobotPost => self.robot_post(ask),
            Operation::SessionPost => self.session_post(ask),
            Operation::Notice
            | Operation::NoticeProgress
            | Operation::NoticeResult
            | Operation::OldGroup
            | Operation::OldUser
            | Operation::User
            | Operation::Recognise => self.serve_old(ask, &Fields::read(ask.head, ask.body)),
        }
    }

    fn serve_old(&self, ask: &Ask<'_>, fields: &Fields) -> Result<Reply, No> {
        match ask.operation {
            Operation::Notice => self.notice(ask, fields),
            Operation::OldGroup => self.send_old_group(ask, fields),
            Operation::Recognise => self.recognise(ask, fields),
            Operation::OldUser | Operation::User => self.user(ask, fields),
            _ => self.notice_status(ask, fields),
        }
    }

    /// Turns away an address that sends too much, whatever it asks.
    fn let_in(&self, core: &Core, caller: Caller) -> Result<(), Refusal> {
        if !core.is_limited() {
            return Ok(());
        }
        let (address, now) = (caller.address.to_string(), core.now());
        if let Some(left) = self.shield.left(&address, now) {
            return Err(Refusal::Banned(left));
        }
        core.count(&address, vendor::ADDRESS_LIMIT).map_err(|_| {
            self.shield.ban(&address, vendor::ADDRESS_BAN, now);
            Refusal::Banned(vendor::ADDRESS_BAN)
        })
    }

    /// Who calls a function of the present gateway.
    fn present(&self, ask: &Ask<'_>) -> Result<Bearer, No> {
        Ok(self.tokens.bearer(ask, vendor::credential(ask.head).as_deref())?)
    }

    /// Who calls a function of the old gateway.
    fn old(&self, ask: &Ask<'_>, fields: &Fields) -> Result<Bearer, No> {
        Ok(self.tokens.bearer(ask, fields.text("access_token").as_deref())?)
    }
}
