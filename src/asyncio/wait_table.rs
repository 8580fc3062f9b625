//! Methods of asyncio and of the standard library in which a coroutine or a thread
//! waits, and the kind of object that each waits for. A row applies if the receiver
//! is an instance of its class; the file of the method does not matter.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

/// Kind of the object that a row waits for, as the model's `Resource.kind` names it.
pub type ResourceKind = &'static str;

/// One class and those of its methods that wait.
#[derive(Debug)]
pub struct KnownWait {
    /// Full name of the class that defines the methods.
    pub class: &'static str,
    /// Names of the methods.
    pub methods: &'static [&'static str],
    /// The model's `Wait.kind`.
    pub kind: &'static str,
    /// Kind of the receiver.
    pub resource: ResourceKind,
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

/// The methods in which coroutines wait: Lib/asyncio, 3.7 to 3.15.
pub static COROUTINE_WAITS: &WaitTable = &COROUTINES;
static COROUTINES: WaitTable = WaitTable::new(&[
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
]);

/// The methods in which threads wait: Lib/threading.py, Lib/queue.py,
/// Lib/concurrent/futures, Lib/subprocess.py.
pub static THREAD_WAITS: &WaitTable = &THREADS;
static THREADS: WaitTable = WaitTable::new(&[
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
    ];
    /// Everything that the pool has made, given out or not.
    pub const ALL: &[&str] = &["_holders", "_connections"];
    /// Who waits for the pool.
    pub const WAITERS: &[&str] = &["_waiters", "_wait_queue", "_requests", "_waiting"];
}
