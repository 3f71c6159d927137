//! What the key of the authority is worth in the hands of somebody else: it signs whatever it is told to, and who trusts the authority takes
//! of that only what its name constraints permit (RFC 5280 §4.2.1.10).

use std::fs;
use std::path::Path;
use std::process::Command;

use super::daemon::Daemon;

/// Runs `openssl`; whether it succeeded, and what it said.
fn openssl(dir: &Path, args: &str, more: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").current_dir(dir).args(args.split(' ')).args(more).output().expect("openssl");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

/// Signs a certificate for a subject with a key of an authority, both named by their files without the extension.
fn signed(dir: &Path, by: &str, subject: &str, says: &str) {
    fs::write(dir.join("says"), says).expect("room");
    let request =
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout forged.key -out forged.csr -subj";
    let sign = format!(
        "x509 -req -in forged.csr -CA {by}.pem -CAkey {by}.key -set_serial 7 -days 1 -extfile says -out forged.pem"
    );
    for (args, more) in [(request, &[&*format!("/CN={subject}")][..]), (&sign, &[])] {
        let (done, said) = openssl(dir, args, more);
        assert!(done, "openssl {args}: {said}");
    }
}

/// The authority that a daemon has made, which ends TLS with the hosts of one company.
fn authority() -> (tempfile::TempDir, Daemon) {
    let place = tempfile::tempdir().expect("a directory");
    let ca = place.path().to_str().expect("text");
    let way = ["--api", "127.0.0.1:0", "--forward", "127.0.0.1:0", "--intercept", "*.x.example", "--ca", ca];
    let daemon = Daemon::with(&way);
    (place, daemon)
}

#[test]
fn a_certificate_of_anybody_else_s_is_refused() {
    let (place, _daemon) = authority();
    let dir = place.path();
    let verify = |host: &str, by: &str| {
        let check = if by.starts_with("IP") { "-verify_ip" } else { "-verify_hostname" };
        openssl(dir, "verify -CAfile ca.pem -purpose sslserver", &[check, host, "forged.pem"])
    };
    // So that what is refused below is refused for its name.
    for (host, kind) in [("api.x.example", "DNS"), ("localhost", "DNS"), ("127.0.0.1", "IP")] {
        signed(dir, "ca", "anybody", &format!("subjectAltName={kind}:{host}\n"));
        let (taken, said) = verify(host, kind);
        assert!(taken, "{host} is what the authority is for: {said}");
    }
    for (host, kind) in [
        ("evil.example", "DNS"),
        // It ends alike, or begins alike.
        ("api.notx.example", "DNS"),
        ("api.x.example.evil.example", "DNS"),
        ("example", "DNS"),
        ("192.0.2.1", "IP"),
        ("2001:db8::1", "IP"),
    ] {
        // One that is permitted beside it does not make it good.
        for also in ["", ",DNS:api.x.example"] {
            signed(dir, "ca", "anybody", &format!("subjectAltName={kind}:{host}{also}\n"));
            let (taken, said) = verify(host, kind);
            assert!(!taken && said.contains("permitted subtree violation"), "{host}{also}: {said}");
        }
    }
    // As old clients read it: the name stands in the subject alone.
    signed(dir, "ca", "evil.example", "basicConstraints=CA:FALSE\n");
    let (taken, said) = verify("evil.example", "DNS");
    assert!(!taken && said.contains("permitted subtree violation"), "in the subject: {said}");
}

/// An authority below it, of which a client might not know the constraints, is none.
#[test]
fn it_makes_no_other_authority() {
    let (place, _daemon) = authority();
    let dir = place.path();
    signed(dir, "ca", "another authority", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n");
    for end in ["pem", "key"] {
        fs::rename(dir.join(format!("forged.{end}")), dir.join(format!("below.{end}"))).expect("the same disk");
    }
    signed(dir, "below", "anybody", "subjectAltName=DNS:api.x.example\n");
    let (taken, said) = openssl(dir, "verify -CAfile ca.pem -untrusted below.pem forged.pem", &[]);
    assert!(!taken && said.contains("path length constraint exceeded"), "{said}");
}
