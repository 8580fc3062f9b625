//! The threads of a process from look to look.

use std::collections::VecDeque;

use super::tasks::KEPT_S;
use super::words;
use crate::model::{IdMap, Index, Process, Thread, ThreadState, WaitKind};

/// Seconds over which the use of a processor is counted.
const CPU_WINDOW_S: f64 = 5.0;

/// One thread over all looks.
#[derive(Debug, Clone)]
pub struct ThreadEntry {
    /// The thread at the last look.
    pub thread: Thread,
    /// Since when each look has found it in the same wait.
    pub same_s: f64,
    /// When the last look found it.
    pub seen_s: f64,
    /// When a look did not find it any more.
    pub ended_s: Option<f64>,
    /// What it waits for, or the call that it is in.
    pub waits_for: String,
    /// Who holds that, or the peer.
    pub holder: String,
    /// The task that it runs, or its loop.
    pub runs: String,
    /// The line where it is.
    pub line: String,
    /// All its texts in lower case.
    pub search: String,
    /// Its processor time at the looks of the last seconds.
    cpu: VecDeque<(f64, f64)>,
}

/// All threads that are there, or ended a moment ago.
#[derive(Debug, Clone, Default)]
pub struct Threads(IdMap<ThreadEntry>);

impl Threads {
    /// Adds a look, light or not.
    pub fn look(&mut self, process: &Process, index: &Index<'_>, at_s: f64) {
        for thread in &process.threads {
            match self.0.get_mut(&thread.id) {
                Some(entry) if entry.ended_s.is_none() => entry.look(thread, index, at_s),
                _ => {
                    self.0
                        .insert(thread.id, ThreadEntry::new(thread, index, at_s));
                }
            }
        }
        self.0.retain(|_, entry| {
            if entry.ended_s.is_none() && entry.seen_s < at_s {
                entry.ended_s = Some(at_s);
            }
            entry.ended_s.is_none_or(|ended_s| at_s - ended_s < KEPT_S)
        });
    }

    /// All of them.
    pub fn all(&self) -> impl ExactSizeIterator<Item = &ThreadEntry> {
        self.0.values()
    }

    /// One of them.
    pub fn get(&self, id: crate::model::ItemId) -> Option<&ThreadEntry> {
        self.0.get(&id)
    }

    /// Processors that the threads use together. `None` until two looks are far enough apart.
    pub fn cpu(&self) -> Option<f64> {
        let used: Vec<f64> = self.0.values().filter_map(ThreadEntry::cpu).collect();
        (!used.is_empty()).then(|| used.iter().sum())
    }
}

impl ThreadEntry {
    fn new(thread: &Thread, index: &Index<'_>, at_s: f64) -> Self {
        let mut entry = Self {
            thread: thread.clone(),
            same_s: at_s,
            seen_s: at_s,
            ended_s: None,
            waits_for: String::new(),
            holder: String::new(),
            runs: String::new(),
            line: String::new(),
            search: String::new(),
            cpu: VecDeque::new(),
        };
        entry.add_cpu(at_s);
        entry.put_into_words(index);
        entry
    }

    fn look(&mut self, thread: &Thread, index: &Index<'_>, at_s: f64) {
        if !is_same_wait(&self.thread, thread) {
            self.same_s = at_s;
        }
        self.thread = thread.clone();
        self.seen_s = at_s;
        self.add_cpu(at_s);
        self.put_into_words(index);
    }

    /// The part of a processor that it uses. `None` if that is not known.
    pub fn cpu(&self) -> Option<f64> {
        let (from_s, before) = self.cpu.front()?;
        let (to_s, after) = self.cpu.back()?;
        let passed = to_s - from_s;
        (passed > 0.2 && self.ended_s.is_none()).then(|| (after - before).max(0.0) / passed)
    }

    /// Seconds for which it had waited at the last look, and whether that is exact. `None` if it
    /// does not wait.
    pub fn lasted(&self) -> Option<(f64, bool)> {
        if self.thread.state != ThreadState::Blocked {
            return None;
        }
        let since_s = self.thread.waits_for.as_ref().and_then(|it| it.since_s);
        Some(match since_s {
            Some(since_s) => (since_s, true),
            None => (self.seen_s - self.same_s, false),
        })
    }

    /// What it does, in a word.
    pub const fn state(&self) -> &'static str {
        match (self.ended_s, self.thread.state) {
            (Some(_), _) => "ended",
            (None, ThreadState::Running) => "running",
            (None, ThreadState::Blocked) => "waiting",
            (None, ThreadState::WaitingGil) => "wants GIL",
            (None, ThreadState::Unknown) => words::UNKNOWN,
        }
    }

    fn add_cpu(&mut self, at_s: f64) {
        let Some(cpu_s) = self.thread.cpu_s else {
            return;
        };
        self.cpu.push_back((at_s, cpu_s));
        // The one before the window began is its beginning.
        while self
            .cpu
            .get(1)
            .is_some_and(|(it, _)| at_s - it > CPU_WINDOW_S)
        {
            self.cpu.pop_front();
        }
    }

    fn put_into_words(&mut self, index: &Index<'_>) {
        let thread = &self.thread;
        let event_loop = thread.event_loop.and_then(|id| index.event_loop(id));
        let polls = thread.task.is_none()
            && event_loop.is_some_and(|it| it.state == crate::model::LoopState::Polling);
        let wait = thread.waits_for.as_ref();
        // The name of the call says more than the kind of these waits.
        let wait = wait.filter(|it| it.kind != WaitKind::Process || it.resource.is_some());
        self.waits_for = match (thread.state, wait, &thread.syscall) {
            (ThreadState::Blocked, _, _) if polls => "events of its loop".to_owned(),
            (ThreadState::Blocked, Some(wait), _) => words::waits_for(wait, index),
            (ThreadState::Blocked, None, Some(call)) => format!("in {}", words::short(call)),
            (ThreadState::WaitingGil, ..) => "the GIL".to_owned(),
            _ => String::new(),
        };
        self.holder = wait.map_or(String::new(), |wait| words::holder(wait, index));
        self.runs = match (thread.task, thread.event_loop) {
            (Some(id), _) | (None, Some(id)) => words::label(id, index),
            (None, None) => String::new(),
        };
        self.line = match thread.error {
            Some(_) => String::new(),
            None => words::line(&thread.frames),
        };
        self.search = format!(
            "{} {} {} {} {} {}",
            words::short(&thread.name),
            thread.native_id,
            self.waits_for,
            self.holder,
            self.runs,
            self.line
        )
        .to_lowercase();
    }
}

/// Whether the wait is the same: the kernel counts how often a thread has begun to wait.
fn is_same_wait(before: &Thread, after: &Thread) -> bool {
    let counted = match (before.waits_begun, after.waits_begun) {
        (Some(before), Some(after)) => before == after,
        _ => before.frames == after.frames,
    };
    counted && before.state == after.state && before.syscall == after.syscall
}
