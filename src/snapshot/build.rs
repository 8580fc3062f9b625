//! One process of the model, from a reader that has been confirmed.

use python_offsets::TaskListForm;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::edges;
use super::frames::{FrameDetail, Frames};
use super::in_use::InUse;
use super::loops::Loops;
use super::task_order;
use super::tasks::{BuiltTask, Tasks, frame_places};
use super::threads::{BuiltThread, KernelThreads, Threads, merge_by_native_id};
use super::waits::{Search, WaitGraph, WaitInputs};
use crate::asyncio::{FoundTasks, Seen, asyncio_is_imported, find_tasks, scan_heap, search_heap};
use crate::cpython::{Interpreter, Reader, Runtime};
use crate::model::{Consistency, Frame, FrameKind, Process, PythonBuild, ReadInfo};
use crate::process;
use crate::process::{Descriptors, Error, Memory};
use crate::sampling::take::Scope;

/// What only a walk over all objects finds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Heap {
    /// Finished tasks that no set and no list of tasks names.
    finished: FxHashMap<u64, Vec<u64>>,
    /// Coroutines and asynchronous generators that do not run.
    coroutines: Vec<u64>,
    /// Whether all objects could be walked over.
    walked: bool,
    /// How they were found.
    #[serde(default)]
    seen: Seen,
    errors: Vec<String>,
}

impl Heap {
    /// Whether there are objects of interest and lists of all objects.
    pub fn is_searched(reader: &Reader<'_>, runtime: &Runtime) -> bool {
        let layout = &runtime.layout;
        let has_lists = !layout.gc.heads.is_empty() || !layout.format.collector_heads.is_empty();
        let interpreters = reader.interpreters(runtime.addr).unwrap_or_default();
        let mut imported = interpreters
            .iter()
            .map(|it| asyncio_is_imported(reader, it.addr));
        has_lists && runtime.tasks_refused.is_none() && imported.any(|imported| imported)
    }

    /// Looks for them in `ranges` of `memory`, which are all that the process has
    /// written. `None` where only the lists of all objects tell.
    pub fn scan(
        reader: &Reader<'_>,
        runtime: &Runtime,
        memory: &dyn Memory,
        ranges: &[(u64, usize)],
    ) -> Option<Self> {
        let interpreters = reader.interpreters(runtime.addr).ok()?;
        // Interpreters may share types: only their lists say whose an object is.
        let [interpreter] = &*interpreters else {
            return None;
        };
        let found = scan_heap(reader, runtime.addr, interpreter, memory, ranges)?;
        Some(Self {
            finished: FxHashMap::from_iter([(interpreter.addr, found.tasks)]),
            coroutines: found.coroutines,
            walked: found.walked,
            seen: Seen::InMemory,
            errors: Vec::new(),
        })
    }

    /// Looks for them among all objects of all interpreters.
    pub fn search(reader: &Reader<'_>, runtime: &Runtime) -> Self {
        let mut heap = Self::default();
        if runtime.tasks_refused.is_some() {
            return heap;
        }
        for interpreter in reader.interpreters(runtime.addr).unwrap_or_default() {
            let found = search_heap(reader, runtime.addr, &interpreter);
            heap.finished.insert(interpreter.addr, found.tasks);
            heap.coroutines.extend(found.coroutines);
            heap.walked |= found.walked;
            if let Some(error) = found.error {
                let lost = format!("finished tasks may be missing: {error}");
                heap.errors.push(lost);
            }
        }
        heap
    }

    /// Adds what another walk found.
    pub fn add(&mut self, other: Self) {
        for (interpreter, tasks) in other.finished {
            let known = self.finished.entry(interpreter).or_default();
            known.extend(tasks);
        }
        self.coroutines.extend(other.coroutines);
        self.walked |= other.walked;
        self.errors = other.errors;
    }

    /// Whether the walk came to its end.
    pub fn is_whole(&self) -> bool {
        self.errors.is_empty()
    }

    fn of(&self, interpreter: u64) -> &[u64] {
        self.finished.get(&interpreter).map_or(&[], Vec::as_slice)
    }

    /// Where coroutines were seen.
    pub fn seen_coroutines(&self) -> &[u64] {
        &self.coroutines
    }

    /// The coroutines that were seen and still are objects, but for those that
    /// are `in_use`.
    pub fn coroutines<'a>(
        &'a self,
        reader: &'a Reader<'_>,
        in_use: &'a InUse<'_>,
    ) -> impl Iterator<Item = u64> + 'a {
        let seen = self.coroutines.iter().copied();
        seen.filter(|addr| {
            !in_use.contains(*addr) && (self.seen == Seen::InLists || reader.is_tracked(*addr))
        })
    }
}

/// What is wanted of one process.
pub struct Build<'a, 'm> {
    pub process: &'a process::Process,
    pub runtime: &'a Runtime,
    pub reader: &'a Reader<'m>,
    pub kernel: &'a KernelThreads,
    /// Called when all has been read that must be of one moment; whether to go
    /// on with the search for who refers to what.
    pub read: &'a dyn Fn() -> bool,
    pub detail: FrameDetail,
    pub scope: Scope,
    /// What a walk over all objects found, where everything is looked for.
    pub heap: Option<&'a Heap>,
    pub descriptors: &'a Descriptors,
}

impl Build<'_, '_> {
    /// What is seen of the process. How it was read is for the caller to fill in.
    pub fn process(&self) -> Result<Process, Error> {
        let pid = self.process.pid();
        let interpreters = (self.reader)
            .interpreters(self.runtime.addr)
            .map_err(|error| Error::Unreadable {
                pid,
                reason: error.to_string(),
            })?;
        let with_tasks = self.scope != Scope::Threads;
        let seen = self.assemble(&interpreters, with_tasks);
        Ok(match !with_tasks && threads_need_tasks(&seen) {
            true => self.assemble(&interpreters, true),
            false => seen,
        })
    }

    fn assemble(&self, interpreters: &[Interpreter], with_tasks: bool) -> Process {
        let reader = self.reader;
        let heap = self.heap.filter(|_| self.scope == Scope::Everything);
        let mut errors = heap.map_or_else(Vec::new, |heap| heap.errors.clone());
        let mut threads = self.threads(interpreters, &mut errors);
        let mut loops = Loops::default();
        loops.note_running(reader, &mut threads, &mut errors);
        let (mut tasks, asyncio_imported) = match with_tasks {
            true => self.tasks(interpreters, heap, &mut threads, &mut errors),
            false => {
                let imported = |it: &Interpreter| asyncio_is_imported(reader, it.addr);
                (Vec::new(), interpreters.iter().any(imported))
            }
        };
        loops.note_tasks(&mut tasks, &threads);
        let (edges, completing) = edges::link(reader, &mut tasks);
        let now = self.kernel.monotonic();
        let mut loops = loops.build(reader, &threads, self.kernel, now);
        let addrs: Vec<u64> = interpreters.iter().map(|interp| interp.addr).collect();
        let inputs = WaitInputs {
            reader,
            frames: &Frames::new(
                reader,
                addrs.first().copied().unwrap_or(0),
                FrameDetail::default(),
            ),
            kernel: self.kernel,
            descriptors: self.descriptors,
            heap,
            search: match heap {
                None => Search::Nothing,
                Some(heap) if heap.walked => Search::References,
                Some(_) => Search::Coroutines,
            },
            interpreters: &addrs,
            now,
        };
        let mut graph = WaitGraph::new(&inputs, &mut tasks, &mut threads, &mut loops, &edges);
        graph.explain(&completing);
        // All that must be of one moment has been read.
        if (self.read)() {
            graph.find_references();
        }
        let explained = graph.finish();
        let threads = merge_by_native_id(threads);
        Process {
            pid: self.process.pid(),
            parent_pid: self.process.parent_pid(),
            command: self.process.command(),
            executable: self.process.executable(),
            python: python_build(self.runtime),
            read: ReadInfo {
                consistency: Consistency::Running,
                stopped_us: 0,
                bytes: 0,
                syscalls: 0,
                rejected_reads: 0,
                note: None,
            },
            threads: threads.into_iter().map(|built| built.thread).collect(),
            loops,
            tasks: tasks.into_iter().map(|built| built.task).collect(),
            coroutines: explained.coroutines,
            resources: explained.resources,
            edges: explained.edges.into(),
            references: explained.references,
            children: explained.children,
            verdict: None,
            diagnoses: Vec::new(),
            errors,
            asyncio_imported,
        }
    }

    fn threads(&self, interpreters: &[Interpreter], errors: &mut Vec<String>) -> Vec<BuiltThread> {
        let joined = Threads {
            reader: self.reader,
            kernel: self.kernel,
        };
        let mut threads = Vec::new();
        for interpreter in interpreters {
            if let Some(error) = &interpreter.error {
                errors.push(format!(
                    "threads of interpreter {}: {error}",
                    interpreter.id
                ));
            }
            let gil = self
                .reader
                .gil(self.runtime.addr, interpreter.addr)
                .ok()
                .flatten();
            let frames = Frames::new(self.reader, interpreter.addr, self.detail);
            threads.extend(joined.of(interpreter, gil, &frames, errors));
        }
        threads
    }

    fn tasks(
        &self,
        interpreters: &[Interpreter],
        heap: Option<&Heap>,
        threads: &mut [BuiltThread],
        errors: &mut Vec<String>,
    ) -> (Vec<BuiltTask>, bool) {
        let places = frame_places(threads);
        let mut tasks = Vec::new();
        let mut asyncio_imported = false;
        if let Some(reason) = &self.runtime.tasks_refused {
            errors.push(format!("tasks were not read: {reason}"));
        }
        for interpreter in interpreters {
            let found = match self.runtime.tasks_refused {
                Some(_) => FoundTasks::default(),
                None => {
                    let finished = heap.map_or(&[][..], |heap| heap.of(interpreter.addr));
                    let seen = heap.map_or(Seen::InLists, |heap| heap.seen);
                    find_tasks(self.reader, interpreter, finished, seen)
                }
            };
            asyncio_imported |= found.asyncio_imported;
            errors.extend(found.errors);
            let frames = Frames::new(self.reader, interpreter.addr, self.detail);
            let builder = Tasks {
                reader: self.reader,
                frames: &frames,
                interpreter: interpreter.id,
                places: &places,
            };
            let mut built = builder.build(&found.tasks, threads);
            if self.reader.layout.format.task_list == TaskListForm::WeakSets {
                task_order::by_name(&mut built);
            }
            if tasks.is_empty() {
                tasks = built;
            } else {
                tasks.extend(built);
            }
        }
        (tasks, asyncio_imported)
    }
}

/// Whether tasks say what some thread does: one runs in it, or may hold or
/// complete what it waits for.
fn threads_need_tasks(seen: &Process) -> bool {
    seen.threads.iter().any(|thread| {
        let runs = |frame: &Frame| frame.kind != FrameKind::Function;
        let wait = thread.waits_for.as_ref();
        thread.frames.iter().any(runs) || wait.is_some_and(|wait| wait.kind.concerns_tasks())
    })
}

/// The interpreter as the model shows it.
pub fn python_build(runtime: &Runtime) -> PythonBuild {
    PythonBuild {
        version: runtime.version.clone(),
        free_threaded: runtime.layout.build.free_threaded,
        debug: runtime.debug,
        layout: runtime.source,
    }
}
