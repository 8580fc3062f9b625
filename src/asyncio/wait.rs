//! In which primitive a suspended chain or a thread's call waits.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::cpython::error::Result;
use crate::cpython::{RawFrame, Reader, Type};

use super::chain::ChainFrame;
use super::wait_table::{KnownWait, Receiver, pool};
use crate::model::WaitKind;

/// Frames outside a primitive that are searched for the pool or stream that
/// uses it.
const MAX_OUTER_FRAMES: usize = 8;
/// What a qualified name has in place of a class for a function within a function.
const LOCALS: &str = "<locals>";
/// What methods call the object that they belong to.
const SELF: &str = "self";
/// Module whose own classes are no pools, whatever their attributes.
const ASYNCIO: &str = "asyncio.";

/// What a chain or a call waits in.
#[derive(Debug, Clone)]
pub struct RawWait {
    pub kind: WaitKind,
    /// What `subject` is.
    pub receiver: Receiver,
    /// Receiver of the method that waits.
    pub subject: u64,
    /// The frame of that method.
    pub frame: RawFrame,
}

/// Something of a library around the primitive that the user knows better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outer {
    /// Connections or permits that are given out and come back.
    Pool(u64),
    /// The shared state of two ends of a stream of objects.
    MemoryStream(u64),
}

impl Reader<'_> {
    /// Full names of the classes of `ty` in method resolution order.
    pub fn class_names(&self, ty: &Type) -> Rc<[Rc<str>]> {
        if let Some(names) = self.class_names.borrow().get(&ty.addr) {
            return names.clone();
        }
        let names: Rc<[Rc<str>]> = ty
            .mro
            .iter()
            .filter_map(|class| Some(self.full_type_name(&*self.type_at(*class).ok()?)))
            .collect();
        self.class_names.borrow_mut().insert(ty.addr, names.clone());
        names
    }

    /// Whether the object at `addr` is an instance of the class called `class`.
    pub fn is_instance(&self, addr: u64, class: &str) -> bool {
        self.type_of(addr)
            .is_ok_and(|ty| self.class_names(&ty).iter().any(|name| **name == *class))
    }

    /// The first argument of the function that `frame` runs.
    pub fn receiver(&self, frame: &RawFrame) -> Result<Option<u64>> {
        if frame.at.code.arguments < 1 {
            return Ok(None);
        }
        let slot = frame.addr + u64::from(self.layout.frame.localsplus);
        match self.untag(self.u64(slot)?) {
            Some(cell) if self.is_kind(cell, crate::cpython::Kind::Cell) => {
                self.cell_contents(cell)
            }
            Some(value) => Ok(Some(value)),
            // To 3.10 an argument that a closure uses has moved to its cell.
            None => self.frame_variable(frame, SELF),
        }
    }

    /// The object in whose method `frame` is. A function that is only given an object
    /// first is no method of it: what it waits in may be something else.
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

    /// The row of `table` that describes what `frame` does, and its receiver.
    fn known_wait<'t>(
        &self,
        frame: &RawFrame,
        table: &'t [KnownWait],
    ) -> Option<(&'t KnownWait, u64)> {
        let name = &*frame.at.code.name;
        let mut rows = table.iter().filter(|row| row.methods.contains(&name));
        let key = (frame.at.code.addr, table.as_ptr() as usize);
        let mut named = self.named.borrow_mut();
        if !*named
            .entry(key)
            .or_insert_with(|| rows.clone().next().is_some())
        {
            return None;
        }
        drop(named);
        let receiver = self.method_receiver(frame).ok()??;
        let ty = self.type_of(receiver).ok()?;
        let classes = self.class_names(&ty);
        rows.find(|row| classes.iter().any(|class| **class == *row.class))
            .map(|row| (row, receiver))
    }

    /// The outermost of the known methods, one inside the other, that the
    /// innermost of `frames` ends in; and how many frames that are.
    pub fn innermost_wait<'f>(
        &self,
        frames: impl Iterator<Item = &'f RawFrame>,
        table: &[KnownWait],
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

    /// The pool, limiter or stream of objects in whose methods the frames wait
    /// that follow the `inner` innermost ones of `chain`.
    /// `known` says what receivers are that were looked at before.
    pub fn outer_wait(
        &self,
        chain: &[ChainFrame],
        inner: usize,
        known: &mut FxHashMap<u64, Option<Outer>>,
    ) -> Option<Outer> {
        python_frames(chain)
            .skip(inner)
            .take(MAX_OUTER_FRAMES)
            .find_map(|frame| {
                let receiver = self.method_receiver(frame).ok()??;
                *known
                    .entry(receiver)
                    .or_insert_with(|| self.outer(receiver))
            })
    }

    fn outer(&self, receiver: u64) -> Option<Outer> {
        let ty = self.type_of(receiver).ok()?;
        if !ty.is_heap() || self.full_type_name(&ty).starts_with(ASYNCIO) {
            return None;
        }
        self.memory_stream(receiver)
            .map(Outer::MemoryStream)
            .or_else(|| self.is_pool(receiver).then_some(Outer::Pool(receiver)))
    }

    /// The state that both ends of an in-memory stream share (anyio).
    fn memory_stream(&self, stream: u64) -> Option<u64> {
        let state = self.attribute_object(stream, "_state").ok()??;
        let has = |name| matches!(self.attribute_object(state, name), Ok(Some(_)));
        (has("waiting_senders") && has("waiting_receivers")).then_some(state)
    }

    fn is_pool(&self, object: u64) -> bool {
        let has = |names: &[&str]| self.first_attribute(object, names).is_some();
        has(pool::LIMIT) && (has(pool::USED) || has(pool::FREE) || has(pool::ALL))
    }

    /// The first of `names` that the object at `addr` has as an attribute.
    pub fn first_attribute(&self, addr: u64, names: &[&str]) -> Option<u64> {
        names
            .iter()
            .find_map(|name| self.attribute_object(addr, name).ok()?)
    }

    /// Name of the module whose function `frame` runs.
    pub fn frame_module(&self, frame: &RawFrame) -> Option<Rc<str>> {
        let at = frame.addr + u64::from(self.layout.frame.globals);
        let globals = self.pointer(at, "f_globals").ok()??;
        self.text(self.dict_get(globals, "__name__").ok()??).ok()
    }
}

/// The class whose method the frame is in, as its qualified name has it.
fn class_in(frame: &RawFrame) -> Option<&str> {
    let qualname = frame.at.qualname.as_deref();
    let (class, _) = qualname
        .unwrap_or(&frame.at.code.qualname)
        .rsplit_once('.')?;
    class.rsplit('.').next().filter(|class| *class != LOCALS)
}

/// The Python frames of a chain, innermost first.
pub fn python_frames(chain: &[ChainFrame]) -> impl Iterator<Item = &RawFrame> {
    chain.iter().rev().filter_map(|link| match link {
        ChainFrame::Python(frame) => Some(frame),
        ChainFrame::Native(_) => None,
    })
}
