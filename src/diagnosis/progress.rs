//! What changed between the samples: who moved is not hung.

use std::cell::OnceCell;
use std::sync::Arc;

use super::frames::same_frames;
use crate::model::{
    Frame, IdMap, IdSet, ItemId, Process, Task, TaskState, Thread, ThreadState, Wait,
};

/// Two readings of one timer may differ by this many seconds, and by a quarter
/// of the time between them: the samples are not taken at exact moments.
const TIMER_TOLERANCE_S: f64 = 0.25;
/// The share of the time between two samples by which a timer may differ.
const TIMER_TOLERANCE: f64 = 0.25;
/// Two samples may be this many times as far apart as planned.
const MAX_DELAY: f64 = 4.0;
/// Share of a processor from which on a thread counts as working.
const WORKING: f64 = 0.05;

/// Waits that an idle thread may begin between two samples because we stop it:
/// two for each time that a sample stops it.
const MAX_WAITS_FROM_STOPS: f64 = 8.0;
/// Waits per second that one call of C code may begin while it tries again and again:
/// SQLite's busy handler sleeps for up to 100 ms, and psycopg polls for 100 ms.
const MAX_WAITS_PER_SECOND: f64 = 20.0;

/// Comparison of the last sample with those before it.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Whether there was anything to compare with.
    pub known: bool,
    /// Tasks and threads that did something.
    moved: IdSet,
    /// Threads whose own code stood at the same lines all the time, and which hardly used the
    /// processor.
    in_call: IdSet,
    /// Tasks that were not there before.
    new: IdSet,
    /// How many tasks of earlier samples are done or gone.
    pub finished: usize,
    /// Processor seconds per second, by thread.
    cpu: IdMap<f64>,
}

impl Progress {
    /// Compares `process` with the earlier samples, oldest first.
    pub(super) fn compare(process: &Process, earlier: &[Process], interval_s: f64) -> Self {
        let mut progress = Self {
            known: !earlier.is_empty(),
            ..Self::default()
        };
        for (back, sample) in earlier.iter().rev().enumerate() {
            let elapsed = elapsed(process, sample, interval_s * (back + 1) as f64);
            progress.compare_tasks(process, sample, elapsed);
            progress.compare_threads(process, sample, elapsed, back);
        }
        progress
    }

    fn compare_tasks(&mut self, process: &Process, sample: &Process, elapsed: f64) {
        if share_all_tasks(process, sample) {
            return;
        }
        let mut before = TasksBefore::new(&sample.tasks);
        for (index, task) in process.tasks.iter().enumerate() {
            match before.find(index, task.id) {
                None => {
                    self.new.insert(task.id);
                }
                Some(old) => {
                    let over = task.state == TaskState::Done && old.state != TaskState::Done;
                    self.finished += usize::from(over);
                    // A task that both samples share was not read again.
                    if !Arc::ptr_eq(old, task) && task_moved(old, task, elapsed) {
                        self.moved.insert(task.id);
                    }
                }
            }
        }
        self.finished += before.gone();
    }

    fn compare_threads(&mut self, process: &Process, sample: &Process, elapsed: f64, back: usize) {
        let before: IdMap<&Thread> = sample
            .threads
            .iter()
            .map(|thread| (thread.id, thread))
            .collect();
        for thread in &process.threads {
            let Some(old) = before.get(&thread.id) else {
                self.moved.insert(thread.id);
                continue;
            };
            if let (Some(now), Some(then)) = (thread.cpu_s, old.cpu_s)
                && elapsed > 0.0
            {
                // The oldest sample is compared last and gives the longest interval.
                self.cpu.insert(thread.id, (now - then) / elapsed);
            }
            let waits = match (old.waits_begun, thread.waits_begun) {
                (Some(then), Some(now)) => now.saturating_sub(then),
                _ => 0,
            };
            let many_waits =
                waits as f64 > MAX_WAITS_FROM_STOPS + elapsed.max(0.0) * MAX_WAITS_PER_SECOND;
            let is_same = same_frames(&old.frames, &thread.frames)
                && same_object(old.waits_for.as_ref(), thread.waits_for.as_ref());
            let calls = same_own_frames(old, thread) && !self.works(thread.id);
            match calls && (back == 0 || self.in_call.contains(&thread.id)) {
                true => drop(self.in_call.insert(thread.id)),
                false => drop(self.in_call.swap_remove(&thread.id)),
            }
            // Who waits for the GIL asks for it again and again.
            let for_gil = |it: &Thread| it.state == ThreadState::WaitingGil;
            let many_waits = many_waits && !(is_same && for_gil(old) && for_gil(thread));
            if many_waits || !is_same && (self.works(thread.id) || !polls(old, thread)) {
                self.moved.insert(thread.id);
            }
        }
    }

    /// Whether a task or thread did something between the samples.
    pub(super) fn moved(&self, id: ItemId) -> bool {
        self.moved.contains(&id)
    }

    /// Whether the program's own code of the thread stood at the same lines in all samples,
    /// whatever was done in the call, and the thread hardly used the processor.
    pub(super) fn stays_in_call(&self, thread: ItemId) -> bool {
        self.in_call.contains(&thread)
    }

    /// Whether the task appeared after the first sample.
    pub(super) fn is_new(&self, id: ItemId) -> bool {
        self.new.contains(&id)
    }

    /// Whether the item was there before, and is the same now.
    pub(super) fn unchanged(&self, id: ItemId) -> bool {
        self.known && !self.moved(id) && !self.is_new(id)
    }

    /// Share of a processor that the thread used between the samples.
    pub(super) fn cpu(&self, thread: ItemId) -> Option<f64> {
        self.cpu.get(&thread).copied()
    }

    /// Whether the thread used the processor noticeably.
    pub(super) fn works(&self, thread: ItemId) -> bool {
        self.cpu(thread).is_some_and(|share| share > WORKING)
    }

    /// How many tasks appeared after the first sample.
    pub(super) fn appeared(&self) -> usize {
        self.new.len()
    }
}

/// The tasks of an earlier sample. Most are at the same place in both.
struct TasksBefore<'p> {
    tasks: &'p [Arc<Task>],
    /// Places by id, once one is needed that is elsewhere.
    places: OnceCell<IdMap<usize>>,
    /// Whether the task at each place was found.
    found: Vec<bool>,
}

impl<'p> TasksBefore<'p> {
    fn new(tasks: &'p [Arc<Task>]) -> Self {
        Self {
            tasks,
            places: OnceCell::new(),
            found: vec![false; tasks.len()],
        }
    }

    /// The task with this id, which is at place `index` in the later sample.
    fn find(&mut self, index: usize, id: ItemId) -> Option<&'p Arc<Task>> {
        let is_here = self.tasks.get(index).is_some_and(|task| task.id == id);
        let place = match is_here {
            true => index,
            false => {
                let tasks = self.tasks.iter().enumerate();
                let places = (self.places)
                    .get_or_init(|| tasks.map(|(place, task)| (task.id, place)).collect());
                *places.get(&id)?
            }
        };
        self.found[place] = true;
        self.tasks.get(place)
    }

    /// How many were not over, and were not found.
    fn gone(&self) -> usize {
        let tasks = self.tasks.iter().zip(&self.found);
        tasks
            .filter(|(task, found)| !**found && task.state != TaskState::Done)
            .count()
    }
}

/// Whether both samples share every task, so that none was read again.
fn share_all_tasks(process: &Process, sample: &Process) -> bool {
    let (now, then) = (&process.tasks, &sample.tasks);
    now.len() == then.len()
        && now
            .iter()
            .zip(then)
            .all(|(now, then)| Arc::ptr_eq(now, then))
}

/// The time between two samples in seconds: by their clocks. Where these are not known, at least
/// `planned`, more on a loaded machine: a timer's remaining time falls at most as fast as the
/// clock, so the timer that fell most gives the elapsed time.
fn elapsed(process: &Process, sample: &Process, planned: f64) -> f64 {
    if let (Some(now), Some(then)) = (process.clock_s, sample.clock_s)
        && now > then
    {
        return now - then;
    }
    if share_all_tasks(process, sample) {
        return planned;
    }
    let left = |task: &Task| task.waits_for.as_ref()?.remaining_s;
    let before: IdMap<f64> = sample
        .tasks
        .iter()
        .filter_map(|task| Some((task.id, left(task)?)))
        .collect();
    let max = planned * MAX_DELAY + TIMER_TOLERANCE_S;
    let passed = process.tasks.iter().filter_map(|task| {
        let passed = before.get(&task.id)? - left(task)?;
        (passed > planned && passed < max).then_some(passed)
    });
    passed.fold(planned, f64::max)
}

fn task_moved(old: &Task, task: &Task, elapsed: f64) -> bool {
    let over = |task: &Task| task.state == TaskState::Done;
    if over(old) && over(task) {
        return false;
    }
    old.state != task.state
        || old.coroutine != task.coroutine
        || !same_frames(&old.frames, &task.frames)
        || !same_wait(old.waits_for.as_ref(), task.waits_for.as_ref(), elapsed)
}

/// Whether a thread is in the same call of a library, which waits again and again for a short
/// time each, and was between two waits in the earlier sample.
fn polls(old: &Thread, new: &Thread) -> bool {
    let in_library = |thread: &Thread| thread.frames.first().is_some_and(|frame| frame.library);
    let limit = new.waits_for.as_ref().and_then(|wait| wait.remaining_s);
    limit.is_some() && in_library(old) && in_library(new) && same_own_frames(old, new)
}

/// Whether the program's own code on a stack stands at the same lines.
fn same_own_frames(old: &Thread, new: &Thread) -> bool {
    let own = |thread: &Thread| -> Vec<Frame> {
        let frames = thread.frames.iter().filter(|frame| !frame.library);
        frames.cloned().collect()
    };
    let now = own(new);
    !now.is_empty() && same_frames(&own(old), &now)
}

/// Whether a thread waits for the same. It may wait for it again and again, for a short time
/// each.
fn same_object(old: Option<&Wait>, new: Option<&Wait>) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => old.kind == new.kind && old.resource == new.resource,
        _ => false,
    }
}

fn same_wait(old: Option<&Wait>, new: Option<&Wait>, elapsed: f64) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => {
            old.kind == new.kind
                && old.resource == new.resource
                && same_timer(old.remaining_s, new.remaining_s, elapsed)
        }
        _ => false,
    }
}

fn same_timer(old: Option<f64>, new: Option<f64>, elapsed: f64) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => {
            (old - elapsed - new).abs() <= TIMER_TOLERANCE_S + elapsed * TIMER_TOLERANCE
        }
        (old, new) => old.is_none() == new.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;
    use crate::diagnosis::fixtures::World;
    use crate::model::Process;

    fn timers(left: &[f64]) -> Process {
        let mut world = World::new("async def f():\n    pass\n");
        for (n, left) in left.iter().enumerate() {
            world.sleeping(&n.to_string(), &[("f", "pass")], *left);
        }
        world.process
    }

    fn moved(before: &[f64], after: &[f64]) -> Vec<bool> {
        let (before, after) = ([timers(before)], timers(after));
        let progress = Progress::compare(&after, &before, 1.0);
        let tasks = after.tasks.iter();
        tasks.map(|task| progress.moved(task.id)).collect()
    }

    #[test]
    fn a_timer_that_was_set_again_moved() {
        assert_eq!(moved(&[0.3, 50.0], &[0.8, 49.0]), [true, false]);
        assert_eq!(moved(&[5.0], &[5.0]), [true]);
    }

    #[test]
    fn the_second_sample_may_be_late() {
        assert_eq!(moved(&[50.0, -1.0], &[47.5, -3.5]), [false, false]);
    }

    #[test]
    fn a_thread_that_polls_may_do_so_the_longer_the_later_the_second_sample_is() {
        let thread = |waits: u64, clock_s: f64| {
            let mut world = World::new("def f():\n    wait()\n");
            world.thread("poller", &[("f", "wait")]);
            let mut process = world.process;
            process.clock_s = Some(clock_s);
            for thread in &mut process.threads {
                thread.waits_begun = Some(waits);
            }
            process
        };
        let moved = |clock_s| {
            let (before, after) = ([thread(0, 10.0)], thread(30, clock_s));
            let progress = Progress::compare(&after, &before, 0.5);
            progress.moved(after.threads[0].id)
        };
        assert!(moved(10.5));
        assert!(!moved(12.0));
    }

    #[test]
    fn nothing_is_known_of_one_sample() {
        let process = timers(&[1.0]);
        let progress = Progress::compare(&process, &[], 1.0);
        assert!(!progress.known && !progress.unchanged("task:0".into()));
    }
}
