//! The keys that stand in a fault's map and beside it, each in one place: readers, schema, `explain` and the documentation take their names,
//! bounds and defaults from here.

use std::fmt;

/// A key with its value.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The key.
    pub name: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// Whether it has to.
    pub need: Need,
    /// What it means, with whatever bounds its kind does not say.
    pub meaning: &'static str,
}

/// What may stand under a key.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A duration, also none.
    Duration,
    /// A duration longer than nothing.
    Positive,
    /// A share.
    Share,
    /// A size of at least so many bytes.
    Size(u64),
    /// A throughput.
    Throughput,
    /// A whole number between two bounds.
    Count(u64, u64),
    /// A decimal number between two bounds, in thousandths.
    Decimal(u32, u32),
    /// `true` or `false`.
    Flag,
    /// Any text.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A name that the scenario defines.
    Name,
    /// One name or a list of them.
    Names,
    /// A list of durations, at least one.
    Durations,
    /// A list of pairs of a duration and a share, at least one.
    Trace,
    /// A map of capabilities to one of these words.
    PerCapability(&'static [&'static str]),
    /// A map with these keys.
    Map(&'static [Param]),
    /// A rate.
    Rate,
    /// A list of these.
    List(&'static Kind),
    /// A map of names to these.
    Named(&'static Kind),
    /// Any of these.
    Any(&'static [Kind]),
    /// A time and a fault: [`Param::TIMES`], and one of the faults by its name.
    Inject,
    /// A map of dotted paths into the scenario to anything.
    Set,
}

/// Whether a key has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It has no default; such as this.
    Must(&'static str),
    /// It, or another key of its map that is marked so; never two of them.
    OneOf,
    /// It may be left out, and then means nothing.
    May,
    /// It may be left out, and then is this.
    Or(&'static str),
}

const fn param(name: &'static str, kind: Kind, need: Need, meaning: &'static str) -> Param {
    Param { name, kind, need, meaning }
}

/// A key without a default.
pub const fn must(name: &'static str, kind: Kind, such_as: &'static str, meaning: &'static str) -> Param {
    param(name, kind, Need::Must(such_as), meaning)
}

/// One of several keys.
pub const fn one_of(name: &'static str, kind: Kind, meaning: &'static str) -> Param {
    param(name, kind, Need::OneOf, meaning)
}

/// A key that may be left out.
pub const fn may(name: &'static str, kind: Kind, meaning: &'static str) -> Param {
    param(name, kind, Need::May, meaning)
}

/// A key with a default.
pub const fn or(name: &'static str, kind: Kind, default: &'static str, meaning: &'static str) -> Param {
    param(name, kind, Need::Or(default), meaning)
}

impl Param {
    /// How long something takes: one of these.
    pub const DISTRIBUTIONS: &'static [Self] = &[
        one_of("constant", Kind::Duration, "the same each time"),
        one_of("normal", Kind::Map(NORMAL), "normally distributed; draws below zero count as zero"),
        one_of("lognormal", Kind::Map(LOGNORMAL), "its logarithm is normally distributed"),
        one_of("pareto", Kind::Map(PARETO), "never shorter than `least`, with a heavy tail"),
        one_of("table", Kind::Durations, "each of these is drawn as often as the others: a recorded trace"),
    ];

    /// What stands in a fault's map beside its own parameters: whom it hits. Every condition must hold.
    pub const AIM: &'static [Self] = &[
        may("region", Kind::Names, "the regions in which the source address lies; also `regions`"),
        may("link", Kind::Names, "the links that the connection crosses; also `links`"),
        may("endpoint", Kind::Names, "the endpoints that are dialled; also `endpoints`"),
        may(
            "capability",
            Kind::Names,
            "what the exchange is for: chat, group, notice, webhook, approval, ocr, meeting, calendar, edit, read, sync, directory, admin, status, login or receive; also `capabilities`",
        ),
        may("way", Kind::Names, "the ways in by which a program that is not ours has come; also `ways`"),
        may("user", Kind::Names, "the names that such programs give a way in as their proxy user; also `users`"),
        may("group", Kind::Name, "the group that the request's credential belongs to"),
        or("share", Kind::Share, "100%", "the share of that group's accounts, drawn once for the drill"),
        or("direction", Kind::Word(&["to-endpoint", "from-endpoint", "both"]), "both", "which way the unit travels"),
        or("chance", Kind::Share, "100%", "the share of units, or of connections, that are hit, drawn for each"),
        or(
            "per",
            Kind::Word(&["unit", "connection"]),
            "unit",
            "what the chance is drawn for: each unit, or once for each direction of a connection",
        ),
        may("first", Kind::Count(1, COUNTED), "only so many units are hit, counted over everyone, then none"),
        may("every", Kind::Count(1, COUNTED), "only every n-th unit is hit, counted over everyone, the n-th first"),
    ];

    /// What stands beside the fault in an inject: when, and how hard.
    pub const TIMES: &'static [Self] = &[
        may("during", Kind::Name, "the phase: from its start to its end, unless `after` or `for` say otherwise"),
        may("at", Kind::Duration, "the moment of the drill at which it starts, in place of `during`"),
        may("after", Kind::Duration, "how much later than its phase it starts"),
        may("for", Kind::Positive, "how long it lasts; goes with `at` or `during`"),
        may("ramp", Kind::Positive, "the level rises evenly from nothing to all within this time of the start"),
        may("waveform", Kind::Map(WAVEFORMS), "the level goes up and down"),
    ];
}

/// The most that units are counted to: no drill has as many.
const COUNTED: u64 = 1_000_000_000;

const NORMAL: &[Param] = &[
    must("mean", Kind::Duration, "10ms", "the mean, before draws below zero are cut"),
    must("sd", Kind::Duration, "3ms", "the standard deviation"),
];

const LOGNORMAL: &[Param] = &[
    one_of("mean", Kind::Duration, "the mean"),
    one_of("median", Kind::Duration, "the median"),
    must("sigma", Kind::Decimal(0, 5_000), "0.8", "σ of the logarithm"),
];

const PARETO: &[Param] = &[
    must("least", Kind::Positive, "10ms", "the shortest"),
    must("shape", Kind::Decimal(1_001, 100_000), "2.5", "the tail's exponent; the smaller, the heavier"),
];

const WAVEFORMS: &[Param] = &[
    one_of("step", Kind::Map(STEP), "it rises by equal steps; the first at the start, the last reaching all of it"),
    one_of("sine", Kind::Map(SINE), "it swings evenly between `low` and all of it, starting low"),
    one_of("burst", Kind::Map(BURST), "all of it for a while, then nothing, again and again"),
    one_of("trace", Kind::Trace, "recorded: each level from its time on, in order; the first also before its time"),
];

const STEP: &[Param] = &[
    must("every", Kind::Positive, "30s", "how long each step holds"),
    must("steps", Kind::Count(2, 1_000), "4", "how many there are"),
];

const SINE: &[Param] = &[
    must("period", Kind::Positive, "1m", "the time of a whole swing"),
    or("low", Kind::Share, "0%", "the lowest level, below 100%"),
];

const BURST: &[Param] = &[
    must("every", Kind::Positive, "30s", "from one burst to the next"),
    must("for", Kind::Positive, "5s", "how long a burst lasts, shorter than `every`"),
];

impl fmt::Display for Kind {
    /// Reads after "is": `a duration`, `one of whole, send-only`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duration => f.write_str("a duration"),
            Self::Positive => f.write_str("a duration above zero"),
            Self::Share => f.write_str("a share"),
            Self::Size(0) => f.write_str("a size"),
            Self::Size(least) => write!(f, "a size of at least {least}B"),
            Self::Throughput => f.write_str("a throughput such as 10KB/s or 1MiB/s"),
            Self::Count(least, most) => write!(f, "a whole number between {least} and {most}"),
            Self::Decimal(least, most) => {
                write!(f, "a number between {} and {}", f64::from(*least) / 1e3, f64::from(*most) / 1e3)
            }
            Self::Flag => f.write_str("true or false"),
            Self::Text => f.write_str("a text"),
            Self::Word([one]) => write!(f, "the word {one}"),
            Self::Word(words) => write!(f, "one of {}", words.join(", ")),
            Self::Name => f.write_str("a name"),
            Self::Names => f.write_str("a name or a list of them"),
            Self::Durations => f.write_str("a list of durations"),
            Self::Trace => f.write_str("a list of [duration, share]"),
            Self::PerCapability(words) => write!(f, "a map of capabilities to one of {}", words.join(", ")),
            Self::Map(params) => {
                let names: Vec<_> = params.iter().map(|param| param.name).collect();
                write!(f, "a map of {}", names.join(", "))
            }
            Self::Rate => f.write_str("a rate such as 20/s or 2/min"),
            Self::List(kind) => write!(f, "a list of {kind}"),
            Self::Named(kind) => write!(f, "a map of names to {kind}"),
            Self::Any(kinds) => {
                let words: Vec<_> = kinds.iter().map(Self::to_string).collect();
                f.write_str(&words.join(", or "))
            }
            Self::Inject => f.write_str("a time and a fault"),
            Self::Set => f.write_str("a map of dotted paths to their values"),
        }
    }
}
