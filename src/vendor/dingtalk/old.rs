//! The old gateway: parameters in a query, a form or a body of JSON, and an `errcode` in every answer.

use hyper::Response;
use serde_json::{Map, Value, json};

use super::super::head::decode;
use super::super::{Body, Head, answer};
use super::refusal::{No, lacking, old_request_id, own};

/// The largest message of a notice, in bytes.
pub const NOTICE_BYTES: usize = 2_048;
/// The most users that a notice names.
pub const NOTICE_USERS: usize = 100;
/// The most departments that a notice names.
pub const NOTICE_DEPARTMENTS: usize = 20;

/// The parameters of a call, wherever they stood.
#[derive(Clone, Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Reads query and body. A text that looks like an object or a list is one: the official clients disagree about that.
    pub fn read(head: &impl Head, body: &[u8]) -> Self {
        let mut fields = Map::new();
        from_pairs(&mut fields, head.query());
        match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => fields.extend(object),
            _ => from_pairs(&mut fields, &String::from_utf8_lossy(body)),
        }
        for value in fields.values_mut() {
            if let Some(inner) = value.as_str().and_then(nested) {
                *value = inner;
            }
        }
        Self(fields)
    }

    /// A parameter.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A parameter as text, if it is a text, a number or a truth value.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    /// A parameter that has to be there.
    ///
    /// # Errors
    /// 40035 with its name.
    pub fn needed(&self, name: &str) -> Result<String, No> {
        self.text(name).ok_or_else(|| lacking(name))
    }

    /// A parameter that is a list of texts between commas.
    pub fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }
}

fn from_pairs(fields: &mut Map<String, Value>, pairs: &str) {
    for (name, value) in pairs.split('&').filter_map(|pair| pair.split_once('=')) {
        fields.insert(plain(name), Value::String(plain(value)));
    }
}

fn plain(text: &str) -> String {
    decode(&text.replace('+', " "))
}

fn nested(text: &str) -> Option<Value> {
    text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok())?
}

/// The old gateway's yes, with what the function adds.
pub fn yes(number: u64, mut more: Value) -> Response<Body> {
    if let Some(fields) = more.as_object_mut() {
        fields.entry("errmsg").or_insert("ok".into());
        fields.insert("errcode".into(), 0.into());
        fields.insert("request_id".into(), old_request_id(number).into());
    }
    answer(200, more.to_string())
}

/// A work notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The users that it names.
    pub users: Vec<String>,
    /// Whether it is for everybody.
    pub to_all: bool,
    /// The departments that it names.
    pub departments: Vec<String>,
    /// What it says: of a text or a Markdown message the text, of others the message as it is.
    pub text: String,
}

/// Reads a notice.
///
/// # Errors
/// The platform's reason for not taking it.
pub fn read_notice(fields: &Fields) -> Result<Notice, No> {
    fields.needed("agent_id")?;
    let message = fields.value("msg").ok_or_else(|| lacking("msg"))?;
    if message.to_string().len() > NOTICE_BYTES {
        return Err(own(200, "40035", "消息体超过2048字节"));
    }
    let users = fields.list("userid_list");
    let to_all = fields.text("to_all_user").is_some_and(|truth| truth == "true");
    if users.len() > NOTICE_USERS {
        return Err(own(200, "40035", "userid_list最多100个"));
    }
    let departments = fields.list("dept_id_list");
    if departments.len() > NOTICE_DEPARTMENTS {
        return Err(own(200, "40035", "dept_id_list最多20个"));
    }
    if users.is_empty() && !to_all && departments.is_empty() {
        return Err(lacking("userid_list"));
    }
    Ok(Notice { users, to_all, departments, text: said(message).ok_or_else(|| lacking("msg"))? })
}

/// What a message of the old gateway says; `None` if it is none.
pub fn said(message: &Value) -> Option<String> {
    let kind = message.get("msgtype")?.as_str()?;
    let inner = message.get(kind)?;
    let text = ["content", "text"].iter().find_map(|name| inner.get(name)?.as_str());
    Some(text.map_or_else(|| inner.to_string(), str::to_owned))
}

/// What became of a notice.
#[derive(Clone, Debug, Default)]
pub struct Sent<'a> {
    /// Those who do not exist or are disabled.
    pub invalid: Vec<&'a str>,
    /// The departments that do not exist.
    pub departments: Vec<&'a str>,
    /// Those who were not given it, each with the code of the quota that forbids it.
    pub forbidden: Vec<(&'a str, &'static str)>,
    /// Those who could not be given it.
    pub failed: Vec<&'a str>,
    /// Those who have read it.
    pub read: Vec<&'a str>,
    /// Those who have not.
    pub unread: Vec<&'a str>,
}

/// The answer to a notice, which says nothing of whether anybody gets it.
pub fn notice_answer(number: u64) -> Response<Body> {
    yes(number, json!({ "task_id": number }))
}

/// A notice that has been given to whom it is for: a twin takes no time.
pub fn progress_answer(number: u64) -> Response<Body> {
    yes(number, json!({ "progress": { "progress_in_percent": 100, "status": 2 } }))
}

/// What became of a notice.
pub fn result_answer(number: u64, sent: &Sent<'_>) -> Response<Body> {
    let named = |(user, code): &(&str, &str)| json!({ "code": code, "count": 1, "userid": user });
    let forbidden: Vec<_> = sent.forbidden.iter().map(|(user, _)| *user).collect();
    let result = json!({
        "invalid_user_id_list": sent.invalid, "forbidden_user_id_list": forbidden, "failed_user_id_list": sent.failed,
        "read_user_id_list": sent.read, "unread_user_id_list": sent.unread, "invalid_dept_id_list": sent.departments,
        "forbidden_list": sent.forbidden.iter().map(named).collect::<Vec<_>>(),
    });
    yes(number, json!({ "send_result": result }))
}

/// A user's entry. His union id is his user id; he is in the root department.
pub fn user_answer(number: u64, user: &str, old: bool) -> Response<Body> {
    let entry = json!({ "userid": user, "unionid": user, "name": user, "active": true, "admin": false,
        "boss": false, "senior": false, "dept_id_list": [1] });
    if !old {
        return yes(number, json!({ "result": entry }));
    }
    let mut entry = entry;
    if let Some(fields) = entry.as_object_mut() {
        fields.remove("dept_id_list");
        fields.insert("department".into(), json!([1]));
    }
    yes(number, entry)
}

/// What stands in the picture of a document. A twin cannot read: it repeats where the picture is.
pub fn recognised_answer(number: u64, kind: &str, image: &str) -> Response<Body> {
    let data = json!({ "type": kind, "image_url": image }).to_string();
    let result = json!({ "data": data, "angle": 0, "width": 1_000, "height": 600, "original_width": 1_000,
        "original_height": 600 });
    yes(number, json!({ "errmsg": "success", "result": result }))
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use hyper::http::request::Parts;

    use super::*;

    fn head(query: &str) -> Parts {
        Request::post(format!("/topapi/x?{query}")).body(()).expect("a request").into_parts().0
    }

    #[test]
    fn json_and_forms_are_the_same_call() {
        let as_json = br#"{"agent_id":12,"userid_list":"a, b","msg":{"msgtype":"text","text":{"content":"hi"}}}"#;
        let nested =
            br#"{"agent_id":"12","userid_list":"a,b","msg":"{\"msgtype\":\"text\",\"text\":{\"content\":\"hi\"}}"}"#;
        let form = b"agent_id=12&userid_list=a%2Cb&msg=%7B%22msgtype%22%3A%22text%22%2C%22text%22%3A%7B%22content%22%3A%22hi%22%7D%7D";
        for body in [&as_json[..], nested, form] {
            let fields = Fields::read(&head("access_token=T"), body);
            assert_eq!(fields.text("access_token").as_deref(), Some("T"));
            let notice = read_notice(&fields).expect("a notice");
            assert_eq!((notice.users, notice.text.as_str()), (vec!["a".to_owned(), "b".to_owned()], "hi"));
        }
        let fields = Fields::read(&head(""), b"access_token=T+1");
        assert_eq!(fields.text("access_token").as_deref(), Some("T 1"), "a token may stand in a form, too");
    }

    #[test]
    fn what_a_notice_lacks_is_named() {
        let no = |body: &str| match read_notice(&Fields::read(&head(""), body.as_bytes())) {
            Err(No::Own(own)) => format!("{} {}", own.code, own.message),
            other => panic!("{other:?}"),
        };
        assert_eq!(no("{}"), "40035 缺少参数 agent_id");
        assert_eq!(no(r#"{"agent_id":1}"#), "40035 缺少参数 msg");
        assert_eq!(
            no(r#"{"agent_id":1,"msg":{"msgtype":"text","text":{"content":"x"}}}"#),
            "40035 缺少参数 userid_list"
        );
        assert_eq!(no(r#"{"agent_id":1,"userid_list":"a","msg":{"msgtype":"text"}}"#), "40035 缺少参数 msg");
        let long = format!(
            r#"{{"agent_id":1,"userid_list":"a","msg":{{"msgtype":"text","text":{{"content":"{}"}}}}}}"#,
            "x".repeat(2_048)
        );
        assert_eq!(no(&long), "40035 消息体超过2048字节");
        let many = |count| {
            let list = vec!["1"; count].join(",");
            let text = r#"{"msgtype":"text","text":{"content":"x"}}"#;
            Fields::read(&head(""), format!(r#"{{"agent_id":1,"dept_id_list":"{list}","msg":{text}}}"#).as_bytes())
        };
        assert!(read_notice(&many(20)).is_ok() && read_notice(&many(21)).is_err(), "at most 20 departments");
    }
}
