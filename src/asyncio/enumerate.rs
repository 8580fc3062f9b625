//! Finding every task: weak sets to 3.13, linked lists from 3.14, and the
//! collector's lists for finished tasks that nothing else names.

use python_offsets::TaskListForm;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::cpython::error::{DecodeError, Result};
use crate::cpython::{GeneratorStage, Interpreter, Kind, Reader};

use super::future::FutureState;

/// Module that holds the sets of tasks.
const TASKS_MODULE: &str = "asyncio.tasks";
/// C module whose state holds tasks of foreign types from 3.14.
const C_MODULE: &str = "_asyncio";

/// The tasks of one interpreter and what could not be searched.
#[derive(Debug, Default)]
pub struct FoundTasks {
    pub tasks: Vec<u64>,
    pub asyncio_imported: bool,
    pub errors: Vec<String>,
    seen: FxHashSet<u64>,
}

impl FoundTasks {
    fn add(&mut self, reader: &Reader<'_>, task: u64) -> Result<()> {
        if self.tasks.len() >= reader.limits.tasks {
            return Err(DecodeError::Limit {
                what: "number of tasks",
                value: self.tasks.len() as u64,
                limit: reader.limits.tasks as u64,
            });
        }
        if self.seen.insert(task) {
            self.tasks.push(task);
        }
        Ok(())
    }

    fn note(&mut self, what: &str, outcome: Result<()>) {
        if let Err(error) = outcome {
            self.errors.push(format!("{what}: {error}"));
        }
    }
}

/// All tasks of `interpreter`; `finished` are addresses where finished tasks
/// have been seen, as `seen` finds them.
pub fn find_tasks(
    reader: &Reader<'_>,
    interpreter: &Interpreter,
    finished: &[u64],
    seen: Seen,
) -> FoundTasks {
    let mut found = FoundTasks::default();
    match tasks_module(reader, interpreter.addr) {
        Ok(module) => {
            found.asyncio_imported = module.is_some();
            if let Some(dict) = module {
                let outcome = tasks_in_module_sets(reader, dict, &mut found);
                found.note("the task sets of asyncio.tasks", outcome);
            }
        }
        Err(error) => found.errors.push(format!("sys.modules: {error}")),
    }
    if reader.layout.format.task_list == TaskListForm::Linked {
        let outcome = tasks_in_lists(reader, interpreter, &mut found);
        found.note("the task lists", outcome);
        if found.asyncio_imported {
            let outcome = foreign_tasks(reader, interpreter.addr, &mut found);
            found.note("tasks of foreign types", outcome);
        }
    }
    for task in finished {
        if found.seen.contains(task) {
            continue;
        }
        let is_over = !matches!(reader.future_state(*task), Ok(FutureState::Pending));
        // One that has been freed since keeps its type, but no loop.
        let lives = |task| {
            (seen == Seen::InLists || reader.is_tracked(task))
                && reader
                    .task(task)
                    .is_ok_and(|raw| raw.future.event_loop.is_some())
        };
        if is_over && reader.is_kind(*task, Kind::Task) && lives(*task) {
            let outcome = found.add(reader, *task);
            found.note("finished tasks", outcome);
        }
    }
    found
}

/// Whether `asyncio` has been imported in the interpreter at `interp`.
pub fn asyncio_is_imported(reader: &Reader<'_>, interp: u64) -> bool {
    matches!(tasks_module(reader, interp), Ok(Some(_)))
}

fn tasks_module(reader: &Reader<'_>, interp: u64) -> Result<Option<u64>> {
    let Some(modules) = reader.sys_modules(interp)? else {
        return Ok(None);
    };
    match reader.dict_get(modules, TASKS_MODULE)? {
        Some(module) if reader.is_kind(module, Kind::Module) => {
            Ok(Some(reader.module_dict(module)?))
        }
        _ => Ok(None),
    }
}

fn tasks_in_module_sets(reader: &Reader<'_>, dict: u64, found: &mut FoundTasks) -> Result<()> {
    for name in &reader.layout.format.task_sets {
        if let Some(set) = reader.dict_get(dict, name)? {
            tasks_in_set(reader, set, found)?;
        }
    }
    Ok(())
}

/// Tasks of a `WeakSet` or a `set`.
fn tasks_in_set(reader: &Reader<'_>, set: u64, found: &mut FoundTasks) -> Result<()> {
    let elements = match reader.type_of(set)?.kind {
        Kind::Set => set,
        _ => match reader.attribute(set, "data")? {
            Some(data) => data,
            None => {
                return Err(DecodeError::Null {
                    what: "WeakSet.data",
                });
            }
        },
    };
    let (items, _) = reader.set_items(elements, reader.limits.items)?;
    let word = u64::from(reader.layout.weakref.wr_object);
    reader.prefetch(items.iter().map(|item| (*item, word as usize + 8)));
    for item in items {
        let target = match reader.type_of(item)?.kind {
            Kind::Weakref => reader.weakref_target(item)?,
            _ => Some(item),
        };
        if let Some(task) = target {
            found.add(reader, task)?;
        }
    }
    Ok(())
}

/// Native tasks from 3.14: a list in each thread state, and one in the
/// interpreter for threads that have ended.
fn tasks_in_lists(
    reader: &Reader<'_>,
    interpreter: &Interpreter,
    found: &mut FoundTasks,
) -> Result<()> {
    let missing = DecodeError::NotInLayout {
        what: "the lists of tasks",
    };
    let (Some(in_thread), Some(in_interp)) = (
        reader.layout.thread.asyncio_tasks_head,
        reader.layout.interp.asyncio_tasks_head,
    ) else {
        // Neither is known before the module that publishes them is loaded.
        return if found.asyncio_imported {
            Err(missing)
        } else {
            Ok(())
        };
    };
    let mut outcome = Ok(());
    let heads = interpreter
        .threads
        .iter()
        .map(|thread| thread.addr + u64::from(in_thread))
        .chain([interpreter.addr + u64::from(in_interp)]);
    for head in heads {
        // One torn list must not hide the others.
        outcome = outcome.and(tasks_in_list(reader, head, found));
    }
    outcome
}

fn tasks_in_list(reader: &Reader<'_>, head: u64, found: &mut FoundTasks) -> Result<()> {
    let missing = DecodeError::NotInLayout { what: "task_node" };
    let offset = u64::from(reader.layout.task.node.ok_or(missing)?);
    let mut previous = head;
    let mut node = reader.u64(head)?;
    while node != head && node != 0 {
        let (next, back) = (reader.u64(node)?, reader.u64(node + 8)?);
        if back != previous {
            return Err(DecodeError::Corrupt {
                what: "list of tasks",
                addr: node,
            });
        }
        let before = found.tasks.len();
        found.add(reader, node.wrapping_sub(offset))?;
        // Walking in circles finds nothing new.
        if found.tasks.len() == before {
            return Err(DecodeError::Corrupt {
                what: "list of tasks",
                addr: node,
            });
        }
        (previous, node) = (node, next);
    }
    Ok(())
}

/// From 3.14: what `asyncio._register_task` was given.
fn foreign_tasks(reader: &Reader<'_>, interp: u64, found: &mut FoundTasks) -> Result<()> {
    let state_layout = &reader.layout.asyncio_state;
    let (Some(tasks), Some(eager)) = (
        state_layout.non_asyncio_tasks,
        state_layout.non_asyncio_eager_tasks,
    ) else {
        return Ok(());
    };
    let Some(modules) = reader.sys_modules(interp)? else {
        return Ok(());
    };
    let Some(module) = reader.dict_get(modules, C_MODULE)? else {
        return Ok(());
    };
    reader.expect_kind(module, Kind::Module, "module _asyncio")?;
    let at = module + u64::from(reader.layout.module.md_state);
    let Some(state) = reader.pointer(at, "md_state")? else {
        return Ok(());
    };
    for offset in [tasks, eager] {
        if let Some(set) = reader.pointer(state + u64::from(offset), "set of foreign tasks")? {
            tasks_in_set(reader, set, found)?;
        }
    }
    Ok(())
}

/// How objects were found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// In the collector's lists: they were objects then.
    #[default]
    InLists,
    /// Anywhere in memory, by the address of their type: they may be nothing.
    InMemory,
}

/// What a walk over the collector's objects finds.
#[derive(Debug, Default)]
pub struct Heap {
    /// Finished tasks.
    pub tasks: Vec<u64>,
    /// Coroutines that have not begun or are suspended, and suspended
    /// asynchronous generators.
    pub coroutines: Vec<u64>,
    /// Whether there are lists of all objects.
    pub walked: bool,
    pub error: Option<DecodeError>,
}

/// Finished tasks of `interpreter` that no set and no list of tasks names, and
/// coroutines that nothing has to run.
///
/// From 3.12 a task that ends in its eager first step was never in a weak set,
/// and from 3.14 every task leaves its list when it ends; while something
/// refers to it, it is among the collector's objects. Those are many: this is
/// for a memory of its own, while the process runs.
pub fn search_heap(reader: &Reader<'_>, runtime: u64, interpreter: &Interpreter) -> Heap {
    let mut heap = Heap::default();
    if !asyncio_is_imported(reader, interpreter.addr) {
        return heap;
    }
    let lists = match reader.collector_lists(runtime, interpreter.addr) {
        Ok(lists) => lists,
        // A documented limit: where tasks are in weak sets, only those are lost
        // that ended in their eager first step.
        Err(_) if reader.layout.format.task_list == TaskListForm::WeakSets => return heap,
        Err(error) => {
            heap.error = Some(error);
            return heap;
        }
    };
    heap.walked = true;
    let mut kinds: FxHashMap<u64, Kind> = FxHashMap::default();
    for list in lists {
        let walked = reader.visit_collector_list(list, |object, ty| {
            let kind = *kinds
                .entry(ty)
                .or_insert_with(|| reader.type_at(ty).map_or(Kind::Other, |ty| ty.kind));
            match kind {
                Kind::Task if !matches!(reader.future_state(object), Ok(FutureState::Pending)) => {
                    heap.tasks.push(object);
                }
                Kind::Coroutine | Kind::AsyncGenerator if reader.is_loose(object) => {
                    heap.coroutines.push(object);
                }
                _ => {}
            }
        });
        heap.error = heap.error.take().or(walked.err());
    }
    heap
}

impl Reader<'_> {
    /// Whether the object at `addr` is a coroutine that has not begun, or a
    /// coroutine or asynchronous generator that is suspended.
    pub fn is_loose(&self, addr: u64) -> bool {
        let Ok(ty) = self.type_of(addr) else {
            return false;
        };
        let stage = || self.generator(addr).map(|generator| generator.stage);
        match ty.exact {
            Kind::Coroutine => matches!(
                stage(),
                Ok(GeneratorStage::Created | GeneratorStage::Suspended)
            ),
            Kind::AsyncGenerator => matches!(stage(), Ok(GeneratorStage::Suspended)),
            _ => false,
        }
    }
}
