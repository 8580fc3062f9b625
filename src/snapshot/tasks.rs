//! Tasks of the model from tasks of the target.

use arcstr::{ArcStr, literal};
use std::cell::RefCell;
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
use crate::model::{ExceptionInfo, Frame, Outcome, Task, TaskState, Wait};

/// Tasks whose chains advance together: few enough that what is known of them
/// stays in the processor's cache, enough for large batches of reads.
const BATCH: usize = 1_024;
/// How asyncio names tasks that nobody named (`Lib/asyncio/tasks.py`).
const DEFAULT_NAME_PREFIX: &str = "Task-";

/// Where each frame of all threads is: thread and position in its stack.
pub type FramePlaces = FxHashMap<u64, (u32, u32)>;

/// The places of all frames of `threads`.
pub fn frame_places(threads: &[BuiltThread]) -> FramePlaces {
    let mut places = FramePlaces::default();
    for (index, thread) in (0..).zip(threads) {
        for (position, frame) in (0..).zip(&thread.stack.frames) {
            places.insert(frame.addr, (index, position));
        }
    }
    places
}

/// A task of the model with what it was made from.
pub struct BuiltTask {
    pub task: Arc<Task>,
    pub addr: u64,
    /// The loop it belongs to.
    pub event_loop: Option<NonZeroU64>,
    /// Thread and position of its coroutine's frame while it runs.
    pub place: Option<(u32, u32)>,
    /// Its await chain.
    pub chain: Links,
    /// Its coroutine.
    pub coroutine: Option<NonZeroU64>,
    /// What is called when it is done, until that was followed.
    pub callbacks: Box<[u64]>,
    /// The future that it waits for.
    pub waiter: Option<NonZeroU64>,
    /// The exception it ended with.
    pub exception: Option<NonZeroU64>,
    /// It cannot go on before another task does.
    pub awaits_task: bool,
}

impl BuiltTask {
    /// The task, to be changed.
    pub fn task_mut(&mut self) -> &mut Task {
        Arc::make_mut(&mut self.task)
    }
}

/// The id of the task at `addr`.
pub fn task_id(addr: u64) -> ArcStr {
    format!("task:0x{addr:x}").into()
}

/// The id of the loop at `addr`.
pub fn loop_id(addr: u64) -> ArcStr {
    format!("loop:0x{addr:x}").into()
}

/// Makes the tasks of one interpreter.
pub struct Tasks<'r, 'm> {
    pub reader: &'r Reader<'m>,
    pub frames: &'r Frames<'r, 'm>,
    pub interpreter: i64,
    pub places: &'r FramePlaces,
    /// Ids of loops.
    pub loops: RefCell<FxHashMap<u64, ArcStr>>,
}

impl Tasks<'_, '_> {
    /// The tasks at `addrs`. What cannot be read is said on the task itself.
    pub fn build(&self, addrs: &[u64], threads: &mut [BuiltThread]) -> Vec<BuiltTask> {
        let mut built = Vec::with_capacity(addrs.len());
        for addrs in addrs.chunks(BATCH) {
            self.build_batch(addrs, threads, &mut built);
        }
        mark_owners(&mut built, threads);
        built
    }

    fn build_batch(&self, addrs: &[u64], threads: &[BuiltThread], built: &mut Vec<BuiltTask>) {
        let reader = self.reader;
        reader.prefetch(addrs.iter().map(|addr| (*addr, OBJECT_WINDOW)));
        // A set that was read a moment before may name what is no task any more.
        let addrs: Vec<u64> = (addrs.iter().copied())
            .filter(|addr| !reader.is_freed(*addr))
            .collect();
        let raws: Vec<Result<RawTask>> = addrs.iter().map(|addr| reader.task(*addr)).collect();
        let coroutines: Vec<Option<u64>> = raws
            .iter()
            .map(|raw| raw.as_ref().ok().and_then(|raw| raw.coroutine))
            .collect();
        let chains = reader.chains(&coroutines);
        let read = addrs.iter().zip(raws.into_iter().zip(chains));
        built.extend(read.map(|(addr, (raw, chain))| match raw {
            Ok(raw) => self.task(raw, chain, threads),
            Err(error) => self.unreadable(*addr, &error.to_string()),
        }));
    }

    fn task(&self, raw: RawTask, chain: RawChain, threads: &[BuiltThread]) -> BuiltTask {
        let reader = self.reader;
        let future = &raw.future;
        let mut errors: Vec<String> = chain.error.iter().map(ToString::to_string).collect();
        let mut frames = self.frames.chain(&chain.frames);
        let place = chain
            .executing
            .and_then(|frame| self.places.get(&frame).copied());
        match place {
            Some((thread, position)) => {
                // What it calls lies further in on the stack of its thread.
                let on_stack = &threads[thread as usize].thread.frames;
                let position = position as usize;
                let mut running = on_stack[..=position.min(on_stack.len() - 1)].to_vec();
                self.name_coroutine_frame(&raw, &mut running, frames.is_empty());
                running.extend_from_slice(&frames);
                frames = running.into();
            }
            None if chain.executing.is_some() => {
                errors.push("it runs, but its frame is on no thread's stack".into());
            }
            None => {}
        }
        let waiter = raw.waiter.or(chain.leaf);
        let state = self.state(&raw, &chain, waiter, &mut errors);
        let (name, name_is_default) = shown_name(&raw.name);
        let coroutine = raw
            .coroutine
            .and_then(|coroutine| self.coroutine_name(coroutine));
        let task = Task {
            id: task_id(future.addr),
            interpreter: self.interpreter,
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
            event_loop: future.event_loop.map(|addr| self.loop_id(addr)),
            thread: None,
            frames,
            waits_for: waiter
                .filter(|_| state == TaskState::Waiting)
                .and_then(|waiter| self.wait(waiter)),
            guards: Box::default(),
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
            place,
            coroutine: raw.coroutine.and_then(NonZeroU64::new),
            waiter: waiter
                .filter(|_| state == TaskState::Waiting)
                .and_then(NonZeroU64::new),
            exception: future.exception.and_then(NonZeroU64::new),
            callbacks: raw.future.callbacks.into(),
            chain: chain.frames,
            task: task.into(),
            awaits_task: false,
        }
    }

    /// To 3.10, where code has no qualified name, the frame of the task's own
    /// coroutine is named as the coroutine is.
    fn name_coroutine_frame(&self, raw: &RawTask, running: &mut [Frame], outermost: bool) {
        let has_own = self.reader.layout.code.co_qualname.is_some();
        let Some(coroutine) = raw.coroutine.filter(|_| outermost && !has_own) else {
            return;
        };
        if let (Some(frame), Ok(name)) = (
            running.last_mut(),
            self.reader.generator_qualname(coroutine),
        ) {
            frame.qualname = name.to_string().into();
        }
    }

    fn loop_id(&self, addr: u64) -> ArcStr {
        let mut known = self.loops.borrow_mut();
        known.entry(addr).or_insert_with(|| loop_id(addr)).clone()
    }

    fn coroutine_name(&self, coroutine: u64) -> Option<ArcStr> {
        let ty = self.reader.type_of(coroutine).ok()?;
        if ty.is_generator_like() {
            let name = self.reader.generator_qualname(coroutine).ok()?;
            return Some(self.reader.shared(&name));
        }
        let name = self.reader.native_qualname(coroutine, ty.basicsize);
        let name = name.unwrap_or_else(|| self.reader.full_type_name(&ty));
        Some(self.reader.shared(&name))
    }

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
            // Not started, or it yielded nothing: it is in the ready queue.
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

    fn wait(&self, waiter: u64) -> Option<Wait> {
        let ty = self.reader.type_of(waiter).ok()?;
        let type_name = self.reader.shared(&self.reader.full_type_name(&ty));
        let kind = if self.reader.is_task(waiter) {
            literal!("task")
        } else {
            literal!("future")
        };
        // Native futures have no children.
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

    fn exception(&self, exception: u64, log_traceback: bool) -> ExceptionInfo {
        let reader = self.reader;
        let type_name = reader
            .type_of(exception)
            .map_or_else(|_| "?".into(), |ty| reader.full_type_name(&ty).to_string());
        let at = exception + u64::from(reader.layout.exception.traceback);
        let traceback = reader.pointer(at, "__traceback__").ok().flatten();
        ExceptionInfo {
            message: self
                .exception_message(exception)
                .unwrap_or_else(|error| format!("<unreadable: {error}>")),
            type_name,
            retrieved: !log_traceback,
            frames: traceback
                .map(|traceback| self.frames.stack(&reader.traceback_frames(traceback)).0)
                .unwrap_or_default(),
        }
    }

    /// What `str(exception)` gives for the classes that do not override it.
    fn exception_message(&self, exception: u64) -> Result<String> {
        let reader = self.reader;
        let at = exception + u64::from(reader.layout.exception.args);
        let args = reader.required(at, "args")?;
        let (items, _) = reader.tuple_items(args, reader.limits.value_items)?;
        let derives_from = |name: &str| {
            let ty = reader.type_of(exception)?;
            let mut names = ty
                .mro
                .iter()
                .filter_map(|class| reader.type_at(*class).ok());
            Ok::<bool, crate::cpython::DecodeError>(names.any(|class| &*class.name == name))
        };
        Ok(match items.as_slice() {
            [] => String::new(),
            [one] if reader.is_kind(*one, Kind::Str) && !derives_from("KeyError")? => {
                let text = reader.unicode(*one, reader.limits.text)?;
                if text.cut {
                    format!("{}…", text.text)
                } else {
                    text.text
                }
            }
            [one] => reader.value(*one).to_string(),
            [number, text, ..] if derives_from("OSError")? && reader.is_kind(*text, Kind::Str) => {
                format!("[Errno {}] {}", reader.value(*number), reader.text(*text)?)
            }
            _ => reader.value(args).to_string(),
        })
    }

    fn unreadable(&self, addr: u64, error: &str) -> BuiltTask {
        BuiltTask {
            addr,
            event_loop: None,
            place: None,
            chain: Links::default(),
            coroutine: None,
            callbacks: Box::default(),
            waiter: None,
            exception: None,
            awaits_task: false,
            task: Arc::new(Task {
                id: task_id(addr),
                interpreter: self.interpreter,
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
                awaited_by: Vec::new(),
                weakly_held: None,
                created_at: None,
                error: Some(error.into()),
            }),
        }
    }
}

/// Says on each frame of a thread which task's coroutine it belongs to.
fn mark_owners(tasks: &mut [BuiltTask], threads: &mut [BuiltThread]) {
    let mut running: Vec<&mut BuiltTask> = tasks
        .iter_mut()
        .filter(|task| task.place.is_some())
        .collect();
    // A task that runs inside another's step is further in.
    running.sort_by_key(|task| task.place);
    for built in running {
        let Some((thread, position)) = built.place else {
            continue;
        };
        let thread = &mut threads[thread as usize].thread;
        thread.task.get_or_insert_with(|| built.task.id.clone());
        for frame in thread.frames.iter_mut().take(position as usize + 1) {
            frame.owner.get_or_insert_with(|| built.task.id.clone());
        }
    }
}

fn outcome(state: FutureState, has_exception: bool) -> Option<Outcome> {
    match state {
        FutureState::Pending => None,
        FutureState::Cancelled => Some(Outcome::Cancelled),
        FutureState::Finished if has_exception => Some(Outcome::Exception),
        FutureState::Finished => Some(Outcome::Result),
    }
}

/// The name to show, and whether asyncio made it up.
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
