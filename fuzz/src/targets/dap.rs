//! The debug adapter's protocol: bytes of the wire, and requests in any order
//! with any arguments, in a session about a capture.

use arbitrary::{Arbitrary, Unstructured};
use dapper_attach::dap::protocol::framing::read_message;
use serde_json::{Map, Value, json};

use crate::fixtures::{any, with_values};
use crate::session::Script;

/// Requests of one session.
const MOST: usize = 60;

const COMMANDS: [&str; 32] = [
    "initialize",
    "attach",
    "launch",
    "configurationDone",
    "disconnect",
    "cancel",
    "pause",
    "continue",
    "threads",
    "stackTrace",
    "stackTrace",
    "source",
    "scopes",
    "scopes",
    "variables",
    "variables",
    "evaluate",
    "evaluate",
    "completions",
    "exceptionInfo",
    "modules",
    "loadedSources",
    "dapper/tasks",
    "dapper/graph",
    "dapper/report",
    "dapper/select",
    "setBreakpoints",
    "setExceptionBreakpoints",
    "next",
    "setVariable",
    "",
    "readMemory",
];

/// What requests have, for whoever wants it.
const NAMES: [&str; 34] = [
    "threadId",
    "frameId",
    "variablesReference",
    "startFrame",
    "levels",
    "filter",
    "start",
    "count",
    "format",
    "expression",
    "context",
    "text",
    "column",
    "line",
    "source",
    "sourceReference",
    "startModule",
    "moduleCount",
    "id",
    "requestId",
    "progressId",
    "pathMappings",
    "justMyCode",
    "taskFilter",
    "maxTasks",
    "foldTasks",
    "freeze",
    "maxFreezeSeconds",
    "pauseBudgetMs",
    "threadEvents",
    "linesStartAt1",
    "columnsStartAt1",
    "supportsVariableType",
    "supportsProgressReporting",
];

const TEXTS: [&str; 24] = [
    "named",
    "indexed",
    "repl",
    "hover",
    "watch",
    "clipboard",
    "variables",
    "*",
    "Task-1",
    "MainThread",
    "account",
    "locals()",
    "help",
    "report",
    "tasks",
    "graph",
    "verdict",
    "task 1",
    "self.",
    "f'{a!r:>{10}}'",
    "[x for x in range(10)]",
    "captured.py",
    "\u{1f600}.",
    "",
];

/// The first byte says what the rest is.
pub fn dap(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else {
        return;
    };
    let fixture = match mode & 0x40 {
        0 => with_values(mode / 4 % 4),
        _ => any(mode / 4 % 16),
    };
    let mut script = Script::new(&fixture.recording);
    match mode % 4 {
        0 => {
            let mut input = rest;
            while let Ok(Some(_)) = read_message(&mut input) {}
        }
        1 => wire(&mut script, rest),
        _ => requests(&mut script, mode & 0x80 == 0, &mut Unstructured::new(rest)),
    }
}

/// Messages as they come on the wire.
fn wire(script: &mut Script, mut input: &[u8]) {
    for _ in 0..MOST {
        match read_message(&mut input) {
            Ok(Some(body)) => script.receive(&body),
            _ => return,
        };
    }
}

/// Requests one after the other, mostly with ids that were given out.
fn requests(script: &mut Script, begin: bool, input: &mut Unstructured<'_>) {
    if begin {
        script.begin(&json!({}));
    }
    let mut ids = vec![1];
    for _ in 0..MOST {
        let Ok(number) = u8::arbitrary(input) else {
            return;
        };
        if number >= 0xf8 {
            script.tick();
            continue;
        }
        let command = COMMANDS[usize::from(number) % COMMANDS.len()];
        let Ok(arguments) = arguments(input, command, &ids) else {
            return;
        };
        let answer = script.ask(command, arguments);
        collect(&answer, &mut ids);
    }
}

/// Ids that an answer gives out.
fn collect(answer: &Value, ids: &mut Vec<i64>) {
    for list in ["threads", "stackFrames", "scopes", "variables", "sources"] {
        let rows = answer["body"][list].as_array();
        for row in rows.into_iter().flatten().take(40) {
            for name in ["id", "variablesReference", "sourceReference"] {
                ids.extend(row[name].as_i64().filter(|id| *id != 0));
            }
        }
    }
}

fn arguments(input: &mut Unstructured<'_>, command: &str, ids: &[i64]) -> arbitrary::Result<Value> {
    let mut fields = Map::new();
    // What it cannot do without; it may be replaced below.
    for name in needed(command) {
        fields.insert((*name).into(), value(input, name, ids)?);
    }
    for _ in 0..u8::arbitrary(input)? % 4 {
        let name = NAMES[usize::from(u8::arbitrary(input)?) % NAMES.len()];
        fields.insert(name.into(), value(input, name, ids)?);
    }
    Ok(fields.into())
}

fn needed(command: &str) -> &'static [&'static str] {
    match command {
        "stackTrace" | "exceptionInfo" | "continue" | "pause" => &["threadId"],
        "scopes" => &["frameId"],
        "variables" => &["variablesReference"],
        "evaluate" => &["expression", "frameId", "context"],
        "completions" => &["text", "column", "frameId"],
        "source" => &["sourceReference"],
        "dapper/select" => &["threadId"],
        _ => &[],
    }
}

fn value(input: &mut Unstructured<'_>, name: &str, ids: &[i64]) -> arbitrary::Result<Value> {
    let kind = u8::arbitrary(input)?;
    if kind < 0xc0 {
        match name {
            "expression" | "text" | "context" | "filter" | "id" | "taskFilter" => {
                return text(input);
            }
            "threadId" | "frameId" | "variablesReference" | "sourceReference" => {
                let place = usize::from(u16::arbitrary(input)?);
                return Ok(ids[place % ids.len()].into());
            }
            _ => {}
        }
    }
    Ok(match kind % 10 {
        0 => i64::arbitrary(input)?.into(),
        1 => i16::arbitrary(input)?.into(),
        2 => u8::arbitrary(input)?.into(),
        3 => f64::arbitrary(input)?.into(),
        4 => bool::arbitrary(input)?.into(),
        5 => text(input)?,
        6 => Value::Null,
        7 => json!([text(input)?]),
        8 => json!({ "path": text(input)?, "sourceReference": i16::arbitrary(input)? }),
        _ => json!({ "localRoot": text(input)?, "remoteRoot": text(input)?, "hex": true }),
    })
}

fn text(input: &mut Unstructured<'_>) -> arbitrary::Result<Value> {
    let kind = u8::arbitrary(input)?;
    if kind < 0x80 {
        return Ok(TEXTS[usize::from(kind) % TEXTS.len()].into());
    }
    let len = usize::from(u8::arbitrary(input)?) % 48;
    let bytes = input.bytes(len.min(input.len()))?;
    Ok(String::from_utf8_lossy(bytes).into())
}
