//! Makes tasks of the model from tasks of trio.

use std::num::NonZeroU64;

use super::tasks::{BuiltTask, Tasks, mark_owners};
use super::threads::BuiltThread;
use crate::activity::RawChain;
use crate::cpython::GeneratorStage;
use crate::cpython::error::Result;
use crate::model::{Frame, Framework, ItemId, Task, TaskState, Wait};
use crate::trio::{RawTask, is_default_name};

/// The trio tasks of one interpreter.
#[derive(Default)]
pub struct TrioTasks {
    /// Those that are shown.
    pub tasks: Vec<BuiltTask>,
    /// Addresses of the coroutines and generators of trio's own tasks, which are not shown.
    pub own: Vec<u64>,
    /// Why tasks may be missing.
    pub errors: Vec<String>,
}

/// Part of the path of each file of trio.
const FILES: &str = "/trio/";

/// Whether the frame runs no code of the program. trio need not be installed as a library.
fn is_of_trio(frame: &Frame) -> bool {
    let file = frame.file.as_deref();
    frame.library || file.is_some_and(|file| file.contains(FILES))
}

impl Tasks<'_, '_> {
    /// Makes the trio tasks of the runners that run on the stacks of `threads`.
    pub fn trio(&self, threads: &mut [BuiltThread]) -> TrioTasks {
        let mut found = TrioTasks::default();
        for index in 0..threads.len() {
            if threads[index].thread.interpreter != self.interpreter {
                continue;
            }
            if let Some(runner) = self.reader.trio_runner(&threads[index].stack.frames)
                && let Err(error) = self.of_runner(runner, threads, &mut found)
            {
                let thread = &threads[index].thread.name;
                let lost = format!("trio tasks of thread {thread}: {error}");
                found.errors.push(lost);
            }
        }
        mark_owners(&mut found.tasks, threads);
        found
    }

    fn of_runner(&self, runner: u64, threads: &[BuiltThread], found: &mut TrioTasks) -> Result<()> {
        let reader = self.reader;
        let addrs = reader.trio_tasks(runner)?;
        let raws: Vec<Result<RawTask>> = addrs.iter().map(|it| reader.trio_task(*it)).collect();
        let coroutines: Vec<Option<u64>> = raws
            .iter()
            .map(|raw| raw.as_ref().ok().map(|raw| raw.coroutine))
            .collect();
        let chains = reader.chains(&coroutines);
        for ((addr, raw), chain) in addrs.iter().zip(raws).zip(chains) {
            let raw = match raw {
                Ok(raw) => raw,
                Err(error) => {
                    let lost = self.unreadable(*addr, Framework::Trio, &error.to_string());
                    found.tasks.push(lost);
                    continue;
                }
            };
            let is_own = reader.is_trio_own(runner, &raw);
            let built = self.trio_task(&raw, chain, runner, threads);
            match is_own && built.task.frames.iter().all(is_of_trio) {
                true => {
                    found.own.push(raw.coroutine);
                    found.own.extend(built.chain.generators());
                }
                false => found.tasks.push(built),
            }
        }
        Ok(())
    }

    fn trio_task(
        &self,
        raw: &RawTask,
        chain: RawChain,
        runner: u64,
        threads: &[BuiltThread],
    ) -> BuiltTask {
        let reader = self.reader;
        let mut errors: Vec<String> = chain.error.iter().map(ToString::to_string).collect();
        let (frames, stack_position) =
            self.stack(&chain, Some(raw.coroutine), threads, &mut errors);
        let coroutine = self.coroutine_name(raw.coroutine).unwrap_or_default();
        let state = match (chain.executing.is_some(), raw.scheduled) {
            (true, _) => TaskState::Running,
            (false, true) => TaskState::Ready,
            (false, false) => TaskState::Waiting,
        };
        let ty = reader.type_of(raw.addr);
        let type_name = ty.map_or_else(|_| "?".into(), |ty| reader.full_type_name(&ty));
        let task = Task {
            id: ItemId::Task(raw.addr),
            interpreter: self.interpreter,
            framework: Framework::Trio,
            name: reader.shared(&raw.name),
            name_is_default: is_default_name(&raw.name, &coroutine),
            coroutine,
            type_name: reader.shared(&type_name),
            state,
            started: chain.stage.map(|stage| stage != GeneratorStage::Created),
            cancelling: reader.trio_scopes(raw).cancelled,
            must_cancel: false,
            outcome: None,
            exception: None,
            event_loop: Some(ItemId::Loop(runner)),
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
        BuiltTask {
            addr: raw.addr,
            event_loop: NonZeroU64::new(runner),
            stack_position,
            coroutine: NonZeroU64::new(raw.coroutine),
            waiter: None,
            exception: None,
            callbacks: Box::default(),
            given: Box::default(),
            chain: chain.frames,
            task: task.into(),
            awaits_task: false,
        }
    }
}
