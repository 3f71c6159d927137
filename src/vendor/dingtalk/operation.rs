//! Every function of the platform that is spoken here, by method and path.

use super::super::Head;
use super::super::catalogue::{self, State};
use super::super::head::decode;
use crate::plan::{Capability, Edition, EndpointKind};

/// A function of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A token for an app key: `POST /v1.0/oauth2/accessToken`.
    Token,
    /// The same in the manner of OAuth: `POST /v1.0/oauth2/{corpId}/token`.
    CorpToken,
    /// The same on the old gateway: `GET /gettoken`.
    OldToken,
    /// A robot's message to single users.
    SendDirect,
    /// Who has read one.
    DirectStatus,
    /// Taking it back.
    RecallDirect,
    /// A robot's message into a group.
    SendGroup,
    /// Who has read one.
    GroupStatus,
    /// Taking it back.
    RecallGroup,
    /// Starting an approval.
    StartApproval,
    /// Reading one.
    GetApproval,
    /// Ending one without a decision.
    TerminateApproval,
    /// Agreeing or refusing.
    ExecuteApproval,
    /// The ids of approvals.
    ListApprovals,
    /// Calling a meeting.
    CreateMeeting,
    /// How a meeting stands.
    MeetingInfo,
    /// Ending a meeting.
    CloseMeeting,
    /// Locking or unlocking a meeting.
    LockMeeting,
    /// Calling more people into a meeting.
    InviteToMeeting,
    /// Putting people out of a meeting.
    KickFromMeeting,
    /// Who is in a meeting.
    MeetingMembers,
    /// Calling a meeting for later.
    ScheduleMeeting,
    /// Entering an event into a calendar.
    CreateEvent,
    /// Disabling an account.
    DisableAccount,
    /// Enabling it again.
    EnableAccount,
    /// Ending an account's sessions.
    SignOutAccount,
    /// Whether an account is disabled.
    AccountStatus,
    /// A ticket for a Stream connection.
    OpenStream,
    /// A Stream connection.
    Stream,
    /// A work notification.
    Notice,
    /// How far its sending has come.
    NoticeProgress,
    /// Whom it reached, and who has read it.
    NoticeResult,
    /// A message into a group on the old gateway.
    OldGroup,
    /// A user's entry on the old gateway's oldest path.
    OldUser,
    /// A user's entry.
    User,
    /// The text of a picture of a document.
    Recognise,
    /// A custom robot's post.
    RobotPost,
    /// A reply by the address that a Stream message carries.
    SessionPost,
}

pub(super) const TOKEN: &str = "/v1.0/oauth2/accessToken";
pub(super) const SEND_DIRECT: &str = "/v1.0/robot/oToMessages/batchSend";
pub(super) const DIRECT_STATUS: &str = "/v1.0/robot/oToMessages/readStatus";
pub(super) const SEND_GROUP: &str = "/v1.0/robot/groupMessages/send";
pub(super) const GROUP_STATUS: &str = "/v1.0/robot/groupMessages/query";
pub(super) const APPROVALS: &str = "/v1.0/workflow/processInstances";
pub(super) const MEETINGS: &str = "/v1.0/conference/videoConferences";
pub(super) const OPEN_STREAM: &str = "/v1.0/gateway/connections/open";
/// Not the vendor's: his answer to the opening names the address, and a twin names this one.
pub(super) const STREAM: &str = "/connect";
pub(super) const NOTICE: &str = "/topapi/message/corpconversation/asyncsend_v2";
pub(super) const NOTICE_RESULT: &str = "/topapi/message/corpconversation/getsendresult";
pub(super) const RECOGNISE: &str = "/topapi/ocr/structured/recognize";
pub(super) const ROBOT_POST: &str = "/robot/send";
pub(super) const SESSION_POST: &str = "/robot/sendBySession";

impl Operation {
    /// What a request asks for; `None` if there is no such function.
    pub fn of(head: &impl Head) -> Option<Self> {
        Self::at(head.method(), head.path())
    }

    fn at(method: &str, path: &str) -> Option<Self> {
        Some(match (method, path) {
            ("POST", SEND_DIRECT) => Self::SendDirect,
            ("POST", TOKEN) => Self::Token,
            ("GET", "/gettoken") => Self::OldToken,
            ("GET", DIRECT_STATUS) => Self::DirectStatus,
            ("POST", "/v1.0/robot/otoMessages/batchRecall") => Self::RecallDirect,
            ("POST", SEND_GROUP) => Self::SendGroup,
            ("POST", GROUP_STATUS) => Self::GroupStatus,
            ("POST", "/v1.0/robot/groupMessages/recall") => Self::RecallGroup,
            ("POST", APPROVALS) => Self::StartApproval,
            ("GET", APPROVALS) => Self::GetApproval,
            ("POST", "/v1.0/workflow/processInstances/terminate") => Self::TerminateApproval,
            ("POST", "/v1.0/workflow/processInstances/execute") => Self::ExecuteApproval,
            ("POST", "/v1.0/workflow/processes/instanceIds/query") => Self::ListApprovals,
            ("POST", MEETINGS) => Self::CreateMeeting,
            ("POST", "/v1.0/conference/scheduleConferences") => Self::ScheduleMeeting,
            ("POST", "/v1.0/contact/orgAccounts/disable") => Self::DisableAccount,
            ("POST", "/v1.0/contact/orgAccounts/enable") => Self::EnableAccount,
            ("POST", "/v1.0/contact/orgAccounts/signOut") => Self::SignOutAccount,
            ("GET", "/v1.0/contact/orgAccounts/status") => Self::AccountStatus,
            ("POST", OPEN_STREAM) => Self::OpenStream,
            ("GET", STREAM) => Self::Stream,
            ("POST", NOTICE) => Self::Notice,
            ("POST", "/topapi/message/corpconversation/getsendprogress") => Self::NoticeProgress,
            ("POST", NOTICE_RESULT) => Self::NoticeResult,
            ("POST", "/chat/send") => Self::OldGroup,
            ("GET", "/user/get") => Self::OldUser,
            ("POST", "/topapi/v2/user/get") => Self::User,
            ("POST", RECOGNISE) => Self::Recognise,
            ("POST", ROBOT_POST) => Self::RobotPost,
            ("POST", SESSION_POST) => Self::SessionPost,
            _ => return Self::within(method, path),
        })
    }

    /// Functions whose path holds an id.
    fn within(method: &str, path: &str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix("/v1.0/conference/videoConferences/") {
            let (_, rest) = rest.split_once('/').unwrap_or((rest, ""));
            return Some(match (method, rest) {
                ("GET", "") => Self::MeetingInfo,
                ("DELETE", "") => Self::CloseMeeting,
                ("POST", "lock") => Self::LockMeeting,
                ("POST", "users/invite") => Self::InviteToMeeting,
                ("POST", "members/kick") => Self::KickFromMeeting,
                ("GET", "members") => Self::MeetingMembers,
                _ => return None,
            });
        }
        let mut parts = path.strip_prefix("/v1.0/")?.split('/');
        match (parts.next()?, parts.next()?, parts.next()?, parts.next(), parts.next(), parts.next(), parts.next()) {
            ("oauth2", _, "token", None, ..) if method == "POST" => Some(Self::CorpToken),
            ("calendar", "users", _, Some("calendars"), Some(_), Some("events"), None) if method == "POST" => {
                Some(Self::CreateEvent)
            }
            _ => None,
        }
    }
}

/// The id in the path of a function on a meeting or on a user's calendar, decoded: clients send it percent-encoded or raw.
pub fn path_id(head: &impl Head) -> String {
    decode(head.path().split('/').nth(4).unwrap_or_default())
}

/// What a path is for, also where the function itself is not spoken here.
pub(in crate::vendor) fn capability(head: &impl Head) -> Capability {
    match head.path() {
        SEND_DIRECT => Capability::Chat,
        SEND_GROUP | "/chat/send" => Capability::Group,
        TOKEN | "/gettoken" | OPEN_STREAM => Capability::Login,
        STREAM => Capability::Receive,
        ROBOT_POST | SESSION_POST => Capability::Webhook,
        DIRECT_STATUS | GROUP_STATUS => Capability::Status,
        path => by_family(path),
    }
}

/// Prefixes of paths, and what all functions below them are for.
const FAMILIES: [(&str, Capability); 13] = [
    ("/v1.0/workflow/", Capability::Approval),
    ("/topapi/processinstance/", Capability::Approval),
    ("/topapi/process/", Capability::Approval),
    ("/topapi/ocr/", Capability::Ocr),
    ("/v1.0/conference/", Capability::Meeting),
    ("/v1.0/calendar/", Capability::Calendar),
    ("/v1.0/contact/orgAccounts/", Capability::Admin),
    ("/v1.0/contact/", Capability::Directory),
    ("/topapi/v2/user/", Capability::Directory),
    ("/topapi/v2/department/", Capability::Directory),
    ("/user/", Capability::Directory),
    ("/topapi/message/corpconversation/getsend", Capability::Status),
    ("/topapi/message/corpconversation/", Capability::Notice),
];

fn by_family(path: &str) -> Capability {
    if path.starts_with("/v1.0/oauth2/") && path.ends_with("/token") {
        return Capability::Login;
    }
    let family = FAMILIES.iter().find(|(prefix, _)| path.starts_with(prefix));
    family.map_or(Capability::Other, |(_, capability)| *capability)
}

/// The functions spoken here that an edition lacks, as the catalogue has it. To be worked out once, not for every request.
pub fn missing(edition: Edition) -> Vec<Operation> {
    let kind = EndpointKind::Dingtalk(edition);
    let missing = catalogue::operations().iter().filter(|one| catalogue::state(&kind, one) == State::Missing);
    // What stands for an id in the catalogue's paths is one as well.
    missing.filter_map(|one| Operation::at(one.call.method, one.call.path)).collect()
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use hyper::http::request::Parts;

    use super::*;

    fn head(method: &str, path: &str) -> Parts {
        Request::builder().method(method).uri(path).body(()).expect("a request").into_parts().0
    }

    #[test]
    fn ids_come_encoded_or_raw() {
        for id in ["61289fxx-1", "61289fxx%2D1"] {
            let invite = head("POST", &format!("/v1.0/conference/videoConferences/{id}/users/invite"));
            assert_eq!(Operation::of(&invite), Some(Operation::InviteToMeeting));
            assert_eq!((path_id(&invite).as_str(), capability(&invite)), ("61289fxx-1", Capability::Meeting));
        }
        let event = head("POST", "/v1.0/calendar/users/u%20x/calendars/primary/events?a=b");
        assert_eq!((Operation::of(&event), path_id(&event).as_str()), (Some(Operation::CreateEvent), "u x"));
    }

    #[test]
    fn the_method_counts() {
        assert_eq!(Operation::of(&head("GET", SEND_DIRECT)), None);
        assert_eq!(Operation::of(&head("PUT", "/v1.0/conference/videoConferences/1")), None);
        assert_eq!(Operation::of(&head("POST", "/v1.0/oauth2/dingcorp/token")), Some(Operation::CorpToken));
        assert_eq!(Operation::of(&head("POST", "/v1.0/oauth2/dingcorp/token/x")), None);
    }

    #[test]
    fn what_is_not_spoken_here_still_has_its_purpose() {
        for (path, what) in [
            ("/v1.0/workflow/forms", Capability::Approval),
            ("/v1.0/contact/orgAccounts/owness", Capability::Admin),
            ("/v1.0/contact/users/me", Capability::Directory),
            ("/topapi/message/corpconversation/recall", Capability::Notice),
            ("/topapi/message/corpconversation/getsendresult", Capability::Status),
            ("/elsewhere", Capability::Other),
        ] {
            assert_eq!(capability(&head("POST", path)), what, "{path}");
        }
    }

    #[test]
    fn lite_lacks_what_the_catalogue_says() {
        assert_eq!(missing(Edition::Mainland), []);
        // Of what is spoken here. Approvals are described in the vendor's pages for Lite; how their flow is made is not spoken here.
        assert_eq!(missing(Edition::Lite), [Operation::Recognise]);
    }
}
