//! Figures for Prometheus: Toxiproxy's two counters with their labels, and a few of ours. They move while a connection is open.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::registry::Registry;
use crate::path::{Bytes, Door, Traffic};

/// The labels of a counter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Series {
    /// The proxy's name.
    pub proxy: String,
    /// Where it listens.
    pub listener: String,
    /// Where it leads.
    pub upstream: String,
}

/// Counts another door's traffic in; what is open there is not open here.
pub(super) fn add(to: &mut Traffic, other: Traffic) {
    let sum = |own: &mut Bytes, other: Bytes| {
        own.read += other.read;
        own.written += other.written;
    };
    sum(&mut to.to_endpoint, other.to_endpoint);
    sum(&mut to.from_endpoint, other.from_endpoint);
    to.accepted += other.accepted;
}

impl Series {
    fn labels(&self) -> String {
        let Self { proxy, listener, upstream } = self;
        format!("listener=\"{}\",proxy=\"{}\",upstream=\"{}\"", escape(listener), escape(proxy), escape(upstream))
    }
}

/// The three signs that a label may not hold as they are.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Everything, as Prometheus reads it.
pub(super) async fn render(registry: &Registry) -> String {
    let inner = registry.lock().await;
    let mut series: BTreeMap<Series, Traffic> = inner.retired.clone();
    let mut ours = [String::new(), String::new(), String::new()];
    for proxy in inner.proxies.values() {
        let traffic = proxy.door.as_ref().map_or(Traffic::default(), Door::traffic);
        add(series.entry(proxy.series()).or_default(), traffic);
        let name = escape(&proxy.name);
        // Writing to a string does not fail.
        let _ = writeln!(ours[0], "firedrill_proxy_connections_open{{proxy=\"{name}\"}} {}", traffic.open);
        let _ = writeln!(ours[1], "firedrill_proxy_enabled{{proxy=\"{name}\"}} {}", u8::from(proxy.door.is_some()));
        let _ = writeln!(ours[2], "firedrill_proxy_toxics{{proxy=\"{name}\"}} {}", proxy.toxics.len());
    }
    let (faults, leases) = (inner.natives.len(), inner.leases.iter().count());
    drop(inner);
    let counter = |name: &str, help: &str, of: fn(&Bytes) -> u64| {
        let mut text = format!("# HELP {name} {help}\n# TYPE {name} counter\n");
        for (series, traffic) in &series {
            let labels = series.labels();
            for (direction, bytes) in [("downstream", traffic.from_endpoint), ("upstream", traffic.to_endpoint)] {
                let _ = writeln!(text, "{name}{{direction=\"{direction}\",{labels}}} {}", of(&bytes));
            }
        }
        text
    };
    let mut text =
        counter("toxiproxy_proxy_received_bytes_total", "Bytes read from whoever sends.", |bytes| bytes.read);
    text += &counter("toxiproxy_proxy_sent_bytes_total", "Bytes written to whoever receives.", |bytes| bytes.written);
    let gauges = [
        ("firedrill_proxy_connections_open", "Connections that are open now."),
        ("firedrill_proxy_enabled", "Whether the proxy listens."),
        ("firedrill_proxy_toxics", "Toxics of the proxy."),
    ];
    for ((name, help), values) in gauges.iter().zip(&ours) {
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{values}");
    }
    for (name, help, value) in [
        ("firedrill_faults", "Native faults that are armed.", faults),
        ("firedrill_leases", "Leases that live.", leases),
    ] {
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
    }
    text
}
