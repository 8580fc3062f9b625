//! The list of threads.

use std::io;

use rustc_hash::FxHashMap;

use super::layout::{Para, Piece, Role, Row};
use super::{Page, chain, frame_filter, grouped_digits, wait};
use crate::model::{Thread, ThreadState, Wait, WaitKind};
use crate::plain_text::name;
use crate::report::Index;

impl Page<'_, '_> {
    pub(super) fn threads(&mut self) -> io::Result<()> {
        let threads = &self.process.threads;
        self.heading("THREADS", &grouped_digits(threads.len()))?;
        let groups = alike(threads, self.options.groups(threads.len()));
        let rows: Vec<Row> = groups.iter().map(|group| self.thread_row(group)).collect();
        self.rows(&rows)
    }

    fn thread_row(&self, group: &[&Thread]) -> Row {
        let first = group[0];
        let frames = match self.options.all_frames {
            true => &first.frames,
            false => frame_filter::of_thread(first, self.index),
        };
        let in_step = frames.iter().any(|frame| frame.owner.is_some());
        let mut notes = vec![state(first, self.index, in_step).hanging(2)];
        let label = if group.len() == 1 {
            vec![
                Piece::new(Role::Name, name(&first.name)),
                Piece::new(Role::Dim, format!(" {}", first.native_id)),
            ]
        } else {
            let example = format!("e.g. {} {}", name(&first.name), first.native_id);
            notes.push(Para::words(Role::Dim, &example));
            vec![Piece::new(
                Role::Name,
                format!("{} x", grouped_digits(group.len())),
            )]
        };
        notes.extend(first.error.as_deref().map(chain::unreadable));
        Row {
            label,
            body: self.frames(frames, None),
            notes,
            ..Row::default()
        }
    }
}

/// What the thread does now. With `in_step`, its frames name the task that runs
/// in it, so that neither the task nor its wait is named again.
pub(super) fn state(thread: &Thread, index: &Index, in_step: bool) -> Para {
    let wait = thread.waits_for.as_ref().filter(|_| !in_step);
    let mut para = match (thread.state, &thread.syscall) {
        (ThreadState::Blocked, _) if wait.is_some_and(names_more) => {
            Para::words(Role::Plain, &wait::reason(thread.id, index))
        }
        (ThreadState::Running, _) => Para::words(Role::Good, "running"),
        (ThreadState::Blocked, Some(syscall)) => Para::words(Role::Plain, &format!("in {syscall}")),
        (ThreadState::Blocked, None) => Para::words(Role::Plain, "blocked"),
        (ThreadState::WaitingGil, _) => {
            let holders = wait.map_or(&[][..], |wait| &wait.holders);
            let held = holders.first().map(|id| index.label(*id));
            let held = held.map_or(String::new(), |holder| format!(", held by {holder}"));
            Para::words(Role::Plain, &format!("waits for the GIL{held}"))
        }
        (ThreadState::Unknown, _) => Para::words(Role::Dim, "state not known"),
    };
    let mut add = |text: &str| {
        para.glue(Role::Plain, ",");
        para.say(Role::Plain, text);
    };
    if thread.holds_gil == Some(true) {
        add("holds the GIL");
    }
    if let Some(event_loop) = thread.event_loop {
        add(&format!("runs {}", index.label(event_loop)));
    }
    if let Some(task) = thread.task.filter(|_| !in_step) {
        add(&format!("in task {}", index.label(task)));
    }
    if thread.daemon == Some(true) {
        add("daemon");
    }
    if thread.interpreter != 0 {
        add(&format!("interpreter {}", thread.interpreter));
    }
    para
}

/// Whether the wait says more than the name of the system call does.
pub(super) fn names_more(wait: &Wait) -> bool {
    !matches!(wait.kind, WaitKind::Sleep | WaitKind::Process) || wait.resource.is_some()
}

/// Threads in their order. With `group`, threads that do the same share an entry.
fn alike(threads: &[Thread], group: bool) -> Vec<Vec<&Thread>> {
    let mut groups: Vec<Vec<&Thread>> = Vec::new();
    let mut known = FxHashMap::default();
    for thread in threads {
        let frames: Vec<_> = (thread.frames.iter())
            .map(|frame| (&frame.qualname, &frame.file, frame.line, &frame.owner))
            .collect();
        let likeness = (
            (
                thread.state as u8,
                &thread.syscall,
                thread.holds_gil,
                thread.daemon,
            ),
            (&thread.event_loop, &thread.task, &thread.error),
            (thread.interpreter, frames),
        );
        let fresh = groups.len();
        let at = if group {
            *known.entry(likeness).or_insert(fresh)
        } else {
            fresh
        };
        match groups.get_mut(at) {
            Some(group) => group.push(thread),
            None => groups.push(vec![thread]),
        }
    }
    groups
}
