//! The fixed server: to every request the same answer, which a robot of DingTalk's gives. A process of its own, a thread a connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// The word by which this benchmark starts itself as the server.
pub(crate) const ROLE: &str = "serve";

/// What messages are sent to.
pub(crate) const PATH: &str = "/v1.0/robot/oToMessages/batchSend";

/// Answers until it is ended.
pub(crate) fn serve() -> Result<(), String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| format!("no port: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    println!("{address}");
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || while answer(&mut BufReader::new(&stream)).is_some() {});
    }
    Ok(())
}

/// Answers what comes on a connection; `None` when it is over.
fn answer(reader: &mut BufReader<&TcpStream>) -> Option<()> {
    let mut line = Vec::with_capacity(256);
    loop {
        let (mut length, mut login) = (0, None);
        loop {
            line.clear();
            reader.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
            if line.len() <= 2 {
                break;
            }
            login.get_or_insert(line.starts_with(b"POST /v1.0/oauth2/"));
            if line.len() > 15 && line[..15].eq_ignore_ascii_case(b"content-length:") {
                length = std::str::from_utf8(&line[15..]).ok()?.trim().parse().ok()?;
            }
        }
        line.resize(length, 0);
        reader.read_exact(&mut line).ok()?;
        let body = if login == Some(true) {
            r#"{"accessToken":"token","expireIn":7200}"#
        } else {
            r#"{"processQueryKey":"fixed","invalidStaffIdList":[],"flowControlledStaffIdList":[]}"#
        };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
        let whole = format!("{head}{}\r\n\r\n{body}", body.len());
        reader.get_mut().write_all(whole.as_bytes()).ok()?;
    }
}

/// The server as a process; dropped, it is ended.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start() -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg(ROLE).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("cannot start the server: {error}"))?;
        let mut line = String::new();
        let read = child.stdout.as_mut().map(|out| BufReader::new(out).read_line(&mut line));
        match line.trim().parse() {
            Ok(address) => Ok(Self { child, address }),
            Err(_) => Err(format!("the server is not ready: {read:?}")),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
