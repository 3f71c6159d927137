//! What is pushed to one app: which message by which of its connections, and what is still to be acknowledged.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::draw::Key;
use crate::endpoint::dingtalk::tokens::Bearer;
use crate::endpoint::mailbox::{Letter, Mailbox};
use crate::limits::STREAM_WINDOW;
use crate::units::Moment;
use crate::vendor::dingtalk::stream::PUSHED_AGAIN;

/// What a connection wants to be given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wishes {
    pub(super) messages: bool,
    pub(super) events: bool,
}

impl Wishes {
    fn want(self, letter: &Letter) -> bool {
        if letter.event.is_some() { self.events } else { self.messages }
    }
}

/// One app's messages.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) owner: Bearer,
    mailbox: Arc<Mailbox>,
    key: Key,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last frame of the mailbox that was given to a connection.
    after: u64,
    /// Frames that are not acknowledged.
    waiting: BTreeMap<u64, Waiting>,
    /// No frame that waits was pushed before this; `None` if nothing was waiting when it was last looked.
    oldest: Option<Moment>,
    /// Whether some that wait may have a connection now, and had none.
    homeless: bool,
    lines: BTreeMap<u64, Arc<Line>>,
}

#[derive(Debug)]
struct Waiting {
    letter: Arc<Letter>,
    /// The connection that it was given to; `None` if that is gone.
    line: Option<u64>,
    at: Moment,
    tries: u64,
}

/// One connection of an app.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: u64,
    wishes: Wishes,
    /// Rung when there is something to push, or to say.
    pub(super) wake: Notify,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<(u64, Arc<Letter>)>,
    dismissed: Option<&'static str>,
}

impl Line {
    fn next(&self) -> Option<(u64, Arc<Letter>)> {
        self.queue().frames.pop_front()
    }

    /// Why the connection is to end, if it is.
    pub(super) fn dismissed(&self) -> Option<&'static str> {
        self.queue().dismissed
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feed {
    pub(super) fn new(owner: Bearer, mailbox: Arc<Mailbox>, key: Key) -> Self {
        Self { owner, mailbox, key, state: Mutex::default() }
    }

    /// One more connection.
    pub(super) fn join(&self, number: u64, wishes: Wishes) -> Arc<Line> {
        let line = Arc::new(Line { number, wishes, wake: Notify::new(), queue: Mutex::default() });
        let mut state = self.state();
        state.lines.insert(number, Arc::clone(&line));
        state.homeless = true;
        line
    }

    /// The next frame to push by a connection. What was taken back meanwhile is not.
    pub(super) fn next(&self, line: &Line) -> Option<(u64, Arc<Letter>)> {
        while let Some((frame, letter)) = line.next() {
            if self.mailbox.holds(frame) {
                return Some((frame, letter));
            }
            self.state().waiting.remove(&frame);
        }
        None
    }

    /// A connection is given nothing any more, and others what it has not pushed yet. What it has pushed may still be acknowledged.
    pub(super) fn retire(&self, line: &Line) {
        let mut state = self.state();
        state.lines.remove(&line.number);
        for (frame, _) in line.queue().frames.drain(..) {
            if let Some(waiting) = state.waiting.get_mut(&frame) {
                waiting.line = None;
            }
        }
        state.homeless = true;
        state.ring();
    }

    /// A connection is gone: what it did not acknowledge goes to others, or to the next that comes.
    pub(super) fn leave(&self, line: &Line) {
        let mut state = self.state();
        state.lines.remove(&line.number);
        for waiting in state.waiting.values_mut().filter(|waiting| waiting.line == Some(line.number)) {
            waiting.line = None;
        }
        state.homeless = true;
        state.ring();
    }

    /// Every connection is to end.
    pub(super) fn dismiss(&self, why: &'static str) {
        let state = self.state();
        for line in state.lines.values() {
            line.queue().dismissed = Some(why);
        }
        state.ring();
    }

    /// Gives connections what there is: each frame to one of those that want it, drawn anew for each frame and try.
    pub(super) fn assign(&self, now: Moment) {
        let mut state = self.state();
        let State { after, waiting, oldest, homeless, lines } = &mut *state;
        if lines.is_empty() {
            return;
        }
        if oldest.is_some_and(|oldest| now.since(oldest) >= PUSHED_AGAIN) || *homeless {
            waiting.retain(|frame, _| self.mailbox.holds(*frame));
            for (frame, one) in waiting.iter_mut() {
                if one.line.is_none() || now.since(one.at) >= PUSHED_AGAIN {
                    one.tries += 1;
                    one.at = now;
                    one.line = self.give(lines, *frame, one.tries, &one.letter);
                }
            }
            *homeless = false;
            *oldest = waiting.values().map(|one| one.at).min();
        }
        while waiting.len() < STREAM_WINDOW
            && let Some((frame, letter)) = self.mailbox.peek(*after)
        {
            *after = frame;
            if let Some(line) = self.give(lines, frame, 0, &letter) {
                oldest.get_or_insert(now);
                waiting.insert(frame, Waiting { letter, line: Some(line), at: now, tries: 0 });
            } else {
                // What nobody has subscribed to is not pushed, and must not fill the mailbox.
                self.mailbox.pass_over(frame);
            }
        }
    }

    fn give(&self, lines: &BTreeMap<u64, Arc<Line>>, frame: u64, tries: u64, letter: &Arc<Letter>) -> Option<u64> {
        let wanting = || lines.values().filter(|line| line.wishes.want(letter));
        let many = u32::try_from(wanting().count()).unwrap_or(u32::MAX);
        let drawn = self.key.part(frame).draw(tries).below(many);
        let line = wanting().nth(drawn as usize)?;
        line.queue().frames.push_back((frame, Arc::clone(letter)));
        line.wake.notify_one();
        Some(line.number)
    }

    /// A client has a frame, or will have it later. Messages are not given again to whoever answered at all, events are.
    pub(super) fn acknowledge(&self, frame: u64, taken: bool) {
        let mut state = self.state();
        let again = state.waiting.get(&frame).is_some_and(|waiting| !taken && waiting.letter.event.is_some());
        if again {
            return;
        }
        let was_full = state.waiting.len() >= STREAM_WINDOW;
        if state.waiting.remove(&frame).is_some() {
            self.mailbox.read(frame);
        }
        if was_full {
            state.ring();
        }
    }

    /// When something has to be pushed again, at the earliest.
    pub(super) fn again(&self) -> Option<Moment> {
        self.state().oldest.map(|oldest| oldest + PUSHED_AGAIN)
    }

    /// Waits until the mailbox has something that can be given to a connection.
    pub(super) async fn arrival(&self) {
        let (has_room, after) = {
            let state = self.state();
            (state.waiting.len() < STREAM_WINDOW, state.after)
        };
        if has_room { self.mailbox.arrival(after).await } else { std::future::pending().await }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ring(&self) {
        self.lines.values().for_each(|line| line.wake.notify_one());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Seed;
    use crate::units::Span;
    use crate::vendor::dingtalk::events;

    const ALL: Wishes = Wishes { messages: true, events: true };

    fn feed() -> (Feed, Arc<Mailbox>) {
        let mailbox = Arc::<Mailbox>::default();
        let owner = Bearer { app: "key".into(), user: "anna".into() };
        (Feed::new(owner, Arc::clone(&mailbox), Seed(7).key("stream")), mailbox)
    }

    fn put(mailbox: &Mailbox, event: bool) {
        let event = event.then(|| events::meeting("1", "bert", "call", "start", 0));
        mailbox.put(Arc::new(Letter { event, ..Letter::default() }));
    }

    fn at(secs: u64) -> Moment {
        Moment::ZERO + Span::from_secs(secs)
    }

    fn frames(line: &Line) -> Vec<u64> {
        std::iter::from_fn(|| line.next()).map(|(frame, _)| frame).collect()
    }

    #[test]
    fn each_message_goes_to_one_connection() {
        let (feed, mailbox) = feed();
        let lines = [feed.join(1, ALL), feed.join(2, ALL)];
        (0..100).for_each(|_| put(&mailbox, false));
        feed.assign(at(0));
        let [one, two] = lines.map(|line| frames(&line));
        let mut both = [one.clone(), two.clone()].concat();
        both.sort_unstable();
        assert_eq!(both, (1..=100).collect::<Vec<_>>());
        // 100 fair draws: fewer than 20 of one side have a chance below 1 in 10⁹.
        assert!(one.len() >= 20 && two.len() >= 20, "{} and {}", one.len(), two.len());
    }

    #[test]
    fn what_a_broken_connection_had_goes_to_the_next() {
        let (feed, mailbox) = feed();
        let first = feed.join(1, ALL);
        (0..3).for_each(|_| put(&mailbox, false));
        feed.assign(at(0));
        assert_eq!(frames(&first), [1, 2, 3]);
        feed.acknowledge(2, true);
        feed.leave(&first);
        put(&mailbox, false);
        let second = feed.join(2, ALL);
        feed.assign(at(1));
        assert_eq!(frames(&second), [1, 3, 4]);
        assert!(mailbox.is_read(2) && !mailbox.is_read(1));
    }

    #[test]
    fn what_is_not_acknowledged_is_pushed_again() {
        let (feed, mailbox) = feed();
        let line = feed.join(1, ALL);
        put(&mailbox, true);
        put(&mailbox, false);
        feed.assign(at(0));
        assert_eq!(frames(&line), [1, 2]);
        feed.acknowledge(1, false);
        feed.acknowledge(2, false);
        assert_eq!(feed.again(), Some(at(60)));
        feed.assign(at(59));
        assert_eq!(frames(&line), [0; 0]);
        feed.assign(at(60));
        assert_eq!(frames(&line), [1], "an event; a message has been answered");
        feed.acknowledge(1, true);
        feed.assign(at(120));
        assert_eq!((frames(&line), feed.again()), (vec![], None));
    }

    #[test]
    fn what_is_taken_back_is_not_pushed_any_more() {
        let (feed, mailbox) = feed();
        let first = feed.join(1, ALL);
        (0..3).for_each(|_| put(&mailbox, false));
        feed.assign(at(0));
        assert_eq!(feed.next(&first).map(|(frame, _)| frame), Some(1));
        mailbox.take_back(1);
        mailbox.take_back(2);
        assert_eq!(feed.next(&first).map(|(frame, _)| frame), Some(3), "not pushed yet");
        feed.leave(&first);
        let second = feed.join(2, ALL);
        feed.assign(at(1));
        assert_eq!(frames(&second), [3], "pushed, and not acknowledged");
    }

    #[test]
    fn nobody_is_given_what_he_did_not_ask_for() {
        let (feed, mailbox) = feed();
        let line = feed.join(1, Wishes { messages: false, events: true });
        put(&mailbox, false);
        put(&mailbox, true);
        feed.assign(at(0));
        assert_eq!(frames(&line), [2]);
    }

    #[test]
    fn a_window_bounds_what_waits() {
        let (feed, mailbox) = feed();
        let line = feed.join(1, ALL);
        (0..STREAM_WINDOW + 5).for_each(|_| put(&mailbox, false));
        feed.assign(at(0));
        assert_eq!(frames(&line).len(), STREAM_WINDOW);
        feed.acknowledge(1, true);
        feed.assign(at(0));
        assert_eq!(frames(&line), [STREAM_WINDOW as u64 + 1]);
    }

    #[test]
    fn a_retired_connection_keeps_what_it_has_pushed() {
        let (feed, mailbox) = feed();
        let first = feed.join(1, ALL);
        put(&mailbox, false);
        put(&mailbox, false);
        feed.assign(at(0));
        assert_eq!(first.next().map(|(frame, _)| frame), Some(1));
        let second = feed.join(2, ALL);
        feed.retire(&first);
        feed.assign(at(1));
        assert_eq!(frames(&second), [2]);
        feed.leave(&first);
        feed.assign(at(1));
        assert_eq!(frames(&second), [1]);
    }
}
