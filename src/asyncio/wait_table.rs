//! Methods of asyncio and of the standard library in which a coroutine or a
//! thread waits, and what each waits for. Rows are matched by the class of the
//! receiver, along its method resolution order, never by file.

use crate::model::{ResourceKind, WaitKind};

/// What the receiver of a waiting method is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// The resource that is waited for.
    Resource(ResourceKind),
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
    pub methods: &'static [&'static str],
    pub kind: WaitKind,
    pub receiver: Receiver,
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

/// Where coroutines wait: Lib/asyncio, 3.7 to 3.15.
pub const COROUTINE_WAITS: &[KnownWait] = &[
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
];

/// Where threads wait: Lib/threading.py, Lib/queue.py, Lib/concurrent/futures,
/// Lib/subprocess.py, Lib/multiprocessing.
pub const THREAD_WAITS: &[KnownWait] = &[
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
];

/// Attribute names by which connection pools and limiters of many libraries
/// say how much they can give out. Any object with a limit and one of the
/// others counts as a pool.
pub mod pool {
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
    pub const USED: &[&str] = &[
        "_acquired",
        "_in_use_connections",
        "_used",
        "_borrowers",
        "_checked_out",
    ];
    pub const FREE: &[&str] = &[
        "_available_connections",
        "_free",
        "_idle_connections",
        "_queue",
        "_pool",
    ];
    /// Lists of everything, used or not.
    pub const ALL: &[&str] = &["_holders", "_connections"];
    pub const WAITERS: &[&str] = &["_waiters", "_wait_queue", "_requests", "_waiting"];
}
