//! Timers that will end the wait of a task.

use rustc_hash::FxHashMap;

use super::held::Held;
use crate::asyncio::Timers;
use crate::cpython::Reader;
use crate::model::{GuardKind, ItemId};
use crate::snapshot::tasks::BuiltTask;

/// Largest difference in seconds between two deadlines of the same timeout.
const SAME_DEADLINE_S: f64 = 0.01;
/// Attributes by which a timeout refers to its task or tasks
/// (Lib/asyncio/timeouts.py, async_timeout, anyio).
const GUARDED_TASKS: [&str; 2] = ["_task", "_tasks"];

/// Attribute of `aiohttp.helpers.TimeoutHandle` with what it calls when it is due.
const CALLBACKS: &str = "_callbacks";

/// Writes the guards of `held` and `timers` into `tasks`, the earliest first.
pub(super) fn add(reader: &Reader<'_>, held: &mut Held, timers: &Timers, tasks: &mut [BuiltTask]) {
    add_timers(reader, held, timers, tasks);
    if held.guards.is_empty() {
        return;
    }
    for built in tasks {
        if let Some(mut guards) = held.guards.remove(&built.task.id) {
            guards.sort_by(|a, b| a.remaining_s.total_cmp(&b.remaining_s));
            built.task_mut().guards = guards.into();
        }
    }
}

/// Adds timers whose callback belongs to a timeout that refers to its task.
fn add_timers(reader: &Reader<'_>, held: &mut Held, timers: &Timers, tasks: &[BuiltTask]) {
    if timers.guards.is_empty() {
        return;
    }
    let ids: FxHashMap<u64, ItemId> = tasks
        .iter()
        .map(|built| (built.addr, built.task.id))
        .collect();
    for (object, (left, name)) in &timers.guards {
        for id in guarded(reader, *object)
            .iter()
            .filter_map(|addr| ids.get(addr))
        {
            let known = held.guards.get(id).into_iter().flatten();
            let is_known = known
                .into_iter()
                .any(|guard| (guard.remaining_s - left).abs() < SAME_DEADLINE_S);
            if !is_known {
                let kind = match name.contains("wait") {
                    true => GuardKind::WaitFor,
                    false => GuardKind::Timeout,
                };
                held.add_guard(*id, kind, *left);
            }
        }
    }
}

/// Addresses of the object of a timer and of the tasks to which it refers.
fn guarded(reader: &Reader<'_>, object: u64) -> Vec<u64> {
    let mut guarded = vec![object];
    for attribute in GUARDED_TASKS {
        if let Ok(Some(value)) = reader.attribute_object(object, attribute) {
            guarded.push(value);
            guarded.extend(reader.parts(value).into_iter().map(|(_, part)| part));
        }
    }
    // A handle of aiohttp calls the methods of its timeouts: `(method, args, kwargs)`.
    if let Ok(Some(callbacks)) = reader.attribute_object(object, CALLBACKS) {
        for (_, entry) in reader.parts(callbacks) {
            let called = reader.parts(entry).into_iter().map(|(_, part)| part);
            let bound = called.flat_map(|part| reader.bound_objects(part));
            for timeout in bound {
                if let Ok(Some(tasks)) = reader.attribute_object(timeout, GUARDED_TASKS[1]) {
                    guarded.extend(reader.parts(tasks).into_iter().map(|(_, task)| task));
                }
            }
        }
    }
    guarded
}
