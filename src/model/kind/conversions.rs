//! Properties of kinds.
//!
//! Each property is a function with an exhaustive `match`. The compiler then lists
//! every property that a new kind has to define.

use super::{EdgeKind, ResourceKind, VerdictState, WaitKind};

impl VerdictState {
    /// Whether `--exit-code` reports this verdict as a failure.
    pub const fn is_alarm(self) -> bool {
        match self {
            Self::Hung | Self::BlockedLoop => true,
            Self::Livelock
            | Self::Busy
            | Self::Waiting
            | Self::Idle
            | Self::Starting
            | Self::Unknown => false,
        }
    }
}

impl EdgeKind {
    /// The kind of wait of a task that has such an edge to another task.
    pub const fn task_wait(self) -> WaitKind {
        match self {
            Self::Await => WaitKind::Task,
            Self::Gather => WaitKind::Gather,
            Self::Wait => WaitKind::Wait,
            Self::WaitFor => WaitKind::WaitFor,
            Self::Shield => WaitKind::Shield,
            Self::TaskGroup => WaitKind::TaskGroup,
            Self::AsCompleted => WaitKind::AsCompleted,
            Self::Future
            | Self::Lock
            | Self::Semaphore
            | Self::Event
            | Self::Condition
            | Self::Barrier
            | Self::Queue
            | Self::ThreadLock
            | Self::ConcurrentFuture
            | Self::Executor
            | Self::ProcessPool
            | Self::Pool
            | Self::Limiter
            | Self::MemoryStream
            | Self::Stream
            | Self::Server
            | Self::ServerClose
            | Self::Socket
            | Self::Pipe
            | Self::File
            | Self::SocketRead
            | Self::SocketWrite
            | Self::SocketClose
            | Self::Holds
            | Self::BusyWorker
            | Self::Join
            | Self::Subprocess
            | Self::PipeFull
            | Self::EventLoop => WaitKind::Future,
        }
    }
}

impl ResourceKind {
    /// The kind of edge from a waiter to such a resource.
    pub const fn edge(self) -> EdgeKind {
        match self {
            Self::Lock => EdgeKind::Lock,
            Self::Semaphore | Self::ThreadSemaphore | Self::ProcessSemaphore => EdgeKind::Semaphore,
            Self::Event | Self::ThreadEvent | Self::ProcessEvent => EdgeKind::Event,
            Self::Condition | Self::ThreadCondition | Self::ProcessCondition => EdgeKind::Condition,
            Self::Barrier | Self::ThreadBarrier | Self::ProcessBarrier => EdgeKind::Barrier,
            Self::Queue | Self::ThreadQueue | Self::ProcessQueue => EdgeKind::Queue,
            Self::ThreadLock => EdgeKind::ThreadLock,
            Self::ProcessLock => EdgeKind::Lock,
            Self::Future | Self::JobResult => EdgeKind::Future,
            Self::ConcurrentFuture => EdgeKind::ConcurrentFuture,
            Self::Executor => EdgeKind::Executor,
            Self::ProcessPool => EdgeKind::ProcessPool,
            Self::Pool => EdgeKind::Pool,
            Self::Limiter => EdgeKind::Limiter,
            Self::MemoryStream => EdgeKind::MemoryStream,
            Self::Stream => EdgeKind::Stream,
            Self::Server => EdgeKind::Server,
            Self::Socket => EdgeKind::Socket,
            Self::Pipe => EdgeKind::Pipe,
            Self::File => EdgeKind::File,
        }
    }

    /// Whether a frame holds the resource while it is inside a `with` block on it.
    pub const fn is_held_by_blocks(self) -> bool {
        match self {
            Self::Condition | Self::Event | Self::Queue | Self::Server => false,
            Self::Lock
            | Self::Semaphore
            | Self::Barrier
            | Self::ThreadLock
            | Self::ProcessLock
            | Self::ThreadSemaphore
            | Self::ProcessSemaphore
            | Self::ThreadEvent
            | Self::ProcessEvent
            | Self::ThreadCondition
            | Self::ProcessCondition
            | Self::ThreadBarrier
            | Self::ProcessBarrier
            | Self::ThreadQueue
            | Self::ProcessQueue
            | Self::Future
            | Self::ConcurrentFuture
            | Self::JobResult
            | Self::Executor
            | Self::ProcessPool
            | Self::Pool
            | Self::Limiter
            | Self::MemoryStream
            | Self::Stream
            | Self::Socket
            | Self::Pipe
            | Self::File => true,
        }
    }

    /// Whether the object itself, or the frames of its workers, give all holders.
    /// References to it are then not searched.
    pub const fn knows_its_holders(self) -> bool {
        match self {
            Self::Executor | Self::ProcessPool | Self::Limiter | Self::Server | Self::JobResult => {
                true
            }
            Self::Lock
            | Self::Semaphore
            | Self::Event
            | Self::Condition
            | Self::Barrier
            | Self::Queue
            | Self::ThreadLock
            | Self::ProcessLock
            | Self::ThreadSemaphore
            | Self::ProcessSemaphore
            | Self::ThreadEvent
            | Self::ProcessEvent
            | Self::ThreadCondition
            | Self::ProcessCondition
            | Self::ThreadBarrier
            | Self::ProcessBarrier
            | Self::ThreadQueue
            | Self::ProcessQueue
            | Self::Future
            | Self::ConcurrentFuture
            | Self::Pool
            | Self::MemoryStream
            | Self::Stream
            | Self::Socket
            | Self::Pipe
            | Self::File => false,
        }
    }

    /// The kinds of wait of a `read` from it and of a `write` to it.
    pub const fn read_and_write(self) -> (WaitKind, WaitKind) {
        match self {
            Self::Pipe => (WaitKind::PipeRead, WaitKind::PipeWrite),
            Self::File => (WaitKind::FileRead, WaitKind::FileWrite),
            Self::Lock
            | Self::Semaphore
            | Self::Event
            | Self::Condition
            | Self::Barrier
            | Self::Queue
            | Self::ThreadLock
            | Self::ProcessLock
            | Self::ThreadSemaphore
            | Self::ProcessSemaphore
            | Self::ThreadEvent
            | Self::ProcessEvent
            | Self::ThreadCondition
            | Self::ProcessCondition
            | Self::ThreadBarrier
            | Self::ProcessBarrier
            | Self::ThreadQueue
            | Self::ProcessQueue
            | Self::Future
            | Self::ConcurrentFuture
            | Self::JobResult
            | Self::Executor
            | Self::ProcessPool
            | Self::Pool
            | Self::Limiter
            | Self::MemoryStream
            | Self::Stream
            | Self::Server
            | Self::Socket => (WaitKind::SocketRead, WaitKind::SocketWrite),
        }
    }
}

impl WaitKind {
    /// The same wait for a stream over a pipe instead of a socket.
    pub const fn over_pipe(self) -> Self {
        match self {
            Self::SocketRead => Self::PipeRead,
            Self::SocketWrite => Self::PipeWrite,
            Self::SocketClose => Self::PipeClose,
            other => other,
        }
    }

    /// Whether a task may hold or complete the resource that a thread waits for.
    pub const fn concerns_tasks(self) -> bool {
        match self {
            Self::Idle
            | Self::Sleep
            | Self::SocketRead
            | Self::SocketWrite
            | Self::Accept
            | Self::Connect
            | Self::Process
            | Self::FileLock => false,
            Self::Task
            | Self::Future
            | Self::Gather
            | Self::Wait
            | Self::WaitFor
            | Self::Shield
            | Self::TaskGroup
            | Self::AsCompleted
            | Self::Timer
            | Self::Lock
            | Self::Semaphore
            | Self::Event
            | Self::Condition
            | Self::Barrier
            | Self::QueueGet
            | Self::QueuePut
            | Self::QueueJoin
            | Self::SocketClose
            | Self::PipeRead
            | Self::PipeWrite
            | Self::PipeClose
            | Self::FileRead
            | Self::FileWrite
            | Self::Server
            | Self::ServerClose
            | Self::Executor
            | Self::Subprocess
            | Self::ThreadLock
            | Self::Thread => true,
        }
    }

    /// The kind of edge to a stream whose descriptor was not found.
    pub const fn stream_edge(self) -> EdgeKind {
        match self {
            Self::SocketRead => EdgeKind::SocketRead,
            Self::SocketWrite => EdgeKind::SocketWrite,
            Self::SocketClose => EdgeKind::SocketClose,
            _ => EdgeKind::Stream,
        }
    }
}
