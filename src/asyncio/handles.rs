//! What a loop will call: handles that are ready, timers, signal handlers and
//! watched file descriptors.

use rustc_hash::FxHashMap;

use crate::cpython::error::Result;
use crate::cpython::{Kind, Reader};

/// Handles of one loop that are looked at.
const MAX_HANDLES: usize = 1_000_000;
/// Largest numbers of arguments of one handle that are looked at.
const MAX_ARGUMENTS: usize = 16;

/// An `asyncio.Handle` or `TimerHandle`.
#[derive(Debug, Clone)]
pub struct RawHandle {
    pub addr: u64,
    /// Qualified name of what it calls.
    pub name: String,
    /// What it calls.
    pub callback: u64,
    pub arguments: Vec<u64>,
    /// `loop.time()` at which it is due, in seconds; of timers only.
    pub when: Option<f64>,
}

/// A descriptor that a loop's selector watches.
#[derive(Debug, Clone)]
pub struct Watched {
    pub fd: i64,
    /// `selectors.EVENT_READ` (1) and `EVENT_WRITE` (2).
    pub events: i64,
    pub reader: Option<RawHandle>,
    pub writer: Option<RawHandle>,
}

/// Everything that may make a loop go on.
#[derive(Debug, Clone, Default)]
pub struct LoopHandles {
    pub ready: Vec<RawHandle>,
    pub timers: Vec<RawHandle>,
    pub signals: Vec<RawHandle>,
    pub watched: Vec<Watched>,
}

impl Reader<'_> {
    /// The handles of the loop at `addr`; loops that keep them in C structures
    /// (uvloop) show none.
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

    /// The handle at `addr`; `None` when it was cancelled.
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
            Some(when) => self.float(when).ok(),
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

/// Timers by the object that each is for.
#[derive(Debug, Default)]
pub struct Timers {
    /// Futures that a timer completes: `asyncio.sleep`, `call_later` on one.
    pub wakes: FxHashMap<u64, f64>,
    /// Timers that end a wait early, by the future, task or timeout object
    /// that they are bound to, with the name of what they call.
    pub guards: FxHashMap<u64, (f64, String)>,
}

/// What `asyncio.sleep` schedules (Lib/asyncio/futures.py).
const SLEEP_CALLBACK: &str = "_set_result_unless_cancelled";

impl Timers {
    /// Sorts the timers of `handles`; `now` is `loop.time()`.
    pub fn add(&mut self, reader: &Reader<'_>, handles: &[RawHandle], now: f64) {
        for handle in handles {
            let Some(when) = handle.when else { continue };
            let left = when - now;
            if handle.name.ends_with(SLEEP_CALLBACK) {
                if let Some(future) = handle.arguments.first() {
                    self.wakes.insert(*future, left);
                }
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
