//! A target that has to be kept in every window: it is as good as the worst of them.
//!
//! It is kept if it is in each, and needs no stricter bounds for that: for all of them to be taken for kept while one is not, that one has
//! to be mistaken (the intersection–union test: R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics
//! 1982). It is broken if it is in any, and of many windows one may look broken by chance: for that the bounds are wrong in one drill of
//! twenty for all windows together (Bonferroni). Between both the truth of the worst window lies.

use std::iter;

use super::evidence::{Evidence, Found, missing};
use super::judgement::WorstWindow;
use super::shown::Shown;
use crate::analysis::{Observation, WindowFigures, Windows};
use crate::plan::{Aggregate, Confidence, Measure, Metric, Plan, Sliding, Target};
use crate::units::{Moment, six_digits, thousands};

/// What the windows of a target show of one journey or way in, which has this name.
type Part<'o> = (&'o str, &'o Windows);

/// One of its windows.
type Window<'o> = (&'o str, WindowFigures);

/// What windows show of a target.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Windowed {
    /// The one that has the worst figure, or too few messages.
    pub(super) worst: WorstWindow,
    /// Another one that the verdict hangs on, if it does not hang on the worst.
    pub(super) hinge: Option<Hinge>,
}

/// A window that shows more clearly that the target is broken than the one with the worst figure, or less clearly that it is kept: that one
/// may have fewer messages.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hinge {
    /// Which it is and what it stands on, for people.
    pub(super) basis: String,
    pub(super) shown: Option<Shown>,
}

/// What the observation says about a target in its windows.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target, sliding: Sliding) -> Found {
    let parts: Vec<Part<'_>> = parts(plan, observation, target).collect();
    let looked_at: u64 = parts.iter().map(|(_, windows)| windows.looked_at).sum();
    let unknown: u64 = parts.iter().map(|(_, windows)| windows.unknown).sum();
    let all = looked_at + unknown;
    if all == 0 {
        return Err(missing(0, format!("no window of {} is over", sliding.length)));
    }
    let told = Told { target, sliding, all };
    let by = |one: fn(&Windows) -> Option<WindowFigures>, of: fn(&WindowFigures) -> f64| {
        told.worst_by(parts.iter().filter_map(move |(name, windows)| Some((*name, one(windows)?))), of)
    };
    let weakest = by(|windows| windows.weakest, |window| window.kept).filter(|_| unknown == 0);
    let clearest = by(|windows| windows.clearest, |window| window.broken);
    let holds = |figure: f64| target.expr.op.holds(figure, target.expr.bound.value());
    let broken = clearest.filter(|(_, window)| !holds(window.broken));
    let between = told.between(weakest.map(|(_, window)| window.kept), clearest.map(|(_, window)| window.broken));
    let Some(hinge) = broken.or(weakest) else { return told.too_few(&parts, unknown, between) };
    // Of those with equal figures the one that the verdict hangs on.
    let worst = by(|windows| windows.worst, |window| window.figure);
    let worst = told.worst_by(iter::once(hinge).chain(worst), |window| window.figure).unwrap_or(hinge);
    let by_itself = if broken.is_some() { !holds(worst.1.broken) } else { holds(hinge.1.kept) };
    let hinge = Some(hinge).filter(|hinge| *hinge != worst && !by_itself);
    Ok(told.window(worst, hinge.map(|hinge| told.hinge(hinge, broken.is_some())), between))
}

fn parts<'o>(plan: &'o Plan, observation: &'o Observation, target: &'o Target) -> impl Iterator<Item = Part<'o>> {
    let position = plan.targets.iter().position(|other| other.name == target.name);
    let journeys = observation.journeys.iter().filter(|figures| plan.selects(&target.expr.of, figures.journey));
    let journeys = journeys.map(|figures| (figures.id.as_str(), &figures.windows));
    // Of a target's windows there are those of journeys, or those of ways in.
    let ways = observation.observed.iter().map(|figures| (figures.id.as_str(), &figures.windows));
    journeys.chain(ways).filter_map(move |(name, windows)| {
        let of_it = windows.iter().find(|windows| Some(windows.target.index()) == position);
        of_it.map(|windows| (name, windows))
    })
}

/// How it is told of windows.
#[derive(Clone, Copy)]
struct Told<'t> {
    target: &'t Target,
    sliding: Sliding,
    /// How many windows were over.
    all: u64,
}

impl Told<'_> {
    fn upward(self) -> bool {
        self.target.expr.op.is_lower_bound()
    }

    /// The worst of windows by such a figure. Of equal ones the first: `min_by` keeps it.
    fn worst_by<'o>(
        self,
        windows: impl Iterator<Item = Window<'o>>,
        of: fn(&WindowFigures) -> f64,
    ) -> Option<Window<'o>> {
        windows.min_by(|(_, a), (_, b)| if self.upward() { of(a).total_cmp(&of(b)) } else { of(b).total_cmp(&of(a)) })
    }

    /// Between what the figure of the worst window lies; without a window that shows it, it may be anything.
    fn between(self, kept: Option<f64>, broken: Option<f64>) -> (f64, f64) {
        let most = if self.target.expr.measure() == Measure::Share { 1.0 } else { f64::INFINITY };
        if self.upward() {
            (kept.unwrap_or(0.0), broken.unwrap_or(most))
        } else {
            (broken.unwrap_or(0.0), kept.unwrap_or(most))
        }
    }

    /// What its figure is of, and of what never came.
    fn words(self) -> (&'static str, &'static str) {
        match self.target.expr.metric {
            Metric::ObservedLatency => ("request", "were never answered"),
            Metric::ObservedConnectLatency => ("connection", "never stood"),
            Metric::ObservedAvailability => ("exchange or connection", "were never answered"),
            _ => ("message", "had not arrived when they were judged"),
        }
    }

    /// So many of what its figure is of.
    fn counted(self, n: u64) -> String {
        match (n, self.words().0) {
            (1, one) => format!("one {one}"),
            (n, "exchange or connection") => format!("{} exchanges and connections", thousands(n)),
            (n, one) => format!("{} {one}s", thousands(n)),
        }
    }

    /// The window with the worst figure, and the one that the verdict hangs on, if it is another.
    fn window(self, (name, window): Window<'_>, hinge: Option<Hinge>, between: (f64, f64)) -> Evidence {
        let which = match self.all {
            1 => format!("the only window of {}", self.sliding.length),
            all => format!("the worst of {} windows of {}", thousands(all), self.sliding.length),
        };
        let basis = format!("{which}, {}: {}", self.place(name, window.start), self.stands_on(&window));
        let (shown, (low, high)) = (self.shown(&window, between), between);
        let windowed = Some(Windowed { worst: self.at(name, window.start), hinge });
        Evidence { observed: window.observed, low, high, n: window.n, basis, shown, window: windowed }
    }

    fn hinge(self, (name, window): Window<'_>, broken: bool) -> Hinge {
        let which = if broken { "the one that shows it most clearly" } else { "the one that shows least" };
        let basis = format!("{which}, {}: {}", self.place(name, window.start), self.stands_on(&window));
        Hinge { basis, shown: self.shown(&window, self.between(Some(window.kept), Some(window.broken))) }
    }

    /// What a window shows beyond itself, where a bound is asked for.
    fn shown(self, window: &WindowFigures, (low, high): (f64, f64)) -> Option<Shown> {
        let expr = &self.target.expr;
        let asked = match expr.aggregate {
            Some(Aggregate::Percentile(thousandths)) => f64::from(thousandths) / 1e5,
            _ => expr.bound.value(),
        };
        let shown = Shown { effective: window.effective, low, high, shares: (window.share, asked), n: window.n };
        (self.target.confidence == Confidence::Bound).then_some(shown)
    }

    fn stands_on(self, window: &WindowFigures) -> String {
        let n = self.counted(window.n);
        if !self.target.expr.metric.is_distribution() {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of n is at most n")]
            let good = libm::round(window.share * window.n as f64) as u64;
            return format!("{} of {n} were good", thousands(good));
        }
        match window.observed {
            Some(_) => format!("over {n}"),
            None => format!("over {n} it falls among those that {}", self.words().1),
        }
    }

    /// No window broke the target, and some had too few messages to show that it was kept.
    fn too_few(self, parts: &[Part<'_>], unknown: u64, (low, high): (f64, f64)) -> Found {
        let empties = parts.iter().filter_map(|(name, windows)| Some((*name, windows.emptiest?, windows.least)));
        let Some((name, (start, n), least)) = empties.min_by_key(|(_, (_, n), _)| *n) else {
            return Err(missing(0, "no window had a message"));
        };
        let had = if n == 0 { format!("no {}", self.words().0) } else { self.counted(n) };
        let others = match unknown {
            1 => String::new(),
            few => format!("; {} of {} windows had too few", thousands(few), thousands(self.all)),
        };
        let place = self.place(name, start);
        let basis = format!("{place} had {had}, too few to tell, {} would do{others}", thousands(least));
        let window = Some(Windowed { worst: self.at(name, start), hinge: None });
        Ok(Evidence { observed: None, low, high, n, basis, shown: None, window })
    }

    fn place(self, name: &str, start: Moment) -> String {
        let (from, to) = (start.secs_f64(), (start + self.sliding.length).secs_f64());
        format!("{name} from {} s to {} s", six_digits(from), six_digits(to))
    }

    fn at(self, name: &str, start: Moment) -> WorstWindow {
        let end_s = (start + self.sliding.length).secs_f64();
        let name = Some(name.to_owned());
        let (journey, way) = if self.target.expr.metric.is_observed() { (None, name) } else { (name, None) };
        WorstWindow { journey, way, start_s: start.secs_f64(), end_s, of: self.all }
    }
}
