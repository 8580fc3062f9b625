//! What is known of a process: a fold over looks at it.

use std::collections::VecDeque;
use std::sync::Arc;

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use super::growth::Growth;
use super::loops::Loops;
use super::resources::Resources;
use super::steps::Steps;
use super::tasks::Tasks;
use super::threads::Threads;
use super::waits::{self, Node};
use super::words;
use crate::model::{Culprit, Diagnosis, Frame, Index, ItemId, Process, TaskState, Verdict};
use crate::plain_text::clean;
use crate::profile;

/// Coroutines whose growth is followed.
const MAX_GROUPS: usize = 2_000;
/// Times of looks that the rate is taken from.
const MAX_LOOKED: usize = 32;
/// Fewer gaps between looks say nothing of their rate.
const FEW_GAPS: usize = 4;

/// How many tasks are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// On the stack of a thread.
    pub running: usize,
    /// Can go on.
    pub ready: usize,
    /// Wait.
    pub waiting: usize,
}

impl Counts {
    /// All that have not ended.
    pub const fn all(self) -> usize {
        self.running + self.ready + self.waiting
    }

    /// Adds a task.
    pub const fn add(&mut self, state: TaskState) {
        match state {
            TaskState::Running => self.running += 1,
            TaskState::Ready => self.ready += 1,
            TaskState::Waiting => self.waiting += 1,
            TaskState::Done => {}
        }
    }
}

/// A verdict, and when it was made.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The line that is the cause.
    pub culprit: Option<Culprit>,
    /// When.
    pub at_s: f64,
}

/// The variables of a task.
#[derive(Debug, Clone)]
pub struct Variables {
    /// The task.
    pub task: ItemId,
    /// Its frames with their variables. `None` if they were not the same twice.
    pub frames: Option<Arc<[Frame]>>,
    /// When they were read.
    pub at_s: f64,
}

/// What the looks cost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Looks a second that were asked for.
    pub asked: f64,
    /// Part of a processor that this program uses.
    pub own_cpu: f64,
}

/// Everything that is known of a process.
#[derive(Debug, Clone, Default)]
pub struct TopState {
    /// `app.py, pid 4242, CPython 3.13.0`. Printable.
    pub title: String,
    /// Its tasks.
    pub tasks: Tasks,
    /// Its threads.
    pub threads: Threads,
    /// Its resources.
    pub resources: Resources,
    /// Its loops, and the GIL.
    pub loops: Loops,
    /// The steps that were met.
    pub steps: Steps,
    /// Tasks by state, at the last look.
    pub counts: Counts,
    /// How the number of tasks grows.
    pub growth: Growth,
    /// The same for each coroutine.
    pub groups: FxHashMap<ArcStr, Growth>,
    /// Who waits for whom.
    pub waits: Vec<Node>,
    /// The last verdict. `None` until the first was made.
    pub judged: Option<Judged>,
    /// The variables that were read last.
    pub variables: Option<Variables>,
    /// Whether the build has no GIL.
    pub free_threaded: bool,
    /// What the looks cost.
    pub cost: Cost,
    /// Looks at everything.
    pub looks: u64,
    /// Tasks that changed while the last look read them.
    pub rejected: usize,
    /// When it ended.
    pub ended_s: Option<f64>,
    /// Why it cannot be read any more. `None` while it can.
    pub failed: Option<String>,
    /// The time of the latest look.
    pub now_s: f64,
    /// The time now.
    pub clock_s: f64,
    /// The times of the last looks at everything.
    looked: VecDeque<f64>,
}

impl TopState {
    /// Adds a look at everything, taken at this time.
    pub fn look(&mut self, process: &Process, at_s: f64) {
        self.arrive(at_s);
        let index = Index::new(process);
        let version = clean(&process.python.version);
        self.title = format!(
            "{}, pid {}, CPython {version}{}{}",
            words::short(profile::script(&process.command)),
            process.pid,
            if process.python.free_threaded {
                "t"
            } else {
                ""
            },
            if process.python.debug { "d" } else { "" },
        );
        self.free_threaded = process.python.free_threaded;
        self.tasks.look(process, &index, at_s);
        self.threads.look(process, &index, at_s);
        self.resources.look(process, &index, at_s);
        self.count(process, at_s);
        self.waits = waits::nodes(process, &index);
        self.rejected = process.tasks.iter().filter(|it| it.error.is_some()).count();
        self.looks += 1;
        self.looked.push_back(at_s);
        if self.looked.len() > MAX_LOOKED {
            self.looked.pop_front();
        }
    }

    /// Adds a light look: only threads and loops were read.
    pub fn light_look(&mut self, process: &Process, at_s: f64) {
        self.arrive(at_s);
        self.loops.light_look(process, at_s);
        self.tasks.light_look(process, at_s);
        self.steps.light_look(process, &mut self.tasks, at_s);
    }

    /// Adds a verdict.
    pub fn judge(&mut self, verdict: Verdict, findings: &[Diagnosis], at_s: f64) {
        self.arrive(at_s);
        self.judged = Some(Judged {
            verdict,
            culprit: findings.first().and_then(|it| it.culprit.clone()),
            at_s,
        });
    }

    /// The process has ended.
    pub fn end(&mut self, at_s: f64) {
        self.ended_s.get_or_insert(at_s);
    }

    /// It cannot be read any more.
    pub fn fail(&mut self, why: &str) {
        self.failed = Some(clean(why).into_owned());
    }

    /// Looks at everything a second. `None` before there are enough of them.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = (self.looked.front()?, self.looked.back()?);
        let gaps = self.looked.len().saturating_sub(1);
        (gaps >= FEW_GAPS && last > first).then(|| gaps as f64 / (last - first))
    }

    /// The rate is another from now on.
    pub fn forget_rate(&mut self) {
        self.looked.clear();
    }

    /// Forgets what is not of now.
    pub fn reset(&mut self) {
        self.tasks.reset(self.now_s);
        self.resources.reset();
        self.loops.reset();
        self.steps.reset();
        self.growth = Growth::default();
        self.groups.clear();
    }

    fn arrive(&mut self, at_s: f64) {
        self.now_s = self.now_s.max(at_s);
        self.failed = None;
    }

    fn count(&mut self, process: &Process, at_s: f64) {
        let mut counts = Counts::default();
        let mut groups: FxHashMap<&ArcStr, usize> = FxHashMap::default();
        for task in &process.tasks {
            counts.add(task.state);
            if task.state != TaskState::Done {
                *groups.entry(&task.coroutine).or_default() += 1;
            }
        }
        self.counts = counts;
        self.growth.add(at_s, counts.all());
        self.groups.retain(|coroutine, growth| {
            let here = groups.remove(coroutine).unwrap_or_default();
            growth.add(at_s, here);
            here > 0 || growth.grown().is_some_and(|(grown, _)| grown != 0)
        });
        for (coroutine, count) in groups {
            if self.groups.len() >= MAX_GROUPS {
                break;
            }
            let mut growth = Growth::default();
            // A coroutine that is new had no task at the look before.
            if self.looks > 0 {
                growth.add(at_s - 1.0, 0);
            }
            growth.add(at_s, count);
            self.groups.insert(coroutine.clone(), growth);
        }
    }
}
