//! What each suspended greenlet of gevent waits for, found backwards: whatever ends a wait
//! refers to the greenlet that it wakes.

use rustc_hash::{FxHashMap, FxHashSet};

use super::GREENLET;
use super::gevent::{RawWatcher, Watcher};
use crate::cpython::Reader;

/// Maximum number of things that one greenlet waits for among which one that was found
/// twice is looked for.
const MAX_COMPARED: usize = 64;
/// Maximum number of functions that loops call.
const MAX_CALLS: usize = 100_000;

/// What a greenlet waits for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GreenletWait {
    /// An event, lock, semaphore or result, or the end of another greenlet.
    Linked(u64),
    /// A queue.
    Queue {
        /// Its address.
        addr: u64,
        /// Whether there is no room in it.
        puts: bool,
    },
    /// A moment of the monotonic clock, in seconds. `None` where it is not known.
    Sleep(Option<f64>),
    /// A descriptor, as [`Watcher::Io`] has it.
    Descriptor {
        /// The descriptor.
        fd: i64,
        /// What is waited for.
        events: i64,
    },
    /// Something else that the loop watches, such as a child.
    Watcher(u64),
}

/// What refers to the greenlets of a process.
#[derive(Debug, Default)]
pub struct GreenletLinks {
    /// What each greenlet waits for, by its address.
    pub waits: FxHashMap<u64, Vec<GreenletWait>>,
    /// The moments at which timeouts end the waits of each greenlet. `None` where they are
    /// not known.
    pub timeouts: FxHashMap<u64, Vec<Option<f64>>>,
    /// Greenlets that go on in the next turn of their loop.
    pub ready: FxHashSet<u64>,
    /// What a greenlet calls or sets when it ends, or may when it starts: its address, and
    /// that of the greenlet.
    pub completes: Vec<(u64, u64)>,
    /// Objects that loops call or give to what they call.
    pub called: FxHashSet<u64>,
    /// The functions that loops call, each with the address of its watcher.
    pub calls: Vec<(u64, RawWatcher)>,
    /// The descriptors that are watched, and the events.
    pub watched: Vec<(i64, i64)>,
}

impl GreenletLinks {
    /// Reads what may refer to greenlets: `greenlets` themselves, each with whether it has
    /// still to start, and `waited_in`.
    pub fn read(reader: &Reader<'_>, greenlets: &[(u64, bool)], waited_in: &[u64]) -> Self {
        let mut links = Self::default();
        let header = u64::from(reader.layout.object.size);
        for (addr, is_new) in greenlets {
            if !reader.is_gevent(*addr, "Greenlet") {
                continue;
            }
            let base = greenlet_size(reader, *addr).unwrap_or(header);
            links.add_linked(reader, *addr, base, true);
            if *is_new {
                let given = reader.greenlet_given(*addr).into_iter();
                links.completes.extend(given.map(|object| (object, *addr)));
            }
        }
        let mut locks: FxHashMap<u64, u64> = FxHashMap::default();
        for addr in waited_in {
            if reader.is_gevent(*addr, "AbstractLinkable") {
                links.add_linked(reader, *addr, header, false);
            } else if reader.is_gevent(*addr, "RLock") {
                if let Ok(Some(block)) = reader.attribute_object(*addr, "_block") {
                    locks.insert(block, *addr);
                }
            } else if is_queue(reader, *addr) {
                links.add_queue(reader, *addr);
            } else {
                links.add_watcher(reader, *addr);
            }
        }
        links.watched.sort_unstable();
        links.watched.dedup();
        // Who waits for a reentrant lock waits in its semaphore.
        for wait in links.waits.values_mut().flatten() {
            if let GreenletWait::Linked(addr) = wait
                && let Some(lock) = locks.get(addr)
            {
                *addr = *lock;
            }
        }
        links
    }

    fn add(&mut self, greenlet: u64, wait: GreenletWait) {
        let waits = self.waits.entry(greenlet).or_default();
        // A greenlet that waits for very many things has one link from each.
        if waits.len() > MAX_COMPARED || !waits.contains(&wait) {
            waits.push(wait);
        }
    }

    fn add_linked(&mut self, reader: &Reader<'_>, addr: u64, base: u64, is_greenlet: bool) {
        for target in reader.gevent_links(addr, base) {
            match reader.gevent_target(target) {
                Some(greenlet) if greenlet != addr => {
                    self.add(greenlet, GreenletWait::Linked(addr));
                }
                Some(_) => {}
                None if is_greenlet => {
                    let object = reader.bound_to(target).unwrap_or(target);
                    self.completes.push((object, addr));
                }
                None => {}
            }
        }
    }

    fn add_queue(&mut self, reader: &Reader<'_>, addr: u64) {
        let [getters, putters] = reader.gevent_waiting(addr);
        for (waiting, puts) in [(getters, false), (putters, true)] {
            for target in waiting {
                if let Some(greenlet) = reader.gevent_target(target) {
                    self.add(greenlet, GreenletWait::Queue { addr, puts });
                }
            }
        }
    }

    fn add_watcher(&mut self, reader: &Reader<'_>, addr: u64) {
        let Some(raw) = reader.gevent_watcher(addr) else {
            return;
        };
        let Some(callback) = raw.callback else {
            return;
        };
        if let Watcher::Io { fd, events } = raw.watcher {
            self.watched.push((fd, events));
        }
        let Some(greenlet) = reader.gevent_target(callback) else {
            self.called.extend(reader.bound_objects(callback));
            self.called.extend(raw.args.iter().copied());
            // A timeout throws into the greenlet that it was given.
            if let Watcher::Timer(at) = raw.watcher {
                let args = raw.args.iter();
                for greenlet in args.filter(|arg| reader.is_greenlet(**arg)) {
                    self.timeouts.entry(*greenlet).or_default().push(at);
                }
            }
            if self.calls.len() < MAX_CALLS {
                self.calls.push((addr, raw));
            }
            return;
        };
        match raw.watcher {
            Watcher::Io { fd, events } => {
                self.add(greenlet, GreenletWait::Descriptor { fd, events })
            }
            Watcher::Timer(at) => self.add(greenlet, GreenletWait::Sleep(at)),
            Watcher::Ready => drop(self.ready.insert(greenlet)),
            Watcher::Other => self.add(greenlet, GreenletWait::Watcher(addr)),
        }
    }
}

/// Whether the object at `addr` is a queue of gevent.
fn is_queue(reader: &Reader<'_>, addr: u64) -> bool {
    let mut names = ["SimpleQueue", "Queue", "Channel"].into_iter();
    names.any(|name| reader.is_gevent(addr, name))
}

impl Reader<'_> {
    /// Addresses of the object of the method that the greenlet of gevent at `addr` will run,
    /// and of the arguments. Empty for other greenlets.
    pub fn greenlet_given(&self, addr: u64) -> Vec<u64> {
        if !self.is_gevent(addr, "Greenlet") {
            return Vec::new();
        }
        let header = u64::from(self.layout.object.size);
        self.gevent_given(addr, greenlet_size(self, addr).unwrap_or(header))
    }
}

/// Size of the part of the greenlet at `addr` that greenlet itself defines.
fn greenlet_size(reader: &Reader<'_>, addr: u64) -> Option<u64> {
    let ty = reader.type_of(addr).ok()?;
    let mut classes = ty
        .mro
        .iter()
        .filter_map(|class| reader.type_at(*class).ok());
    let base = classes.find(|class| &*class.name == GREENLET)?;
    u64::try_from(base.basicsize).ok()
}
