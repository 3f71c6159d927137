//! A service that keeps a connection open and that nobody here knows, by WebSocket or by bare TCP: what is said on it, and what the other
//! side's frames mean, stand in the scenario.

use serde::{Deserialize, Serialize};

use super::framing::Framing;
use super::pattern::{Blank, Pattern};
use super::{Capability, Json};

/// A service by scenario that speaks in frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// What is sent by it: one thing.
    pub capability: Capability,
    /// What its frames travel on.
    pub carrier: Carrier,
    /// What is said first on each connection.
    pub login: Option<Login>,
    /// What sends a message.
    pub send: Frame,
    /// What frames look like that say that the service took a message. Those with a place for `{message}` say which; others are about the
    /// one that was sent before them. Without it nobody says so, and what has been written counts as taken.
    pub taken: Option<Frame>,
    /// What frames look like that say no.
    pub refused: Option<Frame>,
    /// What comes to a recipient's connection, if anything does.
    pub push: Option<Push>,
}

/// What frames travel on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Carrier {
    /// A WebSocket that this request asks for.
    Websocket(Opening),
    /// A TCP connection, on which frames are told apart so.
    Tcp(Framing),
}

/// The request that asks for a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Path and query.
    pub path: Pattern,
    /// Header fields: lower-case names.
    pub headers: Vec<(String, Pattern)>,
}

/// What is in a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frame {
    /// JSON. Of what comes, whatever else is in an object does not matter.
    Json(Json),
    /// Text.
    Text(Pattern),
}

/// What is said first on a connection, and what it is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// What is said.
    pub say: Frame,
    /// What a yes looks like; without it nobody answers.
    pub taken: Option<Frame>,
    /// What a no looks like.
    pub refused: Option<Frame>,
}

/// How recipients receive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// What frames look like that bring a message: its text, or which it is.
    pub frame: Frame,
    /// Path and query of recipients' connections, if it is another than that of senders.
    pub path: Option<Pattern>,
    /// What recipients say first, if it is something else than what senders do.
    pub login: Option<Login>,
}

impl Wire {
    /// The same with the values of its variables.
    #[must_use]
    pub fn with<'v>(&self, value: impl Fn(&str) -> Option<&'v str> + Copy) -> Self {
        let frame = |frame: &Option<Frame>| frame.as_ref().map(|frame| frame.with(value));
        let login = |login: &Option<Login>| login.as_ref().map(|login| login.with(value));
        let Self { capability, carrier, send, taken, refused, push, .. } = self;
        let carrier = match carrier {
            Carrier::Websocket(Opening { path, headers }) => Carrier::Websocket(Opening {
                path: path.with(value),
                headers: headers.iter().map(|(name, text)| (name.clone(), text.with(value))).collect(),
            }),
            Carrier::Tcp(framing) => Carrier::Tcp(*framing),
        };
        let push = push.as_ref().map(|Push { frame, path, login: own }| Push {
            frame: frame.with(value),
            path: path.as_ref().map(|path| path.with(value)),
            login: login(own),
        });
        let (taken, refused, login) = (frame(taken), frame(refused), login(&self.login));
        Self { capability: *capability, carrier, login, send: send.with(value), taken, refused, push }
    }

    /// Whether its frames travel on a WebSocket.
    pub fn is_websocket(&self) -> bool {
        matches!(self.carrier, Carrier::Websocket(_))
    }

    /// Whether answers say which message they are about, so that several may be under way on one connection.
    pub fn is_matched(&self) -> bool {
        self.taken.as_ref().is_some_and(|taken| taken.has(Blank::Message))
    }

    /// What the connections of senders, or of recipients, begin with.
    pub fn login_of(&self, receives: bool) -> Option<&Login> {
        let own = self.push.as_ref().and_then(|push| push.login.as_ref()).filter(|_| receives);
        own.or(self.login.as_ref())
    }

    /// The path that connections of senders, or of recipients, ask for; `None` on bare TCP.
    pub fn path_of(&self, receives: bool) -> Option<&Pattern> {
        let Carrier::Websocket(opening) = &self.carrier else { return None };
        let own = self.push.as_ref().and_then(|push| push.path.as_ref()).filter(|_| receives);
        own.or(Some(&opening.path))
    }

    /// The header fields of the request that asks for a WebSocket.
    pub fn headers(&self) -> &[(String, Pattern)] {
        match &self.carrier {
            Carrier::Websocket(opening) => &opening.headers,
            Carrier::Tcp(_) => &[],
        }
    }

    /// Whether recipients' connections can be told from senders' by how they begin.
    pub fn tells_recipients(&self) -> bool {
        self.push.as_ref().is_some_and(|push| push.path.is_some() || push.login.is_some())
    }

    /// Every template with which a sender, or a recipient, says something.
    pub fn said(&self, receives: bool) -> Vec<&Pattern> {
        let mut all: Vec<&Pattern> = self.path_of(receives).into_iter().collect();
        all.extend(self.headers().iter().map(|(_, text)| text));
        if let Some(login) = self.login_of(receives) {
            login.say.templates(&mut all);
        }
        if !receives {
            self.send.templates(&mut all);
        }
        all
    }

    /// The names of its variables.
    pub fn variables(&self) -> Vec<&str> {
        self.said(false).into_iter().chain(self.said(true)).flat_map(Pattern::variables).collect()
    }
}

impl Login {
    fn with<'v>(&self, value: impl Fn(&str) -> Option<&'v str> + Copy) -> Self {
        let frame = |frame: &Option<Frame>| frame.as_ref().map(|frame| frame.with(value));
        Self { say: self.say.with(value), taken: frame(&self.taken), refused: frame(&self.refused) }
    }
}

impl Frame {
    fn with<'v>(&self, value: impl Fn(&str) -> Option<&'v str> + Copy) -> Self {
        match self {
            Self::Json(json) => Self::Json(json.with(value)),
            Self::Text(text) => Self::Text(text.with(value)),
        }
    }

    /// Every template in it.
    pub fn templates<'a>(&'a self, all: &mut Vec<&'a Pattern>) {
        match self {
            Self::Json(json) => json.templates(all),
            Self::Text(text) => all.push(text),
        }
    }

    /// Whether there is such a place in it.
    pub fn has(&self, blank: Blank) -> bool {
        let mut all = Vec::new();
        self.templates(&mut all);
        all.into_iter().any(|text| text.has(blank))
    }
}
