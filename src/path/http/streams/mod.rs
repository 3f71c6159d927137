//! HTTP/2 within TLS that ends here, where client and host have both agreed on it: every stream is an exchange, which passes the gates as
//! one of HTTP/1.1 does.
//!
//! ```text
//! client ═ Wired ═ server half ═╦═ exchange 1 ═╦═ client half ═ Wired ═ host
//!                               ╠═ exchange 2 ═╣
//! ```
//!
//! Nothing is translated between the two versions of HTTP, so that there is nothing that two readers could frame differently. Windows go from
//! end to end: what the client does not take is not taken from the host. What is written passes the faults that know nothing but bytes, as
//! the bytes of the whole connection.

mod answer;
mod body;
mod calm;
mod exchange;
mod failed;
mod host;
mod seen;
mod session;
mod wired;
mod words;

pub(in crate::path) use session::serve;
