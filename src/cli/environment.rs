use rustix::process::{Resource, getrlimit};

use crate::report::Environment;

/// What `environment.json` says of this machine, without its name.
pub(super) fn environment(began: jiff::Timestamp) -> Environment {
    let system = rustix::system::uname();
    Environment {
        firedrill: env!("CARGO_PKG_VERSION").into(),
        os: format!("{} {}", system.sysname().to_string_lossy(), system.release().to_string_lossy()),
        arch: std::env::consts::ARCH.into(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        descriptors: getrlimit(Resource::Nofile).current,
        began: Some(began.to_string()),
        ended: None,
    }
}
