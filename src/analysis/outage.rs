use serde::Serialize;

/// How a message of an outage series is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Good, and received by its last owed recipient then.
    Good,
    /// Not good.
    Bad,
}

/// A time during which a journey did not work, known to within two gaps and two deadlines.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outage {
    /// The due moment of the first bad message.
    pub start_s: f64,
    /// The receipt of the first good message of the run that ended it; `None` if still down.
    pub end_s: Option<f64>,
    /// max(0, `s_last_bad` − `s_first_bad` − D): the truth is at least this.
    pub lo_s: f64,
    /// `c_first_good` − `s_last_good`: the truth is at most this; `None` = no bound, still down.
    pub hi_s: Option<f64>,
    /// Whether it was still down at the end.
    pub censored: bool,
    /// When it was certain that the journey was down.
    pub declared_s: f64,
    /// When it was certain that it was up again.
    pub recovered_s: Option<f64>,
    /// Bad messages in it.
    pub bad: u64,
    /// How many outages less than `hold_up` apart were merged into it.
    pub merged: u32,
}

/// What became of an outage or of an inject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Down, and up again.
    Recovered,
    /// Down at the end.
    NotRecovered,
    /// The inject hit, and no outage followed: RTA 0.
    Tolerated,
}
