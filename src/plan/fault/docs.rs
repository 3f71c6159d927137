use super::Fault;
use super::inspection::INSPECTION;
use super::named_docs::NAMED;
use super::param::{Kind, Param, may, must, one_of, or};
use super::place_docs::PLACE;

/// What a fault does, for `explain`, the documentation and the tests.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    /// The word in a scenario.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Its own parameters; whom it hits stands beside them ([`Param::AIM`]).
    pub params: &'static [Param],
    /// What it can hit.
    pub hits: Hits,
    /// Whether it hits connections that are already open.
    pub live: &'static str,
    /// A fault as it stands in a scenario, under an inject's name.
    pub example: &'static str,
}

/// What units of traffic a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hits {
    /// Units of every kind, or bytes.
    Anything,
    /// Handshakes.
    Handshakes,
    /// Requests, on their way to the endpoint.
    Requests,
    /// Answers, on their way to the client.
    Answers,
    /// What the endpoint pushes: frames, and call-backs.
    Pushed,
    /// Open WebSocket connections.
    Sockets,
    /// Nothing that passes the path: something else is done, elsewhere.
    Outside,
}

impl Fault {
    /// The documentation of every fault of the path, in the order of the enum. What is done outside has [`Action::DOCS`](super::Action::DOCS).
    pub const DOCS: &'static [Doc] = &{
        let parts = [Self::WAY, PLACE, NAMED, INSPECTION];
        let mut all = [Self::WAY[0]; Self::WAY.len() + PLACE.len() + NAMED.len() + INSPECTION.len()];
        let (mut part, mut at, mut within) = (0, 0, 0);
        while at < all.len() {
            if within == parts[part].len() {
                (part, within) = (part + 1, 0);
            } else {
                all[at] = parts[part][within];
                (at, within) = (at + 1, within + 1);
            }
        }
        all
    };

    /// The faults of the way and of messages.
    const WAY: &'static [Doc] = &[
        Doc {
            name: "latency",
            summary: "Every unit (an HTTP request or answer, a chunk of a byte stream) takes longer, each way.",
            params: LATENCY,
            hits: Hits::Anything,
            live: "Live connections are hit with their next unit. Units of one connection and direction keep their order; after the lift, what waits goes on at once.",
            example: "latency: { endpoint: dingtalk, constant: 120ms }",
        },
        Doc {
            name: "bandwidth",
            summary: "Bytes pass no faster than a rate, each way.",
            params: &[
                must("rate", Kind::Throughput, "1MiB/s", "how fast"),
                or(
                    "shared",
                    Kind::Flag,
                    "false",
                    "true: all that is aimed at shares the rate; false: each connection and direction has it for itself",
                ),
            ],
            hits: Hits::Anything,
            live: "Live connections are hit with their next bytes, which go on in pieces of at most ten milliseconds' worth; after the lift, what waits goes on at once.",
            example: "bandwidth: { endpoint: dingtalk, rate: 1KB/s }",
        },
        Doc {
            name: "loss",
            summary: "Units are lost on their way and sent again by TCP, which the application sees as a stall: 204 ms for one loss, doubling with each in a row, at most ten; of a handshake a second for each of the first four.",
            params: &[
                one_of("random", Kind::Share, "each sending by itself is lost with this probability; above 0%"),
                one_of("gilbert_elliott", Kind::Map(GILBERT_ELLIOTT), "in bursts: a chain of a good and a bad state"),
                or("rto", Kind::Positive, "204ms", "the first retransmission timeout; the default is what Linux has"),
            ],
            hits: Hits::Anything,
            live: "Live connections are hit with their next unit; what follows a lost one waits behind it.",
            example: "loss: { endpoint: dingtalk, random: 10% }",
        },
        Doc {
            name: "slow_close",
            summary: "The end of a stream comes later; data is untouched.",
            params: &[must("delay", Kind::Positive, "500ms", "how much later")],
            hits: Hits::Anything,
            live: "Live connections are hit when they end.",
            example: "slow_close: { endpoint: dingtalk, delay: 500ms }",
        },
        Doc {
            name: "timeout",
            summary: "Everything is swallowed, and the connection is closed.",
            params: &[may(
                "after",
                Kind::Positive,
                "closed when so long nothing has come; without it, closed when the fault is lifted",
            )],
            hits: Hits::Anything,
            live: "Live connections are hit at once. What was swallowed is gone, so at the lift they are closed.",
            example: "timeout: { endpoint: dingtalk, after: 300ms }",
        },
        Doc {
            name: "reset",
            summary: "The connection is reset at its first data, or at its end.",
            params: &[or("after", Kind::Duration, "0s", "the time between that and the reset")],
            hits: Hits::Anything,
            live: "Live connections are hit with their next data or their end, and see a reset, not an end of the stream.",
            example: "reset: { endpoint: dingtalk, after: 50ms }",
        },
        Doc {
            name: "slicer",
            summary: "Bytes arrive in small slices with pauses between them.",
            params: &[
                must("size", Kind::Size(1), "64B", "the mean slice"),
                or("variation", Kind::Size(0), "0B", "slices vary by so much, uniformly; less than `size`"),
                or("pause", Kind::Duration, "0s", "the pause after each slice"),
            ],
            hits: Hits::Anything,
            live: "Live connections are hit with their next bytes; after the lift, what waits goes on at once.",
            example: "slicer: { endpoint: dingtalk, size: 64B, variation: 16B, pause: 5ms }",
        },
        Doc {
            name: "limit_data",
            summary: "The connection is closed as soon as so many bytes have passed in one direction.",
            params: &[must("bytes", Kind::Size(0), "64KiB", "how many; with 0B it is closed at its first data")],
            hits: Hits::Anything,
            live: "Live connections are hit; counted are the bytes that pass while the fault is on.",
            example: "limit_data: { endpoint: dingtalk, bytes: 300B }",
        },
        Doc {
            name: "refuse",
            summary: "Nobody listens: who connects is refused.",
            params: &[],
            hits: Hits::Handshakes,
            live: "Live connections are not hit. The listener is closed where the aim is no finer than region, link and endpoint; with a finer aim (a group, a chance, a ramp) connections are accepted and then reset, and the hit is marked after_accept.",
            example: "refuse: { endpoint: dingtalk, region: hk }",
        },
        Doc {
            name: "blackhole",
            summary: "Nothing comes through and nothing is said: as if every packet were swallowed, those of handshakes too.",
            params: &[],
            hits: Hits::Anything,
            live: "Live connections are hit at once; what was sent meanwhile arrives after the lift, as TCP sends it again. A client that waits for its handshake connects at its next SYN after the lift: Linux since 6.5 sends one 1, 2, 3, 4, 5, 7, 11, 19, 35 and 67 s after the first. SYNs are swallowed where the aim is no finer than an address; over real sockets that takes CAP_NET_ADMIN. With a finer aim connections are accepted, and then nothing passes.",
            example: "blackhole: { endpoint: dingtalk, region: hk }",
        },
        Doc {
            name: "partition",
            summary: "Nothing passes; what arrives is held until the partition heals or its connection ends.",
            params: &[],
            hits: Hits::Anything,
            live: "Live connections are hit at once. Bytes already handed to the kernel (at most 64 KiB a connection) still arrive.",
            example: "partition: { link: hk-shenzhen, direction: both }",
        },
        Doc {
            name: "corrupt",
            summary: "One bit of a unit is flipped, which one is drawn.",
            params: &[],
            hits: Hits::Anything,
            live: "Live connections are hit with their next unit.",
            example: "corrupt: { endpoint: dingtalk, direction: to-endpoint }",
        },
        Doc {
            name: "status",
            summary: "Requests are answered with this HTTP status, in the vendor's words, and never reach the endpoint; mails with this code of SMTP.",
            params: &[must("code", Kind::Count(400, 599), "503", "the status, or the code")],
            hits: Hits::Requests,
            live: "Live connections are hit with their next request.",
            example: "status: { endpoint: dingtalk, code: 503, chance: 1% }",
        },
        Doc {
            name: "throttle",
            summary: "Requests are refused as too many, in the vendor's words, and never reach the endpoint.",
            params: &[or(
                "retry_after",
                Kind::Duration,
                "1s",
                "what the answer asks the client to wait, where the platform has words for it; rounded up to seconds",
            )],
            hits: Hits::Requests,
            live: "Live connections are hit with their next request.",
            example: "throttle: { endpoint: dingtalk, retry_after: 30s }",
        },
        Doc {
            name: "drop_reply",
            summary: "The endpoint gets the request and does what it says, and its answer is lost.",
            params: &[or(
                "how",
                Kind::Word(&["silence", "close"]),
                "silence",
                "silence: the client waits; close: its connection is closed",
            )],
            hits: Hits::Answers,
            live: "Live connections are hit with their next answer.",
            example: "drop_reply: { endpoint: dingtalk, how: close }",
        },
        Doc {
            name: "duplicate",
            summary: "A request reaches the endpoint twice, and the client gets the first answer; a pushed frame or a call-back reaches the client twice.",
            params: &[],
            hits: Hits::Anything,
            live: "Live connections are hit with their next frame, or their next request that can be sent again: one that is there as a whole and asks for no other protocol. The client does not wait for the second answer.",
            example: "duplicate: { endpoint: dingtalk, capability: chat, direction: to-endpoint }",
        },
        Doc {
            name: "reorder",
            summary: "A unit is kept back, and later ones overtake it: requests of other connections, frames of the same one.",
            params: &[must("by", Kind::Positive, "200ms", "how long it is kept back")],
            hits: Hits::Anything,
            live: "Live connections are hit with their next request, answer or frame. Bytes of a stream are never reordered.",
            example: "reorder: { endpoint: dingtalk, capability: receive, by: 200ms, chance: 20% }",
        },
        Doc {
            name: "body",
            summary: "The body of the endpoint's answer is another text, or only its beginning; the head says the new length.",
            params: &[
                one_of(
                    "replace",
                    Kind::Text,
                    "this text stands in its place, and what the head said of the old one's bytes (coding, range, digests, tag) is gone; its type stays",
                ),
                one_of(
                    "truncate",
                    Kind::Size(0),
                    "only so many bytes of it are left, and all that the head said stays but its length",
                ),
            ],
            hits: Hits::Answers,
            live: "Live connections are hit with their next answer that has a body: none to a HEAD, no 204 and no 304; with `truncate`, that has a longer one.",
            example: "body: { endpoint: dingtalk, replace: \"not what you asked for\" }",
        },
        Doc {
            name: "websocket_drop",
            summary: "Open WebSocket connections are closed with a status code.",
            params: &[or(
                "code",
                Kind::Count(1_000, 4_999),
                "1001",
                "the status code; 1001 is going away. Never 1005, 1006 and 1015, which no close frame may carry",
            )],
            hits: Hits::Sockets,
            live: "Live connections are hit at once; new ones are closed as soon as they stand.",
            example: "websocket_drop: { endpoint: dingtalk, code: 1012 }",
        },
        Doc {
            name: "push_delay",
            summary: "What the endpoint pushes comes later, frames of a WebSocket and call-backs; requests and answers are untouched.",
            params: Param::DISTRIBUTIONS,
            hits: Hits::Pushed,
            live: "Live connections are hit with their next frame. Frames of one connection keep their order.",
            example: "push_delay: { endpoint: dingtalk, constant: 2s }",
        },
        Doc {
            name: "silent_loss",
            summary: "Messages are accepted and never delivered: what the endpoint pushes vanishes, and of a call-back it is told that it arrived.",
            params: &[],
            hits: Hits::Pushed,
            live: "Live connections are hit with their next frame.",
            example: "silent_loss: { endpoint: dingtalk, chance: 50% }",
        },
    ];

    /// This fault's documentation.
    pub fn doc(&self) -> &'static Doc {
        &Self::DOCS[match self {
            Self::Latency(_) => 0,
            Self::Bandwidth { .. } => 1,
            Self::Loss(_) => 2,
            Self::SlowClose { .. } => 3,
            Self::Timeout { .. } => 4,
            Self::Reset { .. } => 5,
            Self::Slicer { .. } => 6,
            Self::LimitData { .. } => 7,
            Self::Refuse => 8,
            Self::Blackhole => 9,
            Self::Partition => 10,
            Self::Corrupt => 11,
            Self::Status { .. } => 12,
            Self::Throttle { .. } => 13,
            Self::DropReply { .. } => 14,
            Self::Duplicate => 15,
            Self::Reorder { .. } => 16,
            Self::Body(_) => 17,
            Self::WebsocketDrop { .. } => 18,
            Self::PushDelay(_) => 19,
            Self::SilentLoss => 20,
            Self::GeoFence(_) => 21,
            Self::VpnDetection(_) => 22,
            Self::AccountFreeze { .. } => 23,
            Self::TokenRevoke => 24,
            Self::TokenExpire { .. } => 25,
            Self::RateLimit(_) => 26,
            Self::Quota { .. } => 27,
            Self::MeetingLock { .. } => 28,
            Self::CapabilityMissing => 29,
            Self::Deprovision(_) => 30,
            Self::IdpDown { .. } => 31,
            Self::MfaRequired => 32,
            Self::SniBlock(_) => 33,
            Self::DnsAnswer(_) => 34,
            Self::DlpSlow(_) => 35,
            Self::DlpDown { .. } => 36,
            Self::Action(action) => return action.doc(),
        }]
    }
}

const LATENCY: &[Param] = &{
    let [constant, normal, lognormal, pareto, table] = *Param::DISTRIBUTIONS else { panic!("five distributions") };
    [
        constant,
        normal,
        lognormal,
        pareto,
        table,
        or(
            "jitter",
            Kind::Duration,
            "0s",
            "added uniformly between minus and plus this; a sum below zero counts as zero",
        ),
        or("correlation", Kind::Share, "0%", "how much of its predecessor's jitter a unit keeps; goes with `jitter`"),
    ]
};

const GILBERT_ELLIOTT: &[Param] = &[
    must("to_bad", Kind::Share, "1%", "the chance of changing from good to bad, before each sending"),
    must("to_good", Kind::Share, "25%", "the chance of changing from bad to good"),
    or("good", Kind::Share, "0%", "the chance of a loss in the good state"),
    or("bad", Kind::Share, "100%", "the chance of a loss in the bad state"),
];
