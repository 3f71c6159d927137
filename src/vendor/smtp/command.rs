//! Commands, as clients say them (RFC 5321 §4.1).

use super::auth::{self, Credentials, Mechanism};

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `EHLO` or, without extensions, `HELO`.
    Hello {
        /// Whether extensions are asked for.
        extended: bool,
    },
    /// `AUTH`.
    Auth {
        /// By which mechanism; `None` if it is one that nobody here knows.
        mechanism: Option<Mechanism>,
        /// What is said with it.
        initial: Option<String>,
    },
    /// `MAIL FROM:<…>`.
    Mail {
        /// The address; empty for a notification of the mail system itself.
        from: String,
        /// How many bytes the content will have, if that is said.
        size: Option<u64>,
    },
    /// `RCPT TO:<…>`.
    Recipient(String),
    /// `DATA`.
    Data,
    /// `RSET`.
    Reset,
    /// `NOOP`.
    Nothing,
    /// `VRFY`, `EXPN` or `HELP`: whatever is answered, it changes nothing.
    Question,
    /// `QUIT`.
    Quit,
    /// `STARTTLS`.
    StartTls,
    /// Our own `XINBOX`: receives what has come for a user.
    Inbox {
        /// The credential of the inbox.
        credential: String,
        /// The number of the last frame that was seen.
        after: u64,
    },
}

/// Why a line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Nobody knows its verb.
    Unknown,
    /// It is not what the verb takes.
    Arguments,
    /// A parameter that was not offered.
    Parameter,
}

impl Command {
    /// Reads a line, without its end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(line: &[u8]) -> Result<Self, Bad> {
        let line =
            std::str::from_utf8(line).ok().filter(|line| !line.contains(char::is_control)).ok_or(Bad::Unknown)?;
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let alone = |command| if rest.is_empty() { Ok(command) } else { Err(Bad::Arguments) };
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" if rest.is_empty() => Err(Bad::Arguments),
            "EHLO" => Ok(Self::Hello { extended: true }),
            "HELO" => Ok(Self::Hello { extended: false }),
            "AUTH" => auth(rest),
            "MAIL" => mail(rest),
            "RCPT" => recipient(rest),
            "DATA" => alone(Self::Data),
            "RSET" => alone(Self::Reset),
            "NOOP" => Ok(Self::Nothing),
            "VRFY" | "EXPN" | "HELP" => Ok(Self::Question),
            "QUIT" => alone(Self::Quit),
            "STARTTLS" => alone(Self::StartTls),
            "XINBOX" => inbox(rest),
            _ => Err(Bad::Unknown),
        }
    }

    /// As it is sent.
    pub fn line(&self) -> String {
        match self {
            Self::Hello { extended } => format!("{} {}\r\n", if *extended { "EHLO" } else { "HELO" }, super::DOMAIN),
            Self::Auth { mechanism, initial } => {
                let words = [Some("AUTH"), mechanism.map(Mechanism::name), initial.as_deref()];
                words.into_iter().flatten().collect::<Vec<_>>().join(" ") + "\r\n"
            }
            Self::Mail { from, size: None } => format!("MAIL FROM:<{from}>\r\n"),
            Self::Mail { from, size: Some(size) } => format!("MAIL FROM:<{from}> SIZE={size}\r\n"),
            Self::Recipient(to) => format!("RCPT TO:<{to}>\r\n"),
            Self::Data => "DATA\r\n".into(),
            Self::Reset => "RSET\r\n".into(),
            Self::Nothing => "NOOP\r\n".into(),
            Self::Question => "HELP\r\n".into(),
            Self::Quit => "QUIT\r\n".into(),
            Self::StartTls => "STARTTLS\r\n".into(),
            Self::Inbox { credential, after } => format!("XINBOX {credential} {after}\r\n"),
        }
    }

    /// What it proves of who says it, if it does so at once.
    pub fn credentials(&self) -> Option<Credentials> {
        match self {
            Self::Auth { mechanism: Some(Mechanism::Plain), initial: Some(initial) } => auth::read_plain(initial),
            _ => None,
        }
    }
}

fn auth(rest: &str) -> Result<Command, Bad> {
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    let mechanism = Mechanism::named(words.next().ok_or(Bad::Arguments)?);
    let initial = words.next().map(str::to_owned);
    if words.next().is_some() { Err(Bad::Arguments) } else { Ok(Command::Auth { mechanism, initial }) }
}

fn mail(rest: &str) -> Result<Command, Bad> {
    let (from, parameters) = path(rest, "FROM:")?;
    let mut size = None;
    for parameter in parameters.split(' ').filter(|word| !word.is_empty()) {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match (key.to_ascii_uppercase().as_str(), value.to_ascii_uppercase().as_str()) {
            ("SIZE", value) => size = Some(value.parse().map_err(|_| Bad::Arguments)?),
            ("BODY", "7BIT" | "8BITMIME") | ("AUTH", _) => {}
            _ => return Err(Bad::Parameter),
        }
    }
    Ok(Command::Mail { from, size })
}

fn recipient(rest: &str) -> Result<Command, Bad> {
    match path(rest, "TO:")? {
        (to, _) if to.is_empty() => Err(Bad::Arguments),
        (to, "") => Ok(Command::Recipient(to)),
        _ => Err(Bad::Parameter),
    }
}

fn inbox(rest: &str) -> Result<Command, Bad> {
    let (credential, after) = rest.split_once(' ').ok_or(Bad::Arguments)?;
    Ok(Command::Inbox { credential: credential.to_owned(), after: after.parse().map_err(|_| Bad::Arguments)? })
}

/// The address in angle brackets behind a word, and what follows it. Routes (`@a,@b:`) are left out, as RFC 5321 §4.1.1.3 has it, and the
/// domain, which knows no case, is in lower case.
fn path<'l>(rest: &'l str, word: &str) -> Result<(String, &'l str), Bad> {
    let after = rest.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word)).ok_or(Bad::Arguments)?;
    let (_, rest) = rest.split_at(after.len());
    let (address, rest) =
        rest.trim_start().strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or(Bad::Arguments)?;
    let address = if address.starts_with('@') { address.split_once(':').ok_or(Bad::Arguments)?.1 } else { address };
    if address.len() > ADDRESS || address.contains(['<', ' ']) && !address.starts_with('"') {
        return Err(Bad::Arguments);
    }
    if !rest.is_empty() && !rest.starts_with(' ') {
        return Err(Bad::Arguments);
    }
    let address = match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_ascii_lowercase()),
        None => address.to_owned(),
    };
    Ok((address, rest.trim()))
}

/// The longest address: a path of 256 octets, its brackets among them (RFC 5321 §4.5.3.1.3).
const ADDRESS: usize = 254;
