//! Files that nobody means well with, or that went wrong on their way: a clear answer, at once, and never a panic.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::limits;

#[test]
fn files_that_cannot_be_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        read(&path).map(|_| ()).map_err(|found| found.to_string())
    };
    assert!(
        file("large", &vec![b'#'; 40 << 20]).is_err_and(|text| text.contains("error[too-large]: larger than 1024 KiB"))
    );
    let text = file("latin", b"firedrill: 1\nname: caf\xe9\n").expect_err("not UTF-8");
    assert!(text.contains("the byte at offset 22 ") && text.contains("latin:2:10\n"), "{text}");
    let wide: Vec<u8> = "name: a\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let text = file("utf-16", &[&[0xff, 0xfe][..], &wide].concat()).expect_err("not UTF-8");
    assert!(text.contains("this is UTF-16"), "{text}");
    assert!(read(directory.path()).is_err_and(|found| found.to_string().contains("error[unreadable]")));
    std::fs::create_dir(directory.path().join("scenarios")).expect("made");
    std::fs::write(directory.path().join("scenarios/quickstart.yaml"), "").expect("written");
    for (name, meant) in [("latin.yml", None), ("quickstart", Some("/scenarios/quickstart.yaml`?"))] {
        let told = read(&directory.path().join(name)).expect_err("no such file").to_string();
        assert_eq!(told.contains("hint: did you mean `"), meant.is_some(), "{told}");
        assert!(meant.is_none_or(|meant| told.contains(meant)), "{told}");
    }
    assert!(
        read(&directory.path().join("nothing")).is_err_and(|found| found.to_string().contains("error[unreadable]"))
    );
}

#[test]
fn texts_that_are_no_scenario() {
    let nested = "[".repeat(100_000);
    let maps = "{a: ".repeat(100_000);
    let indented = (0..1_000).fold(String::new(), |mut text, depth| {
        let _ = writeln!(text, "{:depth$}a:", "");
        text
    });
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..10 {
        let _ = writeln!(bomb, "a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 10].join(", "));
    }
    let many = (0..12_000).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "k{n}: 1");
        text
    });
    let long = format!("firedrill: 1\n{}: 1\n", "k".repeat(2_000));
    for (text, expected) in [
        ("", "missing"),
        ("# nothing\n", "missing"),
        ("[1, 2]", "wrong-kind"),
        ("hello", "wrong-kind"),
        ("firedrill: 1\nname: a\0b\n", "encoding"),
        ("firedrill: 1\n\u{1b}[31m: x\n", "encoding"),
        ("a: 1\na: 2\na: 3\n", "duplicate-key"),
        ("firedrill: 1\n\tname: x\n", "syntax"),
        ("a: *nobody\n", "syntax"),
        ("? [a]\n: b\n", "syntax"),
        ("a: 1\n---\nb: 1\n", "syntax"),
        ("a: !secret x\n", "syntax"),
        ("a: &a [*a]\n", "syntax"),
        (nested.as_str(), "too-large"),
        (maps.as_str(), "too-large"),
        (indented.as_str(), "too-large"),
        (bomb.as_str(), "too-large"),
        (many.as_str(), "too-large"),
        (long.as_str(), "syntax"),
    ] {
        let all = found(&source(text));
        let shown: String = text.chars().take(40).collect();
        assert!(all[0].starts_with(expected), "{shown:?}: {}", all[0]);
    }
}

#[test]
fn a_tab_is_called_a_tab() {
    let found = load(&source("firedrill: 1\n\tname: x\n"), &Options::default()).expect_err("a tab");
    assert!(found.to_string().contains("indented with a tab"), "{found}");
}

#[test]
fn more_mistakes_than_anyone_reads_are_counted() {
    let text = (0..5_000).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "k{n}: 1");
        text
    });
    let found = load(&source(&text), &Options::default()).expect_err("nothing but mistakes");
    assert_eq!(found.iter().count(), limits::DIAGNOSTICS);
    assert!(found.omitted() > 4_000 && found.to_string().contains("more"));
}

#[test]
fn line_ends_and_marks_of_other_systems() {
    assert_eq!(plan(&source(&SMALL.replace('\n', "\r\n"))), plan(&source(SMALL)));
    assert_eq!(plan(&source(&format!("\u{feff}{SMALL}"))), plan(&source(SMALL)));
    let crlf =
        load(&source(&SMALL.replace("2/s", "2").replace('\n', "\r\n")), &Options::default()).expect_err("no unit");
    assert!(crlf.to_string().contains("drill.yaml:12:49\n"), "{crlf}");
}

#[test]
fn figures_at_the_end_of_the_scale() {
    for (from, to) in [
        ("count: 20", "count: 99999999999999999999999999"),
        ("count: 20", "count: 4294967296"),
        ("count: 20", "count: 0"),
        ("rate: 2/s", "rate: 99999999999999999999/s"),
        ("rate: 2/s", "rate: 1000000000000/s"),
        ("rate: 2/s", "rate: 0/s"),
        ("deadline: 5s", "deadline: -5s"),
        ("deadline: 5s", "deadline: 0s"),
        ("deadline: 5s", "deadline: 1e9s"),
        ("fault: 20m", "fault: 584y"),
        ("fault: 20m", "fault: 5000000h"),
        ("fault: 20m", "fault: 213503d"),
        ("latency: 10ms", "latency: .inf"),
    ] {
        assert!(load(&small_with(from, to), &Options::default()).is_err(), "{to}");
    }
}

#[test]
fn too_few_addresses_and_shared_ones() {
    let with = |regions: &str| small_with("{ hk: {}, shenzhen: {} }", regions);
    assert_eq!(code(&with("{ hk: {addresses: [127.1.0.0/28]}, shenzhen: {} }")), "out-of-range");
    assert_eq!(code(&with("{ hk: {addresses: 127.20.0.0/16}, shenzhen: {} }")), "conflict");
    assert_eq!(code(&with("{ hk: {}, shenzhen: {addresses: [127.20.0.0/16, 127.10.0.0/24]} }")), "conflict");
    assert_eq!(code(&with("{ hk: {addresses: [1.2.3]}, shenzhen: {} }")), "bad-figure");
    let six = plan(&with("{ hk: {addresses: [\"fd00:10::/64\"]}, shenzhen: {addresses: [10.0.0.0/8, 127.9.0.0/16]} }"));
    assert_eq!(six.accounts[1].address.to_string(), "fd00:10::2");
    assert_eq!(six.accounts[20].address.to_string(), "127.9.0.1", "loopback first: it needs no configuration");
}

/// A scenario with bytes cut out, doubled, or replaced by what is special in YAML and in our own grammars.
fn mutated() -> impl Strategy<Value = String> {
    let freeze = include_str!("../../../scenarios/account-freeze.yaml").to_owned();
    let shipped = [SMALL.to_owned(), freeze, super::schema::everything().text];
    let pieces = prop::sample::select(vec![
        "",
        "{",
        "}",
        "[",
        "]",
        ":",
        "-",
        "\"",
        "&a ",
        "*a",
        "\n",
        "\t",
        "\0",
        "0",
        "%",
        "/s",
        "é",
        "~",
        "<<: ",
        "|",
        "#",
        "!",
        "9999999999999h",
    ]);
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, pieces), 1..8);
    (prop::sample::select(shipped.to_vec()), edits).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, cut, piece) in edits {
            let at = at.index(chars.len() + 1);
            let end = (at + cut).min(chars.len());
            chars.splice(at..end, piece.chars());
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #[test]
    fn no_mutation_panics(text in mutated()) {
        let source = source(&text);
        let checked = check_all(&source);
        let rendered = checked.diagnostics.to_string();
        prop_assert!(checked.loaded.is_empty() == rendered.contains("error[") || !checked.loaded.is_empty());
        let _ = checked.diagnostics.to_json();
    }

    #[test]
    fn no_expression_panics(text in "[a-z0-9(){}=,.<> é%\\-]{0,60}") {
        let _ = load(&small_and(&format!("targets:\n  t: {text:?}\n")), &Options::default());
        let _ = load(&source(SMALL), &Options { variant: None, set: vec![text] });
    }
}
