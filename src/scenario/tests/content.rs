//! What stands in texts, and the mistakes that one can make with it.

use super::*;
use crate::dlp::{Kind, inspect};
use crate::plan::{Corpus, Sensitivity, message};
use crate::units::{JourneyId, MessageId, Share};

fn with(content: &str) -> String {
    SMALL.replace("rate: 2/s", &format!("rate: 2/s, bytes: 400B, content: {content}"))
}

fn share(percent: u32) -> Share {
    Share::from_millionths(percent * 10_000).expect("a share")
}

#[test]
fn a_corpus_has_shares_and_kinds() {
    let read = |content: &str| plan(&source(&with(content))).journeys.remove(0).corpus.expect("a corpus");
    let every = Kind::ALL.map(|(_, kind)| kind).to_vec();
    assert_eq!(read("{ violations: 5% }"), Corpus { violations: share(5), look_alikes: share(0), kinds: every });
    let two = Corpus { violations: share(60), look_alikes: share(40), kinds: vec![Kind::Hkid, Kind::Address] };
    assert_eq!(read("{ violations: 60%, look_alikes: 40%, kinds: [hkid, address] }"), two);
    assert_eq!(read("{ violations: 5%, kinds: card }").kinds, [Kind::Card]);
}

#[test]
fn a_text_has_in_it_what_is_said_of_it() {
    let plan = plan(&source(&with("{ violations: 20%, look_alikes: 30% }")));
    let (mut violations, mut look_alikes) = (0, 0);
    for number in 0..2_000 {
        let id = MessageId { journey: JourneyId(0), number };
        let text = message::text(&plan, id).expect("a text");
        assert_eq!((message::id(&text), text.len()), (Some(id), 400), "{text}");
        let found: Vec<_> = inspect(&text).iter().map(|finding| finding.kind).collect();
        match plan.journeys[0].sensitivity(id) {
            Sensitivity::Violation(kind) => {
                violations += 1;
                assert_eq!(found, [kind], "{text}");
            }
            sort => {
                look_alikes += u32::from(matches!(sort, Sensitivity::LookAlike(_)));
                assert_eq!(found, [], "{text}");
            }
        }
    }
    // 2,000 trials of 20 % and of 30 %: 400 and 600, standard deviations 17.9 and 20.5; five of them are 89 and 102.
    assert!((311..=489).contains(&violations) && (498..=702).contains(&look_alikes), "{violations}, {look_alikes}");
}

#[test]
fn mistakes_are_told_with_a_hint() {
    for (content, told) in [
        ("{}", "`content` has no `violations`"),
        ("{ violations: 5%, kinds: [] }", "`kinds` names at least one"),
        ("{ violations: 5%, kinds: [name] }", "`name` is no kind of what may not leave"),
        ("{ violations: 60%, look_alikes: 41% }", "more than all messages together"),
    ] {
        let found = load(&source(&with(content)), &Options::default()).expect_err("a mistake").to_string();
        assert!(found.contains(told), "{content}: {found}");
    }
    let small = with("{ violations: 5% }").replace("bytes: 400B, ", "");
    let found = load(&source(&small), &Options::default()).expect_err("a mistake").to_string();
    assert!(found.contains("no room for what may not leave") && found.contains("`bytes: 360B`"), "{found}");
}
