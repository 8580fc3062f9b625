//! Makes tasks of the model from greenlets.

use std::num::NonZeroU64;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::greenlets::{Greenlets, is_hub};
use super::tasks::{BuiltTask, Tasks, mark_owners};
use super::threads::BuiltThread;
use crate::activity::{ChainBuilder, ChainFrame, RawChain, python_frames};
use crate::cpython::RawFrame;
use crate::greenlet::{GreenletStage, RUN, RawGreenlet};
use crate::model::{Framework, ItemId, Task, TaskState, Wait};

/// Attribute of gevent's greenlets with a name that the program gave them
/// (`gevent/greenlet.py`).
const NAME: &str = "name";
/// What a main greenlet is called: it is the stack that its thread began with.
const MAIN: &str = "main";

impl Tasks<'_, '_> {
    /// Makes the tasks of all greenlets but hubs, those that have ended, those that a task of
    /// asyncio drives (of which `tasks` are all), and the main ones of threads without a hub.
    pub fn greenlets(
        &self,
        greenlets: &Greenlets,
        tasks: &[BuiltTask],
        threads: &mut [BuiltThread],
    ) -> Vec<BuiltTask> {
        if greenlets.all.is_empty() && greenlets.unreadable.is_empty() {
            return Vec::new();
        }
        let driven: FxHashSet<u64> = (tasks.iter())
            .flat_map(|built| python_frames(&built.chain).map(|frame| frame.addr))
            .collect();
        let hubs = greenlets.hubs(self.reader);
        let mut built: Vec<BuiltTask> = Vec::new();
        for raw in &greenlets.all {
            let tstate = greenlets.thread_of(raw);
            let hub = tstate.and_then(|tstate| {
                let mut hubs = hubs.iter();
                hubs.find(|(_, of)| *of == Some(tstate))
            });
            let hub = hub.map(|(hub, _)| *hub);
            let index = threads.iter().position(|it| Some(it.tstate) == tstate);
            let is_over = raw.stage == GreenletStage::Finished || raw.thread_ended;
            let is_running = raw.stage == GreenletStage::Running;
            let is_thread =
                is_running && (raw.is_main || hub.is_none()) || raw.is_main && hub.is_none();
            if is_over || is_thread || is_hub(self.reader, raw.addr) {
                continue;
            }
            let chain = self.greenlet_chain(raw, index, greenlets, threads);
            let is_driven = python_frames(&chain.frames).any(|frame| driven.contains(&frame.addr));
            if is_driven || is_of_task(&chain, threads) {
                continue;
            }
            if let (true, Some(index)) = (raw.is_main, index) {
                own_frames(raw, &chain, &mut threads[index]);
            }
            built.push(self.greenlet_task(raw, chain, hub, threads));
        }
        for (addr, error) in &greenlets.unreadable {
            built.push(self.unreadable(*addr, Framework::Greenlet, error));
        }
        mark_owners(&mut built, threads);
        built
    }

    /// The frames of a greenlet as a chain.
    fn greenlet_chain(
        &self,
        raw: &RawGreenlet,
        index: Option<usize>,
        greenlets: &Greenlets,
        threads: &[BuiltThread],
    ) -> RawChain {
        let iframe = self.reader.layout.generator.iframe.map(u64::from);
        let mut builder = ChainBuilder::new(1, iframe);
        let stack = self.reader.greenlet_stack(raw);
        for frame in stack.frames.into_iter().rev() {
            builder.add(0, ChainFrame::Python(frame), 0);
        }
        builder.chains[0].error = stack.error.map(Box::new);
        if raw.stage == GreenletStage::Running {
            let own = index.map(|index| {
                let thread = &threads[index];
                let outer = greenlets.outer_frames(thread.tstate).len();
                &thread.stack.frames[..thread.stack.frames.len().saturating_sub(outer)]
            });
            let outermost = own.and_then(<[RawFrame]>::last);
            builder.chains[0].executing = outermost.map(|frame| frame.addr);
        }
        builder.finish().pop().unwrap_or_default()
    }

    fn greenlet_task(
        &self,
        raw: &RawGreenlet,
        chain: RawChain,
        hub: Option<u64>,
        threads: &[BuiltThread],
    ) -> BuiltTask {
        let reader = self.reader;
        let mut errors: Vec<String> = chain.error.iter().map(ToString::to_string).collect();
        let (mut frames, stack_position) = self.stack(&chain, None, threads, &mut errors);
        let attribute = |name| reader.attribute_object(raw.addr, name).ok().flatten();
        let run = attribute(RUN).and_then(|run| reader.callable_code(run));
        if let (GreenletStage::Created, Some(code)) = (raw.stage, &run) {
            frames = Arc::new([self.frames.beginning(code)]);
        }
        let outermost = frames.last().map(|frame| frame.qualname.clone());
        let function = run.map(|code| reader.shared(&code.qualname)).or(outermost);
        let given = attribute(NAME).and_then(|name| reader.text(name).ok());
        let name = match (&given, raw.is_main) {
            (Some(name), _) => &**name,
            (None, true) => MAIN,
            (None, false) => "",
        };
        let state = match raw.stage {
            GreenletStage::Running => TaskState::Running,
            // Whether its loop will start it is found with the waits.
            GreenletStage::Created | GreenletStage::Suspended | GreenletStage::Finished => {
                TaskState::Waiting
            }
        };
        let ty = reader.type_of(raw.addr);
        let type_name = ty.map_or_else(|_| "?".into(), |ty| reader.full_type_name(&ty));
        let task = Task {
            id: ItemId::Task(raw.addr),
            interpreter: self.interpreter,
            framework: Framework::Greenlet,
            name: reader.shared(name),
            name_is_default: given.is_none(),
            coroutine: function.unwrap_or_default(),
            type_name: reader.shared(&type_name),
            state,
            started: Some(raw.stage != GreenletStage::Created),
            cancelling: 0,
            must_cancel: false,
            outcome: None,
            exception: None,
            event_loop: hub.map(ItemId::Loop),
            thread: None,
            frames,
            waits_for: (state == TaskState::Waiting).then(Wait::default),
            guards: Box::default(),
            callbacks: Box::default(),
            awaited_by: Vec::new(),
            weakly_held: None,
            created_at: None,
            error: (!errors.is_empty()).then(|| errors.join("; ").into()),
        };
        let given = match raw.stage {
            GreenletStage::Created => reader.greenlet_given(raw.addr).into(),
            _ => Box::default(),
        };
        BuiltTask {
            addr: raw.addr,
            event_loop: hub.and_then(NonZeroU64::new),
            stack_position,
            coroutine: None,
            waiter: None,
            exception: None,
            callbacks: Box::default(),
            given,
            chain: chain.frames,
            task: task.into(),
            awaits_task: false,
        }
    }
}

/// Whether the greenlet with this `chain` runs in a step of a task of asyncio.
fn is_of_task(chain: &RawChain, threads: &[BuiltThread]) -> bool {
    let Some(executing) = chain.executing else {
        return false;
    };
    threads.iter().any(|built| {
        let raw = built.stack.frames.iter().zip(&built.thread.frames);
        let mut raw = raw.filter(|(raw, _)| raw.addr == executing);
        raw.any(|(_, shown)| shown.owner.is_some())
    })
}

/// Marks the frames of a main greenlet on the stack of its thread as those of its task.
fn own_frames(raw: &RawGreenlet, chain: &RawChain, thread: &mut BuiltThread) {
    let own: FxHashSet<u64> = python_frames(&chain.frames)
        .map(|frame| frame.addr)
        .collect();
    let shown = thread.thread.frames.iter_mut();
    for (frame, shown) in thread.stack.frames.iter().zip(shown) {
        if own.contains(&frame.addr) {
            shown.owner = Some(ItemId::Task(raw.addr));
        }
    }
}
