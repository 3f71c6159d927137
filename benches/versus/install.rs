//! What is not there is installed, from Debian.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::measure::Measurement;
use crate::player::{Kind, Player};

/// A program, and the Debian packages that bring it.
struct Tool {
    file: &'static [&'static str],
    packages: &'static [&'static str],
}

const HAPROXY: Tool = Tool { file: &["/usr/sbin/haproxy"], packages: &["haproxy"] };
const NGINX: Tool = Tool {
    file: &["/usr/sbin/nginx", "/usr/lib/nginx/modules/ngx_stream_module.so"],
    packages: &["nginx", "libnginx-mod-stream"],
};
const WRK: Tool = Tool { file: &["/usr/bin/wrk"], packages: &["wrk"] };

/// Debian starts a service after installing it, unless this file says no. Here they are wanted as programs only.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Sees to it that what these players and measurements need is there.
pub(crate) fn needed(players: &[Player], measurements: &[&Measurement]) -> Result<(), String> {
    let http = measurements.iter().any(|one| one.name == "http");
    let any = |wanted: fn(&Kind) -> bool| {
        players.iter().any(|player| wanted(&player.kind) && measurements.iter().any(|one| (one.takes)(player)))
    };
    let mut missing = Vec::new();
    let mut need = |tool: Tool| {
        if !tool.file.iter().all(|file| Path::new(file).exists()) {
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

fn install(packages: &[&str]) -> Result<(), String> {
    let line = format!("apt-get install {}", packages.join(" "));
    if !rustix::process::geteuid().is_root() || !Path::new("/usr/bin/apt-get").exists() {
        return Err(format!(
            "not everything to compare with is here: run `{line}` as root, or leave it out with --players"
        ));
    }
    eprintln!("installing {}", packages.join(", "));
    let _policy = Policy::no_services();
    apt(&["update", "-qq"])?;
    let mut args = vec!["install", "-y", "-qq", "--no-install-recommends"];
    args.extend(packages);
    apt(&args)
}

fn apt(args: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
    let status = command.status().map_err(|error| format!("cannot start apt-get: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("apt-get {} failed, see above", args.join(" "))) }
}

/// Keeps Debian from starting services while it lives, and leaves things as they were.
struct Policy {
    ours: bool,
}

impl Policy {
    fn no_services() -> Self {
        let policy = Path::new(POLICY);
        let ours = !policy.exists() && fs::write(policy, "#!/bin/sh\nexit 101\n").is_ok();
        if ours {
            drop(fs::set_permissions(policy, Permissions::from_mode(0o755)));
        }
        Self { ours }
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if self.ours {
            drop(fs::remove_file(POLICY));
        }
    }
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
