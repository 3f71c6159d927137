//! Contents on their way: dots at the beginning of lines are doubled, and a lone dot ends (RFC 5321 §4.5.2).

/// A content as it is sent, its end included. A line break is added if it does not end with one.
pub fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 64);
    for (at, byte) in content.iter().enumerate() {
        if *byte == b'.' && (at == 0 || content[..at].ends_with(b"\r\n")) {
            out.push(b'.');
        }
        out.push(*byte);
    }
    if !out.is_empty() && !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(super::END);
    out
}

/// How many bytes of `read`, which begins with a content, belong to it, its end included; `None` if the end is not there yet. `seen` bytes
/// were looked at before, and hold no end. Nothing but CR LF, a dot and CR LF ends it: who also takes bare line feeds for it takes a part of
/// a message for commands.
pub fn end(read: &[u8], seen: usize) -> Option<usize> {
    if read.starts_with(super::END) {
        return Some(super::END.len());
    }
    let from = seen.saturating_sub(LAST.len() - 1);
    memchr::memmem::find(read.get(from..)?, LAST).map(|at| from + at + LAST.len())
}

/// The same in the midst of a content: of what came before, all but the last bytes that could begin its end have gone.
pub fn end_within(read: &[u8]) -> Option<usize> {
    memchr::memmem::find(read, LAST).map(|at| at + LAST.len())
}

const LAST: &[u8] = b"\r\n.\r\n";

/// What was sent, without its end.
pub fn unstuffed(sent: &[u8]) -> Vec<u8> {
    let sent = sent.strip_suffix(super::END).unwrap_or(sent);
    let mut out = Vec::with_capacity(sent.len());
    for (at, byte) in sent.iter().enumerate() {
        let begins = at == 0 || sent[..at].ends_with(b"\r\n");
        if !(begins && *byte == b'.') {
            out.push(*byte);
        }
    }
    out
}
