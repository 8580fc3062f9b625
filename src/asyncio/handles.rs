//! The callbacks of a loop: ready handles, timers, signal handlers and watched file
//! descriptors.

use rustc_hash::FxHashMap;

use crate::cpython::error::Result;
use crate::cpython::{Kind, Reader};

/// Maximum number of handles of one loop that are read.
const MAX_HANDLES: usize = 1_000_000;
/// Maximum number of arguments of one handle that are read.
const MAX_ARGUMENTS: usize = 16;

/// An `asyncio.Handle` or `TimerHandle`.
#[derive(Debug, Clone)]
pub struct RawHandle {
    /// Address of the handle.
    pub addr: u64,
    /// Qualified name of its callback.
    pub name: String,
    /// Address of its callback.
    pub callback: u64,
    /// Addresses of the arguments of the callback.
    pub arguments: Vec<u64>,
    /// `loop.time()` at which a timer is due, in seconds. `None` for other handles.
    pub when: Option<f64>,
}

/// The callback that `asyncio.sleep` schedules (Lib/asyncio/futures.py, 3.7 to 3.15).
const SLEEP_CALLBACK: &str = "_set_result_unless_cancelled";

impl RawHandle {
    /// The future that it completes if it is the timer of an `asyncio.sleep`.
    pub fn completes(&self) -> Option<u64> {
        let future = self.arguments.first().copied();
        future.filter(|_| self.name.ends_with(SLEEP_CALLBACK))
    }
}

/// A descriptor that a loop's selector watches.
#[derive(Debug, Clone)]
pub struct Watched {
    /// The file descriptor.
    pub fd: i64,
    /// Sum of `selectors.EVENT_READ` (1) and `EVENT_WRITE` (2).
    pub events: i64,
    /// The handle that is called when it can be read.
    pub reader: Option<RawHandle>,
    /// The handle that is called when it can be written.
    pub writer: Option<RawHandle>,
}

/// All callbacks of a loop.
#[derive(Debug, Clone, Default)]
pub struct LoopHandles {
    /// Handles that are called in the next iteration.
    pub ready: Vec<RawHandle>,
    /// Timers.
    pub timers: Vec<RawHandle>,
    /// Signal handlers.
    pub signals: Vec<RawHandle>,
    /// Watched file descriptors, in ascending order.
    pub watched: Vec<Watched>,
}

impl Reader<'_> {
    /// The handles of the loop at `addr`. None for loops with C structures (uvloop), and
    /// without those that cannot be read.
    pub fn loop_handles(&self, addr: u64) -> LoopHandles {
        LoopHandles {
            ready: self.handles_in(addr, "_ready").unwrap_or_default(),
            timers: self.handles_in(addr, "_scheduled").unwrap_or_default(),
            signals: self.signal_handles(addr).unwrap_or_default(),
            watched: self.watched(addr).unwrap_or_default(),
        }
    }

    fn handles_in(&self, event_loop: u64, attribute: &str) -> Result<Vec<RawHandle>> {
        let Some(container) = self.attribute_object(event_loop, attribute)? else {
            return Ok(Vec::new());
        };
        let (items, _) = match self.type_of(container)?.kind {
            Kind::Deque => self.deque_items(container, MAX_HANDLES)?,
            Kind::List => self.list_items(container, MAX_HANDLES)?,
            _ => return Ok(Vec::new()),
        };
        Ok(items
            .into_iter()
            .filter_map(|handle| self.handle(handle).ok().flatten())
            .collect())
    }

    fn signal_handles(&self, event_loop: u64) -> Result<Vec<RawHandle>> {
        let Some(dict) = self.attribute_object(event_loop, "_signal_handlers")? else {
            return Ok(Vec::new());
        };
        let (items, _) = self.dict_items(dict, self.limits.value_items)?;
        Ok(items
            .into_iter()
            .filter_map(|(_, handle)| self.handle(handle).ok().flatten())
            .collect())
    }

    /// The handle at `addr`. `None` if it was cancelled.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn handle(&self, addr: u64) -> Result<Option<RawHandle>> {
        let Some(callback) = self.attribute_object(addr, "_callback")? else {
            return Ok(None);
        };
        let arguments = match self.attribute_object(addr, "_args")? {
            Some(tuple) if self.is_kind(tuple, Kind::Tuple) => {
                self.tuple_items(tuple, MAX_ARGUMENTS)?.0
            }
            _ => Vec::new(),
        };
        let when = match self.attribute_object(addr, "_when")? {
            // Libraries round deadlines to integers.
            Some(when) => self.number(when),
            None => None,
        };
        Ok(Some(RawHandle {
            addr,
            name: self.callable_name(callback).unwrap_or_default(),
            callback,
            arguments,
            when,
        }))
    }

    /// `loop._selector._fd_to_key`: named tuples of fileobj, fd, events and a
    /// pair of handles (Lib/selectors.py, Lib/asyncio/selector_events.py).
    fn watched(&self, event_loop: u64) -> Result<Vec<Watched>> {
        let mut watched = Vec::new();
        let Some(selector) = self.attribute_object(event_loop, "_selector")? else {
            return Ok(watched);
        };
        let Some(keys) = self.attribute_object(selector, "_fd_to_key")? else {
            return Ok(watched);
        };
        for (_, key) in self.dict_items(keys, MAX_HANDLES)?.0 {
            let Ok((fields, _)) = self.tuple_items(key, 4) else {
                continue;
            };
            let [_, fd, events, data] = fields[..] else {
                continue;
            };
            let number = |object| self.int(object).ok()?.to_i64();
            let (Some(fd), Some(events)) = (number(fd), number(events)) else {
                continue;
            };
            let handles = self
                .tuple_items(data, 2)
                .map_or(Vec::new(), |(pair, _)| pair);
            let handle = |index: usize| self.handle(*handles.get(index)?).ok()?;
            watched.push(Watched {
                fd,
                events,
                reader: handle(0),
                writer: handle(1),
            });
        }
        watched.sort_by_key(|file| file.fd);
        Ok(watched)
    }
}

/// Timers by the object that each affects. Times are seconds from now.
#[derive(Debug, Default)]
pub struct Timers {
    /// Timers that complete a future (`asyncio.sleep`), by the future.
    pub wakes: FxHashMap<u64, f64>,
    /// Timers that end a wait early, by the future, task or timeout object that they
    /// are bound to, with the name of their callback.
    pub guards: FxHashMap<u64, (f64, String)>,
}

impl Timers {
    /// Adds the timers among `handles`. `now` is `loop.time()` in seconds.
    pub fn add(&mut self, reader: &Reader<'_>, handles: &[RawHandle], now: f64) {
        for handle in handles {
            let Some(when) = handle.when else { continue };
            let left = when - now;
            if let Some(future) = handle.completes() {
                self.wakes.insert(future, left);
                continue;
            }
            let bound = reader.bound_objects(handle.callback);
            for object in handle.arguments.iter().chain(&bound) {
                self.guards
                    .entry(*object)
                    .and_modify(|(known, _)| *known = known.min(left))
                    .or_insert_with(|| (left, handle.name.clone()));
            }
        }
    }
}
