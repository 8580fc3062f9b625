//! Methods of asyncio and of the standard library in which a coroutine or a thread
//! waits, and the kind of object that each waits for. A row applies if the receiver
//! is an instance of its class; the file of the method does not matter.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use crate::model::{ResourceKind, WaitKind};

/// What the receiver of a waiting method is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// The resource that is waited for.
    Resource(ResourceKind),
    /// An object around the one that is waited for.
    Wrapper,
    /// A stream over a socket or pipe.
    Stream,
    /// The protocol of a transport.
    Protocol,
    /// The event loop: the call's arguments say what is waited for.
    EventLoop,
    /// `asyncio.subprocess.Process`.
    Process,
    /// The transport of a child.
    ChildTransport,
    /// A task group.
    TaskGroup,
    /// `threading.Thread`.
    Thread,
    /// `subprocess.Popen`.
    Popen,
}

/// One class and those of its methods that wait.
#[derive(Debug)]
pub struct KnownWait {
    /// Full name of the class that defines the methods.
    pub class: &'static str,
    /// Names of the methods.
    pub methods: &'static [&'static str],
    /// What is waited for.
    pub kind: WaitKind,
    /// What the receiver is.
    pub receiver: Receiver,
}

/// Rows that are found by the name of a method.
#[derive(Debug)]
pub struct WaitTable {
    rows: &'static [KnownWait],
    /// All names of methods: most frames run none of them.
    methods: OnceLock<FxHashSet<&'static str>>,
}

impl WaitTable {
    const fn new(rows: &'static [KnownWait]) -> Self {
        Self {
            rows,
            methods: OnceLock::new(),
        }
    }

    /// The rows that list a method called `method`. `None` if there are none.
    pub fn rows_of(&self, method: &str) -> Option<impl Iterator<Item = &'static KnownWait>> {
        let methods = self.methods.get_or_init(|| {
            let rows = self.rows.iter();
            rows.flat_map(|row| row.methods.iter().copied()).collect()
        });
        let method = *methods.get(method)?;
        let rows = self.rows.iter();
        Some(rows.filter(move |row| row.methods.contains(&method)))
    }
}

const fn row(
    class: &'static str,
    methods: &'static [&'static str],
    kind: WaitKind,
    receiver: Receiver,
) -> KnownWait {
    KnownWait {
        class,
        methods,
        kind,
        receiver,
    }
}

/// The methods in which coroutines wait: Lib/asyncio, 3.7 to 3.15.
pub static COROUTINE_WAITS: &WaitTable = &COROUTINES;
static COROUTINES: WaitTable = WaitTable::new(&[
    row(
        "asyncio.locks.Lock",
        &["acquire", "__aenter__"],
        WaitKind::Lock,
        Receiver::Resource(ResourceKind::Lock),
    ),
    row(
        "asyncio.locks.Semaphore",
        &["acquire", "__aenter__"],
        WaitKind::Semaphore,
        Receiver::Resource(ResourceKind::Semaphore),
    ),
    row(
        "asyncio.locks.Event",
        &["wait"],
        WaitKind::Event,
        Receiver::Resource(ResourceKind::Event),
    ),
    row(
        "asyncio.locks.Condition",
        &["wait", "wait_for"],
        WaitKind::Condition,
        Receiver::Resource(ResourceKind::Condition),
    ),
    row(
        "asyncio.locks.Barrier",
        &["wait", "_wait", "_block", "__aenter__"],
        WaitKind::Barrier,
        Receiver::Resource(ResourceKind::Barrier),
    ),
    row(
        "asyncio.queues.Queue",
        &["get"],
        WaitKind::QueueGet,
        Receiver::Resource(ResourceKind::Queue),
    ),
    row(
        "asyncio.queues.Queue",
        &["put"],
        WaitKind::QueuePut,
        Receiver::Resource(ResourceKind::Queue),
    ),
    row(
        "asyncio.queues.Queue",
        &["join"],
        WaitKind::QueueJoin,
        Receiver::Resource(ResourceKind::Queue),
    ),
    row(
        "asyncio.streams.StreamReader",
        &[
            "read",
            "readline",
            "readuntil",
            "readexactly",
            "_wait_for_data",
            "__anext__",
        ],
        WaitKind::SocketRead,
        Receiver::Stream,
    ),
    row(
        "asyncio.streams.StreamWriter",
        &["drain"],
        WaitKind::SocketWrite,
        Receiver::Stream,
    ),
    row(
        "asyncio.streams.FlowControlMixin",
        &["_drain_helper"],
        WaitKind::SocketWrite,
        Receiver::Protocol,
    ),
    row(
        "asyncio.streams.StreamWriter",
        &["wait_closed"],
        WaitKind::SocketClose,
        Receiver::Stream,
    ),
    row(
        "asyncio.subprocess.Process",
        &["wait", "communicate", "_communicate"],
        WaitKind::Subprocess,
        Receiver::Process,
    ),
    row(
        "asyncio.base_subprocess.BaseSubprocessTransport",
        &["_wait", "_connect_pipes"],
        WaitKind::Subprocess,
        Receiver::ChildTransport,
    ),
    row(
        "asyncio.base_events.Server",
        &["wait_closed"],
        WaitKind::ServerClose,
        Receiver::Resource(ResourceKind::Server),
    ),
    row(
        "asyncio.base_events.Server",
        &["serve_forever"],
        WaitKind::Server,
        Receiver::Resource(ResourceKind::Server),
    ),
    row(
        "asyncio.taskgroups.TaskGroup",
        &["__aexit__", "_aexit"],
        WaitKind::TaskGroup,
        Receiver::TaskGroup,
    ),
    row(
        "anyio._backends._asyncio.TaskGroup",
        &["__aexit__"],
        WaitKind::TaskGroup,
        Receiver::TaskGroup,
    ),
    row(
        "asyncio.base_events.BaseEventLoop",
        &[
            "getaddrinfo",
            "getnameinfo",
            "sendfile",
            "shutdown_default_executor",
        ],
        WaitKind::Executor,
        Receiver::EventLoop,
    ),
    row(
        "asyncio.selector_events.BaseSelectorEventLoop",
        &[
            "sock_recv",
            "sock_recv_into",
            "sock_recvfrom",
            "sock_recvfrom_into",
        ],
        WaitKind::SocketRead,
        Receiver::EventLoop,
    ),
    row(
        "asyncio.selector_events.BaseSelectorEventLoop",
        &["sock_sendall", "sock_sendto"],
        WaitKind::SocketWrite,
        Receiver::EventLoop,
    ),
    row(
        "asyncio.selector_events.BaseSelectorEventLoop",
        &["sock_accept"],
        WaitKind::Accept,
        Receiver::EventLoop,
    ),
    row(
        "asyncio.selector_events.BaseSelectorEventLoop",
        &["sock_connect", "_sock_connect"],
        WaitKind::Connect,
        Receiver::EventLoop,
    ),
    row(
        "anyio._backends._asyncio.Lock",
        &["acquire", "__aenter__"],
        WaitKind::Lock,
        Receiver::Resource(ResourceKind::Lock),
    ),
    row(
        "anyio._backends._asyncio.Semaphore",
        &["acquire", "__aenter__"],
        WaitKind::Semaphore,
        Receiver::Resource(ResourceKind::Semaphore),
    ),
    row(
        "anyio._backends._asyncio.Event",
        &["wait"],
        WaitKind::Event,
        Receiver::Wrapper,
    ),
    row(
        "anyio._core._synchronization.EventAdapter",
        &["wait"],
        WaitKind::Event,
        Receiver::Wrapper,
    ),
    // The package gives its public classes its own name (anyio/__init__.py).
    row(
        "anyio.Condition",
        &["wait", "wait_for"],
        WaitKind::Condition,
        Receiver::Resource(ResourceKind::Condition),
    ),
    row(
        "anyio._core._synchronization.Condition",
        &["wait", "wait_for"],
        WaitKind::Condition,
        Receiver::Resource(ResourceKind::Condition),
    ),
]);

/// The methods in which threads wait: Lib/threading.py, Lib/queue.py,
/// Lib/concurrent/futures, Lib/subprocess.py, Lib/multiprocessing.
pub static THREAD_WAITS: &WaitTable = &THREADS;
static THREADS: WaitTable = WaitTable::new(&[
    row(
        "threading.Condition",
        &["wait", "wait_for"],
        WaitKind::Condition,
        Receiver::Resource(ResourceKind::ThreadCondition),
    ),
    row(
        "threading.Event",
        &["wait"],
        WaitKind::Event,
        Receiver::Resource(ResourceKind::ThreadEvent),
    ),
    row(
        "threading.Semaphore",
        &["acquire", "__enter__"],
        WaitKind::Semaphore,
        Receiver::Resource(ResourceKind::ThreadSemaphore),
    ),
    row(
        "multiprocessing.synchronize.Condition",
        &["wait", "wait_for"],
        WaitKind::Condition,
        Receiver::Resource(ResourceKind::ProcessCondition),
    ),
    row(
        "multiprocessing.synchronize.Event",
        &["wait"],
        WaitKind::Event,
        Receiver::Resource(ResourceKind::ProcessEvent),
    ),
    // It is a subclass of that of threads.
    row(
        "multiprocessing.synchronize.Barrier",
        &["wait", "_wait", "_enter"],
        WaitKind::Barrier,
        Receiver::Resource(ResourceKind::ProcessBarrier),
    ),
    row(
        "multiprocessing.queues.Queue",
        &["get"],
        WaitKind::QueueGet,
        Receiver::Resource(ResourceKind::ProcessQueue),
    ),
    row(
        "multiprocessing.queues.Queue",
        &["put"],
        WaitKind::QueuePut,
        Receiver::Resource(ResourceKind::ProcessQueue),
    ),
    row(
        "multiprocessing.queues.JoinableQueue",
        &["join"],
        WaitKind::QueueJoin,
        Receiver::Resource(ResourceKind::ProcessQueue),
    ),
    row(
        "multiprocessing.queues.SimpleQueue",
        &["get"],
        WaitKind::QueueGet,
        Receiver::Resource(ResourceKind::ProcessQueue),
    ),
    row(
        "multiprocessing.queues.SimpleQueue",
        &["put"],
        WaitKind::QueuePut,
        Receiver::Resource(ResourceKind::ProcessQueue),
    ),
    row(
        "threading.Barrier",
        &["wait", "_wait", "_enter"],
        WaitKind::Barrier,
        Receiver::Resource(ResourceKind::ThreadBarrier),
    ),
    row(
        "threading.Thread",
        &["join", "_wait_for_tstate_lock"],
        WaitKind::Thread,
        Receiver::Thread,
    ),
    row(
        "queue.Queue",
        &["get"],
        WaitKind::QueueGet,
        Receiver::Resource(ResourceKind::ThreadQueue),
    ),
    row(
        "queue.Queue",
        &["put"],
        WaitKind::QueuePut,
        Receiver::Resource(ResourceKind::ThreadQueue),
    ),
    row(
        "queue.Queue",
        &["join"],
        WaitKind::QueueJoin,
        Receiver::Resource(ResourceKind::ThreadQueue),
    ),
    row(
        "concurrent.futures._base.Future",
        &["result", "exception"],
        WaitKind::Future,
        Receiver::Resource(ResourceKind::ConcurrentFuture),
    ),
    row(
        "multiprocessing.pool.ApplyResult",
        &["get", "wait"],
        WaitKind::Future,
        Receiver::Resource(ResourceKind::JobResult),
    ),
    row(
        "multiprocessing.pool.IMapIterator",
        &["next"],
        WaitKind::Future,
        Receiver::Resource(ResourceKind::JobResult),
    ),
    row(
        "concurrent.futures._base.Executor",
        &["shutdown"],
        WaitKind::Executor,
        Receiver::Resource(ResourceKind::Executor),
    ),
    row(
        "subprocess.Popen",
        &["wait", "_wait", "_try_wait", "communicate", "_communicate"],
        WaitKind::Subprocess,
        Receiver::Popen,
    ),
]);

/// Names of the attributes of connection pools and limiters in many libraries. An
/// object is a pool if it has a limit and one of `USED`, `FREE` and `ALL`.
pub mod pool {
    /// How much the pool can give out.
    pub const LIMIT: &[&str] = &[
        "_limit",
        "max_connections",
        "_max_connections",
        "_maxsize",
        "maxsize",
        "_max_size",
        "max_size",
        "_total_tokens",
    ];
    /// What is given out.
    pub const USED: &[&str] = &[
        "_acquired",
        "_in_use_connections",
        "_used",
        "_borrowers",
        "_checked_out",
    ];
    /// What can be given out at once.
    pub const FREE: &[&str] = &[
        "_available_connections",
        "_free",
        "_idle_connections",
        "_queue",
        "_pool",
        "pool",
    ];
    /// Those of `FREE` that tell a pool by themselves. Whatever has a `_queue` may be one.
    pub const NAMED: &[&str] = &[
        "_available_connections",
        "_free",
        "_idle_connections",
        "_pool",
        "pool",
    ];
    /// A queue of what can be given out: its size if nothing is, and its content.
    pub const QUEUE: (&[&str], &[&str]) = (&["maxsize", "_maxsize"], &["queue", "_queue"]);
    /// How much is given out beyond that size, and how much may be (SQLAlchemy). The first
    /// is negative while the queue has not been filled.
    pub const OVERFLOW: (&[&str], &[&str]) = (&["_overflow"], &["_max_overflow"]);
    /// Everything that the pool has made, given out or not.
    pub const ALL: &[&str] = &["_holders", "_connections"];
    /// Who waits for the pool.
    pub const WAITERS: &[&str] = &["_waiters", "_wait_queue", "_requests", "_waiting"];
}
