//! Custom robots and session webhooks: posts by an address alone, with a robot's security settings.

use std::borrow::Cow;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Response;
use ipnet::IpNet;
use ring::hmac;
use serde::Deserialize;

use super::super::head::{decode, parameter};
use super::super::{Body, Head, answer};
use super::group::encoded;
use super::refusal::{No, own};
use crate::units::Span;

/// 20 posts a minute for one robot.
pub const LIMIT: (u32, Span) = (20, Span::from_secs(60));
/// How long a robot is not heard that has posted more.
pub const BAN: Span = Span::from_secs(600);
/// The largest body, in bytes.
pub const BODY: usize = 20_000;
/// How far a signature's timestamp may lie from the platform's time, in milliseconds.
const SIGNED_WITHIN: u64 = 3_600_000;

/// The code by which a robot is told that it posted too fast. Published answers and the vendor's pages differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TooFast {
    /// 130101, as published answers have it.
    #[default]
    Exceeded,
    /// 410100, as the present pages have it.
    Throttled,
    /// 660026, as others have seen it.
    TooMany,
}

impl TooFast {
    /// The no with this code.
    pub fn no(self) -> No {
        match self {
            Self::Exceeded => own(200, "130101", "send too fast, exceed 20 times per minute"),
            Self::Throttled => own(200, "410100", "发送速度太快而限流"),
            Self::TooMany => own(200, "660026", "sending too many messages per minute"),
        }
    }
}

/// A custom robot's security settings, in any combination; all empty is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// What signs its posts; empty = nothing.
    pub secret: String,
    /// Words of which a post has to hold one.
    pub keywords: Vec<String>,
    /// Addresses from which it may post.
    pub addresses: Vec<IpNet>,
}

impl Security {
    /// Whether a post is let in, `now` being milliseconds since 1970.
    ///
    /// # Errors
    /// 310000 with what is wrong.
    pub fn admits(&self, head: &impl Head, post: &Post, from: IpAddr, now: u64) -> Result<(), No> {
        let no = |why: Cow<'static, str>| Err(own(200, "310000", why));
        let from = from.to_canonical();
        if !self.addresses.is_empty() && !self.addresses.iter().any(|net| net.contains(&from)) {
            return no(format!("ip {from} not in whitelist").into());
        }
        if !self.secret.is_empty() {
            let stamp = parameter(head.query(), "timestamp").unwrap_or_default();
            if !stamp.parse().is_ok_and(|at: u64| at.abs_diff(now) <= SIGNED_WITHIN) {
                return no("invalid timestamp".into());
            }
            if !is_signed(&self.secret, stamp, parameter(head.query(), "sign").unwrap_or_default()) {
                return no("sign not match".into());
            }
        }
        let says = |word: &String| post.text.contains(word) || post.title.contains(word);
        if !self.keywords.is_empty() && !self.keywords.iter().any(says) {
            return no("keywords not in content".into());
        }
        Ok(())
    }
}

/// The signature of a post made at `timestamp`, in milliseconds since 1970, as it stands in the address.
pub fn sign(secret: &str, timestamp: u64) -> String {
    let tag =
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), &signed(secret, &timestamp.to_string()));
    encoded(&STANDARD.encode(tag)).into_owned()
}

/// The secret is both the key and a part of what is signed.
fn signed(secret: &str, timestamp: &str) -> Vec<u8> {
    format!("{timestamp}\n{secret}").into_bytes()
}

fn is_signed(secret: &str, timestamp: &str, sign: &str) -> bool {
    // Unencoded, a plus sign arrives as a blank at servers that read it as a form.
    let Ok(tag) = STANDARD.decode(decode(sign).replace(' ', "+")) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::verify(&key, &signed(secret, timestamp), &tag).is_ok()
}

/// What a robot's address carries; `None` if it is empty.
pub fn token(head: &impl Head) -> Option<String> {
    parameter(head.query(), "access_token").map(decode).filter(|token| !token.is_empty())
}

/// A post, as it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Post {
    /// What stands above it; empty where its kind has no title.
    pub title: String,
    /// What it says, of whichever kind it is.
    pub text: String,
    /// The users that it mentions.
    pub mentions: Vec<String>,
    /// The same for every try at one post; empty where there is none.
    pub uuid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    msgtype: Option<String>,
    #[serde(default)]
    msg_uuid: Option<String>,
    at: Option<At>,
    text: Option<Content>,
    markdown: Option<Titled>,
    link: Option<Titled>,
    action_card: Option<Titled>,
    feed_card: Option<Feed>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct At {
    at_user_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Content {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Titled {
    title: Option<String>,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Feed {
    #[serde(default)]
    links: Vec<Linked>,
}

#[derive(Deserialize)]
struct Linked {
    title: Option<String>,
}

/// Reads a post.
///
/// # Errors
/// The code for what is wrong with it.
pub fn read(head: &impl Head, body: &[u8]) -> Result<Post, No> {
    let is_json = head.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
    if !is_json {
        return Err(own(200, "43004", "无效的HTTP HEADER Content-Type"));
    }
    if body.len() > BODY {
        return Err(own(200, "460101", format!("message too long, exceed {BODY} bytes")));
    }
    let written: Written = serde_json::from_slice(body).map_err(|_| own(200, "40035", "缺少参数 json"))?;
    let at = written.at.unwrap_or_default();
    let uuid = written.msg_uuid.unwrap_or_default();
    let kind = written.msgtype.as_deref().unwrap_or_default();
    let both = |part: Option<Titled>, name: &str| {
        let missing = |field: &str| miss(&format!("{name}->{field}"));
        let Titled { title, text } = part.ok_or_else(|| miss(name))?;
        title.zip(text).ok_or_else(|| missing("title or text"))
    };
    let (title, text) = match kind {
        "text" => {
            let content = written.text.and_then(|text| text.content);
            (String::new(), content.ok_or_else(|| miss("text->content"))?)
        }
        "markdown" => both(written.markdown, kind)?,
        "link" => both(written.link, kind)?,
        "actionCard" => both(written.action_card, kind)?,
        "feedCard" => {
            let links = written.feed_card.map(|feed| feed.links).unwrap_or_default();
            let titles: Option<Vec<_>> = links.into_iter().map(|link| link.title).collect();
            let titles = titles.filter(|titles| !titles.is_empty()).ok_or_else(|| miss("feedCard->links"))?;
            (String::new(), titles.join("\n"))
        }
        _ => return Err(own(200, "400105", "不支持的消息类型")),
    };
    Ok(Post { title, text, mentions: at.at_user_ids.unwrap_or_default(), uuid })
}

fn miss(what: &str) -> No {
    own(200, "400202", format!("miss param : {what}"))
}

/// A robot's and the old gateway's yes.
pub fn posted_answer() -> Response<Body> {
    answer(200, "{\"errcode\":0,\"errmsg\":\"ok\"}".to_owned())
}

/// A session webhook: who is answered where, and until when. A twin keeps none of it: the session itself says it, as in
/// `anna.cidanna,bert==.1767225600000`, each part percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who answers.
    pub user: String,
    /// In which conversation.
    pub conversation: String,
    /// Until when, in milliseconds since 1970.
    pub until: u64,
}

impl Session {
    /// As it stands in the address.
    pub fn text(&self) -> String {
        let part = |text: &str| encoded(text).replace('.', "%2E");
        encoded(&format!("{}.{}.{}", part(&self.user), part(&self.conversation), self.until)).into_owned()
    }

    /// The session that a request names.
    pub fn of(head: &impl Head) -> Option<Self> {
        let text = decode(parameter(head.query(), "session")?);
        let mut parts = text.split('.');
        let session = Self {
            user: decode(parts.next()?),
            conversation: decode(parts.next()?),
            until: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(session)
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use hyper::http::request::Parts;

    use super::*;

    fn head(query: &str) -> Parts {
        let request =
            Request::post(format!("/robot/send?{query}")).header("content-type", "application/json; charset=utf-8");
        request.body(()).expect("a request").into_parts().0
    }

    fn code(no: Result<impl std::fmt::Debug, No>) -> String {
        match no {
            Err(No::Own(own)) => format!("{} {}", own.code, own.message),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_signature_is_the_published_one() {
        let sign = sign("SECabc", 1_700_000_000_000);
        assert_eq!(sign, "jcUpW0QmtKduN03n4JqQ0PBosVjqnM8gU7fIIvsDmCM%3D");
    }

    #[test]
    fn each_setting_has_its_own_no() {
        let post = Post { text: "alarm: 1".into(), ..Post::default() };
        let (from, now) = (IpAddr::from([10, 1, 2, 3]), 1_700_000_000_000_u64);
        let signed = Security { secret: "SECabc".into(), ..Security::default() };
        let query = |at: u64| format!("access_token=x&timestamp={at}&sign={}", sign("SECabc", at));
        assert_eq!(signed.admits(&head(&query(now - 3_600_000)), &post, from, now), Ok(()));
        assert_eq!(code(signed.admits(&head(&query(now - 3_600_001)), &post, from, now)), "310000 invalid timestamp");
        assert_eq!(code(signed.admits(&head("access_token=x"), &post, from, now)), "310000 invalid timestamp");
        let other = format!("timestamp={now}&sign={}", sign("SECother", now));
        assert_eq!(code(signed.admits(&head(&other), &post, from, now)), "310000 sign not match");
        let words = Security { keywords: vec!["alarm".into(), "警".into()], ..Security::default() };
        assert_eq!(words.admits(&head(""), &post, from, now), Ok(()));
        let titled = Post { title: "alarm".into(), text: "calm".into(), ..Post::default() };
        assert_eq!(words.admits(&head(""), &titled, from, now), Ok(()), "a title is said as well");
        let calm = Post { text: "calm".into(), ..Post::default() };
        assert_eq!(code(words.admits(&head(""), &calm, from, now)), "310000 keywords not in content");
        let listed = Security { addresses: vec!["10.1.0.0/16".parse().expect("a net")], ..Security::default() };
        assert_eq!(listed.admits(&head(""), &post, from, now), Ok(()));
        let outside = listed.admits(&head(""), &post, IpAddr::from([10, 2, 0, 1]), now);
        assert_eq!(code(outside), "310000 ip 10.2.0.1 not in whitelist");
    }

    #[test]
    fn every_kind_of_post_is_read() {
        let kinds = [
            (
                r#"{"msgtype":"text","text":{"content":"t"},"at":{"atUserIds":["u"],"isAtAll":false},"msgUuid":"1"}"#,
                "t",
            ),
            (r#"{"msgtype":"markdown","markdown":{"title":"x","text":"m"}}"#, "m"),
            (r#"{"msgtype":"link","link":{"title":"x","text":"l","messageUrl":"h","picUrl":""}}"#, "l"),
            (
                r#"{"msgtype":"actionCard","actionCard":{"title":"x","text":"a","btns":[{"title":"b","actionURL":"h"}]}}"#,
                "a",
            ),
            (r#"{"msgtype":"feedCard","feedCard":{"links":[{"title":"f","messageURL":"h","picURL":"p"}]}}"#, "f"),
        ];
        for (body, text) in kinds {
            assert_eq!(read(&head(""), body.as_bytes()).expect(body).text, text);
        }
        let first = read(&head(""), kinds[0].0.as_bytes()).expect("a post");
        assert_eq!((first.mentions, first.uuid.as_str()), (vec!["u".to_owned()], "1"));
        let nobody = br#"{"msgtype":"text","text":{"content":"t"},"at":{"atMobiles":null,"atUserIds":null}}"#;
        assert_eq!(read(&head(""), nobody).expect("a post").mentions, [""; 0]);
    }

    #[test]
    fn what_is_wrong_with_a_post_is_said() {
        for (body, no) in [
            ("{}", "400105 不支持的消息类型"),
            (r#"{"msgtype":"sonnet"}"#, "400105 不支持的消息类型"),
            ("", "40035 缺少参数 json"),
            ("[1]", "40035 缺少参数 json"),
            (r#"{"msgtype":"text"}"#, "400202 miss param : text->content"),
            (r#"{"msgtype":"feedCard","feedCard":{"links":[]}}"#, "400202 miss param : feedCard->links"),
        ] {
            assert_eq!(code(read(&head(""), body.as_bytes())), no, "{body}");
        }
        let long = format!(r#"{{"msgtype":"text","text":{{"content":"{}"}}}}"#, "x".repeat(20_000));
        assert_eq!(code(read(&head(""), long.as_bytes())), "460101 message too long, exceed 20000 bytes");
        let plain = Request::post("/robot/send").header("content-type", "text/plain").body(()).expect("a request");
        assert!(code(read(&plain.into_parts().0, b"{}")).starts_with("43004 "));
    }

    #[test]
    fn a_session_says_everything_itself() {
        let session = Session { user: "a.b".into(), conversation: "cida.b,香==".into(), until: 17 };
        assert_eq!(Session::of(&head(&format!("session={}", session.text()))), Some(session));
        assert_eq!(Session::of(&head("session=a.b.c")), None);
        assert_eq!(Session::of(&head("session=a.b.1.2")), None);
    }
}
