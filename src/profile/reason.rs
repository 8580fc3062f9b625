//! Why an activity does not run, in words that do not change while it waits.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::text_enum::UnknownText;
use crate::model::{Index, Item, ItemId, Thread, ThreadState, Wait, WaitKind, describe};

/// How the names of the calls begin in which loops poll.
const POLLING: [&str; 3] = ["epoll", "poll", "ppoll"];

/// The kind of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// A wait that was explained.
    Wait(WaitKind),
    /// A loop waits in its selector for events.
    Select,
    /// A system call of which only the name is known.
    Call,
    /// Nothing is known of it.
    Unknown,
}

impl ReasonKind {
    /// The word for it in all formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wait(kind) => kind.as_str(),
            Self::Select => "select",
            Self::Call => "call",
            Self::Unknown => "unknown",
        }
    }
}

impl FromStr for ReasonKind {
    type Err = UnknownText;

    fn from_str(text: &str) -> Result<Self, UnknownText> {
        let others = [Self::Select, Self::Call, Self::Unknown];
        match others.into_iter().find(|kind| kind.as_str() == text) {
            Some(kind) => Ok(kind),
            None => text.parse().map(Self::Wait),
        }
    }
}

/// Why an activity does not run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// The kind.
    pub kind: ReasonKind,
    /// What is waited for, without numbers that change: `asyncio.Lock Account.lock`. Empty where
    /// the kind says all.
    pub text: String,
}

impl Reason {
    /// The kind and the text: `lock: asyncio.Lock Account.lock`, `timer`.
    pub fn label(&self) -> String {
        match self.text.is_empty() {
            true => self.kind.as_str().to_owned(),
            false => format!("{}: {}", self.kind.as_str(), self.text),
        }
    }

    /// The reason of a wait of a task or thread.
    pub fn of_wait(wait: &Wait, index: &Index<'_>) -> Self {
        Self {
            kind: ReasonKind::Wait(wait.kind),
            text: text_of(wait, index),
        }
    }

    /// The reason why a thread is blocked. `index` is only asked for where it is needed.
    pub fn of_thread<'i>(
        thread: &Thread,
        polls: bool,
        index: &dyn Fn() -> &'i Index<'i>,
    ) -> Option<Self> {
        if polls {
            return Some(Self {
                kind: ReasonKind::Select,
                text: "events of its loop".to_owned(),
            });
        }
        if thread.state != ThreadState::Blocked {
            return None;
        }
        // While a task runs, its loop does not poll: the call is of another moment than the stack.
        let is_poll = |call: &String| POLLING.iter().any(|name| call.starts_with(name));
        if thread.task.is_some()
            && thread.waits_for.is_none()
            && thread.syscall.as_ref().is_some_and(is_poll)
        {
            return None;
        }
        Some(match (&thread.waits_for, &thread.syscall) {
            (Some(wait), _) => Self::of_wait(wait, index()),
            (None, Some(call)) => Self {
                kind: ReasonKind::Call,
                text: call.clone(),
            },
            (None, None) => Self {
                kind: ReasonKind::Unknown,
                text: String::new(),
            },
        })
    }
}

fn text_of(wait: &Wait, index: &Index<'_>) -> String {
    match wait.kind {
        // The kind says all.
        WaitKind::Timer
        | WaitKind::Sleep
        | WaitKind::Idle
        | WaitKind::Gather
        | WaitKind::Wait
        | WaitKind::AsCompleted
        | WaitKind::TaskGroup => return String::new(),
        _ => {}
    }
    if let Some(resource) = wait.resource.and_then(|id| index.resource(id)) {
        let title = match &wait.peer {
            Some(peer) if resource.kind.is_file() => peer.to_string(),
            // What a file of the kernel says of itself has numbers that change.
            None if resource.kind.is_file() => resource.type_name.to_string(),
            _ => describe::title(resource),
        };
        let holder = match &wait.holders[..] {
            [only] if resource.kind.is_lock() => name_of(*only, index),
            _ => None,
        };
        return match holder {
            Some(holder) => format!("{title}, held by {holder}"),
            None => title,
        };
    }
    match &wait.holders[..] {
        [only] => name_of(*only, index).unwrap_or_default(),
        _ => without_numbers(&wait.summary),
    }
}

/// The coroutine of a task, or the name of a thread.
fn name_of(id: ItemId, index: &Index<'_>) -> Option<String> {
    match index.get(id)? {
        Item::Task(task) if !task.coroutine.is_empty() => Some(task.coroutine.to_string()),
        Item::Task(task) => Some(task.name.to_string()),
        Item::Thread(thread) => Some(without_numbers(&thread.name)),
        _ => None,
    }
}

/// `text` with each number as `N`: `worker-12` and `worker-3` are one group.
pub fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_number = false;
    for letter in text.chars() {
        match (letter.is_ascii_digit(), in_number) {
            (true, true) => {}
            (true, false) => out.push('N'),
            (false, _) => out.push(letter),
        }
        in_number = letter.is_ascii_digit();
    }
    out
}
