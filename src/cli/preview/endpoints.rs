//! Where messages go, who runs that, what was signed for it, and what a play needs to get there.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::plan::{Endpoint, Guard, Plan, Receipts};

pub(super) fn write(out: &mut String, plan: &Plan, is_set: impl Fn(&str) -> bool) -> std::fmt::Result {
    writeln!(out, "\nWhere it goes")?;
    for (id, endpoint) in plan.endpoint_ids() {
        let Endpoint { name, kind, region, url, .. } = endpoint;
        let region = &plan.regions[region.index()].name;
        let place = url.as_ref().map_or("a twin".to_owned(), |url| format!("at {url}"));
        writeln!(out, "  {name}: {kind} in {region}, {place}")?;
        let said = |what: &Option<String>| what.clone().unwrap_or_else(|| "not stated".to_owned());
        writeln!(out, "    processor: {}; contract: {}", said(&endpoint.processor), said(&endpoint.contract))?;
        writeln!(out, "    receipts: {}", receipts(endpoint.receipts))?;
        let names: BTreeSet<&str> = plan.variables_at(id).collect();
        if !names.is_empty() {
            let told = |name: &&str| format!("{name} ({})", if is_set(name) { "set" } else { "not set" });
            writeln!(out, "    variables: {}", names.iter().map(told).collect::<Vec<_>>().join(", "))?;
        }
    }
    if let Some(Guard { hosts, max_duration, max_rate, .. }) = &plan.guard {
        let hosts = hosts.join(", ");
        writeln!(out, "  the guard allows {hosts}, for at most {max_duration} and {max_rate}")?;
    }
    Ok(())
}

fn receipts(way: Receipts) -> String {
    match way {
        Receipts::Acceptance => "none, figures end with the acknowledgement".to_owned(),
        Receipts::Inbox => "by the inbox of the twin".to_owned(),
        Receipts::Stream => "by stream".to_owned(),
        Receipts::Notification => "by notification".to_owned(),
        Receipts::ReadStatus { every } => format!("by the read status, asked for every {every}"),
        Receipts::Sync => "by sync".to_owned(),
        Receipts::Ledger { every } => format!("by the ledger, read every {every}"),
        Receipts::Poll { every } => format!("by poll, every {every}"),
        Receipts::Push => "by push".to_owned(),
    }
}
