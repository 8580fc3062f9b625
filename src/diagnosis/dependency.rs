//! Why one item cannot go on before another does.

use crate::model::{EdgeKind, WaitKind};

/// Why one node depends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dependency {
    /// The snapshot has this edge between them.
    Edge(EdgeKind),
    /// A task or thread waits for this resource.
    Wait(WaitKind),
    /// A thread, and the task at whose end its loop returns.
    Runs,
    /// A generator stands at a `yield` while a task runs the body of its
    /// `async for`.
    Consumer,
    /// The other refers to the resource, so it might end the wait for it.
    Refers,
}

impl Dependency {
    /// A resource, and who holds it.
    pub(super) const HOLDS: Self = Self::Edge(EdgeKind::Holds);
    /// Another process, and what it waits for; or who waits for the end of a process.
    pub(super) const SUBPROCESS: Self = Self::Edge(EdgeKind::Subprocess);
    /// What waits for its loop to turn, and what the loop runs instead.
    pub(super) const EVENT_LOOP: Self = Self::Edge(EdgeKind::EventLoop);
    /// A socket or pipe, and who waits at its other end.
    pub(super) const OTHER_END: Self = Self::Edge(EdgeKind::Socket);

    /// Whether the dependency is certain.
    pub(super) const fn is_proved(self) -> bool {
        match self {
            Self::Edge(_) | Self::Wait(_) | Self::Runs | Self::Consumer => true,
            Self::Refers => false,
        }
    }

    /// Whether cancelling the one that waits also cancels the awaited.
    pub(super) const fn passes_cancellation(self) -> bool {
        match self {
            Self::Edge(kind) => kind.passes_cancellation(),
            Self::Wait(kind) => kind.passes_cancellation(),
            Self::Runs | Self::Consumer | Self::Refers => false,
        }
    }

    /// Whether one of several dependencies is enough.
    pub(super) const fn needs_only_one(self) -> bool {
        match self {
            Self::Edge(kind) => kind.needs_only_one(),
            Self::Wait(kind) => kind.needs_only_one(),
            Self::Runs | Self::Consumer | Self::Refers => false,
        }
    }

    /// Whether it leads from a group of tasks to one of its members.
    pub(super) const fn is_group(self) -> bool {
        match self {
            Self::Edge(kind) => kind.is_group(),
            Self::Wait(_) | Self::Runs | Self::Consumer | Self::Refers => false,
        }
    }
}
