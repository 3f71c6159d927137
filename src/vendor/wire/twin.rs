//! What a twin of a service by scenario reads in frames, and what it says.

use super::super::Head;
use super::super::http::fill::Values;
use super::super::http::read::{Places, percent, read};
use super::super::http::{self, target};
use super::{filled, places};
use crate::plan::{Blank, Login, Wire, message};

pub use http::Post;

/// A connection that asks for a WebSocket, as a twin reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// Whose it is, as far as the request says: by name …
    pub user: Option<String>,
    /// … or by his credential.
    pub token: Option<String>,
    /// Whether it may send.
    pub sends: bool,
    /// Whether messages come to it.
    pub receives: bool,
}

/// What a handshake asks for; `None` if it is not what the scenario describes.
pub fn arrival(wire: &Wire, head: &impl Head) -> Option<Arrival> {
    let target = target(head);
    let asked = |receives| wire.path_of(receives).and_then(|path| read(path, &target, percent));
    let (as_sender, as_recipient) = (asked(false), asked(true));
    let (sends, receives) = (as_sender.is_some(), as_recipient.is_some());
    let mut found = as_recipient.or(as_sender)?;
    for (name, text) in wire.headers() {
        found.join(read(text, head.header(name)?, |part| Some(part.to_owned()))?).then_some(())?;
    }
    Some(Arrival { sends, receives, ..whose(&found) })
}

fn whose(found: &Places) -> Arrival {
    let own = |blank| found.get(blank).map(str::to_owned);
    Arrival { user: own(Blank::From).or_else(|| own(Blank::To)), token: own(Blank::Token), ..Arrival::default() }
}

/// A login, as the description of senders or of recipients has it; `None` if the frame is none.
pub fn logs_in<'w>(wire: &'w Wire, frame: &str) -> Option<(Arrival, &'w Login)> {
    let read = |receives| {
        let login = wire.login_of(receives)?;
        Some((whose(&places(&login.say, frame)?), login))
    };
    let as_recipient = read(true);
    let sends = read(false);
    let (sent, received) = (sends.is_some(), as_recipient.is_some());
    let (whom, login) = as_recipient.or(sends)?;
    Some((Arrival { sends: sent, receives: received, ..whom }, login))
}

/// The yes or no to a login; `None` if nobody answers it so.
pub fn granted(login: &Login, user: &str, no: Option<&str>) -> Option<String> {
    let values = Values { from: user, to: user, code: no.unwrap_or_default(), ..Values::default() };
    let frame = if no.is_some() { &login.refused } else { &login.taken };
    frame.as_ref().map(|frame| filled(frame, &values))
}

/// The message in a frame; `None` if it brings none.
pub fn post(wire: &Wire, frame: &str) -> Option<Post> {
    let found = places(&wire.send, frame)?;
    let own = |blank| found.get(blank).map(str::to_owned);
    let to = found.get(Blank::To).unwrap_or_default().split(',').filter(|to| !to.is_empty());
    Some(Post {
        text: own(Blank::Text).unwrap_or_default(),
        to: to.map(str::to_owned).collect(),
        from: own(Blank::From),
        token: own(Blank::Token),
        webhook: own(Blank::Webhook),
        message: own(Blank::Message),
    })
}

/// That a message was taken; `None` where nobody says so.
pub fn yes(wire: &Wire, post: &Post) -> Option<String> {
    wire.taken.as_ref().map(|taken| filled(taken, &about(post, &post.to.join(","), "")))
}

/// That it was not, and why; `None` where nobody says so.
pub fn no(wire: &Wire, post: Option<&Post>, why: &str) -> Option<String> {
    let nothing = Post::default();
    let post = post.unwrap_or(&nothing);
    wire.refused.as_ref().map(|refused| filled(refused, &about(post, &post.to.join(","), why)))
}

fn about<'a>(post: &'a Post, to: &'a str, code: &'a str) -> Values<'a> {
    let text = |text: &'a Option<String>| text.as_deref().unwrap_or_default();
    Values { message: text(&post.message), from: text(&post.from), to, code, ..Values::default() }
}

/// What brings a message to a recipient; `None` where nothing does.
pub fn pushed(wire: &Wire, (from, to): (&str, &str), text: &str) -> Option<String> {
    let once = message::id(text).map(http::message_text).unwrap_or_default();
    let each = [to];
    let values = Values { text, message: &once, from, to, each: &each, ..Values::default() };
    wire.push.as_ref().map(|push| filled(&push.frame, &values))
}
