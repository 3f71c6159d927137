//! A short drill whose one inject acts outside, in a place of its own.

use std::path::PathBuf;
use std::process::{Child, Command};

use crate::common::{Place, Played, firedrill, pause};

const DRILL: &str = "\
firedrill: 1
name: outside
regions: { hk: {} }
endpoints: { dingtalk: { kind: dingtalk, edition: mainland, region: hk, limits: off } }
groups: { office: { count: 4, region: hk }, factory: { count: 4, region: hk } }
journeys:
  order: { from: office, to: factory, rate: 10/s, deadline: 500ms, routes: [dingtalk] }
phases: { baseline: 1s, fault: 2s, recovery: 500ms }
injects: { switch: { during: fault, ACTION } }
grace: 1s
targets: { arrived: { expr: \"undelivered{journey=order} == 0\", level: must } }
";

/// A place for a drill and for what it does.
pub(crate) struct Rig(pub(crate) Place);

impl Rig {
    pub(crate) fn new() -> Self {
        Self(Place::new())
    }

    /// A drill with an action, in which `PLACE` is this place.
    pub(crate) fn drill(&self, action: &str) -> String {
        let text = DRILL.replace("ACTION", action).replace("PLACE", &self.0.path().display().to_string());
        self.0.file("outside.yaml", &text)
    }

    /// Runs a shell when the inject begins, and another when it ends. Both may write `PLACE`.
    pub(crate) fn shells(&self, run: &str, undo: &str, more: &str) -> String {
        self.drill(&format!("exec: {{ run: [sh, -c, {run:?}], undo: [sh, -c, {undo:?}]{more} }}"))
    }

    /// Plays it over sockets, allowed to act.
    pub(crate) fn run(&self, file: &str) -> Played {
        self.0.play("run", file, &["--quiet", "--allow-actions"])
    }

    /// The same, to be disturbed.
    pub(crate) fn start(&self, file: &str) -> Child {
        self.0.command("run", file, &["--quiet", "--allow-actions"]).spawn().expect("the program starts")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// How many lines a file of this place has; none if it is not there.
    pub(crate) fn lines(&self, name: &str) -> usize {
        std::fs::read_to_string(self.path(name)).map_or(0, |text| text.lines().count())
    }

    /// Waits until a file is there, at most 30 s: two hundred times what it takes here, since others use this machine.
    pub(crate) fn await_file(&self, name: &str) {
        for _ in 0..600 {
            if self.lines(name) > 0 {
                return;
            }
            pause(50);
        }
        panic!("{name} never came");
    }

    pub(crate) fn clean(&self, more: &[&str]) -> Played {
        let mut command = firedrill(["clean"]);
        command.arg(self.0.reports()).args(more);
        let output = command.output().expect("the program starts");
        Played {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            dir: PathBuf::new(),
        }
    }
}

/// Signals a process of ours.
pub(crate) fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(done.success());
}

/// Whether there is a process of this number that has not ended.
pub(crate) fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}
