use jiff::Timestamp;
use proptest::prelude::*;

use super::{Calendar, Zone};
use crate::plan::Window;
use crate::units::{Share, Span};

const MINUTE: u64 = 60_000_000_000;

fn at(zone: &str, moment: &str) -> Calendar {
    let zone = Zone::named(zone).unwrap_or_else(|| panic!("no zone {zone}"));
    Calendar::at(&zone, moment.parse().expect("a moment")).expect("a calendar")
}

/// Name and minutes of the month, the quarter and the year.
fn told(calendar: &Calendar) -> [(&str, u64); 3] {
    [&calendar.month, &calendar.quarter, &calendar.year]
        .map(|period| (period.name.as_str(), period.length.nanos() / MINUTE))
}

/// How many days a month has: the rule by which leap years are told, not the library's.
fn days(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[test]
fn november_has_thirty_days_and_its_quarter_ninety_two() {
    let november = at("Asia/Hong_Kong", "2026-11-26T22:32:00Z");
    assert_eq!(told(&november), [("2026-11", 43_200), ("2026-Q4", 132_480), ("2026", 525_600)]);
    let said = |window: Window| window.told(Some(&november));
    assert_eq!(said(Window::Month), "2026-11 (Asia/Hong_Kong, 43,200 min)");
    assert_eq!(said(Window::Quarter), "2026-Q4 (Asia/Hong_Kong, 132,480 min)");
    assert_eq!(said(Window::Year), "2026 (Asia/Hong_Kong, 525,600 min)");
    let rolling = Window::Rolling(Span::from_secs(28 * 86_400));
    assert_eq!(said(rolling), "a window of 28d (40,320 min)");
    assert_eq!(Window::Month.told(None), "a month (43,200 min)");
}

/// What 99.9 % leaves of every month from 2024 to 2123, among them the leap years 2024 and 2104 and 2100, which is none.
#[test]
fn of_every_month_so_much_may_be_lost_as_it_has_minutes() {
    let promised = Share::from_millionths(999_000).expect("a share");
    for (year, month) in (2024..2124).flat_map(|year| (1..=12).map(move |month| (year, month))) {
        let minutes = days(year, month) * 1_440;
        for zone in ["Asia/Hong_Kong", "Asia/Shanghai", "Asia/Singapore", "UTC"] {
            let calendar = at(zone, &format!("{year:04}-{month:02}-15T12:00:00Z"));
            assert_eq!(told(&calendar)[0], (format!("{year:04}-{month:02}").as_str(), minutes), "{zone}");
            let allowed = Window::Month.allowance(promised, Some(&calendar)).expect("a budget").secs_f64();
            // A thousandth of so many minutes, in seconds; a fraction is good to 2⁻⁵³ of the month, some 10⁻⁹ s.
            assert!((allowed - minutes as f64 * 0.06).abs() < 1e-6, "{year}-{month}: {allowed}");
            let quarter = (month - 1) / 3 * 3 + 1;
            let quarters: u64 = (quarter..quarter + 3).map(|month| days(year, month) * 1_440).sum();
            let years: u64 = (1..=12).map(|month| days(year, month) * 1_440).sum();
            assert_eq!(told(&calendar)[1..].iter().map(|(_, minutes)| *minutes).collect::<Vec<_>>(), [quarters, years]);
        }
    }
    let february = |year: u64| told(&at("Asia/Hong_Kong", &format!("{year}-02-10T00:00:00Z")))[0].1;
    assert_eq!([2026, 2028, 2100, 2000].map(february), [40_320, 41_760, 40_320, 41_760]);
}

#[test]
fn the_same_moment_lies_in_another_month_where_it_is_midnight() {
    let (before, after) = ("2026-11-30T15:59:59.999999999Z", "2026-11-30T16:00:00Z");
    let month = |zone: &str, moment: &str| at(zone, moment).month.name;
    assert_eq!((month("Asia/Hong_Kong", before), month("Asia/Hong_Kong", after)), ("2026-11".into(), "2026-12".into()));
    assert_eq!((month("UTC", after), month("America/New_York", after)), ("2026-11".into(), "2026-11".into()));
    let new_year = at("Asia/Hong_Kong", "2027-12-31T16:00:00Z");
    assert_eq!(told(&new_year), [("2028-01", 44_640), ("2028-Q1", 131_040), ("2028", 527_040)]);
}

#[test]
fn a_month_in_which_clocks_are_changed_has_an_hour_more_or_less() {
    let minutes = |zone: &str, moment: &str| told(&at(zone, moment))[0].1;
    assert_eq!(minutes("America/New_York", "2026-03-20T00:00:00Z"), 31 * 1_440 - 60);
    assert_eq!(minutes("America/New_York", "2026-11-20T00:00:00Z"), 30 * 1_440 + 60);
    // In Paraguay clocks were put forward at the midnight with which October 2017 began: its first hour was the second.
    assert_eq!(minutes("America/Asuncion", "2017-10-20T00:00:00Z"), 31 * 1_440 - 60);
    assert_eq!(minutes("America/Asuncion", "2017-09-20T00:00:00Z"), 30 * 1_440);
    // Samoa had no 30 December 2011: it went over to the other side of the date line.
    assert_eq!(minutes("Pacific/Apia", "2011-12-10T00:00:00Z"), 30 * 1_440);
}

#[test]
fn a_zone_is_known_by_its_name_or_by_its_offset() {
    assert_eq!(Zone::named("asia/hong_kong"), Some(Zone::default()), "whatever its case");
    assert_eq!(Zone::named("Asia/Kowloon"), None);
    for (minutes, text) in [(480, "+08:00"), (-330, "-05:30"), (0, "+00:00")] {
        let zone = Zone::Fixed(minutes);
        assert_eq!(zone.to_string(), text);
        let json = serde_json::to_string(&zone).expect("JSON");
        assert_eq!(serde_json::from_str::<Zone>(&json).expect("a zone"), zone);
    }
    let json = serde_json::to_string(&Zone::default()).expect("JSON");
    assert_eq!(json, "\"Asia/Hong_Kong\"");
    // At the last moment there is no next month.
    assert_eq!(Calendar::at(&Zone::Fixed(0), Timestamp::MAX), None);
}

/// Zones that change their clocks at different times, at midnight or not, by an hour or half of one, on both sides of the equator.
const ZONES: [&str; 8] = [
    "Asia/Hong_Kong",
    "America/New_York",
    "America/Asuncion",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Europe/London",
    "Africa/Casablanca",
    "Pacific/Apia",
];

proptest! {
    /// Months fill their quarter, and quarters their year, whatever is done to clocks.
    #[test]
    fn the_months_of_a_year_are_all_of_it(zone in 0..ZONES.len(), year in 1950_i16..2100) {
        let calendar = |month: i16| at(ZONES[zone], &format!("{year:04}-{month:02}-15T12:00:00Z"));
        let calendars: Vec<Calendar> = (1..=12).map(calendar).collect();
        let sum = |part: &[Calendar]| part.iter().map(|one| one.month.length).sum::<Span>();
        prop_assert_eq!(sum(&calendars), calendars[0].year.length);
        for quarter in calendars.chunks(3) {
            prop_assert!(quarter.iter().all(|one| one.quarter.length == sum(quarter)), "{:?}", quarter);
        }
    }

    /// With a fixed offset the calendar is that of UTC, so much later: no moment is near to a boundary and on its wrong side.
    #[test]
    fn an_offset_shifts_the_calendar(second in 0_i64..4_102_444_800, minutes in -840_i16..=840) {
        let moment = Timestamp::from_second(second).expect("a moment");
        let shifted = Timestamp::from_second(second + i64::from(minutes) * 60);
        let here = Calendar::at(&Zone::Fixed(minutes), moment).expect("a calendar");
        let there = Calendar::at(&Zone::Fixed(0), shifted.expect("a moment")).expect("a calendar");
        prop_assert_eq!((here.month, here.quarter, here.year), (there.month, there.quarter, there.year));
    }
}
