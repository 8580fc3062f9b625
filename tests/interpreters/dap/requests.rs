//! Requests as proptest makes them: valid ones, and nearly valid ones.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// A request that is to be sent.
#[derive(Debug, Clone)]
pub struct Asked {
    pub command: &'static str,
    pub arguments: Value,
    /// Whether the next one waits for its answer.
    pub wait: bool,
}

/// Ids that the adapter has given out.
#[derive(Debug, Default)]
pub struct Seen {
    threads: Vec<Value>,
    frames: Vec<Value>,
    references: Vec<Value>,
}

/// In arguments, `[HOLE, KIND, NUMBER]` is one of the ids of that kind.
const HOLE: &str = "an id that was seen";

impl Seen {
    /// Notes the ids in a response.
    pub fn learn(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                let is_frame = fields.contains_key("line");
                for (key, value) in fields {
                    match (key.as_str(), value) {
                        ("id", Value::Number(_)) if is_frame => self.frames.push(value.clone()),
                        ("id", Value::Number(_)) => self.threads.push(value.clone()),
                        ("variablesReference", Value::Number(_)) => {
                            self.references.push(value.clone());
                        }
                        _ => self.learn(value),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            _ => {}
        }
    }

    /// The arguments with ids in them.
    pub fn fill(&self, arguments: &Value) -> Value {
        match arguments {
            Value::Array(hole) if hole.first().is_some_and(|it| it == HOLE) => {
                let list = match hole[1].as_str() {
                    Some("thread") => &self.threads,
                    Some("frame") => &self.frames,
                    _ => &self.references,
                };
                let place = hole[2]
                    .as_u64()
                    .and_then(|it| usize::try_from(it).ok())
                    .unwrap_or(0);
                let id = list.get(place.checked_rem(list.len()).unwrap_or(0));
                id.cloned().unwrap_or_else(|| 1.into())
            }
            Value::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(key, value)| (key.clone(), self.fill(value)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }
}

fn id(kind: &'static str) -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => any::<u16>().prop_map(move |place| json!([HOLE, kind, place])),
        1 => number(),
        1 => junk(),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-3_i64..50).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        Just(json!(1e300)),
        Just(json!(0.5)),
    ]
}

fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({ "a": [1, { "b": null }] })),
    ]
}

fn expression() -> impl Strategy<Value = Value> {
    let known = vec![
        "src",
        "dst.lock._waiters",
        "amount + 1",
        "self",
        "[x for x in range(100)]",
        "src.__dict__",
        "f'{amount!r:>10}'",
        "{1: 2}[1]",
        "1 << 4000",
        "'a' * 1000",
        "().__class__",
        "lambda: 0",
        "dapper why",
        "dapper tasks",
        "dapper tasks t*",
        "dapper set max-tasks 2",
        "dapper graph",
        "dapper set fold on",
        "dapper set filter *",
        "dapper refresh",
        "dapper set max-tasks 100",
        "sum(i for i in range(10 ** 5))",
        "open('/etc/passwd')",
        "src.lock.acquire()",
        "((((((1))))))",
    ];
    prop_oneof![
        6 => select(known).prop_map(Value::from),
        1 => ".{0,40}".prop_map(Value::from),
        1 => r"[a-z0-9().\[\]+*'{} -]{0,30}".prop_map(Value::from),
        1 => junk(),
    ]
}

/// Some of the fields, each with one of its values.
fn fields(all: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let mut object = Just(Value::Object(Map::new())).boxed();
    for (name, value) in all {
        let some = prop::option::weighted(0.9, value);
        let add = move |(mut object, value): (Value, Option<Value>)| {
            if let Some(value) = value {
                object[name] = value;
            }
            object
        };
        object = (object, some).prop_map(add).boxed();
    }
    object
}

fn format() -> BoxedStrategy<Value> {
    prop_oneof![3 => Just(Value::Null), 1 => any::<bool>().prop_map(|hex| json!({ "hex": hex }))]
        .boxed()
}

/// Any request that a session may bring; those that take long are rare.
pub fn request() -> impl Strategy<Value = Asked> {
    let numbers = || number().boxed();
    let (thread, frame) = (|| id("thread").boxed(), || id("frame").boxed());
    let context = || {
        select(vec![
            "watch",
            "repl",
            "hover",
            "clipboard",
            "variables",
            "x",
        ])
    };
    let one = |command: &'static str, arguments: BoxedStrategy<Value>| {
        arguments
            .prop_map(move |arguments| (command, arguments))
            .boxed()
    };
    let stack = vec![
        ("threadId", thread()),
        ("startFrame", numbers()),
        ("levels", numbers()),
    ];
    let page = vec![
        ("variablesReference", id("reference").boxed()),
        (
            "filter",
            select(vec!["indexed", "named", "x"])
                .prop_map(Value::from)
                .boxed(),
        ),
        ("start", numbers()),
        ("count", numbers()),
        ("format", format()),
    ];
    let evaluated = vec![
        ("expression", expression().boxed()),
        ("frameId", frame()),
        ("context", context().prop_map(Value::from).boxed()),
        ("format", format()),
    ];
    let completed = vec![
        ("frameId", frame()),
        ("text", expression().boxed()),
        ("column", numbers()),
        ("line", numbers()),
    ];
    let chosen = vec![("threadId", thread()), ("id", junk().boxed())];
    let source = vec![("sourceReference", numbers()), ("source", junk().boxed())];
    let modules = vec![("startModule", numbers()), ("moduleCount", numbers())];
    let others = select(vec![
        "setBreakpoints",
        "next",
        "terminate",
        "launch",
        "attach",
        "initialize",
        "fly",
        "",
        "readMemory",
        "setVariable",
        "dapper/x",
    ]);
    let simple = select(vec![
        "threads",
        "loadedSources",
        "dapper/graph",
        "configurationDone",
    ]);
    let requests = prop_oneof![
        12 => one("stackTrace", fields(stack)),
        8 => one("scopes", fields(vec![("frameId", frame())])),
        12 => one("variables", fields(page)),
        8 => one("evaluate", fields(evaluated)),
        4 => one("completions", fields(completed)),
        6 => (simple, junk()).boxed(),
        2 => one("exceptionInfo", fields(vec![("threadId", thread())])),
        2 => one("source", fields(source)),
        2 => one("modules", fields(modules)),
        2 => one("dapper/tasks", fields(vec![("filter", expression().boxed())])),
        2 => one("dapper/report", fields(chosen.clone())),
        2 => one("dapper/select", fields(chosen)),
        2 => one("cancel", fields(vec![("requestId", numbers()), ("progressId", junk().boxed())])),
        1 => one("pause", fields(vec![("threadId", thread())])),
        1 => one("continue", fields(vec![("threadId", thread())])),
        4 => (others, junk()).boxed(),
    ];
    (requests, any::<bool>()).prop_map(|((command, arguments), wait)| Asked {
        command,
        arguments,
        wait,
    })
}

/// How a client attaches to this process.
pub fn session_options(pid: u32) -> impl Strategy<Value = Value> {
    let number = |values: Vec<Value>| select(values).boxed();
    fields(vec![
        ("freeze", any::<bool>().prop_map(Value::from).boxed()),
        (
            "maxFreezeSeconds",
            number(vec![json!(0.01), json!(1), json!(60)]),
        ),
        ("maxTasks", number(vec![json!(0), json!(2), json!(1000)])),
        ("foldTasks", any::<bool>().prop_map(Value::from).boxed()),
        ("justMyCode", any::<bool>().prop_map(Value::from).boxed()),
        ("threadEvents", any::<bool>().prop_map(Value::from).boxed()),
        (
            "taskFilter",
            number(vec![json!("*"), json!("t*"), json!("none"), json!("")]),
        ),
        (
            "pauseBudgetMs",
            number(vec![json!(1), json!(100), json!(1000)]),
        ),
    ])
    .prop_map(move |mut options| {
        options["processId"] = pid.into();
        options
    })
}

/// What a client says of itself.
pub fn client_options() -> impl Strategy<Value = Value> {
    let flag = || any::<bool>().prop_map(Value::from).boxed();
    fields(vec![
        ("linesStartAt1", flag()),
        ("columnsStartAt1", flag()),
        ("supportsVariableType", flag()),
        ("supportsVariablePaging", flag()),
        ("supportsProgressReporting", flag()),
        ("supportsInvalidatedEvent", flag()),
    ])
}
