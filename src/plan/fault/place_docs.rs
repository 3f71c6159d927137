//! The documentation of the faults that look at who asks, from where, and with what.

use super::docs::{Doc, Hits};
use super::param::{Kind, Param, may, must, or};

pub(super) const PLACE: &[Doc] = &[
    Doc {
        name: "geo_fence",
        summary: "Requests from places that are not welcome are refused in the vendor's words: those from the aimed regions, or those that enough signs make suspect. It needs `endpoint`, and `region` unless signs make suspect.",
        params: GEO_FENCE,
        hits: Hits::Requests,
        live: "Live connections are hit with their next request; open push connections of whoever is shut out of `receive` are closed.",
        example: "geo_fence: { endpoint: dingtalk, region: hk, actions: { receive: allow } }",
    },
    Doc {
        name: "vpn_detection",
        summary: "Requests by a way round a fence are shut out: those whose network, round trip, clock and address make them suspect together. It needs `endpoint`.",
        params: VPN_DETECTION,
        hits: Hits::Requests,
        live: "Live connections are hit with their next request; open push connections of whoever is shut out of `receive` are closed.",
        example: "vpn_detection: { endpoint: dingtalk, rtt_excess: 30ms, actions: { meeting: lock, receive: allow } }",
    },
    Doc {
        name: "account_freeze",
        summary: "The aimed accounts are frozen: the platform answers that they are disabled. It needs `endpoint`, and `group` unless an organisation is frozen.",
        params: &[or(
            "mode",
            Kind::Word(&["whole", "send-only", "organisation", "disabled"]),
            "whole",
            "whole: requests refused, push connections closed; send-only: sending refused; organisation: as whole, for everyone, in the words for an organisation; disabled: as whole, in the words for a user whom an administrator has disabled",
        )],
        hits: Hits::Requests,
        live: "Live connections are hit with their next request, logins among them; but for `send-only`, open push connections are closed at once.",
        example: "account_freeze: { endpoint: dingtalk, group: purchasing, share: 40%, mode: whole }",
    },
    Doc {
        name: "token_revoke",
        summary: "Tokens that were given out before the fault are refused as revoked; whoever logs in again gets one that is good, but not with a refresh token from before.",
        params: &[],
        hits: Hits::Requests,
        live: "Live connections are hit with their next request that carries such a token.",
        example: "token_revoke: { endpoint: dingtalk, group: purchasing }",
    },
    Doc {
        name: "token_expire",
        summary: "Tokens are refused as expired sooner than their login said.",
        params: &[must("after", Kind::Positive, "10m", "how long after it was given out")],
        hits: Hits::Requests,
        live: "Live connections are hit with their next request that carries such a token.",
        example: "token_expire: { endpoint: dingtalk, after: 100ms }",
    },
    Doc {
        name: "rate_limit",
        summary: "Requests beyond a limit are refused as too many, in the vendor's words; with `ban`, nothing more is heard for a while.",
        params: &[
            must("requests", Kind::Count(1, 1_000_000), "20", "so many requests …"),
            must("within", Kind::Positive, "1m", "… in a span of this length that slides along"),
            may(
                "ban",
                Kind::Positive,
                "for how long all requests of whoever exceeds it are refused; otherwise only those beyond",
            ),
            or(
                "scope",
                Kind::Word(&["account", "organisation"]),
                "account",
                "whose requests are counted together: each account's, or everybody's at an endpoint",
            ),
        ],
        hits: Hits::Requests,
        live: "Live connections are hit with their next request.",
        example: "rate_limit: { endpoint: dingtalk, capability: chat, requests: 20, within: 1m, ban: 10m }",
    },
    Doc {
        name: "quota",
        summary: "The calls that were paid for are used up after so many; all further ones are refused in the vendor's words until the lift.",
        params: &[must(
            "calls",
            Kind::Count(0, 1_000_000_000),
            "5000",
            "how many calls are left, everybody's together",
        )],
        hits: Hits::Requests,
        live: "Live connections are hit with their next request.",
        example: "quota: { endpoint: dingtalk, capability: chat, calls: 100 }",
    },
    Doc {
        name: "meeting_lock",
        summary: "Meetings of so many heads are locked: calling or joining one that would have as many is refused; smaller ones are untouched.",
        params: &[or("heads", HEADS, "8", "from how many heads on, whoever calls it included")],
        hits: Hits::Requests,
        live: "Live connections are hit with their next request.",
        example: "meeting_lock: { endpoint: dingtalk, heads: 8 }",
    },
    Doc {
        name: "capability_missing",
        summary: "The platform does not have the aimed capabilities: it answers as it does to a function that does not exist. It needs `capability`.",
        params: &[],
        hits: Hits::Requests,
        live: "Live connections are hit with their next request.",
        example: "capability_missing: { endpoint: dingtalk, capability: chat }",
    },
    Doc {
        name: "deprovision",
        summary: "Accounts are taken away where identities are kept (single sign-on): who leaves. Each platform hears of it later, and each credential in its own way. It needs `group`.",
        params: DEPROVISION,
        hits: Hits::Requests,
        live: "Live connections are hit with their next request; push connections stay open, and are refused when they are made anew.",
        example: "deprovision: { group: purchasing, share: 40%, keeps: [webhook] }",
    },
    Doc {
        name: "idp_down",
        summary: "Whoever gives tokens is down: nobody signs in, and nobody is told whether a token is good. Whoever has one goes on until it expires. At a provider of single sign-on that is all but its directory, at a platform its own logins.",
        params: &[or(
            "how",
            Kind::Word(&["error", "hang", "reset"]),
            "error",
            "error: 503; hang: no answer at all; reset: the connection of whoever asks is reset",
        )],
        hits: Hits::Requests,
        live: "Live connections are hit with their next request.",
        example: "idp_down: { how: error }",
    },
    Doc {
        name: "mfa_required",
        summary: "Whoever asks for a token has to show a second factor, which no program has: he is refused in the provider's words (`interaction_required`, AADSTS50076). Tokens that were given out before are good.",
        params: &[],
        hits: Hits::Requests,
        live: "Live connections are hit with their next request.",
        example: "mfa_required: { group: purchasing, share: 40% }",
    },
];

/// How long it takes: continuous access evaluation at most 15 min, tokens without it an hour, a directory's cycle 20 to 40 min, some changes
/// of groups a day (Microsoft's documentation of Entra).
const DEPROVISION: &[Param] = &[
    or(
        "after",
        Kind::Duration,
        "0s",
        "how long the directory takes to tell the platform: from then on nobody signs in any more",
    ),
    may(
        "token_life",
        Kind::Positive,
        "tokens that were given out before are good until they are so old; by default they are good no more as soon as nobody signs in",
    ),
    or(
        "keeps",
        Kind::Names,
        "webhook",
        "capabilities that go on for ever, because no directory knows of their credential: webhook addresses, tokens of robots; `none` for nothing",
    ),
];

const HEADS: Kind = Kind::Count(2, 100_000);

const WEIGHT: Kind = Kind::Count(0, 1_000);

const NETWORK: Kind = Kind::Word(&["vpn", "leased", "direct"]);

const NETWORKS: Kind = Kind::Any(&[NETWORK, Kind::List(&NETWORK)]);

const SCORE: &[Param] = &[
    or("country", WEIGHT, "40", "an address outside of `welcome`"),
    or("network", WEIGHT, "40", "one of `networks`"),
    or("rtt", WEIGHT, "25", "a round trip beyond `rtt_excess`"),
    or("time_zone", WEIGHT, "10", "another clock, if `time_zone`"),
];

const ACTIONS: Param = may(
    "actions",
    Kind::PerCapability(&["allow", "refuse", "lock", "slow"]),
    "what happens to each capability; those not named are refused. lock: as `meeting_lock` at `lock_at` heads; slow: passes `slow_by` later",
);

const WELCOME: Param = may("welcome", Kind::Names, "the regions in which source addresses are welcome");

const RTT_EXCESS: Param = may(
    "rtt_excess",
    Kind::Positive,
    "a round trip longer than the address's own region explains by more than this is a sign",
);

const TIME_ZONE: Param = or(
    "time_zone",
    Kind::Flag,
    "false",
    "whether a clock (`utc_offset` of the group's region) that differs from the address's region is a sign",
);

const SCORES: Param = may("score", Kind::Map(SCORE), "what each sign weighs");

const THRESHOLD: Param =
    or("threshold", Kind::Count(1, 10_000), "60", "from which sum of signs on a request is shut out");

const LOCK_AT: Param = or("lock_at", HEADS, "8", "the heads at which `lock` locks a meeting");

const SLOW_BY: Param = or("slow_by", Kind::Positive, "1.8s", "how much later `slow` lets a request pass");

/// What both kinds of fence take; they differ in the networks that are a sign unless something is written.
const fn fence(networks: Param) -> [Param; 9] {
    [ACTIONS, WELCOME, networks, RTT_EXCESS, TIME_ZONE, SCORES, THRESHOLD, LOCK_AT, SLOW_BY]
}

const GEO_FENCE: &[Param] = &fence(may("networks", NETWORKS, "the kinds of exit (`via`) that are a sign"));

const VPN_DETECTION: &[Param] = &fence(or("networks", NETWORKS, "vpn", "the kinds of exit (`via`) that are a sign"));
