//! Approvals: starting, reading, deciding and ending them.

use hyper::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::head::{decode, parameter};
use super::super::{Body, Head, answer};
use super::refusal::{No, bad};
use super::robot::read;
use crate::units::Span;

/// How long an approval cannot be ended after it was started.
pub const UNTOUCHED: Span = Span::from_secs(15);
/// What a client's approvals are instances of.
pub(super) const PROCESS: &str = "PROC-FIREDRILL";

/// An approval as it is started.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Start {
    /// Who asks.
    pub originator_user_id: String,
    /// For what.
    pub process_code: String,
    /// The form, filled in.
    #[serde(default)]
    pub form_component_values: Vec<Component>,
    /// Who has to agree, one stage after the other.
    #[serde(default)]
    pub approvers: Vec<Stage>,
}

/// A field of the form.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Component {
    /// What it is called.
    #[serde(default)]
    pub name: Option<String>,
    /// What stands in it.
    #[serde(default)]
    pub value: Option<String>,
}

/// A stage of an approval.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Whether one has to agree, or all.
    #[serde(default)]
    pub action_type: Action,
    /// Who decides.
    pub user_ids: Vec<String>,
}

/// How those of a stage decide together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Action {
    /// All have to agree.
    And,
    /// One is enough.
    Or,
    /// There is one only.
    #[default]
    None,
}

impl Start {
    /// What it says: the first field that holds anything.
    pub fn text(&self) -> &str {
        self.form_component_values.iter().find_map(|component| component.value.as_deref()).unwrap_or_default()
    }
}

/// Reads the start of an approval.
///
/// # Errors
/// The platform's reason for not starting it.
pub fn read_start(body: &[u8]) -> Result<Start, No> {
    let start: Start = read(body)?;
    if !start.process_code.starts_with("PROC-") {
        return Err(bad("processCodeError", "流程编码错误"));
    }
    if start.approvers.iter().any(|stage| stage.user_ids.is_empty()) {
        return Err(bad("processInstanceInvalidParameter", "审批人不能为空"));
    }
    Ok(start)
}

/// A decision.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Execute {
    /// The approval.
    pub process_instance_id: String,
    /// `agree` or `refuse`.
    pub result: Decision,
    /// Who decides.
    pub actioner_user_id: String,
    /// His task.
    pub task_id: u64,
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Yes.
    Agree,
    /// No.
    Refuse,
}

impl Decision {
    /// As the platform writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Refuse => "refuse",
        }
    }
}

/// An end without a decision.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Terminate {
    /// The approval.
    pub process_instance_id: String,
    /// Whether the system ends it, and nobody of the organisation.
    #[serde(default)]
    pub is_system: bool,
    /// Who ends it.
    #[serde(default)]
    pub operating_user_id: String,
}

/// A question for approvals.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Query {
    /// Of which process.
    pub process_code: String,
    /// Started from then on, in milliseconds since 1970.
    pub start_time: u64,
    /// Until then.
    #[serde(default)]
    pub end_time: Option<u64>,
    /// How many to skip.
    #[serde(default)]
    pub next_token: usize,
    /// How many at most, up to 20.
    #[serde(default = "page")]
    pub max_results: usize,
    /// Started by one of these.
    #[serde(default)]
    pub user_ids: Vec<String>,
    /// In one of these states.
    #[serde(default)]
    pub statuses: Vec<String>,
}

fn page() -> usize {
    20
}

/// The approval that a question is about.
///
/// # Errors
/// If it names none.
pub fn read_get(head: &impl Head) -> Result<String, No> {
    let id = parameter(head.query(), "processInstanceId").map(decode);
    id.ok_or_else(|| bad("invalidParameter", "processInstanceId is mandatory"))
}

/// The id of a twin's `number`-th approval.
pub fn instance_id(number: u64) -> String {
    format!("fdproc-{number}")
}

/// The number in it.
pub fn instance_number(id: &str) -> Option<u64> {
    let number = id.strip_prefix("fdproc-")?.parse().ok();
    number.filter(|number| instance_id(*number) == id)
}

/// There is no such approval.
pub fn no_instance() -> No {
    bad("processInstanceNotExist", "审批实例不存在")
}

/// The approval is not in a state that allows this.
pub fn wrong_state(why: &'static str) -> No {
    bad("aflowProcessInstStatusException", why)
}

/// The answer to a start.
pub fn started_answer(number: u64) -> Response<Body> {
    answer(200, json!({ "instanceId": instance_id(number) }).to_string())
}

/// An approval as it stands: `result` is made by whoever keeps it. The platform writes `success` as a text here.
pub fn instance_answer(result: &Value) -> Response<Body> {
    answer(200, json!({ "result": result, "success": "true" }).to_string())
}

/// The answer to a decision or an end.
pub fn done_answer() -> Response<Body> {
    answer(200, "{\"result\":true,\"success\":true}".to_owned())
}

/// The ids that were asked for, and where to go on, if there are more.
pub fn ids_answer(ids: &[String], next: Option<usize>) -> Response<Body> {
    let mut result = json!({ "list": ids });
    if let (Some(next), Some(fields)) = (next, result.as_object_mut()) {
        fields.insert("nextToken".into(), next.to_string().into());
    }
    answer(200, json!({ "result": result, "success": true }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_official_client_sends_is_read() {
        let body = br#"{"approvers":[{"actionType":"AND","userIds":["a","b"]},{"actionType":"NONE","userIds":["c"]}],"deptId":-1,
            "formComponentValues":[{"details":[],"name":"reason","value":"order 17"}],"originatorUserId":"u","processCode":"PROC-1"}"#;
        let start = read_start(body).expect("a start");
        assert_eq!((start.text(), start.approvers.len(), start.approvers[0].action_type), ("order 17", 2, Action::And));
    }

    #[test]
    fn a_start_has_to_be_whole() {
        let code = |body: &str| match read_start(body.as_bytes()) {
            Err(No::Own(own)) => own.code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code(""), "Missingbody");
        assert_eq!(code("{}"), "invalidParameter");
        assert_eq!(code(r#"{"originatorUserId":"u","processCode":"1"}"#), "processCodeError");
        let nobody = r#"{"originatorUserId":"u","processCode":"PROC-1","approvers":[{"userIds":[]}]}"#;
        assert_eq!(code(nobody), "processInstanceInvalidParameter");
    }

    #[test]
    fn ids_go_there_and_back() {
        assert_eq!(instance_number(&instance_id(17)), Some(17));
        assert!(["17", "fdproc-+17", "fdproc-017", "fdproc-17 "].iter().all(|id| instance_number(id).is_none()));
    }
}
