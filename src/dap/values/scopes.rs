//! `scopes`: the variables of a frame, and what the snapshot says of its thread or
//! task.

use std::sync::Arc;

use super::nodes::{Fact, Node};
use super::opened_process::OpenedProcess;
use crate::dap::protocol::types::Scope;
use crate::dap::view::{Actor, FrameOf, View};
use crate::model::describe::{age, due};
use crate::model::{
    FrameLocation, ItemId, LoopState, Outcome, Reference, Task, TaskState, Thread, ThreadState,
    Wait,
};
use crate::plain_text;

/// Names of a list that are shown; the others are only counted.
const MAX_NAMES: usize = 50;

/// What the scopes of a frame are made from.
#[derive(Debug, Clone)]
pub struct ScopeSource {
    /// Where its variables are; `None` for labels and native frames.
    pub place: Option<FrameLocation>,
    /// Whether its variables are those of its module.
    pub is_module: bool,
    pub facts: Arc<[Fact]>,
    pub is_task: bool,
}

impl ScopeSource {
    /// The source for a frame of `actor`; `frame` is `None` for a label of its
    /// stack. `since` says how long a task has waited.
    pub fn new(view: &View, actor: Actor, frame: Option<FrameOf>, since: Option<String>) -> Self {
        let found = frame.and_then(|frame| view.frame(frame));
        Self {
            place: found.and_then(|frame| frame.place),
            is_module: found.is_some_and(|frame| frame.function == "<module>"),
            facts: match actor {
                Actor::Task(index) => task_facts(view, view.task(index), since),
                Actor::Thread(index) => thread_facts(view, view.thread(index)),
            }
            .into(),
            is_task: matches!(actor, Actor::Task(_)),
        }
    }
}

impl OpenedProcess {
    /// The scopes of a frame.
    pub fn scopes(&mut self, source: ScopeSource) -> Vec<Scope> {
        let mut scopes = Vec::new();
        if let Some(place) = source.place {
            scopes.push(Scope {
                name: "Locals",
                presentation_hint: Some("locals"),
                variables_reference: self.reference(Node::Locals(place)),
                expensive: false,
            });
            if !source.is_module {
                scopes.push(Scope {
                    name: "Globals",
                    presentation_hint: None,
                    variables_reference: self.reference(Node::Globals(place)),
                    expensive: true,
                });
            }
        }
        scopes.push(Scope {
            name: match source.is_task {
                true => "Wait",
                false => "Thread",
            },
            presentation_hint: None,
            variables_reference: self.reference(Node::Facts(source.facts)),
            expensive: false,
        });
        scopes
    }
}

fn fact(name: &'static str, value: impl Into<String>) -> Fact {
    Fact {
        name: name.into(),
        value: value.into(),
        ..Fact::default()
    }
}

/// A line with a list: one value as it is, several as children of their number.
fn list(name: &'static str, mut values: Vec<String>) -> Option<Fact> {
    match values.len() {
        0 => None,
        1 => values.pop().map(|value| fact(name, value)),
        count => {
            values.truncate(MAX_NAMES);
            let shown = values.join(", ");
            Some(Fact {
                name: name.into(),
                value: plain_text::cut(&format!("{count}: {shown}"), 160).into_owned(),
                object: None,
                children: values,
            })
        }
    }
}

/// `wait_reason`: one word for why a task does not go on.
pub fn reason_word(task: &Task) -> &str {
    match (task.state, task.outcome) {
        (TaskState::Running, _) => "running",
        (TaskState::Ready, _) => "runnable",
        (TaskState::Done, Some(Outcome::Exception)) => "failed",
        (TaskState::Done, Some(Outcome::Cancelled)) => "cancelled",
        (TaskState::Done, _) => "completed",
        (TaskState::Waiting, _) => match &task.waits_for {
            Some(wait) => wait.kind.as_str(),
            None => "unknown",
        },
    }
}

/// What a task does, or waits for, in one sentence.
pub fn summary(view: &View, task: &Task) -> String {
    match (task.state, &task.exception) {
        (TaskState::Waiting, _) => match view.words.reason(task.id) {
            Some(reason) => format!("waits for {reason}"),
            None => "waits for something that is not known".to_owned(),
        },
        (TaskState::Ready, _) if task.started == Some(false) => {
            "has not begun: it starts when its loop turns".to_owned()
        }
        (TaskState::Ready, _) => "goes on when its loop turns".to_owned(),
        (TaskState::Running, _) => "runs now".to_owned(),
        (TaskState::Done, Some(exception)) => {
            let text = format!("ended with {}: {}", exception.type_name, exception.message);
            plain_text::cut(&plain_text::clean(&text), 200).into_owned()
        }
        (TaskState::Done, None) => match task.outcome {
            Some(Outcome::Cancelled) => "was cancelled".to_owned(),
            _ => "ended with a result".to_owned(),
        },
    }
}

fn task_facts(view: &View, task: &Task, since: Option<String>) -> Vec<Fact> {
    let mut facts = vec![
        fact("summary", summary(view, task)),
        fact("wait_reason", reason_word(task)),
    ];
    if let Some(wait) = &task.waits_for {
        facts.extend(wait_facts(view, task.id, wait));
    }
    let exact = task.waits_for.as_ref().and_then(|wait| wait.since_s);
    let since = exact.map(|since| format!("{} ago", age(since))).or(since);
    facts.extend(since.map(|since| fact("since", since)));
    for guard in &task.guards {
        let value = format!("{} {}", guard.kind, due(guard.remaining_s));
        facts.push(fact("timeout", value));
    }
    if task.cancelling > 0 || task.must_cancel {
        let value = match task.must_cancel {
            true => "requested, not delivered yet".to_owned(),
            false => format!("requested {} times, and still waiting", task.cancelling),
        };
        facts.push(fact("cancel", value));
    }
    facts.extend(list("awaited_by", labels(view, &task.awaited_by)));
    for (index, diagnosis) in view.process.diagnoses.iter().enumerate() {
        let names = diagnosis.tasks.contains(&task.id);
        if names && index < MAX_NAMES {
            facts.push(fact(
                "diagnosis",
                format!("{}: {}", diagnosis.kind, diagnosis.summary),
            ));
        }
    }
    facts.push(Fact {
        name: "task".into(),
        value: format!("{} ({})", view.words.label(task.id), task.id),
        object: object_address(task.id),
        children: Vec::new(),
    });
    if let Some(event_loop) = task.event_loop {
        facts.push(loop_fact(view, event_loop));
    }
    facts
}

/// The names of these items.
fn labels(view: &View, ids: &[ItemId]) -> Vec<String> {
    let label = |id: &ItemId| view.words.label(*id).into_owned();
    ids.iter().map(label).collect()
}

fn wait_facts(view: &View, waiter: ItemId, wait: &Wait) -> Vec<Fact> {
    let label = |id: ItemId| view.words.label(id).into_owned();
    let mut facts = Vec::new();
    if let Some(id) = wait.resource {
        let mut resources = view.process.resources.iter();
        let resource = resources.find(|resource| resource.id == id);
        facts.push(Fact {
            name: "waits_for".into(),
            value: match resource {
                Some(resource) => format!("{} ({})", label(id), resource.type_name),
                None => label(id),
            },
            object: object_address(id),
            children: Vec::new(),
        });
        if let Some(resource) = resource {
            let taken = resource.taken_at.iter().map(|taken| {
                let line = taken
                    .line
                    .map_or_else(String::new, |line| format!(":{line}"));
                format!("{} in {}{line}", label(taken.by), taken.function)
            });
            facts.extend(list("taken_at", taken.collect()));
        }
        // The holders end the wait for what is held. Any other wait is ended by
        // something that refers to the resource.
        let wakers: Vec<String> = match wait.holders.as_slice() {
            [] => (view.process.references.iter())
                .filter(|reference| reference.to == id)
                .map(|reference| referrer(view, reference))
                .collect(),
            holders => labels(view, holders),
        };
        facts.push(
            list("can_wake_it", wakers)
                .unwrap_or_else(|| fact("can_wake_it", "nobody that refers to it was found")),
        );
    } else if let Some(reason) = view.words.reason(waiter) {
        let value = match wait.type_name.as_str() {
            "" => reason.to_owned(),
            type_name => format!("{reason} ({type_name})"),
        };
        facts.push(fact("waits_for", value));
    }
    facts.extend(list("holder", labels(view, &wait.holders)));
    if let Some(ahead) = wait.waiters_ahead {
        facts.push(fact("waiters_ahead", ahead.to_string()));
    }
    if let Some(left) = wait.remaining_s {
        let value = match left < 0.0 {
            true => format!("overdue by {:.1} s", -left),
            false => format!("{left:.1} s"),
        };
        facts.push(fact("remaining", value));
    }
    facts.extend(wait.peer.as_ref().map(|peer| fact("peer", peer.as_str())));
    if let (Some(done), Some(total)) = (wait.done, wait.total) {
        facts.push(fact("progress", format!("{done}/{total} done")));
    }
    facts
}

fn referrer(view: &View, reference: &Reference) -> String {
    let label = view.words.referrer(&reference.from);
    match reference.due_s {
        Some(due) => format!("{label} in {due:.1} s ({})", reference.path),
        None => format!("{label} ({})", reference.path),
    }
}

fn thread_facts(view: &View, thread: &Thread) -> Vec<Fact> {
    let state = match thread.state {
        ThreadState::Running => "running",
        ThreadState::Blocked => "blocked",
        ThreadState::WaitingGil => "waits for the GIL",
        ThreadState::Unknown => "unknown",
    };
    let mut facts = vec![fact("state", state)];
    if let Some(reason) = view.words.reason(thread.id) {
        facts.push(fact("summary", format!("waits for {reason}")));
    }
    facts.push(fact(
        "gil",
        match thread.holds_gil {
            Some(true) => "held by this thread",
            Some(false) => "not held",
            None => "there is none, or it is not known",
        },
    ));
    if let Some(call) = &thread.syscall {
        facts.push(fact("system_call", call.as_str()));
    }
    if let Some(wait) = &thread.waits_for {
        facts.extend(wait_facts(view, thread.id, wait));
    }
    if let Some(event_loop) = thread.event_loop {
        facts.push(loop_fact(view, event_loop));
    }
    if let Some(task) = thread.task {
        facts.push(fact("task", view.words.label(task)));
    }
    if let Some(seconds) = thread.cpu_s {
        facts.push(fact("cpu", format!("{seconds:.2} s")));
    }
    if let Some(daemon) = thread.daemon {
        facts.push(fact("daemon", if daemon { "yes" } else { "no" }));
    }
    facts.push(fact("native_id", thread.native_id.to_string()));
    facts
}

fn loop_fact(view: &View, id: ItemId) -> Fact {
    let mut loops = view.process.loops.iter();
    let label = view.words.label(id).into_owned();
    let value = match loops.find(|event_loop| event_loop.id == id) {
        Some(event_loop) => {
            let state = match event_loop.state {
                LoopState::Polling => "polling",
                LoopState::Blocked => "blocked",
                LoopState::Running => "running",
                LoopState::Stopped => "stopped",
            };
            let class = event_loop.class_name.rsplit('.').next().unwrap_or_default();
            let count = |name: &str, number: Option<u64>| {
                number.map_or_else(String::new, |number| format!(", {number} {name}"))
            };
            let since = event_loop.since().map_or_else(String::new, |since| {
                let position = since.position.as_ref();
                let position = position.map(|position| format!(" ({position})"));
                format!(" {}{}", since.lasts, position.unwrap_or_default())
            });
            format!(
                "{label} {class}: {state}{since}{}{}",
                count("ready", event_loop.ready),
                count("timers", event_loop.timers)
            )
        }
        None => label,
    };
    Fact {
        name: "loop".into(),
        value,
        object: object_address(id),
        children: Vec::new(),
    }
}

/// The address of the object that an id stands for; `None` for what the kernel
/// keeps.
fn object_address(id: ItemId) -> Option<u64> {
    match id {
        ItemId::Task(addr)
        | ItemId::Loop(addr)
        | ItemId::Coroutine(addr)
        | ItemId::Resource(_, addr) => Some(addr),
        ItemId::Thread(_) | ItemId::Process(_) | ItemId::File(..) => None,
    }
}
