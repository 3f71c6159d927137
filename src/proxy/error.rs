//! What the interface answers when it says no.

use std::io;
use std::net::SocketAddr;

/// A refusal: its HTTP status, and its words, which clients of Toxiproxy compare.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ApiError {
    /// The words.
    pub text: String,
    /// The HTTP status.
    pub status: u16,
}

impl ApiError {
    /// A refusal of a request that is wrong in itself.
    pub fn bad(text: impl Into<String>) -> Self {
        Self { text: text.into(), status: 400 }
    }

    /// A body that cannot be read.
    pub fn body(why: impl AsRef<str>) -> Self {
        Self::bad(format!("bad request body: {}", why.as_ref()))
    }

    /// A field that must be there.
    pub fn missing(field: &str) -> Self {
        Self::bad(format!("missing required field: {field}"))
    }

    /// Something that is not there.
    pub fn not_found(what: &str) -> Self {
        Self { text: format!("{what} not found"), status: 404 }
    }

    /// Something that is there already.
    pub fn exists(what: &str) -> Self {
        Self { text: format!("{what} already exists"), status: 409 }
    }

    /// Something that the system refused.
    pub fn system(text: impl Into<String>) -> Self {
        Self { text: text.into(), status: 500 }
    }

    /// A way in that everybody could use.
    pub(super) fn open_way_in(name: &str, address: SocketAddr) -> Self {
        let remedy =
            "start with a file that holds a token (--token-file), which nobody can show by SNI, or listen at 127.0.0.1";
        Self::bad(format!("the way in `{name}` would listen at {address}, which other machines reach: {remedy}"))
    }

    /// An address that cannot be listened at, in Go's words.
    pub fn bind(at: SocketAddr, error: &io::Error) -> Self {
        Self::system(format!("listen tcp {at}: bind: {}", go_words(error)))
    }
}

/// What the system said, in the words of the C library, which are Go's.
fn go_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "address already in use".into(),
        io::ErrorKind::AddrNotAvailable => "cannot assign requested address".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_lowercase()
        }
    }
}
