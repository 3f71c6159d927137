//! Logins: the mechanisms PLAIN (RFC 4616) and LOGIN, which has no RFC and which every server knows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How somebody logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// Name and password in one line.
    Plain,
    /// Name and password, each when it is asked for.
    Login,
}

/// Who somebody says he is, and by what he proves it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// Not the password.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.name)
    }
}

/// A login under way: the server has asked for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asking {
    /// For name and password in one.
    Plain,
    /// For the name.
    Name,
    /// For the password, of this name.
    Password(String),
}

impl Mechanism {
    /// The mechanism of a name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Plain, Self::Login].into_iter().find(|known| known.name().eq_ignore_ascii_case(name))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
        }
    }

    /// What is asked for first, if nothing was said with `AUTH` itself.
    pub fn asks(self) -> Asking {
        match self {
            Self::Plain => Asking::Plain,
            Self::Login => Asking::Name,
        }
    }
}

/// What a line in a login gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// All.
    All(Credentials),
    /// Something, and this is asked for next.
    Next(Asking),
    /// `*`: the client gives up.
    GivenUp,
    /// Nothing that can be read.
    Unreadable,
}

impl Asking {
    /// What the server says to ask for it, in base64.
    pub fn challenge(&self) -> &'static str {
        match self {
            Self::Plain => "",
            // `Username:` and `Password:`.
            Self::Name => "VXNlcm5hbWU6",
            Self::Password(_) => "UGFzc3dvcmQ6",
        }
    }

    /// Reads the client's line, without its end.
    pub fn hears(self, line: &str) -> Given {
        if line == "*" {
            return Given::GivenUp;
        }
        match self {
            Self::Plain => read_plain(line).map_or(Given::Unreadable, Given::All),
            Self::Name => decoded(line).map_or(Given::Unreadable, |name| Given::Next(Self::Password(name))),
            Self::Password(name) => match decoded(line) {
                Some(password) => Given::All(Credentials { name, password }),
                None => Given::Unreadable,
            },
        }
    }
}

/// What PLAIN says of this name and password.
pub fn plain(name: &str, password: &str) -> String {
    STANDARD.encode(format!("\0{name}\0{password}"))
}

/// A name or a password as LOGIN says it.
pub fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}

pub(super) fn read_plain(line: &str) -> Option<Credentials> {
    let text = decoded(line)?;
    let mut parts = text.split('\0');
    let (Some(_acts_for), Some(name), Some(password), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    Some(Credentials { name: name.to_owned(), password: password.to_owned() })
}

fn decoded(line: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(line).ok()?).ok()
}
