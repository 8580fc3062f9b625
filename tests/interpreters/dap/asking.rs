//! Frequent requests of clients, with typed responses.

use serde::Deserialize;
use serde_json::{Value, json};

use super::adapter::Way;
use super::client::Client;
use crate::support::legs::Leg;
use crate::support::target::Target;

/// Ids of tasks begin here; native ids of threads are below.
pub const FIRST_TASK_ID: i64 = 1 << 30;

#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
pub struct Thread {
    pub id: i64,
    pub name: String,
}

impl Thread {
    pub fn is_task(&self) -> bool {
        self.id >= FIRST_TASK_ID
    }
}

#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    pub id: i64,
    pub name: String,
    pub source: Option<Source>,
    pub line: i64,
    pub column: i64,
    pub presentation_hint: Option<String>,
}

impl Frame {
    pub fn is_label(&self) -> bool {
        self.presentation_hint.as_deref() == Some("label")
    }

    /// The file that the client would open.
    pub fn path(&self) -> Option<&str> {
        self.source.as_ref()?.path.as_deref()
    }
}

#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    pub name: String,
    pub path: Option<String>,
    pub source_reference: Option<i64>,
    pub origin: Option<String>,
}

#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    pub name: String,
    pub variables_reference: i64,
    pub expensive: bool,
}

#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    pub name: String,
    pub value: String,
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    pub evaluate_name: Option<String>,
    pub variables_reference: i64,
    pub named_variables: Option<u64>,
    pub indexed_variables: Option<u64>,
    pub presentation_hint: Option<Value>,
}

impl Variable {
    /// Whether it is the group of variables whose names begin with an underscore.
    pub fn is_group(&self) -> bool {
        let hint = self.presentation_hint.as_ref();
        hint.is_some_and(|hint| hint["kind"] == "virtual")
    }
}

fn read<T: for<'de> Deserialize<'de>>(body: &Value, key: &str) -> Result<T, String> {
    T::deserialize(&body[key]).map_err(|error| format!("{key}: {error}: {body}"))
}

/// Arguments of `initialize` as VS Code sends them.
pub fn vscode() -> Value {
    json!({
        "clientID": "vscode", "clientName": "Visual Studio Code", "adapterID": "dapper-attach",
        "pathFormat": "path", "linesStartAt1": true, "columnsStartAt1": true,
        "supportsVariableType": true, "supportsVariablePaging": true,
        "supportsRunInTerminalRequest": true, "locale": "en", "supportsProgressReporting": true,
        "supportsInvalidatedEvent": true, "supportsMemoryReferences": true,
    })
}

/// The object with more fields; they replace fields of the same name.
pub fn with(mut object: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().into_iter().flatten() {
        object[key] = value.clone();
    }
    object
}

impl Client {
    /// A client that has attached to the target, and the body of its first `stopped`.
    pub fn looking_at(target: &Target, more: &Value) -> Result<(Self, Value), String> {
        let mut client = Self::start(Way::Stdio, &[])?;
        let stopped = client.look(target, more)?;
        Ok((client, stopped))
    }

    /// Initializes, attaches to the target, waits for the first stop.
    pub fn look(&mut self, target: &Target, more: &Value) -> Result<Value, String> {
        self.ask("initialize", vscode())?;
        self.attach(&with(json!({ "processId": target.pid() }), more))
    }

    /// Attaches, after `initialize`; gives the body of `stopped`.
    pub fn attach(&mut self, arguments: &Value) -> Result<Value, String> {
        let attach = self.send("attach", arguments.clone())?;
        self.event("initialized")?;
        self.ask("configurationDone", json!({}))?;
        let response = self.response(attach)?;
        match response["success"] == true {
            true => self.event("stopped"),
            false => Err(format!("attach {arguments}: {response}")),
        }
    }

    pub fn threads(&mut self) -> Result<Vec<Thread>, String> {
        read(&self.ask("threads", Value::Null)?, "threads")
    }

    /// The tasks of `threads`.
    pub fn tasks(&mut self) -> Result<Vec<Thread>, String> {
        let threads = self.threads()?;
        Ok(threads.into_iter().filter(Thread::is_task).collect())
    }

    /// The one thread or task whose name contains this.
    pub fn thread(&mut self, name: &str) -> Result<Thread, String> {
        let threads = self.threads()?;
        let mut found = threads.iter().filter(|thread| thread.name.contains(name));
        match (found.next(), found.next()) {
            (Some(thread), None) => Ok(thread.clone()),
            _ => Err(format!(
                "not one thread has {name:?} in its name: {threads:?}"
            )),
        }
    }

    /// The whole stack of a thread or task.
    pub fn stack(&mut self, thread_id: i64) -> Result<Vec<Frame>, String> {
        let (frames, total) = self.part_of_stack(&json!({ "threadId": thread_id }))?;
        match frames.len() == total {
            true => Ok(frames),
            false => Err(format!("{} of {total} frames", frames.len())),
        }
    }

    /// A part of a stack, and how many frames there are in all.
    pub fn part_of_stack(&mut self, arguments: &Value) -> Result<(Vec<Frame>, usize), String> {
        let body = self.ask("stackTrace", arguments.clone())?;
        Ok((read(&body, "stackFrames")?, read(&body, "totalFrames")?))
    }

    /// The innermost frame of this function in the stack of the thread or task.
    pub fn frame(&mut self, thread: &str, function: &str) -> Result<Frame, String> {
        let thread = self.thread(thread)?;
        let frames = self.stack(thread.id)?;
        let mut named = frames.iter().filter(|frame| frame.name == function);
        let found = named.next().cloned();
        found.ok_or_else(|| format!("{} has no frame {function}: {frames:?}", thread.name))
    }

    pub fn scopes(&mut self, frame_id: i64) -> Result<Vec<Scope>, String> {
        read(
            &self.ask("scopes", json!({ "frameId": frame_id }))?,
            "scopes",
        )
    }

    /// The variables of one scope of a frame.
    pub fn scope(&mut self, frame_id: i64, name: &str) -> Result<Vec<Variable>, String> {
        let scopes = self.scopes(frame_id)?;
        let found = scopes.iter().find(|scope| scope.name == name);
        let scope = found.ok_or_else(|| format!("no scope {name}: {scopes:?}"))?;
        self.variables(scope.variables_reference)
    }

    pub fn variables(&mut self, reference: i64) -> Result<Vec<Variable>, String> {
        self.some_variables(&json!({ "variablesReference": reference }))
    }

    pub fn some_variables(&mut self, arguments: &Value) -> Result<Vec<Variable>, String> {
        read(&self.ask("variables", arguments.clone())?, "variables")
    }

    /// The value of an expression in a frame, as text.
    pub fn evaluate(&mut self, frame_id: i64, expression: &str) -> Result<String, String> {
        let arguments =
            json!({ "frameId": frame_id, "expression": expression, "context": "watch" });
        read(&self.ask("evaluate", arguments)?, "result")
    }
}

/// The variable of that name.
pub fn named<'v>(variables: &'v [Variable], name: &str) -> Result<&'v Variable, String> {
    let found = variables.iter().find(|variable| variable.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = variables.iter().map(|variable| &*variable.name).collect();
        format!("no variable {name}: {names:?}")
    })
}

/// Starts a program of `tests/hangs` that needs no packages.
pub fn hang(leg: &Leg, program: &str) -> Result<Target, String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hangs");
    let mut command = crate::support::target::python(leg);
    command.arg(folder.join(program));
    let mut target = Target::start(program, command)?;
    target.wait_ready()?;
    Ok(target)
}

/// Starts a program of `tests/programs` that prints READY and writes no truth.
pub fn program(leg: &Leg, program: &str, arguments: &[&str]) -> Result<Target, String> {
    let mut command = crate::support::target::python(leg);
    command
        .arg(crate::support::target::programs().join(program))
        .args(arguments);
    let mut target = Target::start(program, command)?;
    target.wait_ready()?;
    Ok(target)
}
