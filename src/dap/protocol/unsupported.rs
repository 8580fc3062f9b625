//! Requests that this adapter does not serve, with the reason.

use serde_json::{Value, json};

use super::failure::Failure;

/// Requests that would need control of the process, with the sentence that begins
/// the answer to each group.
pub const NEED_CONTROL: [(&str, &[&str]); 4] = [
    (
        "Breakpoints are",
        &[
            "setBreakpoints",
            "setFunctionBreakpoints",
            "setExceptionBreakpoints",
            "setDataBreakpoints",
            "setInstructionBreakpoints",
            "dataBreakpointInfo",
            "breakpointLocations",
        ],
    ),
    (
        "Stepping is",
        &[
            "next",
            "stepIn",
            "stepOut",
            "stepBack",
            "reverseContinue",
            "stepInTargets",
            "goto",
            "gotoTargets",
            "restartFrame",
        ],
    ),
    (
        "Changing variables or memory is",
        &["setVariable", "setExpression", "writeMemory"],
    ),
    (
        "Ending or restarting the process is",
        &["terminate", "terminateThreads", "restart"],
    ),
];

/// Names of the lists in the arguments of requests that set breakpoints.
const LISTS: [&str; 3] = ["breakpoints", "filters", "filterOptions"];

/// The answer to a request that is not served. Only a request to set an empty list
/// of breakpoints succeeds.
///
/// # Errors
/// For every other request.
pub fn answer(command: &str, arguments: &Value) -> Result<Option<Value>, Failure> {
    if command == "launch" {
        return Err(Failure {
            id: 1011,
            show_user: true,
            ..Failure::malformed(
                "dapper-attach starts no programs: use the request \"attach\" with the `processId` of one that runs",
            )
        });
    }
    let group = NEED_CONTROL
        .iter()
        .find(|(_, commands)| commands.contains(&command));
    let Some((what, _)) = group else {
        return Err(Failure::unknown_command(command));
    };
    let is_empty = |list: &str| {
        let found = arguments.get(list).and_then(Value::as_array);
        found.is_none_or(Vec::is_empty)
    };
    let sets = command.starts_with("set") && command.ends_with("Breakpoints");
    if sets && LISTS.iter().all(|list| is_empty(list)) {
        return Ok(Some(json!({ "breakpoints": [] })));
    }
    Err(Failure::read_only(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_control_is_refused_in_one_sentence() {
        for command in ["next", "setVariable", "terminate", "launch", "fly"] {
            let failure = answer(command, &json!({})).unwrap_err();
            assert!(!failure.text.is_empty() && !failure.text.contains('\n'));
        }
        let some = json!({ "breakpoints": [{ "line": 1 }] });
        assert!(answer("setBreakpoints", &some).is_err());
        assert!(answer("setBreakpoints", &json!({ "breakpoints": [] })).is_ok());
        assert!(answer("setExceptionBreakpoints", &json!({ "filters": ["raised"] })).is_err());
    }
}
