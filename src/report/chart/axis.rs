//! The time axis: phases along it, and round times.

use super::{Frame, LEFT, RIGHT, anchored, line, rect, text_width};
use crate::analysis::Observation;
use crate::report::words::{plain, secs_exact};

/// Steps of a time axis, in seconds: those a clock has.
const STEPS: [f64; 22] = [
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0,
    14_400.0, 21_600.0, 43_200.0, 86_400.0, 604_800.0,
];

pub(super) fn phases(svg: &mut String, frame: &Frame, observation: &Observation) {
    let y = frame.bottom + 8.0;
    for phase in &observation.phases {
        let (from, to) = (frame.x(phase.start_s), frame.x(phase.end_s));
        rect(svg, "phase", (from, y), (to - from, 20.0));
        let name = fitting(&plain(&phase.phase), to - from - 6.0);
        anchored(svg, "", (f64::midpoint(from, to), y + 14.0), "middle", &name);
    }
}

pub(super) fn times(svg: &mut String, frame: &Frame) {
    let y = frame.bottom + 28.0;
    let step = STEPS.into_iter().find(|step| frame.end / step <= 14.0).unwrap_or(604_800.0);
    let mut n = 0.0;
    while n * step <= frame.end * 1.000_001 {
        let x = frame.x(n * step);
        line(svg, "grid", (x, y), (x, y + 5.0));
        // The first and the last label keep inside the drawing.
        let anchor = if x > RIGHT - 16.0 {
            "end"
        } else if x < LEFT + 1.0 {
            "start"
        } else {
            "middle"
        };
        anchored(svg, "soft", (x, y + 18.0), anchor, &label(n * step, frame.end));
        n += 1.0;
    }
}

/// Seconds for short drills, a clock for long ones; the first label says which clock.
fn label(secs: f64, end: f64) -> String {
    let clock = |unit: f64, of: &str| {
        let (whole, rest) = (libm::floor(secs / unit), libm::round(libm::fmod(secs, unit) * 60.0 / unit));
        if secs > 0.0 { format!("{whole}:{rest:02}") } else { of.to_owned() }
    };
    match end {
        end if end < 120.0 => secs_exact(secs),
        end if end < 7_200.0 => clock(60.0, "min:s"),
        _ => clock(3_600.0, "h:min"),
    }
}

/// A label, if there is room for all of it: half a name may be another's.
pub(super) fn fitting(text: &str, room: f64) -> String {
    if text_width(text) <= room { text.into() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_drills_have_a_clock() {
        assert_eq!(label(105.0, 119.0), "105 s");
        assert_eq!([0.0, 105.0, 600.0].map(|secs| label(secs, 1_200.0)), ["min:s", "1:45", "10:00"]);
        assert_eq!([0.0, 5_400.0, 7_200.0].map(|secs| label(secs, 7_260.0)), ["h:min", "1:30", "2:00"]);
    }

    #[test]
    fn labels_stand_whole_or_not_at_all() {
        assert_eq!(fitting("baseline", 100.0), "baseline");
        assert_eq!(fitting("baseline", 40.0), "");
        assert_eq!(fitting("baseline", 10.0), "");
    }
}
