//! The faults: what can be done to a unit of traffic. What it looks like to the client is the vendor's business.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::delay::Delay;
use super::endpoint::Capability;

/// A fault's parameters. To add one: add a variant with its `Doc`, then follow the compiler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Every unit takes longer.
    Latency(Delay),
    /// Nothing passes; what arrives is held until the partition heals or its connection ends.
    Partition,
    /// The endpoint's answer is replaced by this HTTP status, in the vendor's words.
    Status {
        /// The HTTP status, 400 to 599.
        code: u16,
    },
    /// Requests from the fenced regions are refused.
    GeoFence {
        /// What happens to each capability; those not named are refused.
        actions: BTreeMap<Capability, FenceAction>,
    },
    /// The aimed accounts are frozen.
    AccountFreeze {
        /// How much of the account is frozen.
        mode: FreezeMode,
    },
}

/// What a fence does to a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FenceAction {
    /// Lets it pass.
    Allow,
    /// Refuses it in the vendor's words.
    Refuse,
}

/// How much of an account is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FreezeMode {
    /// Nothing works: requests are refused, push connections are closed and refused until the lift. Messages to the account are
    /// accepted and kept by the endpoint.
    Whole,
    /// Sending is refused; receiving goes on.
    SendOnly,
}

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
            ],
            live: "Live connections are hit with their next unit. Units of one connection and direction keep their order.",
            example: "latency: { endpoint: dingtalk, constant: 120ms }",
        },
        Doc {
            name: "partition",
            summary: "Nothing passes; what arrives is held until the partition heals or its connection ends.",
            params: &[],
            live: "Live connections are hit at once. Bytes already handed to the kernel (at most 64 KiB a connection) still arrive.",
            example: "partition: { link: hk-shenzhen, direction: both }",
        },
        Doc {
            name: "status",
            summary: "Requests are answered with this HTTP status, in the vendor's words, and never reach the endpoint.",
            params: &[("code", "the HTTP status, 400 to 599")],
            live: "Live connections are hit with their next request.",
            example: "status: { endpoint: dingtalk, code: 503, chance: 1% }",
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

    /// The word for this fault in scenarios and reports.
    pub fn name(&self) -> &'static str {
        self.doc().name
    }

    /// This fault's documentation.
    pub fn doc(&self) -> &'static Doc {
        &Self::DOCS[match self {
            Self::Latency(_) => 0,
            Self::Partition => 1,
            Self::Status { .. } => 2,
            Self::GeoFence { .. } => 3,
            Self::AccountFreeze { .. } => 4,
        }]
    }
}
