//! Who can end a wait inside of an object of a library: `await jobs.join()` of a queue that no
//! rule knows.
//!
//! What the methods of such an object do to its futures and conditions is not read. But where
//! nothing outside of the program's own code runs, only code that names the object can use it.

use rustc_hash::FxHashSet;

use super::program::Program;
use super::reach::Reach;
use super::wanted::{body_of, is_of_future, is_primitive, of_executors};
use super::{Enders, Search};
use crate::diagnosis::facts::Facts;
use crate::diagnosis::frames::{is_idle_worker, is_library_only};
use crate::diagnosis::source::{Place, Use, UseAt};
use crate::model::{
    EventLoop, Frame, IdMap, IdSet, ItemId, Referrer, Resource, TaskState, Thread, WaitKind,
};

/// Methods that only look at an object.
const LOOKS: [&str; 14] = [
    "qsize",
    "empty",
    "full",
    "locked",
    "is_set",
    "done",
    "cancelled",
    "closed",
    "is_alive",
    "keys",
    "values",
    "items",
    "statistics",
    "maxsize",
];
/// Methods that wait for another part of the program, and not for its end or for work from
/// outside.
const TRANSFERS: [&str; 8] = [
    "get", "put", "join", "acquire", "result", "send", "receive", "wait_for",
];

/// A wait inside of an object of a library.
pub(super) struct LibraryWait {
    /// The resource that is waited for.
    pub(super) id: ItemId,
    /// Names that code has for the object, and for the function that waits.
    names: FxHashSet<String>,
    /// Who reaches the resource through variables.
    reached_from: IdSet,
    /// Threads whose job wakes who waits, when it is done.
    woken_by: Vec<ItemId>,
}

/// The waits for all resources but `own`, whose enders are found by their methods. Empty where
/// more than the program's own code runs.
pub(super) fn waits(
    facts: &Facts<'_>,
    program: &Program,
    waiters: &IdMap<Vec<ItemId>>,
    own: &IdSet,
) -> Vec<LibraryWait> {
    if !is_closed(facts) {
        return Vec::new();
    }
    let resources = facts.process.resources.iter();
    let others = resources.filter(|resource| !own.contains(&resource.id));
    others
        .filter_map(|resource| {
            let waiters = waiters.get(&resource.id)?;
            LibraryWait::new(facts, program, resource, waiters)
        })
        .collect()
}

impl LibraryWait {
    /// The wait for the resource. `None` if it is not known by which line of the program it
    /// is waited for, or if somebody seems meant to wait there.
    fn new(
        facts: &Facts<'_>,
        program: &Program,
        resource: &Resource,
        waiters: &[ItemId],
    ) -> Option<Self> {
        if !resource.kind.needs_signal() || waiters.is_empty() {
            return None;
        }
        let mut names: FxHashSet<String> = FxHashSet::default();
        for waiter in waiters {
            let frames = facts.frames(facts.caller_of_wait(*waiter));
            let caller = frames.iter().find(|frame| !frame.library)?;
            let (body, line, module) = body_of(program, caller)?;
            let uses = body.uses_at(line, module);
            let is_main = facts.process.threads.first().map(|it| it.id) == Some(*waiter)
                || facts
                    .task(*waiter)
                    .is_some_and(|it| it.awaited_by.is_empty());
            if is_main && !uses.iter().any(|each| transfers(each)) {
                return None;
            }
            names.extend(uses.iter().flat_map(|each| names_in(each)));
        }
        let references = facts.referrers(resource.id).iter();
        let mut reached_from = IdSet::default();
        let mut woken_by = Vec::new();
        for reference in references {
            names.extend(object_name(program, &reference.path));
            if let Referrer::Item(id) = &reference.from {
                reached_from.insert(*id);
                let wakes = is_of_future(resource, &reference.path) && !waiters.contains(id);
                woken_by.extend(wakes.then_some(*id));
            }
        }
        names.remove("self");
        (!names.is_empty()).then_some(Self {
            id: resource.id,
            names,
            reached_from,
            woken_by,
        })
    }

    /// Who can end the wait. The program must be closed, see [`is_closed`].
    pub(super) fn enders(&self, search: &Search<'_>) -> Enders {
        if self.is_used(&search.signals) {
            return Enders::NotKnown;
        }
        let from_outside = self.is_used(&search.outside.all);
        let mut found: Vec<ItemId> = Vec::new();
        for group in &search.groups {
            let reach = &group.reach;
            let all =
                self.is_used(reach) || reach.is_unknown || reach.calls_unknown && from_outside;
            let reaching = || {
                let ids = group.ids.iter();
                ids.filter(|id| self.reached_from.contains(*id))
            };
            match all {
                true => found.extend(&group.ids),
                false if uses_locals(&search.program, reach) => found.extend(reaching()),
                // A library that called the program, or that it called, goes on after its wait.
                false => {
                    let in_library = |id: &&ItemId| is_in_library(search.facts.frames(**id));
                    found.extend(reaching().filter(in_library));
                }
            }
        }
        let loops = search.facts.process.loops.iter();
        let calling = loops.filter(|event_loop| event_loop.leads_to.contains(&self.id));
        found.extend(calling.map(|event_loop| event_loop.id));
        found.extend(&self.woken_by);
        Enders::These(found)
    }

    /// Whether code with this reach does more with the object than to look at it.
    fn is_used(&self, reach: &Reach) -> bool {
        let read = self.names.iter().filter(|name| reach.names.contains(*name));
        let mut read = read.peekable();
        read.peek().is_some()
            && read.any(|name| {
                let mut operations = reach.operations.iter().filter(|operation| {
                matches!(&operation.of, Place::Named(of) | Place::Local(of) if of == name)
            });
                let first = operations.next();
                let looks = |method: &str| LOOKS.contains(&method);
                first.is_none_or(|first| {
                    !looks(&first.method) || operations.any(|each| !looks(&each.method))
                })
            })
    }
}

/// Whether the code may use an object under a name of its own: it calls a method that no
/// class of the program has.
fn uses_locals(program: &Program, reach: &Reach) -> bool {
    reach.operations.iter().any(|operation| {
        let has_own_name = !matches!(operation.of, Place::Named(_));
        let method = operation.method.as_str();
        has_own_name
            && !LOOKS.contains(&method)
            && !program.is_attribute(method)
            && program.named(method).is_empty()
    })
}

/// Whether code of a library stands on a stack, other than what waits, and what runs threads,
/// tasks and jobs.
fn is_in_library(frames: &[Frame]) -> bool {
    frames.iter().any(|frame| frame.library && !runs(frame))
}

/// Whether the frame is one of those of the standard library that run threads, tasks and jobs,
/// or wait.
pub(super) fn runs(frame: &Frame) -> bool {
    is_file_of_runners(frame.file.as_deref().unwrap_or_default())
}

/// The same of a file.
pub(super) fn is_file_of_runners(file: &str) -> bool {
    const RUNNERS: [&str; 8] = [
        "/threading.py",
        "/queue.py",
        "/asyncio/",
        "/concurrent/futures/",
        "/multiprocessing/",
        "/runpy.py",
        "/selectors.py",
        "/contextlib.py",
    ];
    RUNNERS.iter().any(|runner| file.contains(runner))
}

/// Whether nothing but the program's own code can do something: no thread and no task of a
/// library, no file that a loop watches, no native thread that may call in.
fn is_closed(facts: &Facts<'_>) -> bool {
    let process = facts.process;
    let tasks = facts.live_tasks();
    let mut own_tasks = tasks.filter(|task| task.state != TaskState::Done);
    !process.foreign_threads
        && process.listening.is_empty()
        && process.children.is_empty()
        && process.threads.iter().all(is_own)
        && process.loops.iter().all(is_closed_loop)
        && own_tasks.all(|task| !is_library_only(&task.frames))
}

/// Whether the thread runs a loop, waits in a primitive, or runs the program's own code.
fn is_own(thread: &Thread) -> bool {
    let mut inner = thread.frames.iter().take_while(|frame| frame.library);
    is_idle_worker(thread)
        || thread.event_loop.is_some()
        || !is_library_only(&thread.frames)
            && (is_internal_wait(thread)
                || inner.all(|frame| is_primitive(frame) || of_executors(frame)))
}

/// Whether the thread waits for something inside of the process, so that the library which
/// waits calls nothing meanwhile.
fn is_internal_wait(thread: &Thread) -> bool {
    let wait = thread.waits_for.as_ref();
    wait.is_some_and(|wait| wait.kind.ends_inside() && wait.kind != WaitKind::Idle)
}

/// Whether everything that the loop may call was looked at, and no file wakes it.
fn is_closed_loop(event_loop: &EventLoop) -> bool {
    let mut files = event_loop.files.iter();
    event_loop.class_name.starts_with("asyncio.")
        && event_loop.callbacks_complete
        && files.all(|file| file.is_self_pipe())
}

/// Whether the use is a call that waits for another part of the program.
fn transfers(each: &UseAt) -> bool {
    matches!(&each.what, Use::Attribute { name, called: true, .. }
        if TRANSFERS.contains(&name.as_str()))
}

/// The names of what a use calls, and of the object whose method it calls.
fn names_in(each: &UseAt) -> Option<String> {
    match &each.what {
        Use::Attribute { of, called, .. } if *called => match of {
            Place::Named(name) | Place::Local(name) | Place::Called(name) | Place::Got(name) => {
                Some(name.clone())
            }
            Place::Other => None,
        },
        Use::Enters(
            Place::Named(name) | Place::Local(name) | Place::Called(name) | Place::Got(name),
        )
        | Use::Name { name, .. } => Some(name.clone()),
        _ => None,
    }
}

/// The name of the object of the library on a path: `jobs` of `self.jobs._finished._waiters`.
/// The program itself stores it, and what comes after is the library's.
fn object_name(program: &Program, path: &str) -> Option<String> {
    let parts = path.split(['.', '[', ']', '(', ')', '{', '}', '\'', '…', ' ']);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let stored = parts
        .iter()
        .skip(1)
        .rfind(|part| program.is_attribute(part));
    stored.or(parts.first()).map(|part| (*part).to_owned())
}
