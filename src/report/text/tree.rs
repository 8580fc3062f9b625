//! The order in which tasks are listed: each under the task that awaits it, equal
//! tasks together.

use rustc_hash::FxHashMap;

use crate::model::{Frame, ItemId, Process, Task, TaskState, WaitKind};
use crate::report::Index;

/// Deeper tasks are numbered instead of indented further.
const MAX_INDENT: usize = 6;

/// One row of the list: a task, or several that do the same.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Indexes in the process's list of tasks; never empty.
    pub tasks: Vec<usize>,
    /// Index of the task that it is listed under.
    pub parent: Option<usize>,
    /// Index of the loop that the task at the root belongs to.
    pub event_loop: Option<usize>,
    /// Drawn before the name.
    pub branch: String,
    /// Drawn before the lines below.
    pub rail: String,
}

/// Every task once: roots in the process's order, grouped by their loop, each
/// followed by the tasks that it awaits. With `group`, tasks that have the same
/// parent and do the same share a row.
pub(super) fn arrange(process: &Process, index: &Index, group: bool) -> Vec<Node> {
    let children = children(process, index);
    let mut has_parent = vec![false; process.tasks.len()];
    for &child in children.iter().flatten() {
        has_parent[child] = true;
    }
    let mut listed = vec![false; process.tasks.len()];
    let mut nodes = Vec::new();
    let (mut roots, cyclic): (Vec<usize>, Vec<usize>) =
        (0..process.tasks.len()).partition(|&task| !has_parent[task]);
    let loop_of = |task: usize| index.position(process.tasks[task].event_loop?);
    roots.sort_by_key(|&task| loop_of(task));
    let mut walk = Walk {
        process,
        children: &children,
        listed: &mut listed,
        nodes: &mut nodes,
        group,
    };
    for roots in roots.chunk_by(|&a, &b| loop_of(a) == loop_of(b)) {
        walk.descend(roots.to_vec(), loop_of(roots[0]));
    }
    for task in cyclic {
        walk.descend(vec![task], loop_of(task));
    }
    nodes
}

fn children(process: &Process, index: &Index) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); process.tasks.len()];
    for edge in process.edges.iter() {
        if edge.via.is_parent_to_child()
            && let (Some(from), Some(to)) = (
                task_position(index, edge.from),
                task_position(index, edge.to),
            )
            && from != to
        {
            children[from].push(to);
        }
    }
    children
}

/// The task's position in the process's list.
fn task_position(index: &Index, id: ItemId) -> Option<usize> {
    index.task(id).and_then(|_| index.position(id))
}

struct Walk<'a> {
    process: &'a Process,
    children: &'a [Vec<usize>],
    listed: &'a mut [bool],
    nodes: &'a mut Vec<Node>,
    group: bool,
}

/// A row that is not listed yet.
struct Pending {
    tasks: Vec<usize>,
    parent: Option<usize>,
    depth: usize,
    /// The rails of the rows above it.
    lead: String,
    last: bool,
}

impl Walk<'_> {
    /// Lists these roots, all of one loop, and all below them.
    fn descend(&mut self, roots: Vec<usize>, event_loop: Option<usize>) {
        let mut stack = self.pending(roots, None, 0, "");
        while let Some(row) = stack.pop() {
            let (branch, below) = match row.depth {
                0 => (String::new(), String::new()),
                depth => {
                    let (corner, rail) = if row.last {
                        ("└─ ", "   ")
                    } else {
                        ("├─ ", "│  ")
                    };
                    let deep = if depth > MAX_INDENT {
                        format!("({depth}) ")
                    } else {
                        String::new()
                    };
                    let below = if depth < MAX_INDENT { rail } else { "" };
                    (
                        format!("{}{corner}{deep}", row.lead),
                        format!("{}{below}", row.lead),
                    )
                }
            };
            let below_tasks = row
                .tasks
                .iter()
                .flat_map(|&task| self.children[task].iter().copied());
            let below_rows = self.pending(
                below_tasks.collect(),
                row.tasks.first().copied(),
                row.depth + 1,
                &below,
            );
            let rail = if below_rows.is_empty() {
                below
            } else {
                format!("{below}│")
            };
            stack.extend(below_rows);
            self.nodes.push(Node {
                tasks: row.tasks,
                parent: row.parent,
                event_loop,
                branch,
                rail,
            });
        }
    }

    /// Rows for those of the tasks that have none yet, in reverse order: the stack
    /// gives the first one first.
    fn pending(
        &mut self,
        tasks: Vec<usize>,
        parent: Option<usize>,
        depth: usize,
        lead: &str,
    ) -> Vec<Pending> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut by_likeness: FxHashMap<Likeness, usize> = FxHashMap::default();
        let mut stacks = Stacks::default();
        for task in tasks {
            if std::mem::replace(&mut self.listed[task], true) {
                continue;
            }
            if !self.group {
                groups.push(vec![task]);
                continue;
            }
            let at = *by_likeness
                .entry(likeness(&self.process.tasks[task], &mut stacks))
                .or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.push(task),
                None => groups.push(vec![task]),
            }
        }
        let count = groups.len();
        let rows = groups.into_iter().enumerate().map(|(at, tasks)| Pending {
            tasks,
            parent,
            depth,
            lead: lead.to_owned(),
            last: at + 1 == count,
        });
        rows.rev().collect()
    }
}

/// What two tasks must have in common to share a row.
#[derive(Hash, PartialEq, Eq)]
struct Likeness<'a> {
    coroutine: &'a str,
    state: TaskState,
    started: Option<bool>,
    outcome: Option<u8>,
    exception: Option<(&'a str, &'a str, bool)>,
    cancelling: (u64, bool),
    event_loop: Option<ItemId>,
    wait: Option<WaitKind>,
    stack: usize,
    error: Option<&'a str>,
}

/// Function, file and line of each frame of a stack.
type Lines<'a> = Vec<(&'a str, Option<&'a str>, Option<u32>)>;

/// A number for each stack. Equal stacks have the same one.
#[derive(Default)]
struct Stacks<'a> {
    numbers: FxHashMap<Lines<'a>, usize>,
    /// The same numbers by the address of the frames, which most tasks share.
    known: FxHashMap<*const Frame, usize>,
}

impl<'a> Stacks<'a> {
    fn number(&mut self, frames: &'a [Frame]) -> usize {
        *self.known.entry(frames.as_ptr()).or_insert_with(|| {
            let lines = frames
                .iter()
                .map(|frame| (&*frame.qualname, frame.file.as_deref(), frame.line));
            let next = self.numbers.len();
            *self.numbers.entry(lines.collect()).or_insert(next)
        })
    }
}

fn likeness<'a>(task: &'a Task, stacks: &mut Stacks<'a>) -> Likeness<'a> {
    Likeness {
        coroutine: &task.coroutine,
        state: task.state,
        started: task.started,
        outcome: task.outcome.map(|outcome| outcome as u8),
        exception: (task.exception.as_ref())
            .map(|raised| (&*raised.type_name, &*raised.message, raised.retrieved)),
        cancelling: (task.cancelling, task.must_cancel),
        event_loop: task.event_loop,
        wait: task.waits_for.as_ref().map(|wait| wait.kind),
        stack: stacks.number(&task.frames),
        error: task.error.as_deref(),
    }
}
