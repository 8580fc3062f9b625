//! Reads the state of resources from the attributes of their objects.

use crate::asyncio::wait_table::pool;
use crate::cpython::{Kind, Reader};
use crate::model::{ItemId, Resource, ResourceKind};

/// Attributes of locks with the task that holds them: anyio's, and trio's
/// (trio/_sync.py).
pub const LOCK_OWNERS: [&str; 2] = ["_owner_task", "_owner"];

/// Largest value of a semaphore (`SEM_VALUE_MAX` of limits.h): it has no limit.
const UNBOUNDED: i64 = i32::MAX as i64;

/// Reads the resource of kind `kind` at `addr`, without holders and waiters.
pub fn read(reader: &Reader<'_>, kind: ResourceKind, addr: u64) -> Resource {
    let type_name = reader.type_of(addr).map_or_else(
        |_| "?".to_owned(),
        |ty| reader.full_type_name(&ty).to_string(),
    );
    let id = ItemId::Resource(kind, addr);
    let mut resource = Resource::new(kind, id, type_name.into());
    let state = State { reader, addr };
    match kind {
        ResourceKind::Lock => state.lock(&mut resource),
        ResourceKind::Semaphore | ResourceKind::ThreadSemaphore => {
            resource.value = state.number(&["_value", "counter"]);
            // gevent's.
            resource.value = resource.value.or_else(|| reader.gevent_number(addr));
            resource.limit = state.number(&["_bound_value", "_initial_value", "_max_value"]);
        }
        ResourceKind::Event => {
            // asyncio, and trio.
            resource.set = state.truth("_value").or_else(|| state.truth("_flag"));
            if resource.set.is_none() && reader.is_gevent(addr, "Event") {
                resource.set = reader.gevent_number(addr).map(|flag| flag != 0);
            }
        }
        ResourceKind::ThreadEvent => resource.set = state.truth("_flag"),
        ResourceKind::Condition => {
            resource.locked = state
                .object("_lock")
                .and_then(|lock| reader.attribute_bool(lock, "_locked"));
        }
        ResourceKind::Barrier | ResourceKind::ThreadBarrier => {
            resource.limit = state.number(&["_parties"]);
            resource.size = state
                .number(&["_count"])
                .and_then(|n| u64::try_from(n).ok());
        }
        ResourceKind::Queue | ResourceKind::ThreadQueue => state.queue(&mut resource),
        ResourceKind::ThreadLock => resource.locked = reader.thread_lock_held(addr),
        ResourceKind::ProcessLock => resource.locked = state.value(addr).map(|left| left == 0),
        ResourceKind::ProcessSemaphore => {
            resource.value = state.value(addr);
            let limit = reader.semlock(addr).map(|it| i64::from(it.maxvalue));
            resource.limit = limit.filter(|limit| *limit < UNBOUNDED);
        }
        ResourceKind::ProcessEvent => {
            let flag = state.value_in("_flag");
            resource.set = flag.map(|flag| flag != 0);
        }
        ResourceKind::ProcessBarrier => resource.limit = state.number(&["_parties"]),
        ResourceKind::ProcessQueue => {
            resource.limit = state.number(&["_maxsize"]).filter(|max| *max < UNBOUNDED);
            let places = state.number(&["_maxsize"]).zip(state.value_in("_sem"));
            let taken = places.map(|(all, free)| all.saturating_sub(free));
            resource.size = taken.and_then(|taken| u64::try_from(taken).ok());
            let unfinished = state.value_in("_unfinished_tasks");
            resource.unfinished = unfinished.and_then(|n| u64::try_from(n).ok());
        }
        ResourceKind::Pool | ResourceKind::Limiter => state.pool(&mut resource),
        ResourceKind::MemoryStream => {
            // The limit of an unbounded anyio stream is `math.inf`.
            resource.limit = state.number(&["max_buffer_size"]);
            // anyio, and trio.
            resource.size = state.length("buffer").or_else(|| state.length("data"));
        }
        ResourceKind::Executor => {
            resource.limit = state.number(&["_max_workers"]);
            resource.closed = state.truth("_shutdown");
            resource.name = state.text("_thread_name_prefix");
        }
        ResourceKind::Future
        | ResourceKind::ConcurrentFuture
        | ResourceKind::JobResult
        | ResourceKind::ThreadCondition
        | ResourceKind::ProcessCondition
        | ResourceKind::ProcessPool
        | ResourceKind::Stream
        | ResourceKind::Server
        | ResourceKind::Socket
        | ResourceKind::Pipe
        | ResourceKind::File => {}
    }
    resource
}

/// Reads the attributes of one object.
struct State<'r, 'm> {
    reader: &'r Reader<'m>,
    addr: u64,
}

impl State<'_, '_> {
    /// Address of the object in an attribute.
    fn object(&self, name: &str) -> Option<u64> {
        self.reader.attribute_object(self.addr, name).ok()?
    }

    /// Value of the first of `names` that exists, if it is an integer.
    fn number(&self, names: &[&str]) -> Option<i64> {
        let value = self.reader.first_attribute(self.addr, names)?;
        match self.reader.type_of(value).ok()?.kind {
            Kind::Float => {
                let value = self.reader.float(value).ok()?;
                (value.is_finite() && value.fract() == 0.0).then_some(value as i64)
            }
            _ => self.reader.int(value).ok()?.to_i64(),
        }
    }

    /// Value of the semaphore of multiprocessing at `addr`.
    fn value(&self, addr: u64) -> Option<i64> {
        self.reader.semlock_value(addr).map(i64::from)
    }

    /// Value of the semaphore of multiprocessing in an attribute.
    fn value_in(&self, name: &str) -> Option<i64> {
        self.value(self.object(name)?)
    }

    /// Value of a boolean attribute.
    fn truth(&self, name: &str) -> Option<bool> {
        self.reader.attribute_bool(self.addr, name)
    }

    /// Value of a text attribute. `None` if it is empty.
    fn text(&self, name: &str) -> Option<String> {
        let text = self.reader.text(self.object(name)?).ok()?;
        (!text.is_empty()).then(|| text.to_string())
    }

    /// Length of the container in an attribute.
    fn length(&self, name: &str) -> Option<u64> {
        self.reader.any_length(self.object(name)?)
    }

    /// Reads a lock of asyncio, anyio or trio.
    fn lock(&self, resource: &mut Resource) {
        let attribute = |name| self.reader.attribute(self.addr, name).ok().flatten();
        let owner = LOCK_OWNERS.into_iter().find_map(attribute);
        resource.locked = match owner {
            // A lock of anyio or trio refers to its owner.
            Some(owner) => Some(!self.reader.is_kind(owner, Kind::None)),
            None => self.truth("_locked"),
        };
        if resource.locked.is_none() {
            // A lock of gevent is a semaphore of one.
            let counter = self.number(&["counter"]);
            let counter = counter.or_else(|| self.reader.gevent_number(self.addr));
            resource.locked = counter.map(|counter| counter <= 0);
        }
    }

    /// Reads a queue.
    fn queue(&self, resource: &mut Resource) {
        resource.limit = self.number(&["_maxsize", "maxsize"]).filter(|max| *max > 0);
        let simple = || Some(self.reader.simple_queue_items(self.addr)?.len() as u64);
        resource.size = self
            .length("_queue")
            .or_else(|| self.length("queue"))
            .or_else(simple);
        resource.size = resource
            .size
            .or_else(|| self.reader.gevent_queue_length(self.addr));
        resource.unfinished = self
            .number(&["_unfinished_tasks", "unfinished_tasks"])
            .and_then(|n| u64::try_from(n).ok());
        resource.closed = self
            .truth("_is_shutdown")
            .or_else(|| self.truth("is_shutdown"));
    }

    /// Reads a pool or limiter.
    fn pool(&self, resource: &mut Resource) {
        let own = self.number(pool::LIMIT);
        // A pool without a limit of its own has that of the queue with its connections.
        let size = match own {
            Some(_) => None,
            None => self.reader.free_queue(self.addr).and_then(|queue| {
                let size = self.reader.first_attribute(queue, pool::QUEUE.0)?;
                self.reader.int(size).ok()?.to_i64()
            }),
        };
        let of_queue = || match self.number(pool::OVERFLOW.1) {
            // There is no limit.
            Some(more) if more < 0 => None,
            more => Some(size? + more.unwrap_or(0)),
        };
        let limit = own.or_else(of_queue).filter(|limit| *limit > 0);
        let length = |names: &[&str]| {
            let container = self.reader.first_attribute(self.addr, names)?;
            // The free connections may be in a queue.
            let length = self.reader.free_length(container)?;
            i64::try_from(length).ok()
        };
        let free = length(pool::FREE);
        resource.limit = limit;
        resource.used = length(pool::USED)
            .or_else(|| Some(length(pool::ALL)? - free?))
            .or_else(|| match size {
                Some(size) => Some(size - free? + self.number(pool::OVERFLOW.0).unwrap_or(0)),
                None => Some(limit? - free?),
            })
            .or_else(|| length(pool::ALL));
        resource.size = free.and_then(|free| u64::try_from(free).ok());
        resource.value = match (limit, resource.used) {
            (Some(limit), Some(used)) => Some(limit - used),
            _ => None,
        };
    }
}

impl Reader<'_> {
    /// Length of a list, tuple, deque, dict, set, `bytes` or `bytearray`, or of an instance
    /// of a subclass. `None` for other objects.
    pub fn any_length(&self, addr: u64) -> Option<u64> {
        match self.type_of(addr).ok()?.kind {
            Kind::List | Kind::Tuple | Kind::Deque | Kind::ByteArray | Kind::Bytes => {
                self.length(addr).ok()
            }
            Kind::Dict => self.u64(addr + u64::from(self.layout.dict.ma_used)).ok(),
            Kind::Set | Kind::FrozenSet => self.u64(addr + u64::from(self.layout.set.used)).ok(),
            _ => None,
        }
    }
}
