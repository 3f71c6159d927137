//! Services that die by their own clock, of which firedrill knows nothing but that they do not answer: each outage holds the time for which
//! the service itself says that it was gone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::{Place, number};
use crate::list;

/// D.
const DEADLINE: f64 = 0.5;

/// Six significant digits: below 100 s half of the sixth is 50 µs, and a comparison has two of them.
const ROUNDING: f64 = 2.0 * 50e-6;

/// When a service dies, in milliseconds after its first message, and for how long.
type Death = (u64, u64);

/// What it is to be like.
struct Kind {
    name: &'static str,
    /// Messages a second: 1/Δ.
    rate: f64,
    /// How long it thinks before it answers.
    thinks: Duration,
    deaths: &'static [Death],
}

const KINDS: [Kind; 3] = [
    Kind { name: "thirty", rate: 20.0, thinks: Duration::ZERO, deaths: &[(3_213, 30_000)] },
    // 109.5 gaps, from soon after a message is due: the first that fails is due most of a gap after the death, and the first that does not
    // half a gap after the return.
    Kind { name: "seven", rate: 15.0, thinks: Duration::ZERO, deaths: &[(9_345, 7_300)] },
    // Two seconds apart, which is more than `hold_up`. What it thinks about when it dies fails, and was due before.
    Kind {
        name: "thrice",
        rate: 20.0,
        thinks: Duration::from_millis(250),
        deaths: &[(4_000, 2_000), (8_031, 2_000), (12_017, 2_000)],
    },
];

/// A plain HTTP/1.1 server on threads, which takes messages as DingTalk's gateway does.
struct Mortal {
    port: u16,
    life: Arc<Mutex<Life>>,
}

#[derive(Default)]
struct Life {
    dead: bool,
    /// When it got its first message.
    first: Option<Instant>,
    open: Vec<TcpStream>,
    /// For how long it was gone, time by time.
    gone: Vec<Duration>,
}

fn locked(life: &Mutex<Life>) -> MutexGuard<'_, Life> {
    life.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mortal {
    /// One that listens, and dies as often as it is told.
    fn start(kind: &'static Kind) -> Self {
        let (listener, port) = listen();
        let life = Arc::<Mutex<Life>>::default();
        let own = Arc::clone(&life);
        thread::spawn(move || live(listener, port, &own, kind));
        Self { port, life }
    }
}

/// A port that the kernel gives to nobody who connects: while nobody listens there, it stays free, and who tries does not meet himself.
#[expect(clippy::disallowed_methods, reason = "this server is not ours and stands outside the world")]
fn listen() -> (TcpListener, u16) {
    let from = 20_000 + u16::try_from(std::process::id() % 10_000).expect("less than 10,000");
    let bound = (from..32_768).find_map(|port| Some((TcpListener::bind(("127.0.0.1", port)).ok()?, port)));
    bound.expect("a free port below 32,768")
}

/// Takes who connects, and dies when it is time: first it stops to answer, then nobody is there.
#[expect(clippy::disallowed_methods, reason = "this server is not ours and stands outside the world")]
fn live(mut listener: TcpListener, port: u16, life: &Arc<Mutex<Life>>, kind: &'static Kind) {
    let mut deaths = kind.deaths.iter();
    let mut next = deaths.next();
    loop {
        listener.set_nonblocking(true).expect("a socket");
        while let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(false).expect("a socket");
            locked(life).open.push(stream.try_clone().expect("a socket"));
            let life = Arc::clone(life);
            thread::spawn(move || while answer(&stream, &life, kind.thinks).is_some() {});
        }
        let due = next.zip(locked(life).first).map(|((after, _), first)| first + Duration::from_millis(*after));
        if let Some((_, length)) = next.filter(|_| due.is_some_and(|due| due <= Instant::now())) {
            let dies = Instant::now();
            let open = {
                let mut life = locked(life);
                life.dead = true;
                std::mem::take(&mut life.open)
            };
            drop(listener);
            for stream in &open {
                drop(stream.shutdown(Shutdown::Both));
            }
            thread::sleep(Duration::from_millis(*length).saturating_sub(dies.elapsed()));
            listener = TcpListener::bind(("127.0.0.1", port)).expect("its own port");
            let mut life = locked(life);
            life.dead = false;
            life.gone.push(dies.elapsed());
            next = deaths.next();
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// One exchange; `None` when the connection is over, or the service dead.
#[expect(clippy::disallowed_methods, reason = "this server is not ours and stands outside the world")]
fn answer(stream: &TcpStream, life: &Mutex<Life>, thinks: Duration) -> Option<()> {
    let mut reader = BufReader::with_capacity(1, stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    let told = if first.starts_with("POST /v1.0/oauth2/accessToken") {
        json!({ "accessToken": "token", "expireIn": 7200 })
    } else {
        locked(life).first.get_or_insert_with(Instant::now);
        thread::sleep(thinks);
        if locked(life).dead {
            return None;
        }
        json!({ "processQueryKey": "mortal", "invalidStaffIdList": [], "flowControlledStaffIdList": [] })
    };
    let told = told.to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", told.len());
    { stream }.write_all((head + &told).as_bytes()).ok()
}

/// A journey to each service, for 35 seconds; firedrill does nothing but send.
fn scenario(services: &[(&Kind, Mortal)]) -> String {
    let each = |line: &dyn Fn(&Kind, u16) -> String| -> String {
        services.iter().map(|(kind, service)| line(kind, service.port)).collect()
    };
    let hosts: Vec<_> = services.iter().map(|(_, service)| format!("\"127.0.0.1:{}\"", service.port)).collect();
    let endpoints = each(&|Kind { name, .. }, port| {
        let at = format!("url: \"http://127.0.0.1:{port}\"");
        format!("  {name}: {{ kind: dingtalk, edition: mainland, region: hk, limits: off, {at} }}\n")
    });
    let journeys = each(&|Kind { name, rate, .. }, _| {
        format!("  {name}: {{ from: office, to: factory, rate: {rate}/s, deadline: 500ms, routes: [{name}] }}\n")
    });
    format!(
        "firedrill: 1
name: mortal
guard: {{ hosts: [{}], max_duration: 2m, max_rate: 100/s, stop: none }}
regions: {{ hk: {{}} }}
endpoints:
{endpoints}groups: {{ office: {{ count: 5, region: hk }}, factory: {{ count: 2, region: hk }} }}
journeys:
{journeys}phases: {{ baseline: 3s, recovery: 32s }}
grace: 1s
targets:
  three: {{ expr: \"count(recovery_time{{journey=thrice}}) == 3\", level: must }}
",
        hosts.join(", ")
    )
}

/// The last message that was answered had been due before the service died, and the first one again is answered after it came back: the
/// upper bound is no less than the truth. Whatever failed was under way for at most D when it died, and due before it came back: the lower
/// bound is no more. Δ before, D, Δ after, and until the first good one was answered: less than D, or it were not good.
#[track_caller]
fn holds(outage: &Value, truth: f64, gap: f64) {
    let (lo, hi) = (number(&outage["lo_s"]), number(&outage["hi_s"]));
    assert!(lo <= truth + ROUNDING && truth <= hi + ROUNDING, "{truth} is not in [{lo}, {hi}]: {outage}");
    assert!(hi - lo <= 2.0 * gap + 2.0 * DEADLINE + ROUNDING, "[{lo}, {hi}]: {outage}");
}

/// It takes no lock: for 35 seconds it sends sixty messages a second, and leaves the processor to the others.
#[test]
fn what_dies_by_its_own_clock_is_down_for_as_long_as_it_says() {
    // Again, with services that know nothing of it, if this machine was too busy to send.
    for left in [2, 1, 0] {
        let services: Vec<_> = KINDS.iter().map(|kind| (kind, Mortal::start(kind))).collect();
        let place = Place::new();
        let file = place.file("mortal.yaml", &scenario(&services));
        let played = place.play("run", &file, &["--quiet"]);
        if left > 0 && crate::common::sender_was_slow(&played.dir) {
            continue;
        }
        let summary = played.summary();
        for (Kind { name, rate, deaths, .. }, service) in &services {
            let journey = list(&summary["journeys"]).iter().find(|journey| journey["id"] == *name).expect("it is told");
            let (outages, gone) = (list(&journey["outages"]), locked(&service.life).gone.clone());
            assert_eq!((outages.len(), gone.len()), (deaths.len(), deaths.len()), "{name}: {}", played.told());
            for ((outage, gone), (_, planned)) in outages.iter().zip(gone).zip(*deaths) {
                assert!(gone >= Duration::from_millis(*planned), "{gone:?}");
                holds(outage, gone.as_secs_f64(), 1.0 / rate);
            }
            // Nothing was injected, and so nothing explains it.
            let mut told = list(&summary["recovery"]).iter().filter(|told| told["journey"] == *name);
            assert!(told.all(|told| told["inject"].is_null() && told["outcome"] == "recovered"), "{summary}");
        }
        return;
    }
}
