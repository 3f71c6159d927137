//! What is read of a request's head, whoever parsed it.

use hyper::http::request::Parts;

/// The head of a request: hyper's in clients and twins, the path's own in the path.
pub trait Head {
    /// The method, as it was sent.
    fn method(&self) -> &str;

    /// The path of the target, without its query.
    fn path(&self) -> &str;

    /// The value of the first field of this name, which is lower-case; `None` also if the value is not plain ASCII.
    fn header(&self, name: &'static str) -> Option<&str>;
}

impl Head for Parts {
    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn path(&self) -> &str {
        self.uri.path()
    }

    fn header(&self, name: &'static str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
