//! JSON texts written by hand, for what is written with every message: a serialiser goes over the text byte by byte.

/// Appends a string, quotes included, as `serde_json` would.
pub(super) fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = special(rest.as_bytes()) {
        out.push_str(&rest[..at]);
        escape(out, rest.as_bytes()[at]);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// Appends a list of strings.
pub(super) fn strings(out: &mut String, texts: &[impl AsRef<str>]) {
    out.push('[');
    for (number, text) in texts.iter().enumerate() {
        if number > 0 {
            out.push(',');
        }
        string(out, text.as_ref());
    }
    out.push(']');
}

/// Where the first byte stands that has to be escaped, which is an ASCII character. Stretches of 32 are looked at as a whole, which
/// takes a few instructions of a vector unit.
fn special(bytes: &[u8]) -> Option<usize> {
    let is = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    let (stretches, _) = bytes.as_chunks::<32>();
    let plain = stretches.iter().take_while(|stretch| !stretch.iter().fold(false, |any, byte| any | is(byte))).count();
    let from = plain * 32;
    bytes[from..].iter().position(is).map(|at| from + at)
}

fn escape(out: &mut String, byte: u8) {
    out.push('\\');
    match byte {
        b'\n' => out.push('n'),
        b'\r' => out.push('r'),
        b'\t' => out.push('t'),
        0x08 => out.push('b'),
        0x0c => out.push('f'),
        0..0x20 => {
            out.push_str("u00");
            out.extend([byte >> 4, byte & 0xf].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
        }
        other => out.push(char::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_string_is_what_a_serialiser_writes(text in any::<String>(), plain in "[ -~]{0,100}", low in "[\\x00-\\x22\\\\]{0,9}") {
            for text in [&text, &plain, &low, &format!("{plain}{low}{text}")] {
                let mut out = String::new();
                string(&mut out, text);
                prop_assert_eq!(&out, &serde_json::to_string(text).expect("JSON takes every string"));
            }
        }

        #[test]
        fn a_list_is_what_a_serialiser_writes(texts: Vec<String>) {
            let mut out = String::new();
            strings(&mut out, &texts);
            prop_assert_eq!(out, serde_json::to_string(&texts).expect("JSON takes every string"));
        }
    }
}
