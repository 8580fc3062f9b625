//! Futures and tasks: native ones from their structures, others from their
//! attributes.

use std::rc::Rc;

use python_offsets::Offset;

use crate::cpython::error::{DecodeError, Result};
use crate::cpython::objects::text::Text;
use crate::cpython::reader::{Fields, OBJECT_WINDOW, WORD};
use crate::cpython::{Kind, Reader, Type};

/// State of a future (`fut_state`, Modules/_asynciomodule.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FutureState {
    /// It has no result yet.
    Pending,
    /// It was cancelled.
    Cancelled,
    /// It has a result or an exception.
    Finished,
}

/// The common fields of native and pure-Python futures.
#[derive(Debug, Clone)]
pub struct RawFuture {
    /// Address of the future.
    pub addr: u64,
    /// Its type.
    pub ty: Rc<Type>,
    /// Its state.
    pub state: FutureState,
    /// Address of its loop.
    pub event_loop: Option<u64>,
    /// Addresses of the callables that are called when it is done.
    pub callbacks: Vec<u64>,
    /// Address of its exception.
    pub exception: Option<u64>,
    /// Whether the exception was never retrieved (`__log_traceback`).
    pub log_traceback: bool,
    /// The stack of its creation; in debug mode only.
    pub source_traceback: Option<u64>,
}

/// The name of a task as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskName {
    /// Tasks have no names in 3.7.
    Absent,
    /// From 3.12: the `n` of `Task-<n>`, which asyncio formats on demand.
    Number(u64),
    /// The name itself.
    Text(Text),
}

/// A task.
#[derive(Debug, Clone)]
pub struct RawTask {
    /// Its fields as a future.
    pub future: RawFuture,
    /// Address of its coroutine. `None` once it is finished.
    pub coroutine: Option<u64>,
    /// Address of the future that it waits for (`_fut_waiter`).
    pub waiter: Option<u64>,
    /// Its name.
    pub name: TaskName,
    /// Whether it will be cancelled when it next runs.
    pub must_cancel: bool,
    /// Number of unanswered calls of `cancel()`.
    pub cancels_requested: u64,
}

/// Attributes of `asyncio.futures.Future` and `asyncio.tasks.Task`.
mod attribute {
    pub(super) const BLOCKING: &str = "_asyncio_future_blocking";
    pub(super) const STATE: &str = "_state";
    pub(super) const LOOP: &str = "_loop";
    pub(super) const CALLBACKS: &str = "_callbacks";
    /// Of `concurrent.futures.Future`.
    pub(super) const DONE_CALLBACKS: &str = "_done_callbacks";
    pub(super) const EXCEPTION: &str = "_exception";
    pub(super) const LOG_TRACEBACK: &str = "_Future__log_traceback";
    pub(super) const SOURCE_TRACEBACK: &str = "_source_traceback";
    pub(super) const COROUTINE: &str = "_coro";
    pub(super) const WAITER: &str = "_fut_waiter";
    pub(super) const NAME: &str = "_name";
    pub(super) const MUST_CANCEL: &str = "_must_cancel";
    pub(super) const CANCELS: &str = "_num_cancels_requested";
}

impl Reader<'_> {
    /// Whether `asyncio.isfuture` is true for the object at `addr`.
    pub fn is_future(&self, addr: u64) -> bool {
        let Ok(ty) = self.type_of(addr) else {
            return false;
        };
        ty.is_native_future()
            || (ty.is_heap()
                && ty.exact == Kind::Other
                && matches!(self.type_attribute(&ty, attribute::BLOCKING), Ok(Some(_))))
    }

    /// Whether the object at `addr` is a task of any kind.
    pub fn is_task(&self, addr: u64) -> bool {
        self.type_of(addr).is_ok_and(|ty| ty.kind == Kind::Task)
            || (self.is_future(addr)
                && matches!(self.attribute(addr, attribute::COROUTINE), Ok(Some(_))))
    }

    /// The future at `addr`. It may be a `concurrent.futures.Future`.
    ///
    /// # Errors
    /// When it is no future or cannot be read.
    pub fn future(&self, addr: u64) -> Result<RawFuture> {
        let ty = self.type_of(addr)?;
        if ty.is_native_future() {
            self.native_future(addr, ty)
        } else {
            self.attribute_future(addr, ty)
        }
    }

    /// The only callback of the future in C at `addr`. `None` for other futures, and for those with
    /// no callback or several.
    pub fn only_callback(&self, addr: u64) -> Option<u64> {
        let layout = &self.layout.task;
        let mut head = [0; OBJECT_WINDOW];
        let length = usize::try_from(u64::from(layout.callbacks)).ok()? + WORD;
        let head = head.get_mut(..length)?;
        self.bytes_into(addr, head).ok()?;
        let ty = self
            .type_at(head.field_u64(self.layout.object.ob_type))
            .ok()?;
        let others = head.field_u64(layout.callbacks);
        let first = head.field_u64(layout.callback0);
        (ty.is_native_future() && others == 0 && first != 0).then_some(first)
    }

    /// State of the future at `addr`.
    ///
    /// # Errors
    /// When it is no future or cannot be read.
    pub fn future_state(&self, addr: u64) -> Result<FutureState> {
        let ty = self.type_of(addr)?;
        if ty.is_native_future() {
            let state = self.i32(self.layout.task.state.at(addr))?;
            return native_state(state, addr);
        }
        self.attribute_state(addr)
    }

    /// The task at `addr`.
    ///
    /// # Errors
    /// When it is no task or cannot be read.
    pub fn task(&self, addr: u64) -> Result<RawTask> {
        let ty = self.type_of(addr)?;
        if ty.kind == Kind::Task {
            self.native_task(addr, ty)
        } else {
            self.attribute_task(addr, ty)
        }
    }

    fn native_future(&self, addr: u64, ty: Rc<Type>) -> Result<RawFuture> {
        let layout = &self.layout.task;
        let expected = match ty.kind {
            Kind::Task => layout.size,
            _ => layout.future_size,
        };
        // A subclass only adds to the structure.
        if ty.basicsize < i64::from(expected) {
            return Err(DecodeError::Corrupt {
                what: "size of a future",
                addr: ty.addr,
            });
        }
        let head = self.bytes(addr, layout.future_size as usize)?;
        let pointer = |offset: Offset| match head.field_u64(offset) {
            0 => None,
            value => Some(value),
        };
        let state = native_state(head.field_i32(layout.state), addr)?;
        let mut callbacks: Vec<u64> = pointer(layout.callback0).into_iter().collect();
        if let Some(list) = pointer(layout.callbacks) {
            callbacks.extend(self.callback_list(list)?);
        }
        Ok(RawFuture {
            addr,
            state,
            event_loop: pointer(layout.event_loop),
            callbacks,
            exception: pointer(layout.exception).filter(|_| state == FutureState::Finished),
            log_traceback: flag(head.field_u8(layout.log_tb), layout.log_tb_bit),
            source_traceback: pointer(layout.source_tb)
                .filter(|traceback| !self.is_kind(*traceback, Kind::None)),
            ty,
        })
    }

    /// The callbacks in the list at `list`. Its items are `(callback, context)` tuples,
    /// or the callbacks themselves in `concurrent.futures`.
    fn callback_list(&self, list: u64) -> Result<Vec<u64>> {
        let (items, _) = self.list_items(list, self.limits.items)?;
        Ok(items
            .into_iter()
            .filter_map(|item| match self.is_kind(item, Kind::Tuple) {
                true => self.tuple_items(item, 1).ok()?.0.first().copied(),
                false => Some(item),
            })
            .collect())
    }

    fn native_task(&self, addr: u64, ty: Rc<Type>) -> Result<RawTask> {
        let layout = &self.layout.task;
        let head = self.bytes(addr, layout.size as usize)?;
        let pointer = |offset: Offset| match head.field_u64(offset) {
            0 => None,
            value => Some(value),
        };
        let name = match layout.name.and_then(pointer) {
            None => TaskName::Absent,
            Some(name) => self.task_name(name)?,
        };
        Ok(RawTask {
            future: self.native_future(addr, ty)?,
            coroutine: pointer(layout.coro),
            waiter: pointer(layout.fut_waiter),
            name,
            must_cancel: flag(head.field_u8(layout.must_cancel), layout.must_cancel_bit),
            cancels_requested: layout
                .num_cancels_requested
                .map_or(0, |offset| head.field_i32(offset).max(0) as u64),
        })
    }

    fn task_name(&self, addr: u64) -> Result<TaskName> {
        match self.type_of(addr)?.kind {
            Kind::Int => Ok(match self.int(addr)?.to_u64() {
                Some(number) => TaskName::Number(number),
                None => TaskName::Absent,
            }),
            Kind::Str => Ok(TaskName::Text(self.unicode(addr, self.limits.text)?)),
            Kind::None => Ok(TaskName::Absent),
            // `set_name` stores a `str`, but a subclass may store any object.
            _ => Ok(TaskName::Text(Text {
                text: self.value(addr).to_string(),
                length: 0,
                cut: false,
                surrogates: Vec::new(),
            })),
        }
    }

    fn attribute_state(&self, addr: u64) -> Result<FutureState> {
        let state = self
            .attribute(addr, attribute::STATE)?
            .ok_or(DecodeError::Null { what: "_state" })?;
        match &*self.text(state)? {
            "PENDING" | "RUNNING" => Ok(FutureState::Pending),
            "CANCELLED" | "CANCELLED_AND_NOTIFIED" => Ok(FutureState::Cancelled),
            "FINISHED" => Ok(FutureState::Finished),
            _ => Err(DecodeError::Corrupt {
                what: "_state",
                addr,
            }),
        }
    }

    fn attribute_future(&self, addr: u64, ty: Rc<Type>) -> Result<RawFuture> {
        let mut callbacks = Vec::new();
        for name in [attribute::CALLBACKS, attribute::DONE_CALLBACKS] {
            if let Some(list) = self.attribute(addr, name)?
                && self.is_kind(list, Kind::List)
            {
                callbacks.extend(self.callback_list(list)?);
            }
        }
        Ok(RawFuture {
            addr,
            ty,
            state: self.attribute_state(addr)?,
            event_loop: self.attribute_object(addr, attribute::LOOP)?,
            callbacks,
            exception: self.attribute_object(addr, attribute::EXCEPTION)?,
            log_traceback: self
                .attribute_bool(addr, attribute::LOG_TRACEBACK)
                .unwrap_or(false),
            source_traceback: self.attribute_object(addr, attribute::SOURCE_TRACEBACK)?,
        })
    }

    fn attribute_task(&self, addr: u64, ty: Rc<Type>) -> Result<RawTask> {
        let name = match self.attribute(addr, attribute::NAME)? {
            Some(name) => self.task_name(name)?,
            None => TaskName::Absent,
        };
        let cancels = match self.attribute(addr, attribute::CANCELS)? {
            Some(number) => self.int(number)?.to_u64().unwrap_or(0),
            None => 0,
        };
        Ok(RawTask {
            future: self.attribute_future(addr, ty)?,
            coroutine: self.attribute_object(addr, attribute::COROUTINE)?,
            waiter: self.attribute_object(addr, attribute::WAITER)?,
            name,
            must_cancel: self
                .attribute_bool(addr, attribute::MUST_CANCEL)
                .unwrap_or(false),
            cancels_requested: cancels,
        })
    }
}

fn native_state(state: i32, addr: u64) -> Result<FutureState> {
    match state {
        0 => Ok(FutureState::Pending),
        1 => Ok(FutureState::Cancelled),
        2 => Ok(FutureState::Finished),
        _ => Err(DecodeError::Corrupt {
            what: "state of a future",
            addr,
        }),
    }
}

fn flag(byte: u8, bit: Option<u32>) -> bool {
    match bit {
        Some(bit) => (byte >> (bit & 7)) & 1 == 1,
        None => byte != 0,
    }
}
