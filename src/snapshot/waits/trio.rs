//! Explains the wait of one suspended trio task.

use super::task::{ExplainTask, Reason, running_in, type_name};
use super::{WaitInputs, children, files, greenlet};
use crate::activity::python_frames;
use crate::asyncio::handles::Watched;
use crate::asyncio::{LoopHandles, Outer};
use crate::cpython::Reader;
use crate::model::{EdgeKind, EventLoop, Guard, GuardKind, ItemId, ResourceKind, Wait, WaitKind};
use crate::snapshot::greenlets::HUB;
use crate::snapshot::tasks::BuiltTask;
use crate::trio::{Io, RUNNER, RawWait, TRAPS, WORKER_VARIABLE};

/// Largest difference in seconds between the end of a sleep and the deadline of the scope
/// by which trio sleeps.
const SAME_DEADLINE_S: f64 = 1e-6;

impl ExplainTask<'_, '_, '_> {
    /// Explains the wait of a trio task, and adds the timeouts that end it.
    pub(super) fn trio_task(&mut self, built: &mut BuiltTask) {
        let reader = self.inputs.reader;
        let raw = match built.awaits_task {
            true => None,
            false => reader.trio_wait(python_frames(&built.chain)),
        };
        let offset = built
            .event_loop
            .and_then(|runner| reader.trio_clock_offset(runner.get()));
        let left = |deadline: f64| Some(deadline - offset? - self.inputs.now);
        let ends_by_deadline = !matches!(
            raw,
            Some(RawWait::Worker {
                abandons: false,
                ..
            })
        );
        let remaining_s = match raw {
            Some(RawWait::Sleep(deadline)) => deadline.and_then(left),
            _ => None,
        };
        if ends_by_deadline {
            let raw = reader.trio_task(built.addr);
            let scopes = raw.map(|raw| reader.trio_scopes(&raw)).unwrap_or_default();
            let lefts = scopes.deadlines.into_iter().filter_map(left);
            built.task_mut().guards = guards(lefts, remaining_s).into();
        }
        let id = built.task.id;
        if !built.awaits_task {
            let mut wait = built.task_mut().waits_for.take().unwrap_or_default();
            let outer = raw.and_then(|raw| self.library_wait(built, raw));
            let index = match (raw, outer) {
                // The outer stream or pool is the resource; the event is its detail.
                (Some(_), Some(outer)) => {
                    wait.kind = WaitKind::Event;
                    Some(self.outer(id, outer))
                }
                (Some(raw), None) => self.trio_wait(id, raw, remaining_s, &mut wait),
                (None, _) => {
                    wait.summary = unknown(built).into();
                    None
                }
            };
            wait.resource = index.map(|index| self.registry.resources[index].id);
            built.task_mut().waits_for = Some(wait);
        }
    }

    /// The pool or stream of a library that signals by an event of trio (anyio).
    fn library_wait(&mut self, built: &BuiltTask, raw: RawWait) -> Option<Outer> {
        let RawWait::Object {
            kind: WaitKind::Event,
            addr,
            ..
        } = raw
        else {
            return None;
        };
        match self.outer_wait(&built.chain, 0, &[addr], true)? {
            Reason::Outer(outer) => Some(outer),
            Reason::Descriptor(_) => None,
        }
    }

    /// Explains one wait. Returns the index of its resource.
    fn trio_wait(
        &mut self,
        id: ItemId,
        raw: RawWait,
        remaining_s: Option<f64>,
        wait: &mut Wait,
    ) -> Option<usize> {
        match raw {
            RawWait::Object {
                kind,
                resource,
                addr,
            } => {
                wait.kind = kind;
                let index = self.registry.object(resource, addr);
                wait.type_name
                    .clone_from(&self.registry.resources[index].type_name);
                self.registry.wait(id, index, resource.edge());
                Some(index)
            }
            RawWait::Sleep(_) => {
                wait.kind = WaitKind::Timer;
                wait.remaining_s = remaining_s;
                wait.summary = "trio.sleep_forever()".into();
                None
            }
            RawWait::Descriptor { fd, io } => {
                let is_pipe = files::describe(self.inputs.descriptors, fd).0 == ResourceKind::Pipe;
                let kind = match io {
                    Io::Read => WaitKind::SocketRead,
                    Io::Write => WaitKind::SocketWrite,
                    Io::Accept => WaitKind::Accept,
                    Io::Connect => WaitKind::Connect,
                };
                wait.kind = match is_pipe {
                    true => kind.over_pipe(),
                    false => kind,
                };
                let index = self.file(id, fd, wait);
                wait.type_name
                    .clone_from(&self.registry.resources[index].type_name);
                Some(index)
            }
            RawWait::Worker { register, .. } => {
                wait.kind = WaitKind::Executor;
                self.trio_worker(id, register, wait);
                None
            }
            RawWait::Process(popen) => {
                wait.kind = WaitKind::Subprocess;
                wait.type_name = type_name(self.inputs.reader, popen);
                if let Some(pid) = children::pid_of(self.inputs.reader, popen, "pid") {
                    children::wait_for_exit(self.registry, &[id], pid, wait);
                }
                None
            }
        }
    }

    /// Adds the edge to the worker thread that has the same list in its variable as the
    /// task. A worker that is done has none, nor has one of trio before 0.23.
    fn trio_worker(&mut self, id: ItemId, register: u64, wait: &mut Wait) {
        let reader = self.inputs.reader;
        let worker = self.threads.iter().find(|built| {
            let mut frames = built.stack.frames.iter();
            frames.any(|frame| {
                let found = reader.frame_variable(frame, WORKER_VARIABLE);
                matches!(found, Ok(Some(found)) if found == register)
            })
        });
        let Some(worker) = worker.map(|built| &built.thread) else {
            wait.summary = "a worker thread".into();
            return;
        };
        wait.holders = vec![worker.id];
        wait.summary = running_in(worker).into();
        self.registry.edge(id, worker.id, EdgeKind::Executor);
    }
}

/// The timeouts of a task, the earliest first. `lefts` are the seconds that are left of its
/// scopes, innermost first, and `sleep` those of its sleep, for which trio has entered the
/// innermost scope.
fn guards(lefts: impl Iterator<Item = f64>, sleep: Option<f64>) -> Vec<Guard> {
    let is_sleep = |left: f64| sleep.is_some_and(|own| (own - left).abs() < SAME_DEADLINE_S);
    let guards = lefts
        .enumerate()
        .filter(|(at, left)| *at > 0 || !is_sleep(*left));
    let mut guards: Vec<Guard> = guards
        .map(|(_, remaining_s)| Guard {
            kind: GuardKind::CancelScope,
            remaining_s,
        })
        .collect();
    guards.sort_by(|a, b| a.remaining_s.total_cmp(&b.remaining_s));
    guards
}

/// What a wait that is not known is called: the innermost function that is not in `TRAPS`.
fn unknown(built: &BuiltTask) -> String {
    let mut frames = built.task.frames.iter();
    let is_trap = |file: &str| file.ends_with(TRAPS);
    let caller = frames.find(|frame| !frame.file.as_deref().is_some_and(is_trap));
    caller.map_or_else(String::new, |frame| frame.qualname.to_string())
}

/// The address and the handles of a loop, or of a runner of trio. `None` where the address
/// is not known.
pub(super) fn handles_of(
    inputs: &WaitInputs<'_, '_>,
    shown: &EventLoop,
) -> Option<(u64, LoopHandles)> {
    let reader = inputs.reader;
    let addr = shown.id.event_loop()?;
    let handles = match &*shown.class_name {
        RUNNER => handles(reader, addr),
        HUB => greenlet::handles(inputs.greenlets),
        _ => reader.loop_handles(addr),
    };
    Some((addr, handles))
}

/// The descriptors that the runner of trio at `runner` watches, as a loop has them.
fn handles(reader: &Reader<'_>, runner: u64) -> LoopHandles {
    let watched = reader.trio_watched(runner).into_iter();
    LoopHandles {
        watched: watched
            .map(|file| Watched {
                fd: file.fd,
                events: i64::from(file.read) + 2 * i64::from(file.write),
                reader: None,
                writer: None,
            })
            .collect(),
        ..LoopHandles::default()
    }
}

#[cfg(test)]
mod tests {
    use super::guards;

    fn lefts(scopes: &[f64], sleep: Option<f64>) -> Vec<f64> {
        let guards = guards(scopes.iter().copied(), sleep);
        guards.iter().map(|guard| guard.remaining_s).collect()
    }

    #[test]
    fn the_scope_of_a_sleep_is_no_timeout() {
        assert_eq!(lefts(&[5.0, 60.0], Some(5.0)), [60.0]);
        assert_eq!(lefts(&[5.0, 60.0], None), [5.0, 60.0]);
        assert_eq!(lefts(&[3.0, 5.0], Some(5.0)), [3.0, 5.0]);
    }

    #[test]
    fn the_earliest_timeout_comes_first() {
        assert_eq!(lefts(&[9.0, -1.0, 4.0], None), [-1.0, 4.0, 9.0]);
    }
}
