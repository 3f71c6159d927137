use proptest::prelude::*;

use super::*;
use crate::units::{JourneyId, Span};

fn id(number: u32) -> MessageId {
    MessageId { journey: JourneyId(0), number }
}

/// The only version of a change.
fn version(number: u32) -> Version {
    Version { message: id(number), number: 0 }
}

fn at(secs: u64) -> Moment {
    Moment::ZERO + Span::from_secs(secs)
}

/// Changes by number, each with what it was made from, acknowledged at as many seconds as its number says.
fn changes(bases: &[(u32, Option<u32>)], ends: &[u32]) -> Changes {
    Changes {
        bases: bases.iter().map(|(one, base)| (version(*one), base.map(version))).collect(),
        acknowledged: bases.iter().map(|(one, _)| (id(*one), at(u64::from(*one)))).collect(),
        ends: ends.iter().map(|end| version(*end)).collect(),
    }
}

/// Two writers, by hand. Anna writes 1 and then 3, made from 1; Bert has read 1 as well and writes 4, not knowing of 3; from 4 he makes 5.
const TWO_WRITERS: [(u32, Option<u32>); 4] = [(1, None), (3, Some(1)), (4, Some(1)), (5, Some(4))];

#[test]
fn what_nothing_goes_back_to_is_lost() {
    assert_eq!(Lineage::new(&changes(&TWO_WRITERS, &[5])).lost(), [id(3)]);
    assert_eq!(Lineage::new(&changes(&TWO_WRITERS, &[3])).lost(), [id(4), id(5)]);
    // With a conflicting copy both are there, and so is what they were made from.
    assert_eq!(Lineage::new(&changes(&TWO_WRITERS, &[3, 5])).lost(), []);
    assert_eq!(Lineage::new(&changes(&TWO_WRITERS, &[])).lost().len(), 4);
}

#[test]
fn what_was_read_lacks_the_earliest_change_that_is_not_in_it() {
    let mut all = Lineage::new(&changes(&TWO_WRITERS, &[3, 5]));
    assert_eq!(all.oldest_missing([]), Some(at(1)));
    assert_eq!(all.oldest_missing([version(1)]), Some(at(3)));
    assert_eq!(all.oldest_missing([version(3)]), Some(at(4)));
    assert_eq!(all.oldest_missing([version(5)]), Some(at(3)));
    assert_eq!(all.oldest_missing([version(4), version(3)]), Some(at(5)));
    assert_eq!(all.oldest_missing([version(5), version(3)]), None);
    // What is lost is not late.
    assert_eq!(Lineage::new(&changes(&TWO_WRITERS, &[5])).oldest_missing([version(1)]), Some(at(4)));
}

/// That cannot be, but moments may be the same.
#[test]
fn changes_that_go_back_to_each_other_are_in_each_other() {
    let round = [(1, Some(2)), (2, Some(1)), (3, Some(2))];
    for end in [1, 2, 3] {
        let mut all = Lineage::new(&changes(&round, &[end]));
        assert_eq!(all.lost(), if end == 3 { vec![] } else { vec![id(3)] });
        assert_eq!(all.oldest_missing([version(2)]), (end == 3).then(|| at(3)));
    }
    assert_eq!(Lineage::new(&changes(&[(1, Some(1))], &[1])).lost(), []);
}

/// Anna's answer is lost, Bert changes what she wrote, and she tries again on what he wrote.
#[test]
fn a_change_is_in_what_goes_back_to_any_of_its_versions() {
    let again = Version { number: 1, ..version(1) };
    let mut all = changes(&[(0, None), (1, Some(0)), (2, Some(1))], &[]);
    all.bases.insert(again, Some(version(2)));
    for (end, lost) in
        [(again, vec![]), (version(2), vec![]), (version(1), vec![id(2)]), (version(0), vec![id(1), id(2)])]
    {
        let mut lineage = Lineage::new(&Changes { ends: [end].into(), ..all.clone() });
        assert_eq!(lineage.lost(), lost);
        assert_eq!(lineage.oldest_missing([version(2)]), None);
        assert_eq!(lineage.oldest_missing([version(1)]), lost.is_empty().then(|| at(2)));
    }
}

/// The changes in a version, by following what each was made from.
fn in_it(bases: &BTreeMap<Version, Option<Version>>, version: Version) -> BTreeSet<MessageId> {
    let (mut all, mut next) = (BTreeSet::new(), Some(version));
    while let Some(one) = next.filter(|one| bases.contains_key(one) && all.insert(one.message)) {
        next = bases[&one];
    }
    all
}

proptest! {
    /// Whatever was made from whatever, it is as if one followed every change step by step.
    #[test]
    fn it_is_as_if_one_followed_every_change(
        made_from in proptest::collection::vec(proptest::option::of(0_u32..14), 1..12),
        ends in proptest::collection::vec(0_u32..14, 0..4),
        read in proptest::collection::vec(proptest::collection::vec(0_u32..14, 0..3), 1..8),
    ) {
        let bases: Vec<_> = (0..).zip(made_from).collect();
        let changes = changes(&bases, &ends);
        let there: BTreeSet<_> = ends.iter().flat_map(|end| in_it(&changes.bases, version(*end))).collect();
        let mut lineage = Lineage::new(&changes);
        let lost: Vec<_> = changes.acknowledged.keys().filter(|one| !there.contains(one)).copied().collect();
        prop_assert_eq!(lineage.lost(), lost);
        for versions in read {
            let has: BTreeSet<_> = versions.iter().flat_map(|one| in_it(&changes.bases, version(*one))).collect();
            let missing = there.iter().filter(|one| !has.contains(one)).map(|one| changes.acknowledged[one]).min();
            prop_assert_eq!(lineage.oldest_missing(versions.into_iter().map(version)), missing);
        }
    }
}
