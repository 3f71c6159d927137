use super::line::Line;
use super::names::Names;
use crate::journal::decision::Decision;
use crate::journal::record::{Control, Event};

pub(super) fn control(names: Names<'_>, line: Line, control: &Control) -> Line {
    let event = |name: &str| line.moment("at_s", control.at).field("event", name);
    match &control.event {
        Event::Phase(phase) => event("phase").field("phase", names.phase(*phase)),
        Event::Drain => event("drain"),
        Event::Applied(inject) => event("applied").field("inject", names.inject(*inject)),
        Event::Lifted(inject) => event("lifted").field("inject", names.inject(*inject)),
        Event::Calling(inject, half) => event("calling").field("inject", names.inject(*inject)).field("half", half),
        Event::Called(called) => event("called")
            .field("inject", names.inject(called.inject))
            .field("half", called.half)
            .moment("began_s", called.began)
            .field("end", called.came.end)
            .field("status", called.came.status)
            .field("why", &called.came.why)
            .field("output", &called.came.output),
        Event::Lease { inject, state } => event("lease").field("inject", names.inject(*inject)).field("state", state),
        Event::Switched { journey, account, from, to } => event("switched")
            .field("journey", names.journey(*journey))
            .field("account", account.map(|account| names.account(account)))
            .field("from", names.route(*journey, *from))
            .field("to", names.route(*journey, *to)),
        Event::Decided { position, decision } => {
            decided(names, event("decided").field("decided_at_position", position), decision)
        }
        Event::Probed { journey, account, route, connection, sent, ending, status } => event("probed")
            .field("journey", names.journey(*journey))
            .field("account", names.account(*account))
            .field("route", names.route(*journey, *route))
            .field("connection", connection)
            .moment("sent_s", *sent)
            .field("ending", ending)
            .field("status", status),
        Event::AuditEnded { gateway, until, whole } => event("audit_ended")
            .field("gateway", names.endpoint(*gateway))
            .moment("until_s", *until)
            .field("whole", whole),
        Event::Step { step, state } => event("step").field("step", step).field("state", state),
        Event::Note(text) => event("note").field("note", text),
    }
}

fn decided(names: Names<'_>, line: Line, decision: &Decision) -> Line {
    match decision {
        Decision::Failover { journey, account, from, to, failures, switch_at } => line
            .field("decision", "failover")
            .field("journey", names.journey(*journey))
            .field("account", account.map(|account| names.account(account)))
            .field("from", names.route(*journey, *from))
            .field("to", names.route(*journey, *to))
            .field("failures", failures)
            .moment("switch_at_s", *switch_at),
        Decision::Return { journey, account, from, to, good_since } => line
            .field("decision", "return")
            .field("journey", names.journey(*journey))
            .field("account", account.map(|account| names.account(account)))
            .field("from", names.route(*journey, *from))
            .field("to", names.route(*journey, *to))
            .moment("good_since_s", *good_since),
        Decision::Detector { journey, n_down, bad, all, planned } => line
            .field("decision", "detector")
            .field("journey", names.journey(*journey))
            .field("n_down", n_down)
            .field("bad", bad)
            .field("all", all)
            .field("planned", planned),
        Decision::Steady { held, why } => line.field("decision", "steady").field("held", held).field("why", why),
        Decision::Abort { target, expr, observed, low, high, n, why } => line
            .field("decision", "abort")
            .field("target", target)
            .field("expr", expr)
            .field("observed", observed)
            .field("low", low)
            .field("high", high)
            .field("n", n)
            .field("why", why),
        Decision::Stop { end, why } => line.field("decision", "stop").field("end", end).field("why", why),
    }
}
