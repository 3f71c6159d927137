use serde::{Deserialize, Serialize};

/// The contents of `environment.json`: every wall-clock fact and whatever differs from machine to machine. Filled in by the caller,
/// and listed in the manifest without a digest, so that for one seed all other files are the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The version of firedrill.
    pub firedrill: String,
    /// The operating system and its release.
    pub os: String,
    /// The processor's architecture.
    pub arch: String,
    /// How many cores the process could use.
    pub cores: usize,
    /// How many files the process may open.
    pub descriptors: Option<u64>,
    /// When the process began, by the wall clock, RFC 3339.
    pub began: Option<String>,
    /// When the reports were written, by the wall clock, RFC 3339.
    pub ended: Option<String>,
}
