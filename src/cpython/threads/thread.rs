//! Interpreters, thread states and their stacks.

use std::num::NonZeroU64;

use python_offsets::FrameForm;
use rustc_hash::FxHashSet;

use crate::cpython::error::{DecodeError, Result};
use crate::cpython::frames::frame::{CodeWords, FrameSlot, RawFrame};
use crate::cpython::objects::kinds::Kind;
use crate::cpython::reader::Reader;

/// A `PyInterpreterState`.
#[derive(Debug, Clone)]
pub struct Interpreter {
    /// Its address.
    pub addr: u64,
    /// Its id; 0 for the main interpreter.
    pub id: i64,
    /// Its threads, oldest first.
    pub threads: Vec<ThreadState>,
    /// Why `threads` is incomplete. `None` if it is complete.
    pub error: Option<DecodeError>,
}

/// A `PyThreadState`.
#[derive(Debug, Clone)]
pub struct ThreadState {
    /// Its address.
    pub addr: u64,
    /// `pthread_self()` of the thread.
    pub ident: u64,
    /// Result of `gettid()` inside the process. `None` before 3.11.
    pub native_id: Option<u64>,
    /// Whether the thread holds the GIL. `None` where there is no GIL or its holder
    /// cannot be read.
    pub holds_gil: Option<bool>,
}

/// The readable part of a stack.
#[derive(Debug, Clone, Default)]
pub struct RawStack {
    /// The frames, innermost first.
    pub frames: Vec<RawFrame>,
    /// Why frames are missing. `None` if all are there.
    pub error: Option<DecodeError>,
}

/// The GIL of an interpreter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GilState {
    /// Start of its memory. A thread that sleeps on a futex inside waits for the
    /// GIL.
    pub start: u64,
    /// End of its memory.
    pub end: u64,
    /// Address of the thread state that holds it. `None` while it is free.
    pub holder: Option<u64>,
}

impl Reader<'_> {
    /// All interpreters of the runtime at `runtime`, main interpreter first.
    ///
    /// # Errors
    /// When the list of interpreters cannot be read or contradicts itself.
    pub fn interpreters(&self, runtime: u64) -> Result<Vec<Interpreter>> {
        let mut interpreters = Vec::new();
        let mut seen = FxHashSet::default();
        let at = self.layout.runtime.interpreters_head.at(runtime);
        let mut next = self.pointer(at, "interpreters.head")?;
        while let Some(addr) = next {
            if !seen.insert(addr) || seen.len() > self.limits.interpreters {
                return Err(DecodeError::Corrupt {
                    what: "list of interpreters",
                    addr,
                });
            }
            interpreters.push(self.interpreter(runtime, addr)?);
            next = self.pointer(self.layout.interp.next.at(addr), "next interpreter")?;
        }
        // CPython inserts the newest in front.
        interpreters.reverse();
        let addrs = interpreters.iter().map(|it: &Interpreter| it.addr);
        *self.known_interpreters.borrow_mut() = addrs.collect();
        Ok(interpreters)
    }

    fn interpreter(&self, runtime: u64, addr: u64) -> Result<Interpreter> {
        let id = self.i64(self.layout.interp.id.at(addr))?;
        let gil = self.gil(runtime, addr).ok().flatten();
        let (threads, error) = self.thread_states(addr, gil.map(|gil| gil.holder));
        Ok(Interpreter {
            addr,
            id,
            threads,
            error,
        })
    }

    /// The GIL of the interpreter of the thread whose state is at `tstate`. `None` in
    /// free-threaded builds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn gil_of_thread(&self, runtime: u64, tstate: u64) -> Result<Option<GilState>> {
        self.gil(runtime, self.interpreter_of_thread(tstate)?)
    }

    /// Address of the interpreter of the thread whose state is at `tstate`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn interpreter_of_thread(&self, tstate: u64) -> Result<u64> {
        self.required(self.layout.thread.interp.at(tstate), "interp")
    }

    /// The GIL of the interpreter at `interp`. `None` in free-threaded builds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn gil(&self, runtime: u64, interp: u64) -> Result<Option<GilState>> {
        if self.layout.build.free_threaded {
            return Ok(None);
        }
        let layout = &self.layout;
        let (start, holder) = match (layout.interp.ceval_gil, layout.runtime.gil) {
            (Some(offset), _) => {
                let gil = self.required(offset.at(interp), "ceval.gil")?;
                let locked = self.i32(layout.gil.locked.at(gil))? > 0;
                let last = self.u64(layout.gil.last_holder.at(gil))?;
                (gil, (locked && last != 0).then_some(last))
            }
            (None, Some(offset)) => {
                let missing = DecodeError::NotInLayout {
                    what: "tstate_current",
                };
                let current = layout.runtime.tstate_current.ok_or(missing)?;
                let holder = self.pointer(current.at(runtime), "tstate_current")?;
                (offset.at(runtime), holder)
            }
            (None, None) => return Err(DecodeError::NotInLayout { what: "the GIL" }),
        };
        Ok(Some(GilState {
            start,
            end: start + u64::from(layout.gil.size),
            holder,
        }))
    }

    fn thread_states(
        &self,
        interp: u64,
        holder: Option<Option<u64>>,
    ) -> (Vec<ThreadState>, Option<DecodeError>) {
        let mut threads = Vec::new();
        let mut seen = FxHashSet::default();
        let mut walk = || -> Result<()> {
            let head = self.layout.interp.threads_head.at(interp);
            let mut next = self.pointer(head, "threads.head")?;
            while let Some(addr) = next {
                if !seen.insert(addr) || seen.len() > self.limits.threads {
                    return Err(DecodeError::Corrupt {
                        what: "list of threads",
                        addr,
                    });
                }
                let owner = self.u64(self.layout.thread.interp.at(addr))?;
                if owner != interp {
                    return Err(DecodeError::Corrupt {
                        what: "interpreter of a thread state",
                        addr,
                    });
                }
                threads.push(self.thread_state(addr, holder)?);
                next = self.pointer(self.layout.thread.next.at(addr), "next thread")?;
            }
            Ok(())
        };
        let error = walk().err();
        // CPython inserts the newest in front. The main thread is the oldest.
        threads.reverse();
        (threads, error)
    }

    fn thread_state(&self, addr: u64, holder: Option<Option<u64>>) -> Result<ThreadState> {
        let layout = &self.layout.thread;
        let native_id = match layout.native_thread_id {
            Some(offset) => Some(self.u64(offset.at(addr))?),
            None => None,
        };
        Ok(ThreadState {
            addr,
            ident: self.u64(layout.thread_id.at(addr))?,
            native_id,
            holds_gil: holder.map(|holder| holder == Some(addr)),
        })
    }

    /// The frames of the thread whose state is at `tstate`.
    pub fn thread_stack(&self, tstate: u64) -> RawStack {
        match self.innermost_frame(tstate) {
            Ok(start) => self.stack_from(start),
            Err(error) => RawStack {
                frames: Vec::new(),
                error: Some(error),
            },
        }
    }

    fn innermost_frame(&self, tstate: u64) -> Result<Option<u64>> {
        let layout = &self.layout.thread;
        if let (Some(cframe), Some(current)) = (layout.cframe, layout.cframe_current_frame) {
            let cframe = self.required(cframe.at(tstate), "cframe")?;
            return self.pointer(current.at(cframe), "current_frame");
        }
        let missing = DecodeError::NotInLayout {
            what: "current_frame",
        };
        self.pointer(layout.frame.ok_or(missing)?.at(tstate), "current_frame")
    }

    /// The stack from the frame at `start` outwards.
    pub fn stack_from(&self, start: Option<u64>) -> RawStack {
        let mut frames = Vec::new();
        let error = self.walk_stack(start, &mut |addr| {
            Ok(match self.frame(addr)? {
                FrameSlot::Python { frame, previous } => {
                    frames.push(frame);
                    previous
                }
                FrameSlot::Skipped { previous } => previous,
            })
        });
        RawStack {
            frames,
            error: error.err(),
        }
    }

    /// What the frames of the thread whose state is at `tstate` store of themselves, innermost
    /// first, each with its address.
    ///
    /// # Errors
    /// When one of them cannot be read, or they are in a circle.
    pub fn stack_words(&self, tstate: u64) -> Result<Vec<(u64, CodeWords)>> {
        let mut frames = Vec::new();
        let start = self.innermost_frame(tstate)?;
        self.walk_stack(start, &mut |addr| {
            let words = self.frame_words(addr)?;
            if let Some(at) = words.at
                && !self.is_trampoline(at.code)?
            {
                frames.push((addr, at));
            }
            Ok(words.previous)
        })?;
        Ok(frames)
    }

    /// Calls `visit` for each frame from the one at `start` outwards. It returns the calling frame.
    fn walk_stack(
        &self,
        start: Option<u64>,
        visit: &mut dyn FnMut(u64) -> Result<Option<NonZeroU64>>,
    ) -> Result<()> {
        let mut seen = FxHashSet::default();
        let mut next = start.and_then(NonZeroU64::new);
        while let Some(addr) = next.map(NonZeroU64::get) {
            if !seen.insert(addr) {
                return Err(DecodeError::Corrupt {
                    what: "list of frames",
                    addr,
                });
            }
            if seen.len() > self.limits.frames {
                return Err(DecodeError::Limit {
                    what: "depth of a stack",
                    value: seen.len() as u64,
                    limit: self.limits.frames as u64,
                });
            }
            next = visit(addr)?;
        }
        Ok(())
    }

    /// The frames of the traceback at `traceback`, each at the recorded instruction.
    pub fn traceback_frames(&self, traceback: u64) -> RawStack {
        let layout = &self.layout.traceback;
        let mut stack = RawStack::default();
        let mut seen = FxHashSet::default();
        let mut next = Some(traceback);
        while let Some(addr) = next {
            if !seen.insert(addr) || seen.len() > self.limits.frames {
                break;
            }
            match self.traceback_entry(addr) {
                Ok(frame) => stack.frames.push(frame),
                Err(error) => stack.error = Some(error),
            }
            match self.pointer(layout.tb_next.at(addr), "tb_next") {
                Ok(following) => next = following,
                Err(error) => {
                    stack.error = Some(error);
                    break;
                }
            }
        }
        stack.frames.reverse();
        stack
    }

    fn traceback_entry(&self, addr: u64) -> Result<RawFrame> {
        let layout = &self.layout.traceback;
        self.expect_kind(addr, Kind::Traceback, "traceback")?;
        let frame_object = self.required(layout.tb_frame.at(addr), "tb_frame")?;
        self.expect_kind(frame_object, Kind::Frame, "frame")?;
        let frame = match (self.layout.format.frame, self.layout.frame_object.f_frame) {
            (FrameForm::Interpreter, Some(offset)) => {
                self.required(offset.at(frame_object), "f_frame")?
            }
            _ => frame_object,
        };
        match self.frame(frame)? {
            FrameSlot::Python { frame, .. } => {
                let lasti = i64::from(self.i32(layout.tb_lasti.at(addr))?);
                let at = self.locations.raised(&frame.at, lasti);
                Ok(RawFrame { at, ..frame })
            }
            FrameSlot::Skipped { .. } => Err(DecodeError::Corrupt {
                what: "tb_frame",
                addr,
            }),
        }
    }

    /// The dict of the loaded modules (`sys.modules`) of the interpreter at `interp`.
    /// `None` before it is made.
    ///
    /// # Errors
    /// When it is no dict or cannot be read.
    pub fn sys_modules(&self, interp: u64) -> Result<Option<u64>> {
        let at = self.layout.interp.modules.at(interp);
        let modules = self.pointer(at, "sys.modules")?;
        if let Some(modules) = modules {
            self.expect_kind(modules, Kind::Dict, "sys.modules")?;
        }
        Ok(modules)
    }

    /// The global `name` of the module `module` in the interpreter at `interp`. `None`
    /// if the module is not loaded or has no such global.
    ///
    /// # Errors
    /// When the modules or the globals cannot be read.
    pub fn module_global(&self, interp: u64, module: &str, name: &str) -> Result<Option<u64>> {
        match self.module_globals(interp, module)? {
            Some(globals) => self.dict_get(globals, name),
            None => Ok(None),
        }
    }

    /// The dict of the globals of the module `module` in the interpreter at `interp`.
    /// `None` if the module is not loaded.
    ///
    /// # Errors
    /// When the modules or the module cannot be read.
    pub fn module_globals(&self, interp: u64, module: &str) -> Result<Option<u64>> {
        let Some(modules) = self.sys_modules(interp)? else {
            return Ok(None);
        };
        let module = self.dict_get(modules, module)?;
        module.map(|module| self.module_dict(module)).transpose()
    }
}
