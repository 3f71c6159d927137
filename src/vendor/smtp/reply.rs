//! Replies: a code of three digits and lines of text (RFC 5321 §4.2).

use std::fmt;

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// From 200 to 599.
    pub code: u16,
    /// The lines, without code; at least one.
    pub lines: Vec<String>,
}

impl Reply {
    /// One line with an enhanced code, such as `5.7.1`. Whatever would end the line is left out of it.
    pub fn new(code: u16, enhanced: &str, text: &str) -> Self {
        Self::bare(code, &format!("{enhanced} {text}"))
    }

    /// One line without an enhanced code: greetings, intermediate replies, and what is said before it is known that they are understood.
    pub fn bare(code: u16, text: &str) -> Self {
        let text = text.chars().filter(|c| !c.is_control()).collect();
        Self { code, lines: vec![text] }
    }

    /// The lines in one, at most eighty characters, without what only this reply has (the client's or its own numbers are left as they
    /// are: servers put them behind the words).
    pub fn words(&self) -> String {
        self.lines.join(" ").trim().chars().take(80).collect()
    }

    /// Whether it says yes.
    pub fn is_yes(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Whether the server leaves with it.
    pub fn ends(&self) -> bool {
        matches!(self.code, 221 | 421)
    }

    /// The parameters of an extension that a reply to EHLO offers; `None` if it does not.
    pub fn offers(&self, extension: &str) -> Option<&str> {
        self.lines.iter().skip(1).find_map(|line| {
            // Some old servers write `AUTH=LOGIN`.
            let (word, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
            word.eq_ignore_ascii_case(extension).then_some(rest)
        })
    }
}

/// As it is sent.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.lines.len().saturating_sub(1);
        for (at, line) in self.lines.iter().enumerate() {
            write!(f, "{}{}{line}\r\n", self.code, if at < last { '-' } else { ' ' })?;
        }
        Ok(())
    }
}

/// The reply with which `read` begins, and how many bytes it takes; `None` if more has to be read.
///
/// # Errors
/// If it is no reply.
pub fn replied(read: &[u8]) -> Result<Option<(Reply, usize)>, NoReply> {
    let mut reply: Option<Reply> = None;
    let mut at = 0;
    while let Some(end) = memchr::memchr(b'\n', &read[at..]) {
        let line = &read[at..at + end];
        at += end + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let digits = line.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or(NoReply)?;
        let code = digits.parse().ok().filter(|code| (200..600).contains(code)).ok_or(NoReply)?;
        let goes_on = match line.get(3) {
            None | Some(b' ') => false,
            Some(b'-') => true,
            Some(_) => return Err(NoReply),
        };
        let text = String::from_utf8_lossy(line.get(4..).unwrap_or_default()).into_owned();
        let whole = reply.get_or_insert_with(|| Reply { code, lines: Vec::new() });
        if whole.code != code {
            return Err(NoReply);
        }
        whole.lines.push(text);
        if !goes_on {
            return Ok(reply.map(|reply| (reply, at)));
        }
    }
    Ok(None)
}

/// What was read is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no SMTP reply")]
pub struct NoReply;
