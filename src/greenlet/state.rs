//! The state of one greenlet, and its frames.

use std::num::NonZeroU64;

use super::form::{Form, MAIN_STOP, word};
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::{WORD, is_plausible};
use crate::cpython::{FrameSlot, Kind, RawStack, Reader};

/// Greenlets that are the parents of one another.
const MAX_PARENTS: usize = 1_000;
/// Bytes from `_top_frame` to `_main_greenlet` where `_prev_frame` lies between them, and
/// from that to `_main_greenlet` (greenlet 3.0.0 `greenlet_greenlet.hpp`, CPython 3.12).
const HIDDEN_DISTANCE: u64 = 80;
const HIDDEN_BEFORE: u64 = 16;

/// The state of a greenlet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GreenletStage {
    /// It has not started.
    Created,
    /// It is switched out.
    Suspended,
    /// It is the current greenlet of its thread.
    Running,
    /// It has ended.
    Finished,
}

/// A greenlet.
#[derive(Debug, Clone)]
pub struct RawGreenlet {
    /// Address of the object.
    pub addr: u64,
    /// Its state.
    pub stage: GreenletStage,
    /// Whether it is the main greenlet of its thread, which is the thread's own stack.
    pub is_main: bool,
    /// Address of its main greenlet: itself, if it is one. `None` if it has not started, and
    /// in the plain form.
    pub main: Option<u64>,
    /// Address of the greenlet that goes on when it ends. `None` for main greenlets.
    pub parent: Option<u64>,
    /// Whether its thread has ended.
    pub thread_ended: bool,
    /// An address on the C stack on which it runs. `None` where none is known.
    pub on_stack: Option<u64>,
    /// Address of the dict of its thread, in the plain form.
    pub thread_dict: Option<u64>,
    /// Address of its innermost frame object. `None` unless it is suspended.
    pub top_frame: Option<u64>,
    /// Where the frames outside of the innermost one are. `None` where they follow it.
    hidden: Option<Hidden>,
}

/// The frames of a suspended greenlet of greenlet 3.0.0 to 3.0.2 on CPython 3.12: the
/// innermost one is cut off from the rest, which is kept beside it. The links between them
/// lead through frames on the C stack, of which other greenlets may have taken the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hidden {
    /// Address of the next frame (`_prev_frame`).
    next: u64,
    /// Where the part of the C stack was that is saved, its size, and the copy.
    start: u64,
    saved: u64,
    copy: u64,
}

impl Hidden {
    /// Where the frame that was at `addr` is now.
    fn moved(&self, addr: u64) -> u64 {
        match addr.checked_sub(self.start) {
            Some(offset) if offset < self.saved => self.copy.wrapping_add(offset),
            _ => addr,
        }
    }
}

impl Reader<'_> {
    /// The greenlet at `addr`, whose fields lie as `form` says.
    ///
    /// # Errors
    /// When it cannot be read, or is none of the known states.
    pub fn greenlet(&self, form: &Form, addr: u64) -> Result<RawGreenlet> {
        let (at, top) = match form {
            Form::Plain { start } => (addr + start, word::PLAIN_TOP_FRAME),
            Form::Object { object, start, .. } => {
                let object = self.required(addr + object, "C++ object of a greenlet")?;
                (object + start, word::TOP_FRAME)
            }
        };
        let field = |index: usize| at + (index * WORD) as u64;
        let (start, stop) = (self.u64(at)?, self.u64(field(word::STOP))?);
        let is_main = stop == MAIN_STOP;
        let mut top_frame = self.pointer(field(top), "top_frame")?;
        if let Some(frame) = top_frame {
            self.expect_kind(frame, Kind::Frame, "top_frame of a greenlet")?;
        }
        let mut raw = RawGreenlet {
            addr,
            stage: GreenletStage::Finished,
            is_main,
            main: is_main.then_some(addr),
            parent: None,
            thread_ended: false,
            on_stack: [stop, start].into_iter().find(|at| is_plausible(*at)),
            thread_dict: None,
            top_frame,
            hidden: None,
        };
        let current = match form {
            Form::Plain { .. } => {
                let pointer = |index, what| self.pointer(field(index), what);
                raw.parent = pointer(word::PLAIN_PARENT, "parent of a greenlet")?;
                if stop != 0 {
                    raw.thread_dict = pointer(word::PLAIN_RUN_INFO, "run_info")?;
                }
                None
            }
            Form::Object { .. } => self.read_links(form, &mut raw)?,
        };
        raw.stage = match (stop, start) {
            (0, _) => GreenletStage::Created,
            (_, 0) => GreenletStage::Finished,
            // In the middle of a switch both sides have a frame.
            _ if current.is_some_and(|current| current == addr) => GreenletStage::Running,
            _ if top_frame.is_none() && current.is_none() => GreenletStage::Running,
            _ => GreenletStage::Suspended,
        };
        let mut hidden = None;
        match raw.stage {
            GreenletStage::Suspended => {
                if let Some(next) = self.hidden_frame(form, addr) {
                    let word = |index: usize| self.u64(field(index));
                    hidden = Some(Hidden {
                        next,
                        start,
                        saved: word(word::SAVED)?,
                        copy: word(word::COPY)?,
                    });
                }
            }
            _ => top_frame = None,
        }
        Ok(RawGreenlet {
            top_frame,
            hidden,
            ..raw
        })
    }

    /// Reads the main greenlet, the parent and the thread of a greenlet in the form with a
    /// C++ object. Returns the current greenlet of its thread, if that is known.
    fn read_links(&self, form: &Form, raw: &mut RawGreenlet) -> Result<Option<u64>> {
        let &Form::Object {
            object,
            main,
            thread_state,
            ..
        } = form
        else {
            return Ok(None);
        };
        let own = self.required(raw.addr + object, "C++ object of a greenlet")?;
        if let (false, Some(main)) = (raw.is_main, main) {
            let parent = own + main + (word::PARENT * WORD) as u64;
            raw.main = self.pointer(own + main, "main greenlet")?;
            raw.parent = self.pointer(parent, "parent of a greenlet")?;
        }
        let (Some(of), Some(state)) = (raw.main, thread_state) else {
            return Ok(None);
        };
        let of = self.required(of + object, "C++ object of a main greenlet")?;
        match self.pointer(of + state, "thread of a main greenlet")? {
            Some(state) => self.pointer(state + WORD as u64, "current greenlet"),
            None => {
                raw.thread_ended = true;
                Ok(None)
            }
        }
    }

    /// Address of the frame in `_prev_frame` of the greenlet at `addr`. `None` where greenlet
    /// has no such field.
    fn hidden_frame(&self, form: &Form, addr: u64) -> Option<u64> {
        let &Form::Object {
            object,
            start,
            main: Some(main),
            ..
        } = form
        else {
            return None;
        };
        // Only where each thread has a list of C frames does this distance tell the field.
        self.layout.thread.cframe?;
        let top_frame = start + (word::TOP_FRAME * WORD) as u64;
        if main.checked_sub(top_frame)? != HIDDEN_DISTANCE {
            return None;
        }
        let object = self
            .pointer(addr + object, "C++ object of a greenlet")
            .ok()??;
        self.pointer(object + main - HIDDEN_BEFORE, "_prev_frame")
            .ok()?
    }

    /// Adds the frames that are cut off from the innermost one.
    fn add_hidden(&self, hidden: &Hidden, stack: &mut RawStack) {
        let mut next = Some(hidden.next);
        let mut steps = 0;
        while let Some(addr) = next {
            steps += 1;
            if steps > self.limits.frames {
                stack.error = Some(DecodeError::Limit {
                    what: "depth of a stack",
                    value: steps as u64,
                    limit: self.limits.frames as u64,
                });
                return;
            }
            let previous = match self.frame(hidden.moved(addr)) {
                Ok(FrameSlot::Python { frame, previous }) => {
                    stack.frames.push(frame);
                    previous
                }
                Ok(FrameSlot::Skipped { previous }) => previous,
                Err(error) => {
                    stack.error = Some(error);
                    return;
                }
            };
            next = previous.map(NonZeroU64::get);
        }
    }

    /// The frames of a suspended greenlet, innermost first. Each switch cuts them off from
    /// those of other greenlets. Empty for other states.
    pub fn greenlet_stack(&self, greenlet: &RawGreenlet) -> RawStack {
        let Some(frame) = greenlet.top_frame else {
            return RawStack::default();
        };
        let innermost = match self.layout.frame_object.f_frame {
            Some(field) => self.pointer(field.at(frame), "f_frame"),
            None => Ok(Some(frame)),
        };
        match innermost {
            Ok(innermost) => {
                let mut stack = self.stack_from(innermost);
                if let (Some(hidden), [_], None) = (&greenlet.hidden, &*stack.frames, &stack.error)
                {
                    self.add_hidden(hidden, &mut stack);
                }
                stack
            }
            Err(error) => RawStack {
                frames: Vec::new(),
                error: Some(error),
            },
        }
    }

    /// Reads the greenlet at `addr` and its frames, for their ranges of memory.
    pub fn touch_greenlet(&self, addr: u64) {
        if let Some(form) = self.greenlet_form(addr)
            && let Ok(raw) = self.greenlet(&form, addr)
        {
            self.greenlet_stack(&raw);
        }
    }

    /// The suspended stacks that the stack of the running greenlet at `addr` goes on with:
    /// those of its parents, the nearest first.
    ///
    /// # Errors
    /// When a parent cannot be read.
    pub fn greenlet_parents(&self, form: &Form, addr: u64) -> Result<Vec<RawGreenlet>> {
        let mut parents: Vec<RawGreenlet> = Vec::new();
        let mut next = self.greenlet(form, addr)?.parent;
        while let Some(parent) = next {
            if parent == addr
                || parents.len() >= MAX_PARENTS
                || parents.iter().any(|it| it.addr == parent)
            {
                return Err(DecodeError::Corrupt {
                    what: "parents of a greenlet",
                    addr: parent,
                });
            }
            let raw = self.greenlet(form, parent)?;
            next = raw.parent.filter(|_| !raw.is_main);
            parents.push(raw);
        }
        Ok(parents)
    }
}
