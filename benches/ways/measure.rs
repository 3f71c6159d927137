//! What is measured. Each measurement starts what it needs, plays for a bounded time, and gives one value for each of its metrics.

use crate::metric::{Shown, Values, less, more};
use crate::place::Place;
use crate::player::{Kind, Player};
use crate::{secure, tunnel};

pub(crate) struct Measurement {
    pub(crate) shown: Shown,
    pub(crate) players: &'static [Kind],
    pub(crate) run: fn(&Place, &Player) -> Result<Values, String>,
}

/// Who can be asked for a tunnel.
const TUNNELS: &[Kind] = &[Kind::Direct, Kind::Plain, Kind::Tinyproxy, Kind::Squid, Kind::Mitmproxy, Kind::Firedrill];

/// Everything that is measured, in the order of the tables.
pub(crate) const MEASUREMENTS: &[Measurement] = &[
    Measurement {
        shown: Shown {
            name: "bulk",
            about: "a tunnel by CONNECT: one connection downloads for 2 s",
            metrics: &[more("bulk", "Gbit/s"), less("processor", "s/GB")],
        },
        players: TUNNELS,
        run: tunnel::bulk,
    },
    Measurement {
        shown: Shown {
            name: "trips",
            about: "tunnels by CONNECT: 16 clients, 64 bytes there and back without a pause for 2 s",
            metrics: &[more("round trips", "/s"), less("p50", "µs"), less("p99", "µs"), less("processor", "µs/trip")],
        },
        players: TUNNELS,
        run: tunnel::trips,
    },
    Measurement {
        shown: Shown {
            name: "short",
            about: "tunnels by CONNECT: 16 clients connect, ask, send 64 bytes there and back, and close, for 1 s",
            metrics: &[
                more("connections", "/s"),
                less("p50", "µs"),
                less("p99", "µs"),
                less("processor", "µs/connection"),
            ],
        },
        players: TUNNELS,
        run: tunnel::short,
    },
    Measurement {
        shown: Shown {
            name: "handshakes",
            about: "TLS passed on by its name: 8 clients make whole handshakes with nginx, and close, for 2 s",
            metrics: &[
                more("handshakes", "/s"),
                less("p50", "µs"),
                less("p99", "µs"),
                less("processor", "µs/handshake"),
            ],
        },
        players: &[Kind::Direct, Kind::Plain, Kind::Haproxy, Kind::Nginx, Kind::Firedrill],
        run: secure::handshakes,
    },
    Measurement {
        shown: Shown {
            name: "intercepted",
            about: "TLS that ends at the proxy and begins anew: wrk, one thread, 64 connections, 3 s, 100 bytes from nginx",
            metrics: &[more("requests", "/s"), less("p50", "µs"), less("p99", "µs"), less("processor", "µs/request")],
        },
        players: &[Kind::Direct, Kind::Plain, Kind::Haproxy, Kind::Nginx, Kind::Mitmproxy, Kind::Firedrill],
        run: secure::intercepted,
    },
    Measurement {
        shown: Shown {
            name: "met",
            about: "whole handshakes with the proxy, which makes one with nginx for each: 8 clients, for 2 s",
            metrics: &[
                more("handshakes", "/s"),
                less("p50", "µs"),
                less("p99", "µs"),
                less("processor", "µs/handshake"),
            ],
        },
        players: &[Kind::Mitmproxy, Kind::Firedrill],
        run: secure::met,
    },
];
