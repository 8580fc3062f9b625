//! The one wording of resources, waits and durations.
//!
//! The JSON, the report for a terminal, the findings and the debug adapter all
//! use these texts. Texts of the target go in as they are: whoever prints them
//! has to make them safe first (`plain_text`).

use super::{Resource, ResourceKind, TcpPath, WaitKind};

/// `asyncio.locks.Lock` as its users import it: `asyncio.Lock`.
pub fn short_type(full: &str) -> String {
    match (full.split_once('.'), full.rsplit_once('.')) {
        (Some((first, _)), Some((_, last))) => format!("{}.{last}", first.trim_start_matches('_')),
        _ => full.to_owned(),
    }
}

/// What the resource is and how it is named: `asyncio.Lock Account.lock`,
/// `pool "io"`; its type alone where nothing names it.
pub fn title(resource: &Resource) -> String {
    title_with(resource, str::to_owned)
}

/// As [`title`]; every text of the target passes through `safe`.
pub fn title_with(resource: &Resource, safe: impl Fn(&str) -> String) -> String {
    let word = match kind_word(resource) {
        Some(word) => word.to_owned(),
        None if resource.kind.is_file() => return safe(&resource.summary),
        None => safe(&short_type(&resource.type_name)),
    };
    match &resource.name {
        Some(name) if resource.kind == ResourceKind::Executor => {
            format!("{word} \"{}\"", safe(name))
        }
        Some(name) => format!("{word} {}", safe(name)),
        None => word,
    }
}

/// The title and state of a resource, and `holders`, which are names.
pub fn held(resource: &Resource, holders: &str) -> String {
    let (mut text, state) = (title(resource), state(resource));
    if !state.is_empty() {
        text.push_str(&format!(" ({state})"));
    }
    if !holders.is_empty() {
        text.push_str(&format!(" held by {holders}"));
    }
    text
}

/// What stands in place of the type; `None` where the type is clearer.
fn kind_word(resource: &Resource) -> Option<&'static str> {
    match resource.kind {
        ResourceKind::Future => Some("future"),
        ResourceKind::ConcurrentFuture => Some("concurrent future"),
        ResourceKind::Executor => Some("pool"),
        ResourceKind::ProcessPool => Some("process pool"),
        ResourceKind::MemoryStream => Some("memory stream"),
        ResourceKind::ThreadLock if resource.is_gil() => Some("lock of the interpreter,"),
        ResourceKind::ThreadLock if resource.is_native() => None,
        ResourceKind::ThreadLock if resource.is_reentrant() => Some("threading.RLock"),
        ResourceKind::ThreadLock => Some("threading.Lock"),
        ResourceKind::JobResult => Some("result of a multiprocessing pool"),
        ResourceKind::Lock
        | ResourceKind::Semaphore
        | ResourceKind::Event
        | ResourceKind::Condition
        | ResourceKind::Barrier
        | ResourceKind::Queue
        | ResourceKind::ThreadSemaphore
        | ResourceKind::ThreadEvent
        | ResourceKind::ThreadCondition
        | ResourceKind::ThreadBarrier
        | ResourceKind::ThreadQueue
        | ResourceKind::ProcessLock
        | ResourceKind::ProcessSemaphore
        | ResourceKind::ProcessEvent
        | ResourceKind::ProcessCondition
        | ResourceKind::ProcessBarrier
        | ResourceKind::ProcessQueue
        | ResourceKind::Pool
        | ResourceKind::Limiter
        | ResourceKind::Stream
        | ResourceKind::Server
        | ResourceKind::Socket
        | ResourceKind::Pipe
        | ResourceKind::File => None,
    }
}

/// What makes others wait for the resource: `2/2 in use, 3 queued`, `not set`.
/// Empty where nothing is known.
pub fn state(resource: &Resource) -> String {
    let parts = [
        usage(resource),
        content(resource),
        (resource.unfinished)
            .filter(|unfinished| *unfinished > 0)
            .map(|unfinished| format!("{unfinished} unfinished")),
        (resource.buffered)
            .filter(|buffered| *buffered > 0)
            .map(|buffered| format!("{buffered} bytes buffered")),
        flag(resource).map(str::to_owned),
        (resource.closed == Some(true)).then(|| match resource.kind {
            ResourceKind::JobResult => "its pool gives no results".to_owned(),
            _ => "shut down".to_owned(),
        }),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// How often the same bytes are sent in vain on a path that is called dead: at least six
/// seconds long (RFC 6298).
const DEAD: u32 = 4;
/// Largest number of descriptors or processes that are named.
const ENDS_SHOWN: usize = 3;

/// Who has the other end: `the other end is in this process (fd 7)`,
/// `the other end: redis-server (pid 812)`; of a file, who has the lock. `None` where
/// nobody was found.
pub fn other_end_of(resource: &Resource) -> Option<String> {
    let end = resource.ends.as_ref()?;
    if end.is_semaphore && end.processes.is_empty() {
        return end.complete.then(|| "no other process has it".to_owned());
    }
    let (what, verb) = match (end.accepted, end.is_lock) {
        _ if end.is_semaphore => ("other processes that have it", "are"),
        (_, true) => ("the lock", "is held by"),
        (true, false) => ("the other end", "is in"),
        (false, false) => ("not accepted yet, the listener", "is in"),
    };
    let fds = end.fds.iter().take(ENDS_SHOWN);
    let fds: Vec<String> = fds.map(|fd| format!("fd {fd}")).collect();
    let own = (!fds.is_empty()).then(|| format!("this process ({})", fds.join(", ")));
    let others = end.processes.iter().take(ENDS_SHOWN);
    let mut others: Vec<String> = others
        .map(|owner| format!("{} (pid {})", owner.name, owner.pid))
        .collect();
    if end.processes.len() > ENDS_SHOWN {
        others.push(format!("{} more", end.processes.len() - ENDS_SHOWN));
    }
    match (own, others.is_empty()) {
        (None, true) => None,
        (Some(own), true) => Some(format!("{what} {verb} {own}")),
        (own, false) => {
            let all: Vec<String> = own.into_iter().chain(others).collect();
            let verb = if end.is_lock { " is held by" } else { ":" };
            Some(format!("{what}{verb} {}", all.join(", ")))
        }
    }
}

/// What the kernel knows of a TCP connection for which somebody waits. `None` where that
/// says nothing.
pub fn tcp_path(tcp: &TcpPath, writes: bool) -> Option<String> {
    let silent = duration(tcp.since_data_s);
    match tcp {
        TcpPath {
            unacknowledged: bytes @ 1..,
            sent_again: times @ DEAD..,
            ..
        } => Some(format!(
            "the path is dead: {bytes} bytes were sent again {times} times, and nothing was \
             acknowledged for {}",
            duration(tcp.since_answer_s)
        )),
        TcpPath {
            window: Some(0), ..
        } if writes => Some("the peer does not read: it has no room left".to_owned()),
        TcpPath {
            unread: bytes @ 1..,
            ..
        } => Some(format!("{bytes} bytes have arrived and are not read here")),
        TcpPath {
            unacknowledged: 0, ..
        } if !writes => Some(format!(
            "the peer has acknowledged everything, and has sent nothing for {silent}"
        )),
        _ => None,
    }
}

/// How much of it is given out, or how many permits are left.
fn usage(resource: &Resource) -> Option<String> {
    let in_use = match (resource.used, resource.limit) {
        (Some(used), Some(limit)) => Some(format!("{used}/{limit} in use")),
        (Some(used), None) if resource.kind == ResourceKind::Pool => Some(format!("{used} in use")),
        _ => None,
    };
    let permits = match resource.kind {
        ResourceKind::Semaphore
        | ResourceKind::ThreadSemaphore
        | ResourceKind::ProcessSemaphore => {
            (resource.value).map(|value| format!("{value} permits left"))
        }
        _ => None,
    };
    match (in_use, permits) {
        (Some(in_use), Some(permits)) => Some(format!("{in_use}, {permits}")),
        (in_use, permits) => in_use.or(permits),
    }
}

/// How many items, jobs or parties are in it.
fn content(resource: &Resource) -> Option<String> {
    let size = resource.size?;
    match (resource.kind, resource.limit) {
        (ResourceKind::Executor, _) => Some(format!("{size} queued")),
        (kind, limit) if kind.is_queue() || kind == ResourceKind::MemoryStream => {
            Some(match limit {
                Some(limit) => format!("{size}/{limit} items"),
                None if size == 0 => "empty".to_owned(),
                None => format!("{size} items"),
            })
        }
        (kind, Some(limit)) if kind.is_barrier() => Some(format!("{size} of {limit} arrived")),
        _ => None,
    }
}

/// Whether it is locked or set.
fn flag(resource: &Resource) -> Option<&'static str> {
    match (resource.kind, resource.locked, resource.set) {
        (kind, Some(true), _) if kind.is_lock() && resource.holders.is_empty() => {
            Some("locked, no holder found")
        }
        (kind, Some(false), _) if kind.is_lock() => Some("free"),
        (_, _, Some(true)) => Some("set"),
        (_, _, Some(false)) => Some("not set"),
        _ => None,
    }
}

/// What is done with a resource of kind `on`, before its title: `get from `.
/// Empty where the title alone says it.
pub fn action(wait: WaitKind, on: ResourceKind) -> &'static str {
    match wait {
        WaitKind::QueueGet => "get from ",
        WaitKind::QueuePut => "put into ",
        WaitKind::QueueJoin => "join of ",
        WaitKind::SocketRead | WaitKind::PipeRead => "read from ",
        WaitKind::SocketWrite | WaitKind::PipeWrite => "write to ",
        WaitKind::Condition if on != ResourceKind::Condition => "notification, ",
        WaitKind::Condition
        | WaitKind::Task
        | WaitKind::Future
        | WaitKind::Gather
        | WaitKind::Wait
        | WaitKind::WaitFor
        | WaitKind::Shield
        | WaitKind::TaskGroup
        | WaitKind::AsCompleted
        | WaitKind::Timer
        | WaitKind::Lock
        | WaitKind::Semaphore
        | WaitKind::Event
        | WaitKind::Barrier
        | WaitKind::SocketClose
        | WaitKind::Accept
        | WaitKind::Connect
        | WaitKind::PipeClose
        | WaitKind::FileRead
        | WaitKind::FileWrite
        | WaitKind::FileLock
        | WaitKind::Server
        | WaitKind::ServerClose
        | WaitKind::Executor
        | WaitKind::Subprocess
        | WaitKind::Process
        | WaitKind::ThreadLock
        | WaitKind::Thread
        | WaitKind::Sleep
        | WaitKind::Idle => "",
    }
}

/// The wait for a timer that is due in `left` seconds, in seconds whatever their
/// number: `timer, 29.7 s left`, `timer, overdue by 1.3 s`.
pub fn timer(left: f64) -> String {
    match left < 0.0 {
        true => format!("timer, overdue by {:.1} s", -left),
        false => format!("timer, {left:.1} s left"),
    }
}

/// When something is due that is `left` seconds away: `in 3.2 s`,
/// `overdue by 1.3 s`.
pub fn due(left: f64) -> String {
    match left < 0.0 {
        true => format!("overdue by {}", duration(-left)),
        false => format!("in {}", duration(left)),
    }
}

/// A number of seconds for people: `0.2 s` below two minutes, `12 min` below two
/// hours, `8.3 h` from there on, `forever` for what is not finite.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() => "forever".to_owned(),
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

/// How long something has lasted: `12 ms` below a second, from there on as [`duration`].
pub fn age(seconds: f64) -> String {
    match seconds {
        s if s < 0.01 => format!("{:.1} ms", s * 1e3),
        s if s < 0.9995 => format!("{:.0} ms", s * 1e3),
        s => duration(s),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ItemId;

    fn resource(kind: ResourceKind, type_name: &str) -> Resource {
        Resource::new(kind, ItemId::Resource(kind, 0x10), type_name.into())
    }

    #[test]
    fn types_are_called_as_they_are_imported() {
        for (full, short) in [
            ("asyncio.locks.Lock", "asyncio.Lock"),
            ("_asyncio.Task", "asyncio.Task"),
            ("app.Pool", "app.Pool"),
            ("Lock", "Lock"),
            ("", ""),
        ] {
            assert_eq!(short_type(full), short);
        }
    }

    #[test]
    fn titles_have_the_kind_and_the_name() {
        let mut pool = resource(
            ResourceKind::Executor,
            "concurrent.futures.ThreadPoolExecutor",
        );
        assert_eq!(title(&pool), "pool");
        pool.name = Some("io".into());
        assert_eq!(title(&pool), "pool \"io\"");
        let mut lock = resource(ResourceKind::Lock, "asyncio.locks.Lock");
        lock.name = Some("Account.lock".into());
        assert_eq!(title(&lock), "asyncio.Lock Account.lock");
        assert_eq!(
            title_with(&lock, str::to_uppercase),
            "ASYNCIO.LOCK ACCOUNT.LOCK"
        );
        let lock = resource(ResourceKind::ThreadLock, "_thread.RLock");
        assert_eq!(title(&lock), "threading.RLock");
        let mut socket = resource(ResourceKind::Socket, "");
        socket.summary = "socket to 10.0.0.1:80".into();
        assert_eq!(title(&socket), "socket to 10.0.0.1:80");
    }

    #[test]
    fn states_say_why_one_has_to_wait() {
        let mut pool = resource(ResourceKind::Executor, "");
        (pool.used, pool.limit, pool.size) = (Some(2), Some(2), Some(3));
        assert_eq!(state(&pool), "2/2 in use, 3 queued");
        let mut lock = resource(ResourceKind::Lock, "");
        lock.locked = Some(true);
        assert_eq!(state(&lock), "locked, no holder found");
        lock.holders = vec![ItemId::Task(1)];
        assert_eq!(state(&lock), "");
        let mut queue = resource(ResourceKind::Queue, "");
        (queue.size, queue.unfinished, queue.closed) = (Some(0), Some(4), Some(true));
        assert_eq!(state(&queue), "empty, 4 unfinished, shut down");
        let mut event = resource(ResourceKind::ThreadEvent, "");
        event.set = Some(false);
        assert_eq!(state(&event), "not set");
        let mut semaphore = resource(ResourceKind::Semaphore, "");
        semaphore.value = Some(0);
        assert_eq!(state(&semaphore), "0 permits left");
    }

    #[test]
    fn durations_have_the_unit_that_fits() {
        for (seconds, text) in [
            (0.04, "0.0 s"),
            (119.9, "119.9 s"),
            (200.0, "3 min"),
            (29_998.4, "8.3 h"),
            (f64::INFINITY, "forever"),
        ] {
            assert_eq!(duration(seconds), text);
        }
        for (seconds, text) in [
            (0.000_04, "0.0 ms"),
            (0.0034, "3.4 ms"),
            (0.012, "12 ms"),
            (0.9996, "1.0 s"),
            (200.0, "3 min"),
        ] {
            assert_eq!(age(seconds), text);
        }
        assert_eq!(due(3.2), "in 3.2 s");
        assert_eq!(due(-200.0), "overdue by 3 min");
        assert_eq!(timer(-1.3), "timer, overdue by 1.3 s");
    }
}
