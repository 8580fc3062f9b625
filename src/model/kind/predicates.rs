//! What is true of each kind of wait, resource, edge, finding and verdict.

use super::{DiagnosisKind, EdgeKind, ResourceKind, VerdictState, WaitKind};

/// Declares predicates over an enum as exhaustive matches.
///
/// Every variant is in the `true` or in the `false` list of each predicate, so
/// that the compiler lists what a new variant touches.
macro_rules! predicates {
    ($enum:ident { $(
        $(#[$meta:meta])*
        $name:ident { true: $($yes:ident)+; false: $($no:ident)+; }
    )+ }) => {
        impl $enum {
            $(
                $(#[$meta])*
                pub const fn $name(self) -> bool {
                    match self {
                        $(Self::$yes)|+ => true,
                        $(Self::$no)|+ => false,
                    }
                }
            )+
        }
    };
}

predicates! {
    EdgeKind {
        /// Whether cancelling the one that waits also cancels the awaited.
        passes_cancellation {
            true: Await Future Gather WaitFor TaskGroup;
            false: Wait Shield AsCompleted Lock Semaphore Event Condition Barrier Queue ThreadLock
                ConcurrentFuture Executor ProcessPool Pool Limiter MemoryStream Stream Server
                ServerClose Socket Pipe File SocketRead SocketWrite SocketClose Holds BusyWorker Join
                Subprocess PipeFull EventLoop;
        }

        /// Whether the first of several such edges that ends is enough.
        needs_only_one {
            true: Wait AsCompleted;
            false: Await Future Gather WaitFor Shield TaskGroup Lock Semaphore Event Condition Barrier
                Queue ThreadLock ConcurrentFuture Executor ProcessPool Pool Limiter MemoryStream Stream
                Server ServerClose Socket Pipe File SocketRead SocketWrite SocketClose Holds BusyWorker
                Join Subprocess PipeFull EventLoop;
        }

        /// Whether it leads from a group of tasks to one of its members.
        is_group {
            true: Gather Wait TaskGroup;
            false: Await Future WaitFor Shield AsCompleted Lock Semaphore Event Condition Barrier Queue
                ThreadLock ConcurrentFuture Executor ProcessPool Pool Limiter MemoryStream Stream Server
                ServerClose Socket Pipe File SocketRead SocketWrite SocketClose Holds BusyWorker Join
                Subprocess PipeFull EventLoop;
        }
    }
}

predicates! {
    WaitKind {
        /// Whether cancelling the one that waits also cancels the awaited.
        passes_cancellation {
            true: Task Future Gather WaitFor TaskGroup;
            false: Wait Shield AsCompleted Timer Lock Semaphore Event Condition Barrier QueueGet
                QueuePut QueueJoin SocketRead SocketWrite SocketClose Accept Connect PipeRead PipeWrite
                PipeClose FileRead FileWrite FileLock Server ServerClose Executor Subprocess Process
                ThreadLock Thread Sleep Idle;
        }

        /// Whether the first of those waited for together is enough.
        needs_only_one {
            true: Wait AsCompleted;
            false: Task Future Gather WaitFor Shield TaskGroup Timer Lock Semaphore Event Condition
                Barrier QueueGet QueuePut QueueJoin SocketRead SocketWrite SocketClose Accept Connect
                PipeRead PipeWrite PipeClose FileRead FileWrite FileLock Server ServerClose Executor
                Subprocess Process ThreadLock Thread Sleep Idle;
        }

        /// Whether it is for a future or a primitive of synchronisation other than
        /// a lock of `_thread`.
        is_primitive {
            true: Future Lock Semaphore Event Condition Barrier QueueGet QueuePut QueueJoin;
            false: Task Gather Wait WaitFor Shield TaskGroup AsCompleted Timer SocketRead SocketWrite
                SocketClose Accept Connect PipeRead PipeWrite PipeClose FileRead FileWrite FileLock
                Server ServerClose Executor Subprocess Process ThreadLock Thread Sleep Idle;
        }

        /// Whether a library may use it to signal that something happened outside.
        is_signal {
            true: Future Event Condition QueueGet;
            false: Task Gather Wait WaitFor Shield TaskGroup AsCompleted Timer Lock Semaphore Barrier
                QueuePut QueueJoin SocketRead SocketWrite SocketClose Accept Connect PipeRead PipeWrite
                PipeClose FileRead FileWrite FileLock Server ServerClose Executor Subprocess Process
                ThreadLock Thread Sleep Idle;
        }

        /// Whether only other code of the same process can end it.
        ends_inside {
            true: Future Lock Semaphore Event Condition Barrier QueueGet QueuePut QueueJoin Executor
                ThreadLock Thread;
            false: Task Gather Wait WaitFor Shield TaskGroup AsCompleted Timer SocketRead SocketWrite
                SocketClose Accept Connect PipeRead PipeWrite PipeClose FileRead FileWrite FileLock
                Server ServerClose Subprocess Process Sleep Idle;
        }

        /// Whether time, or something outside of the process, can end it.
        ends_outside {
            true: SocketRead SocketWrite Accept Connect PipeRead PipeWrite FileLock Process Sleep;
            false: Task Future Gather Wait WaitFor Shield TaskGroup AsCompleted Timer Lock Semaphore
                Event Condition Barrier QueueGet QueuePut QueueJoin SocketClose PipeClose FileRead
                FileWrite Server ServerClose Executor Subprocess ThreadLock Thread Idle;
        }

        /// Whether it ends when somebody takes items out of a queue.
        needs_consumer {
            true: QueuePut QueueJoin;
            false: Task Future Gather Wait WaitFor Shield TaskGroup AsCompleted Timer Lock Semaphore
                Event Condition Barrier QueueGet SocketRead SocketWrite SocketClose Accept Connect
                PipeRead PipeWrite PipeClose FileRead FileWrite FileLock Server ServerClose Executor
                Subprocess Process ThreadLock Thread Sleep Idle;
        }

        /// Whether a healthy task may wait like this for as long as the program runs.
        may_serve {
            true: Future Event Condition QueueGet Accept Server;
            false: Task Gather Wait WaitFor Shield TaskGroup AsCompleted Timer Lock Semaphore Barrier
                QueuePut QueueJoin SocketRead SocketWrite SocketClose Connect PipeRead PipeWrite
                PipeClose FileRead FileWrite FileLock ServerClose Executor Subprocess Process ThreadLock
                Thread Sleep Idle;
        }

        /// Whether it ends when work comes in.
        is_for_work {
            true: QueueGet Accept;
            false: Task Future Gather Wait WaitFor Shield TaskGroup AsCompleted Timer Lock Semaphore
                Event Condition Barrier QueuePut QueueJoin SocketRead SocketWrite SocketClose Connect
                PipeRead PipeWrite PipeClose FileRead FileWrite FileLock Server ServerClose Executor
                Subprocess Process ThreadLock Thread Sleep Idle;
        }

        /// Whether it is for the end of a process.
        is_for_process {
            true: Subprocess Process;
            false: Task Future Gather Wait WaitFor Shield TaskGroup AsCompleted Timer Lock Semaphore
                Event Condition Barrier QueueGet QueuePut QueueJoin SocketRead SocketWrite SocketClose
                Accept Connect PipeRead PipeWrite PipeClose FileRead FileWrite FileLock Server
                ServerClose Executor ThreadLock Thread Sleep Idle;
        }
    }
}

predicates! {
    ResourceKind {
        /// Whether its holder cannot also wait for it, except in vain.
        is_exclusive {
            true: Lock Semaphore ThreadLock ProcessLock ThreadSemaphore ProcessSemaphore Pool Limiter MemoryStream;
            false: Event Condition Barrier Queue ThreadEvent ProcessEvent ThreadCondition ProcessCondition ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue
                Future ConcurrentFuture JobResult Executor ProcessPool Stream Server Socket Pipe File;
        }

        /// Whether a plain `acquire()` leaves no trace of the holder in the memory.
        may_hide_holder {
            true: Lock Semaphore ThreadLock ThreadSemaphore;
            false: ProcessLock Event Condition Barrier Queue ProcessSemaphore ThreadEvent ProcessEvent ThreadCondition ProcessCondition
                ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue Future ConcurrentFuture JobResult Executor ProcessPool Pool Limiter
                MemoryStream Stream Server Socket Pipe File;
        }

        /// Whether it is a lock with at most one holder.
        is_lock {
            true: Lock ThreadLock ProcessLock;
            false: Semaphore Event Condition Barrier Queue ThreadSemaphore ProcessSemaphore ThreadEvent ProcessEvent ThreadCondition ProcessCondition
                ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue Future ConcurrentFuture JobResult Executor ProcessPool Pool Limiter
                MemoryStream Stream Server Socket Pipe File;
        }

        /// Whether it gives out a number of permits.
        has_permits {
            true: Semaphore ThreadSemaphore ProcessSemaphore Limiter;
            false: Lock Event Condition Barrier Queue ThreadLock ProcessLock ThreadEvent ProcessEvent ThreadCondition ProcessCondition
                ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue Future ConcurrentFuture JobResult Executor ProcessPool Pool MemoryStream
                Stream Server Socket Pipe File;
        }

        /// Whether it has workers that run jobs.
        runs_jobs {
            true: Executor ProcessPool Limiter;
            false: Lock Semaphore Event Condition Barrier Queue ThreadLock ProcessLock ThreadSemaphore ProcessSemaphore ThreadEvent ProcessEvent
                ThreadCondition ProcessCondition ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue Future ConcurrentFuture JobResult Pool MemoryStream
                Stream Server Socket Pipe File;
        }

        /// Whether it gives out workers or connections up to a limit.
        has_capacity {
            true: Executor ProcessPool Pool Limiter;
            false: Lock Semaphore Event Condition Barrier Queue ThreadLock ProcessLock ThreadSemaphore ProcessSemaphore ThreadEvent ProcessEvent
                ThreadCondition ProcessCondition ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue Future ConcurrentFuture JobResult MemoryStream Stream
                Server Socket Pipe File;
        }

        /// Whether threads wait for it without `await`.
        is_for_threads {
            true: ThreadLock ProcessLock ThreadSemaphore ProcessSemaphore ThreadEvent ProcessEvent ThreadCondition ProcessCondition ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue
                ConcurrentFuture JobResult;
            false: Lock Semaphore Event Condition Barrier Queue Future Executor ProcessPool Pool
                Limiter MemoryStream Stream Server Socket Pipe File;
        }

        /// Whether several processes may have it.
        is_shared {
            true: ProcessLock ProcessSemaphore ProcessEvent ProcessCondition ProcessBarrier
                ProcessQueue;
            false: Lock Semaphore Event Condition Barrier Queue ThreadLock ThreadSemaphore
                ThreadEvent ThreadCondition ThreadBarrier ThreadQueue Future ConcurrentFuture
                JobResult Executor ProcessPool Pool Limiter MemoryStream Stream Server Socket Pipe
                File;
        }

        /// Whether it is a queue.
        is_queue {
            true: Queue ThreadQueue ProcessQueue;
            false: Lock Semaphore Event Condition Barrier ThreadLock ProcessLock ThreadSemaphore ProcessSemaphore ThreadEvent ProcessEvent
                ThreadCondition ProcessCondition ThreadBarrier ProcessBarrier Future ConcurrentFuture JobResult Executor ProcessPool Pool Limiter
                MemoryStream Stream Server Socket Pipe File;
        }

        /// Whether it is a barrier.
        is_barrier {
            true: Barrier ThreadBarrier ProcessBarrier;
            false: Lock Semaphore Event Condition Queue ThreadLock ProcessLock ThreadSemaphore ProcessSemaphore ThreadEvent ProcessEvent
                ThreadCondition ProcessCondition ThreadQueue ProcessQueue Future ConcurrentFuture JobResult Executor ProcessPool Pool Limiter
                MemoryStream Stream Server Socket Pipe File;
        }

        /// Whether it is a condition.
        is_condition {
            true: Condition ThreadCondition ProcessCondition;
            false: Lock Semaphore Event Barrier Queue ThreadLock ProcessLock ThreadSemaphore ProcessSemaphore ThreadEvent ProcessEvent
                ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue Future ConcurrentFuture JobResult Executor ProcessPool Pool Limiter
                MemoryStream Stream Server Socket Pipe File;
        }

        /// Whether some tasks put items into it that other tasks take out.
        has_consumers {
            true: Queue MemoryStream;
            false: Lock Semaphore Event Condition Barrier ThreadLock ProcessLock ThreadSemaphore ProcessSemaphore ThreadEvent ProcessEvent
                ThreadCondition ProcessCondition ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue Future ConcurrentFuture JobResult Executor ProcessPool
                Pool Limiter Stream Server Socket Pipe File;
        }

        /// Whether a wait for it ends only when somebody sets, completes or fills it.
        needs_signal {
            true: Event Condition Barrier Queue ThreadEvent ProcessEvent ThreadCondition ProcessCondition ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue
                Future ConcurrentFuture JobResult MemoryStream;
            false: Lock Semaphore ThreadLock ProcessLock ThreadSemaphore ProcessSemaphore Executor ProcessPool Pool Limiter Stream Server Socket Pipe File;
        }
    }
}

predicates! {
    WaitKind {
        /// Whether the reason for such a wait says what asyncio's own frames would say.
        names_asyncio_call {
            true: Lock Semaphore Event Condition Barrier QueueGet QueuePut QueueJoin TaskGroup Timer
                Subprocess;
            false: Task Future Gather Wait WaitFor Shield AsCompleted SocketRead SocketWrite
                SocketClose Accept Connect PipeRead PipeWrite PipeClose FileRead FileWrite FileLock
                Server ServerClose Executor Process ThreadLock Thread Sleep Idle;
        }
    }
}

predicates! {
    ResourceKind {
        /// Whether the kernel keeps it: its summary is the full description.
        is_file {
            true: Socket Pipe File;
            false: Lock Semaphore Event Condition Barrier Queue ThreadLock ProcessLock ThreadSemaphore ProcessSemaphore
                ThreadEvent ProcessEvent ThreadCondition ProcessCondition ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue Future ConcurrentFuture JobResult
                Executor ProcessPool Pool Limiter MemoryStream Stream Server;
        }

        /// Whether its own fields say no more than its type: the wait says more.
        is_opaque {
            true: Stream Server File;
            false: Lock Semaphore Event Condition Barrier Queue ThreadLock ProcessLock ThreadSemaphore ProcessSemaphore
                ThreadEvent ProcessEvent ThreadCondition ProcessCondition ThreadBarrier ProcessBarrier ThreadQueue ProcessQueue Future ConcurrentFuture JobResult
                Executor ProcessPool Pool Limiter MemoryStream Socket Pipe;
        }
    }
}

predicates! {
    EdgeKind {
        /// Whether lists show a task under the one that waits for it so.
        is_parent_to_child {
            true: Await Gather Wait WaitFor Shield TaskGroup;
            false: Future AsCompleted Lock Semaphore Event Condition Barrier Queue ThreadLock
                ConcurrentFuture Executor ProcessPool Pool Limiter MemoryStream Stream Server
                ServerClose Socket Pipe File SocketRead SocketWrite SocketClose Holds BusyWorker
                Join Subprocess PipeFull EventLoop;
        }
    }
}

predicates! {
    DiagnosisKind {
        /// Whether it says that nobody alive can end the wait.
        leaves_nobody {
            true: OrphanWait NeverAwaited DeadConsumers LeakedLock LeakedPermits;
            false: ForkInheritedLock CrossLoopDeadlock CrossThreadDeadlock CrossProcessDeadlock SelfDeadlock
                ExecutorExhausted BlockedLoop PoolExhausted DeadlockCycle HeldBySuspendedAsyncgen
                SubprocessPipeFull SwallowedCancellation ShieldLeak StuckChild ShutdownHang
                StuckExecutorJob Livelock LockConvoy CrossProcessWait LongTimer ExternalWait
                InternalWait UnretrievedException OrphanTask;
        }
    }
}

predicates! {
    VerdictState {
        /// Whether the first finding explains why the process does not go on.
        is_explained {
            true: Hung BlockedLoop Livelock Waiting;
            false: Busy Idle Starting Unknown;
        }
    }
}

impl WaitKind {
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
