//! How fast texts are inspected for what may not leave, on one core, and what it takes to have a message of 4 KiB inspected, within a
//! process and by `firedrill twin dlp` beside it. Run with `cargo bench --bench dlp` (under a minute); docs/performance.md has what came out.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it measures real time over real sockets, and its figures are its purpose"
)]

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use firedrill::dlp::{Kind, Language, innocent, inspect, violation};
use firedrill::draw::Seed;

/// Bytes of a message.
const MESSAGE: usize = 4_096;

/// Messages of each sort, so many that they do not stay in a core's own cache.
const MESSAGES: usize = 2_048;

/// How long each sort is inspected.
const LONG: Duration = Duration::from_secs(2);

/// Questions to the twin.
const QUESTIONS: usize = 50_000;

/// Rounds of questions: what else the machine does shows in some of them.
const ROUNDS: usize = 5;

/// Plain text between what is drawn.
const PLAIN: [&str; 2] = [
    "the goods leave Shenzhen on the next truck; please confirm count, colour and carton marks. ",
    "貨物明早由深圳出車,請核對數量、顏色和箱嘜。",
];

fn main() -> ExitCode {
    throughput();
    within();
    match by_a_twin() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dlp: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A text of at least so many bytes, of pieces.
fn text(number: usize, mut piece: impl FnMut(usize) -> String) -> String {
    let mut text = String::new();
    for at in 0.. {
        text.push_str(&piece(number * 1_000 + at));
        if text.len() >= MESSAGE {
            break;
        }
    }
    text
}

/// One of the plain texts, in English or in Chinese.
fn plain(number: usize) -> String {
    PLAIN[number % 2].to_owned()
}

/// A sentence of the corpus.
fn drawn(number: usize) -> String {
    let kind = Kind::ALL[number % Kind::ALL.len()].1;
    let language = if number.is_multiple_of(2) { Language::Chinese } else { Language::English };
    let key = Seed(1).key("bench").part(number as u64);
    if number.is_multiple_of(3) { violation(kind, language, key) } else { innocent(kind, language, key) }
}

/// What a message of a company looks like: plain text with one sentence of the corpus in it.
fn usual(number: usize) -> String {
    text(number, |at| if at.is_multiple_of(1_000) { drawn(number) } else { plain(at) })
}

/// Makes the text of a number.
type Sort = fn(usize) -> String;

fn throughput() {
    let sorts: [(&str, Sort); 5] = [
        ("plain English", |number| text(number, |_| plain(0))),
        ("plain Chinese", |number| text(number, |_| plain(1))),
        ("messages, one sentence of the corpus in each", usual),
        ("nothing but the corpus", |number| text(number, drawn)),
        ("nothing but numbers", |number| text(number, |at| format!("Tel 9991{:04} ", at % 10_000))),
    ];
    for (what, sort) in sorts {
        let texts: Vec<String> = (0..MESSAGES).map(sort).collect();
        let (mut bytes, mut findings) = (0, 0);
        let began = Instant::now();
        while began.elapsed() < LONG {
            for text in &texts {
                findings += black_box(inspect(black_box(text))).len();
                bytes += text.len();
            }
        }
        let rate = bytes as f64 / began.elapsed().as_secs_f64() / 1e6;
        println!("{what:<46} {rate:>7.0} MB/s a core, {:.1} findings a KB", findings as f64 * 1e3 / bytes as f64);
    }
}

/// Percentiles of what was measured, in microseconds.
fn tell(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |thousandths: usize| took[(took.len() - 1) * thousandths / 1_000].as_secs_f64() * 1e6;
    println!("{what:<46} p50 {:>6.1} µs, p99 {:>6.1} µs, p99.9 {:>6.1} µs", at(500), at(990), at(999));
}

fn within() {
    let texts: Vec<String> = (0..MESSAGES).map(usual).collect();
    let took = texts.iter().cycle().take(QUESTIONS).map(|text| {
        let began = Instant::now();
        black_box(inspect(black_box(text)));
        began.elapsed()
    });
    tell("4 KiB, inspected within the process", took.collect());
}

/// The twin, ended when it is dropped.
struct Twin(Child);

impl Drop for Twin {
    fn drop(&mut self) {
        // It is over for it either way.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One message after another over one connection, as a gateway asks.
fn by_a_twin() -> Result<(), String> {
    let told = |error: std::io::Error| format!("the twin: {error}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    command.args(["twin", "dlp", "--listen", "127.0.0.1:0"]).env_remove("RUST_LOG");
    let mut twin = Twin(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(told)?);
    let mut line = String::new();
    let out = twin.0.stdout.take().ok_or("the twin says nothing")?;
    BufReader::new(out).read_line(&mut line).map_err(told)?;
    let ready: serde_json::Value = serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))?;
    let address = ready["http"].as_str().and_then(|url| url.strip_prefix("http://")).ok_or("no address")?;
    let mut stream = TcpStream::connect(address).map_err(told)?;
    stream.set_nodelay(true).map_err(told)?;
    // What inspecting adds is what it takes longer than the same bytes that nobody inspects.
    let (inspected, other) = (questions("/v1/inspect"), questions("/v1/none"));
    for _ in 0..ROUNDS {
        tell("4 KiB, asked of `firedrill twin dlp`", ask(&mut stream, &inspected, "200")?);
        tell("… where nothing is inspected (404)", ask(&mut stream, &other, "404")?);
    }
    Ok(())
}

/// A request with each message.
fn questions(path: &str) -> Vec<Vec<u8>> {
    let request = |number| {
        let body = serde_json::json!({ "text": usual(number) }).to_string();
        format!("POST {path} HTTP/1.1\r\nhost: guard\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    (0..MESSAGES).map(request).collect()
}

/// What each answer took.
fn ask(stream: &mut TcpStream, requests: &[Vec<u8>], status: &str) -> Result<Vec<Duration>, String> {
    let told = |error: std::io::Error| format!("the twin: {error}");
    let (mut took, mut answer) = (Vec::with_capacity(QUESTIONS), [0; 16_384]);
    for request in requests.iter().cycle().take(QUESTIONS) {
        let began = Instant::now();
        stream.write_all(request).map_err(told)?;
        // Its answers are small enough to come in one.
        let length = stream.read(&mut answer).map_err(told)?;
        took.push(began.elapsed());
        let whole = [b"]}".as_slice(), b"\"}"].iter().any(|end| answer[..length].trim_ascii_end().ends_with(end));
        if answer.get(9..12) != Some(status.as_bytes()) || !whole {
            return Err(String::from_utf8_lossy(&answer[..length]).into_owned());
        }
    }
    Ok(took)
}
