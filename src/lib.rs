//! firedrill rehearses the day a company's collaboration platform locks it out.
//!
//! The modules in layer order; imports point down only, which `tests/house.rs` checks.
//!
//! ```text
//! cli
//! report · drill · proxy
//! path · endpoint · traffic · injector
//! client
//! verdict
//! analysis
//! vendor · control
//! journal
//! scenario · world
//! plan
//! limits · dlp
//! units · draw · confidence
//! ```

pub mod confidence;
pub mod draw;
pub mod units;

pub mod dlp;
pub mod limits;

pub mod plan;

pub mod scenario;
pub mod world;

pub mod journal;

pub mod control;
pub mod vendor;

pub mod analysis;

pub mod verdict;

pub mod client;

pub mod endpoint;
pub mod injector;
pub mod path;
pub mod traffic;

pub mod drill;
pub mod proxy;
pub mod report;

pub mod cli;
