//! The first of what a program says, or an answer.

use crate::control::Secrets;
use crate::limits::OUTPUT_BYTES;

/// How much has to be read, so that a secret that begins in what is kept can be seen whole.
pub(super) fn wanted(secrets: &Secrets) -> usize {
    OUTPUT_BYTES + secrets.longest()
}

/// What is kept of it: its first [`OUTPUT_BYTES`], as text, without the secrets.
pub(super) fn kept(secrets: &Secrets, said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let scrubbed = secrets.scrub(&text);
    let whole = said.len() < wanted(secrets);
    // The end of what was read may be half of a secret, and half of a character, which then takes three bytes.
    let spare = if whole { 0 } else { secrets.longest() + 3 };
    let end = OUTPUT_BYTES.min(scrubbed.len().saturating_sub(spare));
    let end = (0..=end).rev().find(|end| scrubbed.is_char_boundary(*end)).unwrap_or(0);
    scrubbed[..end].trim_end().to_owned()
}

/// Its first line, to be told in a sentence; nothing if there is none.
pub(super) fn first_line(output: &str) -> String {
    let line: String =
        output.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().chars().take(200).collect();
    if line.is_empty() { line } else { format!(": {}", line.trim()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secrets(value: &str) -> Secrets {
        Secrets::known(["KEY"].into_iter(), |_| Some(value.to_owned()))
    }

    proptest! {
        /// Wherever it stands in however long a text, also across the end of what is kept, no part of it is left but what any text has.
        #[test]
        fn no_secret_is_kept_whole_or_in_part(before in 4_000_usize..4_200, after in 0_usize..300, copies in 1_usize..4) {
            let said = format!("{}{}{}", ".".repeat(before), "hunter2hunter2".repeat(copies), ".".repeat(after));
            let secrets = secrets("hunter2hunter2");
            let read = &said.as_bytes()[..said.len().min(wanted(&secrets))];
            let kept = kept(&secrets, read);
            prop_assert!(!kept.contains("hu"), "{}", &kept[3_990..]);
            prop_assert!(kept.len() <= OUTPUT_BYTES);
        }
    }

    #[test]
    fn what_is_short_is_kept_whole() {
        assert_eq!(kept(&Secrets::default(), b"all good\n"), "all good");
        assert_eq!(kept(&secrets("good"), b"all good\n"), "all ${KEY}");
        assert_eq!(kept(&Secrets::default(), &[b'x'; 9_000]).len(), OUTPUT_BYTES);
        assert_eq!(kept(&Secrets::default(), b"\xff\xfe!"), "\u{fffd}\u{fffd}!");
        assert_eq!(first_line("\n  no such switch \nusage: …"), ": no such switch");
        assert_eq!(first_line(" \n"), "");
    }
}
