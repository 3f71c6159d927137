use proptest::prelude::*;

use super::{Kind, LONGEST, Language, checks, innocent, inspect, violation};
use crate::draw::{Key, Seed};

fn key(number: u64) -> Key {
    Seed(1).key("corpus").part(number)
}

fn kinds(text: &str) -> Vec<Kind> {
    inspect(text).iter().map(|finding| finding.kind).collect()
}

/// Every kind in every language, with a number.
fn sample() -> impl Strategy<Value = (Kind, Language, u64)> {
    let kind = proptest::sample::select(Kind::ALL.map(|(_, kind)| kind).to_vec());
    (kind, proptest::sample::select(vec![Language::Chinese, Language::English]), any::<u64>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_violation_is_found_and_nothing_else((kind, language, number) in sample(), before in "[ -~]{0,40} ", after in " [ -~]{0,40}") {
        let sentence = violation(kind, language, key(number));
        prop_assert!(sentence.len() <= LONGEST, "{} bytes: {}", sentence.len(), sentence);
        prop_assert_eq!(kinds(&sentence), vec![kind], "{}", &sentence);
        // Whatever stands around it may be something as well; it is found nevertheless.
        let text = format!("{before}{sentence}{after}");
        prop_assert!(kinds(&text).contains(&kind), "{}", text);
    }

    #[test]
    fn no_look_alike_is_taken_for_one((kind, language, number) in sample()) {
        let sentence = innocent(kind, language, key(number));
        prop_assert!(sentence.len() <= LONGEST, "{} bytes: {}", sentence.len(), sentence);
        prop_assert_eq!(kinds(&sentence), vec![], "{}", sentence);
    }

    #[test]
    fn what_is_found_is_a_piece_of_the_text(text in "[0-9A-Z(+ /F道號樓Tel電話（）.-]{0,80}|\\PC{0,80}") {
        let mut last = 0;
        for finding in inspect(&text) {
            prop_assert!(text.get(finding.start..finding.end).is_some_and(|piece| !piece.is_empty()), "{finding:?} of {text}");
            prop_assert!(finding.start >= last, "in order, and none twice: {finding:?} of {text}");
            last = finding.start;
        }
    }
}

#[test]
fn what_is_known_elsewhere() {
    // The specimen that every description of the check digit has, and cards that networks publish for tests.
    assert_eq!(kinds("A123456(3)"), [Kind::Hkid]);
    assert_eq!(kinds("A123456(4)"), []);
    assert_eq!(kinds("4111111111111111"), [Kind::Card]);
    assert_eq!(kinds("4111111111111112"), []);
    // The example of GB 11643-1999.
    assert_eq!(kinds("11010519491231002X"), [Kind::Resident]);
    assert_eq!(kinds("110105194912310021"), []);
    assert_eq!(checks::hkid(b"", b"123456"), None);
}

#[test]
fn a_number_is_a_telephone_number_only_if_something_says_so() {
    assert_eq!(kinds("99912345"), []);
    assert_eq!(kinds("Tel: 99912345"), [Kind::Phone]);
    assert_eq!(kinds("hotel 99912345"), [], "no word of its own");
    assert_eq!(kinds("Tel. and fax are in the office of Mr Lee 99912345"), [], "too far behind");
    assert_eq!(kinds("+852 9991 2345, +8615412345678"), [Kind::Phone, Kind::Phone]);
    assert_eq!(kinds("+852 0991 2345"), [], "no number begins with 0");
}

#[test]
fn an_address_says_where_in_the_house() {
    assert_eq!(kinds("紙鳶道12號150樓A室"), [Kind::Address]);
    assert_eq!(kinds("紙鳶道12號"), []);
    assert_eq!(kinds("樣品送紙鳶大道中12號150樓B室"), [Kind::Address]);
    assert_eq!(kinds("紙鳶中12號150樓"), [], "no street");
    assert_eq!(kinds("Flat A, 150/F, 12 Paper Kite Road"), [Kind::Address]);
    assert_eq!(kinds("150/F, by Paper Kite Road"), [], "no house");
}

#[test]
fn several_are_told_in_their_order() {
    let text = "STRICTLY CONFIDENTIAL: QQ123456(A)? no: A123456(3), tel 99912345";
    let found: Vec<_> = inspect(text).iter().map(|finding| (finding.kind, &text[finding.start..finding.end])).collect();
    assert_eq!(found[0], (Kind::Contract, "STRICTLY CONFIDENTIAL"));
    assert!(found.contains(&(Kind::Hkid, "A123456(3)")) && found.contains(&(Kind::Phone, "99912345")), "{found:?}");
}

#[test]
fn the_corpus_is_a_function_of_its_key() {
    let one = violation(Kind::Address, Language::English, key(7));
    assert_eq!(one, violation(Kind::Address, Language::English, key(7)));
    assert_ne!(one, violation(Kind::Address, Language::English, key(8)));
}
