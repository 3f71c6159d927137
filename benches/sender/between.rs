//! The path alone, as a process between a load tool and the server: what a request costs by it without a drill around it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// `firedrill proxy`, which reads HTTP as a drill's path does and has no fault; dropped, it is ended.
pub(crate) struct Between {
    child: Child,
    _folder: TempDir,
    pub(crate) address: SocketAddr,
}

impl Between {
    pub(crate) fn start(server: SocketAddr) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.map_err(|error| format!("no port: {error}"))?;
        let proxies =
            serde_json::json!([{ "name": "server", "listen": address, "upstream": server, "protocol": "http" }]);
        let config = folder.path().join("proxies.json");
        fs::write(&config, proxies.to_string()).map_err(|error| error.to_string())?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
        command.args(["proxy", "--api", "127.0.0.1:0", "--config"]).arg(&config);
        command.env_remove("RUST_LOG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| format!("cannot start firedrill: {error}"))?;
        let mut between = Self { child, _folder: folder, address };
        let mut ready = String::new();
        let read = between.child.stdout.as_mut().map(|out| BufReader::new(out).read_line(&mut ready));
        if ready.is_empty() { Err(format!("the path is not ready: {read:?}")) } else { Ok(between) }
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        // It may have ended already; waiting for it makes its processor time one of a child's.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
