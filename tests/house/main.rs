//! The tree checks itself: what stands on what, where the seam is, habits that no compiler knows, and documents that must stay true.
//!
//! Every check is a function of text that returns complaints, each with file, line and remedy, so that a sample with a mistake in it
//! shows that the check can fail.

mod documents;
mod generated;
mod habits;
mod layers;
mod lock;
mod seam;
mod source;

/// Fails with every complaint at once.
fn no_complaints(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} found:\n{}", complaints.len(), complaints.join("\n"));
}
