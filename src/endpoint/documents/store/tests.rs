use proptest::prelude::*;

use super::*;
use crate::plan::Locking::{Optional, Required};

fn store(name: &str, on_conflict: OnConflict) -> Store {
    Store::new(name, on_conflict, ["q3".to_owned()])
}

fn version(store: &Store) -> String {
    store.read("q3").expect("the document").version.into_owned()
}

/// The text of the document, and those of its conflicting copies.
fn texts(store: &Store) -> (String, Vec<String>) {
    let content = store.read("q3").expect("the document");
    (content.text.into_owned(), content.copies.into_iter().map(|copy| copy.text.into_owned()).collect())
}

fn write(store: &mut Store, text: &str, at: u64) {
    store.write(("q3", text), &Condition::None, (Optional, at)).expect("written");
}

/// One store tells another what it has not been told.
fn tell(from: &mut Store, to: &mut Store) {
    let changes = from.changes_for(&to.name);
    let taken = to.take(&Changes { from: from.name.clone().into(), documents: changes.clone() });
    assert_eq!(taken, Ok(changes.len()));
    from.heard(&to.name.clone(), &changes);
}

#[test]
fn a_document_is_written_if_the_condition_holds() {
    let mut store = store("hq", OnConflict::KeepBoth);
    let read = || Condition::Is(vec!["0".into()]);
    assert_eq!(store.write(("q3", "a"), &Condition::None, (Required, 1)), Err(No::Unconditional));
    assert_eq!(store.write(("q3", "a"), &read(), (Required, 1)), Ok(("hq=1".into(), false)));
    assert_eq!(store.write(("q3", "b"), &read(), (Optional, 2)), Err(No::Changed));
    assert_eq!(store.write(("q3", "b"), &Condition::Absent, (Optional, 2)), Err(No::Changed));
    assert_eq!(store.write(("q3", "b"), &Condition::Present, (Optional, 2)), Ok(("hq=2".into(), false)));
    assert_eq!(store.write(("q4", "c"), &Condition::Present, (Optional, 3)), Err(No::Changed));
    assert_eq!(store.write(("q4", "c"), &Condition::Absent, (Required, 3)), Ok(("hq=1".into(), true)));
    assert!(store.read("q5").is_none());
}

#[test]
fn what_one_store_knows_of_the_other_takes_its_place() {
    let (mut hq, mut mainland) = (store("hq", OnConflict::KeepBoth), store("mainland", OnConflict::KeepBoth));
    assert!(hq.changes_for("mainland").is_empty());
    write(&mut hq, "a", 1);
    tell(&mut hq, &mut mainland);
    assert!(hq.changes_for("mainland").is_empty());
    write(&mut mainland, "b", 2);
    tell(&mut mainland, &mut hq);
    assert_eq!((texts(&hq), version(&hq)), (("b".into(), vec![]), "hq=1;mainland=1".into()));
    // What it tells back is nothing new, and what is old does not come back.
    tell(&mut hq, &mut mainland);
    let old = Version::default().after("hq");
    let stale =
        Change { document: "q3".into(), version: old, modified: 9, by: "hq".into(), text: "a".into(), copies: vec![] };
    mainland.take(&Changes { from: "hq".into(), documents: vec![stale] }).expect("taken");
    assert_eq!(texts(&mainland), ("b".into(), vec![]));
}

/// Whoever tells whom first, and if both do at the same time.
#[test]
fn a_conflict_ends_alike_at_both() {
    for (on_conflict, copies) in
        [(OnConflict::LastWriterWins, vec![]), (OnConflict::KeepBoth, vec!["early".to_owned()])]
    {
        for crossed in [false, true] {
            let (mut hq, mut mainland) = (store("hq", on_conflict), store("mainland", on_conflict));
            write(&mut hq, "early", 1);
            write(&mut mainland, "late", 2);
            let news = mainland.changes_for("hq");
            tell(&mut hq, &mut mainland);
            if crossed {
                hq.take(&Changes { from: "mainland".into(), documents: news.clone() }).expect("taken");
                mainland.heard("hq", &news);
            }
            tell(&mut mainland, &mut hq);
            tell(&mut hq, &mut mainland);
            assert_eq!(texts(&hq), ("late".into(), copies.clone()));
            assert_eq!((texts(&mainland), version(&mainland)), (texts(&hq), version(&hq)));
            // Whoever had read before has not read that.
            assert_eq!(version(&hq), "hq=1;mainland=1");
        }
    }
}

#[test]
fn too_many_copies_are_refused_and_nothing_is_taken() {
    let mut hq = store("hq", OnConflict::KeepBoth);
    let change = |number: usize| Change {
        document: "q3".into(),
        version: Version::default().after(&format!("s{number}")),
        modified: 1,
        by: format!("s{number}").into(),
        text: "x".into(),
        copies: vec![],
    };
    // The first is the document, which knows what was there before.
    for number in 0..=DOCUMENT_COPIES {
        hq.take(&Changes { from: "other".into(), documents: vec![change(number)] }).expect("taken");
    }
    let before = texts(&hq);
    let more = Changes { from: "other".into(), documents: vec![change(DOCUMENT_COPIES + 1)] };
    assert_eq!((hq.take(&more), texts(&hq)), (Err(No::Full), before));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Somebody reads at the store, and writes what he has read before, if he has.
    Write(bool),
    Read(bool),
    Tell(bool),
}

proptest! {
    /// Whoever looks overwrites nothing that he has not read, in whatever order things happen; and where both versions are kept, nothing
    /// that was taken is gone when both stores have heard of everything.
    #[test]
    fn nothing_is_overwritten_unseen(steps in proptest::collection::vec(prop_oneof![
        any::<bool>().prop_map(Step::Write), any::<bool>().prop_map(Step::Read), any::<bool>().prop_map(Step::Tell),
    ], 1..40)) {
        let mut stores = [store("hq", OnConflict::KeepBoth), store("mainland", OnConflict::KeepBoth)];
        // Each text has in it what its writer had read.
        let mut read: [Option<(String, String)>; 2] = [None, None];
        let mut taken = Vec::new();
        for (at, step) in (1_u64..).zip(steps) {
            match step {
                Step::Read(there) => {
                    let store = &stores[usize::from(there)];
                    read[usize::from(there)] = Some((version(store), texts(store).0));
                }
                Step::Write(there) => {
                    let Some((tag, text)) = read[usize::from(there)].clone() else { continue };
                    let mark = format!("<{at}>");
                    let new = format!("{text}{mark}");
                    if stores[usize::from(there)].write(("q3", &new), &Condition::Is(vec![tag]), (Optional, at)).is_ok() {
                        taken.push(mark);
                    }
                }
                Step::Tell(there) => {
                    let [hq, mainland] = &mut stores;
                    if there { tell(hq, mainland) } else { tell(mainland, hq) }
                }
            }
        }
        let [hq, mainland] = &mut stores;
        for _ in 0..2 {
            tell(hq, mainland);
            tell(mainland, hq);
        }
        prop_assert_eq!((texts(hq), version(hq)), (texts(mainland), version(mainland)));
        let (text, copies) = texts(hq);
        for mark in taken {
            prop_assert!(text.contains(&mark) || copies.iter().any(|copy| copy.contains(&mark)), "{} is gone", mark);
        }
    }
}
