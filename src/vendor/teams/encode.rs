//! Texts as they stand in URLs and tokens.

pub(super) use super::super::head::{form_value, percent};

/// Base64 with the alphabet for URLs and without padding (RFC 4648 §5), as tokens are written.
pub(super) fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("\u{3ff}?", "z78_")]
        {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_can_be_read(text: String) {
            prop_assert_eq!(form_value(&percent(&text)), text);
        }
    }
}
