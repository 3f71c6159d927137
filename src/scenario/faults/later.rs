/// Faults that firedrill knows by name and cannot inject yet.
pub(in crate::scenario) const LATER: &[&str] =
    &["idp_down", "mfa_required", "dlp_slow", "dlp_down", "toxiproxy", "netem", "chaos_mesh"];
