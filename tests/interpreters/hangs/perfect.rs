//! Checks the scorer and the expected files against each other: the answer that a
//! file asks for gets full marks, an empty answer gets none, and a group in which
//! nothing was judged does not reach its threshold.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answer::texts;
use super::expect::{self, Expect, Truth};
use super::ours::Snapshot;
use super::score::{Count, Score};
use crate::support::legs::Leg;
use crate::support::{Outcome, ensure, none};

const VERSIONS: [&str; 2] = ["3.11", "3.13"];

pub fn scorer() -> Outcome {
    let mut wrong = thresholds_can_fail();
    for expect in expect::programs()? {
        for version in VERSIONS {
            let leg = json!({"leg": version, "version": format!("{version}.0")});
            let leg: Leg = serde_json::from_value(leg).map_err(|error| error.to_string())?;
            if let Err(why) = of_program(&expect, &leg) {
                wrong.push(format!("{} on {version}: {why}", expect.name()));
            }
        }
    }
    none(&wrong)
}

/// What a threshold wrongly accepts or refuses.
fn thresholds_can_fail() -> Vec<String> {
    let cases = [
        (Count { right: 0, of: 0 }, 0.0, false),
        (Count { right: 94, of: 100 }, 95.0, false),
        (Count { right: 95, of: 100 }, 95.0, true),
    ];
    let wrong = cases
        .iter()
        .filter(|(count, least, is_enough)| count.below("a group", *least).is_none() != *is_enough);
    wrong
        .map(|(count, least, _)| format!("{count} against {least} % is judged wrongly"))
        .collect()
}

fn of_program(expect: &Expect, leg: &Leg) -> Outcome {
    let truth = expect.truth(leg);
    let score = |snapshot: Value| -> Result<Score, String> {
        let snapshot: Snapshot =
            serde_json::from_value(snapshot).map_err(|error| error.to_string())?;
        Ok(Score::of(expect, truth.as_ref(), &snapshot))
    };
    none(&score(perfect(expect, truth.as_ref()))?.misses)?;
    let empty = score(json!({"processes": []}))?;
    let marks = [empty.chains, empty.recall, empty.diagnosis, empty.healthy];
    ensure(marks.iter().all(|count| count.right == 0), || {
        format!("no answer has marks: {empty:?}")
    })
}

/// The processes as a perfect tool shows them.
fn perfect(expect: &Expect, truth: Option<&Truth>) -> Value {
    let processes = truth.map_or(1, |truth| truth.processes);
    let processes: Vec<_> = (0..processes)
        .map(|number| process(expect, truth, number))
        .collect();
    json!({ "processes": processes })
}

fn process(expect: &Expect, truth: Option<&Truth>, number: usize) -> Value {
    let mut ids = BTreeMap::new();
    let mut tasks = Vec::new();
    for task in truth.into_iter().flat_map(|truth| &truth.tasks) {
        let of_child = task.label.strip_prefix("child:");
        if of_child.is_some() == (number > 0) {
            let id = format!("task:{}", tasks.len());
            tasks.push(self::task(&id, of_child.unwrap_or(&task.label), task));
            ids.entry(task.label.clone()).or_insert(id);
        }
    }
    let edges = truth.map(Truth::edges).unwrap_or_default();
    let edges = edges.iter().filter_map(|edge| {
        let (from, to) = (ids.get(&edge.from)?, ids.get(&edge.to)?);
        Some(json!({"from": from, "to": to, "via": "await"}))
    });
    let expected = expect.diagnosis.first();
    let child = expected.and_then(|map| map.get("process")) == Some(&json!("child"));
    let expected = expected.filter(|_| child == (number > 0));
    let threads = expected.map(|map| texts(map, "threads"));
    let threads = threads.into_iter().flatten();
    let threads = threads.map(|name| json!({"id": format!("thread:{name}"), "name": name}));
    let diagnoses = expected.map(|map| diagnosis(expect, map, truth, &ids));
    json!({
        "tasks": tasks,
        "edges": edges.collect::<Vec<_>>(),
        "threads": threads.collect::<Vec<_>>(),
        "verdict": {"state": "waiting", "summary": ""},
        "diagnoses": diagnoses.into_iter().collect::<Vec<_>>(),
    })
}

fn task(id: &str, name: &str, task: &expect::Task) -> Value {
    let frames = task.chain.iter().rev().map(|frame| {
        let file = match &frame.library {
            Some(_) => "/usr/lib/python3/library.py".into(),
            None => expect::directory().join("program.py"),
        };
        json!({
            "function": frame.function,
            "qualname": frame.library.as_ref().unwrap_or(&frame.function),
            "file": file,
            "line": frame.line,
            "kind": "function",
            "library": frame.library.is_some(),
        })
    });
    json!({
        "id": id,
        "name": name,
        "name_is_default": false,
        "coroutine": name,
        "state": "waiting",
        "frames": frames.collect::<Vec<_>>(),
        "waits_for": task.waits.first().map(|kind| json!({"kind": kind})),
    })
}

fn diagnosis(
    expect: &Expect,
    map: &Map<String, Value>,
    truth: Option<&Truth>,
    ids: &BTreeMap<String, String>,
) -> Value {
    let names = ["tasks", "task", "waiters"];
    let names = names.iter().flat_map(|key| texts(map, key));
    let labels = names.filter_map(|name| Some(truth?.label_of(name)));
    let tasks = labels.filter_map(|label| {
        let of_child = format!("child:{label}");
        ids.get(&label).or_else(|| ids.get(&of_child))
    });
    let threads = texts(map, "threads").into_iter();
    let culprit = expect.culprit.as_ref();
    json!({
        "kind": map.get("kind"),
        "how": map.get("how"),
        "tasks": tasks.collect::<Vec<_>>(),
        "threads": threads.map(|name| format!("thread:{name}")).collect::<Vec<_>>(),
        "summary": "",
        "culprit": culprit.map(|right| json!({"file": right.file, "line": right.line})),
    })
}
