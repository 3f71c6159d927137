use super::exit::Exit;
use super::{Check, CheckFormat, say};
use crate::scenario::{self, Checked};

/// Loads and lints every file with all its variants.
pub(super) fn check(args: &Check) -> Exit {
    let checked: Vec<(String, Checked)> = args
        .files
        .iter()
        .map(|file| {
            let checked = match scenario::read(file) {
                Ok(source) => scenario::check_all(&source),
                Err(diagnostics) => Checked { loaded: Vec::new(), diagnostics },
            };
            (file.display().to_string(), checked)
        })
        .collect();
    match args.format {
        CheckFormat::Text => checked.iter().for_each(|(file, checked)| text(file, checked)),
        CheckFormat::Json => json(&checked),
    }
    if checked.iter().any(|(_, checked)| checked.diagnostics.has_errors()) { Exit::Usage } else { Exit::Done }
}

fn text(file: &str, checked: &Checked) {
    if !checked.diagnostics.is_empty() {
        say::line(&checked.diagnostics.to_string());
    }
    if checked.diagnostics.has_errors() {
        return;
    }
    let variants: Vec<_> = checked.loaded.iter().filter_map(|loaded| loaded.plan.variant.as_deref()).collect();
    let lints = checked.diagnostics.len();
    let with = if variants.is_empty() { String::new() } else { format!(", with {}", variants.join(", ")) };
    let lints = match lints {
        0 => String::new(),
        1 => ", 1 lint".to_owned(),
        n => format!(", {n} lints"),
    };
    say::data(format!("{file}: good{with}{lints}\n").as_bytes());
}

fn json(checked: &[(String, Checked)]) {
    let one = |(file, checked): &(String, Checked)| {
        let variants: Vec<_> = checked.loaded.iter().filter_map(|loaded| loaded.plan.variant.as_deref()).collect();
        let good = !checked.diagnostics.has_errors();
        serde_json::json!({ "file": file, "good": good, "variants": variants, "diagnostics": checked.diagnostics.to_json() })
    };
    let all: Vec<_> = checked.iter().map(one).collect();
    // Diagnostics are words and numbers, which JSON never refuses.
    let mut text = serde_json::to_string_pretty(&all).unwrap_or_default();
    text.push('\n');
    say::data(text.as_bytes());
}
