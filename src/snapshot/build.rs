//! Builds one process of the model.

use python_offsets::TaskListForm;

use super::edges;
use super::frames::{FrameDetail, Frames};
use super::greenlets::Greenlets;
use super::heap::Heap;
use super::kernel_threads::KernelThreads;
use super::loops::Loops;
use super::options::Scope;
use super::task_order;
use super::tasks::{BuiltTask, Tasks, stack_positions};
use super::threads::{BuiltThread, Threads, merge_by_native_id};
use super::waits::{Search, WaitGraph, WaitInputs};
use crate::asyncio::{FoundIn, FoundTasks, asyncio_is_imported, find_tasks};
use crate::cpython::{Interpreter, Reader, Runtime};
use crate::greenlet::GreenletLinks;
use crate::model::{Consistency, Frame, FrameKind, Process, PythonBuild, ReadInfo};
use crate::process;
use crate::process::{Descriptors, Error};

/// The inputs of one process of the model.
pub struct Build<'a, 'm> {
    /// The process.
    pub process: &'a process::Process,
    /// Its Python runtime.
    pub runtime: &'a Runtime,
    /// Its memory.
    pub reader: &'a Reader<'m>,
    /// The kernel's data about its threads.
    pub kernel: &'a KernelThreads,
    /// Called when everything that must be of one moment has been read. It returns
    /// whether references are searched afterwards.
    pub all_read: &'a dyn Fn() -> bool,
    /// What is decoded of frames.
    pub detail: FrameDetail,
    /// How much of the process is read.
    pub scope: Scope,
    /// Objects found by the walk over the heap. `None` if there was no walk.
    pub heap: Option<&'a Heap>,
    /// The kernel's data about its descriptors and children.
    pub descriptors: &'a Descriptors,
}

impl Build<'_, '_> {
    /// Builds the process. The caller fills in how it was read.
    ///
    /// # Errors
    /// If the list of interpreters cannot be read.
    pub fn process(&self) -> Result<Process, Error> {
        let pid = self.process.pid();
        let interpreters = (self.reader)
            .interpreters(self.runtime.addr)
            .map_err(|error| Error::Unreadable {
                pid,
                reason: error.to_string(),
            })?;
        let with_tasks = self.scope != Scope::Threads;
        let process = self.assemble(&interpreters, with_tasks);
        Ok(match !with_tasks && threads_need_tasks(&process) {
            true => self.assemble(&interpreters, true),
            false => process,
        })
    }

    /// Builds the process, with or without its tasks.
    fn assemble(&self, interpreters: &[Interpreter], with_tasks: bool) -> Process {
        let reader = self.reader;
        let heap = self.heap.filter(|_| self.scope == Scope::Everything);
        let mut errors = heap.map_or_else(Vec::new, |heap| heap.errors().to_vec());
        let greenlets = Greenlets::find(reader, heap, interpreters);
        errors.extend(greenlets.errors.iter().cloned());
        let mut threads = self.threads(interpreters, &greenlets, &mut errors);
        let mut loops = Loops::default();
        loops.add_running(reader, &mut threads, &mut errors);
        let hubs = greenlets.hubs(reader);
        loops.add_hubs(&hubs, &mut threads);
        let links = match hubs.is_empty() {
            true => GreenletLinks::default(),
            false => greenlets.links(reader, heap),
        };
        let Found {
            mut tasks,
            own,
            asyncio_imported,
        } = match with_tasks {
            true => self.tasks(interpreters, &greenlets, heap, &mut threads, &mut errors),
            false => {
                let imported = |it: &Interpreter| asyncio_is_imported(reader, it.addr);
                Found {
                    asyncio_imported: interpreters.iter().any(imported),
                    ..Found::default()
                }
            }
        };
        loops.add_tasks(&mut tasks, &threads);
        let addrs: Vec<u64> = interpreters.iter().map(|interp| interp.addr).collect();
        let frames = Frames::new(
            reader,
            addrs.first().copied().unwrap_or(0),
            FrameDetail::default(),
        );
        let edges = edges::link(reader, &frames, &mut tasks);
        let now = self.kernel.monotonic();
        let clock = self.process.knows_its_clock().then_some(now);
        let mut loops = loops.build(reader, &threads, self.kernel, clock);
        for event_loop in &mut loops {
            event_loop.until = edges.until.get(&event_loop.id).copied();
        }
        let is_judged = matches!(self.scope, Scope::Everything | Scope::Movement);
        let inputs = WaitInputs {
            pid: self.process.pid(),
            reader,
            frames: &frames,
            kernel: self.kernel,
            descriptors: self.descriptors,
            heap,
            own_coroutines: &own,
            greenlets: &links,
            search: match heap {
                None => Search::Nothing,
                Some(heap) if heap.is_complete() => Search::References,
                Some(_) => Search::Coroutines,
            },
            callbacks: is_judged,
            interpreters: &addrs,
            clock,
            now,
            time_of_day: self.process.time_of_day(),
        };
        let mut graph = WaitGraph::new(&inputs, &mut tasks, &mut threads, &mut loops, &edges.edges);
        graph.explain(&edges.completing);
        // Everything that must be of one moment has been read.
        let searches = (self.all_read)();
        if is_judged {
            graph.find_shared();
        }
        if searches {
            graph.find_ends();
            graph.find_references();
        }
        let explained = graph.finish();
        let threads = merge_by_native_id(threads);
        let foreign_threads = self.kernel.number_of_threads() > threads.len();
        Process {
            pid: self.process.pid(),
            parent_pid: self.process.parent_pid(),
            command: self.process.command(),
            executable: self.process.executable(),
            python: python_build(self.runtime),
            clock_s: clock,
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
            resources: explained.resources.into(),
            edges: explained.edges.into(),
            references: explained.references.into(),
            modules: explained.modules,
            listening: self.descriptors.listening(),
            children: explained.children,
            resting: explained.resting,
            unshared: explained.unshared,
            variable_calls: explained.variable_calls.into(),
            verdict: None,
            diagnoses: Vec::new(),
            errors,
            asyncio_imported,
            foreign_threads,
            ignores_signals: self.descriptors.ignores_signals,
            pending: explained.pending.into(),
        }
    }

    /// The threads of all interpreters.
    fn threads(
        &self,
        interpreters: &[Interpreter],
        greenlets: &Greenlets,
        errors: &mut Vec<String>,
    ) -> Vec<BuiltThread> {
        let joined = Threads {
            reader: self.reader,
            kernel: self.kernel,
            greenlets,
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

    /// The tasks of all interpreters.
    fn tasks(
        &self,
        interpreters: &[Interpreter],
        greenlets: &Greenlets,
        heap: Option<&Heap>,
        threads: &mut [BuiltThread],
        errors: &mut Vec<String>,
    ) -> Found {
        let positions = stack_positions(threads);
        let mut all = Found::default();
        if let Some(reason) = &self.runtime.tasks_refused {
            errors.push(format!("tasks were not read: {reason}"));
        }
        for interpreter in interpreters {
            let found = match self.runtime.tasks_refused {
                Some(_) => FoundTasks::default(),
                None => {
                    let finished =
                        heap.map_or(&[][..], |heap| heap.finished_tasks(interpreter.addr));
                    let source = heap.map_or(FoundIn::InLists, |heap| heap.seen());
                    find_tasks(self.reader, interpreter, finished, source)
                }
            };
            all.asyncio_imported |= found.asyncio_imported;
            errors.extend(found.errors);
            let frames = Frames::new(self.reader, interpreter.addr, self.detail);
            let builder = Tasks {
                reader: self.reader,
                frames: &frames,
                interpreter: interpreter.id,
                positions: &positions,
            };
            let mut built = builder.build(&found.tasks, threads);
            if self.reader.layout.format.task_list == TaskListForm::WeakSets {
                task_order::by_name(&mut built);
            }
            if all.tasks.is_empty() {
                all.tasks = built;
            } else {
                all.tasks.extend(built);
            }
            let of_trio = builder.trio(threads);
            all.tasks.extend(of_trio.tasks);
            all.own.extend(of_trio.own);
            errors.extend(of_trio.errors);
            if interpreter.id == interpreters.first().map_or(0, |first| first.id) {
                let of_greenlets = builder.greenlets(greenlets, &all.tasks, threads);
                all.tasks.extend(of_greenlets);
            }
        }
        all
    }
}

/// The tasks of all interpreters.
#[derive(Default)]
struct Found {
    tasks: Vec<BuiltTask>,
    /// Addresses of coroutines of the frameworks' own tasks, which are not shown.
    own: Vec<u64>,
    /// Whether any interpreter has imported asyncio.
    asyncio_imported: bool,
}

/// Whether the state of a thread depends on tasks: a task runs in it, or a task may hold
/// or complete the resource that it waits for.
fn threads_need_tasks(process: &Process) -> bool {
    process.threads.iter().any(|thread| {
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
