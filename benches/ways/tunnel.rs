//! Tunnels by CONNECT, and what they are compared with.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::metric::Values;
use crate::place::Place;
use crate::player::{Player, Running, Way};

/// How long a client waits for anything before it gives up.
const PATIENCE: Duration = Duration::from_secs(5);
const CLIENTS: usize = 16;
const MESSAGE: usize = 64;

/// The way to an upstream, for any number of clients.
#[derive(Clone, Copy)]
pub(crate) struct Road {
    at: SocketAddr,
    /// What has to be asked for first.
    asks: Option<SocketAddr>,
}

impl Road {
    pub(crate) fn of(running: &Running, upstream: SocketAddr) -> Self {
        Self { at: running.at, asks: running.asked.then_some(upstream) }
    }

    /// A connection that leads to the upstream.
    pub(crate) fn connect(self) -> Result<TcpStream, String> {
        let open = || {
            let mut connection = TcpStream::connect_timeout(&self.at, PATIENCE)?;
            connection.set_nodelay(true)?;
            connection.set_read_timeout(Some(PATIENCE))?;
            connection.set_write_timeout(Some(PATIENCE))?;
            let mut answer = Vec::new();
            if let Some(to) = self.asks {
                connection.write_all(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n").as_bytes())?;
                let mut some = [0; 512];
                // What the upstream says may come with it, and never end.
                while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
                    match connection.read(&mut some)? {
                        0 => break,
                        read => answer.extend_from_slice(&some[..read]),
                    }
                }
            }
            Ok((connection, answer))
        };
        let (connection, answer) = open().map_err(broken)?;
        if self.asks.is_some() && answer.get(9..12) != Some(b"200") {
            return Err(format!("no tunnel: {}", String::from_utf8_lossy(&answer).trim()));
        }
        Ok(connection)
    }
}

/// An error of a connection, as a sentence.
#[expect(clippy::needless_pass_by_value, reason = "that is how `map_err` hands it over")]
pub(crate) fn broken(error: std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::WouldBlock => format!("nothing came for {PATIENCE:?}"),
        _ => format!("connection: {error}"),
    }
}

/// Reads for 0.3 s and forgets it, then for 2 s, from arrival to arrival.
pub(crate) fn bulk(place: &Place, player: &Player) -> Result<Values, String> {
    let (upstream, _source) = place.source()?;
    let mut running = player.start(place, Way::Connect, upstream)?;
    let mut client = Road::of(&running, upstream).connect().map_err(|error| running.blame(error))?;
    let mut buffer = vec![0; 256 << 10];
    let mut next = |client: &mut TcpStream| match client.read(&mut buffer) {
        Ok(0) => Err("the proxy closed the connection".to_owned()),
        read => read.map(|read| read as f64).map_err(broken),
    };
    let warm = Instant::now() + Duration::from_millis(300);
    while Instant::now() < warm {
        next(&mut client)?;
    }
    let (began, before, mut bytes, mut seconds) = (Instant::now(), running.cpu(), 0.0, 0.0);
    while seconds < 2.0 {
        bytes += next(&mut client).map_err(|error| running.blame(error))?;
        seconds = began.elapsed().as_secs_f64();
    }
    Ok(vec![bytes * 8.0 / seconds / 1e9, (running.cpu() - before) / (bytes / 1e9)])
}

pub(crate) fn trips(place: &Place, player: &Player) -> Result<Values, String> {
    let (upstream, _echo) = place.echo()?;
    let mut running = player.start(place, Way::Connect, upstream)?;
    let road = Road::of(&running, upstream);
    let each = move |until: Instant, taken: &mut Histogram<u64>| {
        let mut client = road.connect()?;
        while Instant::now() < until {
            let one = Instant::now();
            trip(&mut client)?;
            taken.saturating_record(one.elapsed().as_nanos() as u64);
        }
        Ok(())
    };
    measured(&mut running, CLIENTS, Duration::from_secs(2), each)
}

/// Closed connections keep their ports for a minute, and a client has 28,000: a second uses many of them.
pub(crate) fn short(place: &Place, player: &Player) -> Result<Values, String> {
    let (upstream, _echo) = place.echo()?;
    let mut running = player.start(place, Way::Connect, upstream)?;
    let road = Road::of(&running, upstream);
    let each = move |until: Instant, taken: &mut Histogram<u64>| {
        while Instant::now() < until {
            let one = Instant::now();
            trip(&mut road.connect()?)?;
            taken.saturating_record(one.elapsed().as_nanos() as u64);
        }
        Ok(())
    };
    measured(&mut running, CLIENTS, Duration::from_secs(1), each)
}

fn trip(client: &mut TcpStream) -> Result<(), String> {
    let mut message = [0x5a; MESSAGE];
    client.write_all(&message).and_then(|()| client.read_exact(&mut message)).map_err(broken)
}

/// So many threads do the same for so long: how often in a second, how long it took, and the proxy's processor time for each.
pub(crate) fn measured(
    running: &mut Running,
    clients: usize,
    time: Duration,
    each: impl Fn(Instant, &mut Histogram<u64>) -> Result<(), String> + Copy + Send,
) -> Result<Values, String> {
    let (began, before) = (Instant::now(), running.cpu());
    let until = began + time;
    let all = thread::scope(|scope| {
        let client = move || {
            let mut taken = nanos();
            each(until, &mut taken).map(|()| taken)
        };
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        let mut all = nanos();
        for thread in threads {
            let one = thread.join().unwrap_or_else(|_| Err("a client panicked".to_owned()))?;
            all.add(one).map_err(|error| error.to_string())?;
        }
        Ok(all)
    });
    let all = all.map_err(|error: String| running.blame(error))?;
    let count = all.len() as f64;
    let micros = |quantile| all.value_at_quantile(quantile) as f64 / 1e3;
    let cpu = (running.cpu() - before) * 1e6 / count;
    Ok(vec![count / began.elapsed().as_secs_f64(), micros(0.5), micros(0.99), cpu])
}

/// Nanoseconds, to three digits, up to a minute.
fn nanos() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("valid bounds")
}
