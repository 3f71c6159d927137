//! What this program does in the processes that it starts: upstreams, and the loops that show what the kernel can do at best.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::thread;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};

/// Set in the processes that this program starts: what to do.
pub(crate) const ROLE: &str = "FIREDRILL_VERSUS_ROLE";

/// What the splice loop moves at once: the largest pipe an unprivileged process gets.
const PIPE: usize = 1 << 20;
/// What the copy loop moves at once.
const COPY: usize = 64 << 10;
/// What the source writes at once.
const SOURCE: usize = 256 << 10;

type Relay = fn(&TcpStream, &TcpStream) -> io::Result<()>;

/// Plays `echo AT`, `source AT`, `splice AT UPSTREAM` or `copy AT UPSTREAM`, until it is killed.
pub(crate) fn play(role: &str) -> Result<ExitCode, String> {
    let words: Vec<_> = role.split(' ').collect();
    let address = |at: usize| words.get(at).and_then(|word| word.parse::<SocketAddr>().ok()).ok_or(role.to_owned());
    let played = match words.first() {
        Some(&"echo") => echo(address(1)?),
        Some(&"source") => serve(address(1)?, source),
        Some(&"splice") => relay(address(1)?, address(2)?, splicing),
        Some(&"copy") => relay(address(1)?, address(2)?, copying),
        _ => return Err(format!("no such role: {role}")),
    };
    played.map(|()| ExitCode::SUCCESS).map_err(|error| format!("{role}: {error}"))
}

/// Gives back what it gets, on any number of connections, in one thread.
fn echo(at: SocketAddr) -> io::Result<()> {
    const LISTENER: u64 = 0;
    let listener = TcpListener::bind(at)?;
    let poll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&poll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let (mut connections, mut next) = (BTreeMap::new(), LISTENER + 1);
    let mut buffer = vec![0; COPY];
    let mut events = Vec::with_capacity(256);
    loop {
        events.clear();
        epoll::wait(&poll, spare_capacity(&mut events), None)?;
        for event in &events {
            let number = event.data.u64();
            if number == LISTENER {
                let (connection, _) = listener.accept()?;
                connection.set_nodelay(true)?;
                epoll::add(&poll, &connection, EventData::new_u64(next), EventFlags::IN)?;
                connections.insert(next, connection);
                next += 1;
            } else if let Some(connection) = connections.get_mut(&number) {
                let done = connection.read(&mut buffer).and_then(|read| {
                    connection.write_all(&buffer[..read])?;
                    Ok(read == 0)
                });
                if done.unwrap_or(true) {
                    // Closed with it, it leaves the poll.
                    connections.remove(&number);
                }
            }
        }
    }
}

/// Every connection to `at` in a thread of its own.
fn serve(at: SocketAddr, each: impl Fn(TcpStream) -> io::Result<()> + Copy + Send + 'static) -> io::Result<()> {
    let listener = TcpListener::bind(at)?;
    loop {
        let (connection, _) = listener.accept()?;
        thread::spawn(move || drop(each(connection)));
    }
}

/// Writes for ever.
fn source(mut connection: TcpStream) -> io::Result<()> {
    let block = vec![0x5a; SOURCE];
    loop {
        connection.write_all(&block)?;
    }
}

/// A proxy of two threads a connection, one for each direction.
fn relay(at: SocketAddr, upstream: SocketAddr, how: Relay) -> io::Result<()> {
    serve(at, move |down| {
        let up = TcpStream::connect(upstream)?;
        down.set_nodelay(true)?;
        up.set_nodelay(true)?;
        let (down_too, up_too) = (down.try_clone()?, up.try_clone()?);
        let back = thread::spawn(move || one_way(&up_too, &down_too, how));
        one_way(&down, &up, how);
        drop(back.join());
        Ok(())
    })
}

fn one_way(from: &TcpStream, to: &TcpStream, how: Relay) {
    // An error ends this direction like the end of the stream does.
    drop(how(from, to));
    drop(to.shutdown(Shutdown::Write));
    drop(from.shutdown(Shutdown::Read));
}

fn splicing(from: &TcpStream, to: &TcpStream) -> io::Result<()> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
    fcntl_setpipe_size(&write, PIPE)?;
    loop {
        let mut held = splice(from.as_fd(), None, &write, None, PIPE, SpliceFlags::MOVE)?;
        if held == 0 {
            return Ok(());
        }
        while held > 0 {
            held -= splice(&read, None, to.as_fd(), None, held, SpliceFlags::MOVE)?;
        }
    }
}

fn copying(mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; COPY];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..read])?;
    }
}
