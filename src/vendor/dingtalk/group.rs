//! Conversations. A twin has no directory of them: the id of a synthetic conversation names its members, sorted, as in
//! `cidanna,bert==`. Whoever is named in it is in it. Real ids look alike and tell nothing.

use std::borrow::Cow;

/// The id of the conversation of these users.
pub fn conversation<'a>(members: impl IntoIterator<Item = &'a str>) -> String {
    let mut members: Vec<_> = members.into_iter().collect();
    members.sort_unstable();
    members.dedup();
    format!("cid{}==", members.join(","))
}

/// The members of a conversation, as its id names them.
pub fn members(conversation: &str) -> impl Iterator<Item = &str> {
    let inner = conversation.strip_prefix("cid").or_else(|| conversation.strip_prefix("chat")).unwrap_or(conversation);
    inner.strip_suffix("==").unwrap_or(inner).split(',').filter(|member| !member.is_empty())
}

/// The old gateway's id of a conversation: `chatanna,bert`.
pub fn old_conversation(conversation: &str) -> String {
    format!("chat{}", members(conversation).collect::<Vec<_>>().join(","))
}

/// A text as a percent-encoded part of an address.
pub(super) fn encoded(text: &str) -> Cow<'_, str> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    if text.as_bytes().iter().all(plain) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if plain(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend([byte >> 4, byte & 0xf].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])));
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::super::super::head::decode;
    use super::*;

    #[test]
    fn the_same_people_are_the_same_conversation() {
        let one = conversation(["bert", "anna", "bert"]);
        assert_eq!((one.as_str(), &one), ("cidanna,bert==", &conversation(["anna", "bert"])));
        assert_eq!(members(&one).collect::<Vec<_>>(), ["anna", "bert"]);
        assert_eq!(members(&old_conversation(&one)).collect::<Vec<_>>(), ["anna", "bert"]);
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for text in ["plain-1", "cida,b==", "香港 &=%/"] {
            assert_eq!(decode(&encoded(text)), text);
        }
        assert_eq!(encoded("a,b="), "a%2Cb%3D");
    }
}
