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
    assert_eq!(taken, Taken { count: changes.len(), refused: Vec::new() });
    from.heard(&to.name.clone(), &changes, &[]);
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
    mainland.take(&Changes { from: "hq".into(), documents: vec![stale] });
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
                hq.take(&Changes { from: "mainland".into(), documents: news.clone() });
                mainland.heard("hq", &news, &[]);
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

/// What another store has of a document, of which this one knows nothing.
fn change(document: &str, number: usize, text: &str) -> Change<'static> {
    Change {
        document: document.to_owned().into(),
        version: Version::default().after(&format!("s{number}")),
        modified: 1,
        by: format!("s{number}").into(),
        text: text.to_owned().into(),
        copies: vec![],
    }
}

fn changes(documents: Vec<Change<'static>>) -> Changes<'static> {
    Changes { from: "other".into(), documents }
}

/// It keeps its copies, and everything else goes on.
#[test]
fn a_document_with_too_many_copies_is_refused_and_no_other() {
    let mut hq = store("hq", OnConflict::KeepBoth);
    let nth = |store: &str, number: usize| (0..number).fold(Version::default(), |before, _| before.after(store));
    // Each version knows the one before, and has a copy beside it that none had.
    let told = |number: usize| {
        let copy = Change { version: nth("a", number), ..change("q3", 0, "x") };
        Change { version: nth("s0", number), copies: vec![copy], ..change("q3", 0, "x") }
    };
    for number in 1..=DOCUMENT_COPIES {
        assert_eq!(hq.take(&changes(vec![told(number)])), Taken { count: 1, refused: vec![] });
    }
    let before = texts(&hq);
    assert_eq!(before.1.len(), DOCUMENT_COPIES);
    let more = told(DOCUMENT_COPIES + 1);
    let taken = hq.take(&changes(vec![more, change("q4", 0, "y")]));
    assert_eq!((taken, texts(&hq)), (Taken { count: 1, refused: vec!["q3".to_owned()] }, before));
    assert_eq!(hq.read("q4").expect("the other").text, "y");
}

/// What another store has no room for is told again after all else, for ever.
#[test]
fn what_was_refused_is_still_news() {
    let mut hq = Store::new("hq", OnConflict::KeepBoth, ["a".to_owned(), "b".to_owned()]);
    for document in ["a", "b"] {
        hq.write((document, "x"), &Condition::None, (Optional, 1)).expect("written");
    }
    let told = |hq: &Store| hq.changes_for("other").iter().map(|one| one.document.to_string()).collect::<Vec<_>>();
    let news = hq.changes_for("other");
    hq.heard("other", &news, &["a".to_owned()]);
    assert_eq!((told(&hq), hq.has_news_for("other")), (vec!["a".to_owned()], true));
    hq.write(("b", "y"), &Condition::None, (Optional, 2)).expect("written");
    assert_eq!(told(&hq), ["b", "a"]);
    let news = hq.changes_for("other");
    hq.heard("other", &news, &[]);
    assert!(!hq.has_news_for("other"));
}

/// Nothing that is written or told makes a store larger than it may be, and what is there stays.
#[test]
fn a_store_holds_so_many_bytes_and_no_more() {
    let mut hq = store("hq", OnConflict::KeepBoth);
    let text = "x".repeat(DOCUMENTS_BYTES / 4);
    let mut write =
        |name: &str, text: &str| hq.write((name, text), &Condition::None, (Optional, 1)).map(|(_, new)| new);
    for name in ["a", "b", "c", "d"] {
        assert_eq!(write(name, &text), Ok(true));
    }
    assert_eq!((write("e", "x"), write("a", &format!("{text}x"))), (Err(No::Full), Err(No::Full)));
    // What takes the place of as much has room.
    assert_eq!((write("a", "short"), write("e", "x")), (Ok(false), Ok(true)));
    assert_eq!(hq.take(&changes(vec![change("f", 0, &text)])).refused, ["f"]);
    assert_eq!(hq.read("b").expect("there").text.len(), text.len());
}

/// A version that tells of more stores than others take would end all synchronisation.
#[test]
fn a_version_tells_of_so_many_stores_and_no_more() {
    let mut hq = store("hq", OnConflict::LastWriterWins);
    let refused: Vec<usize> =
        (0..70).filter(|number| !hq.take(&changes(vec![change("q3", *number, "x")])).refused.is_empty()).collect();
    // 64 stores, and what knows of others cannot be told or written any more.
    assert_eq!(refused, (64..70).collect::<Vec<_>>());
    assert_eq!(hq.write(("q3", "y"), &Condition::None, (Optional, 2)), Err(No::Full));
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
