//! What a server decides, what a client says of itself, and how it wants to attach.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::capture::At;
use crate::dap::protocol::failure::Failure;
use crate::dap::requests::sources::PathMapping;
use crate::dap::threads::ListOptions;

/// Default of `maxTasks`.
const MAX_TASKS: usize = 1_000;
/// Default of `pauseBudgetMs`.
const PAUSE_BUDGET_MS: u64 = 100;
/// Maximum of `pauseBudgetMs`.
const MAX_PAUSE_MS: u64 = 60_000;
/// Default of `maxFreezeSeconds`.
const FREEZE_SECONDS: f64 = 60.0;
/// Maximum of `maxFreezeSeconds`.
const MAX_FREEZE_SECONDS: f64 = 3_600.0;

/// What a server decides for its sessions, whatever clients say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// The process to attach to; `None` lets the client choose.
    pub pid: Option<u32>,
    /// The capture to show instead of a process.
    pub capture: Option<PathBuf>,
    /// The token that clients have to send; `None` for none.
    pub token: Option<String>,
}

impl Rules {
    /// Whether our command line names the process or capture.
    pub fn names_target(&self) -> bool {
        self.pid.is_some() || self.capture.is_some()
    }
}

/// The part of `InitializeRequestArguments` that this adapter uses.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Client {
    pub lines_start_at1: bool,
    pub columns_start_at1: bool,
    pub supports_variable_type: bool,
    pub supports_variable_paging: bool,
    pub supports_progress_reporting: bool,
    pub supports_invalidated_event: bool,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            lines_start_at1: true,
            columns_start_at1: true,
            supports_variable_type: false,
            supports_variable_paging: false,
            supports_progress_reporting: false,
            supports_invalidated_event: false,
        }
    }
}

/// The arguments of `attach`, not checked yet. Unknown keys are ignored.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AttachArguments {
    #[serde(alias = "pid")]
    process_id: Option<Value>,
    capture: Option<PathBuf>,
    at: Option<Value>,
    path_mappings: Vec<PathMapping>,
    just_my_code: bool,
    task_filter: Option<String>,
    max_tasks: Option<usize>,
    fold_tasks: bool,
    freeze: bool,
    max_freeze_seconds: Option<f64>,
    pause_budget_ms: Option<f64>,
    thread_events: bool,
    token: Option<String>,
}

/// How a process is attached to.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    pub pid: u32,
    /// The capture to show instead of a process; then `pid` is that of the process
    /// in it.
    pub capture: Option<PathBuf>,
    /// Which moment of a recording over time is shown first.
    pub at: Option<At>,
    pub path_mappings: Vec<PathMapping>,
    /// Whether frames of libraries are left out.
    pub just_my_code: bool,
    pub list: ListOptions,
    /// For how long the process is frozen while the client looks at it; `None` if
    /// it is not frozen.
    pub freeze: Option<Duration>,
    pub max_pause: Duration,
    /// Whether the client is told of tasks that come and go while the process runs.
    pub thread_events: bool,
}

impl AttachArguments {
    /// Whether the client sent the token, or none is needed.
    pub fn knows(&self, token: Option<&str>) -> bool {
        let said = self.token.as_deref().unwrap_or_default().as_bytes();
        token.is_none_or(|token| {
            // Takes the same time for every wrong token of this length.
            let differing = (said.iter().zip(token.as_bytes())).map(|(a, b)| usize::from(a != b));
            differing.sum::<usize>() == 0 && said.len() == token.len()
        })
    }

    /// The checked options. Our command line takes precedence.
    ///
    /// # Errors
    /// When an argument is missing or out of range; the message names it.
    pub fn check(self, rules: &Rules) -> Result<Options, Failure> {
        let said = self.capture.filter(|_| rules.pid.is_none());
        let capture = rules.capture.clone().or(said);
        let pid = match (&capture, rules.pid) {
            // The capture names its process.
            (Some(_), _) => 0,
            (None, Some(pid)) => pid,
            (None, None) => process_id(self.process_id.as_ref())?,
        };
        let budget = self.pause_budget_ms.unwrap_or(PAUSE_BUDGET_MS as f64);
        if !(1.0..=MAX_PAUSE_MS as f64).contains(&budget) {
            return Err(Failure::options(format!(
                "`pauseBudgetMs` is {budget}: it must be from 1 to {MAX_PAUSE_MS}"
            )));
        }
        let freeze = self.max_freeze_seconds.unwrap_or(FREEZE_SECONDS);
        if !(0.001..=MAX_FREEZE_SECONDS).contains(&freeze) {
            return Err(Failure::options(format!(
                "`maxFreezeSeconds` is {freeze}: it must be above 0 and at most {MAX_FREEZE_SECONDS}"
            )));
        }
        Ok(Options {
            pid,
            capture,
            at: self.at.as_ref().map(moment).transpose()?,
            path_mappings: self.path_mappings,
            just_my_code: self.just_my_code,
            list: ListOptions {
                filter: self.task_filter.filter(|filter| !filter.trim().is_empty()),
                max_tasks: self.max_tasks.unwrap_or(MAX_TASKS),
                fold: self.fold_tasks,
            },
            freeze: self.freeze.then(|| Duration::from_secs_f64(freeze)),
            max_pause: Duration::from_secs_f64(budget / 1000.0),
            thread_events: self.thread_events,
        })
    }
}

fn moment(value: &Value) -> Result<At, Failure> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let at = text.trim().parse();
    at.map_err(|error| Failure::options(format!("`at` is {value}: {error}")))
}

fn process_id(value: Option<&Value>) -> Result<u32, Failure> {
    let found = match value {
        None => {
            return Err(Failure::options(
                "`processId` is missing: it names the process to attach to (`dapper-attach ps` lists them); or `capture`, a file",
            ));
        }
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    match found
        .and_then(|pid| u32::try_from(pid).ok())
        .filter(|pid| *pid > 0)
    {
        Some(pid) => Ok(pid),
        None => Err(Failure::options(format!(
            "`processId` is {}: it must be the number of a process",
            value.map_or_else(String::new, ToString::to_string)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(arguments: Value) -> Result<Options, String> {
        let arguments: AttachArguments = serde_json::from_value(arguments).unwrap();
        arguments
            .check(&Rules::default())
            .map_err(|failure| failure.text)
    }

    #[test]
    fn a_process_may_be_a_number_or_a_text() {
        for given in [json!(4242), json!("4242"), json!(" 4242 ")] {
            let options = check(json!({ "processId": given, "__sessionId": 1 })).unwrap();
            assert_eq!(options.pid, 4242);
            assert_eq!(options.list.max_tasks, 1000);
            assert_eq!(options.freeze, None);
        }
        for wrong in [
            json!("web"),
            json!(-1),
            json!(0),
            json!([1]),
            json!(1.5),
            json!(""),
        ] {
            let error = check(json!({ "processId": wrong })).unwrap_err();
            assert!(error.contains("must be the number of a process"), "{error}");
        }
        assert!(check(json!({})).unwrap_err().contains("is missing"));
    }

    #[test]
    fn limits_are_checked() {
        let with = |key: &str, value: Value| check(json!({ "processId": 1, key: value }));
        assert!(with("pauseBudgetMs", json!(0)).is_err());
        assert!(with("maxFreezeSeconds", json!(-1)).is_err());
        assert_eq!(
            with("pauseBudgetMs", json!(5)).unwrap().max_pause,
            Duration::from_millis(5)
        );
    }
}
