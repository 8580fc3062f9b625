//! What can be true of a `churn_tasks.py`, and what cannot.

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

/// How those that are ready wait for the one that runs, whose ever it is.
const LOOP: &str = "event-loop";

/// What one snapshot shows, judged.
pub struct Seen {
    pub consistency: String,
    pub unread: usize,
    pub items: usize,
    pub wrong: Vec<String>,
}

/// Whose a task is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Worker(usize),
    Child(usize),
    /// Of none of the workers.
    Other,
}

impl Whose {
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

/// Judges one snapshot. What is torn by its own word is only counted, and so is
/// what leads to it or comes from it.
pub fn judge(process: &Process, workers: usize, kinds: &[&str]) -> Seen {
    let mut seen = Seen {
        consistency: process.read.consistency.clone(),
        unread: 0,
        items: process.tasks.len() + process.threads.len(),
        wrong: Vec::new(),
    };
    let failed = process.tasks.iter().filter(|task| is_unread(task)).count();
    let lost = (process.threads.iter()).filter(|thread| thread.error.is_some());
    seen.unread = failed + lost.count();
    if process.read.consistency == "running" {
        if process.read.note.is_none() {
            seen.wrong.push("running, and it does not say why".into());
        }
        return seen;
    }
    let unread = process.tasks.iter().filter(|task| is_unread(task));
    let mut judge = Judge {
        by_id: BTreeMap::new(),
        unread: unread.map(|task| &*task.id).collect(),
        behind: BTreeSet::new(),
        living: BTreeMap::new(),
        wrong: &mut seen.wrong,
    };
    judge.identities(process, workers);
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
    seen
}

fn is_unread(task: &Task) -> bool {
    task.error.is_some() || task.frames.iter().any(|frame| frame.error.is_some())
}

/// The worker that a function of the program belongs to, and which one it is.
fn function(frame: &Frame) -> Option<(&str, usize)> {
    let (role, number) = frame.function.rsplit_once('_')?;
    let number = number.parse().ok()?;
    ["leaf", "middle", "child", "worker"]
        .contains(&role)
        .then_some((role, number))
}

struct Judge<'a> {
    by_id: BTreeMap<&'a str, (&'a str, Whose)>,
    /// Tasks that say of themselves that they could not be read.
    unread: BTreeSet<&'a str>,
    /// Who is ready, and whose step its loop is busy with.
    behind: BTreeSet<(&'a str, &'a str)>,
    /// The children that are not done, by the number of their worker.
    living: BTreeMap<usize, &'a str>,
    wrong: &'a mut Vec<String>,
}

impl<'a> Judge<'a> {
    /// Everybody is there, and nobody twice.
    fn identities(&mut self, process: &'a Process, workers: usize) {
        let mut missing: BTreeSet<usize> = (0..workers).collect();
        let mut unnamed = false;
        for task in &process.tasks {
            let whose = Whose::of(&task.name);
            if self.by_id.insert(&task.id, (&task.name, whose)).is_some() {
                self.wrong.push(format!("{} is there twice", task.id));
            }
            match whose {
                Whose::Worker(number) if !missing.remove(&number) => {
                    self.wrong.push(format!("{} is there twice", task.name));
                }
                Whose::Child(number) if task.state != "done" && !is_unread(task) => {
                    if let Some(other) = self.living.insert(number, &task.name) {
                        let both = format!("{other} and {} both live", task.name);
                        self.wrong.push(both);
                    }
                }
                // One that is being made has no name yet.
                Whose::Other if task.name.is_empty() && !std::mem::replace(&mut unnamed, true) => {}
                Whose::Other if task.error.is_none() && !is_known(&task.name) => {
                    self.wrong.push(format!("{:?} is no task of it", task.name));
                }
                _ => {}
            }
        }
        if !missing.is_empty() {
            self.wrong.push(format!("{missing:?} are missing"));
        }
    }

    /// The frames are those that a task of this name can have, in their order.
    fn chain(&mut self, task: &Task) {
        let expected: &[&str] = match Whose::of(&task.name) {
            Whose::Worker(_) => &["worker"],
            Whose::Child(_) => &["child", "middle", "leaf"],
            Whose::Other => return,
        };
        let coroutine = expected[0];
        let own: Vec<_> = (task.frames.iter().rev()).filter_map(function).collect();
        let roles: Vec<_> = own.iter().map(|(role, _)| *role).collect();
        let stranger = own.iter().find(|(_, number)| {
            !matches!(Whose::of(&task.name), Whose::Worker(it) | Whose::Child(it) if it == *number)
        });
        let inner = task.frames.iter().take(task.frames.len() - own.len());
        let whole = roles == expected
            && inner.clone().all(|frame| frame.function.contains("sleep"))
            && task.frames.len() <= expected.len() + 2;
        let legal = match &*task.state {
            "done" => expected.starts_with(&roles),
            // It has run to its await, or not at all.
            "waiting" => whole,
            // One that has not begun; or whose coroutine is being entered or
            // left right now, when it is on no stack.
            "ready" => whole || roles.is_empty() || roles == [coroutine],
            // Anywhere, also where a worker is about to make its next child.
            _ => expected.starts_with(&roles) || roles == ["worker", "child"],
        };
        let right_coroutine = task.coroutine.is_empty()
            || task
                .coroutine
                .rsplit_once('_')
                .is_some_and(|(role, number)| {
                    role == coroutine
                        && matches!(Whose::of(&task.name),
                        Whose::Worker(it) | Whose::Child(it) if number == it.to_string())
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
        let (number, is_child) = match Whose::of(&task.name) {
            Whose::Worker(number) => (number.to_string(), false),
            Whose::Child(number) => (number.to_string(), true),
            Whose::Other => return,
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

    fn may_wait(from: Whose, to: Whose) -> bool {
        match (from, to) {
            (Whose::Worker(worker), Whose::Child(child)) => worker == child,
            (Whose::Other, Whose::Other) => true,
            _ => false,
        }
    }

    fn waiters(&mut self, task: &Task) {
        let sure = |id: &&String| !self.unread.contains(id.as_str());
        for waiter in task.awaited_by.iter().filter(sure) {
            let Some((name, whose)) = self.by_id.get(&**waiter).copied() else {
                if waiter.starts_with("task:") {
                    let why = format!("{} is awaited by {waiter}, not there", task.name);
                    self.wrong.push(why);
                }
                continue;
            };
            let is_behind = self.behind.contains(&(&**waiter, &*task.id));
            if !is_behind && !Self::may_wait(whose, Whose::of(&task.name)) {
                let why = format!("{} is awaited by {name}", task.name);
                self.wrong.push(why);
            }
        }
    }

    /// Who waits for whom: one child at most, of one's own.
    fn edges(&mut self, process: &Process) {
        let mut awaited = BTreeSet::new();
        for edge in process.edges.iter() {
            // What was awaited just now has no callback yet: it is said to be a
            // future at the address of the task that it is.
            let to = edge.to.replacen("future:", "task:", 1);
            let is_task = edge.to.starts_with("task:") || self.by_id.contains_key(&*to);
            let is_unread = self.unread.contains(&*edge.from) || self.unread.contains(&*to);
            if !edge.from.starts_with("task:") || !is_task || is_unread || edge.via == LOOP {
                continue;
            }
            let ends = [&edge.from, &to].map(|id| self.by_id.get(&**id).copied());
            let [Some((from, from_whose)), Some((to, to_whose))] = ends else {
                let why = format!("an edge {} -> {} of nobody", edge.from, edge.to);
                self.wrong.push(why);
                continue;
            };
            if !Self::may_wait(from_whose, to_whose) {
                self.wrong.push(format!("{from} waits for {to}"));
            }
            if !awaited.insert(from) {
                self.wrong.push(format!("{from} waits for several"));
            }
        }
        for worker in process.tasks.iter().filter(|it| it.state == "waiting") {
            let Whose::Worker(number) = Whose::of(&worker.name) else {
                continue;
            };
            // A child that has just ended does not wake its worker at once.
            let child = self.living.get(&number);
            if let Some(child) = child.filter(|_| !awaited.contains(&*worker.name))
                && !is_unread(worker)
            {
                let why = format!("{} does not wait for {child}", worker.name);
                self.wrong.push(why);
            }
        }
    }

    /// The frames of a thread are those of one worker at most.
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
            let (Some((_, number)), Some((name, whose))) = (function(frame), owner) else {
                continue;
            };
            if !matches!(*whose, Whose::Worker(it) | Whose::Child(it) if it == number) {
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
