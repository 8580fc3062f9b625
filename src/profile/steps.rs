//! Steps that block a loop, told as they end.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::loop_names::LoopNames;
use super::stacks::Place;
use crate::model::{
    Delays, EventLoop, Frame, Index, ItemId, LoopSeen, LoopState, Process, Thread, ThreadState,
};

/// Iterations whose beginnings differ by less are the same.
const SAME_ITERATION_S: f64 = 0.001;
/// The same of what light looks read, which is the number itself.
const SAME_NUMBER_S: f64 = 0.000_01;
/// From this age on an iteration is told while it still runs.
const LONG_S: f64 = 1.0;

/// A step, or the callbacks of one iteration, that kept a loop from polling.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowStep {
    /// The loop: `#1 MainThread`.
    pub event_loop: String,
    /// How long it lasted at least, in seconds: its age at the last look that saw it.
    pub lasted_s: f64,
    /// How long it lasted at most. `None` while it still runs.
    pub at_most_s: Option<f64>,
    /// What ran at the last look.
    pub what: Running,
    /// What kept its thread from a processor meanwhile. Zero if it is not known.
    pub delays: Delays,
}

/// What a loop runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Running {
    /// The innermost line of the program's own code. `None` if it is not known.
    pub place: Option<Place>,
    /// The callback that ran: `fetch`, the function of a step of a task.
    pub callback: Option<String>,
    /// What its thread did: `computes`, `waits for the GIL`, `in clock_nanosleep`.
    pub why: String,
}

/// An iteration that goes on.
#[derive(Debug)]
struct Iteration {
    began_s: f64,
    seen_s: f64,
    /// When a whole look saw it for the last time. A light look may take a function that was left
    /// by an error for one that runs.
    proved_s: f64,
    /// What kept its thread from a processor before. `None` if it is not known.
    delays: Option<Delays>,
    what: Running,
    told: bool,
}

impl Iteration {
    /// One that began then, and was seen by a whole look at `proved_s`.
    fn new(began_s: f64, proved_s: f64) -> Self {
        Self {
            began_s,
            seen_s: proved_s,
            proved_s,
            delays: None,
            what: Running::default(),
            told: false,
        }
    }
}

/// Watches the loops of one process.
#[derive(Debug)]
pub struct SlowSteps {
    slow_s: f64,
    loops: FxHashMap<ItemId, Iteration>,
    names: LoopNames,
    /// The name of each loop that was seen.
    named: FxHashMap<ItemId, String>,
    /// Until when each loop is known to run no earlier iteration: when the running one began, or a
    /// light look saw that it polls.
    free_s: FxHashMap<ItemId, f64>,
    /// Whether a whole look is being taken. What ends meanwhile may be told with what it finds.
    is_looking: bool,
    /// Steps that ended meanwhile, and when they began.
    ended: Vec<(ItemId, f64, SlowStep)>,
}

impl SlowSteps {
    /// Tells of steps of `slow_s` seconds and more.
    pub fn new(slow_s: f64) -> Self {
        Self {
            slow_s,
            loops: FxHashMap::default(),
            names: LoopNames::default(),
            named: FxHashMap::default(),
            free_s: FxHashMap::default(),
            is_looking: false,
            ended: Vec::new(),
        }
    }

    /// A whole look begins. Light looks may be told of before what it finds.
    pub fn look_begins(&mut self) {
        self.is_looking = true;
    }

    /// The whole look found nothing. Returns what waited for it.
    pub fn look_failed(&mut self) -> Vec<SlowStep> {
        self.is_looking = false;
        let ended = std::mem::take(&mut self.ended);
        ended.into_iter().map(|(_, _, step)| step).collect()
    }

    /// What a light look tells of one loop, which was taken within `clock_s` of the process's own
    /// clock. `delays` tells what kept its thread from a processor so far.
    pub fn glimpse(
        &mut self,
        event_loop: ItemId,
        seen: LoopSeen,
        clock_s: &Range<f64>,
        delays: &mut dyn FnMut() -> Option<Delays>,
    ) -> Option<SlowStep> {
        let name = self.named.get(&event_loop)?.clone();
        match seen {
            LoopSeen::Polls => {
                self.free_s.insert(event_loop, clock_s.start);
                self.end(event_loop, &name, clock_s.end, delays)
            }
            LoopSeen::Runs { since_s, in_call } => {
                self.free_s.insert(event_loop, since_s);
                let known = self.loops.get(&event_loop);
                let is_next = known.is_some_and(|it| (it.began_s - since_s).abs() > SAME_NUMBER_S);
                let told = match is_next {
                    true => self.end(event_loop, &name, since_s, delays),
                    false => None,
                };
                if in_call {
                    let iteration = self.loops.entry(event_loop);
                    let iteration = iteration.or_insert_with(|| Iteration::new(since_s, since_s));
                    iteration.seen_s = iteration.seen_s.max(clock_s.start);
                    iteration.delays = iteration.delays.or_else(delays);
                }
                told
            }
            LoopSeen::NotKnown => None,
        }
    }

    /// What a look tells whose ages are of `clock_s` of the process's own clock, and which began
    /// at `before_s`. What it saw was so at some time between the two. Light looks may have seen
    /// later moments.
    pub fn look(&mut self, process: &Process, before_s: f64, clock_s: f64) -> Vec<SlowStep> {
        self.is_looking = false;
        let index = Index::new(process);
        let mut told = Vec::new();
        for event_loop in &process.loops {
            let name = self.names.of(event_loop, &process.threads).to_owned();
            self.named.insert(event_loop.id, name.clone());
            let thread = event_loop.thread.and_then(|id| index.thread(id));
            match (event_loop.iteration_s, event_loop.state) {
                (Some(age_s), _) => {
                    let (began_s, what) = (clock_s - age_s, running(event_loop, thread, process));
                    told.extend(self.runs(event_loop.id, &name, began_s, before_s, what));
                }
                (None, LoopState::Polling | LoopState::Stopped) => {
                    told.extend(self.does_not_run(event_loop, &name, before_s..clock_s));
                }
                // It runs something, and since when was not the same twice.
                (None, _) => {}
            }
        }
        // These ended before.
        let ended = std::mem::take(&mut self.ended);
        let ended = ended.into_iter().map(|(_, _, step)| step);
        ended.chain(told).collect()
    }

    /// A whole look that began at `before_s` saw an iteration that began at `began_s`.
    fn runs(
        &mut self,
        event_loop: ItemId,
        name: &str,
        began_s: f64,
        before_s: f64,
        what: Running,
    ) -> Vec<SlowStep> {
        let is_it = |other_s: f64| (other_s - began_s).abs() <= SAME_ITERATION_S;
        // Light looks saw it end meanwhile.
        let mut ended = self.ended.iter_mut();
        if let Some((.., step)) = ended.find(|it| it.0 == event_loop && is_it(it.1)) {
            step.what = what;
            return Vec::new();
        }
        let free_s = self.free_s.get(&event_loop);
        if free_s.is_some_and(|free_s| *free_s > began_s + SAME_ITERATION_S) {
            return Vec::new();
        }
        let mut told = Vec::new();
        let known = self.loops.get(&event_loop);
        if known.is_some_and(|it| !is_it(it.began_s)) {
            told.extend(self.end(event_loop, name, began_s, &mut || None));
        }
        let iteration = self.loops.entry(event_loop);
        let seen_s = before_s.max(began_s);
        let iteration = iteration.or_insert_with(|| Iteration::new(began_s, seen_s));
        iteration.seen_s = iteration.seen_s.max(seen_s);
        iteration.proved_s = seen_s;
        if what.place.is_some() || iteration.what.place.is_none() {
            iteration.what = what;
        }
        let lasted_s = iteration.seen_s - iteration.began_s;
        if lasted_s >= LONG_S && !iteration.told {
            iteration.told = true;
            let what = iteration.what.clone();
            told.push(SlowStep {
                event_loop: name.to_owned(),
                lasted_s,
                at_most_s: None,
                what,
                delays: Delays::default(),
            });
        }
        told
    }

    /// A whole look saw at some time within `looked_s` that a loop runs no callback.
    fn does_not_run(
        &mut self,
        event_loop: &EventLoop,
        name: &str,
        looked_s: Range<f64>,
    ) -> Option<SlowStep> {
        let known = self.loops.get_mut(&event_loop.id)?;
        // Light looks saw one that may have begun after that.
        if known.began_s > looked_s.start {
            return None;
        }
        if event_loop.state == LoopState::Stopped || known.seen_s > looked_s.end {
            known.seen_s = known.proved_s;
        }
        self.end(event_loop.id, name, looked_s.end, &mut || None)
    }

    /// Ends the iteration of a loop, which polled `at_s` at the latest. Returns it if it is slow. It is
    /// told later if a whole look that is being taken may say what ran, or an earlier one waits for
    /// that.
    fn end(
        &mut self,
        event_loop: ItemId,
        name: &str,
        at_s: f64,
        delays: &mut dyn FnMut() -> Option<Delays>,
    ) -> Option<SlowStep> {
        let iteration = self.loops.remove(&event_loop)?;
        let lasted_s = iteration.seen_s - iteration.began_s;
        if lasted_s < self.slow_s {
            return None;
        }
        let delays = iteration
            .delays
            .and_then(|before| Some(delays()?.since(&before)));
        let step = SlowStep {
            event_loop: name.to_owned(),
            lasted_s,
            at_most_s: Some(at_s - iteration.began_s),
            what: iteration.what,
            delays: delays.unwrap_or_default(),
        };
        let is_named = step.what.place.is_some() && self.ended.is_empty();
        if self.is_looking && !is_named {
            self.ended.push((event_loop, iteration.began_s, step));
            return None;
        }
        Some(step)
    }
}

fn running(event_loop: &EventLoop, thread: Option<&Thread>, process: &Process) -> Running {
    let Some(thread) = thread else {
        return Running::default();
    };
    // Of a stack that changed only the outer frames may be there: then the callback is not.
    let frames = match thread.error {
        Some(_) => &[],
        None => &thread.frames[..],
    };
    let called_by = frames.iter().position(runs_callbacks).unwrap_or_default();
    let mut own = frames[..called_by].iter();
    let is_own = |frame: &&Frame| !frame.library && frame.file.is_some();
    let innermost = own.find(is_own);
    // The callback of a step of a task is a wrapper: the coroutine says more.
    let outermost = own.rfind(is_own).or(innermost);
    let named = || event_loop.batch.as_ref()?.callback.clone();
    Running {
        place: innermost.map(Place::of),
        callback: outermost.map(|it| it.qualname.to_string()).or_else(named),
        why: why(thread, process),
    }
}

/// Whether the frame is one of asyncio that calls callbacks (Lib/asyncio/events.py).
fn runs_callbacks(frame: &Frame) -> bool {
    let file = frame.file.as_deref().unwrap_or_default();
    frame.library && file.ends_with("asyncio/events.py")
}

fn why(thread: &Thread, process: &Process) -> String {
    match (thread.state, &thread.waits_for, &thread.syscall) {
        (ThreadState::Running | ThreadState::Unknown, ..) => "computes".to_owned(),
        (ThreadState::WaitingGil, ..) => waits_for_gil(thread, process),
        (ThreadState::Blocked, Some(wait), _) if !wait.summary.is_empty() => {
            format!("waits: {}", wait.summary)
        }
        (ThreadState::Blocked, _, Some(call)) => format!("in {call}"),
        (ThreadState::Blocked, ..) => "waits".to_owned(),
    }
}

/// That a thread waits for the GIL, and who has it, if that is known.
fn waits_for_gil(thread: &Thread, process: &Process) -> String {
    let others = process.threads.iter().filter(|it| it.id != thread.id);
    let mut of_same = others.filter(|it| it.interpreter == thread.interpreter);
    let Some(holder) = of_same.find(|it| it.holds_gil == Some(true)) else {
        return "waits for the GIL".to_owned();
    };
    let frames = match holder.error {
        Some(_) => &[],
        None => &holder.frames[..],
    };
    let own = frames.iter().find(|it| !it.library && it.file.is_some());
    let place = own.map(|frame| format!(" in {}", Place::of(frame).label()));
    let place = place.unwrap_or_default();
    format!("waits for the GIL, which {} has{place}", holder.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FrameKind;
    use crate::model::fixtures::{event_loop, frames, process, thread};

    fn unknown() -> Option<Delays> {
        None
    }

    /// A process whose loop has run one iteration for `age_s`, or polls.
    fn looked(age_s: Option<f64>) -> Process {
        let asyncio = "/usr/lib/python3.13/asyncio";
        let (base, events) = (
            format!("{asyncio}/base_events.py"),
            format!("{asyncio}/events.py"),
        );
        let chain = [
            ("<module>", "/srv/app.py", 90),
            ("_run_once", base.as_str(), 1),
            ("_run", events.as_str(), 1),
            ("serve", "/srv/app.py", 30),
            ("parse", "/srv/app.py", 50),
        ];
        let mut process = process("app.py");
        let mut its_loop = event_loop("loop:0x5", "thread:7");
        let mut main = thread(
            "thread:7",
            7,
            "MainThread",
            frames(&chain, FrameKind::Function),
        );
        its_loop.iteration_s = age_s;
        if age_s.is_some() {
            its_loop.state = LoopState::Running;
            main.state = ThreadState::Running;
        }
        process.loops.push(its_loop);
        process.threads.push(main);
        process
    }

    #[test]
    fn a_slow_step_is_told_once_it_is_over_with_its_bounds_and_its_line() {
        let mut steps = SlowSteps::new(0.05);
        assert_eq!(steps.look(&looked(Some(0.03)), 100.03, 100.03), []);
        assert_eq!(steps.look(&looked(Some(0.06)), 100.06, 100.06), []);
        let told = steps.look(&looked(None), 100.1, 100.1);
        let [step] = &told[..] else {
            panic!("{told:?}");
        };
        assert!((step.lasted_s - 0.06).abs() < 1e-9);
        assert!(step.at_most_s.is_some_and(|most| (most - 0.1).abs() < 1e-9));
        assert_eq!(step.event_loop, "#1 MainThread");
        let place = step.what.place.as_ref().unwrap();
        assert_eq!((&*place.name, place.line), ("parse", Some(50)));
        assert_eq!(step.what.callback.as_deref(), Some("serve"));
        assert_eq!(step.what.why, "computes");
        assert_eq!(steps.look(&looked(None), 100.2, 100.2), []);
    }

    #[test]
    fn a_whole_look_proves_a_step_up_to_the_begin_of_the_look() {
        let mut steps = SlowSteps::new(0.05);
        assert_eq!(steps.look(&looked(Some(0.06)), 100.02, 100.06), []);
        assert_eq!(steps.look(&looked(None), 100.07, 100.08), []);
    }

    #[test]
    fn a_stack_of_which_only_the_outer_frames_are_proved_names_no_line() {
        let mut cut = looked(Some(0.06));
        // The innermost two are those of the callback.
        cut.threads[0].frames.drain(..2);
        let mut steps = SlowSteps::new(0.05);
        assert_eq!(steps.look(&cut, 100.06, 100.06), []);
        let told = steps.look(&looked(None), 100.1, 100.1);
        assert!(
            matches!(&told[..], [step] if step.what.place.is_none()),
            "{told:?}"
        );
    }

    #[test]
    fn what_is_fast_is_not_told_and_the_next_iteration_ends_the_one_before() {
        let mut steps = SlowSteps::new(0.05);
        assert_eq!(steps.look(&looked(Some(0.04)), 100.04, 100.04), []);
        assert_eq!(steps.look(&looked(Some(0.06)), 100.2, 100.2), []);
        let told = steps.look(&looked(Some(0.01)), 100.3, 100.3);
        let lasted: Vec<f64> = told.iter().map(|it| it.lasted_s).collect();
        assert_eq!(lasted.len(), 1, "{told:?}");
        assert!((lasted[0] - 0.06).abs() < 1e-9);
    }

    #[test]
    fn a_long_step_is_told_while_it_runs_and_when_it_ends() {
        let mut steps = SlowSteps::new(0.05);
        assert_eq!(steps.look(&looked(Some(0.9)), 100.9, 100.9), []);
        let told = steps.look(&looked(Some(1.5)), 101.5, 101.5);
        assert!(
            matches!(&told[..], [step] if step.at_most_s.is_none()),
            "{told:?}"
        );
        assert_eq!(steps.look(&looked(Some(2.0)), 102.0, 102.0), []);
        let told = steps.look(&looked(None), 103.0, 103.0);
        assert!(
            matches!(&told[..], [step] if step.at_most_s == Some(3.0)),
            "{told:?}"
        );
    }

    const RUNS_SINCE_100: LoopSeen = LoopSeen::Runs {
        since_s: 100.0,
        in_call: true,
    };

    #[test]
    fn light_looks_bound_a_step_that_a_whole_look_named() {
        let mut steps = SlowSteps::new(0.05);
        let id = "loop:0x5".into();
        assert_eq!(
            steps.glimpse(id, RUNS_SINCE_100, &(100.01..100.01), &mut unknown),
            None
        );
        assert_eq!(steps.look(&looked(Some(0.03)), 100.03, 100.03), []);
        assert_eq!(
            steps.glimpse(id, RUNS_SINCE_100, &(100.058..100.059), &mut unknown),
            None
        );
        let told = steps.glimpse(id, LoopSeen::Polls, &(100.059..100.06), &mut unknown);
        let step = told.expect("a step of 58 ms is slow");
        assert!((step.lasted_s - 0.058).abs() < 1e-9);
        assert!(
            step.at_most_s
                .is_some_and(|most| (most - 0.06).abs() < 1e-9)
        );
        assert_eq!(step.what.why, "computes");
    }

    #[test]
    fn a_step_that_only_light_looks_saw_is_told_without_a_line() {
        let mut steps = SlowSteps::new(0.05);
        let id = "loop:0x5".into();
        // A whole look has to name the loop once.
        assert_eq!(steps.look(&looked(None), 99.0, 99.0), []);
        assert_eq!(
            steps.glimpse(id, RUNS_SINCE_100, &(100.02..100.02), &mut unknown),
            None
        );
        assert_eq!(
            steps.glimpse(id, RUNS_SINCE_100, &(100.06..100.06), &mut unknown),
            None
        );
        let next = LoopSeen::Runs {
            since_s: 100.08,
            in_call: false,
        };
        let told = steps.glimpse(id, next, &(100.1..100.1), &mut unknown);
        assert!(told.is_some_and(|step| {
            step.what.place.is_none()
                && step
                    .at_most_s
                    .is_some_and(|most| (most - 0.08).abs() < 1e-9)
        }));
    }

    #[test]
    fn what_may_have_ended_is_not_prolonged_and_a_stopped_loop_takes_light_looks_back() {
        let mut steps = SlowSteps::new(0.05);
        let id = "loop:0x5".into();
        let maybe = LoopSeen::Runs {
            since_s: 100.0,
            in_call: false,
        };
        assert_eq!(steps.look(&looked(Some(0.03)), 100.03, 100.03), []);
        assert_eq!(
            steps.glimpse(id, maybe, &(101.0..101.0), &mut unknown),
            None
        );
        assert_eq!(
            steps.glimpse(id, LoopSeen::Polls, &(102.0..102.0), &mut unknown),
            None
        );

        let mut steps = SlowSteps::new(0.05);
        assert_eq!(steps.look(&looked(Some(0.03)), 100.03, 100.03), []);
        assert_eq!(
            steps.glimpse(id, RUNS_SINCE_100, &(101.0..101.0), &mut unknown),
            None
        );
        let mut stopped = looked(None);
        stopped.loops[0].state = LoopState::Stopped;
        assert_eq!(steps.look(&stopped, 102.0, 102.0), []);
    }

    #[test]
    fn a_whole_look_names_a_step_that_light_looks_saw_end_meanwhile() {
        let mut steps = SlowSteps::new(0.05);
        let id = "loop:0x5".into();
        let next = LoopSeen::Runs {
            since_s: 100.1,
            in_call: true,
        };
        assert_eq!(steps.look(&looked(None), 99.0, 99.0), []);
        assert_eq!(
            steps.glimpse(id, RUNS_SINCE_100, &(100.06..100.06), &mut unknown),
            None
        );
        steps.look_begins();
        assert_eq!(
            steps.glimpse(id, LoopSeen::Polls, &(100.07..100.07), &mut unknown),
            None
        );
        assert_eq!(
            steps.glimpse(id, next, &(100.13..100.13), &mut unknown),
            None
        );
        let told = steps.look(&looked(Some(0.065)), 100.065, 100.065);
        let [step] = &told[..] else {
            panic!("{told:?}");
        };
        assert!((step.lasted_s - 0.06).abs() < 1e-9 && step.what.place.is_some());
        // The one that runs now is not touched by what was seen before it began.
        steps.look_begins();
        assert_eq!(steps.look(&looked(None), 100.09, 100.095), []);
        let told = steps.glimpse(id, LoopSeen::Polls, &(100.17..100.17), &mut unknown);
        assert_eq!(told, None);
    }

    #[test]
    fn a_whole_look_that_is_late_does_not_bring_an_iteration_back() {
        let mut steps = SlowSteps::new(0.05);
        let id = "loop:0x5".into();
        assert_eq!(steps.look(&looked(None), 99.0, 99.0), []);
        steps.look_begins();
        assert_eq!(
            steps.glimpse(id, LoopSeen::Polls, &(100.07..100.07), &mut unknown),
            None
        );
        assert_eq!(steps.look(&looked(Some(0.06)), 100.06, 100.06), []);
        assert_eq!(
            steps.glimpse(id, LoopSeen::Polls, &(100.2..100.2), &mut unknown),
            None
        );
        // One that cannot be taken keeps nothing back.
        assert_eq!(
            steps.glimpse(id, RUNS_SINCE_100, &(100.3..100.3), &mut unknown),
            None
        );
        steps.look_begins();
        assert_eq!(
            steps.glimpse(id, LoopSeen::Polls, &(100.4..100.4), &mut unknown),
            None
        );
        assert_eq!(steps.look_failed().len(), 1);
    }

    #[test]
    fn what_kept_the_thread_from_a_processor_is_told_and_who_has_the_gil() {
        let mut steps = SlowSteps::new(0.05);
        let id = "loop:0x5".into();
        let so_far = |waited_s, stopped_s| {
            move || {
                Some(Delays {
                    waited_s,
                    stopped_s,
                })
            }
        };
        let mut waits = looked(Some(0.03));
        waits.threads[0].state = ThreadState::WaitingGil;
        let mut other = thread(
            "thread:8",
            8,
            "cruncher",
            waits.threads[0].frames[..1].to_vec(),
        );
        other.holds_gil = Some(true);
        waits.threads.push(other);
        assert_eq!(steps.look(&looked(None), 99.0, 99.0), []);
        let before = &mut so_far(7.0, 3.0);
        assert_eq!(
            steps.glimpse(id, RUNS_SINCE_100, &(100.01..100.01), before),
            None
        );
        assert_eq!(steps.look(&waits, 100.03, 100.03), []);
        // Only the first is of before the step.
        let later = &mut so_far(7.03, 3.0);
        assert_eq!(
            steps.glimpse(id, RUNS_SINCE_100, &(100.07..100.07), later),
            None
        );
        let after = &mut so_far(7.05, 3.02);
        let told = steps.glimpse(id, LoopSeen::Polls, &(100.08..100.08), after);
        let step = told.expect("a step of 70 ms is slow");
        assert!((step.delays.waited_s - 0.03).abs() < 1e-9);
        assert!((step.delays.stopped_s - 0.02).abs() < 1e-9);
        assert_eq!(
            step.what.why,
            "waits for the GIL, which cruncher has in parse (app.py:50)"
        );
    }
}
