//! All that is known of the tasks and threads chosen by name.

use std::io;

use super::chain::{self, Extent};
use super::layout::{Para, Piece, Role, Row};
use super::{Page, threads, wait};
use crate::model::describe::{age, due};
use crate::model::{ExceptionInfo, ItemId, Task, TaskState, Thread};
use crate::plain_text;
use crate::report::Choice;
use crate::report::index::{loop_label, task_label};

impl Page<'_, '_> {
    pub(super) fn details(&mut self, choice: &Choice) -> io::Result<()> {
        self.header()?;
        let process = self.process;
        for task in choice
            .tasks
            .iter()
            .filter_map(|&index| process.tasks.get(index))
        {
            self.task(task)?;
        }
        for thread in choice
            .threads
            .iter()
            .filter_map(|&index| process.threads.get(index))
        {
            self.thread(thread)?;
        }
        Ok(())
    }

    fn task(&mut self, task: &Task) -> io::Result<()> {
        let mut title = Para::words(Role::Heading, "TASK").hanging(2);
        title.say(Role::Name, &task_label(task));
        title.say(Role::Dim, &task.id.to_string());
        self.para(&title)?;
        let mut rows = Rows::default();
        let mut state = wait::state(task, self.index);
        if task.state == TaskState::Waiting {
            state
                .units
                .splice(..0, Para::words(Role::Dim, "waits for").units);
        }
        rows.add("state", vec![state.hanging(2)]);
        if let Some(waits) = &task.waits_for {
            if waits.type_name != waits.summary {
                rows.add("object", vec![Para::words(Role::Plain, &waits.type_name)]);
            }
            rows.ids("held by", &waits.holders, self);
            if let Some(ahead) = waits.waiters_ahead {
                rows.add(
                    "in queue",
                    vec![Para::words(Role::Plain, &format!("{ahead} before it"))],
                );
            }
            if let Some(since) = waits.since_s {
                rows.add(
                    "waits since",
                    vec![Para::words(Role::Plain, &format!("{} ago", age(since)))],
                );
            }
            if let Some(left) = waits.remaining_s {
                rows.add("timer due", vec![Para::words(Role::Plain, &due(left))]);
            }
            if let Some(peer) = &waits.peer {
                rows.add("peer", vec![Para::words(Role::Plain, peer)]);
            }
        }
        let edges = self.index.edges_from(task.id).iter().map(|edge| {
            let mut para = Para::words(Role::Plain, &self.index.label(edge.to));
            para.say(Role::Dim, &format!("({})", edge.via));
            para
        });
        rows.add("behind", edges.collect());
        rows.ids("awaited by", &task.awaited_by, self);
        let mut coroutine = Para::words(Role::Plain, &task.coroutine);
        coroutine.say(Role::Dim, &format!("({})", task.type_name));
        rows.add("coroutine", vec![coroutine]);
        let event_loop = task.event_loop.and_then(|id| self.index.event_loop(id));
        if let Some(event_loop) = event_loop {
            rows.add(
                "loop",
                vec![Para::words(
                    Role::Plain,
                    &loop_label(event_loop, self.index),
                )],
            );
        }
        rows.add(
            "frames",
            chain::listed(&task.frames, self.index, Extent::Uncut),
        );
        if let Some(created) = &task.created_at {
            rows.add(
                "created at",
                chain::listed(created, self.index, Extent::Uncut),
            );
        }
        if let Some(raised) = &task.exception {
            rows.add("exception", self.exception(raised));
        }
        rows.add(
            "error",
            task.error
                .as_deref()
                .map(chain::unreadable)
                .into_iter()
                .collect(),
        );
        self.rows(&rows.0)
    }

    fn exception(&self, raised: &ExceptionInfo) -> Vec<Para> {
        let mut para = Para::words(Role::Bad, &format!("{}:", raised.type_name));
        para.say(Role::Plain, &raised.message);
        if !raised.retrieved {
            para.say(Role::Bad, "(never retrieved)");
        }
        let mut paras = vec![para];
        paras.extend(chain::listed(&raised.frames, self.index, Extent::Uncut));
        paras
    }

    fn thread(&mut self, thread: &Thread) -> io::Result<()> {
        let mut title = Para::words(Role::Heading, "THREAD").hanging(2);
        title.say(Role::Name, &plain_text::name(&thread.name));
        title.say(Role::Dim, &thread.native_id.to_string());
        self.para(&title)?;
        let mut rows = Rows::default();
        rows.add(
            "state",
            vec![threads::state(thread, self.index, false).hanging(2)],
        );
        rows.add(
            "frames",
            chain::listed(&thread.frames, self.index, Extent::Uncut),
        );
        rows.add(
            "error",
            thread
                .error
                .as_deref()
                .map(chain::unreadable)
                .into_iter()
                .collect(),
        );
        self.rows(&rows.0)
    }
}

/// Named fields; those without content are left out.
#[derive(Default)]
struct Rows(Vec<Row>);

impl Rows {
    fn add(&mut self, field: &str, body: Vec<Para>) {
        if !body.is_empty() {
            self.0.push(Row {
                label: vec![Piece::new(Role::Dim, field)],
                body,
                ..Row::default()
            });
        }
    }

    fn ids(&mut self, field: &str, ids: &[ItemId], page: &Page) {
        if !ids.is_empty() {
            self.add(
                field,
                vec![Para::words(Role::Plain, &wait::names(ids, page.index))],
            );
        }
    }
}
