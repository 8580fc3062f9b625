//! Expressions on values of every kind: the result is that of Python's own `eval`
//! in the target, or a refusal; nothing runs in the target.
//!
//! The table is `tests/programs/expressions.txt`; `expressions.py` answers it.

mod hostile;

use std::fmt;
use std::time::{Duration, Instant};

use dapper_attach::cpython::runtime::candidates::candidates;
use dapper_attach::cpython::{RawFrame, Reader, Runtime, runtime};
use dapper_attach::evaluate::{Bounds, Names, Refusal, evaluate};
use dapper_attach::limits::Limits;
use dapper_attach::process::{PageCache, Process};
use libtest_mimic::{Failed, Trial};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{Test, on_every_leg};
use crate::support::target::Target;
use crate::support::{Outcome, ensure, none, truth};

/// Time for one expression, on a busy machine.
const DEADLINE: Duration = Duration::from_secs(30);

/// Characters of a repr that the program writes down.
const MAX_REPR: usize = 20_000;

/// Number of expressions of each kind that the table has at least.
const MIN_EXPRESSIONS: [usize; 3] = [330, 200, 100];

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let tests: &[(&str, Test)] = &[("answers_are_those_of_the_target", same_answers)];
    let mut trials = on_every_leg(manifest, "evaluate", |_| None, tests);
    let newest = ["3.13", "3.14", "3.12", "3.11"];
    let leg = newest.iter().find_map(|name| manifest.leg(name));
    if let Some(leg) = leg.cloned() {
        let hostile = move || hostile::sources(&leg).map_err(Failed::from);
        trials.push(vec![Trial::test("evaluate::hostile_sources", hostile)]);
    }
    trials
}

#[derive(Deserialize)]
struct Truth {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// The same value or type of exception.
    Equal,
    /// It would run code in the target, or is out of scope.
    Refused,
    /// A refusal or the same answer.
    Either,
}

const KINDS: [(Kind, &str); 3] = [
    (Kind::Equal, "equal"),
    (Kind::Refused, "refused"),
    (Kind::Either, "either"),
];

#[derive(Deserialize)]
struct Entry {
    source: String,
    kind: Kind,
    #[serde(rename = "type")]
    type_name: Option<String>,
    repr: Option<String>,
    raises: Option<String>,
    message: Option<String>,
}

/// The outcome of an expression.
enum Answer {
    Value {
        type_name: String,
        repr: String,
    },
    Raises {
        exception: String,
        message: String,
    },
    Refused(String),
    /// Not one of these, which is always a mismatch.
    Failed(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { type_name, repr } => write!(f, "{type_name} {repr:.200}"),
            Self::Raises { exception, message } => write!(f, "raises {exception}: {message}"),
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

impl Entry {
    fn truth(&self) -> Answer {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        match (self.kind, &self.raises) {
            (Kind::Refused, _) => Answer::Refused("it must be".into()),
            (_, Some(exception)) => Answer::Raises {
                exception: exception.clone(),
                message: text(&self.message),
            },
            (_, None) => Answer::Value {
                type_name: text(&self.type_name),
                repr: text(&self.repr),
            },
        }
    }

    fn accepts(&self, answer: &Answer) -> bool {
        match answer {
            Answer::Refused(_) => self.kind != Kind::Equal,
            Answer::Failed(_) => false,
            _ if self.kind == Kind::Refused => false,
            Answer::Value { type_name, repr } => {
                let cut: String = repr.chars().take(MAX_REPR).collect();
                let same = |truth: &String| match &**type_name {
                    "set" | "frozenset" => items_of(truth) == items_of(&cut),
                    _ => *truth == cut,
                };
                self.type_name.as_ref() == Some(type_name) && self.repr.as_ref().is_some_and(same)
            }
            // The texts of exceptions are not those of each version.
            Answer::Raises { exception, .. } => self.raises.as_ref() == Some(exception),
        }
    }
}

/// The items of the `repr` of a set: those of a set that was made by the
/// expression are in the order of insertion.
fn items_of(repr: &str) -> Vec<&str> {
    let inner = repr.trim_start_matches("frozenset(").trim_end_matches(')');
    let mut items: Vec<_> = inner.trim_matches(['{', '}']).split(", ").collect();
    items.sort_unstable();
    items
}

/// Evaluates `source` and prints the value, each within `bounds`.
fn answer(source: &str, reader: &Reader<'_>, names: &Names, bounds: &Bounds) -> Answer {
    let value = evaluate(source, reader, names, bounds);
    let shown = value.and_then(|value| {
        let type_name = value.type_name(reader);
        Ok((type_name, value.repr(reader, bounds)?))
    });
    match shown {
        Ok((type_name, repr)) => Answer::Value { type_name, repr },
        Err(Refusal::Raises { exception, message }) => Answer::Raises { exception, message },
        Err(why @ (Refusal::WouldRun(_) | Refusal::Syntax(_) | Refusal::Bounded(_))) => {
            Answer::Refused(why.to_string())
        }
        Err(why @ (Refusal::Unreadable(_) | Refusal::Cancelled)) => Answer::Failed(why.to_string()),
    }
}

/// Runs `look` on the frame of `probe` in the process, while it waits.
fn in_probe<T>(pid: u32, look: impl FnOnce(&Reader<'_>, &Names) -> T) -> Result<T, String> {
    let process = Process::open(pid).map_err(|error| error.to_string())?;
    let cache = PageCache::new(process.memory());
    let known = candidates(&process, &cache).map_err(|error| error.to_string())?;
    let (runtime, reader) = runtime::confirm(&known, &cache, &Limits::default())
        .map_err(|rejection| rejection.into_error(&process).to_string())?;
    let frame = probe(&runtime, &reader)?;
    let names = Names::of_frame(&reader, &frame).map_err(|error| error.to_string())?;
    Ok(look(&reader, &names))
}

fn probe(runtime: &Runtime, reader: &Reader<'_>) -> Result<RawFrame, String> {
    let interpreters = reader.interpreters(runtime.addr);
    let main = interpreters.map_err(|error| error.to_string())?;
    let threads = main.iter().flat_map(|interpreter| &interpreter.threads);
    let mut frames = threads.flat_map(|thread| reader.thread_stack(thread.addr).frames);
    frames
        .find(|frame| &*frame.at.code.name == "probe")
        .ok_or_else(|| "no frame of `probe`".into())
}

fn same_answers(leg: &Leg) -> Outcome {
    let (mut target, path) = Target::program(leg, "expressions.py")?;
    let truth: Truth = truth::read(&path)?;
    let entries = &truth.entries;
    let answers = in_probe(target.pid(), |reader, names| {
        let answer = |entry: &Entry| {
            let bounds = Bounds {
                deadline: Some(Instant::now() + DEADLINE),
                ..Bounds::default()
            };
            answer(&entry.source, reader, names, &bounds)
        };
        entries.iter().map(answer).collect::<Vec<_>>()
    })?;
    let judged: Vec<_> = entries.iter().zip(&answers).collect();
    let mut mismatches = Vec::new();
    for (entry, answer) in &judged {
        if !entry.accepts(answer) {
            let (source, truth) = (&entry.source, entry.truth());
            mismatches.push(format!("{source}\n    ours:  {answer}\n    truth: {truth}"));
        }
    }
    println!("evaluate {:11} {}", leg.leg, totals(&judged));
    let Ok(pid) = i32::try_from(target.pid()) else {
        return Err("no such pid".into());
    };
    kill(Pid::from_raw(pid), Signal::SIGUSR1).map_err(|error| error.to_string())?;
    let calls = target.wait_line("CALLS")?;
    if calls != "CALLS 0" {
        mismatches.push(format!("code of the program ran: {calls}"));
    }
    none(&mismatches)?;
    let of_kind = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
    let counts = KINDS.map(|(kind, _)| of_kind(kind));
    let enough = counts
        .iter()
        .zip(MIN_EXPRESSIONS)
        .all(|(count, least)| *count >= least);
    ensure(enough, || format!("only {counts:?} expressions"))
}

/// `equal 330/330, refused 200/200, either 100/100 (90 answered)`
fn totals(judged: &[(&Entry, &Answer)]) -> String {
    let of_kind = |(kind, name): (Kind, &str)| {
        let all: Vec<_> = judged
            .iter()
            .filter(|(entry, _)| entry.kind == kind)
            .collect();
        let right = all.iter().filter(|(entry, answer)| entry.accepts(answer));
        format!("{name} {}/{}", right.count(), all.len())
    };
    let answered = judged.iter().filter(|(entry, answer)| {
        entry.kind == Kind::Either && !matches!(answer, Answer::Refused(_) | Answer::Failed(_))
    });
    let shown = KINDS.map(of_kind).join(", ");
    format!("{shown} ({} answered)", answered.count())
}
