//! One request in every form that clients write it in: JSON or a form, with a length or in chunks, ids raw or percent-encoded.

use serde_json::{Value, json};

use crate::rig::{Answer, LOGIN, Twin};

/// How a body is framed.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    /// In chunks of so many bytes.
    Chunks(usize),
}

const FRAMINGS: [Framing; 3] = [Framing::Length, Framing::Chunks(1), Framing::Chunks(1_000)];

const JSON: &str = "application/json; charset=utf-8";
const FORM: &str = "application/x-www-form-urlencoded";

/// A request with its body framed in this way, and whatever stands in its head.
fn ask(twin: &Twin, line: &str, fields: &[(&str, &str)], body: &str, framing: Framing) -> Answer {
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{}", fields.concat());
    let framed = match framing {
        Framing::Length => format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes(),
        Framing::Chunks(size) => {
            let mut framed = b"TRANSFER-ENCODING: Chunked\r\n\r\n".to_vec();
            for chunk in body.as_bytes().chunks(size) {
                framed.extend(format!("{:X}\r\n", chunk.len()).bytes());
                framed.extend(chunk);
                framed.extend(b"\r\n");
            }
            framed.extend(b"0\r\n\r\n");
            framed
        }
    };
    twin.raw(&[head.into_bytes(), framed].concat())
}

/// Every byte of a text percent-encoded, which no client does and every server has to read.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}

/// A form of these fields, as browsers write it.
fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

/// The old gateway takes JSON and forms, a token in the query or in the form, and an object as itself or as a text.
#[test]
fn dingtalk_s_old_gateway_reads_json_and_forms() {
    let twin = Twin::start(&["dingtalk", "--limits", "off"]);
    let token = twin.token("orders", "anything");
    let said = json!({ "msgtype": "text", "text": { "content": "貨已經走了 100%" } });
    let path = "POST /topapi/message/corpconversation/asyncsend_v2";
    let with_token = format!("{path}?access_token={token}");
    let text = said.to_string();
    let fields = [("agent_id", "7"), ("userid_list", "anna,bert"), ("msg", text.as_str())];
    let rows = [
        (&*with_token, JSON, json!({ "agent_id": 7, "userid_list": "anna,bert", "msg": said }).to_string()),
        (&*with_token, JSON, json!({ "agent_id": "7", "userid_list": "anna,bert", "msg": text }).to_string()),
        (&*with_token, FORM, form(&fields)),
        (path, FORM, form(&[&fields[..], &[("access_token", &token)]].concat())),
    ];
    for (line, kind, body) in &rows {
        for framing in FRAMINGS {
            let answer = ask(&twin, line, &[("Content-Type", kind)], body, framing);
            assert_eq!((answer.status, &answer.json()["errcode"]), (200, &json!(0)), "{body} {framing:?}: {answer:?}");
        }
    }
    // A name that is percent-encoded as a whole is the same name.
    let user = format!("GET /user/get?access_token={}&{}={}", encoded(&token), encoded("userid"), encoded("anna"));
    assert_eq!(ask(&twin, &user, &[], "", Framing::Length).json()["userid"], "anna");
}

/// The present gateway takes JSON only, in any framing, with whatever stands in the query; ids in paths raw or encoded.
#[test]
fn dingtalk_s_present_gateway_reads_ids_raw_and_encoded() {
    let twin = Twin::start(&["dingtalk", "--limits", "off"]);
    let token = twin.token("anna", "anything");
    let login = json!({ "appKey": "anna", "appSecret": "x" }).to_string();
    let corp = json!({ "client_id": "anna", "client_secret": "x", "grant_type": "client_credentials" }).to_string();
    for framing in FRAMINGS {
        for (line, body, name) in [
            (format!("POST {LOGIN}?client-request-id=1&x"), &login, "accessToken"),
            ("POST /v1.0/oauth2/ding%2Dcorp/token?".to_owned(), &corp, "access_token"),
        ] {
            let answer = ask(&twin, &line, &[("content-TYPE", JSON)], body, framing);
            assert_eq!(answer.json()[name], token.as_str(), "{line} {framing:?}: {answer:?}");
        }
    }
    let fields = [("X-ACS-DingTalk-Access-Token", token.as_str()), ("Content-Type", JSON)];
    let call = json!({ "userId": "anna", "confTitle": "標題", "inviteUserIds": ["bert"] }).to_string();
    let meeting = ask(&twin, "POST /v1.0/conference/videoConferences", &fields, &call, Framing::Chunks(7)).json();
    let id = meeting["conferenceId"].as_str().unwrap_or_else(|| panic!("{meeting}")).to_owned();
    let event =
        json!({ "summary": "s", "start": { "dateTime": "2026-01-02T09:00:00+08:00", "timeZone": "Asia/Hong_Kong" },
        "end": { "dateTime": "2026-01-02T10:00:00+08:00", "timeZone": "Asia/Hong_Kong" } })
        .to_string();
    for (id, owner) in [(id.clone(), "anna".to_owned()), (encoded(&id), encoded("anna"))] {
        let path = format!("GET /v1.0/conference/videoConferences/{id}/members?maxResults=20");
        let members = ask(&twin, &path, &fields, "", Framing::Length);
        assert_eq!(members.status, 200, "{path}: {members:?}");
        let path = format!("POST /v1.0/calendar/users/{owner}/calendars/primary/events");
        let entered = ask(&twin, &path, &fields, &event, Framing::Chunks(3));
        assert_eq!((entered.status, &entered.json()["organizer"]["id"]), (200, &json!("anna")), "{path}: {entered:?}");
    }
}

/// Entra takes forms only. MSAL for Node puts a query behind the token's address.
#[test]
fn entra_reads_forms_with_a_query() {
    let twin = Twin::start(&["teams"]);
    let wanted = [
        ("client_id", "app 1"),
        ("grant_type", "client_credentials"),
        ("client_secret", "a+b&c=d%"),
        ("scope", ".default"),
    ];
    for framing in FRAMINGS {
        for query in ["", "?client-request-id=5b1c2a40-0000-4000-8000-000000000001", "?&=&a=%zz"] {
            let line = format!("POST /contoso/oauth2/v2.0/token{query}");
            let given = ask(&twin, &line, &[("Content-Type", FORM)], &form(&wanted), framing);
            assert_eq!((given.status, &given.json()["token_type"]), (200, &json!("Bearer")), "{line}: {given:?}");
        }
        let refused = ask(&twin, "POST /contoso/oauth2/v2.0/token", &[("Content-Type", JSON)], "{}", framing);
        assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_request")), "{refused:?}");
    }
}

/// Graph's SDKs for Python encode a chat's id, the one for JavaScript does not: it is the same chat.
#[test]
fn graph_reads_ids_raw_and_encoded() {
    let twin = Twin::start(&["teams", "--limits", "off"]);
    let fields = [("authorization", "bearer anna"), ("Content-Type", "application/json")];
    let body = json!({ "body": { "content": "貨" } }).to_string();
    let raw = "19:anna_bert@unq.gbl.spaces";
    let some = raw.replace(':', "%3A").replace('@', "%40");
    let ids = [raw.to_owned(), some, encoded(raw)];
    let mut sent = Vec::new();
    for (id, framing) in ids.iter().zip(FRAMINGS) {
        let answer = ask(&twin, &format!("POST /v1.0/chats/{id}/messages"), &fields, &body, framing);
        assert_eq!((answer.status, &answer.json()["chatId"]), (201, &json!(raw)), "{id}: {answer:?}");
        sent.push(answer.json()["id"].clone());
    }
    sent.reverse();
    for id in &ids {
        for path in [format!("/v1.0/chats/{id}/messages"), format!("/v1.0/chats('{id}')/messages?%24top=50")] {
            let listed = ask(&twin, &format!("GET {path}"), &fields, "", Framing::Length).json();
            let listed: Vec<&Value> =
                listed["value"].as_array().expect("a list").iter().map(|one| &one["id"]).collect();
            assert_eq!(listed, sent.iter().collect::<Vec<_>>(), "{path}");
        }
    }
}
