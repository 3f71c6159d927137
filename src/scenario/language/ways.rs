//! Ways in.

use crate::plan::Param;
use crate::plan::ParamKind as Kind;
use crate::plan::param::{may, one_of, or};

/// What stands in a way in.
pub(super) const WAY_IN: &[Param] = &[
    one_of("forward", Kind::Text, "where it listens for programs that know an HTTP proxy: `127.0.0.1:8888`"),
    one_of("socks", Kind::Text, "where it listens for programs that know SOCKS 5"),
    one_of("sni", Kind::Text, "where it listens for TLS that a resolver leads here"),
    may(
        "allow",
        Kind::Names,
        "hosts that it may lead to: a name, `*.` with the names below one, an address or a block",
    ),
    may(
        "map",
        Kind::Named(&Kind::Text),
        "hosts that lead to another address: `{ api.dingtalk.com: \"127.0.0.1:8475\" }`, with `http://` before it to go on without TLS, and `,send-proxy` or `,send-proxy-v2` behind it to say for whom",
    ),
    may("intercept", Kind::Names, "hosts by name with whom TLS ends here and begins anew"),
    may(
        "pass_through",
        Kind::Names,
        "hosts of `intercept` with whom TLS does not end here: they ask for certificates of their clients, or their clients for theirs",
    ),
    may(
        "proxy_protocol_from",
        Kind::Names,
        "blocks of addresses of proxies that say by the PROXY protocol whom they speak for; nobody else may come then",
    ),
];

/// What stands in a way in of a drill.
pub(super) const DRILL_WAY: &[Param] = &[
    one_of(
        "forward",
        Kind::Text,
        "where it listens for programs that know an HTTP proxy: `127.0.0.1:0` takes a free port",
    ),
    one_of("socks", Kind::Text, "where it listens for programs that know SOCKS 5"),
    one_of("sni", Kind::Text, "where it listens for TLS that a resolver leads here"),
    may(
        "allow",
        Kind::Names,
        "hosts that it may lead to, as in a file of faults; what is not on this machine has to stand in the guard, too",
    ),
    may(
        "map",
        Kind::Named(&Kind::Text),
        "hosts that lead to another address, or to an endpoint's twin: `{ api.dingtalk.com: dingtalk }`",
    ),
    may("intercept", Kind::Names, "hosts by name with whom TLS ends here and begins anew; needs `run --ca DIR`"),
    may("pass_through", Kind::Names, "hosts of `intercept` with whom TLS does not end here, as in a file of faults"),
    may("proxy_protocol_from", Kind::Names, "as in a file of faults; a drill's ways in have none"),
    or(
        "limit",
        Kind::Rate,
        "200/s",
        "how many exchanges and connections it takes; more are answered with 429, or not let in",
    ),
];
