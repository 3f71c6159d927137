//! Running a program without a shell.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use rustix::fs::{Access, access};
use rustix::process::Signal;

use super::process::{self, Process};
use super::{Entry, Injector, Over, Until, output};
use crate::journal::{CallEnd, Came};
use crate::limits::{KILL_PATIENCE, OUTPUT_PATIENCE};
use crate::plan::Exec;

/// The variables of firedrill's own environment that a program gets as well: what finds programs and files, and tells in what language to
/// speak. Not the others, since some of them are secrets of the drill.
const PASSED: [&str; 8] = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"];

/// Runs a program to its end, or until it has to end.
pub(super) async fn run(injector: &Injector, exec: &Exec, entry: &Entry, mut until: Until) -> Came {
    let program = exec.run.first().cloned().unwrap_or_default();
    let command = match command(injector, exec, &entry.from) {
        Ok(command) => command,
        Err(name) => return Came::not_made(format!("the variable `{name}` is not set: export it")),
    };
    let mut process = match process::start(command, output::wanted(&injector.secrets)).await {
        Ok(process) => process,
        Err(error) => {
            return Came::not_made(format!("cannot run `{program}` in {}: {error}", entry.from.display()));
        }
    };
    injector.log.running(entry.number, process.pid.as_raw_pid());
    let world = &injector.world;
    let over = tokio::select! {
        biased;
        () = process.ended() => None,
        over = until.over(world) => Some(over),
    };
    if over.is_some() && !stop(injector, &mut process).await {
        let why = format!("`{program}` did not end when it was killed, and may still do something");
        return Came { end: CallEnd::TimedOut, status: None, why, output: said(injector, &process) };
    }
    let status = process.status().await;
    // Its last words may still be in the pipe; what it left running may keep that open.
    let _ = world.clock.timeout(world.clock.now() + OUTPUT_PATIENCE, process.silent()).await;
    let output = said(injector, &process);
    match (over, status) {
        (None, Ok(status)) => came(&program, status, output),
        (None, Err(error)) => Came {
            end: CallEnd::Failed,
            status: None,
            why: format!("`{program}`: how it ended is not known: {error}"),
            output,
        },
        (Some(Over::Time), _) => {
            let why = format!("`{program}` did not end within {}, and was killed", until.timeout);
            Came { end: CallEnd::TimedOut, status: None, why, output }
        }
        (Some(Over::Cut), _) => {
            let why = format!("`{program}` was killed, since the drill ended");
            Came { end: CallEnd::Cut, status: None, why, output }
        }
    }
}

/// The program as it is started, or the name of a variable that is not set.
fn command(injector: &Injector, exec: &Exec, from: &Path) -> Result<Command, String> {
    let mut words = exec.run.iter();
    let mut command = Command::new(words.next().map_or("", String::as_str));
    command.args(words).env_clear().current_dir(from).stdin(Stdio::null()).process_group(0);
    command.envs(PASSED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    for (name, value) in &exec.env {
        command.env(name, value.filled(|name| injector.secrets.value(name))?);
    }
    Ok(command)
}

/// Looks whether the program can be found and run, from here.
///
/// # Errors
/// Why not.
pub(super) fn find(exec: &Exec) -> Result<(), String> {
    let program = exec.run.first().map_or("", String::as_str);
    let runs = |path: &Path| access(path, Access::EXEC_OK).is_ok() && path.is_file();
    let found = if program.contains('/') {
        runs(Path::new(program))
    } else {
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .any(|directory| runs(&directory.join(program)))
    };
    if found { Ok(()) } else { Err(format!("there is no program `{program}` here that can be run")) }
}

/// Asks the program and whatever it started to end, and kills what does not. Says whether the program has ended.
async fn stop(injector: &Injector, process: &mut Process) -> bool {
    let clock = &injector.world.clock;
    process.signal(Signal::TERM);
    let _ = clock.timeout(clock.now() + KILL_PATIENCE, process.ended()).await;
    // Also where it has ended: its children may not have listened.
    process.signal(Signal::KILL);
    clock.timeout(clock.now() + KILL_PATIENCE, process.ended()).await.is_ok()
}

fn said(injector: &Injector, process: &Process) -> String {
    output::kept(&injector.secrets, &process.said())
}

fn came(program: &str, status: ExitStatus, output: String) -> Came {
    let code = status.code().and_then(|code| u16::try_from(code).ok());
    if status.success() {
        return Came { end: CallEnd::Done, status: code, why: String::new(), output };
    }
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "did not end well".to_owned(),
    };
    let why = format!("`{program}` {how}{}", output::first_line(&output));
    Came { end: CallEnd::Failed, status: code, why, output }
}
