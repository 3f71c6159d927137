//! What is done outside of firedrill, and how it is undone.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::docs::{Doc, Hits};
use super::param::{Kind, Param, may, must, or};
use crate::plan::{Template, Url};
use crate::units::Span;

/// Something that is done outside of firedrill's own path, with its undo: there is none without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// What is done.
    pub act: Call,
    /// What undoes it. It has to be able to run when the act was done only half, and after it was undone before.
    pub undo: Call,
    /// How long each of the two may take.
    pub timeout: Span,
}

/// Which half of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// What is done.
    Act,
    /// What undoes it.
    Undo,
}

/// One call to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    /// A program is run. It is done when it exits with status 0.
    Exec(Exec),
    /// An HTTP request is made. It is done when it is answered as expected.
    Http(Http),
}

/// A program, run without a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// The program and its arguments; at least the program.
    pub run: Vec<String>,
    /// Its environment, besides the few variables that every program gets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, Template>,
}

/// An HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http {
    /// Its method.
    pub method: String,
    /// The server.
    pub url: Url,
    /// Path and query, which begins with `/`.
    pub path: String,
    /// Its headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Template>,
    /// Its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Template>,
    /// The status that says it was done; `None` = any from 200 to 299.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<u16>,
}

impl Action {
    /// The documentation of actions, which stand in a scenario where a fault does.
    pub const DOCS: &'static [Doc] = &[
        Doc {
            name: "exec",
            summary: "A program is run when the inject begins, and another one when it ends; nothing is done on firedrill's own path.",
            params: EXEC,
            hits: Hits::Outside,
            live: "No shell reads the words. Its undo stands on disk before it is run, and is run however the drill ends; after a crash `firedrill clean` does it. `run` asks for `--allow-actions`, `rehearse` runs nothing.",
            example: "exec: { run: [touch, /tmp/closed], undo: [rm, -f, /tmp/closed] }",
        },
        Doc {
            name: "http",
            summary: "An HTTP request is made when the inject begins, and another one when it ends; nothing is done on firedrill's own path.",
            params: HTTP,
            hits: Hits::Outside,
            live: "It goes straight to its server, never through a fault, and follows no redirects. Its undo stands on disk before it is made, and is made however the drill ends; after a crash `firedrill clean` does it. `run` asks for `--allow-actions`, `rehearse` asks nobody.",
            example: "http: { do: { method: PUT, url: \"http://127.0.0.1:9000/switch\", body: \"off\" }, undo: { method: DELETE, url: \"http://127.0.0.1:9000/switch\" } }",
        },
    ];

    /// How long a call may take if nothing is said, unless its inject is shorter.
    pub const TIMEOUT: Span = Span::from_secs(30);

    /// One of its halves.
    pub fn half(&self, half: Half) -> &Call {
        match half {
            Half::Act => &self.act,
            Half::Undo => &self.undo,
        }
    }

    /// The documentation of this one.
    pub(super) fn doc(&self) -> &'static Doc {
        match self.act {
            Call::Exec(_) => &Self::DOCS[0],
            Call::Http(_) => &Self::DOCS[1],
        }
    }

    /// The variables of the environment that its calls name.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.act.templates().chain(self.undo.templates()).flat_map(Template::variables)
    }
}

impl Call {
    /// Every text in which secrets may be named.
    pub fn templates(&self) -> Box<dyn Iterator<Item = &Template> + '_> {
        match self {
            Self::Exec(exec) => Box::new(exec.env.values()),
            Self::Http(http) => Box::new(http.headers.values().chain(&http.body)),
        }
    }
}

impl Http {
    /// Whether an answer with this status says that it was done.
    pub fn is_done_by(&self, status: u16) -> bool {
        self.expect.map_or((200..300).contains(&status), |expected| expected == status)
    }
}

/// A word as it can be read without doubt: in quotes unless it is plain.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
        match self.0 {
            word if !word.is_empty() && word.chars().all(plain) => f.write_str(word),
            word => write!(f, "{word:?}"),
        }
    }
}

impl fmt::Display for Call {
    /// Everything that will be done, on one line; secrets by the names of their variables.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exec(exec) => exec.fmt(f),
            Self::Http(http) => http.fmt(f),
        }
    }
}

impl fmt::Display for Exec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.env {
            write!(f, "{name}={} ", Quoted(value.written()))?;
        }
        for (number, word) in self.run.iter().enumerate() {
            write!(f, "{}{}", if number == 0 { "" } else { " " }, Quoted(word))?;
        }
        Ok(())
    }
}

impl fmt::Display for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.url.tls.is_some() { "https" } else { "http" };
        write!(f, "{} {scheme}://{}{}", self.method, self.url.host_header(), self.path)?;
        for (name, value) in &self.headers {
            write!(f, " {name}: {:?}", value.written())?;
        }
        if let Some(body) = &self.body {
            write!(f, " with {:?}", body.written())?;
        }
        match self.expect {
            Some(status) => write!(f, ", expecting {status}"),
            None => write!(f, ", expecting 200 to 299"),
        }
    }
}

const WORDS: Kind = Kind::List(&Kind::Text);
const TEXTS: Kind = Kind::Named(&Kind::Text);

const EXEC: &[Param] = &[
    must("run", WORDS, "[touch, /tmp/closed]", "the program and its arguments, word by word, exactly as it gets them"),
    must("undo", WORDS, "[rm, -f, /tmp/closed]", "the program that undoes it; it has to bear being run once too often"),
    may(
        "env",
        TEXTS,
        "variables of both programs' environment, in which `${NAME}` is a secret of yours; besides these they get no more than PATH, HOME, USER, LOGNAME, LANG, LC_ALL, TZ and TMPDIR",
    ),
    TAKES_AWAY,
    TIMEOUT,
];

const HTTP: &[Param] = &[
    must(
        "do",
        Kind::Map(REQUEST),
        "{ method: PUT, url: \"http://127.0.0.1:9000/switch\" }",
        "the request that does it",
    ),
    must(
        "undo",
        Kind::Map(REQUEST),
        "{ method: DELETE, url: \"http://127.0.0.1:9000/switch\" }",
        "the request that undoes it; it has to bear being made once too often",
    ),
    may("ca", Kind::Text, "a file of certificates in PEM that are trusted besides the public authorities"),
    TAKES_AWAY,
    TIMEOUT,
];

const TAKES_AWAY: Param = may(
    "takes_away",
    Kind::Map(LEAVING),
    "whom the call takes away where identities are kept, if it does: `time_to_revoke` is told of them, from when it has come back",
);

const LEAVING: &[Param] = &[
    must("group", Kind::Name, "leavers", "the group that they belong to"),
    or("share", Kind::Share, "100%", "the share of that group's accounts, drawn once for the drill as faults draw it"),
    may(
        "endpoint",
        Kind::Names,
        "where they may sign in no more: the provider, or services that have directories of their own; by default everywhere; also `endpoints`",
    ),
];

const TIMEOUT: Param = or(
    "timeout",
    Kind::Positive,
    "30s",
    "how long each of the two may take; at most as long as the inject, which is also the default where it is shorter",
);

/// A request of an action.
pub(super) const REQUEST: &[Param] = &[
    or("method", Kind::Word(&["GET", "POST", "PUT", "PATCH", "DELETE"]), "POST", "its method"),
    must(
        "url",
        Kind::Text,
        "http://127.0.0.1:9000/switch",
        "where to; the guard lists the host unless it is this machine",
    ),
    may(
        "headers",
        TEXTS,
        "its headers, in which `${NAME}` is a secret of yours; what proves who you are stands nowhere else",
    ),
    may("body", Kind::Text, "its body, in which `${NAME}` is a secret of yours"),
    may("expect", Kind::Count(100, 599), "the one status that says it was done; without it any from 200 to 299"),
];
