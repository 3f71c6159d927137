use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::limits::{MAILBOX_FRAMES, MAILBOX_KEPT};

/// A message that waits for a user.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) text: Box<str>,
}

/// What is to be pushed to one user, and what was pushed last.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    frames: Mutex<Frames>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Frames {
    /// The number of the frame before the first one kept.
    before: u64,
    /// The highest number that was pushed.
    pushed: u64,
    letters: VecDeque<Arc<Letter>>,
}

impl Mailbox {
    /// Keeps a message for the user. `false` if the mailbox is full.
    pub(super) fn put(&self, letter: Arc<Letter>) -> bool {
        {
            let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
            if frames.letters.len() >= MAILBOX_FRAMES {
                return false;
            }
            frames.letters.push_back(letter);
        }
        self.arrived.notify_waiters();
        true
    }

    /// The first frame after number `after` that is still kept, and its number.
    pub(super) fn next(&self, after: u64) -> Option<(u64, Arc<Letter>)> {
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        let number = after.max(frames.before) + 1;
        let index = usize::try_from(number - frames.before - 1).ok()?;
        let letter = Arc::clone(frames.letters.get(index)?);
        frames.pushed = frames.pushed.max(number);
        while frames.before + MAILBOX_KEPT < frames.pushed {
            frames.letters.pop_front();
            frames.before += 1;
        }
        Some((number, letter))
    }

    /// Waits until there is a frame after number `after`.
    pub(super) async fn arrival(&self, after: u64) {
        loop {
            let mut arrived = std::pin::pin!(self.arrived.notified());
            arrived.as_mut().enable();
            if self.has(after) {
                return;
            }
            arrived.await;
        }
    }

    fn has(&self, after: u64) -> bool {
        let frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        frames.before + frames.letters.len() as u64 > after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(n: u64) -> Arc<Letter> {
        Arc::new(Letter { text: n.to_string().into() })
    }

    #[test]
    fn a_receiver_goes_on_where_it_stopped() {
        let mailbox = Mailbox::default();
        for n in 1..=5 {
            assert!(mailbox.put(letter(n)));
        }
        assert_eq!(mailbox.next(0).map(|(n, _)| n), Some(1));
        assert_eq!(mailbox.next(3), Some((4, letter(4))));
        assert_eq!(mailbox.next(5), None);
        assert!(mailbox.has(4) && !mailbox.has(5));
    }

    #[test]
    fn what_was_pushed_long_ago_is_forgotten() {
        let mailbox = Mailbox::default();
        for n in 1..=MAILBOX_KEPT + 10 {
            mailbox.put(letter(n));
            assert_eq!(mailbox.next(n - 1).map(|(number, _)| number), Some(n));
        }
        assert_eq!(mailbox.next(0).map(|(number, _)| number), Some(11));
    }
}
