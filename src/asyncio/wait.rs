//! The primitive in which a suspended chain or the call of a thread waits.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

use crate::cpython::error::Result;
use crate::cpython::{RawFrame, Reader};

use super::wait_table::{KnownWait, Receiver, WaitTable, pool};
use crate::model::WaitKind;

/// Maximum number of steps from a pool to what its waiters wait on: httpcore's is
/// `_requests[i]._connection_acquired._event._event`.
const POOL_DEPTH: u8 = 5;
/// Maximum number of objects of a pool that are searched for it.
const POOL_OBJECTS: usize = 2_000;
/// Part of the qualified name of a function inside a function, where that of a method
/// has the class.
const LOCALS: &str = "<locals>";
/// Name of the first parameter of methods.
const SELF: &str = "self";
/// Queues around a container: SQLAlchemy's is around one of asyncio.
const MAX_QUEUES: usize = 2;
/// Class of the queues of asyncio (Lib/asyncio/queues.py).
const ASYNCIO_QUEUE: &str = "asyncio.queues.Queue";
/// Module whose classes are never pools, whatever their attributes.
const ASYNCIO: &str = "asyncio.";

/// The primitive in which a chain or a call waits.
#[derive(Debug, Clone)]
pub struct RawWait {
    /// What is waited for.
    pub kind: WaitKind,
    /// What `subject` is.
    pub receiver: Receiver,
    /// Address of the receiver of the method that waits.
    pub subject: u64,
    /// The frame of that method.
    pub frame: RawFrame,
}

/// An object of a library that uses the primitive, and that users know better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outer {
    /// A pool of connections or permits.
    Pool(u64),
    /// The shared state of the two ends of an in-memory stream.
    MemoryStream(u64),
}

impl Reader<'_> {
    /// The first argument of the function that `frame` runs. `None` if it has none or
    /// the argument is unbound.
    ///
    /// # Errors
    /// When the frame or its code cannot be read.
    pub fn receiver(&self, frame: &RawFrame) -> Result<Option<u64>> {
        if frame.at.code.arguments < 1 {
            return Ok(None);
        }
        let slot = self.layout.frame.localsplus.at(frame.addr);
        match self.untag(self.u64(slot)?) {
            Some(cell) if self.is_kind(cell, crate::cpython::Kind::Cell) => {
                self.cell_contents(cell)
            }
            Some(value) => Ok(Some(value)),
            // To 3.10 an argument that a closure uses is moved to a cell.
            None => self.frame_variable(frame, SELF),
        }
    }

    /// The receiver of the method that `frame` runs. `None` if it runs no method. A
    /// plain function with an object as its first argument is no method, and may wait
    /// for something else.
    ///
    /// # Errors
    /// When the frame, its code or the receiver cannot be read.
    pub fn method_receiver(&self, frame: &RawFrame) -> Result<Option<u64>> {
        let variables = self.variables(&frame.at.code)?;
        let first = variables.first().map(|variable| &*variable.name);
        let class = class_in(frame);
        if first != Some(SELF) && class.is_none() {
            return Ok(None);
        }
        let Some(receiver) = self.receiver(frame)? else {
            return Ok(None);
        };
        let is_method = first == Some(SELF) || {
            let classes = self.class_names(&*self.type_of(receiver)?);
            let mut names = classes.iter().map(|class| class.rsplit('.').next());
            names.any(|name| name == class)
        };
        Ok(is_method.then_some(receiver))
    }

    /// The row of `table` that applies to `frame`, and the receiver.
    fn known_wait(
        &self,
        frame: &RawFrame,
        table: &'static WaitTable,
    ) -> Option<(&'static KnownWait, u64)> {
        let mut rows = table.rows_of(&frame.at.code.name)?;
        let receiver = self.method_receiver(frame).ok()??;
        let ty = self.type_of(receiver).ok()?;
        let classes = self.class_names(&ty);
        rows.find(|row| classes.iter().any(|class| **class == *row.class))
            .map(|row| (row, receiver))
    }

    /// The wait in which `frames` (innermost first) end: the outermost of the known
    /// methods that call each other at the inner end, and the number of their frames.
    /// `None` if the innermost frame runs no known method.
    pub fn innermost_wait<'f>(
        &self,
        frames: impl Iterator<Item = &'f RawFrame>,
        table: &'static WaitTable,
    ) -> Option<(RawWait, usize)> {
        let mut found: Option<(RawWait, usize)> = None;
        for (index, frame) in frames.enumerate() {
            let Some((row, subject)) = self.known_wait(frame, table) else {
                break;
            };
            // `async with condition` waits for the lock of the condition.
            if found.is_some() && frame.at.code.name.ends_with("enter__") {
                break;
            }
            if row.receiver == Receiver::Wrapper {
                match &mut found {
                    Some((_, frames)) => *frames = index + 1,
                    None => break,
                }
                continue;
            }
            let wait = RawWait {
                kind: row.kind,
                receiver: row.receiver,
                subject,
                frame: frame.clone(),
            };
            found = Some((wait, index + 1));
        }
        found
    }

    /// The pool, limiter or in-memory stream that the object at `receiver` is. `None` for
    /// other objects.
    pub fn outer(&self, receiver: u64) -> Option<Outer> {
        let ty = self.type_of(receiver).ok()?;
        if !ty.is_heap() || self.full_type_name(&ty).starts_with(ASYNCIO) {
            return None;
        }
        self.memory_stream(receiver)
            .map(Outer::MemoryStream)
            .or_else(|| self.is_pool(receiver).then_some(Outer::Pool(receiver)))
    }

    /// The state that both ends of the in-memory stream at `stream` share (anyio).
    fn memory_stream(&self, stream: u64) -> Option<u64> {
        let state = self.attribute_object(stream, "_state").ok()??;
        let has = |name| matches!(self.attribute_object(state, name), Ok(Some(_)));
        (has("waiting_senders") && has("waiting_receivers")).then_some(state)
    }

    fn is_pool(&self, object: u64) -> bool {
        let has = |names: &[&str]| self.first_attribute(object, names).is_some();
        has(pool::LIMIT) && (has(pool::USED) || has(pool::FREE) || has(pool::ALL))
            || has(pool::NAMED) && self.free_queue(object).is_some()
    }

    /// The queue in which the pool at `pool` keeps what it can give out. `None` if it has
    /// none.
    pub fn free_queue(&self, pool: u64) -> Option<u64> {
        let queue = self.first_attribute(pool, pool::FREE)?;
        let (size, content) = pool::QUEUE;
        self.first_attribute(queue, size)?;
        let content = self.first_attribute(queue, content)?;
        // A pool that a connection refers to has a queue, and is none.
        let adapts = || self.first_attribute(pool, pool::OVERFLOW.1).is_some();
        let is_queue = self.any_length(content).is_some()
            || adapts() && self.is_instance(content, ASYNCIO_QUEUE);
        is_queue.then_some(queue)
    }

    /// Whether the object at `addr` has the attributes of a queue.
    pub fn is_queue_like(&self, addr: u64) -> bool {
        let (size, content) = pool::QUEUE;
        [size, content]
            .iter()
            .all(|names| self.first_attribute(addr, names).is_some())
    }

    /// The number of items in the container at `addr`, in the container of the queue that
    /// it is, or in the queue around which it is.
    pub fn free_length(&self, addr: u64) -> Option<u64> {
        let mut at = addr;
        for _ in 0..=MAX_QUEUES {
            if let Some(length) = self.any_length(at) {
                return Some(length);
            }
            at = self.first_attribute(at, pool::QUEUE.1)?;
        }
        None
    }

    /// Whether one of `targets` belongs to the waiting side of the pool at `pool`: it is
    /// reached from the pool, and not through the connections that it has given out.
    pub fn pool_waits_on(&self, pool: u64, targets: &[u64]) -> bool {
        let attributes = self.attributes(pool).unwrap_or_default();
        let given_out = |name: &str| pool::USED.contains(&name) || pool::ALL.contains(&name);
        let own = attributes.into_iter().filter(|(name, _)| !given_out(name));
        let mut open: VecDeque<(u64, u8)> = own.map(|(_, object)| (object, 1)).collect();
        let mut visited = FxHashSet::default();
        while let Some((object, depth)) = open.pop_front() {
            if targets.contains(&object) {
                return true;
            }
            if depth >= POOL_DEPTH || visited.len() >= POOL_OBJECTS || !visited.insert(object) {
                continue;
            }
            let parts = self.parts(object).into_iter();
            open.extend(parts.map(|(_, part)| (part, depth + 1)));
        }
        false
    }

    /// The first attribute of the object at `addr` out of `names` that is present and not
    /// `None`.
    pub fn first_attribute(&self, addr: u64, names: &[&str]) -> Option<u64> {
        names
            .iter()
            .find_map(|name| self.attribute_object(addr, name).ok()?)
    }
}

/// The class in the qualified name of the function that `frame` runs.
fn class_in(frame: &RawFrame) -> Option<&str> {
    let qualname = frame.at.qualname.as_deref();
    let (class, _) = qualname
        .unwrap_or(&frame.at.code.qualname)
        .rsplit_once('.')?;
    class.rsplit('.').next().filter(|class| *class != LOCALS)
}
