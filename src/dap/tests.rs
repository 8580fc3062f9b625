//! Sessions without threads: work is done at once.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::requests::lifecycle::Sampled;
use super::requests::sources::SourceFiles;
use super::session::jobs::{Done, Job, Worker};
use super::session::options::{AttachArguments, Rules};
use super::session::wait_durations::WaitDurations;
use super::session::{Attached, Session, Stage, StopReason};
use super::threads::TaskIds;
use super::values::opened_process::OpenedProcess;
use crate::inspect::Source;
use crate::model::{Process, TaskState};
use crate::report::fixtures::{bank, verdict};

#[derive(Default)]
struct Inline {
    inspection: OpenedProcess,
    done: Rc<RefCell<VecDeque<Done<Session>>>>,
}

impl Worker<Session> for Inline {
    fn submit(&mut self, job: Job<Session>) {
        let done = job(&mut self.inspection);
        self.done.borrow_mut().push_back(done);
    }
}

struct Script {
    session: Session,
    done: Rc<RefCell<VecDeque<Done<Session>>>>,
    seq: i64,
}

impl Script {
    fn new(rules: Rules) -> Self {
        let worker = Inline::default();
        Self {
            done: Rc::clone(&worker.done),
            session: Session::new(rules, Box::new(worker)),
            seq: 0,
        }
    }

    /// All messages that the request leads to.
    fn send(&mut self, command: &str, arguments: Value) -> Vec<Value> {
        self.seq += 1;
        let request = json!({
            "seq": self.seq, "type": "request", "command": command, "arguments": arguments,
        });
        self.session.receive(request.to_string().as_bytes());
        loop {
            let next = self.done.borrow_mut().pop_front();
            match next {
                Some(done) => done(&mut self.session),
                None => break,
            }
        }
        self.messages()
    }

    fn messages(&mut self) -> Vec<Value> {
        let bodies = self.session.take_output();
        let parse = |body: &Vec<u8>| serde_json::from_slice(body).unwrap();
        bodies.iter().map(parse).collect()
    }

    /// The response to the request.
    fn ask(&mut self, command: &str, arguments: Value) -> Value {
        let messages = self.send(command, arguments);
        let response = |message: &&Value| message["request_seq"] == self.seq;
        messages.iter().find(response).unwrap().clone()
    }

    /// A session whose client sees `process`.
    fn looking_at(process: Process, arguments: Value) -> Self {
        let mut script = Self::new(Rules::default());
        script.ask("initialize", json!({}));
        let arguments: AttachArguments = serde_json::from_value(arguments).unwrap();
        let rules = Rules {
            pid: Some(4242),
            ..Rules::default()
        };
        script.session.attached = Some(Attached {
            options: arguments.check(&rules).unwrap(),
            source: Source::Live,
            sources: SourceFiles::new(&Source::Live, std::process::id(), Vec::new()),
            task_ids: TaskIds::default(),
            wait_durations: WaitDurations::default(),
            client_view: None,
            looks: None,
            listed: Vec::new(),
            selected: None,
            sampling: false,
            ended: false,
        });
        script.session.stage = Stage::Attached;
        script.see(process);
        script
    }

    fn see(&mut self, process: Process) {
        self.session.show(Sampled {
            process,
            first: None,
            frozen: false,
        });
    }

    fn thread_ids(&mut self) -> Vec<(String, i64)> {
        let response = self.ask("threads", Value::Null);
        let threads = response["body"]["threads"].as_array().unwrap();
        let each = |it: &Value| {
            (
                it["name"].as_str().unwrap().into(),
                it["id"].as_i64().unwrap(),
            )
        };
        threads.iter().map(each).collect()
    }

    fn stack(&mut self, name: &str, more: Value) -> Value {
        let ids = self.thread_ids();
        let (_, id) = ids.iter().find(|(known, _)| known.contains(name)).unwrap();
        let mut arguments = json!({ "threadId": id });
        for (key, value) in more.as_object().unwrap() {
            arguments[key] = value.clone();
        }
        self.ask("stackTrace", arguments)["body"].clone()
    }
}

fn names(stack: &Value) -> Vec<&str> {
    let frames = stack["stackFrames"].as_array().unwrap();
    frames
        .iter()
        .map(|frame| frame["name"].as_str().unwrap())
        .collect()
}

#[test]
fn nothing_is_served_before_initialize_or_after_disconnect() {
    let mut script = Script::new(Rules::default());
    let listed = script.ask("initialize", json!([1]));
    assert_eq!(
        (&listed["success"], &listed["command"]),
        (&json!(false), &json!("initialize"))
    );
    let early = script.ask("threads", json!({}));
    assert_eq!(early["success"], false);
    assert_eq!(early["message"], "the first request must be `initialize`");
    assert_eq!(early["body"]["error"]["format"], early["message"]);
    let capabilities = script.ask("initialize", json!({ "adapterID": "dapper-attach" }));
    assert_eq!(capabilities["body"]["supportsCancelRequest"], true);
    assert_eq!(script.ask("initialize", json!({}))["success"], false);
    assert_eq!(
        script.ask("threads", Value::Null)["body"]["threads"],
        json!([])
    );
    assert_eq!(
        script.ask("stackTrace", json!({ "threadId": 1 }))["success"],
        false
    );
    assert_eq!(script.ask("disconnect", Value::Null)["success"], true);
    assert!(script.session.is_over());
    assert_eq!(script.ask("threads", json!({}))["success"], false);
}

#[test]
fn a_process_that_is_not_there_ends_the_attach_with_its_reason() {
    let mut script = Script::new(Rules::default());
    script.ask("initialize", json!({}));
    let response = script.ask("attach", json!({ "processId": "4194305" }));
    assert_eq!(response["success"], false);
    let error = &response["body"]["error"];
    assert_eq!(
        (&error["id"], &error["showUser"]),
        (&json!(2000), &json!(true))
    );
    assert_eq!(error["format"], response["message"]);
    // Another process may be tried in the same session.
    let again = script.ask("attach", json!({ "processId": 0 }));
    assert_eq!(again["body"]["error"]["id"], 1007);
}

#[test]
fn a_token_must_be_said_where_one_is_asked_for() {
    let mut script = Script::new(Rules {
        token: Some("secret".into()),
        ..Rules::default()
    });
    script.ask("initialize", json!({}));
    for said in [
        json!({}),
        json!({ "token": "secre" }),
        json!({ "token": "Secret" }),
    ] {
        assert_eq!(script.ask("attach", said)["body"]["error"]["id"], 1013);
    }
    let known = script.ask("attach", json!({ "token": "secret" }));
    assert_eq!(known["body"]["error"]["id"], 1007);
}

#[test]
fn a_task_keeps_its_id_for_as_long_as_it_lives() {
    let mut script = Script::looking_at(bank(), json!({}));
    let before = script.thread_ids();
    assert_eq!(before[0], ("MainThread".into(), 4242));
    assert!(
        before
            .iter()
            .any(|(name, id)| name == "Task: main (Task-1)" && *id >= 1 << 30)
    );
    let mut later = bank();
    // One has gone, and another one lies where it lay.
    later.task_mut(3).name = "stranger".into();
    later.tasks.swap(1, 2);
    script.see(later);
    let after = script.thread_ids();
    let id = |list: &[(String, i64)], name: &str| {
        list.iter()
            .find(|(known, _)| known.contains(name))
            .map(|(_, id)| *id)
    };
    for name in ["Task-1", "alice-to-bob", "bob-to-alice", "heartbeat"] {
        assert_eq!(id(&before, name), id(&after, name), "{name}");
    }
    assert!(
        !before
            .iter()
            .any(|(_, old)| Some(*old) == id(&after, "stranger"))
    );
}

#[test]
fn a_stack_leads_through_the_tasks_that_are_awaited() {
    let mut process = bank();
    if let Some(wait) = &mut process.task_mut(0).waits_for {
        (wait.done, wait.total) = (Some(1), Some(3));
    }
    let mut script = Script::looking_at(process, json!({}));
    let whole = script.stack("Task-1", json!({}));
    assert_eq!(
        names(&whole),
        [
            "Lock.acquire",
            "_ContextManagerMixin.__aenter__",
            "transfer",
            "waits for alice-to-bob and 1 more: gather 1/3 done",
            "settle",
            "main",
        ]
    );
    assert_eq!(whole["totalFrames"], 6);
    assert_eq!(whole["stackFrames"][0]["presentationHint"], "subtle");
    assert_eq!(whole["stackFrames"][3]["presentationHint"], "label");
    let page = script.stack("Task-1", json!({ "startFrame": 2, "levels": 2 }));
    assert_eq!(page["totalFrames"], 6);
    assert_eq!(page["stackFrames"][0], whole["stackFrames"][2]);
    assert_eq!(page["stackFrames"].as_array().unwrap().len(), 2);
}

#[test]
fn only_code_of_the_program_is_shown_where_that_is_asked_for() {
    let mut script = Script::looking_at(bank(), json!({ "justMyCode": true }));
    assert_eq!(
        names(&script.stack("alice-to-bob", json!({}))),
        ["transfer"]
    );
}

#[test]
fn the_cap_keeps_who_runs_is_diagnosed_or_matches_and_says_what_is_left_out() {
    let mut process = bank();
    process.task_mut(4).state = TaskState::Running;
    let mut script = Script::looking_at(process.clone(), json!({ "maxTasks": 2 }));
    let names: Vec<String> = script
        .thread_ids()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert!(
        names.iter().any(|name| name.contains("(rates)")),
        "{names:?}"
    );
    let note = script
        .session
        .client_view()
        .unwrap()
        .listing
        .note
        .clone()
        .unwrap();
    assert!(note.starts_with("showing 2 of 6 tasks"), "{note}");
    let mut script = Script::looking_at(process, json!({ "taskFilter": "*-to-*", "maxTasks": 5 }));
    let listed = script.thread_ids();
    let tasks = listed
        .iter()
        .filter(|(name, _)| name.starts_with("Task:"))
        .count();
    assert_eq!(tasks, 2, "{listed:?}");
}

#[test]
fn equal_tasks_share_an_entry_where_that_is_asked_for() {
    let mut process = bank();
    let mut twin = (*process.tasks[3]).clone();
    twin.id = "task:0x99".into();
    process.tasks.push(twin.into());
    let mut script = Script::looking_at(process, json!({ "foldTasks": true }));
    let listed = script.thread_ids();
    let folded: Vec<_> = listed
        .iter()
        .filter(|(name, _)| name.contains("send_receipts"))
        .collect();
    assert_eq!(folded.len(), 1);
    assert!(folded[0].0.ends_with("×2"), "{}", folded[0].0);
}

#[test]
fn a_stop_waits_for_the_configuration_but_not_for_ever() {
    let mut process = bank();
    process.verdict = verdict("hung", "a deadlock");
    let mut script = Script::looking_at(process, json!({}));
    let reason = StopReason::NewSample;
    let due = Instant::now() + Duration::from_secs(60);
    script.session.stop_due = Some((due, reason));
    script.session.tick(Instant::now());
    assert!(script.messages().is_empty());
    assert_eq!(script.session.next_tick(), Some(due));
    let messages = script.send("configurationDone", Value::Null);
    let stopped = messages
        .iter()
        .find(|message| message["event"] == "stopped")
        .unwrap();
    assert_eq!(stopped["body"]["description"], "a deadlock");
    assert_eq!(stopped["body"]["allThreadsStopped"], true);
    script.session.stop_due = Some((due, reason));
    script.session.configured = false;
    script.session.tick(due);
    let late = script.messages();
    assert_eq!(late.last().unwrap()["event"], "stopped");
}

#[test]
fn what_was_seen_is_stale_after_continue_and_threads_never_fail() {
    let mut script = Script::looking_at(bank(), json!({}));
    let frame = script.stack("heartbeat", json!({}))["stackFrames"][0]["id"].clone();
    let scopes = script.ask("scopes", json!({ "frameId": frame }));
    let wait = &scopes["body"]["scopes"][0];
    assert_eq!(wait["name"], "Wait");
    let reference = wait["variablesReference"].clone();
    let rows = script.ask("variables", json!({ "variablesReference": reference }));
    let summary = &rows["body"]["variables"][0];
    assert_eq!(summary["name"], "summary");
    assert!(
        summary["value"].as_str().unwrap().contains("timer"),
        "{summary}"
    );
    let messages = script.send("continue", json!({ "threadId": 4242 }));
    assert_eq!(messages[0]["body"]["allThreadsContinued"], true);
    assert_eq!(messages[1]["event"], "continued");
    assert!(!script.thread_ids().is_empty());
    let stale = script.ask("scopes", json!({ "frameId": frame }));
    assert_eq!(stale["body"]["error"]["id"], 1008);
    script.see(bank());
    assert_eq!(
        script.ask("scopes", json!({ "frameId": frame }))["body"]["error"]["id"],
        1005
    );
    let old = script.ask("variables", json!({ "variablesReference": reference }));
    assert_eq!(old["body"]["error"]["id"], 1005);
}

#[test]
fn the_end_of_the_process_is_said_once() {
    let mut script = Script::looking_at(bank(), json!({}));
    script.session.target_ended(Some(3));
    script.session.target_ended(Some(3));
    let events: Vec<Value> = script.messages();
    let count = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!((count("exited"), count("terminated")), (1, 1));
    assert_eq!(
        script.ask("pause", json!({ "threadId": 1 }))["success"],
        false
    );
}

#[test]
fn options_may_be_set_in_the_console() {
    let mut script = Script::looking_at(bank(), json!({}));
    let evaluate = |script: &mut Script, text: &str| {
        script.ask("evaluate", json!({ "expression": text, "context": "repl" }))
    };
    let listed = evaluate(&mut script, "dapper tasks transfer");
    let text = listed["body"]["result"].as_str().unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert_eq!(
        evaluate(&mut script, "dapper set max-tasks 1")["success"],
        true
    );
    let tasks = |script: &mut Script| {
        let ids = script.thread_ids();
        ids.iter()
            .filter(|(name, _)| name.starts_with("Task:"))
            .count()
    };
    assert_eq!(tasks(&mut script), 1);
    assert_eq!(
        evaluate(&mut script, "dapper set max-tasks many")["success"],
        false
    );
    assert_eq!(evaluate(&mut script, "dapper dance")["success"], false);
    let chosen = evaluate(&mut script, "dapper why heartbeat");
    assert!(
        chosen["body"]["result"]
            .as_str()
            .unwrap()
            .contains("heartbeat")
    );
}
