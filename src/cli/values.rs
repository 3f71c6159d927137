//! The values of options, in our own words where they are none: what they are, and how one is written.

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use ipnet::IpNet;

use crate::limits;

/// A moment of the calendar.
pub(super) fn moment(text: &str) -> Result<jiff::Timestamp, String> {
    let meant = if text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10 { text } else { "2026-12-01" };
    let told = format!(
        "a moment has a date, a time and a zone: write for instance {meant}T00:00:00Z or {meant}T08:00:00+08:00"
    );
    text.parse().map_err(|_| told)
}

/// A seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}: write for instance 7", u64::MAX))
}

/// How many of something are at work.
pub(super) fn workers(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "this is a whole number, at least 1: write for instance 2".to_owned())
}

/// How often a drill is played.
pub(super) fn runs(text: &str) -> Result<u32, String> {
    let runs = text.parse().ok().filter(|runs| (1..=limits::RUNS).contains(runs));
    runs.ok_or_else(|| format!("plays are a whole number from 1 to {}: write for instance 100", limits::RUNS))
}

/// An address to listen at.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.trim_start_matches(':').parse::<u16>().ok();
    let meant = match text.strip_prefix("localhost:").and_then(|port| port.parse::<u16>().ok()).or(port) {
        Some(port) => format!("write 127.0.0.1:{port}"),
        None => "write for instance 127.0.0.1:8475, or port 0 for a free one".to_owned(),
    };
    text.parse().map_err(|_| format!("an address to listen at is an IP address and a port: {meant}"))
}

/// A block of addresses.
pub(super) fn block(text: &str) -> Result<IpNet, String> {
    let meant =
        text.parse::<std::net::IpAddr>().map_or_else(|_| "10.1.0.0/24".to_owned(), |ip| IpNet::from(ip).to_string());
    text.parse().map_err(|_| format!("a block of addresses has a prefix length: write for instance {meant}"))
}
