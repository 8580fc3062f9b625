//! One snapshot of the process, arranged for the questions that clients ask.

use rustc_hash::FxHashMap;

use crate::model::{
    EdgeKind, Frame, ItemId, Process, SCHEMA_VERSION, Snapshot, Task, TaskState, Thread, Tool,
};
use crate::report::words::Words;

/// What the client sees as a thread, by its index in the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A thread of the process.
    Thread(usize),
    /// A task.
    Task(usize),
}

/// A frame of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameOf {
    /// The n-th frame of a thread's stack or of a task's await chain.
    Chain(Actor, usize),
    /// The n-th frame of the exception that a task ended with.
    Exception(usize, usize),
    /// The n-th frame of the stack that created a task.
    Creation(usize, usize),
}

impl FrameOf {
    /// The thread or task that the frame belongs to.
    pub fn actor(self) -> Actor {
        match self {
            Self::Chain(actor, _) => actor,
            Self::Exception(task, _) | Self::Creation(task, _) => Actor::Task(task),
        }
    }
}

/// A snapshot of one process, with what clients ask for most.
#[derive(Debug)]
pub struct View {
    pub process: Process,
    pub words: Words,
    actors: FxHashMap<ItemId, Actor>,
    /// For each task, the tasks that it awaits and that are not done, and how.
    awaits: Vec<Vec<(usize, EdgeKind)>>,
    /// For each item, the items that have to go on before it does.
    needs: FxHashMap<ItemId, Vec<ItemId>>,
}

impl View {
    /// The view of a snapshot.
    pub fn new(process: Process) -> Self {
        let tasks = process.tasks.iter().enumerate();
        let threads = process.threads.iter().enumerate();
        let actors: FxHashMap<ItemId, Actor> = tasks
            .map(|(index, task)| (task.id, Actor::Task(index)))
            .chain(threads.map(|(index, thread)| (thread.id, Actor::Thread(index))))
            .collect();
        let mut awaits = vec![Vec::new(); process.tasks.len()];
        let mut needs: FxHashMap<ItemId, Vec<ItemId>> = FxHashMap::default();
        for edge in process.edges.iter() {
            needs.entry(edge.from).or_default().push(edge.to);
            if edge.via != EdgeKind::Holds
                && let (Some(Actor::Task(from)), Some(Actor::Task(to))) =
                    (actors.get(&edge.from), actors.get(&edge.to))
                && process.tasks[*to].state != TaskState::Done
            {
                awaits[*from].push((*to, edge.via));
            }
        }
        Self {
            words: Words::of(&process),
            process,
            actors,
            awaits,
            needs,
        }
    }

    /// The process as a snapshot of its own, for the report.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            schema_version: SCHEMA_VERSION,
            tool: Tool {
                name: env!("CARGO_PKG_NAME").into(),
                version: env!("CARGO_PKG_VERSION").into(),
            },
            taken_at: String::new(),
            processes: vec![self.process.clone()],
        }
    }

    /// The thread or task with this id.
    pub fn actor(&self, id: ItemId) -> Option<Actor> {
        self.actors.get(&id).copied()
    }

    /// The id of a thread or task.
    pub fn id(&self, actor: Actor) -> ItemId {
        match actor {
            Actor::Thread(index) => self.process.threads[index].id,
            Actor::Task(index) => self.process.tasks[index].id,
        }
    }

    /// The task with this index.
    pub fn task(&self, index: usize) -> &Task {
        &self.process.tasks[index]
    }

    /// The thread with this index.
    pub fn thread(&self, index: usize) -> &Thread {
        &self.process.threads[index]
    }

    /// The tasks that the task awaits and that are not done, and how each.
    pub fn awaits(&self, task: usize) -> &[(usize, EdgeKind)] {
        self.awaits.get(task).map_or(&[], Vec::as_slice)
    }

    /// The items that have to go on before this one does.
    pub fn needs(&self, id: ItemId) -> &[ItemId] {
        self.needs.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The frame in the snapshot.
    pub fn frame(&self, frame: FrameOf) -> Option<&Frame> {
        let tasks = &self.process.tasks;
        match frame {
            FrameOf::Chain(Actor::Thread(index), at) => {
                self.process.threads.get(index)?.frames.get(at)
            }
            FrameOf::Chain(Actor::Task(index), at) => tasks.get(index)?.frames.get(at),
            FrameOf::Exception(index, at) => {
                let exception = tasks.get(index)?.exception.as_ref()?;
                exception.frames.get(at)
            }
            FrameOf::Creation(index, at) => {
                let created = tasks.get(index)?.created_at.as_ref()?;
                created.get(at)
            }
        }
    }

    /// The sentence of the verdict.
    pub fn summary(&self) -> &str {
        match &self.process.verdict {
            Some(verdict) => &verdict.summary,
            None => "no verdict",
        }
    }

    /// All tasks and threads that findings name, those of the first finding first.
    pub fn diagnosed(&self) -> impl Iterator<Item = Actor> {
        (self.process.diagnoses.iter())
            .flat_map(|one| one.tasks.iter().chain(&one.threads))
            .filter_map(|id| self.actor(*id))
    }

    /// The thread or task that the client shows first: of those that findings
    /// name the one at the culprit's line, or the first one. Without findings it
    /// is the task that runs, or the main thread.
    pub fn first_shown(&self) -> Option<Actor> {
        let running = || {
            let mut tasks = self.process.tasks.iter();
            let index = tasks.position(|task| task.state == TaskState::Running)?;
            Some(Actor::Task(index))
        };
        let main = || (!self.process.threads.is_empty()).then_some(Actor::Thread(0));
        (self.diagnosed().find(|actor| self.is_at_culprit(*actor)))
            .or_else(|| self.diagnosed().next())
            .or_else(running)
            .or_else(main)
    }

    fn is_at_culprit(&self, actor: Actor) -> bool {
        let first = self.process.diagnoses.first();
        let Some(culprit) = first.and_then(|first| first.culprit.as_ref()) else {
            return false;
        };
        let frames = match actor {
            Actor::Task(index) => &*self.task(index).frames,
            Actor::Thread(index) => &*self.thread(index).frames,
        };
        frames.iter().any(|frame| {
            frame.file.as_deref() == Some(&*culprit.file) && frame.line == Some(culprit.line)
        })
    }
}
