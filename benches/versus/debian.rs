//! Programs from Debian: whether they are here, and how they get here.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// A program, and the Debian packages that bring it.
pub(crate) struct Tool {
    pub(crate) file: &'static [&'static str],
    pub(crate) packages: &'static [&'static str],
}

impl Tool {
    pub(crate) fn is_here(&self) -> bool {
        self.file.iter().all(|file| Path::new(file).exists())
    }
}

/// Debian starts a service after installing it, unless this file says no. Here they are wanted as programs only.
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Installs packages, and starts nothing.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
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
