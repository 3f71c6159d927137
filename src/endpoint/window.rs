//! A vendor's limit: so many calls in a span that slides along.

use std::collections::{BTreeMap, VecDeque};

use crate::units::{Moment, Span};

/// The latest calls of every caller.
#[derive(Debug, Default)]
pub(super) struct Window(BTreeMap<String, VecDeque<Moment>>);

impl Window {
    /// Counts a call, of which there may be `most` in a span; if it is one too many, it is not counted, and the error says how long to wait.
    pub(super) fn count(&mut self, caller: &str, (most, span): (u32, Span), now: Moment) -> Result<(), Span> {
        if !self.0.contains_key(caller) {
            self.0.insert(caller.to_owned(), VecDeque::new());
        }
        let Some(latest) = self.0.get_mut(caller) else { return Ok(()) };
        while latest.front().is_some_and(|first| now.since(*first) >= span) {
            latest.pop_front();
        }
        match latest.front() {
            Some(first) if latest.len() >= most as usize => Err(span - now.since(*first)),
            _ => {
                latest.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_slides_along() {
        let mut window = Window::default();
        let limit = (2, Span::from_secs(1));
        let at = |millis| Moment::ZERO + Span::from_millis(millis);
        assert_eq!(window.count("a", limit, at(0)), Ok(()));
        assert_eq!(window.count("a", limit, at(400)), Ok(()));
        assert_eq!(window.count("a", limit, at(900)), Err(Span::from_millis(100)));
        assert_eq!(window.count("b", limit, at(900)), Ok(()), "each caller by himself");
        assert_eq!(window.count("a", limit, at(1_000)), Ok(()), "the first is a whole span ago");
        assert_eq!(window.count("a", limit, at(1_000)), Err(Span::from_millis(400)));
    }
}
