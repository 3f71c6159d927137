//! A mail server's twin: a submission server (RFC 6409) that keeps what it takes for its own users and passes nothing on.
//!
//! It offers SIZE, 8BITMIME, PIPELINING, enhanced status codes and AUTH with PLAIN and LOGIN. It speaks TLS from
//! the beginning where it listens by TLS; where it listens in the clear it offers STARTTLS (RFC 3207) if it has a certificate. Where it is fixed who exists, whoever sends has to log in and
//! sends in his own name; otherwise it takes mail from anybody, and any credentials. It has no limits of a vendor.

mod serve;
mod session;

pub(super) use serve::serve;
