//! One client's session: lines in, replies out. It knows no connection and never waits.

use std::sync::Arc;

use super::super::core::Core;
use super::super::ledger::Accepted;
use super::super::mailbox::{Letter, Mailbox};
use crate::limits::{BODY_BYTES, MAIL_RECIPIENTS};
use crate::plan::Capability;
use crate::vendor::smtp::{self, Asking, Bad, Command, Credentials, DOMAIN, Given, Mechanism, Reply};
use crate::vendor::{Refusal, inbox_user};

/// What the server knows of a client.
#[derive(Default)]
pub(super) struct Session {
    /// Whether the connection can be secured by STARTTLS.
    starttls: bool,
    greeted: bool,
    /// The user as whom he has logged in.
    user: Option<Arc<str>>,
    /// What was asked for in a login.
    asking: Option<Asking>,
    mail: Option<Mail>,
}

/// A mail under way.
struct Mail {
    from: String,
    to: Vec<(String, Arc<Mailbox>)>,
}

/// What follows a line.
pub(super) enum Step {
    /// A reply.
    Say(Reply),
    /// A reply, and the content is next.
    Content(Reply),
    /// The last reply.
    Leave(Reply),
    /// A reply, and TLS begins.
    Tls(Reply),
    /// A reply, and the connection becomes an inbox that goes on after this frame.
    Inbox(Reply, Arc<Mailbox>, u64),
}

impl Session {
    /// Of a client of whom nothing is known, with STARTTLS if there is a certificate for it.
    pub(super) fn new(starttls: bool) -> Self {
        Self { starttls, ..Self::default() }
    }

    pub(super) fn greeting() -> Reply {
        Reply::bare(220, &format!("{DOMAIN} ESMTP firedrill"))
    }

    /// A line, without its end.
    pub(super) fn hears(&mut self, core: &Core, line: &[u8]) -> Step {
        core.number();
        if let Some(asking) = self.asking.take() {
            let given = asking.hears(&String::from_utf8_lossy(line));
            return Step::Say(self.given(core, given));
        }
        Step::Say(match Command::read(line) {
            Err(bad) => wrong(bad),
            Ok(Command::Hello { extended }) => self.hello(extended),
            Ok(Command::Quit) => return Step::Leave(Reply::new(221, "2.0.0", "Bye")),
            Ok(Command::Nothing) => yes("Ok"),
            Ok(Command::Question) => Reply::new(252, "2.5.2", "Send some mail, and see"),
            Ok(Command::Reset) => {
                self.mail = None;
                yes("Ok")
            }
            Ok(Command::StartTls) if !self.starttls => smtp::refusal(&Refusal::UnknownApi),
            Ok(Command::StartTls) if self.mail.is_some() => Reply::new(503, "5.5.1", "A mail is under way"),
            Ok(Command::StartTls) => return Step::Tls(Reply::new(220, "2.0.0", "Begin TLS")),
            Ok(Command::Inbox { credential, after }) => {
                match inbox_user(&credential).and_then(|user| core.users.mailbox(user)) {
                    Some(mailbox) => return Step::Inbox(yes("Frames follow"), mailbox, after),
                    None => smtp::refusal(&Refusal::InvalidToken),
                }
            }
            Ok(_) if !self.greeted => Reply::new(503, "5.5.1", "Say EHLO first"),
            Ok(Command::Auth { mechanism, initial }) => self.auth(core, mechanism, initial.as_deref()),
            Ok(Command::Mail { from, size }) => self.mail(core, from, size),
            Ok(Command::Recipient(to)) => self.recipient(core, to),
            Ok(Command::Data) => match &self.mail {
                Some(mail) if !mail.to.is_empty() => {
                    return Step::Content(Reply::bare(354, "End data with <CR><LF>.<CR><LF>"));
                }
                Some(_) => Reply::new(554, "5.5.1", "No valid recipients"),
                None => Reply::new(503, "5.5.1", "Say MAIL first"),
            },
        })
    }

    fn hello(&mut self, extended: bool) -> Reply {
        (self.greeted, self.mail) = (true, None);
        let mut reply = Reply::bare(250, DOMAIN);
        if extended {
            let offers = ["PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN", "XINBOX"];
            reply.lines.extend(offers.map(str::to_owned));
            reply.lines.extend(self.starttls.then(|| "STARTTLS".to_owned()));
            reply.lines.push(format!("SIZE {BODY_BYTES}"));
        }
        reply
    }

    fn auth(&mut self, core: &Core, mechanism: Option<Mechanism>, initial: Option<&str>) -> Reply {
        if self.user.is_some() || self.mail.is_some() {
            return Reply::new(503, "5.5.1", "Not now");
        }
        let Some(mechanism) = mechanism else { return Reply::new(504, "5.5.4", "Mechanism not supported") };
        match initial {
            // `=` stands for nothing (RFC 4954 §4).
            Some("=") => self.given(core, mechanism.asks().hears("")),
            Some(initial) => self.given(core, mechanism.asks().hears(initial)),
            None => self.given(core, Given::Next(mechanism.asks())),
        }
    }

    fn given(&mut self, core: &Core, given: Given) -> Reply {
        match given {
            Given::Next(asking) => {
                let reply = Reply::bare(334, asking.challenge());
                self.asking = Some(asking);
                reply
            }
            Given::GivenUp => Reply::new(501, "5.7.0", "Authentication cancelled"),
            Given::Unreadable => Reply::new(501, "5.5.2", "Cannot decode that"),
            Given::All(Credentials { name, password }) => {
                let app = core.users.app(&name).filter(|_| core.users.proves(&name, &password));
                self.user = app.map(|app| app.user);
                match self.user {
                    Some(_) => Reply::new(235, "2.7.0", "Authentication successful"),
                    None => smtp::refusal(&Refusal::InvalidKey),
                }
            }
        }
    }

    fn mail(&mut self, core: &Core, from: String, size: Option<u64>) -> Reply {
        if self.mail.is_some() {
            return Reply::new(503, "5.5.1", "A mail is under way");
        }
        if size.is_some_and(|size| size > BODY_BYTES as u64) {
            return too_large();
        }
        if !core.users.is_open() {
            match &self.user {
                None => return smtp::refusal(&Refusal::MissingToken),
                Some(user) if **user != *from => return Reply::new(553, "5.7.1", "That is not your address"),
                Some(_) => {}
            }
        }
        self.mail = Some(Mail { from, to: Vec::new() });
        Reply::new(250, "2.1.0", "Ok")
    }

    fn recipient(&mut self, core: &Core, to: String) -> Reply {
        let Some(mail) = &mut self.mail else { return Reply::new(503, "5.5.1", "Say MAIL first") };
        if mail.to.len() >= MAIL_RECIPIENTS {
            return Reply::new(452, "4.5.3", "Too many recipients");
        }
        match core.users.mailbox(&to) {
            None => Reply::new(550, "5.1.1", "No such user"),
            Some(mailbox) if !mailbox.has_room() => Reply::new(452, "4.2.2", "Mailbox full"),
            Some(mailbox) => {
                // Whoever is named twice gets one.
                if mail.to.iter().all(|(known, _)| *known != to) {
                    mail.to.push((to, mailbox));
                }
                Reply::new(250, "2.1.5", "Ok")
            }
        }
    }

    /// The content, as it was sent; `None` if it is longer than is taken.
    pub(super) fn takes(&mut self, core: &Core, sent: Option<&[u8]>, capability: Capability) -> Reply {
        let Some(Mail { from, to }) = self.mail.take() else { return Reply::new(503, "5.5.1", "Say MAIL first") };
        let Some(sent) = sent else { return too_large() };
        let text = smtp::text(&smtp::unstuffed(sent));
        let number = core.number();
        let letter = Arc::new(Letter {
            text: text.as_str().into(),
            sender: from.as_str().into(),
            number,
            at: core.now(),
            ..Letter::default()
        });
        let kept = to.iter().filter(|(_, mailbox)| mailbox.put(Arc::clone(&letter)).is_some());
        let recipients: Vec<&str> = kept.map(|(to, _)| to.as_str()).collect();
        if recipients.len() < to.len() {
            // They had room when they were named. Who has it already gets it twice, as mail goes.
            return Reply::new(452, "4.2.2", "A mailbox is full");
        }
        let id = number.to_string();
        let accepted =
            Accepted { at: core.now(), id: &id, sender: &from, recipients: &recipients, capability, text: &text };
        core.ledger.write(&accepted);
        Reply::new(250, "2.0.0", &format!("Ok: queued as {id}"))
    }
}

fn yes(text: &str) -> Reply {
    Reply::new(250, "2.0.0", text)
}

fn too_large() -> Reply {
    Reply::new(552, "5.3.4", "Message too big")
}

fn wrong(bad: Bad) -> Reply {
    match bad {
        Bad::Unknown => Reply::new(500, "5.5.2", "Command unrecognized"),
        Bad::Arguments => Reply::new(501, "5.5.4", "Syntax error in parameters"),
        Bad::Parameter => Reply::new(555, "5.5.4", "Unsupported parameter"),
    }
}
