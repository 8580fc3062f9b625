//! The list of tasks, and the list of coroutines that no task runs.

use std::io;
use std::sync::Arc;

use super::chain::{self, Extent};
use super::layout::{Para, Piece, Role, Row, Unit};
use super::tree::{self, Node};
use super::{Page, frame_filter, grouped_digits, wait};
use crate::model::{Coroutine, CoroutineState, Frame, Framework, Task, TaskState};
use crate::plain_text;
use crate::report::index::{address, loop_label, short, task_label};

/// Rows laid out together. This bounds the memory for a very long list.
const BATCH: usize = 2_000;
/// With more tasks than this, only the first rows of grouped tasks are listed.
const CROWD: usize = 500;
/// The number of these rows.
const CROWD_ROWS: usize = 18;
/// Coroutines that are listed.
const MAX_COROUTINES: usize = 10;

impl Page<'_, '_> {
    pub(super) fn tasks(&mut self) -> io::Result<()> {
        let tasks = &self.process.tasks;
        if tasks.is_empty() && !self.process.asyncio_imported {
            return Ok(());
        }
        let group = self.options.groups(tasks.len());
        let nodes = tree::arrange(self.process, self.index, group);
        self.heading("TASKS", &(tally(tasks) + &self.lines_in()))?;
        if nodes.len() < tasks.len() {
            let hint = "equal chains share a row: --group-above 0 lists all, --task NAME opens one";
            self.para(&Para::words(Role::Dim, hint).indented(2))?;
        }
        let (nodes, left_out) = match group && tasks.len() > CROWD {
            true => nodes.split_at(nodes.len().min(CROWD_ROWS)),
            false => (nodes.as_slice(), [].as_slice()),
        };
        let several_loops = self.process.loops.len() > 1;
        for nodes in nodes.chunk_by(|a, b| a.event_loop == b.event_loop) {
            if several_loops {
                let event_loop = nodes[0].event_loop.map(|at| &self.process.loops[at]);
                let title = match event_loop {
                    Some(event_loop) => format!("loop {}", loop_label(event_loop, self.index)),
                    None => "loop not known".to_owned(),
                };
                self.para(&Para::words(Role::Dim, &title).indented(1))?;
            }
            for batch in nodes.chunks(BATCH) {
                let rows: Vec<Row> = batch.iter().map(|node| self.task_row(node)).collect();
                self.rows(&rows)?;
            }
        }
        if left_out.is_empty() {
            return Ok(());
        }
        let more: usize = left_out.iter().map(|node| node.tasks.len()).sum();
        let text = format!("and {} more tasks", grouped_digits(more));
        self.para(&Para::words(Role::Dim, &text).indented(2))
    }

    /// The file of the lines that are printed without a file.
    fn lines_in(&self) -> String {
        let own = |frame: &Frame| frame.file.as_deref() == self.index.home();
        let mut frames = (self.process.task_stacks()).flat_map(|(frames, _)| frames);
        match self.index.home() {
            Some(home) if frames.any(own) => {
                format!(
                    " (:line is in {})",
                    plain_text::name(chain::base_name(home))
                )
            }
            _ => String::new(),
        }
    }

    fn task_row(&self, node: &Node) -> Row {
        let tasks: Vec<&Task> = (node.tasks.iter())
            .map(|&index| &*self.process.tasks[index])
            .collect();
        let mut label: Unit = vec![Piece::new(Role::Dim, &node.branch)];
        let first = tasks[0];
        let frames = match self.options.all_frames {
            true => &first.frames,
            false => frame_filter::of_task(first),
        };
        let notes = if tasks.len() == 1 {
            label.push(Piece::new(Role::Name, own_label(first)));
            wait::notes(first, self.index)
        } else {
            label.push(Piece::new(
                Role::Name,
                format!("{} x", grouped_digits(tasks.len())),
            ));
            wait::group_notes(&tasks, self.index)
        };
        Row {
            label,
            rail: node.rail.clone(),
            body: self.frames(frames, Some(&first.coroutine)),
            notes,
        }
    }

    /// Frames as the options want them.
    pub(super) fn frames(&self, frames: &[Frame], coroutine: Option<&str>) -> Vec<Para> {
        let extent = match (self.options.all_frames, self.options.locals) {
            (true, _) => Extent::All,
            (false, true) => Extent::Folded,
            (false, false) => return vec![chain::compact(frames, coroutine, self.index)],
        };
        let listed = chain::listed(frames, self.index, extent);
        match (listed.is_empty(), coroutine) {
            (true, Some(coroutine)) => vec![Para::words(Role::Dim, coroutine)],
            _ => listed,
        }
    }

    pub(super) fn coroutines(&mut self) -> io::Result<()> {
        let coroutines = &self.process.coroutines;
        if coroutines.is_empty() {
            return Ok(());
        }
        self.heading(
            "COROUTINES",
            &format!("{} without a task", grouped_digits(coroutines.len())),
        )?;
        let mut listed: Vec<&Coroutine> = coroutines.iter().collect();
        listed.sort_by_key(|one| one.frames.iter().all(|frame| frame.library));
        let shown = match self.options.group_above {
            0 => listed.len(),
            _ => MAX_COROUTINES,
        };
        let rows: Vec<Row> = (listed.iter().take(shown))
            .map(|one| self.coroutine_row(one))
            .collect();
        self.rows(&rows)?;
        match listed.len().saturating_sub(shown) {
            0 => Ok(()),
            more => {
                let text = format!("and {} more (--group-above 0)", grouped_digits(more));
                self.para(&Para::words(Role::Dim, &text).indented(2))
            }
        }
    }

    fn coroutine_row(&self, coroutine: &Coroutine) -> Row {
        let state = match (coroutine.state, coroutine.event_loop) {
            (CoroutineState::Created, Some(event_loop)) => {
                format!("not started, queued on {}", self.index.label(event_loop))
            }
            (CoroutineState::Created, None) => "never started".to_owned(),
            (CoroutineState::AsyncGenerator, _) => "suspended async generator".to_owned(),
            (CoroutineState::Suspended, _) => "suspended".to_owned(),
        };
        let mut note = Para::words(Role::Plain, &state).hanging(2);
        if let (Some(holder), None) = (&coroutine.referenced_by, &coroutine.event_loop) {
            note.glue(Role::Plain, ",");
            note.say(Role::Dim, "kept in");
            note.say(Role::Plain, holder);
        }
        let body = match coroutine.frames.as_slice() {
            // The label names the function.
            [only] if !self.options.locals && only.error.is_none() => {
                vec![Para::words(Role::Location, &chain::location(only))]
            }
            frames => self.frames(frames, None),
        };
        Row {
            label: vec![Piece::new(Role::Name, short(&coroutine.qualname))],
            body,
            notes: vec![note],
            ..Row::default()
        }
    }
}

/// The task's name, or its address beside a chain that names the coroutine.
fn own_label(task: &Task) -> String {
    match task.name.is_empty() {
        true => address(task.id),
        false => task_label(task),
    }
}

/// `6: 4 waiting, 1 ready, 1 done`, or `6 of trio, all waiting`.
fn tally(tasks: &[Arc<Task>]) -> String {
    let total = grouped_digits(tasks.len());
    let mut total = total;
    let of_others = [
        (Framework::Trio, "of trio"),
        (Framework::Greenlet, "greenlets"),
    ];
    for (framework, words) in of_others {
        let of_it = |task: &&Arc<Task>| task.framework == framework;
        match tasks.iter().filter(of_it).count() {
            0 => {}
            1 if tasks.len() == 1 && framework == Framework::Greenlet => {
                total.push_str(" greenlet");
            }
            all if all == tasks.len() => total = format!("{total} {words}"),
            some => total = format!("{total} ({} {words})", grouped_digits(some)),
        }
    }
    let kinds = [
        (TaskState::Running, "running"),
        (TaskState::Ready, "ready"),
        (TaskState::Waiting, "waiting"),
        (TaskState::Done, "done"),
    ];
    let counts: Vec<(usize, &str)> = kinds
        .iter()
        .map(|(state, word)| {
            (
                tasks.iter().filter(|task| task.state == *state).count(),
                *word,
            )
        })
        .filter(|(count, _)| *count > 0)
        .collect();
    match counts.as_slice() {
        [] => total,
        [(1, word)] => format!("{total}, {word}"),
        [(_, word)] => format!("{total}, all {word}"),
        counts => {
            let counts = counts
                .iter()
                .map(|(count, word)| format!("{} {word}", grouped_digits(*count)));
            format!("{total}: {}", counts.collect::<Vec<_>>().join(", "))
        }
    }
}
