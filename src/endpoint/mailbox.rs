use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::limits::{MAILBOX_FRAMES, MAILBOX_KEPT};
use crate::units::Moment;
use crate::vendor::dingtalk::events::Event;

/// A message that waits for a user.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Letter {
    /// What it says; empty if it only tells of a change.
    pub(super) text: Box<str>,
    /// Who sent it.
    pub(super) sender: Arc<str>,
    /// The platform's number of it.
    pub(super) number: u64,
    /// When it was sent.
    pub(super) at: Moment,
    /// The group that it was sent into; `None` if it was sent to single users.
    pub(super) place: Option<Box<str>>,
    /// What it says as it was sent, where that is more than its text.
    pub(super) content: Option<Box<str>>,
    /// The event as which the platform pushes it, if it is not pushed as a message.
    pub(super) event: Option<Event>,
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
    /// The highest number that is not waited for any more.
    settled: u64,
    slots: VecDeque<Slot>,
    /// Numbers that are no longer kept, and that the user never had; the latest.
    missed: BTreeSet<u64>,
}

#[derive(Debug)]
struct Slot {
    /// `None` if it was taken back.
    letter: Option<Arc<Letter>>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The user does not have it yet.
    Waiting,
    /// The user has it.
    Read,
    /// It was taken back, or nobody wanted it: the user will not have it.
    Over,
}

impl Frames {
    fn slot(&mut self, frame: u64) -> Option<&mut Slot> {
        let index = usize::try_from(frame.checked_sub(self.before + 1)?).ok()?;
        self.slots.get_mut(index)
    }

    /// The first letter after number `after` that is still kept, and its number.
    fn after(&self, after: u64) -> Option<(u64, &Arc<Letter>)> {
        let passed = after.saturating_sub(self.before);
        let from = usize::try_from(passed).ok().filter(|from| *from < self.slots.len())?;
        let mut kept = (self.before + passed + 1..).zip(self.slots.range(from..));
        kept.find_map(|(frame, slot)| slot.letter.as_ref().map(|letter| (frame, letter)))
    }

    /// A frame is not waited for any more. What was, long ago, is forgotten.
    fn settle(&mut self, frame: u64, state: State) {
        if let Some(slot) = self.slot(frame) {
            slot.state = state;
        }
        self.settled = self.settled.max(frame);
        while self.before + MAILBOX_KEPT < self.settled
            && let Some(state) = self.slots.front().map(|slot| slot.state).filter(|state| *state != State::Waiting)
        {
            self.slots.pop_front();
            self.before += 1;
            if state == State::Over {
                self.missed.insert(self.before);
            }
            if self.missed.len() > MAILBOX_FRAMES {
                self.missed.pop_first();
            }
        }
    }
}

impl Mailbox {
    /// Keeps a message for the user, and tells the number of its frame. `None` if the mailbox is full.
    pub(super) fn put(&self, letter: Arc<Letter>) -> Option<u64> {
        let frame = {
            let mut frames = self.frames();
            if frames.slots.len() >= MAILBOX_FRAMES {
                return None;
            }
            frames.slots.push_back(Slot { letter: Some(letter), state: State::Waiting });
            frames.before + frames.slots.len() as u64
        };
        self.arrived.notify_waiters();
        Some(frame)
    }

    /// Whether one more message can be kept.
    pub(super) fn has_room(&self) -> bool {
        self.frames().slots.len() < MAILBOX_FRAMES
    }

    /// The first frame after number `after` that is still kept, and its number. The user has it herewith.
    pub(super) fn next(&self, after: u64) -> Option<(u64, Arc<Letter>)> {
        let mut frames = self.frames();
        let (frame, letter) = frames.after(after)?;
        let letter = Arc::clone(letter);
        frames.settle(frame, State::Read);
        Some((frame, letter))
    }

    /// As [`next`](Self::next), but whether the user has it is told by [`read`](Self::read).
    pub(super) fn peek(&self, after: u64) -> Option<(u64, Arc<Letter>)> {
        self.frames().after(after).map(|(frame, letter)| (frame, Arc::clone(letter)))
    }

    /// The user has this frame.
    pub(super) fn read(&self, frame: u64) {
        self.frames().settle(frame, State::Read);
    }

    /// The user has every frame up to this one.
    pub(super) fn read_until(&self, frame: u64) {
        let mut frames = self.frames();
        let many = usize::try_from(frame.saturating_sub(frames.before)).unwrap_or(usize::MAX).min(frames.slots.len());
        for slot in frames.slots.range_mut(..many).filter(|slot| slot.state == State::Waiting) {
            slot.state = State::Read;
        }
        let last = frames.before + many as u64;
        frames.settle(last, State::Read);
    }

    /// Letters that are still kept after number `after` and up to number `until`, with their numbers: so many of those that are wanted, from
    /// the end that is asked for, and whether there are more.
    pub(super) fn between(
        &self,
        (after, until): (u64, u64),
        (backwards, most): (bool, usize),
        wanted: impl Fn(&Letter) -> bool,
    ) -> (Vec<(u64, Arc<Letter>)>, bool) {
        let frames = self.frames();
        let index = |frame: u64| {
            usize::try_from(frame.saturating_sub(frames.before)).unwrap_or(usize::MAX).min(frames.slots.len())
        };
        let (from, to) = (index(after), index(until));
        let kept = (frames.before + from as u64 + 1..).zip(frames.slots.range(from.min(to)..to));
        let wanted = kept.filter_map(|(frame, slot)| Some((frame, slot.letter.as_ref().filter(|one| wanted(one))?)));
        let mut found: Vec<_> = wanted.collect();
        if backwards {
            found.reverse();
        }
        let more = found.len() > most;
        found.truncate(most);
        (found.into_iter().map(|(frame, letter)| (frame, Arc::clone(letter))).collect(), more)
    }

    /// The number of the latest frame.
    pub(super) fn latest(&self) -> u64 {
        let frames = self.frames();
        frames.before + frames.slots.len() as u64
    }

    /// The highest number that nobody waits for any more.
    pub(super) fn settled(&self) -> u64 {
        self.frames().settled
    }

    /// Whether the user has this frame.
    pub(super) fn is_read(&self, frame: u64) -> bool {
        let mut frames = self.frames();
        match frames.slot(frame) {
            Some(slot) => slot.state == State::Read,
            None => frame <= frames.before && !frames.missed.contains(&frame),
        }
    }

    /// Takes a frame back that the user does not have yet.
    pub(super) fn take_back(&self, frame: u64) {
        let mut frames = self.frames();
        if let Some(slot) = frames.slot(frame).filter(|slot| slot.state == State::Waiting) {
            slot.letter = None;
            frames.settle(frame, State::Over);
        }
    }

    /// Nobody who would bring this frame to the user wants it: it is not waited for.
    pub(super) fn pass_over(&self, frame: u64) {
        let mut frames = self.frames();
        if frames.slot(frame).is_some_and(|slot| slot.state == State::Waiting) {
            frames.settle(frame, State::Over);
        }
    }

    /// Whether this frame is still kept, and was not taken back.
    pub(super) fn holds(&self, frame: u64) -> bool {
        self.frames().slot(frame).is_some_and(|slot| slot.letter.is_some())
    }

    /// Waits until there is a frame after number `after`.
    pub(super) async fn arrival(&self, after: u64) {
        loop {
            let mut arrived = std::pin::pin!(self.arrived.notified());
            arrived.as_mut().enable();
            if self.frames().after(after).is_some() {
                return;
            }
            arrived.await;
        }
    }

    fn frames(&self) -> MutexGuard<'_, Frames> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(n: u64) -> Arc<Letter> {
        Arc::new(Letter { text: n.to_string().into(), ..Letter::default() })
    }

    fn has(mailbox: &Mailbox, after: u64) -> bool {
        mailbox.peek(after).is_some()
    }

    #[test]
    fn a_receiver_goes_on_where_it_stopped() {
        let mailbox = Mailbox::default();
        for n in 1..=5 {
            assert_eq!(mailbox.put(letter(n)), Some(n));
        }
        assert_eq!(mailbox.next(0).map(|(n, _)| n), Some(1));
        assert_eq!(mailbox.next(3), Some((4, letter(4))));
        assert_eq!(mailbox.next(5), None);
        assert!(has(&mailbox, 4) && !has(&mailbox, 5));
    }

    #[test]
    fn what_was_pushed_long_ago_is_forgotten() {
        let mailbox = Mailbox::default();
        for n in 1..=MAILBOX_KEPT + 10 {
            mailbox.put(letter(n));
            assert_eq!(mailbox.next(n - 1).map(|(number, _)| number), Some(n));
        }
        assert_eq!(mailbox.next(0).map(|(number, _)| number), Some(11));
        assert!(mailbox.is_read(1), "what is forgotten was read");
    }

    #[test]
    fn what_is_not_acknowledged_is_not_forgotten() {
        let mailbox = Mailbox::default();
        for n in 1..=MAILBOX_KEPT + 10 {
            mailbox.put(letter(n));
            assert_eq!(mailbox.peek(n - 1), Some((n, letter(n))));
            if n > 1 {
                mailbox.read(n);
            }
        }
        assert_eq!(mailbox.peek(0), Some((1, letter(1))));
        assert!(!mailbox.is_read(1) && mailbox.is_read(2));
        mailbox.read(1);
        assert_eq!(mailbox.peek(0).map(|(number, _)| number), Some(11));
    }

    #[test]
    fn what_is_taken_back_was_never_there() {
        let mailbox = Mailbox::default();
        for n in 1..=3 {
            mailbox.put(letter(n));
        }
        mailbox.next(0);
        mailbox.take_back(1);
        mailbox.take_back(2);
        assert_eq!(mailbox.next(0).map(|(n, _)| n), Some(1), "the user has it");
        assert_eq!(mailbox.next(1).map(|(n, _)| n), Some(3));
        mailbox.put(letter(4));
        mailbox.take_back(4);
        assert!(!has(&mailbox, 3), "nothing to wait for");
        assert!(mailbox.is_read(1) && !mailbox.is_read(2) && !mailbox.is_read(4));
        for n in 5..=MAILBOX_KEPT + 10 {
            mailbox.put(letter(n));
            mailbox.next(n - 1);
        }
        assert!(mailbox.is_read(1) && !mailbox.is_read(2), "nor is it read once it is forgotten");
    }

    #[test]
    fn what_nobody_wants_does_not_fill_it() {
        let mailbox = Mailbox::default();
        for n in 1..=MAILBOX_FRAMES as u64 + 1 {
            assert_eq!(mailbox.put(letter(n)), Some(n));
            mailbox.pass_over(n);
        }
        assert!(!mailbox.is_read(1) && !mailbox.is_read(MAILBOX_FRAMES as u64));
        assert_eq!(
            mailbox.next(MAILBOX_FRAMES as u64),
            Some((MAILBOX_FRAMES as u64 + 1, letter(MAILBOX_FRAMES as u64 + 1)))
        );
    }
}
