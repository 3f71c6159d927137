use crate::units::Span;

/// How long an auditor passes over what a real gateway's trail holds before a drill begins: somebody waits for the drill. At a page in 50 ms it
/// is half a million entries.
pub const AUDIT_LOOK_PATIENCE: Span = Span::from_secs(60);

/// How often he begins to, if he gets no answer: one that is lost should not cost a drill of hours what its trail shows.
pub const AUDIT_LOOKS: u32 = 3;

/// How long he reads after a drill: all that a twin keeps, at more than a second a page.
pub const AUDIT_PATIENCE: Span = Span::from_secs(300);
