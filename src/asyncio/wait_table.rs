//! Methods of asyncio and of the standard library in which a coroutine or a
//! thread waits, and what each waits for. Rows are matched by the class of the
//! receiver, along its method resolution order, never by file.

/// What a row's receiver is, as the model's `Resource.kind` names it.
pub type ResourceKind = &'static str;

/// One class and those of its methods that wait.
#[derive(Debug)]
pub struct KnownWait {
    /// Full name of the class that defines the methods.
    pub class: &'static str,
    pub methods: &'static [&'static str],
    /// The model's `Wait.kind`.
    pub kind: &'static str,
    pub resource: ResourceKind,
}

const fn row(
    class: &'static str,
    methods: &'static [&'static str],
    kind: &'static str,
    resource: ResourceKind,
) -> KnownWait {
    KnownWait {
        class,
        methods,
        kind,
        resource,
    }
}

/// Where coroutines wait: Lib/asyncio, 3.7 to 3.15.
pub const COROUTINE_WAITS: &[KnownWait] = &[
    row(
        "asyncio.locks.Lock",
        &["acquire", "__aenter__"],
        "lock",
        "lock",
    ),
    row(
        "asyncio.locks.Semaphore",
        &["acquire", "__aenter__"],
        "semaphore",
        "semaphore",
    ),
    row("asyncio.locks.Event", &["wait"], "event", "event"),
    row(
        "asyncio.locks.Condition",
        &["wait", "wait_for"],
        "condition",
        "condition",
    ),
    row(
        "asyncio.locks.Barrier",
        &["wait", "_wait", "_block", "__aenter__"],
        "barrier",
        "barrier",
    ),
    row("asyncio.queues.Queue", &["get"], "queue-get", "queue"),
    row("asyncio.queues.Queue", &["put"], "queue-put", "queue"),
    row("asyncio.queues.Queue", &["join"], "queue-join", "queue"),
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
        "socket-read",
        "stream",
    ),
    row(
        "asyncio.streams.StreamWriter",
        &["drain"],
        "socket-write",
        "stream",
    ),
    row(
        "asyncio.streams.FlowControlMixin",
        &["_drain_helper"],
        "socket-write",
        "protocol",
    ),
    row(
        "asyncio.streams.StreamWriter",
        &["wait_closed"],
        "socket-close",
        "stream",
    ),
    row(
        "asyncio.subprocess.Process",
        &["wait", "communicate", "_communicate"],
        "subprocess",
        "process",
    ),
    row(
        "asyncio.base_subprocess.BaseSubprocessTransport",
        &["_wait", "_connect_pipes"],
        "subprocess",
        "subprocess",
    ),
    row(
        "asyncio.base_events.Server",
        &["wait_closed"],
        "server-close",
        "server",
    ),
    row(
        "asyncio.base_events.Server",
        &["serve_forever"],
        "server",
        "server",
    ),
    row(
        "asyncio.taskgroups.TaskGroup",
        &["__aexit__", "_aexit"],
        "task-group",
        "task-group",
    ),
    row(
        "anyio._backends._asyncio.TaskGroup",
        &["__aexit__"],
        "task-group",
        "task-group",
    ),
    row(
        "asyncio.base_events.BaseEventLoop",
        &[
            "getaddrinfo",
            "getnameinfo",
            "sendfile",
            "shutdown_default_executor",
        ],
        "executor",
        "loop",
    ),
    row(
        "asyncio.selector_events.BaseSelectorEventLoop",
        &[
            "sock_recv",
            "sock_recv_into",
            "sock_recvfrom",
            "sock_recvfrom_into",
        ],
        "socket-read",
        "loop",
    ),
    row(
        "asyncio.selector_events.BaseSelectorEventLoop",
        &["sock_sendall", "sock_sendto"],
        "socket-write",
        "loop",
    ),
    row(
        "asyncio.selector_events.BaseSelectorEventLoop",
        &["sock_accept"],
        "accept",
        "loop",
    ),
    row(
        "asyncio.selector_events.BaseSelectorEventLoop",
        &["sock_connect", "_sock_connect"],
        "connect",
        "loop",
    ),
    row(
        "anyio._backends._asyncio.Lock",
        &["acquire", "__aenter__"],
        "lock",
        "lock",
    ),
    row(
        "anyio._backends._asyncio.Semaphore",
        &["acquire", "__aenter__"],
        "semaphore",
        "semaphore",
    ),
];

/// Where threads wait: Lib/threading.py, Lib/queue.py, Lib/concurrent/futures,
/// Lib/subprocess.py, Lib/multiprocessing.
pub const THREAD_WAITS: &[KnownWait] = &[
    row(
        "threading.Condition",
        &["wait", "wait_for"],
        "condition",
        "thread-condition",
    ),
    row("threading.Event", &["wait"], "event", "thread-event"),
    row(
        "threading.Semaphore",
        &["acquire", "__enter__"],
        "semaphore",
        "thread-semaphore",
    ),
    row(
        "threading.Barrier",
        &["wait", "_wait", "_enter"],
        "barrier",
        "thread-barrier",
    ),
    row(
        "threading.Thread",
        &["join", "_wait_for_tstate_lock"],
        "thread",
        "thread",
    ),
    row("queue.Queue", &["get"], "queue-get", "thread-queue"),
    row("queue.Queue", &["put"], "queue-put", "thread-queue"),
    row("queue.Queue", &["join"], "queue-join", "thread-queue"),
    row(
        "concurrent.futures._base.Future",
        &["result", "exception"],
        "future",
        "concurrent-future",
    ),
    row(
        "concurrent.futures._base.Executor",
        &["shutdown"],
        "executor",
        "executor",
    ),
    row(
        "subprocess.Popen",
        &["wait", "_wait", "_try_wait", "communicate", "_communicate"],
        "subprocess",
        "popen",
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
