//! The line that a maintainer would change.

use rustc_hash::FxHashMap;

use super::facts::Facts;
use super::frames::user_frame;
use super::source;
use super::wording::last_part;
use crate::model::{Acquisition, Coroutine, Culprit, Frame, ItemId, Resource, Task};

/// The culprit at a frame.
pub(super) fn at_frame(facts: &Facts<'_>, frame: &Frame) -> Option<Culprit> {
    at_line(facts, frame.file.as_deref()?, frame.line?, &frame.qualname)
}

/// The culprit at a line; its text stays empty where the source is not there.
pub(super) fn at_line(facts: &Facts<'_>, file: &str, line: u32, function: &str) -> Option<Culprit> {
    let module = facts.module(file);
    Some(Culprit {
        file: file.to_owned(),
        line,
        function: function.to_owned(),
        text: module.map_or_else(String::new, |module| module.line(line).to_owned()),
    })
}

/// The innermost user line of a task, thread or coroutine. For a thread with a method of a
/// library as its job it is that of the task that gave the job; for a task with the coroutine
/// of a library that of a task which awaits it.
pub(super) fn of(facts: &Facts<'_>, id: ItemId) -> Option<Culprit> {
    at_frame(facts, own_frame(facts, id)?)
}

fn own_frame<'f>(facts: &'f Facts<'_>, id: ItemId) -> Option<&'f Frame> {
    let of_caller = || user_frame(facts.frames(facts.caller_of_wait(id)));
    // A task with the coroutine of a library was made by whoever awaits it.
    let of_awaiter = || {
        let mut awaiters = facts.task(id)?.awaited_by.iter();
        awaiters.find_map(|awaiter| user_frame(facts.frames(*awaiter)))
    };
    user_frame(facts.frames(id))
        .or_else(of_caller)
        .or_else(of_awaiter)
}

/// The innermost user line of the first of `ids` that has one.
pub(super) fn of_first(
    facts: &Facts<'_>,
    ids: impl IntoIterator<Item = ItemId>,
) -> Option<Culprit> {
    ids.into_iter().find_map(|id| of(facts, id))
}

/// The line of a circle: where the first of `actors` stands in the function that has taken one of
/// `resources`, the call that waits while it is held; else its innermost user line.
pub(super) fn of_circle(
    facts: &Facts<'_>,
    actors: impl IntoIterator<Item = ItemId>,
    resources: &[ItemId],
) -> Option<Culprit> {
    let actors: Vec<ItemId> = actors.into_iter().collect();
    let holding = actors.iter().find_map(|actor| {
        let held = resources.iter().filter_map(|id| facts.resource(*id));
        let taken = held.flat_map(|resource| &resource.taken_at);
        let taken: Vec<&Acquisition> = taken.filter(|taken| taken.by == *actor).collect();
        let mut own = facts.frames(*actor).iter().filter(|frame| !frame.library);
        let mut inner: Option<&Frame> = None;
        own.find_map(|frame| {
            let took = |at: &&&Acquisition| at.function == frame.function && at.file == frame.file;
            let taken = taken.iter().find(took);
            let inside = inner.replace(frame);
            // A signal may come at any line.
            let interrupted = inside.is_some_and(|inner| handles_signal(facts, inner));
            let taken = taken.filter(|_| !interrupted)?;
            // What a library has taken in this call it holds while it calls back.
            match inside.filter(|_| taken.line == frame.line) {
                Some(inner) => Some(inner),
                None => Some(frame),
            }
        })
    });
    match holding {
        Some(frame) => at_frame(facts, frame),
        None => of_first(facts, actors),
    }
}

/// Whether the function of the frame handles a signal.
fn handles_signal(facts: &Facts<'_>, frame: &Frame) -> bool {
    let module = frame.file.as_deref().and_then(|file| facts.module(file));
    module.is_some_and(|module| source::is_signal_handler(&module, &frame.function))
}

/// The innermost user line that most of `ids` stand at.
pub(super) fn of_most(facts: &Facts<'_>, ids: impl IntoIterator<Item = ItemId>) -> Option<Culprit> {
    let mut counts: FxHashMap<(&str, u32), usize> = FxHashMap::default();
    let mut best: Option<(usize, &Frame)> = None;
    for id in ids {
        let Some(frame) = own_frame(facts, id) else {
            continue;
        };
        let (Some(file), Some(line)) = (frame.file.as_deref(), frame.line) else {
            continue;
        };
        let count = counts.entry((file, line)).or_default();
        *count += 1;
        if best.is_none_or(|(most, _)| *count > most) {
            best = Some((*count, frame));
        }
    }
    at_frame(facts, best?.1)
}

/// The line at which a failed task died, for a task that has the resource.
pub(super) fn of_failed(facts: &Facts<'_>, tasks: &[&Task]) -> Option<Culprit> {
    tasks.iter().find_map(|task| {
        let frames = task.exception.as_ref().map(|exception| &*exception.frames);
        at_frame(facts, user_frame(frames.unwrap_or(&task.frames))?)
    })
}

/// Tasks that run the body of an `async for` over that generator.
pub(super) fn consumers<'a>(facts: &Facts<'a>, generator: &Coroutine) -> Vec<ItemId> {
    let name = last_part(&generator.qualname);
    let mut known: FxHashMap<(&str, u32), bool> = FxHashMap::default();
    let mut consumes = |frame: &'a Frame| {
        let (Some(file), Some(line)) = (frame.file.as_deref(), frame.line) else {
            return false;
        };
        *known.entry((file, line)).or_insert_with(|| {
            facts
                .module(file)
                .is_some_and(|module| source::consumed_in_async_for(&module, line, name))
        })
    };
    facts
        .live_tasks()
        .filter(|task| {
            let mut user = task.frames.iter().filter(|frame| !frame.library);
            user.any(&mut consumes)
        })
        .map(|task| task.id)
        .collect()
}

/// The innermost loop around the line where one function keeps running.
pub(super) fn of_spinning(facts: &Facts<'_>, frame: &Frame) -> Option<Culprit> {
    let (file, line) = (frame.file.as_deref()?, frame.line?);
    let header = facts
        .module(file)
        .and_then(|module| source::enclosing_loop(&module, line));
    at_line(facts, file, header.unwrap_or(line), &frame.qualname)
}

/// The clause that swallows a cancellation of the task, innermost first.
pub(super) fn of_swallowed(facts: &Facts<'_>, task: &Task) -> Option<Culprit> {
    task.frames.iter().find_map(|frame| {
        let (file, line) = (frame.file.as_deref()?, frame.line?);
        if frame.library {
            return None;
        }
        let module = facts.module(file)?;
        let handler = source::swallowing_handler(&module, line)?;
        at_line(facts, file, handler, &frame.qualname)
    })
}

/// The `async for` that was left; where the source shows none, the `yield` at
/// which the generator stands.
pub(super) fn of_generator(facts: &Facts<'_>, generator: &Coroutine) -> Option<Culprit> {
    let name = last_part(&generator.qualname);
    let own = user_frame(&generator.frames);
    let files = own
        .and_then(|frame| frame.file.as_deref())
        .into_iter()
        .chain(user_files(facts));
    let left = files.into_iter().find_map(|file| {
        let module = facts.module(file)?;
        let line = source::async_for_over(&module, name)?;
        let function = module.function_at(line);
        let function = function.map_or("<module>", |function| function.name.as_str());
        at_line(facts, file, line, function)
    });
    left.or_else(|| {
        let frame = own?;
        let (file, line) = (frame.file.as_deref()?, frame.line?);
        let stands = facts
            .module(file)
            .and_then(|module| source::yield_line(&module, line));
        at_line(facts, file, stands.unwrap_or(line), &frame.qualname)
    })
}

/// The line that stores a coroutine instead of awaiting it; where the source
/// shows none, the line that creates it.
pub(super) fn of_never_awaited(facts: &Facts<'_>, coroutine: &Coroutine) -> Option<Culprit> {
    let created_by = last_part(&coroutine.qualname);
    let owner = coroutine
        .referenced_by
        .as_deref()
        .and_then(|path| path.split_once('.'))
        .map(|(owner, _)| owner);
    let own = coroutine.frames.iter().rev();
    let own = own.filter_map(|frame| frame.file.as_deref());
    let files: Vec<&str> = own.chain(user_files(facts)).collect();
    let kept = coroutine.referenced_as.as_deref().and_then(|kept_as| {
        files.iter().find_map(|file| {
            let module = facts.module(file)?;
            let line = source::coroutine_store(&module, owner, kept_as, created_by)?;
            Some((*file, line))
        })
    });
    let created = || {
        files.iter().find_map(|file| {
            let module = facts.module(file)?;
            let creating = module.statements().into_iter();
            let stmt = creating
                .filter(|stmt| source::creates(stmt, created_by) > 0)
                .max_by_key(|stmt| source::creates(stmt, created_by))?;
            Some((*file, module.line_of(stmt)))
        })
    };
    let (file, line) = kept.or_else(created)?;
    let module = facts.module(file)?;
    let function = module.function_at(line);
    let function = function.map_or("<module>", |function| function.name.as_str());
    at_line(facts, file, line, function)
}

/// The line that acquires a leaked lock: that of a waiter, or another line where
/// the waiter's cannot leak and the source shows one that can.
pub(super) fn of_leak(
    facts: &Facts<'_>,
    resource: &Resource,
    waiters: &[ItemId],
) -> Option<Culprit> {
    let waiting = of_most(facts, waiters.iter().copied());
    let safe = waiting
        .as_ref()
        .is_some_and(|culprit| culprit.text.contains("with "));
    if !safe {
        return waiting;
    }
    let name = last_part(resource.name.as_deref().unwrap_or_default());
    let other = user_files(facts).into_iter().find_map(|file| {
        let module = facts.module(file)?;
        let line = source::unguarded_acquire(&module, name)?;
        let function = module.function_at(line)?;
        at_line(facts, file, line, function.name.as_str())
    });
    other.or(waiting)
}

/// The line that stored a connection of a pool, by the paths of its holders.
pub(super) fn of_kept_connection(facts: &Facts<'_>, resource: &Resource) -> Option<Culprit> {
    facts.referrers(resource.id).iter().find_map(|reference| {
        let container = container_of(&reference.path)?;
        let frames = facts.frames(reference.from.item()?);
        frames
            .iter()
            .filter(|frame| !frame.library)
            .find_map(|frame| store_near(facts, frame, container))
    })
}

/// `keep` of `keep[0].connection`; `None` for a plain variable.
fn container_of(path: &str) -> Option<&str> {
    let (container, _) = path.split_once('[')?;
    Some(last_part(container))
}

/// A store into the container in the frame's function, or in one of the same
/// file that gets the container under the same name.
fn store_near(facts: &Facts<'_>, frame: &Frame, container: &str) -> Option<Culprit> {
    let file = frame.file.as_deref()?;
    let module = facts.module(file)?;
    let own = module.function_at(frame.line?)?;
    if let Some(line) = source::container_store(&module, own, container) {
        return at_line(facts, file, line, &frame.qualname);
    }
    let called = source::called_functions(own);
    called.into_iter().find_map(|name| {
        module.functions(name).into_iter().find_map(|function| {
            let line = source::container_store(&module, function, container)?;
            at_line(facts, file, line, function.name.as_str())
        })
    })
}

/// The exit of the function that does not put back what it takes at the waiters'
/// line.
pub(super) fn of_drained_queue(facts: &Facts<'_>, waiters: &[ItemId]) -> Option<Culprit> {
    let get = of_most(facts, waiters.iter().copied())?;
    let exit = facts
        .module(&get.file)
        .and_then(|module| source::exit_without_put(&module, get.line));
    match exit {
        Some(line) => at_line(facts, &get.file, line, &get.function),
        None => Some(get),
    }
}

/// Whether a task or thread takes from a queue into which its own function or
/// class puts back.
pub(super) fn takes_from_pool(facts: &Facts<'_>, id: ItemId) -> bool {
    user_frame(facts.frames(id)).is_some_and(|frame| {
        let module = frame.file.as_deref().and_then(|file| facts.module(file));
        match (module, frame.line) {
            (Some(module), Some(line)) => source::puts_back(&module, line),
            _ => false,
        }
    })
}

/// Files of the user's code that some task or thread is in.
pub(super) fn user_files<'a>(facts: &Facts<'a>) -> Vec<&'a str> {
    let process = facts.process;
    let of_tasks = process.task_stacks().map(|(frames, _)| frames);
    let frames = process.thread_stacks().chain(of_tasks).flatten();
    let mut files: Vec<&str> = Vec::new();
    for frame in frames.filter(|frame| !frame.library) {
        if let Some(file) = frame.file.as_deref()
            && !files.contains(&file)
        {
            files.push(file);
        }
    }
    files
}

/// Whether the source says that a task has taken `resource`, which it reaches
/// by `path`, and not given back yet.
pub(super) fn took(facts: &Facts<'_>, task: ItemId, resource: &Resource, path: &str) -> bool {
    let name = last_part(resource.name.as_deref().unwrap_or(path));
    // A name that several resources share says nothing about which one it is.
    let resources = facts.process.resources.iter();
    let namesakes = resources
        .filter(|other| other.kind == resource.kind)
        .filter(|other| last_part(other.name.as_deref().unwrap_or_default()) == name)
        .count();
    let is_it = |written: &str| written == path || (namesakes == 1 && last_part(written) == name);
    facts
        .frames(task)
        .iter()
        .filter(|frame| !frame.library)
        .any(|frame| {
            let module = frame.file.as_deref().and_then(|file| facts.module(file));
            match (module, frame.line) {
                (Some(module), Some(line)) => source::took_before(&module, line, is_it),
                _ => false,
            }
        })
}
