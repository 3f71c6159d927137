//! Secrets are never quoted: an excerpt goes to terminals, logs and issues.

use crate::plan::is_variable_name;

/// The keys whose values are secrets, unless they only name a variable of the environment.
const KEYS: [&str; 10] = [
    "app_secret",
    "password",
    "token",
    "directory_token",
    "webhook",
    "authorization",
    "Authorization",
    "key",
    "secret",
    "cookie",
];

/// A line of a source with every secret in it blotted out, as wide as it was.
pub(super) fn masked(line: &str) -> String {
    let mut masked = line.to_owned();
    for key in KEYS {
        let mut from = 0;
        while let Some(found) = masked[from..].find(key) {
            let (start, end) = (from + found, from + found + key.len());
            from = end;
            let is_whole = !masked[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            if let Some(value) = is_whole.then(|| value(&masked, end)).flatten() {
                let blot = "*".repeat(masked[value.clone()].chars().count());
                from = value.start + blot.len();
                masked.replace_range(value, &blot);
            }
        }
    }
    addresses(&masked)
}

/// The line with what stands in addresses before and behind the host blotted out.
fn addresses(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        shown += before;
        let ends = after.find(|c: char| c.is_whitespace() || "\"'`,}])".contains(c)).unwrap_or(after.len());
        let (address, behind) = after.split_at(ends);
        // A password may hold whatever else ends a host.
        let (user, place) = address.rsplit_once('@').map_or((None, address), |(user, place)| (Some(user), place));
        let (host, path) = place.split_at(place.find(['/', '?', '#']).unwrap_or(place.len()));
        let blot = |text: &str| "*".repeat(text.chars().count());
        shown.extend(user.map(|user| blot(user) + "@"));
        shown += host;
        shown += path.get(..1).unwrap_or_default();
        shown += &blot(path.get(1..).unwrap_or_default());
        rest = behind;
    }
    shown + rest
}

/// Where the value of a key lies that ends at byte `at`; `None` if there is none, or it names a variable.
fn value(line: &str, at: usize) -> Option<std::ops::Range<usize>> {
    let rest = line[at..].trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let inner = if quote.is_some() { &rest[1..] } else { rest };
    if is_variable(inner) {
        return None;
    }
    let end = match quote {
        Some(quote) => inner.find(quote).unwrap_or(inner.len()),
        None => [inner.find([',', '}', ']']), inner.find(" #")].into_iter().flatten().min().unwrap_or(inner.len()),
    };
    let start = line.len() - inner.len();
    (end > 0).then_some(start..start + end)
}

/// Whether a value begins, and ends, as a name in `${…}`.
fn is_variable(value: &str) -> bool {
    let Some((name, after)) = value.strip_prefix("${").and_then(|rest| rest.split_once('}')) else { return false };
    is_variable_name(name) && after.chars().next().is_none_or(|c| matches!(c, '"' | '\'' | ',' | '}' | ' '))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::masked;

    proptest! {
        #[test]
        fn whatever_the_line_is_it_keeps_its_width(parts in prop::collection::vec(
            prop_oneof![Just("token".to_owned()), Just(": ".to_owned()), Just("${".to_owned()), ".{0,4}"], 0..12,
        )) {
            let line = parts.concat();
            prop_assert_eq!(masked(&line).chars().count(), line.chars().count());
        }
    }

    #[test]
    fn what_is_secret_is_blotted_out_and_nothing_else() {
        for (line, shown) in [
            ("app_secret: hunter2", "app_secret: *******"),
            (
                "  - { app_key: ding1, app_secret: \"hun,ter\", user: a }",
                "  - { app_key: ding1, app_secret: \"*******\", user: a }",
            ),
            ("{\"token\":\"hunter2\",\"user\":\"a\"}", "{\"token\":\"*******\",\"user\":\"a\"}"),
            ("app_secret: '${DING_SECRET}'", "app_secret: '${DING_SECRET}'"),
            ("app_secret: ${DING_SECRET}", "app_secret: ${DING_SECRET}"),
            ("app_secret: \"${hunter2}x\"", "app_secret: \"***********\""),
            ("app_secret: \"${hunter 2}\"", "app_secret: \"***********\""),
            ("webhook: ключ # mine", "webhook: **** # mine"),
            ("token: a, token: b", "token: *, token: *"),
            ("my_token: stays", "my_token: stays"),
            ("sso: { directory_token: hunter2}", "sso: { directory_token: *******}"),
            ("url: https://hooks.slack.com/services/T0/x, a: b", "url: https://hooks.slack.com/*************, a: b"),
            ("- { url: \"http://me:pa@h:1\" }", "- { url: \"http://*****@h:1\" }"),
            ("url: http://@h:1/", "url: http://@h:1/"),
            ("token", "token"),
            ("token:", "token:"),
            ("question: where is the token?", "question: where is the token?"),
        ] {
            assert_eq!(masked(line), shown);
        }
    }
}
