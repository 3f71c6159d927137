//! The words of a scenario as tables: for the schema and `explain`. A test holds them to what the readers ask for.

mod endpoints;
mod promises;
mod senders;
mod ways;

use endpoints::{CREDENTIALS, ENDPOINT};
use promises::{BOUNDARY, CLAIM, TARGET};
pub(super) use senders::{CONTENT, PER_ACCOUNT, RETRY};
use ways::{DRILL_WAY, WAY_IN};

use crate::plan::Param;
use crate::plan::ParamKind as Kind;
use crate::plan::param::{may, must, one_of, or};

/// A part of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The singular.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Its keys.
    pub params: &'static [Param],
}

/// Every part of a scenario whose keys are fixed, the whole first.
pub const PARTS: &[Part] = &[
    Part {
        name: "scenario",
        summary: "A drill: who talks to whom, what breaks when, and what was promised.",
        params: SCENARIO,
    },
    Part {
        name: "guard",
        summary: "What may be dialled besides twins and this machine, and how much of it.",
        params: GUARD,
    },
    Part {
        name: "region",
        summary: "A place that traffic comes from or goes to: blocks of addresses.",
        params: REGION,
    },
    Part {
        name: "link",
        summary: "The network between two regions, the same both ways; written `hk-shenzhen`.",
        params: LINK,
    },
    Part { name: "endpoint", summary: "A platform that messages are sent to.", params: ENDPOINT },
    Part {
        name: "credentials",
        summary: "Who accounts are at a real service: names of variables of the environment, never their values.",
        params: CREDENTIALS,
    },
    Part { name: "group", summary: "Accounts that behave alike.", params: GROUP },
    Part {
        name: "phase",
        summary: "A stretch of the drill; warmup, baseline, fault and recovery are also written `NAME: 10m`.",
        params: PHASE,
    },
    Part {
        name: "journey",
        summary: "Business traffic: who sends what to whom, how often, and by which routes.",
        params: JOURNEY,
    },
    Part {
        name: "rate",
        summary: "How often a journey's messages are due when not at one rate: one of these. Windows and slots follow where it is \
                  lowest and highest.",
        params: RATE,
    },
    Part {
        name: "per_account",
        summary: "What each sender of a journey can do at a time. Messages are due all the same: one that waits for its sender is late.",
        params: PER_ACCOUNT,
    },
    Part { name: "retry", summary: "How what was not acknowledged is tried again.", params: RETRY },
    Part {
        name: "content",
        summary: "What of a journey's texts may not leave: sentences of a synthetic corpus, in Chinese and English (docs/dlp.md).",
        params: CONTENT,
    },
    Part {
        name: "failover",
        summary: "When and how a journey changes to its next route. How long people take is stated with `decide`; steps of a runbook are not played by this version.",
        params: FAILOVER,
    },
    Part {
        name: "detector",
        summary: "How outages are told from single failures; what is left out is derived from rate and phases.",
        params: DETECTOR,
    },
    Part {
        name: "inject",
        summary: "A fault with its time: these keys, and one fault by its name.",
        params: Param::TIMES,
    },
    Part {
        name: "aim",
        summary: "Whom a fault hits: keys in the fault's map. Every condition must hold.",
        params: Param::AIM,
    },
    Part { name: "claim", summary: "A figure that someone asserted, which targets can name.", params: CLAIM },
    Part { name: "boundary", summary: "Where certain messages may not come, whatever else fails.", params: BOUNDARY },
    Part {
        name: "target",
        summary: "A promise that the drill is held to; also written as its expression alone.",
        params: TARGET,
    },
    Part {
        name: "variant",
        summary: "Named overrides of the scenario, with the verdict that they lead to.",
        params: VARIANT,
    },
    Part {
        name: "faults-file",
        summary: "No part of a scenario: what `firedrill proxy --faults` begins with.",
        params: FAULTS_FILE,
    },
    Part { name: "proxy", summary: "A proxy of a file of faults.", params: PROXY },
    Part {
        name: "drill-way",
        summary: "A way in of a scenario: a listener for programs that are not ours, while the drill is played.",
        params: DRILL_WAY,
    },
    Part {
        name: "way",
        summary: "A way in of a file of faults: a listener for programs that say where they want to go.",
        params: WAY_IN,
    },
];

const SCENARIO: &[Param] = &[
    must("firedrill", Kind::Count(1, 1), "1", "the version of the language"),
    must("name", Kind::Name, "account-freeze", "its name: lower-case letters, digits and hyphens"),
    may("question", Kind::Text, "the question that the drill answers"),
    may("seed", Kind::Count(0, u64::MAX), "the seed of every draw; the command line may name another"),
    or(
        "zone",
        Kind::Text,
        "Asia/Hong_Kong",
        "whose clocks say when the months and quarters of error budgets begin: a name of the IANA time zone database, or +08:00",
    ),
    may("expect", VERDICT, "the verdict that it expects"),
    may("because", Kind::Names, "the targets that decide it, unless it passes"),
    may("guard", Kind::Map(GUARD), "what may be dialled besides twins and this machine"),
    must("regions", Kind::Named(&Kind::Map(REGION)), "{ hk: {}, shenzhen: {} }", "places"),
    may("links", Kind::Named(&Kind::Map(LINK)), "the networks between them"),
    must("endpoints", Kind::Named(&Kind::Map(ENDPOINT)), "{ teams: { kind: teams, region: hk } }", "platforms"),
    must("groups", Kind::Named(&Kind::Map(GROUP)), "{ office: { count: 20, region: hk } }", "accounts"),
    must("phases", Kind::Named(&Kind::Any(&[Kind::Positive, Kind::Map(PHASE)])), "{ baseline: 10m }", "in order"),
    must("journeys", Kind::Named(&Kind::Map(JOURNEY)), "{ order: { from: office, … } }", "the business traffic"),
    may("injects", Kind::Named(&Kind::Inject), "what is injected when"),
    may(
        "ways_in",
        Kind::Named(&Kind::Map(DRILL_WAY)),
        "listeners for programs that are not ours, on whom the faults act and whose exchanges are journalled",
    ),
    may("claims", Kind::Named(&Kind::Map(CLAIM)), "figures that someone asserted"),
    may("boundaries", Kind::Named(&Kind::Map(BOUNDARY)), "where certain messages may not come"),
    may("targets", Kind::Named(&Kind::Any(&[Kind::Text, Kind::Map(TARGET)])), "the promises"),
    may(
        "grace",
        Kind::Duration,
        "how long receipts are awaited when nothing new is due; by default three of the longest deadlines, and at least 10s",
    ),
    may("variants", Kind::Named(&Kind::Map(VARIANT)), "the same drill with other values"),
];

const FAULTS_FILE: &[Param] = &[
    may("guard", Kind::Map(GUARD), "where the ways in may lead, as in a scenario"),
    may("regions", Kind::Named(&Kind::Map(REGION)), "where source addresses lie"),
    may(
        "groups",
        Kind::Named(&Kind::Any(&[Kind::Map(GROUP), Kind::Map(REAL_GROUP)])),
        "accounts that are made up, as in a scenario, or real ones: `accounts: { anna: \"${ANNA_KEY}\" }`",
    ),
    may("proxies", Kind::Named(&Kind::Map(PROXY)), "proxies to begin with"),
    may("ways_in", Kind::Named(&Kind::Map(WAY_IN)), "ways in for programs that say where they want to go"),
    may(
        "injects",
        Kind::Named(&Kind::Inject),
        "as in a scenario, with `proxies` in the place of endpoints and phases; `account` in a fault's map aims at single accounts",
    ),
];

const REAL_GROUP: &[Param] = &[must(
    "accounts",
    Kind::Named(&Kind::Names),
    "{ anna: \"${ANNA_KEY}\" }",
    "the variables of the environment that hold what each account's requests show: a key or a token",
)];

const PROXY: &[Param] = &[
    must("listen", Kind::Text, "127.0.0.1:3310", "where it listens"),
    must("upstream", Kind::Text, "127.0.0.1:3306", "where it leads"),
    may("protocol", Kind::Word(&["tcp", "http"]), "what it understands; by default http with a `kind`, else tcp"),
    may("kind", Kind::Word(&["dingtalk", "teams", "matrix", "sso", "dlp"]), "the platform behind it"),
    may("edition", Kind::Word(&["mainland", "lite"]), "which DingTalk; it must be said, and only there"),
    may(
        "proxy_protocol_from",
        Kind::Names,
        "blocks of addresses of proxies that say by the PROXY protocol whom they speak for; nobody else may come then",
    ),
    may(
        "send_proxy",
        Kind::Word(&["v1", "v2"]),
        "the version of the PROXY protocol in which upstream is told for whom it is asked",
    ),
];

const VERDICT: Kind = Kind::Word(&["pass", "fail", "inconclusive"]);

const GUARD: &[Param] = &[
    must("hosts", Kind::Names, "[mock.example]", "`host` or `host:port`"),
    must("max_duration", Kind::Positive, "2h", "the longest drill"),
    must("max_rate", Kind::Rate, "20/s", "the most messages, of all journeys together"),
    must("stop", Kind::Word(&["none"]), "none", "the stop conditions"),
];

const REGION: &[Param] = &[
    may("addresses", Kind::Names, "blocks such as 127.20.0.0/16; by default 127.⟨10 × n⟩.0.0/16 for the n-th region"),
    or("utc_offset", Kind::Text, "+08:00", "what its clocks show, ahead of UTC"),
];

/// `10ms`, or a distribution.
const DELAY: Kind = Kind::Any(&[Kind::Duration, Kind::Map(Param::DISTRIBUTIONS)]);

const LINK: &[Param] = &[must("latency", DELAY, "10ms", "the one-way delay")];

const GROUP: &[Param] = &[
    must("count", Kind::Count(1, crate::limits::ACCOUNTS as u64), "20", "how many accounts"),
    must("region", Kind::Name, "hk", "where the people are"),
    may("via", Kind::Map(EXIT), "where their traffic leaves, if elsewhere"),
    may(
        "control",
        Kind::Share,
        "so many of them are control accounts, the last ones: no inject hits them, and what they send to each other is told beside the rest",
    ),
];

const EXIT: &[Param] = &[
    must("exit", Kind::Name, "shenzhen", "the region of the exit, in which their addresses lie"),
    must("kind", Kind::Word(&["vpn", "leased", "direct"]), "vpn", "what leads there"),
];

const PHASE: &[Param] = &[
    may(
        "kind",
        Kind::Word(&["warmup", "baseline", "fault", "recovery"]),
        "may be left out where the phase is called so",
    ),
    must("for", Kind::Positive, "10m", "its length"),
];

const JOURNEY: &[Param] = &[
    must("from", Kind::Name, "purchasing", "the group of the senders, who take turns"),
    may(
        "to",
        Kind::Any(&[Kind::Name, Kind::Map(ALL)]),
        "the group of which one is drawn for each message, or `{all: GROUP}`, but never the sender himself; only what is done with documents needs none",
    ),
    or(
        "send",
        Kind::Word(&["chat", "group", "notice", "webhook", "approval", "ocr", "meeting", "calendar", "edit", "read"]),
        "chat",
        "what is sent; edit and read are done with shared documents",
    ),
    must("rate", Kind::Any(&[Kind::Rate, Kind::Map(RATE)]), "2/s", "how often"),
    or("arrival", Kind::Word(&["constant", "poisson"]), "constant", "how the due moments are spaced"),
    must("deadline", Kind::Positive, "5s", "a message received later after its due moment is not good"),
    may("timeout", Kind::Positive, "how long an attempt may take; by default the deadline"),
    or("bytes", Kind::Size(64), "200B", "the size of the text, at most 2000B"),
    may("content", Kind::Map(CONTENT), "what of the text may not leave; it needs `bytes` of at least 360B"),
    may("class", Kind::Name, "the class of data that the text stands for"),
    must("routes", ROUTES, "[dingtalk]", "the endpoints, the primary first"),
    may("documents", Kind::Names, "the documents that are edited or read, in turns; they must be said, and only there"),
    may(
        "lock",
        Kind::Word(&["optimistic", "none"]),
        "how documents are edited: on condition that nobody else was there since they were read, or in any case; by default optimistic",
    ),
    may("think", Kind::Duration, "how long whoever edits a document thinks from having read to writing; by default 0s"),
    may("retry", Kind::Map(RETRY), "how what was not acknowledged is tried again; without it, it is not"),
    may("per_account", Kind::Map(PER_ACCOUNT), "what each of its senders can do at a time"),
    may("failover", Kind::Map(FAILOVER), "what makes it change its route"),
    or("expect", Kind::Word(&["accepted"]), "accepted", "what a good answer is"),
    may("detector", Kind::Map(DETECTOR), "how outages are told from single failures"),
];

/// What stands in the map of a rate.
pub(super) const RATE: &[Param] = &[
    one_of("ramp", Kind::Map(RAMP), "it rises or falls evenly, and then stays"),
    one_of("steps", Kind::List(&Kind::Map(STEP)), "one rate after another; the last one goes on"),
    one_of(
        "phases",
        Kind::Named(&Kind::Any(&[Kind::Rate, Kind::Map(RAMP)])),
        "a rate or a ramp for each phase by its name; where none is written, the rate before goes on",
    ),
    one_of(
        "recorded",
        Kind::Any(&[Kind::Text, Kind::Map(RECORDED)]),
        "a file beside the scenario with a due moment such as 12.5s a line, in order; after the last nothing is due",
    ),
];

const RAMP: &[Param] = &[
    must("from", Kind::Rate, "1/s", "what it begins with"),
    must("to", Kind::Rate, "20/s", "what it ends with"),
    may("over", Kind::Positive, "how long it takes; by default the whole drill, in `phases` the phase"),
];

const STEP: &[Param] = &[
    must("rate", Kind::Rate, "5/s", "how often"),
    may("for", Kind::Positive, "how long; the last step may be without"),
];

const RECORDED: &[Param] = &[
    must("file", Kind::Text, "counts.txt", "a file with how many messages were due in each interval, a line each"),
    must("every", Kind::Positive, "1m", "the length of an interval, in which they are spaced evenly"),
];

const ALL: &[Param] = &[must("all", Kind::Name, "factory", "every account of this group, in one request")];

const ROUTES: Kind = Kind::Any(&[Kind::Name, Kind::List(&Kind::Any(&[Kind::Name, Kind::Map(ROUTE)]))]);

const ROUTE: &[Param] = &[
    must("endpoint", Kind::Name, "dingtalk", "the endpoint"),
    may("timeout", Kind::Positive, "how long an attempt may take on this route"),
];

const FAILOVER: &[Param] = &[
    must("by", Kind::Word(&["account", "journey"]), "journey", "who changes: each account by itself, or all together"),
    or(
        "after",
        Kind::Any(&[Kind::Positive, Kind::Map(FAILURES)]),
        "{failures: 5}",
        "failures in a row, or for how long nothing was acknowledged",
    ),
    must("decide", Kind::Duration, "12m", "how long people, or programs, need to decide"),
    or(
        "resend",
        Kind::Word(&["unconfirmed", "none"]),
        "unconfirmed",
        "whether messages without acknowledgement are handed to the next route",
    ),
    may("resend_rate", Kind::Rate, "how fast; by default ten times the journey's mean rate"),
    or("back", Kind::Any(&[Kind::Word(&["never"]), Kind::Map(BACK)]), "never", "when it returns to the first route"),
    may(
        "probe",
        Kind::Map(PROBE),
        "how it is asked whether the first route takes messages again, which a return needs",
    ),
    or(
        "on",
        Kind::Word(&["automatic", "runbook"]),
        "automatic",
        "what makes the switch; this version plays no runbook steps, so that with `runbook` nobody switches",
    ),
];

const BACK: &[Param] =
    &[must("good_for", Kind::Positive, "5m", "for how long the first route has to have taken every probe")];

const PROBE: &[Param] = &[
    must(
        "every",
        Kind::Positive,
        "10s",
        "from one probe to the next: a message of an account to itself, which counts in no figure",
    ),
    may(
        "from",
        Kind::Name,
        "whose accounts send them in turns: the group that sends, by default, or the one that receives",
    ),
];

const FAILURES: &[Param] = &[must(
    "failures",
    Kind::Any(&[Kind::Count(1, 1_000_000), Kind::Positive]),
    "5",
    "how many attempts in a row were not acknowledged",
)];

const DETECTOR: &[Param] = &[
    may("window", Kind::Positive, "over which the ratio of bad messages is taken"),
    may("hold_up", Kind::Positive, "outages less than this apart are one"),
    may("m_up", Kind::Count(1, u32::MAX as u64), "so many good messages in a row end an outage"),
    may("down_ratio", Kind::Share, "the share of bad messages at which an outage begins"),
];

const VARIANT: &[Param] = &[
    may("set", Kind::Set, "dotted paths with their values"),
    may("expect", VERDICT, "the verdict that it expects"),
    may("because", Kind::Names, "the targets that decide it, unless it passes"),
];
