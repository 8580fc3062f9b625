//! Kinds of waits, resources, edges and findings, with what is true of each.
//!
//! What holds for a kind is a function with an exhaustive `match`, so that the
//! compiler lists what a new kind touches.

use super::text_enum::text_enum;

text_enum! {
    /// What the innermost frame of a task or thread waits for (`Wait.kind`).
    #[derive(Default)]
    pub enum WaitKind {
        /// Another task.
        Task = "task",
        /// A bare future that nothing explains.
        #[default]
        Future = "future",
        /// `asyncio.gather`.
        Gather = "gather",
        /// `asyncio.wait`.
        Wait = "wait",
        /// `asyncio.wait_for`.
        WaitFor = "wait_for",
        /// `asyncio.shield`.
        Shield = "shield",
        /// The end of a task group.
        TaskGroup = "task-group",
        /// `asyncio.as_completed`.
        AsCompleted = "as_completed",
        /// `asyncio.sleep` and the like.
        Timer = "timer",
        /// A lock of asyncio or anyio.
        Lock = "lock",
        /// A semaphore.
        Semaphore = "semaphore",
        /// An event.
        Event = "event",
        /// A condition.
        Condition = "condition",
        /// A barrier.
        Barrier = "barrier",
        /// `get` of a queue.
        QueueGet = "queue-get",
        /// `put` into a queue.
        QueuePut = "queue-put",
        /// `join` of a queue.
        QueueJoin = "queue-join",
        /// Bytes from a socket.
        SocketRead = "socket-read",
        /// Room in a socket's buffer.
        SocketWrite = "socket-write",
        /// The close of a socket.
        SocketClose = "socket-close",
        /// A client.
        Accept = "accept",
        /// A connection to a peer.
        Connect = "connect",
        /// Bytes from a pipe.
        PipeRead = "pipe-read",
        /// Room in a pipe.
        PipeWrite = "pipe-write",
        /// The close of a pipe.
        PipeClose = "pipe-close",
        /// Bytes from another file.
        FileRead = "file-read",
        /// A write to another file.
        FileWrite = "file-write",
        /// `flock`.
        FileLock = "file-lock",
        /// Connections to serve.
        Server = "server",
        /// The close of a server's connections.
        ServerClose = "server-close",
        /// A job of an executor, or the end of its workers.
        Executor = "executor",
        /// The end of a child, through `subprocess`.
        Subprocess = "subprocess",
        /// The end of a child, in a system call.
        Process = "process",
        /// `threading.Lock` or `RLock`.
        ThreadLock = "thread-lock",
        /// The end of a thread.
        Thread = "thread",
        /// Time, in a thread.
        Sleep = "sleep",
        /// A worker of an executor without a job.
        Idle = "idle",
    }
}

text_enum! {
    /// What tasks and threads wait for or hold (`Resource.kind`, and the head of
    /// its id).
    #[derive(Default)]
    pub enum ResourceKind {
        /// A lock of asyncio or anyio.
        Lock = "lock",
        /// A semaphore of asyncio or anyio.
        Semaphore = "semaphore",
        /// An event of asyncio.
        Event = "event",
        /// A condition of asyncio.
        Condition = "condition",
        /// A barrier of asyncio.
        Barrier = "barrier",
        /// A queue of asyncio.
        Queue = "queue",
        /// A lock of `_thread`.
        ThreadLock = "thread-lock",
        /// `threading.Semaphore`.
        ThreadSemaphore = "thread-semaphore",
        /// `threading.Event`.
        ThreadEvent = "thread-event",
        /// `threading.Condition`.
        ThreadCondition = "thread-condition",
        /// `threading.Barrier`.
        ThreadBarrier = "thread-barrier",
        /// `queue.Queue`.
        ThreadQueue = "thread-queue",
        /// A future of asyncio.
        #[default]
        Future = "future",
        /// A future of `concurrent.futures`.
        ConcurrentFuture = "concurrent-future",
        /// A thread pool.
        Executor = "executor",
        /// A process pool.
        ProcessPool = "process-pool",
        /// A pool of connections.
        Pool = "pool",
        /// A limiter of permits, as anyio's.
        Limiter = "limiter",
        /// A memory object stream of anyio.
        MemoryStream = "memory-stream",
        /// A stream whose descriptor was not found.
        Stream = "stream",
        /// A server of asyncio.
        Server = "server",
        /// A socket, by its descriptor.
        Socket = "socket",
        /// A pipe, by its descriptor.
        Pipe = "pipe",
        /// Another file, by its descriptor.
        File = "file",
    }
}

text_enum! {
    /// Why the one end of an edge cannot go on before the other (`Edge.via`).
    pub enum EdgeKind {
        /// `await` of a task.
        Await = "await",
        /// A future that the other completes.
        Future = "future",
        /// `asyncio.gather`.
        Gather = "gather",
        /// `asyncio.wait`.
        Wait = "wait",
        /// `asyncio.wait_for`.
        WaitFor = "wait_for",
        /// `asyncio.shield`.
        Shield = "shield",
        /// A task group.
        TaskGroup = "task-group",
        /// `asyncio.as_completed`.
        AsCompleted = "as_completed",
        /// A lock is waited for.
        Lock = "lock",
        /// A semaphore is waited for.
        Semaphore = "semaphore",
        /// An event is waited for.
        Event = "event",
        /// A condition is waited for.
        Condition = "condition",
        /// A barrier is waited for.
        Barrier = "barrier",
        /// A queue is waited for.
        Queue = "queue",
        /// A lock of `_thread` is waited for.
        ThreadLock = "thread-lock",
        /// A future of `concurrent.futures` is waited for.
        ConcurrentFuture = "concurrent-future",
        /// A job of an executor.
        Executor = "executor",
        /// A process pool is waited for.
        ProcessPool = "process-pool",
        /// A pool is waited for.
        Pool = "pool",
        /// A limiter is waited for.
        Limiter = "limiter",
        /// A memory stream is waited for.
        MemoryStream = "memory-stream",
        /// A stream without a descriptor is waited for.
        Stream = "stream",
        /// A server is waited for.
        Server = "server",
        /// The close of a server's connections.
        ServerClose = "server-close",
        /// A socket is waited for.
        Socket = "socket",
        /// A pipe is waited for.
        Pipe = "pipe",
        /// Another file is waited for.
        File = "file",
        /// A stream without a descriptor is read.
        SocketRead = "socket-read",
        /// A stream without a descriptor is written.
        SocketWrite = "socket-write",
        /// A stream without a descriptor is closed.
        SocketClose = "socket-close",
        /// A resource is held.
        Holds = "holds",
        /// A worker of an executor runs a job.
        BusyWorker = "busy-worker",
        /// The end of a thread.
        Join = "join",
        /// The end of a child.
        Subprocess = "subprocess",
        /// A child writes to a pipe that is full.
        PipeFull = "pipe-full",
        /// The loop that the other blocks.
        EventLoop = "event-loop",
    }
}

text_enum! {
    /// What a finding is about (`Diagnosis.kind`).
    pub enum DiagnosisKind {
        /// A lock that another thread held when this process was forked.
        ForkInheritedLock = "fork-inherited-lock",
        /// Loops in several threads, each waiting for what the other has to run.
        CrossLoopDeadlock = "cross-loop-deadlock",
        /// Threads that wait for each other.
        CrossThreadDeadlock = "cross-thread-deadlock",
        /// A task or thread that waits for what only it can give.
        SelfDeadlock = "self-deadlock",
        /// All workers of an executor wait, and jobs queue up.
        ExecutorExhausted = "executor-exhausted",
        /// A step that does not end keeps a loop from turning.
        BlockedLoop = "blocked-loop",
        /// A coroutine that never started, and that alone could end a wait.
        NeverAwaited = "never-awaited",
        /// All connections of a pool are out and do not come back.
        PoolExhausted = "pool-exhausted",
        /// Tasks that wait for each other.
        DeadlockCycle = "deadlock-cycle",
        /// A lock held by an asynchronous generator that nobody iterates.
        HeldBySuspendedAsyncgen = "held-by-suspended-asyncgen",
        /// A lock that is locked, and that nobody alive holds.
        LeakedLock = "leaked-lock",
        /// A semaphore without permits, of which nobody alive holds one.
        LeakedPermits = "leaked-permits",
        /// A child blocked on a pipe that nobody reads, while its end is waited for.
        SubprocessPipeFull = "subprocess-pipe-full",
        /// A task that was cancelled, caught that, and waits again.
        SwallowedCancellation = "swallowed-cancellation",
        /// A queue or stream that nobody alive takes from.
        DeadConsumers = "dead-consumers",
        /// Shielded work that nobody awaits holds what others wait for.
        ShieldLeak = "shield-leak",
        /// A wait that nobody alive can end.
        OrphanWait = "orphan-wait",
        /// A group that waits for a cancelled task which does not end.
        StuckChild = "stuck-child",
        /// The program wants to end, and a thread or task does not let it.
        ShutdownHang = "shutdown-hang",
        /// A job in a worker that does not come back.
        StuckExecutorJob = "stuck-executor-job",
        /// Tasks that poll without end at full load.
        Livelock = "livelock",
        /// Most tasks queue for one lock, whose holder moves.
        LockConvoy = "lock-convoy",
        /// A wait for another Python process.
        CrossProcessWait = "cross-process-wait",
        /// Everything waits for a long sleep.
        LongTimer = "long-timer",
        /// A peer or pipe is waited for, and no timeout guards it.
        ExternalWait = "external-wait",
        /// Tasks that failed and nobody looked.
        UnretrievedException = "unretrieved-exception",
        /// Tasks that only weak references keep.
        OrphanTask = "orphan-task",
    }
}

text_enum! {
    /// How sure a finding or a verdict is; the order is from weak to strong.
    pub enum Confidence {
        /// It looks like it; never enough for `hung`.
        Possible = "possible",
        /// Nothing moved between the samples, and no other reason is left.
        Likely = "likely",
        /// Proved by what was read.
        Certain = "certain",
    }
}

text_enum! {
    /// The one-word answer about a process (`Verdict.state`).
    pub enum VerdictState {
        /// It will not go on, or only by a timeout that is more than a minute away.
        Hung = "hung",
        /// One step keeps an event loop from turning.
        BlockedLoop = "blocked-loop",
        /// The loop turns and nothing gets done.
        Livelock = "livelock",
        /// Something moves or computes.
        Busy = "busy",
        /// It waits for timers, or for somebody outside.
        Waiting = "waiting",
        /// All wait for work.
        Idle = "idle",
        /// It imports modules and has no loop yet.
        Starting = "starting",
        /// Too little could be read.
        Unknown = "unknown",
    }
}

text_enum! {
    /// Where a coroutine of no task stands.
    pub enum CoroutineState {
        /// It never started.
        Created = "created",
        /// It started, and nobody resumes it.
        Suspended = "suspended",
        /// An asynchronous generator that stands at a `yield`.
        AsyncGenerator = "async-generator",
    }
}

text_enum! {
    /// What sort of timeout guards a wait.
    pub enum GuardKind {
        /// `asyncio.timeout` and the like.
        Timeout = "timeout",
        /// `asyncio.wait_for`.
        WaitFor = "wait_for",
        /// A cancel scope of anyio.
        CancelScope = "cancel-scope",
    }
}

text_enum! {
    /// What an event loop watches a file for.
    pub enum FileEvents {
        /// Readable.
        Read = "read",
        /// Writable.
        Write = "write",
        /// Both.
        ReadWrite = "read-write",
    }
}

impl VerdictState {
    /// Whether `--exit-code` tells scripts that something is wrong.
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

text_enum! {
    /// In what way the finding of a kind came about (`Diagnosis.how`).
    pub enum How {
        /// The thread of the loop computes.
        Cpu = "cpu",
        /// It is in a call that blocks: sleep, socket, file, child.
        BlockingCall = "blocking-call",
        /// It waits for a `threading.Lock`.
        ThreadingLock = "threading.Lock",
        /// It waits for a `threading.RLock`.
        ThreadingRLock = "threading.RLock",
        /// It waits for another primitive of `threading`, a queue, or a future.
        Lock = "lock",
        /// All who could end the wait failed, or wait behind it.
        FutureNeverSet = "future-never-set",
        /// The wait was ended too early, or without waking the loop.
        LostWakeup = "lost-wakeup",
        /// The peer sends nothing.
        SocketRead = "socket-read",
        /// The peer does not read.
        SocketWriteBackpressure = "socket-write-backpressure",
        /// Nobody writes into the pipe.
        PipeRead = "pipe-read",
        /// A server that closes still has open connections.
        ServerConnections = "server-connections",
    }
}

impl EdgeKind {
    /// The kind of wait of a task whose edges to other tasks go through this.
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
    /// The edge from who waits for such a resource to the resource.
    pub const fn edge(self) -> EdgeKind {
        match self {
            Self::Lock => EdgeKind::Lock,
            Self::Semaphore | Self::ThreadSemaphore => EdgeKind::Semaphore,
            Self::Event | Self::ThreadEvent => EdgeKind::Event,
            Self::Condition | Self::ThreadCondition => EdgeKind::Condition,
            Self::Barrier | Self::ThreadBarrier => EdgeKind::Barrier,
            Self::Queue | Self::ThreadQueue => EdgeKind::Queue,
            Self::ThreadLock => EdgeKind::ThreadLock,
            Self::Future => EdgeKind::Future,
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

    /// Whether frames that are inside of a `with` on it hold it.
    pub const fn is_held_by_blocks(self) -> bool {
        match self {
            Self::Condition | Self::Event | Self::Queue | Self::Server => false,
            Self::Lock
            | Self::Semaphore
            | Self::Barrier
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
            | Self::Socket
            | Self::Pipe
            | Self::File => true,
        }
    }

    /// Whether the object or the frames of workers tell all holders, so that
    /// nobody else is searched for.
    pub const fn knows_its_holders(self) -> bool {
        match self {
            Self::Executor | Self::ProcessPool | Self::Limiter | Self::Server => true,
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
            | Self::MemoryStream
            | Self::Stream
            | Self::Socket
            | Self::Pipe
            | Self::File => false,
        }
    }

    /// The kind of a `read` from it, and of a `write` to it.
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
            | Self::Server
            | Self::Socket => (WaitKind::SocketRead, WaitKind::SocketWrite),
        }
    }
}

impl WaitKind {
    /// The same wait where the stream lies over a pipe instead of a socket.
    pub const fn over_pipe(self) -> Self {
        match self {
            Self::SocketRead => Self::PipeRead,
            Self::SocketWrite => Self::PipeWrite,
            Self::SocketClose => Self::PipeClose,
            other => other,
        }
    }

    /// Whether a task may hold or complete what a thread waits for.
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

    /// The edge to a stream whose descriptor was not found.
    pub const fn stream_edge(self) -> EdgeKind {
        match self {
            Self::SocketRead => EdgeKind::SocketRead,
            Self::SocketWrite => EdgeKind::SocketWrite,
            Self::SocketClose => EdgeKind::SocketClose,
            _ => EdgeKind::Stream,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CONTRACT: &str = include_str!("../../docs/snapshot-json.md");

    #[test]
    fn every_kind_of_the_json_stands_in_its_documentation() {
        let texts = (WaitKind::ALL.iter().map(|kind| kind.as_str()))
            .chain(ResourceKind::ALL.iter().map(|kind| kind.as_str()))
            .chain(EdgeKind::ALL.iter().map(|kind| kind.as_str()))
            .chain(DiagnosisKind::ALL.iter().map(|kind| kind.as_str()))
            .chain(Confidence::ALL.iter().map(|kind| kind.as_str()))
            .chain(VerdictState::ALL.iter().map(|kind| kind.as_str()))
            .chain(CoroutineState::ALL.iter().map(|kind| kind.as_str()));
        let missing: BTreeSet<&str> = texts
            .filter(|text| {
                !CONTRACT.contains(&format!("`{text}`"))
                    && !CONTRACT.contains(&format!("\"{text}\""))
            })
            .collect();
        assert!(
            missing.is_empty(),
            "not in docs/snapshot-json.md: {missing:?}"
        );
    }

    #[test]
    fn a_kind_is_read_back_from_its_text() {
        for kind in WaitKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        for kind in ResourceKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert!("no such kind".parse::<EdgeKind>().is_err());
    }
}
