//! Outages of several runs side by side: single events, which tell nothing of chance.

use serde::Serialize;

use super::{COLUMNS, Compared, Side};
use crate::analysis::{Outcome, Recovery};
use crate::plan::Measure;
use crate::report::view::{Cell, Table, difference};
use crate::report::words::{NONE, count, plain, secs_range};

/// What several runs showed of what one inject did to a journey.
#[derive(Serialize)]
pub(super) struct Outages<'a> {
    journey: &'a str,
    /// `null` = the system's own.
    inject: Option<&'a str>,
    /// Run by run; `null` where a run has none.
    runs: Vec<Option<Worst>>,
    /// By how much the longest lasted longer in the last run than in the first, by what each lasted at most.
    difference_s: Option<f64>,
}

/// The longest of a run's outages by one inject.
#[derive(Clone, Copy, Serialize)]
struct Worst {
    lo_s: f64,
    /// `null` = still down at the end.
    hi_s: Option<f64>,
    outcome: Outcome,
    /// Of how many.
    of: usize,
}

impl Worst {
    fn of(run: &Compared<'_>, journey: &str, inject: Option<&str>) -> Option<Self> {
        let recoveries = run.report.observation.recovery.iter();
        let own: Vec<&Recovery> =
            recoveries.filter(|one| one.journey == journey && one.inject.as_deref() == inject).collect();
        let longest = |one: &&&Recovery| one.hi_s.unwrap_or(f64::INFINITY);
        let worst = own.iter().max_by(|one, other| longest(one).total_cmp(&longest(other)))?;
        Some(Self { lo_s: worst.lo_s, hi_s: worst.hi_s, outcome: worst.outcome, of: own.len() })
    }

    fn cell(&self) -> Cell {
        let cell = match self.outcome {
            Outcome::Masked => return Cell::from("masked").with("by another's outage"),
            Outcome::Tolerated => return Cell::from("0 s").with("tolerated"),
            Outcome::Recovered | Outcome::NotRecovered => Cell::from(secs_range(self.lo_s, self.hi_s)),
        };
        match self.of {
            1 => cell,
            many => cell.with(format!("the worst of {}", count(many as u64))),
        }
    }
}

impl<'a> Side<'a> {
    /// Inject by inject, in the order in which they come.
    pub(super) fn outages(&self) -> Vec<Outages<'a>> {
        let mut keys: Vec<(&'a str, Option<&'a str>)> = Vec::new();
        for one in self.runs.iter().flat_map(|run| &run.report.observation.recovery) {
            let key = (one.journey.as_str(), one.inject.as_deref());
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.into_iter()
            .map(|(journey, inject)| {
                let runs: Vec<_> = self.runs.iter().map(|run| Worst::of(run, journey, inject)).collect();
                let at_most = |run: Option<&Option<Worst>>| run.copied().flatten()?.hi_s;
                let both = at_most(runs.first()).zip(at_most(runs.last()));
                Outages { journey, inject, difference_s: both.map(|(first, last)| last - first), runs }
            })
            .collect()
    }

    pub(super) fn outages_table(&self) -> Table {
        let titles: Vec<_> = ["Journey", "Inject"]
            .into_iter()
            .chain(COLUMNS.into_iter().take(self.runs.len()))
            .chain(["#Difference"])
            .collect();
        let caption =
            "How long it took to recover: single events, so the differences are plain, and nothing is said of chance";
        let mut table = Table::new(caption, &titles);
        for outages in self.outages() {
            let inject = outages.inject.map_or_else(|| "none: the system's own".to_owned(), plain);
            let mut row = vec![Cell::name(plain(outages.journey)), inject.into()];
            row.extend(outages.runs.iter().map(|run| run.map_or_else(|| NONE.into(), |worst| worst.cell())));
            let by = outages.difference_s.map(|by| difference(Measure::Time, by));
            row.push(by.unwrap_or_else(|| NONE.to_owned()).into());
            table.rows.push(row);
        }
        table
    }
}
