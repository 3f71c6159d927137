use super::{Pace, Recorded, Stretch};
use crate::units::{Moment, Rate, Span};

/// A pace made ready to be asked: when the n-th message is due, and how many are due before a moment. Both are the same function, so that
/// they agree.
#[derive(Clone, Debug)]
pub struct Course<'a>(Kind<'a>);

#[derive(Clone, Debug)]
enum Kind<'a> {
    Steady(Rate),
    Legs(Legs),
    Moments(&'a [Moment]),
}

/// Stretches with what came before each.
#[derive(Clone, Debug)]
struct Legs {
    legs: Vec<Leg>,
    /// How many messages there are, if ever so many.
    total: Option<f64>,
}

/// A stretch in which the rate, a second, changes evenly. A leg without messages has the rate 0 throughout.
#[derive(Clone, Copy, Debug)]
struct Leg {
    start: Moment,
    length: Span,
    from: f64,
    to: f64,
    /// The messages due before it.
    before: f64,
}

impl<'a> Course<'a> {
    /// The course of a pace.
    pub fn of(pace: &'a Pace) -> Self {
        Self(match pace {
            Pace::Steady(rate) => Kind::Steady(*rate),
            Pace::Varied(stretches) => Kind::Legs(Legs::of(stretches)),
            Pace::Recorded(Recorded::Moments(moments)) => Kind::Moments(moments),
            Pace::Recorded(Recorded::Counts { every, counts }) => Kind::Legs(Legs::counted(*every, counts)),
        })
    }

    /// When the n-th message is due, counted from 0, without accumulating rounding; `None` if there are not as many. No later for a smaller n.
    pub fn nth(&self, n: u64) -> Option<Moment> {
        match &self.0 {
            Kind::Steady(rate) => Some(rate.nth(n)),
            Kind::Legs(legs) => legs.due(n as f64),
            Kind::Moments(moments) => moments.get(usize::try_from(n).ok()?).copied(),
        }
    }

    /// When so many messages have become due, also a part of one: what turns even steps of a count, or a Poisson process of rate 1, into
    /// moments. `None` if there are not as many.
    pub fn when(&self, count: f64) -> Option<Moment> {
        match &self.0 {
            Kind::Steady(rate) => Some(Moment::ZERO + Span::from_secs_f64(count / rate.per_second())),
            Kind::Legs(legs) => legs.due(count),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "`as` saturates; below zero is 0"
            )]
            Kind::Moments(moments) => moments.get(count as usize).copied(),
        }
    }

    /// How many messages are due before `end`.
    pub fn count_before(&self, end: Moment) -> u64 {
        if let Kind::Steady(rate) = &self.0 {
            return rate.count_within(end.since(Moment::ZERO));
        }
        // The first message that is not due before it: at most 64 steps.
        let (mut least, mut most) = (0, u64::MAX);
        while least < most {
            let middle = least + (most - least) / 2;
            match self.nth(middle) {
                Some(due) if due < end => least = middle + 1,
                _ => most = middle,
            }
        }
        least
    }

    /// The highest rate before `end`, a second; of moments, that of the fullest stretch of `over`.
    pub(super) fn peak(&self, end: Moment, over: Span) -> f64 {
        match &self.0 {
            Kind::Steady(rate) => rate.per_second(),
            Kind::Legs(legs) => {
                let begun = legs.legs.iter().filter(|leg| leg.start < end);
                begun.map(|leg| leg.from.max(leg.rate_at(end.since(leg.start)))).fold(0.0, f64::max)
            }
            Kind::Moments(moments) => {
                let before = &moments[..moments.partition_point(|due| *due < end)];
                let from = |first: usize| before[first..].partition_point(|due| *due < before[first] + over);
                let most = (0..before.len()).map(from).max().unwrap_or(0);
                most as f64 / over.secs_f64()
            }
        }
    }
}

impl Legs {
    fn of(stretches: &[Stretch]) -> Self {
        let each = stretches.iter().map(|stretch| (stretch.from.per_second(), stretch.to.per_second(), stretch.length));
        // The last rate goes on for ever.
        let on = stretches.last().map(|last| (last.to.per_second(), last.to.per_second(), Span::MAX));
        Self { legs: legs(each.chain(on)), total: None }
    }

    fn counted(every: Span, counts: &[u32]) -> Self {
        let rates = counts.iter().map(|count| f64::from(*count) / every.secs_f64());
        let mut legs = legs(rates.map(|rate| (rate, rate, every)));
        // What came before is known exactly here.
        let mut before = 0.0;
        for (leg, count) in legs.iter_mut().zip(counts) {
            leg.before = before;
            before += f64::from(*count);
        }
        Self { legs, total: Some(before) }
    }

    /// When so many messages have become due.
    fn due(&self, count: f64) -> Option<Moment> {
        if self.total.is_some_and(|total| count >= total) {
            return None;
        }
        // Of legs that begin with the same count all but the last are without messages.
        let after = self.legs.partition_point(|leg| leg.before <= count);
        let leg = self.legs.get(after.checked_sub(1)?)?;
        Some(leg.start + leg.after(count - leg.before))
    }
}

/// Legs one after another, from the drill's start.
fn legs(each: impl Iterator<Item = (f64, f64, Span)>) -> Vec<Leg> {
    let (mut start, mut before) = (Moment::ZERO, 0.0);
    let leg = |(from, to, length)| {
        let leg = Leg { start, length, from, to, before };
        start = start + length;
        before += leg.messages();
        leg
    };
    each.map(leg).collect()
}

impl Leg {
    fn messages(&self) -> f64 {
        f64::midpoint(self.from, self.to) * self.length.secs_f64()
    }

    /// How long after its start so many of its messages have become due: the inverse of `from`·t + (`to` − `from`)·t² / 2·length, in the
    /// form that loses no digits when both rates are nearly the same.
    fn after(&self, messages: f64) -> Span {
        let growth = (self.to - self.from) / self.length.secs_f64().max(f64::MIN_POSITIVE);
        let root = (self.from * self.from + 2.0 * growth * messages).max(0.0).sqrt();
        let sum = self.from + root;
        let secs = if sum > 0.0 { 2.0 * messages / sum } else { 0.0 };
        Span::from_secs_f64(secs).min(self.length)
    }

    /// The rate so long after its start, or at its end if that is earlier.
    fn rate_at(&self, after: Span) -> f64 {
        let part = after.min(self.length).secs_f64() / self.length.secs_f64().max(f64::MIN_POSITIVE);
        self.from + (self.to - self.from) * part
    }
}
