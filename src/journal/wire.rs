//! The parts of a record on the wire: variable-length numbers, differences, lists, texts and coded words.

use super::observed::{ObservedEnd, TriedEnd};
use super::record::{End, Ending, Fate, UnsentCause};
use crate::plan::Capability;
use crate::units::{AccountId, Moment};

/// Why bytes are no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside of a record, or a number needs more than 64 bits.
    #[error("{0} is cut short or too large")]
    Cut(&'static str),
    /// A number stands where this version knows no meaning for it.
    #[error("{what} {value} is unknown: it was written by a later version; read it with that one")]
    Unknown {
        /// What the number stands for.
        what: &'static str,
        /// The number.
        value: u64,
    },
    /// A text is not UTF-8 or not JSON.
    #[error("{0} is not readable text")]
    Text(&'static str),
    /// The block holds more than its header says.
    #[error("the block holds more than the records that its header counts")]
    Count,
}

/// A word that is written as a number. The codes are for ever; a new word takes a new one.
pub(super) trait Coded: Sized + Copy {
    const WHAT: &'static str;
    fn code(self) -> u64;
    fn of(code: u64) -> Option<Self>;
}

macro_rules! coded {
    ($($type:ident, $what:literal: $($variant:ident = $code:literal),+;)+) => {$(
        impl Coded for $type {
            const WHAT: &'static str = $what;

            fn code(self) -> u64 {
                match self { $(Self::$variant => $code),+ }
            }

            fn of(code: u64) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    )+};
}

coded! {
    UnsentCause, "cause": Slots = 0, Lag = 1, Stopped = 2, Turn = 3;
    Ending, "ending": Acknowledged = 0, Refused = 1, NotSent = 2, Unanswered = 3;
    Fate, "fate": Delayed = 0, Refused = 1, Held = 2, Closed = 3, Reset = 4, Dropped = 5, Duplicated = 6,
        Altered = 7, AfterAccept = 8;
    End, "end": Completed = 0, NotSteady = 1, Interrupted = 2, Stopped = 3, Failed = 4, Bug = 5, Aborted = 6;
    ObservedEnd, "end of an exchange": Answered = 0, Refused = 1, Unreachable = 2, Broken = 3, Left = 4, Denied = 5, Limited = 6,
        Unfinished = 7;
    TriedEnd, "end of dialling": Reached = 0, Refused = 1, Silent = 2, Unreachable = 3, Unproved = 4, Itself = 5, Left = 6, Forbidden = 7;
    Capability, "capability": Chat = 0, Login = 1, Receive = 2, Other = 3, Group = 4, Notice = 5, Webhook = 6, Approval = 7, Ocr = 8,
        Meeting = 9, Calendar = 10, Directory = 11, Admin = 12, Status = 13, Metadata = 14, Inspect = 15, Edit = 20, Read = 21, Sync = 22;
}

/// Appends the parts of a record.
pub(super) struct Out<'a>(pub &'a mut Vec<u8>);

impl Out<'_> {
    /// A number, seven bits a byte, the lowest first.
    pub(super) fn num(&mut self, value: impl Into<u64>) {
        let mut rest: u64 = value.into();
        while rest >= 0x80 {
            self.0.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
        }
        self.0.push(rest.to_le_bytes()[0]);
    }

    /// The difference of two numbers, either of which may be larger. Small differences take few bytes; all come back exactly.
    pub(super) fn difference(&mut self, from: u64, to: u64) {
        let signed = to.wrapping_sub(from).cast_signed();
        self.num(((signed << 1) ^ (signed >> 63)).cast_unsigned());
    }

    pub(super) fn moment(&mut self, at: Moment) {
        self.num(at.nanos());
    }

    /// A moment that mostly lies shortly after `base`.
    pub(super) fn after(&mut self, base: Moment, at: Moment) {
        self.difference(base.nanos(), at.nanos());
    }

    /// A number of at most 32 bits that may be absent.
    pub(super) fn option(&mut self, value: Option<impl Into<u32>>) {
        self.num(value.map_or(0, |value| u64::from(value.into()) + 1));
    }

    /// The number of a connection, if one was made: it may take all 64 bits.
    pub(super) fn connection(&mut self, connection: Option<u64>) {
        self.num(u8::from(connection.is_some()));
        if let Some(connection) = connection {
            self.num(connection);
        }
    }

    /// Accounts in their order: mostly neighbours, hence as differences.
    pub(super) fn accounts(&mut self, accounts: &[AccountId]) {
        self.num(accounts.len() as u64);
        let mut last = 0;
        for account in accounts {
            self.difference(last, account.0.into());
            last = account.0.into();
        }
    }

    pub(super) fn text(&mut self, text: &[u8]) {
        self.num(text.len() as u64);
        self.0.extend_from_slice(text);
    }

    pub(super) fn word(&mut self, word: impl Coded) {
        self.num(word.code());
    }
}

/// Takes the parts of a record off the front. No input makes it panic or reserve more memory than the input is long.
pub(super) struct In<'a>(pub &'a [u8]);

impl<'a> In<'a> {
    pub(super) fn byte(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        let (first, rest) = self.0.split_first().ok_or(DecodeError::Cut(what))?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn bytes(&mut self, len: u64, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let len = usize::try_from(len).map_err(|_| DecodeError::Cut(what))?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(DecodeError::Cut(what))?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn long(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(what)?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(DecodeError::Cut(what));
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::Cut(what))
    }

    pub(super) fn num<T: TryFrom<u64>>(&mut self, what: &'static str) -> Result<T, DecodeError> {
        T::try_from(self.long(what)?).map_err(|_| DecodeError::Cut(what))
    }

    pub(super) fn difference(&mut self, from: u64, what: &'static str) -> Result<u64, DecodeError> {
        let folded = self.long(what)?;
        let signed = (folded >> 1).cast_signed() ^ -((folded & 1).cast_signed());
        Ok(from.wrapping_add(signed.cast_unsigned()))
    }

    pub(super) fn moment(&mut self, what: &'static str) -> Result<Moment, DecodeError> {
        self.long(what).map(Moment::from_nanos)
    }

    pub(super) fn after(&mut self, base: Moment, what: &'static str) -> Result<Moment, DecodeError> {
        self.difference(base.nanos(), what).map(Moment::from_nanos)
    }

    pub(super) fn option<T: TryFrom<u64>>(&mut self, what: &'static str) -> Result<Option<T>, DecodeError> {
        let value = self.long(what)?.checked_sub(1);
        value.map(|value| T::try_from(value).map_err(|_| DecodeError::Cut(what))).transpose()
    }

    pub(super) fn connection(&mut self) -> Result<Option<u64>, DecodeError> {
        match self.long("a connection")? {
            0 => Ok(None),
            1 => self.long("a connection").map(Some),
            value => Err(DecodeError::Unknown { what: "kind of connection", value }),
        }
    }

    pub(super) fn accounts(&mut self, what: &'static str) -> Result<Vec<AccountId>, DecodeError> {
        let count: usize = self.num(what)?;
        if count > self.0.len() {
            return Err(DecodeError::Cut(what));
        }
        let mut accounts = Vec::with_capacity(count);
        let mut last = 0;
        for _ in 0..count {
            last = self.difference(last, what)?;
            accounts.push(AccountId(u32::try_from(last).map_err(|_| DecodeError::Cut(what))?));
        }
        Ok(accounts)
    }

    pub(super) fn text(&mut self, what: &'static str) -> Result<&'a str, DecodeError> {
        let len = self.long(what)?;
        std::str::from_utf8(self.bytes(len, what)?).map_err(|_| DecodeError::Text(what))
    }

    pub(super) fn word<T: Coded>(&mut self) -> Result<T, DecodeError> {
        let value = self.long(T::WHAT)?;
        T::of(value).ok_or(DecodeError::Unknown { what: T::WHAT, value })
    }
}
