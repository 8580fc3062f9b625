//! Kinds of waits, resources, edges and findings.

mod conversions;
mod predicates;

use super::text_enum::text_enum;

text_enum! {
    /// The library whose loop runs a task (`Task.framework`).
    #[derive(Default)]
    pub enum Framework {
        /// asyncio, or a loop that runs asyncio's tasks.
        #[default]
        Asyncio = "asyncio",
        /// trio.
        Trio = "trio",
        /// greenlet: gevent's hub, or a program that switches by itself.
        Greenlet = "greenlet",
    }
}

text_enum! {
    /// What the innermost frame of a task or thread waits for (`Wait.kind`).
    #[derive(Default)]
    pub enum WaitKind {
        /// Another task.
        Task = "task",
        /// A bare future with no known reason.
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
        /// The end of a task group, or of a nursery of trio.
        TaskGroup = "task-group",
        /// `asyncio.as_completed`.
        AsCompleted = "as_completed",
        /// A timer, e.g. of `asyncio.sleep`.
        Timer = "timer",
        /// A lock of asyncio, anyio, trio or `multiprocessing`.
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
        /// The close of the connections of a server.
        ServerClose = "server-close",
        /// A job of an executor or of a worker thread of trio, or the end of the workers.
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
    /// What tasks and threads wait for or hold (`Resource.kind`, and the first part
    /// of its id).
    #[derive(Default)]
    pub enum ResourceKind {
        /// A lock of asyncio, anyio or trio.
        Lock = "lock",
        /// A semaphore of asyncio, anyio or trio.
        Semaphore = "semaphore",
        /// An event of asyncio or trio.
        Event = "event",
        /// A condition of asyncio or trio.
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
        /// `multiprocessing.Lock` or `RLock`.
        ProcessLock = "process-lock",
        /// `multiprocessing.Semaphore`.
        ProcessSemaphore = "process-semaphore",
        /// `multiprocessing.Event`.
        ProcessEvent = "process-event",
        /// `multiprocessing.Condition`.
        ProcessCondition = "process-condition",
        /// `multiprocessing.Barrier`.
        ProcessBarrier = "process-barrier",
        /// A queue of `multiprocessing`.
        ProcessQueue = "process-queue",
        /// A future of asyncio.
        #[default]
        Future = "future",
        /// A future of `concurrent.futures`.
        ConcurrentFuture = "concurrent-future",
        /// A result of a pool of `multiprocessing.pool`.
        JobResult = "job-result",
        /// A thread pool.
        Executor = "executor",
        /// A process pool.
        ProcessPool = "process-pool",
        /// A pool of connections.
        Pool = "pool",
        /// A limiter of permits, e.g. the `CapacityLimiter` of anyio or trio.
        Limiter = "limiter",
        /// A memory object stream of anyio, or a memory channel of trio.
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
    /// Why one end of an edge cannot go on before the other (`Edge.via`).
    pub enum EdgeKind {
        /// `await` of a task.
        Await = "await",
        /// A future that the other end completes.
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
        /// An event loop that the other end blocks.
        EventLoop = "event-loop",
    }
}

text_enum! {
    /// What a finding is about (`Diagnosis.kind`).
    pub enum DiagnosisKind {
        /// A lock that another thread held when this process was forked.
        ForkInheritedLock = "fork-inherited-lock",
        /// Loops in several threads, each waiting for work that the other has to run.
        CrossLoopDeadlock = "cross-loop-deadlock",
        /// Threads that wait for each other.
        CrossThreadDeadlock = "cross-thread-deadlock",
        /// Processes that wait for each other.
        CrossProcessDeadlock = "cross-process-deadlock",
        /// A task or thread that waits for something only it can provide.
        SelfDeadlock = "self-deadlock",
        /// All workers of an executor wait, and jobs queue up.
        ExecutorExhausted = "executor-exhausted",
        /// A step that does not end keeps a loop from turning.
        BlockedLoop = "blocked-loop",
        /// A coroutine that never started, although only it could end a wait.
        NeverAwaited = "never-awaited",
        /// All connections of a pool are in use and are not returned.
        PoolExhausted = "pool-exhausted",
        /// Tasks that wait for each other.
        DeadlockCycle = "deadlock-cycle",
        /// A lock held by an asynchronous generator that nobody iterates.
        HeldBySuspendedAsyncgen = "held-by-suspended-asyncgen",
        /// A lock that is locked although no running task or thread holds it.
        LeakedLock = "leaked-lock",
        /// A semaphore without permits, although no running task or thread holds one.
        LeakedPermits = "leaked-permits",
        /// A child process blocked on a pipe that nobody reads, while its exit is awaited.
        SubprocessPipeFull = "subprocess-pipe-full",
        /// A task that was cancelled, caught the exception, and waits again.
        SwallowedCancellation = "swallowed-cancellation",
        /// A queue or stream from which no running task or thread takes.
        DeadConsumers = "dead-consumers",
        /// Shielded work that nobody awaits holds a resource that others wait for.
        ShieldLeak = "shield-leak",
        /// A wait that no running task or thread can end.
        OrphanWait = "orphan-wait",
        /// A task group that waits for a cancelled task that does not end.
        StuckChild = "stuck-child",
        /// The program wants to exit, and a thread or task prevents it.
        ShutdownHang = "shutdown-hang",
        /// A job of an executor that does not return.
        StuckExecutorJob = "stuck-executor-job",
        /// Tasks that poll endlessly and use a whole processor.
        Livelock = "livelock",
        /// Most tasks queue for one lock whose holder makes progress.
        LockConvoy = "lock-convoy",
        /// A wait for another Python process.
        CrossProcessWait = "cross-process-wait",
        /// Everything waits for a long sleep.
        LongTimer = "long-timer",
        /// A wait for a peer or a pipe without a timeout.
        ExternalWait = "external-wait",
        /// A task or thread waits for another part of the program, or sleeps in a library; whether
        /// that comes is not known.
        InternalWait = "internal-wait",
        /// Tasks that failed and whose exception nobody retrieved.
        UnretrievedException = "unretrieved-exception",
        /// Tasks that only weak references keep alive.
        OrphanTask = "orphan-task",
    }
}

text_enum! {
    /// How sure a finding or a verdict is, from weak to strong.
    pub enum Confidence {
        /// It looks that way. Never enough for the verdict `hung`.
        Possible = "possible",
        /// Nothing moved between the samples, and no other reason remains.
        Likely = "likely",
        /// Proved by the memory that was read.
        Certain = "certain",
    }
}

text_enum! {
    /// The one-word answer about a process (`Verdict.state`).
    pub enum VerdictState {
        /// It will not go on, or only by a timeout that is more than 60 seconds away.
        Hung = "hung",
        /// One step keeps an event loop from turning.
        BlockedLoop = "blocked-loop",
        /// The event loop runs, but nothing gets done.
        Livelock = "livelock",
        /// Something makes progress or computes.
        Busy = "busy",
        /// It waits for timers, or for something outside the process.
        Waiting = "waiting",
        /// All tasks and threads wait for work.
        Idle = "idle",
        /// It imports modules and has no event loop yet.
        Starting = "starting",
        /// Too little could be read.
        Unknown = "unknown",
    }
}

text_enum! {
    /// The state of a coroutine that no task runs.
    pub enum CoroutineState {
        /// It never started.
        Created = "created",
        /// It has started, and nothing resumes it.
        Suspended = "suspended",
        /// An asynchronous generator that is suspended at a `yield`.
        AsyncGenerator = "async-generator",
    }
}

text_enum! {
    /// The kind of timeout around a wait.
    pub enum GuardKind {
        /// `asyncio.timeout`, or a timeout of a library such as `async_timeout`.
        Timeout = "timeout",
        /// `asyncio.wait_for`.
        WaitFor = "wait_for",
        /// A cancel scope of anyio or trio.
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
        /// A peer that does not accept the connection.
        SocketConnect = "socket-connect",
        /// A pipe that nobody empties.
        PipeWrite = "pipe-write",
        /// An object of a library, of which it is not known who signals it.
        LibraryCall = "library-call",
        /// A lock on a file that somebody else has.
        FileLock = "file-lock",
        /// Other processes have it, too, and may end the wait.
        OtherProcess = "other-process",
        /// A server that closes still has open connections.
        ServerConnections = "server-connections",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CONTRACT: &str = include_str!("../../../docs/snapshot-json.md");

    #[test]
    fn every_kind_of_the_json_stands_in_its_documentation() {
        let texts = (WaitKind::ALL.iter().map(|kind| kind.as_str()))
            .chain(ResourceKind::ALL.iter().map(|kind| kind.as_str()))
            .chain(EdgeKind::ALL.iter().map(|kind| kind.as_str()))
            .chain(DiagnosisKind::ALL.iter().map(|kind| kind.as_str()))
            .chain(Confidence::ALL.iter().map(|kind| kind.as_str()))
            .chain(VerdictState::ALL.iter().map(|kind| kind.as_str()))
            .chain(CoroutineState::ALL.iter().map(|kind| kind.as_str()))
            .chain(Framework::ALL.iter().map(|kind| kind.as_str()));
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
