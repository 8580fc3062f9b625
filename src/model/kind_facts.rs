//! What is true of each kind, as the report and the debug adapter ask for it.

use super::kind::{DiagnosisKind, EdgeKind, ResourceKind, VerdictState, WaitKind};

impl WaitKind {
    /// Whether the reason for such a wait says what asyncio's own frames would say.
    pub const fn names_asyncio_call(self) -> bool {
        match self {
            Self::Lock
            | Self::Semaphore
            | Self::Event
            | Self::Condition
            | Self::Barrier
            | Self::QueueGet
            | Self::QueuePut
            | Self::QueueJoin
            | Self::TaskGroup
            | Self::Timer
            | Self::Subprocess => true,
            Self::Task
            | Self::Future
            | Self::Gather
            | Self::Wait
            | Self::WaitFor
            | Self::Shield
            | Self::AsCompleted
            | Self::SocketRead
            | Self::SocketWrite
            | Self::SocketClose
            | Self::Accept
            | Self::Connect
            | Self::PipeRead
            | Self::PipeWrite
            | Self::PipeClose
            | Self::FileRead
            | Self::FileWrite
            | Self::FileLock
            | Self::Server
            | Self::ServerClose
            | Self::Executor
            | Self::Process
            | Self::ThreadLock
            | Self::Thread
            | Self::Sleep
            | Self::Idle => false,
        }
    }

    /// The edge that such a wait makes, where edges have the same name for it.
    pub const fn edge_kind(self) -> Option<EdgeKind> {
        match self {
            Self::Future => Some(EdgeKind::Future),
            Self::Gather => Some(EdgeKind::Gather),
            Self::Wait => Some(EdgeKind::Wait),
            Self::WaitFor => Some(EdgeKind::WaitFor),
            Self::Shield => Some(EdgeKind::Shield),
            Self::TaskGroup => Some(EdgeKind::TaskGroup),
            Self::AsCompleted => Some(EdgeKind::AsCompleted),
            Self::Lock => Some(EdgeKind::Lock),
            Self::Semaphore => Some(EdgeKind::Semaphore),
            Self::Event => Some(EdgeKind::Event),
            Self::Condition => Some(EdgeKind::Condition),
            Self::Barrier => Some(EdgeKind::Barrier),
            Self::SocketRead => Some(EdgeKind::SocketRead),
            Self::SocketWrite => Some(EdgeKind::SocketWrite),
            Self::SocketClose => Some(EdgeKind::SocketClose),
            Self::Server => Some(EdgeKind::Server),
            Self::ServerClose => Some(EdgeKind::ServerClose),
            Self::Executor => Some(EdgeKind::Executor),
            Self::Subprocess => Some(EdgeKind::Subprocess),
            Self::ThreadLock => Some(EdgeKind::ThreadLock),
            Self::Task
            | Self::Timer
            | Self::QueueGet
            | Self::QueuePut
            | Self::QueueJoin
            | Self::Accept
            | Self::Connect
            | Self::PipeRead
            | Self::PipeWrite
            | Self::PipeClose
            | Self::FileRead
            | Self::FileWrite
            | Self::FileLock
            | Self::Process
            | Self::Thread
            | Self::Sleep
            | Self::Idle => None,
        }
    }
}

impl ResourceKind {
    /// Whether the kernel keeps it: its summary is the full description.
    pub const fn is_file(self) -> bool {
        match self {
            Self::Socket | Self::Pipe | Self::File => true,
            Self::Lock
            | Self::Semaphore
            | Self::Event
            | Self::Condition
            | Self::Barrier
            | Self::Queue
            | Self::ThreadLock
            | Self::ThreadSemaphore
            | Self::ThreadEvent
            | Self::ThreadCondition
            | Self::ThreadBarrier
            | Self::ThreadQueue
            | Self::Future
            | Self::ConcurrentFuture
            | Self::Executor
            | Self::ProcessPool
            | Self::Pool
            | Self::Limiter
            | Self::MemoryStream
            | Self::Stream
            | Self::Server => false,
        }
    }

    /// Whether its own fields say no more than its type: the wait says more.
    pub const fn is_opaque(self) -> bool {
        match self {
            Self::Stream | Self::Server | Self::File => true,
            Self::Lock
            | Self::Semaphore
            | Self::Event
            | Self::Condition
            | Self::Barrier
            | Self::Queue
            | Self::ThreadLock
            | Self::ThreadSemaphore
            | Self::ThreadEvent
            | Self::ThreadCondition
            | Self::ThreadBarrier
            | Self::ThreadQueue
            | Self::Future
            | Self::ConcurrentFuture
            | Self::Executor
            | Self::ProcessPool
            | Self::Pool
            | Self::Limiter
            | Self::MemoryStream
            | Self::Socket
            | Self::Pipe => false,
        }
    }

    /// Whether jobs are queued in it.
    pub const fn runs_jobs(self) -> bool {
        match self {
            Self::Executor | Self::ProcessPool => true,
            Self::Lock
            | Self::Semaphore
            | Self::Event
            | Self::Condition
            | Self::Barrier
            | Self::Queue
            | Self::ThreadLock
            | Self::ThreadSemaphore
            | Self::ThreadEvent
            | Self::ThreadCondition
            | Self::ThreadBarrier
            | Self::ThreadQueue
            | Self::Future
            | Self::ConcurrentFuture
            | Self::Pool
            | Self::Limiter
            | Self::MemoryStream
            | Self::Stream
            | Self::Server
            | Self::Socket
            | Self::Pipe
            | Self::File => false,
        }
    }

    /// Whether it is a condition, of asyncio or of threads.
    pub const fn is_condition(self) -> bool {
        match self {
            Self::Condition | Self::ThreadCondition => true,
            Self::Lock
            | Self::Semaphore
            | Self::Event
            | Self::Barrier
            | Self::Queue
            | Self::ThreadLock
            | Self::ThreadSemaphore
            | Self::ThreadEvent
            | Self::ThreadBarrier
            | Self::ThreadQueue
            | Self::Future
            | Self::ConcurrentFuture
            | Self::Executor
            | Self::ProcessPool
            | Self::Pool
            | Self::Limiter
            | Self::MemoryStream
            | Self::Stream
            | Self::Server
            | Self::Socket
            | Self::Pipe
            | Self::File => false,
        }
    }
}

impl EdgeKind {
    /// Whether lists show a task under the one that waits for it so.
    pub const fn is_parent_to_child(self) -> bool {
        match self {
            Self::Await
            | Self::Gather
            | Self::Wait
            | Self::WaitFor
            | Self::Shield
            | Self::TaskGroup => true,
            Self::Future
            | Self::AsCompleted
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
            | Self::EventLoop => false,
        }
    }
}

impl DiagnosisKind {
    /// Whether it says that nobody alive can end the wait.
    pub const fn leaves_nobody(self) -> bool {
        match self {
            Self::OrphanWait
            | Self::NeverAwaited
            | Self::DeadConsumers
            | Self::LeakedLock
            | Self::LeakedPermits => true,
            Self::ForkInheritedLock
            | Self::CrossLoopDeadlock
            | Self::CrossThreadDeadlock
            | Self::SelfDeadlock
            | Self::ExecutorExhausted
            | Self::BlockedLoop
            | Self::PoolExhausted
            | Self::DeadlockCycle
            | Self::HeldBySuspendedAsyncgen
            | Self::SubprocessPipeFull
            | Self::SwallowedCancellation
            | Self::ShieldLeak
            | Self::StuckChild
            | Self::ShutdownHang
            | Self::StuckExecutorJob
            | Self::Livelock
            | Self::LockConvoy
            | Self::CrossProcessWait
            | Self::LongTimer
            | Self::ExternalWait
            | Self::UnretrievedException
            | Self::OrphanTask => false,
        }
    }
}

impl VerdictState {
    /// Whether the first finding explains why the process does not go on.
    pub const fn is_explained(self) -> bool {
        match self {
            Self::Hung | Self::BlockedLoop | Self::Livelock | Self::Waiting => true,
            Self::Busy | Self::Idle | Self::Starting | Self::Unknown => false,
        }
    }
}
