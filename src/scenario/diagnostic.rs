use std::fmt;

use serde::Serialize;

use super::node::Mark;
use super::secrets;
use super::source::Source;
use crate::limits;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// There is no plan.
    Error,
    /// There is a plan, which may not be what its author means.
    Lint,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal;)*) => {
        /// What kind of mistake it is. The names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Code {
            /// Every code with what it means, for `explain`.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, concat!($($doc),+).trim_ascii()),)*];

            /// The stable name, as in `error[unknown-key]`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

codes! {
    /// The file cannot be read.
    Unreadable = "unreadable";
    /// The file is larger, deeper or fuller than any scenario that people write.
    TooLarge = "too-large";
    /// The file is not UTF-8 text, or holds characters that are no text.
    Encoding = "encoding";
    /// The file is not YAML. Only the first such mistake can be told.
    Syntax = "syntax";
    /// A key stands twice in one map.
    DuplicateKey = "duplicate-key";
    /// A key that this map does not have.
    UnknownKey = "unknown-key";
    /// A name that is defined nowhere in the scenario.
    UnknownName = "unknown-name";
    /// A word that is none of those possible here.
    UnknownWord = "unknown-word";
    /// A word of firedrill's language that this version does not know how to play.
    NotYet = "not-yet";
    /// Something that has no default is not there.
    Missing = "missing";
    /// A list, a map or a word stands where another of them is due.
    WrongKind = "wrong-kind";
    /// A name that cannot be one.
    BadName = "bad-name";
    /// A figure that is no figure, or has no unit or a wrong one.
    BadFigure = "bad-figure";
    /// A figure outside its bounds.
    OutOfRange = "out-of-range";
    /// Two things that cannot both hold.
    Conflict = "conflict";
    /// Two regions that some message must travel between, and no link.
    MissingLink = "missing-link";
    /// A target's expression that cannot be read.
    BadExpression = "bad-expression";
    /// An override that changes nothing that exists.
    BadOverride = "bad-override";
    /// A service that is neither a twin nor on this machine, and no guard that allows it.
    NotGuarded = "not-guarded";
    /// A route by which its journey has no way: the platform has no function for what is sent.
    BadRoute = "bad-route";
    /// A credential in the open, where only the name of a variable of the environment may stand.
    OpenSecret = "open-secret";
    /// An inject that could never hit anything, or lies outside the drill.
    BadInject = "bad-inject";
    /// A target that no play of the plan could fail.
    CannotFail = "cannot-fail";
    /// A target that no play of the plan could pass: it takes more messages than are sent.
    TooFewMessages = "too-few-messages";
    /// A rate, or a rate of sending again, above what the vendor lets one application send.
    VendorLimit = "vendor-limit";
    /// An inject outside of the phases of kind fault, or such a phase without an inject.
    InjectPhase = "inject-phase";
    /// An inject for which the traffic of the scenario gives nothing to hit.
    NeverHits = "never-hits";
    /// A way of hearing of receipts by which none can be heard of before the deadline.
    LateReceipts = "late-receipts";
    /// A target that rests on receipts, of a journey one of whose routes tells of none.
    SilentRoute = "silent-route";
    /// An availability of which nobody says for which time it is promised.
    MissingWindow = "missing-window";
    /// More of the drill than the window that an availability is promised for.
    ShortWindow = "short-window";
    /// A recovery time that takes more than an availability allows.
    RtoAboveBudget = "rto-above-budget";
    /// Messages that come too seldom to tell what is promised, or may take too long.
    CoarseGaps = "coarse-gaps";
    /// A baseline of too few messages to tell outages from what goes wrong by itself.
    ShortBaseline = "short-baseline";
    /// A target that must hold and whose bound is a claim that nobody has verified.
    UnverifiedClaim = "unverified-claim";
    /// Something that is defined and never used.
    Unused = "unused";
    /// A journey whose changes a store takes none of, since they are written without a condition.
    NeverWritten = "never-written";
    /// A switch that waits for a runbook step which is not there.
    NobodyDecides = "nobody-decides";
    /// A provider whose tokens can outlive the key that signed them.
    TokenOutlivesKey = "token-outlives-key";
    /// A time until access is revoked, and neither a `deprovision` nor an action that says whom it `takes_away`.
    NobodyLeaves = "nobody-leaves";
    /// No phase of kind baseline, so that nothing tells how the system behaves in peace.
    NoBaseline = "no-baseline";
    /// No target is marked must, so that no play of the plan can pass or fail.
    NoMustTarget = "no-must-target";
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One mistake, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of mistake it is.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The file, as given, or `--set`.
    pub file: String,
    /// The line, from 1; 0 if the mistake has no place in the text.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// How many characters of the line are meant.
    pub width: usize,
    /// The line itself, without secrets.
    pub excerpt: String,
    /// What to do.
    pub hint: Option<String>,
    /// The variant in which it was found, if not in the scenario itself.
    pub variant: Option<String>,
    /// Whether its line has a secret in it, of which nothing is shown.
    #[serde(skip)]
    pub(super) blotted: bool,
    /// For ordering.
    #[serde(skip)]
    pub(super) order: (u16, u32),
}

/// Every mistake that was found, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    omitted: usize,
}

impl Diagnostic {
    /// A mistake of the whole file.
    pub(super) fn of_file(file: &str, code: Code, message: String, hint: Option<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message,
            file: file.to_owned(),
            line: 0,
            column: 0,
            width: 0,
            excerpt: String::new(),
            hint,
            variant: None,
            blotted: false,
            order: (0, 0),
        }
    }

    /// A file larger than a scenario may be.
    pub(super) fn too_large(file: &str) -> Self {
        let message = format!("larger than {} KiB, the largest scenario", limits::SCENARIO_BYTES >> 10);
        Self::of_file(file, Code::TooLarge, message, Some("is this the file you mean?".into()))
    }

    /// A mistake at `mark`.
    pub(super) fn at(source: &Source, mark: Mark, severity: Severity, code: Code, message: String) -> Self {
        let (start, end) = (mark.start as usize, mark.end as usize);
        let place = source.place(start);
        let line = source.text[place.start..place.end].trim_end_matches('\r');
        let rest = line.chars().count().saturating_sub(place.column - 1);
        let meant = source.text.get(start..end).map_or(1, |text| text.lines().next().unwrap_or("").chars().count());
        Self {
            severity,
            line: place.line,
            column: place.column,
            width: meant.clamp(1, rest.max(1)),
            excerpt: secrets::masked(line),
            order: (mark.source, mark.start),
            ..Self::of_file(&source.name, code, message, None)
        }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Self { found: vec![one], omitted: 0 }
    }
}

impl Diagnostics {
    /// Adds one, once, up to [`limits::DIAGNOSTICS`]: a file with more is not read to the end by anyone.
    pub(super) fn push(&mut self, mut one: Diagnostic) {
        let same =
            |other: &Diagnostic| (&other.order, other.code, &other.message) == (&one.order, one.code, &one.message);
        if self.found.iter().any(same) {
            return;
        }
        let hides = |other: &&Diagnostic| other.blotted && other.line == one.line && other.file == one.file;
        if let Some(other) = self.found.iter().find(hides) {
            one.excerpt.clone_from(&other.excerpt);
        }
        if self.is_full() {
            self.omit();
        } else {
            self.found.push(one);
        }
    }

    /// Shows nothing any more, from the last mistake on, of the line that it stands in: neither there nor at the line's other mistakes.
    pub(super) fn blot_last(&mut self) {
        let Some(last) = self.found.last_mut() else { return };
        let kept = last.column.saturating_sub(1);
        last.excerpt = last.excerpt.chars().enumerate().map(|(at, c)| if at < kept { c } else { '*' }).collect();
        last.blotted = true;
        let (file, line, excerpt) = (last.file.clone(), last.line, last.excerpt.clone());
        for one in self.found.iter_mut().filter(|one| one.line == line && one.file == file) {
            one.excerpt.clone_from(&excerpt);
        }
    }

    /// Whether more would only be counted, so that nobody needs to find words for them.
    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= limits::DIAGNOSTICS
    }

    /// Takes back what turned out to follow from another mistake.
    pub(super) fn withdraw(&mut self, code: Code, message: &str) {
        self.found.retain(|one| one.code != code || one.message != message);
    }

    /// Counts one that is not listed.
    pub(super) fn omit(&mut self) {
        self.omitted += 1;
    }

    /// Adds those of `others` that are not here yet.
    pub(super) fn extend(&mut self, others: Self) {
        self.omitted += others.omitted;
        for one in others.found {
            self.push(one);
        }
    }

    /// Says in which variant they were found.
    pub(super) fn of_variant(mut self, variant: Option<&str>) -> Self {
        for one in &mut self.found {
            one.variant = variant.map(str::to_owned);
        }
        self
    }

    /// Without the lints, which are noise as long as there are errors.
    pub(super) fn errors_only(mut self) -> Self {
        self.found.retain(|one| one.severity == Severity::Error);
        self
    }

    /// In the order of the file.
    pub(super) fn sorted(mut self) -> Self {
        self.found.sort_by_key(|one| one.order);
        self
    }

    /// Each mistake, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter()
    }

    /// How many were found, with those that are not listed.
    pub fn len(&self) -> usize {
        self.found.len() + self.omitted
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many were found beyond those listed.
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// Whether there is an error among them, so that there is no plan.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|one| one.severity == Severity::Error)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Lint => "lint",
        })
    }
}

impl std::error::Error for Diagnostics {}
