//! The states in which tasks and threads were seen: each stack, reason and name once.

use std::hash::Hash;

use arcstr::ArcStr;
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

use super::reason::Reason;
use crate::model::Frame;
use crate::model::text_enum::text_enum;

type Set<T> = IndexSet<T, FxBuildHasher>;

/// Number of a [`State`] in [`States`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StateId(pub u32);

/// A line of a function.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Qualified name of the function.
    pub name: ArcStr,
    /// Path of the file. `None` for frames that are not Python's.
    pub file: Option<ArcStr>,
    /// Line in it, from 1. `None` if it is not known.
    pub line: Option<u32>,
    /// Whether the code is of the standard library or of an installed package.
    pub library: bool,
}

impl Place {
    /// The place where a frame stands.
    pub fn of(frame: &Frame) -> Self {
        Self {
            name: frame.qualname.clone(),
            file: frame.file.clone(),
            line: frame.line,
            library: frame.library,
        }
    }

    /// `fetch (app.py:12)`.
    pub fn label(&self) -> String {
        let file = self.file.as_deref();
        let file = file.map(|file| file.rsplit('/').next().unwrap_or(file));
        match (file, self.line) {
            (Some(file), Some(line)) => format!("{} ({file}:{line})", self.name),
            (Some(file), None) => format!("{} ({file})", self.name),
            (None, _) => self.name.to_string(),
        }
    }
}

text_enum! {
    /// What a task or thread does. The text is the word for it in all formats.
    pub enum Activity {
        /// It waits for its reason.
        Waiting = "waiting",
        /// It could run, and its loop runs something else.
        Ready = "ready",
        /// It runs.
        Running = "running",
        /// Its thread waits for the GIL.
        WaitingGil = "gil",
    }
}

text_enum! {
    /// Whose state it is. The text is the word for it in all formats.
    pub enum Who {
        /// A task.
        Task = "task",
        /// A thread.
        Thread = "thread",
    }
}

/// One state: what all intervals with it have in common. The numbers are those of the tables of
/// [`States`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct State {
    /// Number of its stack.
    pub stack: u32,
    /// What it does.
    pub activity: Activity,
    /// Number of the reason why it waits. `None` if it does not wait.
    pub reason: Option<u32>,
    /// Number of its group: the coroutine of a task, the name of a thread.
    pub group: u32,
    /// Number of its loop. `None` if it has none.
    pub event_loop: Option<u32>,
    /// Whose state it is.
    pub who: Who,
}

/// All states and what they consist of, each once.
#[derive(Debug, Clone, Default)]
pub struct States {
    pub(super) places: Set<Place>,
    pub(super) stacks: Set<Box<[u32]>>,
    pub(super) reasons: Set<Reason>,
    pub(super) names: Set<String>,
    pub(super) states: Set<State>,
}

impl States {
    /// The number of a stack; `frames` are innermost first.
    pub fn add_stack<'f>(&mut self, frames: impl DoubleEndedIterator<Item = &'f Frame>) -> u32 {
        self.add_places(frames.rev().map(Place::of))
    }

    /// The number of a stack; `places` are outermost first.
    pub(super) fn add_places(&mut self, places: impl Iterator<Item = Place>) -> u32 {
        let stack = places.map(|place| number(&mut self.places, place));
        let stack: Box<[u32]> = stack.collect();
        number(&mut self.stacks, stack)
    }

    /// The number of a reason.
    pub fn add_reason(&mut self, reason: Reason) -> u32 {
        number(&mut self.reasons, reason)
    }

    /// The number of the name of a group or loop.
    pub fn add_name(&mut self, name: &str) -> u32 {
        let at = self.names.get_index_of(name);
        let known = at.and_then(|at| u32::try_from(at).ok());
        known.unwrap_or_else(|| number(&mut self.names, name.to_owned()))
    }

    /// The number of a state.
    pub fn add(&mut self, state: State) -> StateId {
        StateId(number(&mut self.states, state))
    }

    /// The state with this number.
    pub fn get(&self, id: StateId) -> Option<&State> {
        self.states.get_index(id.0 as usize)
    }

    /// How many states there are.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// All places, in the order of their numbers.
    pub fn places(&self) -> impl ExactSizeIterator<Item = &Place> {
        self.places.iter()
    }

    /// The numbers of the places of a stack, outermost first.
    pub fn stack(&self, stack: u32) -> &[u32] {
        let found = self.stacks.get_index(stack as usize);
        found.map_or(&[], |stack| &**stack)
    }

    /// The places of a stack, outermost first.
    pub fn places_of(&self, stack: u32) -> impl DoubleEndedIterator<Item = &Place> {
        let numbers = self.stack(stack).iter();
        numbers.filter_map(|at| self.places.get_index(*at as usize))
    }

    /// All reasons, in the order of their numbers.
    pub fn reasons(&self) -> impl ExactSizeIterator<Item = &Reason> {
        self.reasons.iter()
    }

    /// The reason of a state. `None` if it does not wait.
    pub fn reason(&self, state: &State) -> Option<&Reason> {
        self.reasons.get_index(state.reason? as usize)
    }

    /// The name with this number.
    pub fn name(&self, name: u32) -> &str {
        let found = self.names.get_index(name as usize);
        found.map_or("", String::as_str)
    }

    /// All names of groups and loops, in the order of their numbers.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// What stands above the innermost frame: `lock: asyncio.Lock Account.lock`, `running`.
    pub fn leaf(&self, state: &State) -> String {
        match self.reason(state) {
            Some(reason) => reason.label(),
            None => state.activity.as_str().to_owned(),
        }
    }
}

/// The number of `item` in `set`, which gets it if it is new.
fn number<T: Hash + Eq>(set: &mut Set<T>, item: T) -> u32 {
    let (at, _) = set.insert_full(item);
    u32::try_from(at).unwrap_or(u32::MAX)
}
