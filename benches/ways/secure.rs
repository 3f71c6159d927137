//! TLS, passed on by its name or ended at the proxy.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::metric::Values;
use crate::place::{HOST, Place};
use crate::player::{Kind, Player, Way};
use crate::tunnel::{Road, broken, measured};

const CLIENTS: usize = 8;
const TIME: Duration = Duration::from_secs(2);

/// Handshakes with the host, through whoever passes them on.
pub(crate) fn handshakes(place: &Place, player: &Player) -> Result<Values, String> {
    whole(place, player, Way::Sni)
}

/// Handshakes with the proxy.
pub(crate) fn met(place: &Place, player: &Player) -> Result<Values, String> {
    whole(place, player, Way::Intercept)
}

fn whole(place: &Place, player: &Player, way: Way) -> Result<Values, String> {
    let (upstream, _host) = place.host()?;
    let mut running = player.start(place, way, upstream)?;
    let road = Road::of(&running, upstream);
    let trusted = match (way, player.kind) {
        (Way::Intercept, Kind::Firedrill) => authority(place, "ca/ca.pem")?,
        (Way::Intercept, Kind::Mitmproxy) => authority(place, "mitmproxy/own/mitmproxy-ca-cert.pem")?,
        _ => place.trusted.clone(),
    };
    let config = &Arc::new(config(trusted)?);
    let each = move |until: Instant, taken: &mut Histogram<u64>| {
        while Instant::now() < until {
            let one = Instant::now();
            let mut socket = road.connect()?;
            let name = ServerName::try_from(HOST).map_err(|error| error.to_string())?;
            let mut session = ClientConnection::new(Arc::clone(config), name).map_err(|error| error.to_string())?;
            while session.is_handshaking() {
                session.complete_io(&mut socket).map_err(broken)?;
            }
            taken.saturating_record(one.elapsed().as_nanos() as u64);
        }
        Ok(())
    };
    measured(&mut running, CLIENTS, TIME, each)
}

fn authority(place: &Place, file: &str) -> Result<CertificateDer<'static>, String> {
    let path = place.folder.join(file);
    CertificateDer::from_pem_file(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A client that remembers no session, so that every handshake is a whole one.
fn config(trusted: CertificateDer<'static>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).map_err(|error| error.to_string())?;
    let config =
        ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let mut config = config.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// wrk trusts everybody, and asks for the name in its URL.
pub(crate) fn intercepted(place: &Place, player: &Player) -> Result<Values, String> {
    const SECONDS: u32 = 3;
    let (upstream, _host) = place.host()?;
    let mut running = player.start(place, Way::Intercept, upstream)?;
    let before = running.cpu();
    let mut wrk = Command::new("/usr/bin/wrk");
    // The name of the host as the URL has a port of its own, which belongs to the connection and not to what is asked for.
    wrk.args(["-t1", "-c64", "--latency", "--timeout", "5s", "-H", &format!("Host: {HOST}")]);
    wrk.arg(format!("-d{SECONDS}s")).arg(format!("https://{HOST}:{}/", running.at.port()));
    let output = wrk.output().map_err(|error| format!("wrk: {error}"))?;
    let cpu = running.cpu() - before;
    let text = String::from_utf8_lossy(&output.stdout);
    if let Some(bad) = text.lines().find(|line| line.contains("Non-2xx") || line.contains("Socket errors")) {
        return Err(running.blame(bad.trim().to_owned()));
    }
    let after = |word: &str| text.lines().find_map(|line| line.trim().strip_prefix(word)).map(str::trim);
    let requests = after("Requests/sec:").and_then(|text| text.parse::<f64>().ok()).filter(|requests| *requests > 0.0);
    let requests = requests.ok_or_else(|| running.blame(format!("wrk had no answers: {}", text.trim())))?;
    let quantile = |word| after(word).and_then(micros).unwrap_or(f64::NAN);
    Ok(vec![requests, quantile("50%"), quantile("99%"), cpu * 1e6 / (requests * f64::from(SECONDS))])
}

/// Microseconds of a time as wrk writes it.
fn micros(text: &str) -> Option<f64> {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];
    units.iter().find_map(|(unit, factor)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor))
}
