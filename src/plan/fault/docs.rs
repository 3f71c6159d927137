use super::Fault;

/// What a fault does, for `explain`, the documentation and the tests.
#[derive(Clone, Copy, Debug)]
pub struct Doc {
    /// The word in a scenario.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Each parameter with its meaning, unit and range.
    pub params: &'static [(&'static str, &'static str)],
    /// Whether it hits connections that are already open.
    pub live: &'static str,
    /// A fault as it stands in a scenario, under an inject's name.
    pub example: &'static str,
}

impl Fault {
    /// Every fault's documentation, in the order of the enum.
    pub const DOCS: &'static [Doc] = &[
        Doc {
            name: "latency",
            summary: "Every unit (an HTTP request or answer, a chunk of a byte stream) takes longer, each way.",
            params: &[
                ("constant", "a duration, the same for every unit"),
                ("normal", "{mean, sd}: durations; draws below zero count as zero"),
                ("lognormal", "{mean or median, sigma}: a duration, and σ of the logarithm, 0 to 5"),
                (
                    "pareto",
                    "{least, shape}: the shortest delay, and the tail's exponent, 1.001 to 100; the smaller, the heavier",
                ),
                ("table", "a list of durations, of which each is drawn as often as the others: a recorded trace"),
                ("jitter", "a duration: added uniformly between minus and plus this; zero if left out"),
                ("correlation", "a share: how much of its predecessor's jitter a unit keeps; 0% if left out"),
            ],
            live: "Live connections are hit with their next unit. Units of one connection and direction keep their order; after the lift, what waits goes on at once.",
            example: "latency: { endpoint: dingtalk, constant: 120ms }",
        },
        Doc {
            name: "bandwidth",
            summary: "Bytes pass no faster than a rate, each way.",
            params: &[
                ("rate", "a throughput such as 10KB/s or 1MiB/s"),
                (
                    "shared",
                    "true: all that is aimed at shares the rate; false (default): each connection and direction has it for itself",
                ),
            ],
            live: "Live connections are hit with their next bytes, which go on in pieces of at most ten milliseconds' worth; after the lift, what waits goes on at once.",
            example: "bandwidth: { endpoint: dingtalk, rate: 1KB/s }",
        },
        Doc {
            name: "loss",
            summary: "Segments of the byte stream are lost and sent again, which the application sees as a stall: 204 ms for one loss, doubling with each in a row.",
            params: &[
                ("random", "a share: each segment by itself"),
                (
                    "gilbert_elliott",
                    "{to_bad, to_good, good, bad}: shares: the chances of changing state before each segment, and of a loss in each state",
                ),
                ("rto", "a duration: the first retransmission timeout; 204ms, as Linux has it, if left out"),
            ],
            live: "Live connections are hit with their next unit; what follows a lost segment waits behind it.",
            example: "loss: { endpoint: dingtalk, random: 10% }",
        },
        Doc {
            name: "slow_close",
            summary: "The end of a stream comes later; data is untouched.",
            params: &[("delay", "a duration")],
            live: "Live connections are hit when they end.",
            example: "slow_close: { endpoint: dingtalk, delay: 500ms }",
        },
        Doc {
            name: "timeout",
            summary: "Everything is swallowed, and the connection is closed.",
            params: &[(
                "after",
                "a duration: closed when so long nothing has come; without it, closed when the fault is lifted",
            )],
            live: "Live connections are hit at once. What was swallowed is gone, so at the lift they are closed.",
            example: "timeout: { endpoint: dingtalk, after: 300ms }",
        },
        Doc {
            name: "reset",
            summary: "The connection is reset at its first data, or at its end.",
            params: &[("after", "a duration between that and the reset; zero if left out")],
            live: "Live connections are hit with their next data or their end, and see a reset, not an end of the stream.",
            example: "reset: { endpoint: dingtalk, after: 50ms }",
        },
        Doc {
            name: "slicer",
            summary: "Bytes arrive in small slices with pauses between them.",
            params: &[
                ("size", "a size: the mean slice, at least 1B"),
                ("variation", "a size less than `size`: slices vary by so much, uniformly; zero if left out"),
                ("pause", "a duration: the pause after each slice; zero if left out"),
            ],
            live: "Live connections are hit with their next bytes; after the lift, what waits goes on at once.",
            example: "slicer: { endpoint: dingtalk, size: 64B, variation: 16B, pause: 5ms }",
        },
        Doc {
            name: "limit_data",
            summary: "The connection is closed as soon as so many bytes have passed in one direction.",
            params: &[("bytes", "a size; with 0B it is closed at its first data")],
            live: "Live connections are hit; counted are the bytes that pass while the fault is on.",
            example: "limit_data: { endpoint: dingtalk, bytes: 300B }",
        },
        Doc {
            name: "refuse",
            summary: "Nobody listens: who connects is refused.",
            params: &[],
            live: "Live connections are not hit. An aim finer than a region and an endpoint is met by accepting the connection and resetting it.",
            example: "refuse: { endpoint: dingtalk, region: hk }",
        },
        Doc {
            name: "blackhole",
            summary: "Whatever is sent is swallowed without a word, the handshakes of new connections too.",
            params: &[],
            live: "Live connections are hit at once. A client that waits for its handshake connects at its next SYN after the lift: Linux sends one 1, 3, 7, 15, 31 and 63 s after the first.",
            example: "blackhole: { endpoint: dingtalk, region: hk }",
        },
        Doc {
            name: "partition",
            summary: "Nothing passes; what arrives is held until the partition heals or its connection ends.",
            params: &[],
            live: "Live connections are hit at once. Bytes already handed to the kernel (at most 64 KiB a connection) still arrive.",
            example: "partition: { link: hk-shenzhen, direction: both }",
        },
        Doc {
            name: "corrupt",
            summary: "One bit of a unit is flipped, which one is drawn.",
            params: &[],
            live: "Live connections are hit with their next unit.",
            example: "corrupt: { endpoint: dingtalk, direction: to-endpoint }",
        },
        Doc {
            name: "status",
            summary: "Requests are answered with this HTTP status, in the vendor's words, and never reach the endpoint.",
            params: &[("code", "the HTTP status, 400 to 599")],
            live: "Live connections are hit with their next request.",
            example: "status: { endpoint: dingtalk, code: 503, chance: 1% }",
        },
        Doc {
            name: "throttle",
            summary: "Requests are refused as too many, in the vendor's words, and never reach the endpoint.",
            params: &[("retry_after", "a duration: what the answer asks the client to wait; 1s if left out")],
            live: "Live connections are hit with their next request.",
            example: "throttle: { endpoint: dingtalk, retry_after: 30s }",
        },
        Doc {
            name: "drop_reply",
            summary: "The endpoint gets the request and does what it says, and its answer is lost.",
            params: &[("how", "silence (default): the client waits; close: its connection is closed")],
            live: "Live connections are hit with their next answer.",
            example: "drop_reply: { endpoint: dingtalk, how: close }",
        },
        Doc {
            name: "duplicate",
            summary: "A request reaches the endpoint twice, and the client gets the first answer; a pushed frame reaches the client twice.",
            params: &[],
            live: "Live connections are hit with their next request or frame.",
            example: "duplicate: { endpoint: dingtalk, capability: chat, direction: to-endpoint }",
        },
        Doc {
            name: "reorder",
            summary: "A unit is kept back, and later ones overtake it: requests of other connections, frames of the same one.",
            params: &[("by", "a duration: how long it is kept back")],
            live: "Live connections are hit with their next request, answer or frame. Bytes of a stream are never reordered.",
            example: "reorder: { endpoint: dingtalk, capability: receive, by: 200ms, chance: 20% }",
        },
        Doc {
            name: "body",
            summary: "The body of the answer is changed; its head says the new length.",
            params: &[
                ("replace", "a text that stands in its place"),
                ("truncate", "a size: only its first bytes are left"),
            ],
            live: "Live connections are hit with their next answer.",
            example: "body: { endpoint: dingtalk, replace: \"not what you asked for\" }",
        },
        Doc {
            name: "websocket_drop",
            summary: "Open WebSocket connections are closed with a status code.",
            params: &[("code", "the status code, 1000 to 4999; 1001 (going away) if left out")],
            live: "Live connections are hit at once; new ones are closed as soon as they stand.",
            example: "websocket_drop: { endpoint: dingtalk, code: 1012 }",
        },
        Doc {
            name: "push_delay",
            summary: "Frames that the endpoint pushes come later; requests and answers are untouched.",
            params: &[("constant, normal, lognormal, pareto, table", "as with `latency`")],
            live: "Live connections are hit with their next frame. Frames of one connection keep their order.",
            example: "push_delay: { endpoint: dingtalk, constant: 2s }",
        },
        Doc {
            name: "silent_loss",
            summary: "Messages are accepted and never delivered: the frames that the endpoint pushes vanish.",
            params: &[],
            live: "Live connections are hit with their next frame.",
            example: "silent_loss: { endpoint: dingtalk, chance: 50% }",
        },
        Doc {
            name: "geo_fence",
            summary: "Requests whose source address lies in the fenced regions are refused in the vendor's words.",
            params: &[("actions", "{capability: allow | refuse}; capabilities not named are refused")],
            live: "Live connections are hit with their next request; open push connections of fenced addresses are closed.",
            example: "geo_fence: { endpoint: dingtalk, region: hk, actions: { receive: allow } }",
        },
        Doc {
            name: "account_freeze",
            summary: "The aimed accounts are frozen: the platform answers that they are disabled.",
            params: &[(
                "mode",
                "whole (default): requests refused, push connections closed; send-only: sending refused",
            )],
            live: "Live connections are hit with their next request; with `whole`, open push connections are closed at once.",
            example: "account_freeze: { endpoint: dingtalk, group: purchasing, share: 40%, mode: whole }",
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
            Self::GeoFence { .. } => 21,
            Self::AccountFreeze { .. } => 22,
        }]
    }
}
