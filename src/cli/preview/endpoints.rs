//! Where messages go, who runs that, and what was signed for it.

use std::fmt::Write;

use crate::plan::{Endpoint, Plan};

pub(super) fn write(out: &mut String, plan: &Plan) -> std::fmt::Result {
    writeln!(out, "\nWhere it goes")?;
    for endpoint in &plan.endpoints {
        let Endpoint { name, kind, region, url, .. } = endpoint;
        let region = &plan.regions[region.index()].name;
        let real = url.as_ref().map_or(String::new(), |url| format!(", at {url}"));
        writeln!(out, "  {name}: {kind} in {region}{real}")?;
        let said = |what: &Option<String>| what.clone().unwrap_or_else(|| "not stated".to_owned());
        writeln!(out, "    processor: {}; contract: {}", said(&endpoint.processor), said(&endpoint.contract))?;
    }
    Ok(())
}
