//! The documentation of the faults that act on names.

use super::docs::{Doc, Hits};
use super::param::{Kind, may, must, or};

pub(super) const NAMED: &[Doc] = &[SNI_BLOCK, DNS_ANSWER];

const SNI_BLOCK: Doc = Doc {
    name: "sni_block",
    summary: "A connection whose client names one of these hosts, in the hello of its TLS or as the host of a plain request, is reset when that has been read; for a while then new connections from the same address to the same server and port are reset as well, whatever they name.",
    params: &[
        must("names", Kind::Names, "[api.example.com]", "the hosts: names, `*.` with all names below one"),
        or(
            "action",
            Kind::Word(&["reset", "drop"]),
            "reset",
            "reset: both sides see a reset; drop: nothing passes any more, until the client gives up or the fault is lifted",
        ),
        or("trigger", Kind::Share, "100%", "how likely a connection is hit that names one"),
        or(
            "residual",
            Kind::Duration,
            "90s",
            "how long new connections of the same client address, server address and server port are hit after that; each further trigger begins it anew",
        ),
        or("residual_chance", Kind::Share, "100%", "how likely each of those is"),
    ],
    hits: Hits::Handshakes,
    live: "A live connection is not hit once its client has said something, or its server: a name is read once, when it is said. One on which nothing was said is judged by the name that its client says then. `residual` concerns new connections only. A twin is called by its platform's hosts, and hit if one of them is named.",
    example: "sni_block: { names: [\"*.dingtalk.com\"] }",
};

const DNS_ANSWER: Doc = Doc {
    name: "dns_answer",
    summary: "Who asks a resolver for one of these hosts, to connect to it, gets this answer: addresses, none at all, or the real one, later.",
    params: &[
        must("names", Kind::Names, "[api.example.com]", "the hosts: names, `*.` with all names below one"),
        may(
            "address",
            Kind::Names,
            "an address or several, of which the first that answers is connected; each has to be this machine's or listed as an address by guard or --allow",
        ),
        may(
            "failure",
            Kind::Word(&["nxdomain", "servfail"]),
            "nxdomain: there is no such name; servfail: the resolver cannot find out",
        ),
        or("delay", Kind::Duration, "0s", "how much later the answer comes"),
    ],
    hits: Hits::Handshakes,
    live: "Live connections are not hit: a name is looked up for each connection, when it is made. A twin is called by its platform's hosts, and hit if one of them is named; hosts that lead elsewhere (--map) are not looked up.",
    example: "dns_answer: { names: [\"*.dingtalk.com\"], delay: 300ms }",
};
