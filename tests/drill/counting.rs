//! Services that are not ours, by `url`: each is a program of its own in `tests/foreign`, which counts for itself what it does.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::common::turns::Turn;
use crate::common::{Place, Played, sender_was_slow};

/// A service, for as long as a drill needs it.
pub(crate) struct Service {
    child: Child,
    out: BufReader<ChildStdout>,
    pub(crate) port: u64,
}

impl Service {
    pub(crate) fn start(name: &str, args: &[&str]) -> Self {
        let server = format!("{}/tests/foreign/{name}/server.py", env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new("python3");
        command.arg(server).args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no server: {:?}", child.wait()));
        Self { port: told["port"].as_u64().expect("a port"), child, out }
    }

    /// Ends it. Gives what it says then.
    pub(crate) fn ended(mut self) -> String {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("what it has counted");
        self.child.wait().expect("it ends");
        rest
    }
}

/// A drill over sockets with a service that was started with these arguments and stands at `PORT`; what the service has counted comes last.
pub(crate) fn play(name: &str, args: &[&str], drill: &str) -> (Place, Played, Value) {
    let _turn = Turn::to("run");
    let place = Place::new();
    // Again, with a service that knows nothing of it, if this machine was too busy to send.
    for left in [2, 1, 0] {
        let service = Service::start(name, args);
        let file = place.file(&format!("foreign-{name}.yaml"), &drill.replace("PORT", &service.port.to_string()));
        let played = place.play("run", &file, &["--quiet"]);
        let counted = serde_json::from_str(&service.ended()).expect("JSON");
        if left == 0 || !sender_was_slow(&played.dir) {
            return (place, played, counted);
        }
    }
    unreachable!("the last time it is as it is")
}

/// The messages of a journey, the drill's first, that a service has listed by their ids: `0.17`, `fd-0.17`.
pub(crate) fn messages(counted: &Value, what: &str, journey: &str) -> Vec<String> {
    let ids = counted[what].as_array().unwrap_or_else(|| panic!("no {what}: {counted}"));
    let number = |id: &Value| id.as_str().and_then(|id| id.rsplit('.').next()?.parse::<u32>().ok());
    let mut numbers: Vec<u32> = ids.iter().map(|id| number(id).unwrap_or_else(|| panic!("no message: {id}"))).collect();
    numbers.sort_unstable();
    numbers.into_iter().map(|number| format!("{journey}.{number}")).collect()
}

/// The messages that a list of the summary, or of the journal, names: by their numbers.
pub(crate) fn named<'r>(lines: impl Iterator<Item = &'r Value>) -> Vec<String> {
    let mut names: Vec<(u32, String)> = lines
        .map(|line| {
            let name = line["message"].as_str().expect("a message").to_owned();
            (name.rsplit('.').next().and_then(|number| number.parse().ok()).expect("a number"), name)
        })
        .collect();
    names.sort_unstable();
    names.into_iter().map(|(_, name)| name).collect()
}

/// A target's verdict, and what it was compared with.
pub(crate) fn target<'s>(summary: &'s Value, name: &str) -> (&'s str, f64) {
    let targets = summary["targets"].as_array().expect("targets");
    let target = targets.iter().find(|target| target["id"] == name).expect("the target");
    (target["verdict"].as_str().expect("a verdict"), target["observed"].as_f64().unwrap_or(f64::NAN))
}
