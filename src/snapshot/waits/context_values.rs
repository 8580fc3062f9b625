//! The values of context variables in all contexts in which code of the process still runs: those
//! of its tasks, threads and callbacks.

use super::frame_owners::Owners;
use crate::asyncio::LoopHandles;
use crate::cpython::error::Result;
use crate::cpython::{ContextValues, Reader};
use crate::model::{Framework, TaskState};
use crate::snapshot::tasks::BuiltTask;

/// Attributes with the context of a handle or task that a class in Python has
/// (Lib/asyncio/events.py, Lib/asyncio/tasks.py, trio/_core/_run.py).
const ATTRIBUTES: [&str; 2] = ["_context", "context"];

/// The values in all contexts. `None` if not all could be read, or if greenlets run, whose
/// contexts are their own.
pub(super) fn read(
    reader: &Reader<'_>,
    owners: &Owners<'_>,
    handles: &[(u64, LoopHandles)],
) -> Option<ContextValues> {
    let live = owners
        .tasks
        .iter()
        .filter(|built| built.task.state != TaskState::Done);
    if live
        .clone()
        .any(|built| built.task.framework == Framework::Greenlet)
    {
        return None;
    }
    let mut values = ContextValues::default();
    let mut add = |context: Option<u64>| match context {
        Some(context) => values.add(reader, context),
        None => Ok(()),
    };
    reader.prefetch_fields(
        live.clone().map(|built| built.addr),
        reader.layout.task.context,
    );
    let contexts = live.map(|built| context_of_task(reader, built));
    let of_tasks: Vec<Option<u64>> = contexts.collect::<Result<_>>().ok()?;
    let found = of_tasks.iter().flatten().copied();
    reader.prefetch_fields(found, reader.layout.context.vars);
    for context in of_tasks {
        add(context).ok()?;
    }
    for built in owners.threads {
        let at = reader.layout.thread.context.at(built.tstate);
        add(reader.pointer(at, "context of a thread").ok()?).ok()?;
    }
    for (_, handles) in handles {
        let scheduled = handles.ready.iter().chain(&handles.timers);
        for handle in scheduled.chain(&handles.signals) {
            add(context_attribute(reader, handle.addr).ok()?).ok()?;
        }
    }
    Some(values)
}

fn context_of_task(reader: &Reader<'_>, built: &BuiltTask) -> Result<Option<u64>> {
    match reader.type_of(built.addr)?.is_native_future() {
        true => reader.pointer(
            reader.layout.task.context.at(built.addr),
            "context of a task",
        ),
        false => context_attribute(reader, built.addr),
    }
}

fn context_attribute(reader: &Reader<'_>, addr: u64) -> Result<Option<u64>> {
    for name in ATTRIBUTES {
        if let Some(context) = reader.attribute_object(addr, name)? {
            return Ok(Some(context));
        }
    }
    Ok(None)
}
