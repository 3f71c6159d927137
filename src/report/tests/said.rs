//! Figures and words that have to say the same as the verdict beside them.

use super::*;

/// A text without its line breaks and columns.
fn flat(text: &str) -> String {
    text.replace('\u{2060}', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

const PEOPLE: [Format; 3] = [Format::Terminal, Format::Markdown, Format::Html];

/// What misses 99 % by a hair does not read as 99 %, nor does an end of its interval.
#[test]
fn a_figure_is_read_on_its_own_side_of_the_bound() {
    let mut fixture = Fixture::quickstart();
    let target = &mut fixture.judgement.targets[3];
    assert_eq!(target.expr, "availability{journey=order} >= 99%");
    (target.observed, target.low, target.high) = (Some(0.989_96), Some(0.985), Some(0.989_998));
    target.level = Level::Must;
    for format in PEOPLE {
        let told = flat(&text(format, &fixture).replace("<small>", " (").replace("</small>", ")"));
        assert!(told.contains("98.996 %") && told.contains("98.5–98.9998 %"), "{format}");
    }
    let junit = text(Format::Junit, &fixture);
    assert!(
        junit.contains("message=\"availability (order): at least 99 % → 98.996 %: 1,011 of 1,152 messages were good"),
        "{junit}"
    );
    assert!(junit.contains("name=\"unit\" value=\"share of 1\""), "{junit}");
    // A recovery that took as good as the three seconds that it may, and one that took no more.
    for (hi_s, told) in [(3.004, "2.999–3.004 s"), (3.0, "3.00 s")] {
        let recovery = &mut fixture.observation.recovery[2];
        (recovery.lo_s, recovery.hi_s) = (2.999_f64.min(hi_s), Some(hi_s));
        let markdown = text(Format::Markdown, &fixture);
        assert!(markdown.contains(told), "{told}");
    }
}
