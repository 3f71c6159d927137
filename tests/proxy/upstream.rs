//! Servers behind a proxy.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Serves every connection on a thread of its own; threads end with the test's process.
pub(crate) fn serve(each: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let each = each.clone();
            std::thread::spawn(move || each(stream));
        }
    });
    address
}

/// Gives back what it gets.
pub(crate) fn echo() -> SocketAddr {
    serve(|mut stream| {
        let mut buffer = [0; 4096];
        while let Ok(bytes @ 1..) = stream.read(&mut buffer) {
            if stream.write_all(&buffer[..bytes]).is_err() {
                return;
            }
        }
    })
}

/// Accepts, holds, and never reads.
pub(crate) fn deaf() -> SocketAddr {
    serve(|stream| {
        let _stream = stream;
        loop {
            std::thread::sleep(Duration::from_secs(3600));
        }
    })
}

/// Sends without end.
pub(crate) fn flood() -> SocketAddr {
    serve(|mut stream| while stream.write_all(&[7; 16384]).is_ok() {})
}

/// A connection that gives up after ten seconds.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_nodelay(true).expect("a socket");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time");
    stream.set_write_timeout(Some(Duration::from_secs(10))).expect("a time");
    stream
}

/// One round trip.
pub(crate) fn ping(stream: &mut TcpStream) -> Result<Duration, std::io::Error> {
    let start = std::time::Instant::now();
    stream.write_all(b"ping")?;
    stream.read_exact(&mut [0; 4])?;
    Ok(start.elapsed())
}
