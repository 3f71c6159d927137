use serde::{Deserialize, Serialize};

/// The figures that targets can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Due moment to last receipt.
    DeliveryLatency,
    /// Due moment to acknowledgement.
    AcceptLatency,
    /// First attempt on the receipt's route to last receipt.
    ServiceLatency,
    /// Good messages among those that the sender could send.
    Availability,
    /// The share of a promise's error budget that the outages of the drill cost.
    ErrorBudget,
    /// How long outages lasted.
    RecoveryTime,
    /// From an outage's first bad message until it was certain that the journey was down.
    DetectTime,
    /// From a failover's being called for to the switch.
    DecideTime,
    /// Deliveries acknowledged but never received.
    Lost,
    /// Deliveries never received, whatever became of the message.
    Undelivered,
    /// Recipients whom an acknowledgement declined.
    Declined,
    /// Deliveries received that nobody acknowledged.
    Unacknowledged,
    /// Receipts beyond the first of one message and recipient.
    Duplicated,
    /// The same after the receiver's own de-duplication.
    DuplicatedAfterDedup,
    /// First receipts that a later message of their stream had overtaken.
    Reordered,
    /// Messages that an ERP booked once more.
    ErpDuplicates,
    /// Bookings by which an ERP overwrote a later state with an earlier one.
    ErpOutOfOrder,
    /// Acknowledged changes of documents that somebody overwrote who did not know of them.
    LostUpdates,
    /// Changes of documents that met others, of which somebody was told.
    Conflicts,
    /// Reads of documents in which an acknowledged change was missing.
    StaleReads,
    /// Since when one was missing in what was read.
    StaleReadWindow,
    /// How long those who were taken away at the directory could still send.
    TimeToRevoke,
    /// Receipts of messages that had crossed a boundary.
    WrongSide,
    /// Deliveries of messages with something in them that may not leave.
    DlpLeaks,
    /// Messages that a gateway sent on, and that its audit trail does not tell of.
    AuditMissing,
    /// Entries of an audit trail that tell of what never happened.
    AuditWrong,
    /// From a message's being sent on until the auditor had the entry that tells of it.
    AuditLag,
    /// Texts blocked among those inspected that have something in them that may not leave.
    DlpDetection,
    /// Texts blocked among those inspected that have nothing of the kind in them.
    DlpFalsePositives,
    /// What inspecting a text took.
    InterceptLatency,
    /// Messages that a gateway let through without a verdict.
    Uninspected,
    /// Attempts that carried a message across a boundary.
    BoundaryViolations,
    /// The share of a platform's functions that a route keeps.
    Coverage,
    /// Good ones among what programs that are not ours asked for.
    ObservedAvailability,
    /// From the request of such a program to the end of its answer.
    ObservedLatency,
    /// From such a program's asking for a connection until it stood.
    ObservedConnectLatency,
    /// What such programs asked for and did not get.
    ObservedFailures,
    /// What a way in refused them.
    ObservedRefusals,
    /// How long such programs got nothing of what they asked for.
    ObservedRecoveryTime,
}

/// What a metric is made of, and so what can be asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// A latency a message: a distribution, of which a value has to be named.
    Latency,
    /// One share.
    Share,
    /// A time an outage; the longest if nothing else is asked for.
    OutageTime,
    /// So many deliveries.
    Count,
    /// A time a way; the longest.
    Access,
}

/// What is asked of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// A percentile in thousandths of a percent: 99,900 is p99.9.
    Percentile(u32),
    /// The mean.
    Mean,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// How many.
    Count,
    /// All together.
    Sum,
    /// How many in a time: that of the target's phases.
    Rate,
    /// How many of those that could have been.
    Ratio,
}

/// Of which functions a share is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CoverageSet {
    /// All functions of the catalogue, each as one.
    Api,
    /// The same, each as often as it is used.
    Common,
}

impl Metric {
    /// Every metric with its word.
    pub const ALL: [(&'static str, Self); 39] = [
        ("delivery_latency", Self::DeliveryLatency),
        ("accept_latency", Self::AcceptLatency),
        ("service_latency", Self::ServiceLatency),
        ("availability", Self::Availability),
        ("error_budget", Self::ErrorBudget),
        ("recovery_time", Self::RecoveryTime),
        ("detect_time", Self::DetectTime),
        ("decide_time", Self::DecideTime),
        ("lost", Self::Lost),
        ("undelivered", Self::Undelivered),
        ("declined", Self::Declined),
        ("unacknowledged", Self::Unacknowledged),
        ("duplicated", Self::Duplicated),
        ("duplicated_after_dedup", Self::DuplicatedAfterDedup),
        ("reordered", Self::Reordered),
        ("erp_duplicates", Self::ErpDuplicates),
        ("erp_out_of_order", Self::ErpOutOfOrder),
        ("lost_updates", Self::LostUpdates),
        ("conflicts", Self::Conflicts),
        ("stale_reads", Self::StaleReads),
        ("stale_read_window", Self::StaleReadWindow),
        ("time_to_revoke", Self::TimeToRevoke),
        ("wrong_side", Self::WrongSide),
        ("dlp_leaks", Self::DlpLeaks),
        ("audit_missing", Self::AuditMissing),
        ("audit_wrong", Self::AuditWrong),
        ("audit_lag", Self::AuditLag),
        ("dlp_detection", Self::DlpDetection),
        ("dlp_false_positives", Self::DlpFalsePositives),
        ("intercept_latency", Self::InterceptLatency),
        ("uninspected", Self::Uninspected),
        ("boundary_violations", Self::BoundaryViolations),
        ("coverage", Self::Coverage),
        ("observed_availability", Self::ObservedAvailability),
        ("observed_latency", Self::ObservedLatency),
        ("observed_connect_latency", Self::ObservedConnectLatency),
        ("observed_failures", Self::ObservedFailures),
        ("observed_refusals", Self::ObservedRefusals),
        ("observed_recovery_time", Self::ObservedRecoveryTime),
    ];

    /// The word in scenarios and reports.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, metric)| *metric == self).map_or("", |(name, _)| name)
    }

    /// What it is made of.
    pub fn kind(self) -> MetricKind {
        match self {
            Self::DeliveryLatency
            | Self::AcceptLatency
            | Self::ServiceLatency
            | Self::AuditLag
            | Self::InterceptLatency
            | Self::StaleReadWindow
            | Self::ObservedLatency
            | Self::ObservedConnectLatency => MetricKind::Latency,
            Self::Availability
            | Self::ErrorBudget
            | Self::DlpDetection
            | Self::DlpFalsePositives
            | Self::Coverage
            | Self::ObservedAvailability => MetricKind::Share,
            Self::RecoveryTime | Self::DetectTime | Self::DecideTime | Self::ObservedRecoveryTime => {
                MetricKind::OutageTime
            }
            Self::TimeToRevoke => MetricKind::Access,
            Self::Lost
            | Self::Undelivered
            | Self::Declined
            | Self::Unacknowledged
            | Self::Duplicated
            | Self::DuplicatedAfterDedup
            | Self::Reordered
            | Self::ErpDuplicates
            | Self::ErpOutOfOrder
            | Self::LostUpdates
            | Self::Conflicts
            | Self::StaleReads
            | Self::WrongSide
            | Self::DlpLeaks
            | Self::AuditMissing
            | Self::AuditWrong
            | Self::Uninspected
            | Self::BoundaryViolations
            | Self::ObservedFailures
            | Self::ObservedRefusals => MetricKind::Count,
        }
    }

    /// The labels that it may have.
    pub fn labels(self) -> &'static [&'static str] {
        match self {
            Self::RecoveryTime | Self::DetectTime | Self::DecideTime => &["journey", "class", "phase", "inject"],
            Self::Coverage => &["route", "set"],
            Self::ErrorBudget => &["slo"],
            Self::BoundaryViolations => &["journey", "class", "phase", "route", "boundary", "when"],
            Self::TimeToRevoke => &["journey", "class", "route", "inject"],
            Self::ObservedRecoveryTime => &["phase", "way", "host", "inject"],
            _ if self.is_observed() => &["phase", "way", "host"],
            _ if self.is_of_inspections() => &["journey", "class", "phase", "route", "dlp"],
            _ => &["journey", "class", "phase", "route"],
        }
    }

    /// The labels without which it says nothing.
    pub fn needed_labels(self) -> &'static [&'static str] {
        match self {
            Self::Coverage | Self::ErrorBudget => self.labels(),
            _ => &[],
        }
    }

    /// Whether it says how long outages lasted, and so from when that counts is a choice.
    pub fn is_of_recoveries(self) -> bool {
        matches!(self, Self::RecoveryTime | Self::ObservedRecoveryTime)
    }

    /// Whether it is told of outages, and not of messages one by one.
    pub fn is_of_outages(self) -> bool {
        self.kind() == MetricKind::OutageTime || self == Self::ErrorBudget
    }

    /// Whether it says nothing of what was taken where nobody tells of receipts; of the wrong side, if that is beyond a boundary.
    pub fn needs_receipts(self) -> bool {
        matches!(
            self,
            Self::DeliveryLatency
                | Self::Lost
                | Self::Undelivered
                | Self::Duplicated
                | Self::DuplicatedAfterDedup
                | Self::Reordered
                | Self::WrongSide
        )
    }

    /// Whether it is told of shared documents, when all is over.
    pub fn is_of_documents(self) -> bool {
        matches!(self, Self::LostUpdates | Self::Conflicts | Self::StaleReads | Self::StaleReadWindow)
    }

    /// Whether it is told of programs that are not ours, and not of the drill's own messages.
    pub fn is_observed(self) -> bool {
        matches!(
            self,
            Self::ObservedAvailability
                | Self::ObservedLatency
                | Self::ObservedConnectLatency
                | Self::ObservedFailures
                | Self::ObservedRefusals
                | Self::ObservedRecoveryTime
        )
    }

    /// Whether it is told of gateways' audit trails.
    pub fn is_of_audits(self) -> bool {
        matches!(self, Self::AuditMissing | Self::AuditWrong | Self::AuditLag)
    }

    /// Whether it is told of what gateways had inspected, and not of messages one by one.
    pub fn is_of_inspections(self) -> bool {
        matches!(self, Self::DlpDetection | Self::DlpFalsePositives | Self::InterceptLatency | Self::Uninspected)
    }

    /// Whether it is a distribution, of which a value has to be named.
    pub fn is_distribution(self) -> bool {
        self.kind() == MetricKind::Latency
    }

    /// The words for what can be asked of it, besides percentiles; none if there is nothing to ask.
    pub fn aggregates(self) -> &'static [&'static str] {
        match self.kind() {
            MetricKind::Latency => &["mean", "min", "max"],
            MetricKind::Share => &[],
            MetricKind::Access => &["max"],
            MetricKind::OutageTime if self.is_of_recoveries() => &["max", "sum", "count"],
            MetricKind::OutageTime => &["max", "sum"],
            MetricKind::Count
                if self.is_of_audits()
                    || matches!(self, Self::BoundaryViolations | Self::ErpDuplicates | Self::ErpOutOfOrder) =>
            {
                &["count"]
            }
            MetricKind::Count if self.is_of_documents() => &["count", "ratio"],
            MetricKind::Count => &["count", "rate", "ratio"],
        }
    }
}

impl Aggregate {
    /// Every aggregate that is one word.
    pub const WORDS: [(&'static str, Self); 7] = [
        ("mean", Self::Mean),
        ("min", Self::Min),
        ("max", Self::Max),
        ("count", Self::Count),
        ("sum", Self::Sum),
        ("rate", Self::Rate),
        ("ratio", Self::Ratio),
    ];

    /// Whether it can be asked of a metric.
    pub fn suits(self, metric: Metric) -> bool {
        match self {
            Self::Percentile(_) => metric.is_distribution(),
            _ => metric.aggregates().contains(&self.to_string().as_str()),
        }
    }
}

impl std::fmt::Display for Aggregate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Self::Percentile(thousandths) = self {
            let (whole, fraction) = (thousandths / 1_000, format!("{:03}", thousandths % 1_000));
            let fraction = fraction.trim_end_matches('0');
            return if fraction.is_empty() { write!(f, "p{whole}") } else { write!(f, "p{whole}.{fraction}") };
        }
        f.write_str(Self::WORDS.iter().find(|(_, one)| one == self).map_or("", |(word, _)| word))
    }
}

impl CoverageSet {
    /// Every set with its word.
    pub const ALL: [(&'static str, Self); 2] = [("api", Self::Api), ("common", Self::Common)];

    /// The word in scenarios and reports.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, set)| *set == self).map_or("", |(name, _)| name)
    }
}
