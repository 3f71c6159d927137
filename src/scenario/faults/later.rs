/// Faults that firedrill knows by name and cannot inject yet.
pub(in crate::scenario) const LATER: &[&str] = &["idp_down", "mfa_required", "toxiproxy", "netem", "chaos_mesh"];
