//! Event loops: the thread that runs each, its ready queue and its timers.

use python_offsets::RunningLoopForm;

use crate::cpython::error::{DecodeError, Result};
use crate::cpython::{Kind, Reader};

/// Key of the running loop in the dict of a thread state, to 3.12
/// (Modules/_asynciomodule.c).
const RUNNING_LOOP_KEY: &str = "__asyncio_running_event_loop__";

/// One event loop. Fields are `None` where the loop does not have them as Python
/// attributes (uvloop).
#[derive(Debug, Clone)]
pub struct RawLoop {
    /// Address of the loop.
    pub addr: u64,
    /// Full name of its class.
    pub class_name: String,
    /// Whether it is closed.
    pub closed: Option<bool>,
    /// Whether it is in debug mode.
    pub debug: Option<bool>,
    /// Length of the ready queue.
    pub ready: Option<u64>,
    /// Number of scheduled timers.
    pub timers: Option<u64>,
    /// `loop.time()` at which the next timer is due, in seconds.
    pub next_timer: Option<f64>,
}

impl Reader<'_> {
    /// Address of the loop that runs in the thread whose state is at `tstate`. `None` if
    /// no loop runs in it.
    ///
    /// # Errors
    /// When it cannot be read or the layout does not have it.
    pub fn running_loop(&self, tstate: u64) -> Result<Option<u64>> {
        let layout = &self.layout.thread;
        if self.layout.format.running_loop == RunningLoopForm::Field {
            return match layout.asyncio_running_loop {
                Some(offset) => self.pointer(offset.at(tstate), "running loop"),
                None => Err(DecodeError::NotInLayout {
                    what: "the running loop",
                }),
            };
        }
        let Some(dict) = self.pointer(layout.dict.at(tstate), "thread dict")? else {
            return Ok(None);
        };
        let Some(value) = self.dict_get(dict, RUNNING_LOOP_KEY)? else {
            return Ok(None);
        };
        let event_loop = match self.layout.format.running_loop {
            RunningLoopForm::DictHolder => {
                self.expect_kind(value, Kind::RunningLoopHolder, "running loop holder")?;
                let at = self.layout.awaitable.running_loop.at(value);
                self.required(at, "rl_loop")?
            }
            _ => value,
        };
        Ok((!self.is_kind(event_loop, Kind::None)).then_some(event_loop))
    }

    /// Ident of the thread that runs the loop at `addr`, as the loop stores it
    /// (`threading.get_ident()`). `None` while it does not run, and for uvloop.
    pub fn loop_thread_ident(&self, addr: u64) -> Option<u64> {
        let ident = self.attribute_object(addr, "_thread_id").ok()??;
        self.int(ident).ok()?.to_u64()
    }

    /// The loop at `addr`.
    ///
    /// # Errors
    /// When its type cannot be read.
    pub fn event_loop(&self, addr: u64) -> Result<RawLoop> {
        let ty = self.type_of(addr)?;
        let scheduled = self.loop_attribute(addr, "_scheduled", Kind::List);
        Ok(RawLoop {
            addr,
            class_name: self.full_type_name(&ty).to_string(),
            closed: self.attribute_bool(addr, "_closed"),
            debug: self.attribute_bool(addr, "_debug"),
            ready: self
                .loop_attribute(addr, "_ready", Kind::Deque)
                .and_then(|deque| self.length(deque).ok()),
            timers: scheduled.and_then(|list| self.length(list).ok()),
            next_timer: scheduled.and_then(|list| self.next_timer(list).ok().flatten()),
        })
    }

    fn loop_attribute(&self, addr: u64, name: &str, kind: Kind) -> Option<u64> {
        let value = self.attribute(addr, name).ok()??;
        self.is_kind(value, kind).then_some(value)
    }

    /// Due time of the first `TimerHandle` in the heap at `scheduled`.
    fn next_timer(&self, scheduled: u64) -> Result<Option<f64>> {
        let (first, _) = self.list_items(scheduled, 1)?;
        match first.first() {
            Some(handle) => match self.attribute(*handle, "_when")? {
                Some(when) => Ok(self.float(when).ok()),
                None => Ok(None),
            },
            None => Ok(None),
        }
    }
}
