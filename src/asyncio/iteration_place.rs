//! Where the iteration of a loop lies in memory, so that one read tells whether it still runs.
//!
//! The frame of `_run_once` has the iteration in its fast locals (see
//! [`super::iteration`]). While the loop runs, each call of the function gets its frame at the
//! same address: from 3.11 it lies on the thread's own stack of frames
//! (`_PyThreadState_PushFrame`, Python/pystate.c), before that CPython reuses the last frame of
//! a function (`co_zombieframe`, Objects/frameobject.c, to 3.9; the free list, 3.10).

use python_offsets::{Offset, ReferenceForm};

use super::iteration::{LOOP, POLLED_AT};
use crate::cpython::error::Result;
use crate::cpython::{RawFrame, Reader};

/// A float that every loop has (`BaseEventLoop.__init__`, Lib/asyncio/base_events.py).
const SOME_FLOAT: &str = "_clock_resolution";

/// A word of the process: its address, and its size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Its address.
    pub addr: u64,
    /// Its size in bytes, at most eight.
    pub size: usize,
}

/// Where a loop has its iteration.
#[derive(Debug, Clone, PartialEq)]
pub struct IterationPlace {
    /// The code of the frame, and what it is while the function has this frame.
    pub code: (Word, u64),
    /// The variable with the loop, and the address of that.
    pub own: (Word, u64),
    /// The instruction at which the frame is.
    pub instruction: (Word, u64),
    /// The variable with the time after polling: null while the loop polls.
    pub polled_at: Word,
    /// How the variables refer to objects.
    pub references: ReferenceForm,
    /// The type of a `float`: its offset in the object, and what it is.
    pub float_type: (Offset, u64),
    /// The offset of the number in a `float`.
    pub float_value: Offset,
}

impl Reader<'_> {
    /// Where the loop at `event_loop` has its iteration, by the stack `frames`, innermost first,
    /// of the thread that runs it. `None` if it runs no such function, or has another clock.
    ///
    /// # Errors
    /// When the frame or the loop cannot be read.
    pub fn iteration_place(
        &self,
        event_loop: u64,
        frames: &[RawFrame],
    ) -> Result<Option<IterationPlace>> {
        let Some((_, frame)) = self.iteration_frame(event_loop, frames) else {
            return Ok(None);
        };
        if !self.has_the_clock(event_loop)? {
            return Ok(None);
        }
        let layout = &self.layout.frame;
        let instruction = match (layout.instr_ptr, layout.lasti) {
            (Some(offset), _) => (offset, size_of::<u64>()),
            (None, Some(offset)) => (offset, size_of::<u32>()),
            (None, None) => return Ok(None),
        };
        let slots = self.variable_slot(frame, LOOP)?;
        let Some((own, polled_at)) = slots.zip(self.variable_slot(frame, POLLED_AT)?) else {
            return Ok(None);
        };
        let Some(float) = self.attribute_object(event_loop, SOME_FLOAT)? else {
            return Ok(None);
        };
        self.float(float)?;
        let word = |addr: u64, size: usize| Word { addr, size };
        let pointer = |addr: u64| word(addr, size_of::<u64>());
        let code = layout.code.at(frame.addr);
        let at = instruction.0.at(frame.addr);
        Ok(Some(IterationPlace {
            code: (pointer(code), self.u64(code)?),
            own: (pointer(own), event_loop),
            instruction: (word(at, instruction.1), self.word(at, instruction.1)?),
            polled_at: pointer(polled_at),
            references: self.layout.format.references,
            float_type: (self.layout.object.ob_type, self.type_addr(float)?),
            float_value: self.layout.float.ob_fval,
        }))
    }
}
