//! The results: medians, ratios, tables for people and JSON for programs.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::machine;
use crate::metric::{Better, Metric, Shown, Side, Values};

/// One player's rounds of one measurement.
struct Column {
    name: String,
    side: Side,
    rounds: Vec<Values>,
    failures: Vec<String>,
}

impl Column {
    /// The median of a metric; not a number without any.
    fn median(&self, metric: usize) -> f64 {
        let mut values: Vec<f64> =
            self.rounds.iter().map(|round| round[metric]).filter(|value| !value.is_nan()).collect();
        values.sort_by(f64::total_cmp);
        match values.len() {
            0 => f64::NAN,
            count if count % 2 == 1 => values[count / 2],
            count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
        }
    }
}

struct Table {
    measurement: Shown,
    /// Whom firedrill is compared with besides the best peer.
    baseline: &'static str,
    columns: Vec<Column>,
    load: f64,
    cut_short: bool,
}

pub(crate) struct Results {
    about: Value,
    baseline: &'static str,
    tables: Vec<Table>,
}

impl Results {
    /// `about` tells, in the file, what was played; `baseline` names whom firedrill is compared with besides the best peer.
    pub(crate) fn new(about: Value, baseline: &'static str) -> Self {
        let mut about = about;
        about["when"] = jiff::Timestamp::now().to_string().into();
        about["machine"] = machine::describe();
        about["root"] = rustix::process::geteuid().is_root().into();
        about["load"] = number(machine::load());
        Self { about, baseline, tables: Vec::new() }
    }

    pub(crate) fn machine(&self) -> String {
        let machine = &self.about["machine"];
        let word = |key: &str| machine[key].as_str().unwrap_or_default().to_owned();
        format!("{} cores, {}, Linux {}, {}", machine["cores"], word("cpu"), word("kernel"), word("arch"))
    }

    pub(crate) fn begin<'a>(&mut self, measurement: Shown, players: impl Iterator<Item = (&'a str, Side)>) {
        let column = |(name, side): (&str, Side)| Column {
            name: name.to_owned(),
            side,
            rounds: Vec::new(),
            failures: Vec::new(),
        };
        let columns = players.map(column).collect();
        let baseline = self.baseline;
        self.tables.push(Table { measurement, baseline, columns, load: machine::load(), cut_short: false });
    }

    pub(crate) fn add(&mut self, player: &str, result: Result<Values, String>, complaints: Vec<String>) {
        let columns = self.tables.last_mut().map(|table| &mut table.columns);
        let Some(column) = columns.into_iter().flatten().find(|column| column.name == player) else { return };
        column.failures.extend(complaints);
        match result {
            Ok(values) => column.rounds.push(values),
            Err(error) => column.failures.push(error),
        }
    }

    /// A run did not begin because the time was up, or because of an interrupt.
    pub(crate) fn cut_short(&mut self) {
        if let Some(table) = self.tables.last_mut() {
            table.cut_short = true;
        }
    }

    pub(crate) fn last(&self) -> String {
        self.tables.last().map(Table::markdown).unwrap_or_default()
    }

    /// The measurements in which firedrill has no figure.
    pub(crate) fn failed_of_ours(&self) -> Vec<&str> {
        let failed =
            |table: &&Table| table.columns.iter().any(|one| one.side == Side::Ours && !one.failures.is_empty());
        self.tables.iter().filter(failed).map(|table| table.measurement.name).collect()
    }

    /// Writes all rounds to a file of this moment, and to `latest.json`.
    pub(crate) fn write(&self, folder: &Path) -> Result<PathBuf, String> {
        let mut all = self.about.clone();
        all["load_at_end"] = number(machine::load());
        all["measurements"] = self.tables.iter().map(Table::json).collect();
        let text = format!("{all:#}\n");
        let when =
            self.about["when"].as_str().unwrap_or("now").chars().take(19).map(|c| if c == ':' { '-' } else { c });
        let file = folder.join(format!("{}.json", when.collect::<String>()));
        for file in [&file, &folder.join("latest.json")] {
            fs::write(file, &text).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        }
        Ok(file)
    }
}

impl Table {
    /// The best value of a metric among the peers.
    fn best_peer(&self, metric: usize, better: Better) -> f64 {
        let peers = self.columns.iter().filter(|column| column.side == Side::Peer);
        let values = peers.map(|column| column.median(metric)).filter(|value| !value.is_nan());
        match better {
            Better::More => values.fold(f64::NAN, f64::max),
            Better::Less => values.fold(f64::NAN, f64::min),
            Better::Neither => f64::NAN,
        }
    }

    /// What `ours` has, as a part of the baseline's and of the best peer's.
    fn ratios(&self, ours: &str, metric: usize, better: Better) -> [f64; 2] {
        let of =
            |name: &str| self.columns.iter().find(|one| one.name == name).map_or(f64::NAN, |one| one.median(metric));
        if better == Better::Neither {
            return [f64::NAN; 2];
        }
        [of(ours) / of(self.baseline), of(ours) / self.best_peer(metric, better)]
    }

    fn markdown(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let ratio = format!("firedrill / {}", self.baseline);
        let mut rows = vec![
            [vec![self.measurement.name], names, vec![ratio.as_str(), "firedrill / best peer"]]
                .concat()
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        ];
        for (at, metric) in self.measurement.metrics.iter().enumerate() {
            let mut row = vec![label(metric)];
            row.extend(self.columns.iter().map(|column| cell(column.median(at), !column.failures.is_empty())));
            row.extend(
                self.ratios("firedrill", at, metric.better)
                    .map(|ratio| if ratio.is_nan() { "–".into() } else { format!("{ratio:.2}") }),
            );
            rows.push(row);
        }
        let mut text = aligned(&rows);
        for column in &self.columns {
            if let Some(first) = column.failures.first() {
                let _ = write!(text, "\n{}, {} failures, the first: {first}", column.name, column.failures.len());
            }
        }
        for column in self.columns.iter().filter(|column| column.side == Side::Ours && column.name != "firedrill") {
            let ratio = |(at, metric): (usize, &Metric)| {
                let [_, peer] = self.ratios(&column.name, at, metric.better);
                (!peer.is_nan()).then(|| format!("{} {peer:.2}", metric.name))
            };
            let ratios: Vec<_> = self.measurement.metrics.iter().enumerate().filter_map(ratio).collect();
            if !ratios.is_empty() {
                let _ = write!(text, "\n{} / best peer: {}", column.name, ratios.join(", "));
            }
        }
        if self.cut_short {
            text.push_str("\nnot all rounds were played: interrupted, or the time was up (--minutes gives more)");
        }
        text
    }

    fn json(&self) -> Value {
        let metric = |metric: &Metric| json!({ "name": metric.name, "unit": metric.unit });
        let column = |column: &Column| {
            let count = self.measurement.metrics.len();
            json!({
                "player": column.name,
                "medians": (0..count).map(|at| number(column.median(at))).collect::<Vec<_>>(),
                "rounds": column.rounds.iter().map(|round| round.iter().copied().map(number).collect()).collect::<Vec<Value>>(),
                "failures": column.failures,
            })
        };
        let ratios = self.measurement.metrics.iter().enumerate().map(|(at, metric)| {
            let [baseline, peer] = self.ratios("firedrill", at, metric.better);
            json!({ format!("to_{}", self.baseline): number(baseline), "to_best_peer": number(peer) })
        });
        json!({
            "name": self.measurement.name,
            "about": self.measurement.about,
            "load_at_start": number(self.load),
            "metrics": self.measurement.metrics.iter().map(metric).collect::<Vec<_>>(),
            "players": self.columns.iter().map(column).collect::<Vec<_>>(),
            "firedrill": ratios.collect::<Vec<_>>(),
            "cut_short": self.cut_short,
        })
    }
}

/// What is no number is `null`.
fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
}

fn label(metric: &Metric) -> String {
    if metric.unit.is_empty() { metric.name.to_owned() } else { format!("{}, {}", metric.name, metric.unit) }
}

/// Three digits, and the whole ones; a failure is said below the table.
fn cell(value: f64, failed: bool) -> String {
    match value {
        value if value.is_nan() => if failed { "failed" } else { "–" }.to_owned(),
        value if value.abs() >= 1_000.0 => grouped(value),
        value if value.abs() >= 100.0 => format!("{value:.0}"),
        value if value.abs() >= 10.0 => format!("{value:.1}"),
        value if value.abs() >= 1.0 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value < 0.0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A Markdown table whose columns are as wide as they must be.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!(" {cell:<width$} |"));
        format!("|{}", cells.collect::<String>())
    };
    let rule = widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|");
    let mut lines: Vec<_> = rows.iter().map(line).collect();
    lines.insert(1, format!("|{rule}|"));
    lines.join("\n")
}
