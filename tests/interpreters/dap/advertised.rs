//! Every advertised capability works, and no other one does.

use serde_json::{Value, json};

use super::adapter::Way;
use super::asking::{Frame, program, vscode};
use super::client::Client;
use crate::support::legs::Leg;
use crate::support::{Outcome, ensure};

/// A check at a stop that a capability works.
type Show = fn(&mut Client, &Frame) -> Outcome;

/// Every capability that may be advertised, with its check.
const SHOWN: [(&str, Show); 10] = [
    ("supportsConfigurationDoneRequest", |client, _| {
        client.ask("configurationDone", Value::Null).map(|_| ())
    }),
    ("supportsEvaluateForHovers", |client, frame| {
        evaluates(client, frame, &json!({ "context": "hover" }), "255")
    }),
    ("supportsCompletionsRequest", completes),
    ("supportsModulesRequest", |client, _| {
        lists(client, "modules")
    }),
    ("supportsLoadedSourcesRequest", |client, _| {
        lists_as(client, "loadedSources", "sources")
    }),
    ("supportsExceptionInfoRequest", |client, _| {
        let thread = client.thread("Task: show")?;
        let refusal = client.refusal("exceptionInfo", json!({ "threadId": thread.id }))?;
        // The request is known; `exception_of_a_task` shows what it answers.
        ensure(refusal.id == 1010, || format!("{refusal:?}"))
    }),
    ("supportsValueFormattingOptions", |client, frame| {
        evaluates(client, frame, &json!({ "format": { "hex": true } }), "0xff")
    }),
    ("supportsDelayedStackTraceLoading", |client, _| {
        let thread = client.thread("Task: show")?;
        let whole = client.stack(thread.id)?;
        let arguments = json!({ "threadId": thread.id, "startFrame": 1, "levels": 1 });
        let (part, total) = client.part_of_stack(&arguments)?;
        ensure(part == whole[1..2] && total == whole.len(), || {
            format!("{part:?}, {total}")
        })
    }),
    ("supportsCancelRequest", |client, frame| {
        let slow = json!({ "frameId": frame.id, "expression": "sum(i for i in range(10 ** 9))" });
        let asked = client.send("evaluate", slow)?;
        client.ask("cancel", json!({ "requestId": asked }))?;
        let response = client.response(asked)?;
        ensure(response["message"] == "cancelled", || response.to_string())
    }),
    ("supportsClipboardContext", |client, frame| {
        let full = format!("'begin {} end'", "x".repeat(5000));
        let arguments = json!({ "context": "clipboard", "expression": "long_text" });
        evaluates(client, frame, &arguments, &full)
    }),
];

/// Requests that a client sends only for capabilities that are not advertised.
const NOT_SERVED: [(&str, &str); 22] = [
    ("supportsFunctionBreakpoints", "setFunctionBreakpoints"),
    ("supportsDataBreakpoints", "dataBreakpointInfo"),
    (
        "supportsInstructionBreakpoints",
        "setInstructionBreakpoints",
    ),
    ("supportsBreakpointLocationsRequest", "breakpointLocations"),
    ("supportsStepBack", "stepBack"),
    ("supportsStepInTargetsRequest", "stepInTargets"),
    ("supportsGotoTargetsRequest", "gotoTargets"),
    ("supportsRestartFrame", "restartFrame"),
    ("supportsRestartRequest", "restart"),
    ("supportsSetVariable", "setVariable"),
    ("supportsSetExpression", "setExpression"),
    ("supportsTerminateRequest", "terminate"),
    ("supportsTerminateThreadsRequest", "terminateThreads"),
    ("supportsReadMemoryRequest", "readMemory"),
    ("supportsWriteMemoryRequest", "writeMemory"),
    ("supportsDisassembleRequest", "disassemble"),
    ("supportTerminateDebuggee", ""),
    ("supportSuspendDebuggee", ""),
    ("supportsExceptionOptions", ""),
    ("supportsExceptionFilterOptions", ""),
    ("supportsConditionalBreakpoints", ""),
    ("supportsLogPoints", ""),
];

/// Capabilities that are lists, with their checks.
const LISTS: [&str; 1] = ["completionTriggerCharacters"];

pub fn is_what_works(leg: &Leg) -> Outcome {
    let target = program(leg, "dap_values.py", &[])?;
    let mut client = Client::start(Way::Stdio, &[])?;
    let capabilities = client.ask("initialize", vscode())?;
    client.attach(&json!({ "processId": target.pid() }))?;
    let frame = client.frame("Task: show", "show")?;
    for (name, value) in capabilities.as_object().into_iter().flatten() {
        let shown = SHOWN.iter().find(|(known, _)| known == name);
        match (shown, value) {
            (Some((_, show)), Value::Bool(true)) => {
                show(&mut client, &frame).map_err(|why| format!("{name}: {why}"))?;
            }
            (None, Value::Array(_)) if LISTS.contains(&&**name) => {}
            (_, Value::Bool(false)) => {}
            _ => {
                return Err(format!(
                    "{name}: {value} is advertised, and nothing shows it"
                ));
            }
        }
    }
    let missing: Vec<_> = SHOWN
        .iter()
        .filter(|(name, _)| capabilities[*name] != true)
        .collect();
    ensure(missing.is_empty(), || {
        let names: Vec<_> = missing.iter().map(|(name, _)| name).collect();
        format!("{names:?} work, and are not advertised")
    })?;
    for (name, command) in NOT_SERVED {
        ensure(capabilities[name] != true, || {
            format!("{name} is advertised")
        })?;
        if !command.is_empty() {
            let arguments = json!({ "breakpoints": [{}], "threadId": 1, "frameId": frame.id });
            client.refusal(command, arguments)?;
        }
    }
    Ok(())
}

fn evaluates(client: &mut Client, frame: &Frame, more: &Value, expected: &str) -> Outcome {
    let arguments = json!({ "frameId": frame.id, "expression": "number" });
    let arguments = super::asking::with(arguments, more);
    let body = client.ask("evaluate", arguments)?;
    ensure(body["result"] == expected, || format!("{more}: {body}"))
}

fn lists(client: &mut Client, command: &str) -> Outcome {
    lists_as(client, command, command)
}

fn lists_as(client: &mut Client, command: &str, key: &str) -> Outcome {
    let body = client.ask(command, json!({}))?;
    let count = body[key].as_array().map_or(0, Vec::len);
    ensure(count > 0, || format!("{command}: {body}"))
}

/// Names, attributes after a dot, keys after a bracket: the trigger characters.
fn completes(client: &mut Client, frame: &Frame) -> Outcome {
    for (text, label, typed) in [
        ("long_", "long_list", 5),
        ("1 + acc", "account", 3),
        ("account.", "items", 0),
        ("account.na", "name", 2),
        ("table[", "'a']", 0),
        ("le", "len", 2),
        ("GREE", "GREETING", 4),
    ] {
        let column = text.encode_utf16().count() + 1;
        let arguments = json!({ "frameId": frame.id, "text": text, "column": column });
        let body = client.ask("completions", arguments)?;
        let targets = body["targets"].as_array().cloned().unwrap_or_default();
        let found = targets.iter().find(|target| target["label"] == label);
        let found = found.ok_or_else(|| format!("{text}: no {label} in {body}"))?;
        let (start, length) = (found["start"].as_u64(), found["length"].as_u64());
        let expected = u64::try_from(column).unwrap_or(0) - typed;
        ensure(length == Some(typed) && start == Some(expected), || {
            format!("{text}: {found}")
        })?;
    }
    Ok(())
}
