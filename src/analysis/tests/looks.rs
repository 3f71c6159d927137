//! When it is looked what can be told leaves no trace, also of what is heard of a message long after it was due.

use std::sync::Arc;

use proptest::prelude::*;

use crate::analysis::{Folds, Observation};
use crate::draw::Seed;
use crate::journal::{Attempt, End, Ending, Event, Receipt, Record};
use crate::plan::{Aggregate, Bound, Expr, Failover, Metric, Op, Plan, Selector, Sliding, Target};
use crate::units::{RouteId, Share, Span};

use super::bounded::by_journey;
use super::script::{ORDER, What, attempt, control, ms, plan, receipt, records, seal};

/// What becomes of a message, long after it was due.
#[derive(Clone, Copy, Debug)]
enum Late {
    /// Nothing but what becomes of it at once.
    At(What),
    /// It is received so many milliseconds after it was due …
    Received(u64),
    /// … or refused, and taken then by the second route …
    SentAgain(u64),
    /// … or received at once, by the second route if so, and once more then, by the first, and left after de-duplication if so.
    Twice(u64, bool, bool),
}

fn late() -> impl Strategy<Value = Late> {
    prop_oneof![
        8 => Just(Late::At(What::Good)),
        2 => Just(Late::At(What::Lost)),
        1 => Just(Late::At(What::Refused)),
        1 => Just(Late::At(What::Unanswered)),
        1 => Just(Late::At(What::FailedOver)),
        3 => (0_u64..60_000).prop_map(Late::Received),
        3 => (0_u64..60_000).prop_map(Late::SentAgain),
        3 => (50_u64..60_000, any::<bool>(), any::<bool>()).prop_map(|(at, second, fresh)| Late::Twice(at, second, fresh)),
    ]
}

fn drill(kinds: &[Late]) -> Vec<Record> {
    let mut all =
        vec![control(ms(60_000), Event::Switched { journey: ORDER, account: None, from: RouteId(0), to: RouteId(1) })];
    for (number, late) in (0_u32..).zip(kinds) {
        let due = ms(u64::from(number) * 100);
        let after = |millis: u64| due + Span::from_millis(millis);
        let (what, more) = match *late {
            Late::At(what) => (what, Vec::new()),
            Late::Received(millis) => (What::Received(millis), Vec::new()),
            Late::Twice(millis, second, fresh) => {
                let once_more = Receipt { fresh, ..receipt(number, after(500 + millis)) };
                (if second { What::FailedOver } else { What::Good }, vec![Record::Receipt(once_more)])
            }
            Late::SentAgain(millis) => {
                let lite = RouteId(1);
                let taken = attempt(number, after(millis), Ending::Acknowledged);
                let received = Receipt { route: lite, ..receipt(number, after(millis + 30)) };
                let taken = Attempt { number: 2, route: lite, ..taken };
                (What::Refused, vec![Record::Attempt(taken), Record::Receipt(received)])
            }
        };
        all.extend(records(number, due, what).into_iter().chain(more));
    }
    all.push(seal(End::Completed));
    // A record is written when what it tells of has ended.
    all.sort_by_key(|record| match record {
        Record::Attempt(attempt) => attempt.done,
        _ => record.at(),
    });
    all
}

/// Targets on whatever is told in order of due moment.
fn judged() -> Plan {
    let none = Bound::Share(Share::from_percent(1));
    let target = |metric: Metric, aggregate, bound| {
        let of = Selector { journey: Some(ORDER), ..Selector::default() };
        Target::new(metric.name(), "", Expr { aggregate: Some(aggregate), metric, of, op: Op::Le, bound })
    };
    let counts = [
        Metric::Lost,
        Metric::Undelivered,
        Metric::Declined,
        Metric::Unacknowledged,
        Metric::Duplicated,
        Metric::DuplicatedAfterDedup,
        Metric::Reordered,
    ];
    let counts = counts.map(|metric| target(metric, Aggregate::Ratio, none));
    let latencies = [Metric::DeliveryLatency, Metric::AcceptLatency, Metric::ServiceLatency];
    let most = Bound::Time(Span::from_millis(1_500));
    let latencies = latencies.map(|metric| target(metric, Aggregate::Percentile(95_000), most));
    let windows = Sliding { length: Span::from_secs(10), every: Span::from_secs(5) };
    let sliding = latencies.clone().map(|target| Target { sliding: Some(windows), ..target });
    let targets = counts.into_iter().chain(latencies).chain(sliding).collect();
    let mut plan = Plan { targets, injects: Vec::new(), ..plan() };
    plan.journeys[0].failover = Some(Failover { decide: Span::from_secs(20), ..by_journey() });
    plan
}

fn looking_after(plan: &Plan, all: &[Record], records: usize) -> (Observation, usize) {
    let mut folds = Folds::new(Arc::new(plan.clone()), Seed(7)).looking_after(records);
    let mut most = 0;
    for (position, record) in (0_u64..).zip(all) {
        folds.record(position, record);
        most = most.max(folds.kept());
    }
    (folds.observe(None), most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_heard_late_is_told_alike_whenever_it_is_looked(
        kinds in prop::collection::vec(late(), 40..60),
        calm in 0_usize..800,
        records in 1_usize..200,
    ) {
        let plan = judged();
        // While nothing else is waited for, a message is told as soon as it is over.
        let calmed = |(number, kind): (usize, Late)| match kind {
            Late::Twice(..) => kind,
            _ if number < calm => Late::At(What::Good),
            _ => kind,
        };
        let kinds: Vec<Late> = kinds.iter().copied().cycle().take(1_200).enumerate().map(calmed).collect();
        let all = drill(&kinds);
        let (kept, _) = looking_after(&plan, &all, usize::MAX);
        let (told, most) = looking_after(&plan, &all, records);
        for (told, kept) in told.journeys[0].cells.iter().zip(&kept.journeys[0].cells) {
            prop_assert_eq!(&told.deliveries, &kept.deliveries);
            prop_assert!(told == kept, "{:?} {:?}", told.phase, told.route);
        }
        prop_assert_eq!(&told.journeys[0].neighbours, &kept.journeys[0].neighbours);
        prop_assert_eq!(&told.journeys[0].outages, &kept.journeys[0].outages);
        prop_assert_eq!(&told.journeys[0].windows, &kept.journeys[0].windows);
        prop_assert!(told == kept);
        prop_assert!(most < 1_000, "{most}");
    }
}
