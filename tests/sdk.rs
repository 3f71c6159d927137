//! The platforms' own SDKs, unchanged, against the twins and through the faulty path before them: they send, receive, and meet every
//! refusal as their own exception with the platform's own code, and what was refused is not in the twin's ledger.

#[path = "common/installed.rs"]
mod installed;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use installed::{here, kept, node, node_program, python, succeed};

/// Plays one file of tests, which has so many.
#[track_caller]
fn passes(file: &str, tests: usize) {
    passes_with(&python("sdk-venv", "sdk/requirements.txt"), file, tests);
}

/// The same with an interpreter that has another SDK.
#[track_caller]
fn passes_with(python: &Path, file: &str, tests: usize) {
    told(&mut suite(python, file), file, tests);
}

/// A file of tests that is to be played.
fn suite(python: &Path, file: &str) -> Command {
    let mut suite = Command::new(python);
    // The SDKs use what they themselves call deprecated.
    suite.args(["-W", "ignore"]).arg(here("sdk").join(file).with_extension("py"));
    suite.env("FIREDRILL", env!("CARGO_BIN_EXE_firedrill")).env_remove("RUST_LOG").env("no_proxy", "*");
    suite.env("PYTHONPYCACHEPREFIX", kept("sdk-cache"));
    suite
}

/// Plays it, and all of it passes.
#[track_caller]
fn told(suite: &mut Command, file: &str, tests: usize) {
    let told = succeed(file, suite);
    assert!(told.contains(&format!("Ran {tests} tests")) && !told.contains("skipped"), "{told}");
}

#[test]
fn alibabacloud_dingtalk_sends_and_is_refused() {
    passes("test_dingtalk", 12);
}

#[test]
fn alibabacloud_dingtalk_does_an_office_s_work() {
    passes("test_dingtalk_office", 6);
}

#[test]
fn dingtalk_stream_receives_and_is_cut_off() {
    passes("test_dingtalk_stream", 4);
}

#[test]
fn dingtalk_stream_with_the_hosts_in_its_code_goes_by_a_proxy_to_the_twin() {
    passes("test_dingtalk_hosts", 4);
}

#[test]
fn dingtalk_stream_for_node_with_the_hosts_in_its_code_goes_by_a_proxy_to_the_twin() {
    let packages = node("sdk-node", "sdk/node");
    let client = packages.join("stream.mjs");
    std::fs::copy(here("sdk/node/stream.mjs"), &client).expect("room under target/");
    let mut suite = suite(&python("sdk-venv", "sdk/requirements.txt"), "test_dingtalk_node");
    told(suite.env("NODE_CLIENT", client), "test_dingtalk_node", 4);
}

#[test]
fn azure_identity_and_msal_sign_in_and_are_refused() {
    passes("test_entra", 5);
}

#[test]
fn msgraph_sdk_sends_receives_and_is_refused() {
    passes("test_teams", 11);
}

#[test]
fn matrix_nio_sends_hears_and_is_refused() {
    passes_with(&python("matrix-venv", "matrix/requirements.txt"), "test_matrix", 7);
}

#[test]
fn authlib_signs_in_and_is_refused() {
    passes_with(&python("sso-venv", "sso/requirements.txt"), "test_sso", 7);
}

/// Ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn openid_client_finds_everything_as_it_should_be() {
    let config = kept("sdk-sso").join("twin.yaml");
    std::fs::write(&config, "apps: [{ app_key: anna, app_secret: s3cret-of-anna, user: anna }]")
        .expect("room under target/");
    let mut twin = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    twin.args(["twin", "sso", "--listen", "127.0.0.1:0", "--config"]).arg(&config).env_remove("RUST_LOG");
    let mut twin = Running(twin.stdout(Stdio::piped()).spawn().expect("the twin starts"));
    let mut line = String::new();
    BufReader::new(twin.0.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    let mut client = node_program(&node("sso-node", "sso"), "sso/client.mjs");
    client.args([ready["http"].as_str().expect("a URL"), "anna", "s3cret-of-anna"]);
    assert_eq!(succeed("openid-client", &mut client), "everything holds\n");
}
