//! A program of ours, with whatever it starts in its process group.

use std::io::Read;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::sync::oneshot;

/// A program that was started. Dropped before it has ended, its group is killed.
pub(super) struct Process {
    pub(super) pid: Pid,
    ended: oneshot::Receiver<()>,
    has_ended: bool,
    /// Dropped when nobody will signal the group any more: until then the program's number is nobody else's.
    reap: Option<mpsc::Sender<()>>,
    status: oneshot::Receiver<std::io::Result<ExitStatus>>,
    said: Arc<Mutex<Vec<u8>>>,
    silent: oneshot::Receiver<()>,
}

/// Starts a program as the leader of a group of its own, and keeps the first bytes of what it says.
pub(super) async fn start(mut command: Command, keep: usize) -> std::io::Result<Process> {
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let (said, silent) = listen(reader, keep)?;
    let (started, has_started) = oneshot::channel();
    let (tell_ended, ended) = oneshot::channel();
    let (reap, may_reap) = mpsc::channel();
    let (tell_status, status) = oneshot::channel();
    thread::Builder::new().name("exec".to_owned()).spawn(move || {
        let spawned = command.spawn();
        // It holds the other end of the pipe.
        drop(command);
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return drop(started.send(Err(error))),
        };
        let Some(pid) = pid(&child) else { return };
        // Nobody listens any more only if the drill has crashed.
        let _ = started.send(Ok(pid));
        wait_without_reaping(pid);
        let _ = tell_ended.send(());
        let _ = may_reap.recv();
        let _ = tell_status.send(child.wait());
    })?;
    let gone = || std::io::Error::other("the thread that starts programs has ended");
    let pid = has_started.await.map_err(|_| gone())??;
    Ok(Process { pid, ended, has_ended: false, reap: Some(reap), status, said, silent })
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn wait_without_reaping(pid: Pid) {
    while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {}
}

type Said = Arc<Mutex<Vec<u8>>>;

/// Reads all that is said, and keeps its beginning: who is not read from would wait for ever. What the program leaves running may hold the
/// pipe open; the thread then ends with this process.
fn listen(mut reader: std::io::PipeReader, keep: usize) -> std::io::Result<(Said, oneshot::Receiver<()>)> {
    let said = Said::default();
    let (tell, silent) = oneshot::channel();
    let into = Arc::clone(&said);
    thread::Builder::new().name("exec output".to_owned()).spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            let mut said = into.lock().unwrap_or_else(PoisonError::into_inner);
            let room = keep.saturating_sub(said.len());
            said.extend_from_slice(&buffer[..count.min(room)]);
        }
        let _ = tell.send(());
    })?;
    Ok((said, silent))
}

impl Process {
    /// Waits until the program itself has ended. What it left running is none of it.
    pub(super) async fn ended(&mut self) {
        if !self.has_ended {
            let _ = (&mut self.ended).await;
            self.has_ended = true;
        }
    }

    /// Signals the program and whatever it started.
    pub(super) fn signal(&self, signal: Signal) {
        if self.reap.is_some() {
            // Fails only if nobody is left.
            let _ = kill_process_group(self.pid, signal);
        }
    }

    /// How it ended, once it has.
    pub(super) async fn status(&mut self) -> std::io::Result<ExitStatus> {
        self.reap = None;
        let gone = |_| std::io::Error::other("the thread that waits for programs has ended");
        (&mut self.status).await.map_err(gone)?
    }

    /// Waits until nobody can say anything more.
    pub(super) async fn silent(&mut self) {
        let _ = (&mut self.silent).await;
    }

    /// What was said so far.
    pub(super) fn said(&self) -> Vec<u8> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.has_ended {
            self.signal(Signal::KILL);
        }
    }
}
