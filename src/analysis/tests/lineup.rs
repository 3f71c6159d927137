//! Neighbours are neighbours in order of due moment and where they ended, in whatever order it becomes known what became of them.

use std::collections::BTreeMap;
use std::slice;
use std::sync::Arc;

use proptest::prelude::*;

use super::bounded::by_journey;
use super::script::{ORDER, READER, What, attempt, control, ms, plan, receipt, records, seal};
use crate::analysis::Among;
use crate::analysis::Folds;
use crate::analysis::lineup::{Lineup, Sample};
use crate::analysis::rows::{Row, Whose};
use crate::draw::Seed;
use crate::journal::{Attempt, End, Ending, Event, Receipt, Record};
use crate::plan::{Bound, Expr, Failover, Metric, Op, Plan, Selector, Target};
use crate::units::{AccountId, EndpointId, PhaseId, RouteId, Share, Span};

/// What becomes of a message: where it counts with what, if it counts; and how many messages later that is known.
#[derive(Clone, Debug)]
struct Fate {
    counts: Option<(Among, Vec<Sample>)>,
    /// Those of its samples that are told at once.
    at_once: usize,
    later: usize,
}

fn fate() -> impl Strategy<Value = Fate> {
    let whose = (0_u32..4, prop::option::of(0_u32..3))
        .prop_map(|(from, to)| Whose { from: AccountId(from), to: to.map(AccountId) });
    let sample = (0_usize..2, any::<bool>(), whose).prop_map(|(row, has, whose)| Sample { row, has, whose });
    let among = (0_u8..2, prop::option::of(0_u8..2));
    let among = among.prop_map(|(phase, route)| Among { phase: PhaseId(phase.into()), route: route.map(RouteId) });
    let counts = prop::option::weighted(0.9, (among, prop::collection::vec(sample, 0..3)));
    let later = prop_oneof![4 => Just(0), 2 => 0_usize..10, 1 => 0_usize..200];
    (counts, 0_usize..3, later).prop_map(|(counts, at_once, later)| Fate { counts, at_once, later })
}

type Rows = BTreeMap<(Among, usize), Row>;

/// One after the other, as if it were known at once.
fn at_once(fates: &[Fate]) -> Rows {
    let mut rows = Rows::new();
    for (among, samples) in fates.iter().filter_map(|fate| fate.counts.as_ref()) {
        for Sample { row, has, whose } in samples.iter().copied() {
            rows.entry((*among, row)).or_default().next(has, whose);
        }
    }
    rows
}

/// As it becomes known.
fn late(fates: &[Fate]) -> Rows {
    let (mut rows, mut lineup) = (Rows::new(), Lineup::default());
    let mut known: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, fate) in fates.iter().enumerate() {
        known.entry(number + fate.later).or_default().push(number);
    }
    let last = known.last_key_value().map_or(0, |(last, _)| *last);
    let id = |number: usize| u32::try_from(number).expect("few");
    for now in 0..=last {
        if let Some(fate) = fates.get(now) {
            let told = fate.counts.iter().flat_map(|(_, samples)| samples).take(fate.at_once);
            lineup.next(id(now), told.copied().collect());
        }
        for number in known.remove(&now).unwrap_or_default() {
            let Fate { counts, at_once, .. } = &fates[number];
            let counts = match counts {
                Some((among, samples)) => (slice::from_ref(among), samples.get(*at_once..).unwrap_or_default()),
                None => (&[][..], &[][..]),
            };
            lineup.count(id(number), counts, &mut rows);
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_known_late_stands_where_it_was_due(fates in prop::collection::vec(fate(), 0..120)) {
        prop_assert_eq!(late(&fates), at_once(&fates));
    }
}

/// Ten messages in a row, due from 70 s, which the first route refuses and the second takes a minute later, long after each was told to be bad.
/// Neighbours on the second route are these ten alone, on the first all the others, and wherever it went, both.
#[test]
fn messages_sent_again_late_are_neighbours_on_the_route_that_carried_them() {
    let late = 700..710;
    let mut plan = Plan { injects: Vec::new(), ..plan() };
    plan.journeys[0].failover = Some(Failover { decide: Span::from_secs(20), ..by_journey() });
    let of = Selector { route: Some(EndpointId(0)), ..Selector::default() };
    let bound = Bound::Share(Share::from_percent(99));
    let expr = Expr { aggregate: None, metric: Metric::Availability, of, op: Op::Ge, bound };
    plan.targets = vec![Target::new("kept", "", expr)];
    let switched = Event::Switched { journey: ORDER, account: None, from: RouteId(0), to: RouteId(1) };
    let mut all = vec![control(ms(129_000), switched)];
    for number in 0..1_200 {
        let due = ms(u64::from(number) * 100);
        let what = if late.contains(&number) { What::Refused } else { What::Good };
        all.extend(records(number, due, what));
        if late.contains(&number) {
            let (other, again) = (RouteId(1), due + Span::from_secs(60));
            all.push(Record::Attempt(Attempt {
                number: 2,
                route: other,
                ..attempt(number, again, Ending::Acknowledged)
            }));
            all.push(Record::Receipt(Receipt { route: other, ..receipt(number, again + Span::from_millis(30)) }));
        }
    }
    all.sort_by_key(Record::at);
    all.push(seal(End::Completed));
    let mut folds = Folds::new(Arc::new(plan), Seed(7)).looking_after(20);
    for (position, record) in (0_u64..).zip(&all) {
        folds.record(position, record);
    }
    let journey = &folds.observe(None).journeys[0];
    let phase = PhaseId(1);
    let carried = |route| {
        let cell = journey.cells.iter().find(|cell| (cell.phase, cell.route) == (phase, route)).expect("messages");
        [cell.good, cell.valid]
    };
    assert_eq!([carried(RouteId(0)), carried(RouteId(1))], [[590, 590], [0, 10]]);
    let pairs = |numbers: &mut dyn Iterator<Item = u32>| {
        let mut row = Row::default();
        let whose = |number| Whose { from: AccountId(number % 2), to: Some(READER) };
        numbers.for_each(|number| row.next(late.contains(&number), whose(number)));
        row.pairs()
    };
    let bad = |route| journey.neighbours.bad(Among { phase, route });
    assert_eq!(bad(Some(RouteId(0))), pairs(&mut (600..1_200).filter(|number| !late.contains(number))));
    assert_eq!(bad(Some(RouteId(1))), pairs(&mut late.clone()));
    assert_eq!(bad(None), pairs(&mut (600..1_200)));
}
