/// Faults that firedrill knows by name and cannot inject yet.
pub(in crate::scenario) const LATER: &[&str] = &["toxiproxy", "netem", "chaos_mesh"];
