//! What an audit trail does not tell, tells wrongly, and how late it tells: exact counts of acts and entries.

use super::evidence::{Evidence, Found, Words, distribution, missing};
use crate::analysis::{AuditCell, Distribution, Observation};
use crate::confidence::Pairs;
use crate::plan::{Metric, Plan, Target};
use crate::units::{Span, thousands};

/// What the observation says about audit trails.
pub(super) fn evidence(plan: &Plan, observation: &Observation, target: &Target) -> Found {
    let of = target.expr.of;
    let selected = |cell: &&AuditCell| {
        plan.selects(&of, cell.journey)
            && of.route.is_none_or(|route| route == cell.gateway)
            && target.phases.contains(&cell.phase)
    };
    let cells: Vec<&AuditCell> =
        observation.audits.iter().flat_map(|figures| &figures.cells).filter(selected).collect();
    let sum = |of: fn(&AuditCell) -> u64| cells.iter().map(|cell| of(cell)).sum::<u64>();
    let (acts, unread) = (sum(|cell| cell.acts), sum(|cell| cell.open + cell.forgotten));
    if acts == 0 {
        return Err(missing(0, "no gateway that is audited sent anything on there"));
    }
    if unread == acts && sum(|cell| cell.wrong + cell.unsure) == 0 {
        return Err(missing(acts, "nobody read what became of it in an audit trail"));
    }
    if target.expr.metric == Metric::AuditLag {
        return lag(&cells, target, (acts, unread));
    }
    let told = |amiss: u64| if amiss == 0 { "none".to_owned() } else { thousands(amiss) };
    let acted = thousands(acts);
    let (amiss, unsure, basis) = if target.expr.metric == Metric::AuditMissing {
        let amiss = sum(|cell| cell.missing);
        let basis = format!("{} of {acted} messages that were sent on is missing in the audit trail", told(amiss));
        (amiss, unread, basis)
    } else {
        let amiss = sum(|cell| cell.wrong);
        let of = format!("of the entries tells of what never happened, beside {acted} messages that were sent on");
        (amiss, sum(|cell| cell.unsure), format!("{} {of}", told(amiss)))
    };
    let exactly = Evidence::exactly(amiss as f64, acts, basis.clone());
    Ok(match unsure {
        0 => exactly,
        unsure => Evidence {
            observed: None,
            high: (amiss + unsure) as f64,
            basis: format!("{basis}, and of {} it is not known", thousands(unsure)),
            ..exactly
        },
    })
}

fn lag(cells: &[&AuditCell], target: &Target, (acts, unread): (u64, u64)) -> Found {
    if unread > 0 {
        let n = thousands(unread);
        return Err(missing(acts, format!("of {n} messages nobody knows yet when the audit trail tells of them")));
    }
    let mut all = Distribution::new(Span::ZERO);
    for cell in cells {
        all.add(&cell.lag);
    }
    let words = Words { things: "messages", never: "are in no audit trail", none: "no audit trail told of anything" };
    let found = distribution(&all, target, &words, |_| Pairs::default())?;
    // Entries come by the page: how many there are shows nothing beyond themselves.
    Ok(Evidence { shown: None, ..found })
}
