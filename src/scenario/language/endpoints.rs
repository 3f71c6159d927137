//! The words of endpoints.

use crate::plan::Param;
use crate::plan::ParamKind as Kind;
use crate::plan::param::{may, must, one_of, or};

pub(super) const ENDPOINT: &[Param] = &[
    must(
        "kind",
        Kind::Word(&[
            "dingtalk",
            "teams",
            "matrix",
            "erp",
            "documents",
            "http",
            "websocket",
            "tcp",
            "smtp",
            "dlp",
            "sso",
            "gateway",
        ]),
        "dingtalk",
        "which platform; `erp` consumes webhooks, `documents` keeps shared documents, `http`, `websocket` and `tcp` are any service, described here, `smtp` e-mail, `dlp` a service that inspects texts, `sso` single sign-on, and `gateway` one of your own that sends on",
    ),
    may("edition", Kind::Word(&["mainland", "lite"]), "which DingTalk; it must be said, and only there"),
    may(
        "dedupe",
        Kind::Word(&["key", "none"]),
        "how the twin of an ERP tells a webhook that it has taken already; by default by its idempotency key",
    ),
    may(
        "applies",
        Kind::Word(&["any_order", "in_order", "latest"]),
        "what the twin of an ERP does with an earlier state of a document than it has: it books it, which overwrites the later one; refuses it; or leaves it without effect; by default any_order",
    ),
    may("rate_limit", Kind::Rate, "how many webhooks the twin of an ERP takes; by default any number"),
    may(
        "lock",
        Kind::Word(&["optional", "required"]),
        "whether whoever writes at the twin of a store of documents has to say which version he has read; by default optional",
    ),
    may(
        "on_conflict",
        Kind::Word(&["keep_both", "last_writer_wins"]),
        "what the twin of a store of documents does with two versions of which neither knows the other; by default keep_both: the earlier one stays as a conflicting copy",
    ),
    may(
        "syncs_with",
        Kind::Name,
        "the other store of documents to which one sends its changes, and which sends its own",
    ),
    may("every", Kind::Positive, "how often a store of documents sends its changes; by default 30s"),
    must("region", Kind::Name, "hk", "where it runs"),
    may(
        "send",
        Kind::Any(&[Kind::Map(SEND), Kind::Map(FRAME)]),
        "the request that sends a message to an `http` service, or the frame to one that speaks in frames; it must be said, and only there",
    ),
    may("connect", Kind::Map(CONNECT), "the request for a WebSocket; by default for `/`"),
    or(
        "framing",
        Kind::Word(&["lines", "crlf", "length16", "length32"]),
        "lines",
        "how frames are told apart on bare TCP",
    ),
    may("login", Kind::Map(LOGIN), "what is said first on each connection of frames"),
    may(
        "taken",
        Kind::Map(FRAME),
        "what frames look like that say that a message was taken; without it nobody says so, and what is written counts as taken",
    ),
    may("refused", Kind::Map(FRAME), "what frames look like that say no; `{code}` is why"),
    may(
        "success",
        Kind::Map(SUCCESS),
        "which answers of an `http` service say that it took the message; by default any from 200 to 299",
    ),
    may(
        "capability",
        Kind::Word(&["chat", "group", "notice", "webhook"]),
        "what journeys send by a service that is described, by e-mail or by a gateway; by default chat",
    ),
    may(
        "sso",
        Kind::Any(&[Kind::Name, Kind::Map(TRUST)]),
        "the `sso` endpoint whose tokens an `http` service or a gateway takes: accounts sign in there, and show what they got (as `{token}`)",
    ),
    may("token_life", Kind::Positive, "how long a token of an `sso` endpoint is good for; by default 1h"),
    may(
        "refresh_life",
        Kind::Any(&[Kind::Positive, Kind::Word(&["none"])]),
        "how long a refresh token of an `sso` endpoint is good for, anew with each use; by default 24h, and none = none are given",
    ),
    may("keys", Kind::Map(SIGNING_KEYS), "by which keys an `sso` endpoint signs; by default always by the same"),
    may(
        "password",
        Kind::Flag,
        "whether an `sso` endpoint gives tokens for a person's password (RFC 6749 §4.3); by default false",
    ),
    may(
        "rules",
        Kind::List(&Kind::Map(RULE)),
        "where a gateway sends on to: the first that fits; they must be said, and only there",
    ),
    may("timeout", Kind::Positive, "how long a gateway waits for an endpoint that it sends on to; by default 2s"),
    may("breaker", Kind::Map(BREAKER), "when a gateway gives an endpoint a rest"),
    may("audit", Kind::Map(AUDIT), "who reads a gateway's audit trail; by default nobody"),
    may("dlp", Kind::Name, "the `dlp` endpoint by which a gateway has every text inspected before it sends it on"),
    may(
        "when_dlp_fails",
        Kind::Word(&["closed", "open"]),
        "what a gateway does with a message whose text could not be inspected: `closed` refuses it, `open` lets it through; by default closed",
    ),
    may("dlp_timeout", Kind::Positive, "how long a gateway waits for the verdict on a text; by default 1s"),
    may(
        "url",
        Kind::Text,
        "https://host or http://host:port of a service, ws and wss of one by WebSocket, tcp and tls of one by TCP, smtps and smtp of a mail server; without it a twin is played",
    ),
    may(
        "ca",
        Kind::Text,
        "a file of certificates in PEM that prove who the service is, besides the public authorities",
    ),
    may(
        "credentials",
        Kind::Named(&Kind::Map(CREDENTIALS)),
        "who accounts are at the service; the name is a group, or an account such as `office-3`",
    ),
    or("limits", Kind::Word(&["vendor", "off"]), "vendor", "whether its twin enforces the vendor's limits"),
    may(
        "receipts",
        Kind::Any(&[
            Kind::Word(&["inbox", "acceptance", "stream", "notification", "sync", "ledger", "read_status"]),
            Kind::Map(RECEIPTS),
        ]),
        "how the drill hears that a message was received; by default inbox for a twin (ledger for that of an ERP), acceptance for a real service",
    ),
    may(
        "tier",
        Kind::Word(&["paid", "free"]),
        "paid: as contracted; free: no service level was promised, and there is no recourse; by default not stated",
    ),
    may("processor", Kind::Text, "who processes what is sent there, for the inventory of data flows"),
    may(
        "contract",
        Kind::Text,
        "which contract or service level covers what is sent there, for the inventory of data flows, or `none`; by default not stated",
    ),
];

const TRUST: &[Param] = &[
    must("provider", Kind::Name, "idp", "the `sso` endpoint"),
    or(
        "verify",
        Kind::Word(&["jwks", "introspection"]),
        "jwks",
        "how its twin looks at tokens: by the keys that the provider publishes, or by asking the provider",
    ),
    or("cache", Kind::Duration, "60s", "how long what was heard of the provider is good for"),
    may(
        "issuer",
        Kind::Text,
        "who has to have given a token (`iss`), of a provider of yours; by default whoever has its keys",
    ),
    may("audience", Kind::Text, "whom a token has to be for (`aud`), of a provider of yours; by default anybody"),
];

const SIGNING_KEYS: &[Param] = &[
    must("rotate", Kind::Positive, "1h", "how long it signs by one key"),
    or("keep", Kind::Count(1, 16), "2", "how many keys it publishes: the present one, and those before"),
];

const RULE: &[Param] = &[
    may("class", Kind::Names, "it fits messages of these classes of data, as journeys name them; by default of any"),
    may("classes", Kind::Names, "the same"),
    may("group", Kind::Names, "it fits messages that one of these groups sends or receives; by default of anybody"),
    may("groups", Kind::Names, "the same"),
    must("to", Kind::Names, "[lite, teams]", "the endpoints that are tried one after the other, until one takes it"),
];

const BREAKER: &[Param] = &[
    or("failures", Kind::Count(1, 1_000_000), "5", "so many tries in a row that were not acknowledged"),
    or("pause", Kind::Positive, "10s", "for so long it is left out, and then tried once"),
];

const AUDIT: &[Param] = &[
    must("every", Kind::Positive, "5s", "how long the auditor waits before he asks for what is new, at least 100ms"),
    may("from", Kind::Name, "the region in which he is; by default the gateway's"),
    may(
        "keeps",
        Kind::Count(1, crate::limits::TWIN_RECORDS as u64),
        "how many entries the gateway's twin keeps, the latest ones; by default 100000",
    ),
    may("token", Kind::Text, "`${NAME}` of the auditor's token at a gateway of yours"),
];

const RECEIPTS: &[Param] = &[
    one_of("read_status", Kind::Map(READ_STATUS), "who has read it, which the sender asks the platform"),
    one_of("ledger", Kind::Map(LEDGER), "what an ERP has booked, which each recipient reads"),
    one_of("poll", Kind::Map(POLL), "what has come, which each recipient asks an `http` service"),
    one_of(
        "push",
        Kind::Map(PUSH),
        "what frames look like by which a service brings a message to its recipient's connection",
    ),
];

/// A service by scenario: what is filled in stands in braces, such as `{text}`, and variables of the environment are `${NAME}`.
const SEND: &[Param] = &[
    or("method", Kind::Word(&["POST", "PUT", "PATCH", "GET"]), "POST", "the method"),
    must("path", Kind::Text, "/messages", "path and query, such as `/messages?to={to}`"),
    may("headers", Kind::Named(&Kind::Text), "header fields, such as `authorization: \"Bearer {token}\"`"),
    may(
        "json",
        Kind::Text,
        "the body as the text of a JSON value; its texts are filled in, and `[\"{to}\"]` is the list of all recipients",
    ),
    may("form", Kind::Named(&Kind::Text), "the body as a form"),
    may("text", Kind::Text, "the body as plain text"),
];

/// A frame: one of the two.
const FRAME: &[Param] = &[
    may(
        "json",
        Kind::Text,
        "the frame as the text of a JSON value; of what comes, whatever else it has does not matter",
    ),
    may("text", Kind::Text, "the frame as plain text"),
];

const CONNECT: &[Param] = &[
    must("path", Kind::Text, "/chat", "path and query, such as `/chat?user={from}`"),
    may("headers", Kind::Named(&Kind::Text), "header fields, such as `authorization: \"Bearer {token}\"`"),
];

const LOGIN: &[Param] = &[
    may("json", Kind::Text, "what is said, as the text of a JSON value"),
    may("text", Kind::Text, "what is said, as plain text"),
    may("taken", Kind::Map(FRAME), "what a yes looks like; without it nobody answers"),
    may("refused", Kind::Map(FRAME), "what a no looks like; `{code}` is why"),
];

const PUSH: &[Param] = &[
    may("json", Kind::Text, "the frame as the text of a JSON value, with `{text}` or `{message}` in it"),
    may("text", Kind::Text, "the frame as plain text"),
    may("path", Kind::Text, "path and query of recipients' WebSockets, if it is another than that of `connect`"),
    may("login", Kind::Map(LOGIN), "what recipients say first, if it is something else than `login`"),
];

const SUCCESS: &[Param] = &[
    may(
        "status",
        Kind::Any(&[Kind::Count(100, 599), Kind::List(&Kind::Count(100, 599))]),
        "one of these statuses; by default any from 200 to 299",
    ),
    may("at", Kind::Text, "a place in the body, a JSON value, such as `/ok`; `*` is every item of a list"),
    may("equals", Kind::Text, "what stands there"),
    may("contains", Kind::Text, "what stands there among other things; without `at` in the whole body"),
    may("code", Kind::Text, "the place at which a no says why, for the figures"),
];

const POLL: &[Param] = &[
    must("every", Kind::Positive, "1s", "how long each recipient waits between two questions, at least 100ms"),
    must("path", Kind::Text, "/messages?to={to}", "path and query"),
    may("first", Kind::Text, "path and query of the first question, if an empty `{after}` would be refused"),
    may("headers", Kind::Named(&Kind::Text), "header fields; by default those of `send` that hold no message"),
    may("texts", Kind::Text, "where the answer has the texts of messages, such as `/items/*/text`"),
    may("ids", Kind::Text, "or where it has what `{message}` was"),
    may(
        "next",
        Kind::Text,
        "where the answer says what `{after}` is in the next question; without it each answer lists everything",
    ),
];

const LEDGER: &[Param] =
    &[must("every", Kind::Positive, "1s", "how long each recipient waits before he reads again, at least 100ms")];

const READ_STATUS: &[Param] =
    &[must("every", Kind::Positive, "30s", "how long the sender waits before each question, at least 1s")];

pub(super) const CREDENTIALS: &[Param] = &[
    may("user", Kind::Text, "`${NAME}` of the user's id, which messages are addressed to"),
    may("login", Kind::Text, "`${NAME}` of the name that logs in at a mail server; by default the user's address"),
    may(
        "password",
        Kind::Text,
        "`${NAME}` of the password at a mail server or at a homeserver of Matrix; without it nobody logs in there",
    ),
    may("app_key", Kind::Text, "`${NAME}` of DingTalk's app key, or of the client's id at an `sso` endpoint"),
    may("app_secret", Kind::Text, "`${NAME}` of what proves the app key"),
    may("secret", Kind::Text, "`${NAME}` of what signs webhooks for an ERP"),
    may("room", Kind::Text, "`${NAME}` of the id of the room on Matrix that the account sends into"),
    may(
        "token",
        Kind::Text,
        "`${NAME}` of a delegated access token for Teams, of an access token for Matrix, or of what a service that is described calls `{token}`; used as it is",
    ),
    may("webhook", Kind::Text, "`${NAME}` of what the address of an incoming webhook carries"),
];
