//! Judges a snapshot of `churn_tasks.py`: which states of the program are possible.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::snapshot::{Frame, Process, Task, Thread};

/// Functions of the program that belong to no worker.
const OTHERS: [&str; 9] = [
    "<module>",
    // The body of a class in what is imported.
    "Class",
    "main",
    "make_worker",
    "short",
    "churn_threads",
    "churn_imports",
    "churn_garbage",
    "churn_forks",
];

/// The edge from a task that is ready to the task that runs on its loop.
const LOOP: &str = "event-loop";

/// What one snapshot shows, judged.
pub struct Judged {
    pub consistency: String,
    /// Items with an error that are not marked.
    pub unread: usize,
    /// Items that are marked: they changed between two copies.
    pub marked: usize,
    pub items: usize,
    pub wrong: Vec<String>,
}

/// What a task is by its name: a worker or a child with the worker's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Worker(usize),
    Child(usize),
    /// Neither a worker nor a child.
    Other,
}

impl Role {
    fn of(name: &str) -> Self {
        let number = |text: &str| text.split('-').next()?.parse().ok();
        if let Some(number) = name.strip_prefix("w-").and_then(number) {
            return Self::Worker(number);
        }
        match name.strip_prefix("c-").and_then(number) {
            Some(number) => Self::Child(number),
            None => Self::Other,
        }
    }
}

/// Judges one snapshot. An item with an error of its own is only counted, and the
/// edges from and to it are not judged. Of a *running* snapshot nothing is judged.
pub fn judge(process: &Process, workers: usize, kinds: &[&str]) -> Judged {
    let mut judged = Judged {
        consistency: process.read.consistency.clone(),
        unread: 0,
        marked: 0,
        items: process.tasks.len() + process.threads.len(),
        wrong: Vec::new(),
    };
    let tasks = process.tasks.iter().filter(|task| is_unread(task));
    let threads = process.threads.iter().filter(|it| it.error.is_some());
    let errors = tasks
        .map(|task| task.error.as_deref().filter(|_| has_whole_stack(task)))
        .chain(threads.map(|thread| thread.error.as_deref()));
    let (marked, unread): (Vec<_>, Vec<_>) = errors.partition(|error| is_mark(*error));
    (judged.marked, judged.unread) = (marked.len(), unread.len());
    if process.read.consistency == "running" {
        if process.read.note.is_none() {
            judged.wrong.push("running, and it does not say why".into());
        }
        return judged;
    }
    let unread = process.tasks.iter().filter(|task| is_unread(task));
    let mut judge = Judge {
        by_id: BTreeMap::new(),
        unread: unread.map(|task| &*task.id).collect(),
        behind: BTreeSet::new(),
        living: BTreeMap::new(),
        wrong: &mut judged.wrong,
    };
    judge.identities(process, workers);
    judge.empty_workers(process);
    let behind = (process.edges.iter()).filter(|edge| edge.via == LOOP);
    judge.behind = behind.map(|edge| (&*edge.from, &*edge.to)).collect();
    for task in process.tasks.iter().filter(|task| !is_unread(task)) {
        judge.chain(task);
        judge.variables(task);
        judge.waiters(task);
    }
    judge.edges(process);
    for thread in &process.threads {
        judge.thread(thread, kinds);
    }
    judged
}

fn is_unread(task: &Task) -> bool {
    task.error.is_some() || !has_whole_stack(task)
}

fn has_whole_stack(task: &Task) -> bool {
    task.frames.iter().all(|frame| frame.error.is_none())
}

/// Whether the error says that the item changed between two copies. What else it says
/// comes from that change.
fn is_mark(error: Option<&str>) -> bool {
    error.is_some_and(|error| error.ends_with("it changed while it was read"))
}

/// The role of a function of the program, and the number of its worker.
fn function(frame: &Frame) -> Option<(&str, usize)> {
    let (role, number) = frame.function.rsplit_once('_')?;
    let number = number.parse().ok()?;
    ["leaf", "middle", "child", "worker"]
        .contains(&role)
        .then_some((role, number))
}

struct Judge<'a> {
    by_id: BTreeMap<&'a str, (&'a str, Role)>,
    /// Tasks with an error of their own.
    unread: BTreeSet<&'a str>,
    /// A task that is ready, and the task that its loop runs.
    behind: BTreeSet<(&'a str, &'a str)>,
    /// The children that are not done, by the number of their worker.
    living: BTreeMap<usize, &'a str>,
    wrong: &'a mut Vec<String>,
}

impl<'a> Judge<'a> {
    /// Every worker is there, and no task twice.
    fn identities(&mut self, process: &'a Process, workers: usize) {
        let mut missing: BTreeSet<usize> = (0..workers).collect();
        let mut unnamed = false;
        for task in &process.tasks {
            let role = Role::of(&task.name);
            if self.by_id.insert(&task.id, (&task.name, role)).is_some() {
                self.wrong.push(format!("{} is there twice", task.id));
            }
            match role {
                Role::Worker(number) if !missing.remove(&number) => {
                    self.wrong.push(format!("{} is there twice", task.name));
                }
                Role::Child(number) if task.state != "done" && !is_unread(task) => {
                    if let Some(other) = self.living.insert(number, &task.name) {
                        let both = format!("{other} and {} both live", task.name);
                        self.wrong.push(both);
                    }
                }
                // A task that is being created has no name yet.
                Role::Other if task.name.is_empty() && !std::mem::replace(&mut unnamed, true) => {}
                Role::Other if task.error.is_none() && !is_known(&task.name) => {
                    self.wrong.push(format!("{:?} is no task of it", task.name));
                }
                _ => {}
            }
        }
        if !missing.is_empty() {
            self.wrong.push(format!("{missing:?} are missing"));
        }
    }

    /// At most one worker is being entered or left, and is then on no stack; all
    /// others have a frame.
    fn empty_workers(&mut self, process: &Process) {
        let is_empty = |task: &&Task| {
            matches!(Role::of(&task.name), Role::Worker(_))
                && !is_unread(task)
                && !task.frames.iter().any(|frame| function(frame).is_some())
        };
        let count = process.tasks.iter().filter(is_empty).count();
        if count > 1 {
            self.wrong.push(format!("{count} workers have no frame"));
        }
    }

    /// A task of this name can have these frames, in this order.
    fn chain(&mut self, task: &Task) {
        let expected: &[&str] = match Role::of(&task.name) {
            Role::Worker(_) => &["worker"],
            Role::Child(_) => &["child", "middle", "leaf"],
            Role::Other => return,
        };
        let coroutine = expected[0];
        let own: Vec<_> = (task.frames.iter().rev()).filter_map(function).collect();
        let roles: Vec<_> = own.iter().map(|(role, _)| *role).collect();
        let stranger = own.iter().find(|(_, number)| {
            !matches!(Role::of(&task.name), Role::Worker(it) | Role::Child(it) if it == *number)
        });
        let inner = task.frames.iter().take(task.frames.len() - own.len());
        let whole = roles == expected
            && inner.clone().all(|frame| frame.function.contains("sleep"))
            && task.frames.len() <= expected.len() + 2;
        let legal = match &*task.state {
            "done" => expected.starts_with(&roles),
            // It stands at its await.
            "waiting" => whole,
            // It has not begun; or its coroutine is being entered or left at this
            // moment, and is on no stack.
            "ready" => whole || roles.is_empty() || roles == [coroutine],
            // It can be anywhere, also where a worker creates its next child.
            _ => expected.starts_with(&roles) || roles == ["worker", "child"],
        };
        let right_coroutine = task.coroutine.is_empty()
            || task
                .coroutine
                .rsplit_once('_')
                .is_some_and(|(role, number)| {
                    role == coroutine
                        && matches!(Role::of(&task.name),
                        Role::Worker(it) | Role::Child(it) if number == it.to_string())
                });
        if stranger.is_some() || !legal || !right_coroutine {
            let chain: Vec<_> = task.frames.iter().map(|frame| &*frame.function).collect();
            self.wrong.push(format!(
                "{} {} of {} has the chain {chain:?}",
                task.state, task.name, task.coroutine
            ));
        }
    }

    /// The variables of its frames are its own.
    fn variables(&mut self, task: &Task) {
        let (number, is_child) = match Role::of(&task.name) {
            Role::Worker(number) => (number.to_string(), false),
            Role::Child(number) => (number.to_string(), true),
            Role::Other => return,
        };
        let name = format!("'{}'", task.name);
        let own = task.frames.iter().filter(|frame| function(frame).is_some());
        for local in own.flat_map(|frame| frame.locals.iter().flatten()) {
            let wrong = match &*local.name {
                "number" => local.value != number,
                "name" if is_child => local.value != name,
                _ => false,
            };
            if wrong {
                let (local, value) = (&local.name, &local.value);
                let why = format!("in {} {} is {value}", task.name, local);
                self.wrong.push(why);
            }
        }
    }

    fn may_wait(from: Role, to: Role) -> bool {
        match (from, to) {
            (Role::Worker(worker), Role::Child(child)) => worker == child,
            (Role::Other, Role::Other) => true,
            _ => false,
        }
    }

    fn waiters(&mut self, task: &Task) {
        let sure = |id: &&String| !self.unread.contains(id.as_str());
        for waiter in task.awaited_by.iter().filter(sure) {
            let Some((name, role)) = self.by_id.get(&**waiter).copied() else {
                if waiter.starts_with("task:") {
                    let why = format!("{} is awaited by {waiter}, not there", task.name);
                    self.wrong.push(why);
                }
                continue;
            };
            let is_behind = self.behind.contains(&(&**waiter, &*task.id));
            if !is_behind && !Self::may_wait(role, Role::of(&task.name)) {
                let why = format!("{} is awaited by {name}", task.name);
                self.wrong.push(why);
            }
        }
    }

    /// A worker waits for at most one child, and only for its own.
    fn edges(&mut self, process: &Process) {
        let mut awaited = BTreeSet::new();
        for edge in process.edges.iter() {
            // A task that was awaited a moment ago has no callback yet: it is shown as
            // a future at the address of the task.
            let to = edge.to.replacen("future:", "task:", 1);
            let is_task = edge.to.starts_with("task:") || self.by_id.contains_key(&*to);
            let is_unread = self.unread.contains(&*edge.from) || self.unread.contains(&*to);
            if !edge.from.starts_with("task:") || !is_task || is_unread || edge.via == LOOP {
                continue;
            }
            let ends = [&edge.from, &to].map(|id| self.by_id.get(&**id).copied());
            let [Some((from, from_role)), Some((to, to_role))] = ends else {
                let why = format!("an edge {} -> {} of nobody", edge.from, edge.to);
                self.wrong.push(why);
                continue;
            };
            if !Self::may_wait(from_role, to_role) {
                self.wrong.push(format!("{from} waits for {to}"));
            }
            if !awaited.insert(from) {
                self.wrong.push(format!("{from} waits for several"));
            }
        }
        for worker in process.tasks.iter().filter(|it| it.state == "waiting") {
            let Role::Worker(number) = Role::of(&worker.name) else {
                continue;
            };
            // Only a child that lives counts: one that has just ended does not wake its
            // worker at once.
            let child = self.living.get(&number);
            if let Some(child) = child.filter(|_| !awaited.contains(&*worker.name))
                && !is_unread(worker)
            {
                let why = format!("{} does not wait for {child}", worker.name);
                self.wrong.push(why);
            }
        }
    }

    /// A thread has frames of at most one worker.
    fn thread(&mut self, thread: &Thread, kinds: &[&str]) {
        if thread.error.is_some() {
            return;
        }
        let numbers: BTreeSet<_> = (thread.frames.iter())
            .filter_map(function)
            .map(|(_, number)| number)
            .collect();
        let strange = thread.frames.iter().find(|frame| {
            !frame.library && function(frame).is_none() && !OTHERS.contains(&&*frame.function)
        });
        let ours = |frame: &Frame| function(frame).is_some() || frame.function == "main";
        let short_lived = thread.name.starts_with("t-");
        let mixed = short_lived && thread.frames.iter().any(ours);
        let known =
            short_lived && kinds.contains(&"threads") || !thread.frames.iter().any(is_short);
        if numbers.len() > 1 || strange.is_some() || mixed || !known {
            let stack: Vec<_> = thread.frames.iter().map(|frame| &*frame.function).collect();
            let why = format!("thread {:?} has the stack {stack:?}", thread.name);
            self.wrong.push(why);
        }
        for frame in &thread.frames {
            let owner = frame
                .owner
                .as_ref()
                .filter(|id| !self.unread.contains(&***id));
            let owner = owner.and_then(|id| self.by_id.get(&**id));
            let (Some((_, number)), Some((name, role))) = (function(frame), owner) else {
                continue;
            };
            if !matches!(*role, Role::Worker(it) | Role::Child(it) if it == number) {
                let why = format!("{} of a thread is said to be of {name}", frame.function);
                self.wrong.push(why);
            }
        }
    }
}

fn is_short(frame: &Frame) -> bool {
    frame.function == "short"
}

fn is_known(name: &str) -> bool {
    name.starts_with("Task-") || super::ALL.contains(&name)
}
