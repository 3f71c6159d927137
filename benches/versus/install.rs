//! What is not there is installed, from Debian.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::debian::{Tool, install};
use crate::measure::Measurement;
use crate::player::{Kind, Player};

const HAPROXY: Tool = Tool { file: &["/usr/sbin/haproxy"], packages: &["haproxy"] };
const NGINX: Tool = Tool {
    file: &["/usr/sbin/nginx", "/usr/lib/nginx/modules/ngx_stream_module.so"],
    packages: &["nginx", "libnginx-mod-stream"],
};
const WRK: Tool = Tool { file: &["/usr/bin/wrk"], packages: &["wrk"] };

/// Sees to it that what these players and measurements need is there.
pub(crate) fn needed(players: &[Player], measurements: &[&Measurement]) -> Result<(), String> {
    let http = measurements.iter().any(|one| one.name == "http");
    let any = |wanted: fn(&Kind) -> bool| {
        players.iter().any(|player| wanted(&player.kind) && measurements.iter().any(|one| (one.takes)(player)))
    };
    let mut missing = Vec::new();
    let mut need = |tool: Tool| {
        if !tool.is_here() {
            missing.extend(tool.packages);
        }
    };
    if any(|kind| matches!(kind, Kind::Haproxy { .. })) {
        need(HAPROXY);
    }
    if http || any(|kind| matches!(kind, Kind::Nginx { .. })) {
        need(NGINX);
    }
    if http {
        need(WRK);
    }
    if missing.is_empty() { Ok(()) } else { install(&missing) }
}

/// A copy of the program where every user may start it; gone when this is dropped.
pub(crate) fn public_copy(program: &Path) -> Result<tempfile::TempDir, String> {
    let copy = || {
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        fs::copy(program, folder.path().join("firedrill"))?;
        Ok(folder)
    };
    copy().map_err(|error: std::io::Error| format!("cannot copy {}: {error}", program.display()))
}
