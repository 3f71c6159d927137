use std::collections::BTreeMap;

use super::fixture::{EVIL, Fixture};
use super::{Format, Screen, render, terminal};
use crate::analysis::tests::script;
use crate::analysis::{LeakFigures, Outage};
use crate::dlp::Kind;
use crate::journal::Event;
use crate::plan::{Aggregate, Bound, Expectation, Expr, Level, Metric, Op, Selector, Target, Verdict};
use crate::units::{PhaseId, Span, thousands};
use crate::verdict::{TargetOutcome, judge};

mod said;

fn text(format: Format, fixture: &Fixture) -> String {
    String::from_utf8(render(format, &fixture.report()).unwrap()).unwrap()
}

fn all() -> [Fixture; 3] {
    [Fixture::quickstart(), Fixture::interrupted(), Fixture::hostile()]
}

#[test]
fn the_terminal() {
    let fixture = Fixture::quickstart();
    let screen =
        Screen { colour: false, width: None, directory: Some("reports/quickstart/20310314T090000.000Z-sockets-7") };
    insta::assert_snapshot!(terminal(&fixture.report(), &screen));
    let narrow = Screen { width: Some(60), ..Screen::default() };
    insta::assert_snapshot!("narrow_terminal", terminal(&fixture.report(), &narrow));
    insta::assert_snapshot!("interrupted_terminal", text(Format::Terminal, &Fixture::interrupted()));
}

#[test]
fn the_files() {
    let fixture = Fixture::quickstart();
    insta::assert_snapshot!("summary", text(Format::Json, &fixture));
    insta::assert_snapshot!("markdown", text(Format::Markdown, &fixture));
    insta::assert_snapshot!("junit", text(Format::Junit, &fixture));
    insta::assert_snapshot!("interrupted_junit", text(Format::Junit, &Fixture::interrupted()));
    insta::assert_snapshot!("hostile_markdown", text(Format::Markdown, &Fixture::hostile()));
}

/// What a reader hears: the page without style, drawing and markup.
#[test]
fn the_words_of_the_page() {
    let page = text(Format::Html, &Fixture::quickstart());
    insta::assert_snapshot!("html_words", words(&page));
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    for format in Format::ALL {
        for (one, other) in all().iter().zip(&all()) {
            assert_eq!(text(format, one), text(format, other));
        }
    }
}

#[test]
fn colour_changes_nothing_but_colour_and_lines_fit_a_terminal() {
    for fixture in all() {
        let plain = terminal(&fixture.report(), &Screen::default());
        let coloured = terminal(&fixture.report(), &Screen { colour: true, width: None, directory: None });
        assert!(coloured.contains("\u{1b}["));
        assert!(!plain.contains('\u{1b}'));
        // The verdict stands in brackets where it cannot stand on a coloured ground.
        let unbracketed = ["✔  PASS", "■  INTERRUPTED"]
            .iter()
            .fold(plain.clone(), |text, verdict| text.replacen(&format!("[ {verdict} ]"), &format!(" {verdict} "), 1));
        assert_eq!(uncoloured(&coloured), unbracketed);
        for (width, most) in [(None, 98), (Some(1), 60), (Some(60), 60), (Some(80), 80), (Some(300), 98)] {
            let screen = Screen { width, ..Screen::default() };
            for line in terminal(&fixture.report(), &screen).lines() {
                assert!(line.chars().count() <= most, "{width:?}: {line}");
            }
        }
    }
}

#[test]
fn hostile_text_stays_text_in_the_page() {
    let page = text(Format::Html, &Fixture::hostile());
    assert!(page.matches("alert(").count() > 5);
    for forbidden in ["<script", "\u{1b}", "\u{0}", "\u{202e}", "alert('x"] {
        assert!(!page.contains(forbidden), "{forbidden:?}");
    }
    // Both the template's text and the charts' own.
    assert!(page.contains("&#60;script&#62;") && page.contains("&lt;script&gt;"));
}

#[test]
fn the_page_loads_nothing() {
    let page = text(Format::Html, &Fixture::quickstart());
    for forbidden in ["src=", "href=", "url(", "@import", "<link", "<iframe"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    // The name space of SVG is a name, and the only address on the page.
    assert_eq!(
        page.matches("http").count(),
        page.matches("http-equiv").count() + page.matches("http://www.w3.org/2000/svg").count()
    );
}

#[test]
fn junit_is_well_formed_whatever_it_says() {
    for fixture in all() {
        let xml = text(Format::Junit, &fixture);
        let read = quick_junit::Report::deserialize_from_str(&xml).unwrap();
        assert_eq!(read.test_suites[0].test_cases.len(), fixture.judgement.targets.len() + 1);
        let allowed =
            |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(xml.chars().all(allowed));
    }
}

#[test]
fn a_run_that_judged_nothing_is_not_green() {
    let xml = text(Format::Junit, &Fixture::interrupted());
    let suite = &quick_junit::Report::deserialize_from_str(&xml).unwrap().test_suites[0];
    assert!(suite.errors > 1, "{xml}");
}

#[test]
fn the_summary_has_every_key_of_the_contract() {
    let json: serde_json::Value = serde_json::from_str(&text(Format::Json, &Fixture::quickstart())).unwrap();
    for key in [
        "firedrill",
        "scenario",
        "variant",
        "world",
        "seed",
        "verdict",
        "exit_code",
        "started",
        "duration_s",
        "messages",
        "deliveries",
        "journeys",
        "recovery",
        "injects",
        "targets",
        "sender",
    ] {
        assert!(json.get(key).is_some(), "{key}");
    }
    let journey = &json["journeys"][0];
    for key in ["id", "basis", "latency_ms", "service_latency_ms", "availability", "phases", "routes", "outages"] {
        assert!(journey.get(key).is_some(), "{key}");
    }
    assert_eq!(json["deliveries"]["wrong_side"], 0);
    assert_eq!(json["recovery"][1]["outcome"], "recovered");
}

#[test]
fn an_expectation_is_compared_with_its_reasons() {
    let mut fixture = Fixture::quickstart();
    let because = vec!["steady".to_owned()];
    fixture.plan.expect = Some(Expectation { verdict: Verdict::Fail, because });
    for format in [Format::Terminal, Format::Markdown, Format::Html] {
        let told = text(format, &fixture).split_whitespace().collect::<Vec<_>>().join(" ");
        let otherwise =
            "expects fail because of steady: it came out otherwise, since the verdict is pass and steady passed.";
        assert!(told.contains(otherwise), "{told}");
    }
    let json: serde_json::Value = serde_json::from_str(&text(Format::Json, &fixture)).unwrap();
    assert_eq!(json["expectation"], serde_json::json!({"verdict": "fail", "because": ["steady"], "met": false}));
}

/// Of a drill that failed, the targets that were missed are the reason; what would only have kept it from saying anything is told after them.
#[test]
fn the_first_reason_is_what_decided() {
    let mut fixture = Fixture::quickstart();
    fixture.judgement.targets[2].verdict = TargetOutcome::Fail;
    fixture.judgement.reasons = vec!["inject freeze never bit".to_owned()];
    let told = |fixture: &Fixture| {
        [Format::Terminal, Format::Markdown, Format::Html].map(|format| {
            let text = text(format, fixture).replace("<li>", "- ").replace("</li>", "");
            let after = text.split_once("At least one target").or(text.split_once("No verdict: ")).unwrap().1;
            let lines = after.lines().skip(1).map(|line| line.trim().replace("– ", "- "));
            lines.filter(|line| line.starts_with("- ")).take(2).collect::<Vec<_>>()
        })
    };
    fixture.exit_code = 1;
    let failed = ["- missed: promises-kept", "- by itself only inconclusive: inject freeze never bit"];
    assert_eq!(told(&fixture), [failed; 3]);
    // What is not known decides as well, and is named.
    fixture.judgement.targets[2].verdict = TargetOutcome::Inconclusive;
    fixture.exit_code = 3;
    assert_eq!(told(&fixture), [["- inject freeze never bit", "- not known: promises-kept"]; 3]);
}

/// What was not judged stands in the books, and they add up.
#[test]
fn the_books_name_what_was_not_judged() {
    let mut fixture = Fixture::quickstart();
    let n = fixture.observation.messages.intended;
    // 15 more were due, and an inspection blocked them.
    fixture.observation.journeys[0].phases[0].figures.blocked = 15;
    fixture.observation.messages.intended += 15;
    fixture.observation.messages.refused += 15;
    let line = format!("{} intended = {} judged + 15 rightly blocked\n", thousands(n + 15), thousands(n));
    assert!(text(Format::Terminal, &fixture).contains(&line), "{line}");
    // One that is missing shows.
    fixture.observation.messages.intended += 1;
    let line = format!("{} intended ≠ {} judged + 15 rightly blocked", thousands(n + 16), thousands(n));
    assert!(text(Format::Terminal, &fixture).contains(&line), "{line}");
}

/// A terminal shows the first of many leaks, and says how many more there are; its captions are never cut.
#[test]
fn what_a_terminal_leaves_out_it_says() {
    let mut fixture = Fixture::quickstart();
    let leak = |number: u32| LeakFigures {
        message: format!("order-{number}"),
        at_s: 1.0,
        kind: Kind::Hkid,
        account: "purchasing-1".into(),
        route: "DingTalk".into(),
    };
    fixture.observation.leaks = (0..13).map(leak).collect();
    (fixture.observation.deliveries.leaked, fixture.observation.deliveries.violations) = (13, 13);
    let told = text(Format::Terminal, &fixture);
    assert!(
        told.contains("order-4") && !told.contains("order-5") && told.contains("… and 8 more in the report"),
        "{told}"
    );
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the earliest messages of each journey"), "{told}");
    assert!(text(Format::Markdown, &fixture).contains("order-12"));
    fixture.observation.leaks.truncate(5);
    assert!(!text(Format::Terminal, &fixture).contains("more in the report"));
}

#[test]
fn every_figure_of_the_summary_is_rounded() {
    let mut fixture = Fixture::quickstart();
    fixture.observation.sender.lag_ms.max = 0.123_456_789;
    fixture.observation.recovery[1].hi_s = Some(f64::INFINITY);
    let json = text(Format::Json, &fixture);
    assert!(json.contains("0.123457") && !json.contains("0.1234567"));
    assert!(json.contains("\"hi_s\": null"));
}

#[test]
fn what_the_folds_observe_can_be_rendered() {
    let mut plan = script::plan();
    let order = Selector { journey: Some(script::ORDER), ..Selector::default() };
    let target = |name: &str, aggregate, metric: Metric, bound| {
        let text = format!("{}{{journey=order}}", metric.name());
        let expr = Expr { aggregate, metric, of: order, op: Op::Le, bound };
        let phases = vec![PhaseId(0), PhaseId(1), PhaseId(2)];
        Target { level: Level::Must, phases, ..Target::new(name, text, expr) }
    };
    let time = Bound::Time(Span::from_secs(5));
    plan.targets = vec![
        target("rto", None, Metric::RecoveryTime, time),
        target("p99", Some(Aggregate::Percentile(99_000)), Metric::DeliveryLatency, time),
        target("lost", None, Metric::Lost, Bound::Count(0)),
    ];
    let mut records = script::journey(script::refused_within(61, 70));
    records.push(script::hit(script::FREEZE, script::ms(61_000)));
    records.push(script::control(script::ms(60_000), Event::Applied(script::FREEZE)));
    records.push(script::control(script::ms(90_000), Event::Lifted(script::FREEZE)));
    let observation = script::completed(&plan, records);
    let judgement = judge(&plan, &observation);
    let start = Fixture::quickstart().start;
    let fixture = Fixture { plan, start, observation, judgement, exit_code: 1 };
    insta::assert_snapshot!("folded_terminal", text(Format::Terminal, &fixture));
    for format in Format::ALL {
        text(format, &fixture);
    }
    if let Some(directory) = std::env::var_os("FIREDRILL_PAGES") {
        let path = std::path::Path::new(&directory).join("folded.html");
        std::fs::write(path, text(Format::Html, &fixture)).unwrap();
    }
}

#[test]
fn the_format_is_told_by_its_word() {
    for format in Format::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    let error = "pdf".parse::<Format>().unwrap_err();
    assert_eq!(error.to_string(), "`pdf` is no format; write one of terminal, json, markdown, junit, html");
}

#[test]
fn hostile_text_cannot_leave_its_table_cell() {
    let markdown = text(Format::Markdown, &Fixture::hostile());
    assert!(!markdown.contains("<script") && !markdown.contains('\u{1b}') && markdown.contains("&lt;script"));
    for table in markdown.split("\n\n").filter(|block| block.starts_with("| ")) {
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let widths: Vec<_> = table.lines().map(cells).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{table}");
    }
    assert!(EVIL.contains('|'));
}

fn uncoloured(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

fn words(page: &str) -> String {
    // Where a line may end, nobody hears anything.
    let body = page.split_once("<body>").unwrap().1.replace("<wbr>", "");
    let mut text = String::new();
    let mut svg = false;
    for part in body.split('<') {
        let (tag, words) = part.split_once('>').unwrap_or(("", part));
        svg = (svg || tag.starts_with("svg")) && tag != "/svg";
        if !svg && !words.trim().is_empty() {
            text += words.trim();
            text.push('\n');
        }
    }
    text
}

/// Writes the pages where `FIREDRILL_PAGES` says, for people to look at.
#[test]
fn pages_to_look_at() {
    let Some(directory) = std::env::var_os("FIREDRILL_PAGES") else { return };
    for (name, fixture) in ["quickstart", "interrupted", "hostile"].iter().zip(all()) {
        for format in Format::ALL {
            let path = std::path::Path::new(&directory).join(format!("{name}.{format}"));
            let path = if format == Format::Html { path.with_extension("html") } else { path };
            std::fs::write(path, text(format, &fixture)).unwrap();
        }
        let coloured = terminal(&fixture.report(), &Screen { colour: true, width: None, directory: Some("reports/…") });
        std::fs::write(std::path::Path::new(&directory).join(format!("{name}.ansi")), coloured).unwrap();
    }
}

#[test]
fn whose_figure_was_promised_stands_beside_it() {
    let mut fixture = Fixture::quickstart();
    let (claim, source) = (Some("stall_mean".to_owned()), Some("signed by the board".to_owned()));
    (fixture.plan.targets[1].claim, fixture.plan.targets[1].source) = (claim.clone(), source.clone());
    (fixture.judgement.targets[1].claim, fixture.judgement.targets[1].source) = (claim, source);
    let whose = "claim stall_mean (a vendor's or an article's statement: a trade article | unnamed; not verified); signed by the board";
    let markdown = text(Format::Markdown, &fixture).replace("\\|", "|");
    assert!(markdown.contains(&format!("({whose})")), "{markdown}");
    // The other way round: what rests on the claim.
    let row = markdown.lines().find(|line| line.starts_with("| **stall_mean**")).unwrap();
    assert!(row.ends_with("**✘ not verified** | rto |"), "{row}");
    let json: serde_json::Value = serde_json::from_str(&text(Format::Json, &fixture)).unwrap();
    let (rto, other) = (&json["targets"][1], &json["targets"][0]);
    assert_eq!([&rto["claim"], &rto["source"]], ["stall_mean", "signed by the board"]);
    assert_eq!((other["claim"].is_null(), &json["claims"][0]["verified"]), (true, &false.into()));
    assert!(text(Format::Terminal, &fixture).contains("claim stall_mean (a vendor's"));
    let junit = text(Format::Junit, &fixture);
    assert!(junit.contains("name=\"claim\" value=\"stall_mean\""), "{junit}");
}

/// Where outages follow each other closely, no label is printed over another: there are two lines for them, and what has no room is in the
/// tables.
#[test]
fn labels_of_outages_lie_beside_each_other() {
    let mut fixture = Fixture::quickstart();
    let journey = &mut fixture.observation.journeys[0];
    let [first, ..] = &journey.outages[..] else { panic!("the fixture has no outage") };
    let near = |after: f64| Outage { start_s: first.start_s + after, ..first.clone() };
    journey.outages = [0.0, 0.2, 0.4, 0.6, 0.8].map(near).into();
    let svg = super::chart::render(&fixture.report(), &fixture.observation.journeys[0]);
    let mut lines: BTreeMap<String, f64> = BTreeMap::new();
    for label in svg.split("<text class=\"down-tag\" x=\"").skip(1).filter(|label| label.contains(">down ")) {
        let (x, rest) = label.split_once("\" y=\"").expect("a place");
        let (y, rest) = rest.split_once('"').expect("a place");
        let (x, text) = (x.parse::<f64>().expect("a number"), &rest[rest.find('>').expect("text")..]);
        let width = 6.0 * text[..text.find("</").expect("its end")].chars().count() as f64;
        let free = lines.insert(y.to_owned(), x + width);
        assert!(free.is_none_or(|free| free <= x), "at {y}, {x} lies within the label before it");
    }
    assert_eq!(lines.len(), 2, "{svg}");
}
