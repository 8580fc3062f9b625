//! Makes tasks of the model from tasks of the target.

use arcstr::ArcStr;
use std::num::NonZeroU64;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::frames::Frames;
use super::threads::BuiltThread;
use crate::activity::{Links, RawChain};
use crate::asyncio::{FutureState, RawTask, TaskName};
use crate::cpython::error::Result;
use crate::cpython::reader::OBJECT_WINDOW;
use crate::cpython::{GeneratorStage, Kind, Reader};
use crate::model::{Frame, Framework, ItemId, Outcome, Task, TaskState, Wait, WaitKind};

/// Number of tasks whose chains are followed together: enough for large batches of
/// reads, and few enough to stay in the cache of the processor.
const BATCH: usize = 1_024;
/// Prefix of asyncio's default names of tasks (Lib/asyncio/tasks.py).
const DEFAULT_NAME_PREFIX: &str = "Task-";

/// Positions of frames on the stacks of threads, by the address of the frame: index of
/// the thread, and index in its stack.
pub type StackPositions = FxHashMap<u64, (u32, u32)>;

/// The positions of all frames of `threads`.
pub fn stack_positions(threads: &[BuiltThread]) -> StackPositions {
    let mut positions = StackPositions::default();
    for (index, thread) in (0..).zip(threads) {
        for (position, frame) in (0..).zip(&thread.stack.frames) {
            positions.insert(frame.addr, (index, position));
        }
    }
    positions
}

/// A task of the model with the data that later passes need.
pub struct BuiltTask {
    /// The task.
    pub task: Arc<Task>,
    /// Address of its object.
    pub addr: u64,
    /// Address of its event loop or runner. `None` if it could not be read.
    pub event_loop: Option<NonZeroU64>,
    /// Index of the thread and index in its stack of the outermost frame of its
    /// coroutine. `None` if it does not run.
    pub stack_position: Option<(u32, u32)>,
    /// Its await chain.
    pub chain: Links,
    /// Address of its coroutine. `None` if the coroutine is gone.
    pub coroutine: Option<NonZeroU64>,
    /// Addresses of its done callbacks; after edges were followed, of those that belong to
    /// the program's own code.
    pub callbacks: Box<[u64]>,
    /// For a greenlet that has not begun: addresses of the object of its method, and of its
    /// arguments.
    pub given: Box<[u64]>,
    /// Address of the future that it waits for. `None` if it does not wait.
    pub waiter: Option<NonZeroU64>,
    /// Address of the exception with which it ended. `None` if there is none.
    pub exception: Option<NonZeroU64>,
    /// Whether it waits for another task.
    pub awaits_task: bool,
}

impl BuiltTask {
    /// The task, mutable.
    pub fn task_mut(&mut self) -> &mut Task {
        Arc::make_mut(&mut self.task)
    }
}

/// Makes the tasks of one interpreter.
pub struct Tasks<'r, 'm> {
    /// Memory of the process.
    pub reader: &'r Reader<'m>,
    /// Makes frames of the model.
    pub frames: &'r Frames<'r, 'm>,
    /// Id of the interpreter.
    pub interpreter: i64,
    /// Positions of the frames of all threads.
    pub positions: &'r StackPositions,
}

impl Tasks<'_, '_> {
    /// Makes the tasks at `addrs`. An error is written into the task that it concerns.
    pub fn build(&self, addrs: &[u64], threads: &mut [BuiltThread]) -> Vec<BuiltTask> {
        let mut built = Vec::with_capacity(addrs.len());
        for addrs in addrs.chunks(BATCH) {
            self.build_batch(addrs, threads, &mut built);
        }
        mark_owners(&mut built, threads);
        built
    }

    /// Makes the tasks at `addrs`, whose chains are followed together.
    fn build_batch(&self, addrs: &[u64], threads: &[BuiltThread], built: &mut Vec<BuiltTask>) {
        let reader = self.reader;
        reader.prefetch(addrs.iter().map(|addr| (*addr, OBJECT_WINDOW)));
        // The set of tasks was read earlier. A task of it may have been freed since.
        let live: Vec<u64> = (addrs.iter().copied())
            .filter(|addr| !reader.is_freed(*addr))
            .collect();
        let raws: Vec<Result<RawTask>> = live.iter().map(|addr| reader.task(*addr)).collect();
        let coroutines: Vec<Option<u64>> = raws
            .iter()
            .map(|raw| raw.as_ref().ok().and_then(|raw| raw.coroutine))
            .collect();
        let chains = reader.chains(&coroutines);
        let read = live.iter().zip(raws.into_iter().zip(chains));
        built.extend(read.map(|(addr, (raw, chain))| match raw {
            Ok(raw) => self.task(raw, chain, threads),
            Err(error) => self.unreadable(*addr, Framework::Asyncio, &error.to_string()),
        }));
    }

    /// Makes one task.
    fn task(&self, raw: RawTask, chain: RawChain, threads: &[BuiltThread]) -> BuiltTask {
        let reader = self.reader;
        let future = &raw.future;
        let mut errors: Vec<String> = chain.error.iter().map(ToString::to_string).collect();
        let (frames, stack_position) = self.stack(&chain, raw.coroutine, threads, &mut errors);
        let waiter = raw.waiter.or(chain.leaf);
        let state = self.state(&raw, &chain, waiter, &mut errors);
        let (name, name_is_default) = shown_name(&raw.name);
        let coroutine = raw
            .coroutine
            .and_then(|coroutine| self.coroutine_name(coroutine));
        let task = Task {
            id: ItemId::Task(future.addr),
            interpreter: self.interpreter,
            framework: Framework::Asyncio,
            name: name.into(),
            name_is_default,
            coroutine: coroutine.unwrap_or_default(),
            type_name: reader.shared(&reader.full_type_name(&future.ty)),
            state,
            started: chain.stage.map(|stage| stage != GeneratorStage::Created),
            cancelling: raw.cancels_requested,
            must_cancel: raw.must_cancel,
            outcome: outcome(future.state, future.exception.is_some()),
            exception: future
                .exception
                .filter(|_| state == TaskState::Done)
                .map(|exception| self.exception(exception, future.log_traceback).into()),
            event_loop: future.event_loop.map(ItemId::Loop),
            thread: None,
            frames,
            waits_for: waiter
                .filter(|_| state == TaskState::Waiting)
                .and_then(|waiter| self.wait(waiter)),
            guards: Box::default(),
            callbacks: Box::default(),
            awaited_by: Vec::new(),
            weakly_held: None,
            created_at: future
                .source_traceback
                .and_then(|summary| Some(self.frames.summary(summary)?.into())),
            error: (!errors.is_empty()).then(|| errors.join("; ").into()),
        };
        BuiltTask {
            addr: future.addr,
            event_loop: future.event_loop.and_then(NonZeroU64::new),
            stack_position,
            coroutine: raw.coroutine.and_then(NonZeroU64::new),
            waiter: waiter
                .filter(|_| state == TaskState::Waiting)
                .and_then(NonZeroU64::new),
            exception: future.exception.and_then(NonZeroU64::new),
            callbacks: raw.future.callbacks.into(),
            given: Box::default(),
            chain: chain.frames,
            task: task.into(),
            awaits_task: false,
        }
    }

    /// The frames of a task with this chain, innermost first, and the position of the
    /// outermost frame of its coroutine on the stack of a thread, while it runs.
    pub(super) fn stack(
        &self,
        chain: &RawChain,
        coroutine: Option<u64>,
        threads: &[BuiltThread],
        errors: &mut Vec<String>,
    ) -> (Arc<[Frame]>, Option<(u32, u32)>) {
        let frames = self.frames.chain(&chain.frames);
        let at = |frame: u64| self.positions.get(&frame).copied();
        let Some((thread, position)) = chain.executing.and_then(at) else {
            if chain.executing.is_some() {
                errors.push("it runs, but its frame is on no thread's stack".into());
            }
            return (frames, None);
        };
        // The functions that it calls are on the stack of its thread.
        let on_stack = &threads[thread as usize].thread.frames;
        let end = (position as usize).min(on_stack.len() - 1);
        let mut running = on_stack[..=end].to_vec();
        self.name_coroutine_frame(coroutine, &mut running, frames.is_empty());
        running.extend_from_slice(&frames);
        (running.into(), Some((thread, position)))
    }

    /// Gives the frame of a task's coroutine the qualified name of the coroutine. Code
    /// objects have no qualified name before CPython 3.11 (`co_qualname`,
    /// Include/cpython/code.h).
    fn name_coroutine_frame(&self, coroutine: Option<u64>, running: &mut [Frame], outermost: bool) {
        let has_own = self.reader.layout.code.co_qualname.is_some();
        let Some(coroutine) = coroutine.filter(|_| outermost && !has_own) else {
            return;
        };
        if let (Some(frame), Ok(name)) = (
            running.last_mut(),
            self.reader.generator_qualname(coroutine),
        ) {
            frame.qualname = name.to_string().into();
        }
    }

    /// Qualified name of the coroutine at `coroutine`.
    pub(super) fn coroutine_name(&self, coroutine: u64) -> Option<ArcStr> {
        let ty = self.reader.type_of(coroutine).ok()?;
        if ty.is_generator_like() {
            let name = self.reader.generator_qualname(coroutine).ok()?;
            return Some(self.reader.shared(&name));
        }
        let name = self.reader.native_qualname(coroutine, ty.basicsize);
        let name = name.unwrap_or_else(|| self.reader.full_type_name(&ty));
        Some(self.reader.shared(&name))
    }

    /// State of a task that waits for the future at `waiter`.
    fn state(
        &self,
        raw: &RawTask,
        chain: &RawChain,
        waiter: Option<u64>,
        errors: &mut Vec<String>,
    ) -> TaskState {
        if raw.future.state != FutureState::Pending {
            return TaskState::Done;
        }
        if chain.executing.is_some() {
            return TaskState::Running;
        }
        let Some(waiter) = waiter else {
            // It has not started, or it yielded `None`: it is in the ready queue.
            return TaskState::Ready;
        };
        match self.reader.future_state(waiter) {
            Ok(FutureState::Pending) => TaskState::Waiting,
            Ok(_) => TaskState::Ready,
            Err(error) => {
                errors.push(format!("what it waits for: {error}"));
                TaskState::Waiting
            }
        }
    }

    /// The wait for the future at `waiter`, as far as its type tells.
    fn wait(&self, waiter: u64) -> Option<Wait> {
        let ty = self.reader.type_of(waiter).ok()?;
        let type_name = self.reader.shared(&self.reader.full_type_name(&ty));
        let kind = if self.reader.is_task(waiter) {
            WaitKind::Task
        } else {
            WaitKind::Future
        };
        // Futures of the C implementation have no children.
        let (done, total) = match ty.exact {
            Kind::Other => self.gathered(waiter).unzip(),
            _ => (None, None),
        };
        Some(Wait {
            kind,
            summary: type_name.clone(),
            type_name,
            done,
            total,
            ..Wait::default()
        })
    }

    /// How many children of a gathering future are done, and how many it has
    /// (`_GatheringFuture._children`, Lib/asyncio/tasks.py).
    fn gathered(&self, waiter: u64) -> Option<(u64, u64)> {
        let reader = self.reader;
        let children = reader.attribute(waiter, "_children").ok()??;
        let (children, total) = reader.list_items(children, reader.limits.items).ok()?;
        reader.prefetch(children.iter().map(|child| (*child, OBJECT_WINDOW)));
        let pending = |child: &&u64| reader.future_state(**child) == Ok(FutureState::Pending);
        let waiting = children.iter().filter(pending).count() as u64;
        Some((total.checked_sub(waiting)?, total))
    }

    /// A task that could not be read.
    pub(super) fn unreadable(&self, addr: u64, framework: Framework, error: &str) -> BuiltTask {
        BuiltTask {
            addr,
            event_loop: None,
            stack_position: None,
            chain: Links::default(),
            coroutine: None,
            callbacks: Box::default(),
            given: Box::default(),
            waiter: None,
            exception: None,
            awaits_task: false,
            task: Arc::new(Task {
                id: ItemId::Task(addr),
                interpreter: self.interpreter,
                framework,
                name: ArcStr::new(),
                name_is_default: true,
                coroutine: ArcStr::new(),
                type_name: self
                    .reader
                    .type_of(addr)
                    .map_or_else(
                        |_| "?".into(),
                        |ty| self.reader.full_type_name(&ty).to_string(),
                    )
                    .into(),
                state: TaskState::Waiting,
                started: None,
                cancelling: 0,
                must_cancel: false,
                outcome: None,
                exception: None,
                event_loop: None,
                thread: None,
                frames: Arc::default(),
                waits_for: None,
                guards: Box::default(),
                callbacks: Box::default(),
                awaited_by: Vec::new(),
                weakly_held: None,
                created_at: None,
                error: Some(error.into()),
            }),
        }
    }
}

/// Sets the task to which each frame of a thread belongs.
pub(super) fn mark_owners(tasks: &mut [BuiltTask], threads: &mut [BuiltThread]) {
    let mut running: Vec<&mut BuiltTask> = tasks
        .iter_mut()
        .filter(|task| task.stack_position.is_some())
        .collect();
    // A task that runs inside a step of another task has inner frames.
    running.sort_by_key(|task| task.stack_position);
    for built in running {
        let Some((thread, position)) = built.stack_position else {
            continue;
        };
        let thread = &mut threads[thread as usize].thread;
        thread.task.get_or_insert_with(|| built.task.id);
        for frame in thread.frames.iter_mut().take(position as usize + 1) {
            frame.owner.get_or_insert_with(|| built.task.id);
        }
    }
}

/// How a task in this state ended.
fn outcome(state: FutureState, has_exception: bool) -> Option<Outcome> {
    match state {
        FutureState::Pending => None,
        FutureState::Cancelled => Some(Outcome::Cancelled),
        FutureState::Finished if has_exception => Some(Outcome::Exception),
        FutureState::Finished => Some(Outcome::Result),
    }
}

/// The name of a task, and whether asyncio chose it.
pub fn shown_name(name: &TaskName) -> (String, bool) {
    match name {
        TaskName::Absent => (String::new(), true),
        TaskName::Number(number) => (format!("{DEFAULT_NAME_PREFIX}{number}"), true),
        TaskName::Text(text) => {
            let is_default = text
                .text
                .strip_prefix(DEFAULT_NAME_PREFIX)
                .is_some_and(|rest| {
                    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())
                });
            match text.cut {
                true => (
                    format!("{}… ({} characters)", text.text, text.length),
                    false,
                ),
                false => (text.text.clone(), is_default),
            }
        }
    }
}
