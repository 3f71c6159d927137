//! Which programs that are not ours may come in, and where that leads.

use std::fmt::Write;

use crate::plan::{DrillWay, Plan};

pub(super) fn write(out: &mut String, plan: &Plan) -> std::fmt::Result {
    if plan.ways_in.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nWho else comes in")?;
    for DrillWay { way, twins, limit, .. } in &plan.ways_in {
        writeln!(out, "  {}: {} at {}, at most {limit}", way.name, way.kind.name(), way.listen)?;
        let twins = twins.iter().map(|one| format!("{} to {}", one.host, plan.endpoints[one.endpoint.index()].name));
        let leads: Vec<String> =
            twins.chain(way.map.iter().map(|lead| lead.to_string().replacen('=', " to ", 1))).collect();
        if !leads.is_empty() {
            writeln!(out, "    leads {}", leads.join(", "))?;
        }
        let lists = [("allows", &way.allow), ("ends TLS with", &way.intercept), ("but not with", &way.pass_through)];
        for (what, listed) in lists.into_iter().filter(|(_, listed)| !listed.is_empty()) {
            let listed: Vec<String> = listed.iter().map(ToString::to_string).collect();
            writeln!(out, "    {what} {}", listed.join(", "))?;
        }
    }
    Ok(())
}
