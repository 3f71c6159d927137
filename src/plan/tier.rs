use serde::{Deserialize, Serialize};

/// What is paid for a platform, and so what one can ask of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Nobody says.
    #[default]
    Unstated,
    /// Its vendor has promised something.
    Paid,
    /// Nobody has promised anything: there is no service level to hold the vendor to, and no recourse.
    Free,
}
