//! Await chains: from the coroutine of a task to the object that it waits for.
//!
//! All chains advance together, one link at a time, so the memory for all next
//! links is fetched in one batch.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::activity::{ChainBuilder, ChainFrame, RawChain};
use crate::cpython::error::DecodeError;
use crate::cpython::reader::{OBJECT_WINDOW, WORD};
use crate::cpython::{GeneratorStage, Kind, RawFrame, Reader};
use crate::greenlet::Bridges;

/// Bytes of a frame object that are fetched (to 3.10).
const FRAME_WINDOW: usize = 512;
/// Depth from which on a chain is checked for cycles.
const CHECKED_DEPTH: usize = 256;

/// Chains that are read together.
struct Walk {
    chains: ChainBuilder,
    /// Addresses that a chain has visited, by index of the chain; of deep chains and
    /// of wrappers only.
    visited: FxHashMap<usize, FxHashSet<u64>>,
    /// Finds greenlets that coroutines drive. `None` if the process has no greenlets.
    bridges: Option<Bridges>,
}

impl Walk {
    /// Notes that the chain has reached `addr`. False if it was there before.
    fn visit(&mut self, chain: usize, addr: u64) -> bool {
        self.visited.entry(chain).or_default().insert(addr)
    }
}

impl Reader<'_> {
    /// The chains of the coroutines at `coroutines`, in the same order. Empty for
    /// `None`.
    pub fn chains(&self, coroutines: &[Option<u64>]) -> Vec<RawChain> {
        let iframe = self.layout.generator.iframe.map(u64::from);
        let mut walk = Walk {
            chains: ChainBuilder::new(coroutines.len(), iframe),
            visited: FxHashMap::default(),
            bridges: self.uses_greenlets().then(Bridges::default),
        };
        let mut active: Vec<(usize, u64)> = coroutines
            .iter()
            .enumerate()
            .filter_map(|(index, coroutine)| Some((index, (*coroutine)?)))
            .collect();
        while !active.is_empty() {
            self.prefetch(active.iter().map(|(_, addr)| (*addr, OBJECT_WINDOW)));
            self.prefetch_frames(&active);
            let mut following = Vec::with_capacity(active.len());
            for (index, addr) in active {
                match self.step(&mut walk, index, addr) {
                    Ok(Some(next)) => following.push((index, next)),
                    Ok(None) => {}
                    Err(error) => walk.chains.chains[index].error = Some(error.into()),
                }
            }
            active = following;
        }
        walk.chains.finish()
    }

    fn prefetch_frames(&self, active: &[(usize, u64)]) {
        let Some(offset) = self.layout.generator.frame else {
            return;
        };
        let frames: Vec<u64> = active
            .iter()
            .filter_map(|(_, addr)| self.u64(offset.at(*addr)).ok())
            .collect();
        self.prefetch(frames.into_iter().map(|frame| (frame, FRAME_WINDOW)));
    }

    /// Adds the awaitable at `addr` to the chain. Returns the address of the object
    /// that it awaits.
    fn step(&self, walk: &mut Walk, chain: usize, addr: u64) -> Result<Option<u64>, DecodeError> {
        let depth = walk.chains.depth(chain);
        if depth >= self.limits.frames {
            return Err(DecodeError::Limit {
                what: "depth of an await chain",
                value: depth as u64,
                limit: self.limits.frames as u64,
            });
        }
        if depth >= CHECKED_DEPTH && !walk.visit(chain, addr) {
            return Err(DecodeError::Corrupt {
                what: "cycle in an await chain",
                addr,
            });
        }
        let ty = self.type_of(addr)?;
        match ty.exact {
            Kind::Coroutine | Kind::Generator | Kind::AsyncGenerator => {
                self.generator_step(walk, chain, addr)
            }
            Kind::AwaitableWrapper => {
                // Wrappers add no link, so only this check bounds them.
                if !walk.visit(chain, addr) {
                    return Err(DecodeError::Corrupt {
                        what: "cycle in an await chain",
                        addr,
                    });
                }
                let at = self.layout.awaitable.wrapped.at(addr);
                self.pointer(at, "wrapped awaitable")
            }
            Kind::FutureIter => {
                let at = self.layout.awaitable.wrapped.at(addr);
                walk.chains.chains[chain].leaf = self.pointer(at, "future of a FutureIter")?;
                Ok(None)
            }
            _ => {
                let name = self.native_qualname(addr, ty.basicsize);
                let name = name.unwrap_or_else(|| self.full_type_name(&ty));
                let link = ChainFrame::Native(self.shared(&name));
                walk.chains.add(chain, link, 0);
                Ok(None)
            }
        }
    }

    fn generator_step(
        &self,
        walk: &mut Walk,
        chain: usize,
        addr: u64,
    ) -> Result<Option<u64>, DecodeError> {
        let generator = self.generator(addr)?;
        let raw = &mut walk.chains.chains[chain];
        raw.stage.get_or_insert(generator.stage);
        if generator.stage == GeneratorStage::Executing {
            raw.executing = generator.frame;
            return Ok(None);
        }
        let Some(frame) = self.generator_frame(&generator)? else {
            return Ok(None);
        };
        let next = self.awaited(&generator, &frame);
        // From 3.11 the code object has a qualified name.
        let frame = match self.layout.code.co_qualname {
            Some(_) => frame,
            None => self.with_qualname(frame, addr),
        };
        let inner = frame.clone();
        walk.chains.add(chain, ChainFrame::Python(frame), addr);
        self.greenlet_step(walk, chain, &inner)?;
        next
    }

    /// Adds the frames of the suspended greenlet that the coroutine's `frame` drives, if it
    /// drives one. They called what the coroutine awaits.
    fn greenlet_step(
        &self,
        walk: &mut Walk,
        chain: usize,
        frame: &RawFrame,
    ) -> Result<(), DecodeError> {
        let bridges = walk.bridges.as_mut();
        let Some(stack) = bridges.and_then(|bridges| bridges.stack(self, frame)) else {
            return Ok(());
        };
        for frame in stack.frames.into_iter().rev() {
            if walk.chains.depth(chain) >= self.limits.frames {
                break;
            }
            walk.chains.add(chain, ChainFrame::Python(frame), 0);
        }
        match stack.error {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Qualified name of the coroutine at `addr` that C code implements (Cython). Name
    /// and qualified name are the first two texts in its structure of `basicsize`
    /// bytes. `None` if there is no text.
    pub fn native_qualname(&self, addr: u64, basicsize: i64) -> Option<Rc<str>> {
        const MAX_SIZE: i64 = 512;
        let header = u64::from(self.layout.object.size);
        let end = u64::try_from(basicsize.min(MAX_SIZE)).ok()?;
        let mut texts = (header..end)
            .step_by(WORD)
            .filter_map(|offset| self.pointer(addr + offset, "field").ok().flatten())
            .filter(|field| self.is_kind(*field, Kind::Str));
        let (name, qualname) = (texts.next()?, texts.next());
        self.text(qualname.unwrap_or(name)).ok()
    }
}
