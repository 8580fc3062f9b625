//! One look at the process, arranged for the questions that clients ask.

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use crate::model::{Frame, Process, Task, TaskState, Thread};
use crate::report::words::Words;

/// What is shown as a thread: by its place in the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    Thread(usize),
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

/// A snapshot with what is looked up in it again and again.
#[derive(Debug)]
pub struct View {
    pub process: Process,
    pub words: Words,
    actors: FxHashMap<ArcStr, Actor>,
    /// For each task, those it awaits that are not done, and how.
    awaits: Vec<Vec<(usize, ArcStr)>>,
    /// For each id, what it cannot go on before.
    needs: FxHashMap<ArcStr, Vec<ArcStr>>,
}

impl View {
    pub fn new(process: Process) -> Self {
        let tasks = process.tasks.iter().enumerate();
        let threads = process.threads.iter().enumerate();
        let actors: FxHashMap<ArcStr, Actor> = tasks
            .map(|(place, task)| (task.id.clone(), Actor::Task(place)))
            .chain(threads.map(|(place, thread)| (thread.id.clone(), Actor::Thread(place))))
            .collect();
        let mut awaits = vec![Vec::new(); process.tasks.len()];
        for edge in process.edges.iter().filter(|edge| edge.via != "holds") {
            if let (Some(Actor::Task(from)), Some(Actor::Task(to))) =
                (actors.get(&edge.from), actors.get(&edge.to))
                && process.tasks[*to].state != TaskState::Done
            {
                awaits[*from].push((*to, edge.via.clone()));
            }
        }
        let mut needs: FxHashMap<ArcStr, Vec<ArcStr>> = FxHashMap::default();
        for edge in process.edges.iter() {
            needs
                .entry(edge.from.clone())
                .or_default()
                .push(edge.to.clone());
        }
        Self {
            words: Words::of(&process),
            process,
            actors,
            awaits,
            needs,
        }
    }

    /// The thread or task with this id.
    pub fn actor(&self, id: &str) -> Option<Actor> {
        self.actors.get(id).copied()
    }

    /// The id of a thread or task.
    pub fn id(&self, actor: Actor) -> &str {
        match actor {
            Actor::Thread(place) => &self.process.threads[place].id,
            Actor::Task(place) => &self.process.tasks[place].id,
        }
    }

    pub fn task(&self, place: usize) -> &Task {
        &self.process.tasks[place]
    }

    pub fn thread(&self, place: usize) -> &Thread {
        &self.process.threads[place]
    }

    /// The tasks that the task awaits and that are not done, with how.
    pub fn awaits(&self, task: usize) -> &[(usize, ArcStr)] {
        self.awaits.get(task).map_or(&[], Vec::as_slice)
    }

    /// The ids that this one cannot go on before.
    pub fn needs(&self, id: &str) -> &[ArcStr] {
        self.needs.get(id).map_or(&[], Vec::as_slice)
    }

    pub fn frame(&self, frame: FrameOf) -> Option<&Frame> {
        match frame {
            FrameOf::Chain(Actor::Thread(place), at) => {
                self.process.threads.get(place)?.frames.get(at)
            }
            FrameOf::Chain(Actor::Task(place), at) => self.process.tasks.get(place)?.frames.get(at),
            FrameOf::Exception(place, at) => {
                let exception = self.process.tasks.get(place)?.exception.as_ref()?;
                exception.frames.get(at)
            }
            FrameOf::Creation(place, at) => {
                let created = self.process.tasks.get(place)?.created_at.as_ref()?;
                created.get(at)
            }
        }
    }

    /// What the verdict says in one sentence.
    pub fn summary(&self) -> &str {
        match &self.process.verdict {
            Some(verdict) => &verdict.summary,
            None => "no verdict",
        }
    }

    /// Everybody that a diagnosis names, the worst first.
    pub fn diagnosed(&self) -> impl Iterator<Item = Actor> {
        (self.process.diagnoses.iter())
            .flat_map(|one| one.tasks.iter().chain(&one.threads))
            .filter_map(|id| self.actor(id))
    }

    /// Who is to be looked at first: of those that the worst diagnosis names,
    /// the one that stands at the line to blame; else the task that runs, or
    /// the main thread.
    pub fn first_to_see(&self) -> Option<Actor> {
        let running = || {
            let mut tasks = self.process.tasks.iter();
            let place = tasks.position(|task| task.state == TaskState::Running)?;
            Some(Actor::Task(place))
        };
        let main = || (!self.process.threads.is_empty()).then_some(Actor::Thread(0));
        (self.diagnosed().find(|actor| self.is_at_culprit(*actor)))
            .or_else(|| self.diagnosed().next())
            .or_else(running)
            .or_else(main)
    }

    fn is_at_culprit(&self, actor: Actor) -> bool {
        let worst = self.process.diagnoses.first();
        let Some(culprit) = worst.and_then(|worst| worst.culprit.as_ref()) else {
            return false;
        };
        let frames = match actor {
            Actor::Task(place) => &*self.task(place).frames,
            Actor::Thread(place) => &*self.thread(place).frames,
        };
        frames.iter().any(|frame| {
            frame.file.as_deref() == Some(&*culprit.file) && frame.line == Some(culprit.line)
        })
    }
}
