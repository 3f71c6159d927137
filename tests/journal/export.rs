//! The journal as JSON Lines, and its size foretold.

use firedrill::draw::Seed;
use firedrill::journal::{
    Attempt, Code, Collector, Control, Decision, Dialled, End, Ending, Event, Export, Fate, Gap, Hit, Hop, Inspected,
    Journal, Message, Receipt, Record, Ruling, Seal, Start, Tried, TriedEnd, Unsent, UnsentCause, WorldKind, Writer,
    check_room, estimate_bytes, free_bytes,
};
use firedrill::plan::{
    Account, Arrival, Capability, Detector, Edition, Endpoint, EndpointKind, Group, Journey, Limits, Pace, PerAccount,
    Phase, PhaseKind, Plan, Receipts, Recipients, Region, Route, Tier, Url,
};
use firedrill::units::{
    AccountId, EndpointId, GroupId, InjectId, JourneyId, MessageId, Moment, PhaseId, Rate, RegionId, RouteId, Size,
    Span,
};

fn account(group: u16, ordinal: u32) -> Account {
    Account { group: GroupId(group), ordinal, address: std::net::Ipv4Addr::LOCALHOST.into() }
}

fn endpoint(name: &str, edition: Edition) -> Endpoint {
    let (kind, limits) = (EndpointKind::Dingtalk(edition), Limits::Vendor);
    Endpoint {
        name: name.into(),
        kind,
        region: RegionId(0),
        url: None,
        limits,
        receipts: Receipts::Inbox,
        tier: Tier::default(),
        contract: None,
        processor: None,
        sso: None,
        credentials: Vec::new(),
    }
}

fn journey() -> Journey {
    let rate = Rate::new(10, Span::from_secs(1)).expect("above zero");
    let route = |endpoint| Route { endpoint: EndpointId(endpoint), timeout: Span::from_secs(5) };
    Journey {
        name: "order".into(),
        from: GroupId(0),
        to: Recipients::One(GroupId(1)),
        send: Capability::Chat,
        rate: Pace::Steady(rate),
        arrival: Arrival::Constant,
        deadline: Span::from_secs(5),
        bytes: Size(200),
        class: Some("prices".into()),
        routes: vec![route(0), route(1)],
        failover: None,
        slots: 10,
        retry: None,
        per_account: PerAccount::default(),
        detector: Detector::derive(rate.gap(), Span::from_secs(600)),
        corpus: None,
        editing: None,
        control_of: None,
    }
}

fn plan() -> Plan {
    let group = |name: &str| Group { name: name.into(), count: 2, region: RegionId(0), via: None, control: 0 };
    let length = Span::from_secs(600);
    Plan {
        name: "orders".into(),
        question: None,
        variant: None,
        expect: None,
        seed: None,
        zone: firedrill::plan::Zone::default(),
        calendar: None,
        regions: vec![Region { name: "hk".into(), addresses: Vec::new(), utc_offset: 480 }],
        links: Vec::new(),
        endpoints: vec![endpoint("dingtalk", Edition::Mainland), endpoint("lite", Edition::Lite)],
        groups: vec![group("purchasing"), group("factory")],
        accounts: vec![account(0, 0), account(0, 1), account(1, 0), account(1, 1)],
        journeys: vec![journey()],
        phases: vec![Phase { name: "baseline".into(), kind: PhaseKind::Baseline, start: Moment::ZERO, length }],
        injects: Vec::new(),
        grace: Span::from_secs(10),
        targets: Vec::new(),
        boundaries: Vec::new(),
        claims: Vec::new(),
        guard: None,
        runbook: None,
        ways_in: Vec::new(),
    }
}

fn start(plan: &Plan) -> Start {
    Start::of(plan, WorldKind::Virtual, Seed(7), "2026-01-05T09:00:00Z")
}

fn id(number: u32) -> MessageId {
    MessageId { journey: JourneyId(0), number }
}

fn message(number: u32, due: Moment) -> Record {
    Record::Message(Message {
        id: id(number),
        account: AccountId(1),
        stream_number: number / 2,
        recipients: vec![AccountId(2), AccountId(3)],
        capability: Capability::Chat,
        class: 1,
        due,
        bytes: 200,
        hash: 0xfeed,
    })
}

fn attempt(number: u32, due: Moment) -> Record {
    Record::Attempt(Attempt {
        message: id(number),
        number: 1,
        route: RouteId(1),
        connection: Some(3),
        exchange: 9,
        slot_at: due,
        sent: due,
        done: due + Span::from_nanos(36_500_001),
        ending: Ending::NotSent,
        code: Code { status: 403, word: "\"no\"".into() },
        declined: vec![AccountId(3)],
    })
}

fn receipt(number: u32, at: Moment) -> Record {
    let (recipient, route) = (AccountId(2), RouteId(0));
    Record::Receipt(Receipt { message: id(number), recipient, route, at, fresh: true, intact: false })
}

fn dialled(began: Moment) -> Record {
    let at = |millis| began + Span::from_millis(millis);
    let tried = |address: &str, began, ended, end| {
        let address = address.parse().expect("an address");
        Tried { address, began, ended, end }
    };
    Record::Dialled(Dialled {
        connection: 3,
        endpoint: EndpointId(1),
        host: "im.example:443".into(),
        began,
        ended: at(2),
        tried: [
            tried("[::1]:443", at(1), Some(at(2)), TriedEnd::Refused),
            tried("192.0.2.1:443", at(2), None, TriedEnd::Left),
        ]
        .into(),
    })
}

fn inspected(number: u32, asked: Moment) -> Record {
    Record::Inspected(Inspected {
        message: id(number),
        gateway: EndpointId(0),
        endpoint: EndpointId(1),
        connection: Some(3),
        exchange: 0,
        asked,
        done: asked + Span::from_millis(400),
        ruling: Ruling::FailedOpen,
        code: Code { status: 0, word: "timeout".into() },
    })
}

#[test]
fn lines_read_as_people_call_things() {
    let plan = plan();
    let line = |record: &Record| Export::new(&plan).record(4, record);
    let due = Moment::ZERO + Span::from_millis(12_500);
    assert_eq!(
        line(&message(17, due)),
        r#"{"record":"message","position":4,"message":"order.17","account":"purchasing-2","stream_number":8,"recipients":["factory-1","factory-2"],"capability":"chat","class":"prices","due_s":12.5,"bytes":200,"hash":"000000000000feed"}"#
    );
    assert_eq!(
        line(&attempt(17, due)),
        r#"{"record":"attempt","position":4,"message":"order.17","number":1,"route":"lite","connection":3,"exchange":9,"slot_at_s":12.5,"sent_s":12.5,"done_s":12.536500001,"ending":"not_sent","status":403,"code":"\"no\"","declined":["factory-2"]}"#
    );
    assert_eq!(
        line(&receipt(17, due)),
        r#"{"record":"receipt","position":4,"message":"order.17","recipient":"factory-1","route":"dingtalk","at_s":12.5,"fresh":true,"intact":false}"#
    );
    assert_eq!(
        line(&inspected(17, due)),
        r#"{"record":"inspected","position":4,"message":"order.17","gateway":"dingtalk","endpoint":"lite","connection":3,"exchange":0,"asked_s":12.5,"done_s":12.9,"ruling":"failed_open","status":0,"code":"timeout"}"#
    );
    assert_eq!(
        line(&dialled(due)),
        r#"{"record":"dialled","position":4,"connection":3,"endpoint":"lite","host":"im.example:443","began_s":12.5,"ended_s":12.502,"tried":[{"address":"[::1]:443","end":"refused","began_s":12.501,"ended_s":12.502},{"address":"192.0.2.1:443","end":"left","began_s":12.502,"ended_s":null}]}"#
    );
    let end = End::Completed;
    assert_eq!(
        line(&Record::Seal(Seal { at: Moment::ZERO, end, records: 4 })),
        r#"{"record":"seal","position":4,"at_s":0.0,"end":"completed","records":4}"#
    );
    let decision = Decision::Failover {
        journey: JourneyId(0),
        account: None,
        from: RouteId(0),
        to: RouteId(1),
        failures: 5,
        switch_at: due,
    };
    assert_eq!(
        line(&Record::Control(Control { at: due, event: Event::Decided { position: 3, decision } })),
        r#"{"record":"control","position":4,"at_s":12.5,"event":"decided","decided_at_position":3,"decision":"failover","journey":"order","account":null,"from":"dingtalk","to":"lite","failures":5,"switch_at_s":12.5}"#
    );
    assert!(Export::new(&plan).start(&start(&plan)).starts_with(r#"{"record":"start","firedrill":""#));
}

/// A journal need not fit its plan: whoever exports it must still see what is in it.
#[test]
fn every_line_is_json_even_without_a_name_for_anything() {
    let plan = Plan { journeys: Vec::new(), accounts: Vec::new(), endpoints: Vec::new(), ..plan() };
    let at = Moment::from_nanos(u64::MAX);
    let control = |event| Record::Control(Control { at, event });
    let (inject, connection) = (InjectId(9), 1);
    let records = [
        message(1, at),
        attempt(1, at),
        receipt(1, at),
        inspected(1, at),
        dialled(at),
        Record::Unsent(Unsent { message: id(1), at, cause: UnsentCause::Slots }),
        Record::Hit(Hit {
            inject,
            connection,
            exchange: 0,
            account: Some(AccountId(9)),
            fate: Fate::Held,
            delay: Span::MAX,
            units: 1,
            at,
        }),
        Record::Hop(Hop { connection, endpoint: EndpointId(9), from: None, to: RegionId(9), at }),
        Record::Gap(Gap { from: at, to: at, lost: 1 }),
        control(Event::Phase(PhaseId(9))),
        control(Event::Drain),
        control(Event::Applied(inject)),
        control(Event::Lease { inject, state: "lost\n".into() }),
        control(Event::Switched { journey: JourneyId(9), account: None, from: RouteId(0), to: RouteId(1) }),
        control(Event::Note("a \"note\"".into())),
    ];
    for record in &records {
        let line = Export::new(&plan).record(0, record);
        assert!(!line.contains('\n'));
        let value: serde_json::Value = serde_json::from_str(&line).expect(&line);
        assert!(value["record"].is_string() && value["position"] == 0, "{line}");
    }
    assert!(Export::new(&plan).record(0, &records[0]).contains(r##""message":"#0.1""##));
}

#[test]
fn the_estimate_is_above_what_an_ordinary_play_writes_and_not_far() {
    let plan = plan();
    let run = tempfile::tempdir().expect("a directory");
    let writer = Writer::create(run.path(), &start(&plan)).expect("an empty directory");
    let keeper = Journal::inline(Collector::new(writer, ()));
    let journal = keeper.journal();
    for number in 0..6_000 {
        let due = Moment::ZERO + Span::from_millis(100) * u64::from(number);
        journal.append(message(number, due));
        journal.append(attempt(number, due));
        journal.append(receipt(number, due + Span::from_millis(50)));
    }
    keeper.finish(plan.end(), End::Completed).into_result().expect("written");
    let file = run.path().join(firedrill::journal::DIRECTORY).join(firedrill::journal::FILE);
    let written = std::fs::metadata(file).expect("a journal").len();
    let estimate = estimate_bytes(&plan);
    assert!(estimate >= written && estimate <= 3 * written, "{estimate} estimated, {written} written");
    // Where an endpoint is dialled by its name, what was tried has its room beside each of the 6,000 attempts, and an address has none.
    let called = |host: &str| {
        let url = Url { host: host.into(), port: 443, tls: None };
        let endpoints = plan.endpoints.iter().map(|part| Endpoint { url: Some(url.clone()), ..part.clone() });
        estimate_bytes(&Plan { endpoints: endpoints.collect(), ..plan.clone() })
    };
    assert!(called("localhost") < called("im.example") - 6_000 * 60, "eight addresses and a name");
}

#[test]
fn a_drill_that_does_not_fit_is_refused_with_figures() {
    let run = tempfile::tempdir().expect("a directory");
    assert!(free_bytes(run.path()).expect("a file system") > 0);
    check_room(&plan(), run.path()).expect("a small drill fits");
    let mut large = plan();
    large.journeys[0].rate = Pace::Steady(Rate::new(1_000_000_000_000, Span::from_secs(1)).expect("above zero"));
    let error = check_room(&large, run.path()).expect_err("no disk is so large").to_string();
    assert!(error.contains("bytes") && error.contains("--reports"), "{error}");
    assert!(check_room(&plan(), &run.path().join("nothing")).is_err());
}
