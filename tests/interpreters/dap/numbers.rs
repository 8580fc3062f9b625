//! Ten thousand tasks, and a client that asks for the stack of each.

use std::collections::BTreeSet;
use std::time::Instant;

use serde::Deserialize;
use serde_json::json;

use super::client::Client;
use crate::support::legs::Leg;
use crate::support::target::Target;
use crate::support::{Outcome, ensure, truth};

#[derive(Deserialize)]
struct Tasks {
    pairs: Vec<(String, String)>,
    sleeper_line: i64,
    waiter_line: i64,
}

/// Helix asks for every stack at every stop. The time is printed, not judged.
pub fn stack_of_each(leg: &Leg) -> Outcome {
    let (target, path) = Target::program(leg, "many_tasks.py")?;
    let truth: Tasks = truth::read(&path)?;
    let options = json!({ "maxTasks": 100_000, "pauseBudgetMs": 60_000 });
    let begun = Instant::now();
    let (mut client, _) = Client::looking_at(&target, &options)?;
    println!("dap {}: attached after {:.2?}", leg.leg, begun.elapsed());
    let begun = Instant::now();
    let tasks = client.tasks()?;
    println!(
        "dap {}: {} tasks listed in {:.2?}",
        leg.leg,
        tasks.len(),
        begun.elapsed()
    );
    ensure(tasks.len() == 2 * truth.pairs.len() + 1, || {
        format!("{} tasks", tasks.len())
    })?;
    let ids: BTreeSet<i64> = tasks.iter().map(|task| task.id).collect();
    ensure(ids.len() == tasks.len(), || "ids are not unique".into())?;
    let begun = Instant::now();
    let mut asked = Vec::with_capacity(tasks.len());
    for task in &tasks {
        asked.push((
            task,
            client.send("stackTrace", json!({ "threadId": task.id }))?,
        ));
    }
    let mut counts = [0; 3];
    for (task, seq) in asked {
        let response = client.response(seq)?;
        let frames = response["body"]["stackFrames"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let total = response["body"]["totalFrames"].as_u64();
        ensure(total == u64::try_from(frames.len()).ok(), || {
            response.to_string()
        })?;
        let last = frames.last().and_then(|frame| frame["line"].as_i64());
        let (place, line) = match &*task.name {
            name if name.starts_with("Task: sleeper (") => (0, truth.sleeper_line),
            name if name.starts_with("Task: waiter (") => (1, truth.waiter_line),
            _ => {
                counts[2] += 1;
                continue;
            }
        };
        counts[place] += 1;
        ensure(last == Some(line), || format!("{task:?}: {response}"))?;
        let labels = frames
            .iter()
            .filter(|frame| frame["presentationHint"] == "label")
            .count();
        ensure(labels == place, || format!("{task:?}: {response}"))?;
    }
    println!(
        "dap {}: {} stacks, each checked, in {:.2?}",
        leg.leg,
        tasks.len(),
        begun.elapsed()
    );
    let half = truth.pairs.len();
    ensure(counts == [half, half, 1], || format!("{counts:?}"))
}
