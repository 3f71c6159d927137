//! What a collaboration platform offers to programs, function by function, and what of it other platforms keep.
//!
//! The facts stand in `catalogue.txt`, one line a function, with their sources and with how use was estimated. They are read once, and
//! a mistake in them is one of this program, which its tests find.

mod existence;
mod matching;
mod probe;
mod read;
mod share;

use std::fmt;
use std::sync::LazyLock;

pub use existence::{Existence, existence};
pub use probe::{Probe, probe};
pub use read::{Mistake, read};
pub use share::{Tally, claimed};

use crate::plan::{Capability, Edition, EndpointKind};

/// The catalogue as it is written.
const TEXT: &str = include_str!("catalogue.txt");

/// What the weights of all functions add up to.
pub const WEIGHTS: u32 = 1_000;

static CATALOGUE: LazyLock<matching::Catalogue> = LazyLock::new(|| match read(TEXT) {
    Ok(operations) => matching::Catalogue::new(operations),
    Err(mistake) => panic!("src/vendor/catalogue/catalogue.txt: {mistake}"),
});

/// A function of DingTalk's mainland edition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// A short name that stays.
    pub id: &'static str,
    /// What it does, in a few words.
    pub name: &'static str,
    /// What it is for.
    pub capability: Capability,
    /// How many of [`WEIGHTS`] calls in common use are to it: an estimate.
    pub weight: u32,
    /// How it is called on DingTalk.
    pub call: Call,
    /// Whether a request without content may be sent to see if it is there. Not if it ends, removes, locks or decides something.
    pub probed: bool,
    /// On DingTalk, mainland edition.
    pub mainland: Standing,
    /// On DingTalk Lite.
    pub lite: Standing,
    /// On Microsoft Teams.
    pub teams: Standing,
    /// The call of Microsoft Graph, or of a service beside it, that does the same.
    pub counterpart: Option<Call>,
    /// What is lost, or why, in words, of both platforms: see [`remark`].
    pub remarks: &'static str,
}

/// A method and a path, in which `{name}` stands for an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
}

/// Whether a platform has a function, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether it has it.
    pub state: State,
    /// Who says so.
    pub source: Source,
    /// The page that says so.
    pub page: Option<&'static str>,
}

/// Whether a platform has a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It has.
    Supported,
    /// It has something of the kind that does less.
    Degraded,
    /// It has not.
    Missing,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The vendor's own package calls it.
    Sdk,
    /// The vendor's own pages describe it.
    Documented,
    /// The article whose figures the catalogue exists to check.
    Article,
    /// The vendor's pages do not describe it where they would: an assumption.
    Undocumented,
    /// Nobody: an assumption.
    Assumed,
}

/// All functions, in the order of the file.
pub fn operations() -> &'static [Operation] {
    CATALOGUE.operations()
}

/// The function that a request to DingTalk asks for. Ids in the path may be percent-encoded or not.
pub fn operation(method: &str, path: &str) -> Option<&'static Operation> {
    CATALOGUE.find(method, path)
}

/// Whether a platform has the function that a request to it asks for, as far as the catalogue knows functions.
pub fn has(kind: &EndpointKind, method: &str, path: &str) -> bool {
    let found = match kind {
        EndpointKind::Dingtalk(_) => CATALOGUE.find(method, path),
        EndpointKind::Teams => CATALOGUE.find_counterpart(method, path),
        EndpointKind::Matrix
        | EndpointKind::Erp(_)
        | EndpointKind::Documents(_)
        | EndpointKind::Http(_)
        | EndpointKind::Smtp(_)
        | EndpointKind::Wire(_)
        | EndpointKind::Dlp
        | EndpointKind::Sso(_)
        | EndpointKind::Gateway(_) => None,
    };
    found.is_some_and(|operation| state(kind, operation) != State::Missing)
}

/// The function that a journey calls to send this, if it can be sent.
pub fn sent(capability: Capability) -> Option<&'static Operation> {
    operations().iter().find(|operation| capability.is_sending() && operation.capability == capability)
}

/// Whether a platform has a function, and who says so.
pub fn standing(kind: &EndpointKind, operation: &Operation) -> Standing {
    match kind {
        EndpointKind::Dingtalk(Edition::Mainland) => operation.mainland,
        EndpointKind::Dingtalk(Edition::Lite) => operation.lite,
        EndpointKind::Teams => operation.teams,
        // Of whatever else there is the catalogue knows nothing.
        EndpointKind::Matrix
        | EndpointKind::Erp(_)
        | EndpointKind::Documents(_)
        | EndpointKind::Http(_)
        | EndpointKind::Smtp(_)
        | EndpointKind::Wire(_)
        | EndpointKind::Dlp
        | EndpointKind::Sso(_)
        | EndpointKind::Gateway(_) => Standing { state: State::Missing, source: Source::Assumed, page: None },
    }
}

/// Whether a platform has a function.
pub fn state(kind: &EndpointKind, operation: &Operation) -> State {
    standing(kind, operation).state
}

/// What is lost of a function on a platform, or why.
pub fn remark(kind: &EndpointKind, operation: &Operation) -> Option<&'static str> {
    let own = match kind {
        EndpointKind::Dingtalk(Edition::Mainland)
        | EndpointKind::Matrix
        | EndpointKind::Erp(_)
        | EndpointKind::Documents(_)
        | EndpointKind::Http(_)
        | EndpointKind::Smtp(_)
        | EndpointKind::Wire(_)
        | EndpointKind::Dlp
        | EndpointKind::Sso(_)
        | EndpointKind::Gateway(_) => return None,
        EndpointKind::Dingtalk(Edition::Lite) => "Lite: ",
        EndpointKind::Teams => "Teams: ",
    };
    let others = ["Lite: ", "Teams: "];
    let parts = operation.remarks.split("; ").filter(|part| !part.is_empty());
    let mut mine = parts.filter_map(|part| match part.strip_prefix(own) {
        Some(rest) => Some(rest),
        None => (!others.iter().any(|other| part.starts_with(other))).then_some(part),
    });
    mine.next()
}

/// How a function is called on a platform, if it is there.
pub fn call(kind: &EndpointKind, operation: &Operation) -> Option<Call> {
    match kind {
        EndpointKind::Dingtalk(_) => Some(operation.call),
        EndpointKind::Teams => operation.counterpart,
        EndpointKind::Matrix
        | EndpointKind::Erp(_)
        | EndpointKind::Documents(_)
        | EndpointKind::Http(_)
        | EndpointKind::Smtp(_)
        | EndpointKind::Wire(_)
        | EndpointKind::Dlp
        | EndpointKind::Sso(_)
        | EndpointKind::Gateway(_) => None,
    }
}

impl State {
    /// Every state with its word.
    pub const ALL: [(&'static str, Self); 3] =
        [("supported", Self::Supported), ("degraded", Self::Degraded), ("missing", Self::Missing)];
}

impl Source {
    /// Every source with its word, from the best to the weakest.
    pub const ALL: [(&'static str, Self); 5] = [
        ("sdk", Self::Sdk),
        ("documented", Self::Documented),
        ("article", Self::Article),
        ("undocumented", Self::Undocumented),
        ("assumed", Self::Assumed),
    ];

    /// Whether nobody says so, and it was assumed.
    pub fn is_assumption(self) -> bool {
        matches!(self, Self::Undocumented | Self::Assumed)
    }
}

fn word<T: PartialEq>(all: &[(&'static str, T)], of: &T) -> &'static str {
    all.iter().find(|(_, value)| value == of).map_or("", |(word, _)| word)
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word(&Self::ALL, self))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word(&Self::ALL, self))
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

#[cfg(test)]
mod tests;
