//! Approvals: stages of people who agree or refuse. Whoever is to decide is told by an event, and so is who asked, when it is over.

use std::sync::Arc;

use serde_json::{Value, json};

use super::post::Parcel;
use super::{Ask, Service};
use crate::endpoint::reply::Reply;
use crate::plan::Capability;
use crate::units::Moment;
use crate::vendor::dingtalk::approval::{self, Action, Decision};
use crate::vendor::dingtalk::events;
use crate::vendor::dingtalk::refusal::{No, bad};
use crate::vendor::wall;

/// An approval.
#[derive(Debug)]
pub(super) struct Approval {
    process: String,
    originator: Arc<str>,
    title: String,
    begun: Moment,
    ended: Option<Moment>,
    state: State,
    form: Vec<approval::Component>,
    stages: Vec<Stage>,
    records: Vec<Record>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Terminated,
    Completed(Decision),
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Terminated => "TERMINATED",
            Self::Completed(_) => "COMPLETED",
        }
    }
}

#[derive(Debug)]
struct Stage {
    action: Action,
    tasks: Vec<Task>,
}

#[derive(Debug)]
struct Task {
    id: u64,
    user: String,
    decided: Option<Decision>,
}

#[derive(Debug)]
struct Record {
    user: String,
    what: &'static str,
    result: &'static str,
    at: Moment,
}

impl Stage {
    /// What the stage has decided, if it has.
    fn decided(&self) -> Option<Decision> {
        let said = |what: Decision| self.tasks.iter().filter(move |task| task.decided == Some(what)).count();
        if said(Decision::Refuse) > 0 {
            return Some(Decision::Refuse);
        }
        let needed = if self.action == Action::Or { 1 } else { self.tasks.len() };
        (said(Decision::Agree) >= needed).then_some(Decision::Agree)
    }

    fn users(&self) -> Vec<&str> {
        self.tasks.iter().map(|task| task.user.as_str()).collect()
    }
}

impl Approval {
    /// The stage that is to decide now.
    fn stage(&self) -> Option<usize> {
        (self.state == State::Running).then(|| self.stages.iter().position(|stage| stage.decided().is_none()))?
    }

    /// Somebody decides his task. Tells which stage is to decide next, if another one has its turn now.
    fn decide(&mut self, user: &str, task: u64, decision: Decision, now: Moment) -> Result<Option<usize>, No> {
        let at = self.stage().ok_or_else(|| approval::wrong_state("审批实例已结束"))?;
        let stage = &mut self.stages[at];
        let open = stage.tasks.iter_mut().find(|open| open.id == task && open.user == user && open.decided.is_none());
        open.ok_or_else(|| bad("processInstanceInvalidParameter", "任务不存在或已处理"))?.decided = Some(decision);
        self.records.push(Record {
            user: user.to_owned(),
            what: "EXECUTE_TASK_NORMAL",
            result: if decision == Decision::Agree { "AGREE" } else { "REFUSE" },
            at: now,
        });
        match self.stages[at].decided() {
            None => return Ok(None),
            Some(Decision::Agree) if at + 1 < self.stages.len() => return Ok(Some(at + 1)),
            Some(decision) => self.state = State::Completed(decision),
        }
        self.ended = Some(now);
        Ok(None)
    }

    fn as_json(&self, id: &str, time: impl Fn(Moment) -> String) -> Value {
        let turn = self.stage();
        let tasks = (0..).zip(&self.stages).flat_map(|(at, stage)| stage.tasks.iter().map(move |task| (at, task)));
        let task = |(at, task): (usize, &Task)| {
            let (status, result) = match (task.decided, turn) {
                (Some(decision), _) => ("COMPLETED", decision.word()),
                (None, Some(turn)) if at == turn => ("RUNNING", "none"),
                (None, Some(turn)) if at > turn => ("NEW", "none"),
                _ => ("CANCELED", "none"),
            };
            json!({ "taskId": task.id, "userId": task.user, "status": status, "result": result,
                "processInstanceId": id })
        };
        let record = |record: &Record| json!({ "userId": record.user, "type": record.what, "result": record.result, "date": time(record.at) });
        let approvers: Vec<&str> = self.stages.iter().flat_map(Stage::users).collect();
        let mut whole = json!({
            "title": self.title, "status": self.state.word(), "originatorUserId": &*self.originator,
            "approverUserIds": approvers, "createTime": time(self.begun), "formComponentValues": self.form,
            "operationRecords": self.records.iter().map(record).collect::<Vec<_>>(),
            "tasks": tasks.map(task).collect::<Vec<_>>(), "businessId": id, "bizAction": "NONE",
        });
        if let (State::Completed(decision), Some(fields)) = (self.state, whole.as_object_mut()) {
            fields.insert("result".into(), decision.word().into());
        }
        if let (Some(ended), Some(fields)) = (self.ended, whole.as_object_mut()) {
            fields.insert("finishTime".into(), time(ended).into());
        }
        whole
    }
}

impl Service {
    pub(super) fn start_approval(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.present(ask)?;
        let start = approval::read_start(ask.body)?;
        let approvers = || start.approvers.iter().flat_map(|stage| &stage.user_ids);
        if !approvers().chain([&start.originator_user_id]).all(|user| self.is_there(ask, user)) {
            return Err(bad("userNotExist", "用户不存在"));
        }
        let (number, now, title) = (ask.core.number(), ask.core.now(), start.text().to_owned());
        let task = |user: &String| Task { id: ask.core.number(), user: user.clone(), decided: None };
        let stages = start
            .approvers
            .iter()
            .map(|stage| Stage { action: stage.action_type, tasks: stage.user_ids.iter().map(task).collect() });
        let originator: Arc<str> = start.originator_user_id.as_str().into();
        let user = start.originator_user_id.clone();
        let approval = Approval {
            originator,
            begun: now,
            ended: None,
            state: State::Running,
            stages: stages.collect(),
            records: vec![Record { user, what: "START_PROCESS_INSTANCE", result: "NONE", at: now }],
            title,
            process: start.process_code,
            form: start.form_component_values,
        };
        self.approvals.add(number, approval);
        // It is there before anybody is told of it.
        if let Some(approval) = self.approvals.all().get(number) {
            self.ask_stage(ask, number, approval, 0);
        }
        Ok(approval::started_answer(number).into())
    }

    /// Gives an approval to those of a stage.
    fn ask_stage(&self, ask: &Ask<'_>, number: u64, approval: &Approval, stage: usize) {
        let event = change(ask, number, approval, "start");
        let (sender, text) = (&approval.originator, approval.title.as_str());
        let parcel = Parcel { number, capability: Capability::Approval, sender, text, place: None, event: Some(event) };
        let users = approval.stages.get(stage).map(Stage::users).unwrap_or_default();
        self.post(ask, parcel, &users);
    }

    pub(super) fn get_approval(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.present(ask)?;
        let id = approval::read_get(ask.head)?;
        ask.core.number();
        let all = self.approvals.all();
        let found = approval::instance_number(&id).and_then(|number| all.get(number));
        let found = found.ok_or_else(approval::no_instance)?;
        Ok(approval::instance_answer(&found.as_json(&id, |at| wall::text(ask.core.wall.at(at)))).into())
    }

    pub(super) fn execute_approval(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.present(ask)?;
        let execute: approval::Execute = crate::vendor::dingtalk::robot::read(ask.body)?;
        ask.core.number();
        self.with_approval(&execute.process_instance_id, |number, approval| {
            let next = approval.decide(&execute.actioner_user_id, execute.task_id, execute.result, ask.core.now())?;
            match next {
                Some(stage) => self.ask_stage(ask, number, approval, stage),
                None if approval.state != State::Running => self.over(ask, number, approval, "finish"),
                None => {}
            }
            Ok(())
        })
    }

    pub(super) fn terminate_approval(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.present(ask)?;
        let end: approval::Terminate = crate::vendor::dingtalk::robot::read(ask.body)?;
        ask.core.number();
        let now = ask.core.now();
        self.with_approval(&end.process_instance_id, |number, approval| {
            if approval.state != State::Running || now.since(approval.begun) < approval::UNTOUCHED {
                return Err(approval::wrong_state("当前审批实例状态不允许撤销"));
            }
            if !end.is_system && end.operating_user_id != *approval.originator {
                return Err(bad("needAuth", "没有权限"));
            }
            let user = end.operating_user_id.clone();
            approval.records.push(Record { user, what: "TERMINATE_PROCESS_INSTANCE", result: "NONE", at: now });
            (approval.state, approval.ended) = (State::Terminated, Some(now));
            self.over(ask, number, approval, "terminate");
            Ok(())
        })
    }

    /// Tells who asked that his approval is over.
    fn over(&self, ask: &Ask<'_>, number: u64, approval: &Approval, what: &str) {
        self.tell(ask, &change(ask, number, approval, what), &[&approval.originator]);
    }

    fn with_approval(&self, id: &str, f: impl FnOnce(u64, &mut Approval) -> Result<(), No>) -> Result<Reply, No> {
        let number = approval::instance_number(id).ok_or_else(approval::no_instance)?;
        let mut all = self.approvals.all();
        f(number, all.get_mut(number).ok_or_else(approval::no_instance)?)?;
        Ok(approval::done_answer().into())
    }

    pub(super) fn list_approvals(&self, ask: &Ask<'_>) -> Result<Reply, No> {
        self.present(ask)?;
        let query: approval::Query = crate::vendor::dingtalk::robot::read(ask.body)?;
        ask.core.number();
        let until = query.end_time.unwrap_or(u64::MAX);
        let all = self.approvals.all();
        let wanted = all.iter().filter(|(_, approval)| {
            let at = ask.core.wall.millis(approval.begun);
            approval.process == query.process_code
                && (query.start_time..=until).contains(&at)
                && (query.user_ids.is_empty() || query.user_ids.iter().any(|user| **user == *approval.originator))
                && (query.statuses.is_empty() || query.statuses.iter().any(|state| state == approval.state.word()))
        });
        let most = query.max_results.clamp(1, 20);
        let mut ids: Vec<_> =
            wanted.skip(query.next_token).take(most + 1).map(|(number, _)| approval::instance_id(number)).collect();
        let next = (ids.len() > most).then_some(query.next_token.saturating_add(most));
        ids.truncate(most);
        Ok(approval::ids_answer(&ids, next).into())
    }
}

fn change(ask: &Ask<'_>, number: u64, approval: &Approval, what: &str) -> events::Event {
    let (id, now) = (approval::instance_id(number), ask.core.wall.millis(ask.core.now()));
    events::approval(&id, &approval.process, &approval.originator, &approval.title, what, now)
}
