//! What is new: `/sync`, asked and answered, by a client and by a twin.

use std::collections::BTreeMap;
use std::fmt::Write;

use hyper::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::super::head::percent;
use super::answers::event_id;
use super::{HOST, user_id, word};
use crate::units::Span;
use crate::vendor::head::plain_parameter;
use crate::vendor::{Answer, Body, Head, answer, by_status, json, with_header};

/// As many events of a room as Synapse lists at most. Without a filter it lists ten, and leaves out what came before.
const FILTER: &str = "{\"room\":{\"timeline\":{\"limit\":100}},\"presence\":{\"types\":[]}}";

/// How long a client has a homeserver wait for something new, as the specification's own example does.
pub const HOLD: Span = Span::from_secs(30);

/// How many events of a room are listed if no filter says it.
const LISTED: usize = 10;

/// The request that asks what came after `since`, and waits for it so long; what there is, if `since` is empty.
pub fn sync_request(token: &str, since: &str, hold: Span) -> Request<Body> {
    let mut path = format!("/_matrix/client/v3/sync?set_presence=offline&filter={}", percent(FILTER));
    let hold = if since.is_empty() { Span::ZERO } else { hold };
    // Writing to a string does not fail.
    let _ = write!(path, "&timeout={}", hold.nanos() / 1_000_000);
    if !since.is_empty() {
        path.push_str("&since=");
        path.push_str(&percent(since));
    }
    bare(token, &path)
}

/// A question that has no body.
pub(super) fn bare(token: &str, path: &str) -> Request<Body> {
    let mut request = Request::new(Body::default());
    *request.uri_mut() = path.parse().unwrap_or_default();
    request.headers_mut().insert(hyper::header::HOST, hyper::header::HeaderValue::from_static(HOST));
    with_header(request, "authorization", &format!("Bearer {token}"))
}

/// What a client hears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// What it says next time.
    pub next: String,
    /// What others said in each room.
    pub rooms: Vec<Said>,
}

/// What others said in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The room.
    pub room: String,
    /// Texts, in order.
    pub texts: Vec<String>,
    /// From where to go back, if more came than is listed.
    pub before: Option<String>,
}

#[derive(Deserialize)]
struct Read {
    next_batch: String,
    #[serde(default)]
    rooms: Rooms,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rooms {
    join: BTreeMap<String, Joined>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Joined {
    timeline: Timeline,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Timeline {
    events: Vec<Value>,
    limited: bool,
    prev_batch: Option<String>,
}

/// What the answer says to whoever is called `user`, without what he said himself.
///
/// # Errors
/// The answer as a no, or as one that cannot be read.
pub fn synced(user: &str, status: StatusCode, body: &[u8]) -> Result<Synced, Answer> {
    if !status.is_success() {
        return Err(by_status(status, word(status, body)));
    }
    let read = serde_json::from_slice::<Read>(body);
    let read = read.map_err(|_| Answer::Unreadable(format!("{} without a next batch", status.as_str())))?;
    let said = |(room, Joined { timeline: Timeline { events, limited, prev_batch } })| Said {
        room,
        texts: texts(user, &events),
        before: prev_batch.filter(|_| limited),
    };
    Ok(Synced { next: read.next_batch, rooms: read.rooms.join.into_iter().map(said).collect() })
}

/// The texts of messages of others than whoever is called `user`.
pub(super) fn texts(user: &str, events: &[Value]) -> Vec<String> {
    let own = user_id(user);
    let others = events.iter().filter(|one| one["type"] == "m.room.message" && one["sender"] != *own);
    others.filter_map(|one| one["content"]["body"].as_str()).map(str::to_owned).collect()
}

/// Where a token of a twin's stands.
pub(super) fn since(token: &str) -> Option<u64> {
    token.strip_prefix('s')?.parse().ok()
}

/// What somebody asks for, as a twin reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What came after this; `None` = whatever there is.
    pub since: Option<u64>,
    /// For how long he waits.
    pub hold: Span,
    /// How many events of a room he wants at most.
    pub most: usize,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filter {
    room: RoomFilter,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RoomFilter {
    timeline: TimelineFilter,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TimelineFilter {
    limit: Option<usize>,
}

impl Wanted {
    /// What a request asks for; `None` if it says that it goes on from where nothing ever was.
    pub fn of(head: &impl Head) -> Option<Self> {
        let after = match plain_parameter(head.query(), "since") {
            Some(text) if !text.is_empty() => Some(since(&text)?),
            _ => None,
        };
        let hold = plain_parameter(head.query(), "timeout").and_then(|text| text.parse().ok()).unwrap_or_default();
        let filter = plain_parameter(head.query(), "filter");
        let filter = filter.and_then(|text| serde_json::from_str::<Filter>(&text).ok()).unwrap_or_default();
        // Beyond a day the sum of milliseconds is nobody's patience.
        let hold = Span::from_millis(std::cmp::min(hold, 86_400_000));
        Some(Self { since: after, hold, most: filter.room.timeline.limit.unwrap_or(LISTED).max(1) })
    }
}

/// A message as a twin tells of it.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Its number at the twin, which makes its id.
    pub number: u64,
    /// By whom, by his name.
    pub sender: &'a str,
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// What, as the JSON that was sent.
    pub content: &'a str,
}

/// What is new in a room.
#[derive(Clone, Debug, Default)]
pub struct RoomNews<'a> {
    /// Its messages.
    pub events: Vec<Event<'a>>,
    /// Whether there were more.
    pub cut: bool,
    /// The token of what came before its messages; of the whole answer if it has none.
    pub before: Option<u64>,
    /// Who is in it, where that is new to whoever asks.
    pub members: Vec<&'a str>,
}

/// What is new to somebody: in rooms in which he is, and rooms into which somebody asks him.
pub fn sync_answer(
    next: u64,
    rooms: &BTreeMap<&str, RoomNews<'_>>,
    invited: &[(&str, &str)],
    user: &str,
) -> Response<Body> {
    let mut out = format!(
        "{{\"next_batch\":\"s{next}\",\"presence\":{{\"events\":[]}},\"account_data\":{{\"events\":[]}},\
         \"to_device\":{{\"events\":[]}},\"device_lists\":{{\"changed\":[],\"left\":[]}},\
         \"device_one_time_keys_count\":{{}},\"rooms\":{{\"leave\":{{}},\"join\":{{"
    );
    for (at, (room, news)) in rooms.iter().enumerate() {
        separate(&mut out, at);
        json::string(&mut out, room);
        out.push(':');
        news.write(&mut out, next);
    }
    out.push_str("},\"invite\":{");
    for (at, (room, by)) in invited.iter().enumerate() {
        separate(&mut out, at);
        json::string(&mut out, room);
        out.push_str(":{\"invite_state\":{\"events\":[");
        membership(&mut out, by, user, "invite");
        out.push_str("}]}}");
    }
    out.push_str("}}}");
    answer(200, out)
}

pub(super) fn separate(out: &mut String, at: usize) {
    if at > 0 {
        out.push(',');
    }
}

/// Who is what in a room, without the brace that ends it.
fn membership(out: &mut String, sender: &str, of: &str, what: &str) {
    out.push_str("{\"type\":\"m.room.member\",\"sender\":");
    json::string(out, &user_id(sender));
    out.push_str(",\"state_key\":");
    json::string(out, &user_id(of));
    out.push_str(",\"content\":{\"displayname\":");
    json::string(out, of);
    // Writing to a string does not fail.
    let _ = write!(out, ",\"membership\":\"{what}\"}}");
}

impl Event<'_> {
    pub(super) fn write(&self, out: &mut String) {
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "{{\"type\":\"m.room.message\",\"event_id\":\"{}\",\"origin_server_ts\":{},\"unsigned\":{{}},\"sender\":",
            event_id(self.number),
            self.at
        );
        json::string(out, &user_id(self.sender));
        out.push_str(",\"content\":");
        out.push_str(self.content);
        out.push('}');
    }
}

impl RoomNews<'_> {
    fn write(&self, out: &mut String, next: u64) {
        out.push_str("{\"timeline\":{\"events\":[");
        for (at, event) in self.events.iter().enumerate() {
            separate(out, at);
            event.write(out);
        }
        let before = self.before.unwrap_or(next);
        // Writing to a string does not fail.
        let _ = write!(out, "],\"limited\":{},\"prev_batch\":\"s{before}\"}},\"state\":{{\"events\":[", self.cut);
        for (at, member) in self.members.iter().enumerate() {
            separate(out, at);
            membership(out, member, member, "join");
            let _ = write!(out, ",\"event_id\":\"$fd-member-{at}\",\"origin_server_ts\":0}}");
        }
        out.push_str(
            "]},\"ephemeral\":{\"events\":[]},\"account_data\":{\"events\":[]},\"summary\":{},\"unread_notifications\":{}}",
        );
    }
}
