//! Finding every task: in weak sets to 3.13, in linked lists from 3.14, and in the
//! lists of the garbage collector for finished tasks that are in neither.

use python_offsets::TaskListForm;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use crate::cpython::error::{DecodeError, Result};
use crate::cpython::{GeneratorStage, Interpreter, Kind, Reader};

use super::future::FutureState;

/// Module with the sets of tasks.
const TASKS_MODULE: &str = "asyncio.tasks";
/// C module with the sets of tasks of other types from 3.14.
const C_MODULE: &str = "_asyncio";

/// The tasks of one interpreter.
#[derive(Debug, Default)]
pub struct FoundTasks {
    /// Addresses of the tasks, each once.
    pub tasks: Vec<u64>,
    /// Whether `asyncio.tasks` has been imported.
    pub asyncio_imported: bool,
    /// Why tasks may be missing. Empty if none are.
    pub errors: Vec<String>,
    known: FxHashSet<u64>,
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
        if self.known.insert(task) {
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

/// All tasks of `interpreter`. `finished` are addresses of possible finished tasks,
/// which were found as `origin` says.
pub fn find_tasks(
    reader: &Reader<'_>,
    interpreter: &Interpreter,
    finished: &[u64],
    origin: FoundIn,
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
        if found.known.contains(task) {
            continue;
        }
        let is_over = !matches!(reader.future_state(*task), Ok(FutureState::Pending));
        // A freed task still has its type, but no loop.
        let lives = |task| {
            (origin == FoundIn::InLists || reader.is_tracked(task))
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
    let is_weak = reader.type_of(set)?.kind != Kind::Set;
    let elements = if is_weak {
        let missing = DecodeError::Null {
            what: "WeakSet.data",
        };
        reader.attribute(set, "data")?.ok_or(missing)?
    } else {
        set
    };
    let (items, _) = reader.set_items(elements, reader.limits.items)?;
    reader.prefetch_fields(items.iter().copied(), reader.layout.weakref.wr_object);
    for item in items {
        let target = match reader.type_of(item)?.kind {
            Kind::Weakref => reader.weakref_target(item)?,
            // The set was copied before its elements. This reference was freed since,
            // and something else has its memory.
            _ if is_weak => None,
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
        // Both are unknown until the module that publishes them is loaded.
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
        .map(|thread| in_thread.at(thread.addr))
        .chain([in_interp.at(interpreter.addr)]);
    for head in heads {
        // An inconsistent list must not hide the others.
        outcome = outcome.and(tasks_in_list(reader, head, found));
    }
    outcome
}

fn tasks_in_list(reader: &Reader<'_>, head: u64, found: &mut FoundTasks) -> Result<()> {
    let missing = || DecodeError::NotInLayout { what: "task_node" };
    let offset = u64::from(reader.layout.task.node.ok_or_else(missing)?);
    let links = &reader.layout.linked_list;
    let (next_link, previous_link) = links.next.zip(links.prev).ok_or_else(missing)?;
    let mut previous = head;
    let mut node = reader.u64(next_link.at(head))?;
    while node != head && node != 0 {
        let next = reader.u64(next_link.at(node))?;
        let back = reader.u64(previous_link.at(node))?;
        if back != previous {
            return Err(DecodeError::Corrupt {
                what: "list of tasks",
                addr: node,
            });
        }
        let before = found.tasks.len();
        found.add(reader, node.wrapping_sub(offset))?;
        // A cycle in the list yields no new task.
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

/// From 3.14: the tasks that were passed to `asyncio._register_task`.
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
    let at = reader.layout.module.md_state.at(module);
    let Some(state) = reader.pointer(at, "md_state")? else {
        return Ok(());
    };
    for offset in [tasks, eager] {
        if let Some(set) = reader.pointer(offset.at(state), "set of foreign tasks")? {
            tasks_in_set(reader, set, found)?;
        }
    }
    Ok(())
}

/// How the address of a possible object was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundIn {
    /// In the collector's lists: it was an object at that time.
    #[default]
    InLists,
    /// Anywhere in memory, by the address of its type: it may be no object.
    InMemory,
}

/// Objects that a search of the whole heap finds.
#[derive(Debug, Default)]
pub struct Heap {
    /// Addresses of finished tasks.
    pub tasks: Vec<u64>,
    /// Addresses of coroutines that have not started or are suspended, and of suspended
    /// asynchronous generators.
    pub coroutines: Vec<u64>,
    /// Addresses of greenlets, and of objects that were freed.
    pub greenlets: Vec<u64>,
    /// Addresses of what greenlets of gevent may wait in, and of objects that were freed.
    pub waited_in: Vec<u64>,
    /// Whether the whole heap was searched.
    pub walked: bool,
    /// Why objects may be missing. `None` if none are.
    pub error: Option<DecodeError>,
}

/// Finished tasks of `interpreter` that are in no set and no list of tasks, and
/// coroutines that no task runs.
///
/// From 3.12 a task that ends in its eager first step was never in a weak set, and
/// from 3.14 every task leaves its list when it ends. While it is referenced it is
/// among the collector's objects. Those are many, so this is called while the process
/// runs, with a memory that is read only for this.
pub fn search_heap(reader: &Reader<'_>, runtime: u64, interpreter: &Interpreter) -> Heap {
    let mut heap = Heap::default();
    let greenlets = reader.greenlet_types(interpreter.addr);
    let has_asyncio = asyncio_is_imported(reader, interpreter.addr);
    if !has_asyncio && greenlets.greenlets.is_empty() {
        return heap;
    }
    let lists = match reader.collector_lists(runtime, interpreter.addr) {
        Ok(lists) => lists,
        // A documented limit: with weak sets, only tasks that ended in their eager
        // first step are missing.
        Err(_) if reader.layout.format.task_list == TaskListForm::WeakSets => return heap,
        Err(error) => {
            heap.error = Some(error);
            return heap;
        }
    };
    heap.walked = has_asyncio;
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
                Kind::Coroutine | Kind::AsyncGenerator if reader.is_idle_generator(object) => {
                    heap.coroutines.push(object);
                }
                _ if greenlets.greenlets.contains(&ty) => heap.greenlets.push(object),
                _ if greenlets.waited_in.contains(&ty) => heap.waited_in.push(object),
                _ => {}
            }
        });
        heap.error = heap.error.take().or(walked.err());
    }
    heap
}

impl Reader<'_> {
    /// Whether the object at `addr` is a coroutine that has not started, or a suspended
    /// coroutine or asynchronous generator.
    pub fn is_idle_generator(&self, addr: u64) -> bool {
        self.type_of(addr)
            .is_ok_and(|ty| self.is_idle_generator_of(addr, ty.exact))
    }

    /// The same of an object of exactly this kind.
    pub fn is_idle_generator_of(&self, addr: u64, exact: Kind) -> bool {
        let stage = || self.generator(addr).map(|generator| generator.stage);
        match exact {
            Kind::Coroutine => matches!(
                stage(),
                Ok(GeneratorStage::Created | GeneratorStage::Suspended)
            ),
            Kind::AsyncGenerator => matches!(stage(), Ok(GeneratorStage::Suspended)),
            _ => false,
        }
    }
}
