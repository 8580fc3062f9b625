//! Await chains: from the coroutine that a task runs to what it waits for.
//!
//! All chains advance together, one step at a time, so that what the next
//! step needs can be fetched in one batch.

use std::rc::Rc;

use arcstr::ArcStr;
use rustc_hash::FxHashSet;

use crate::python::error::DecodeError;
use crate::python::reader::OBJECT_WINDOW;
use crate::python::{GeneratorStage, Kind, RawFrame, Reader};

/// Bytes of a separate frame object (to 3.10).
const FRAME_WINDOW: usize = 512;
/// Depth from which a chain is watched for cycles.
const WATCHED_DEPTH: usize = 256;

/// One link of a chain.
#[derive(Debug, Clone)]
pub enum ChainFrame {
    Python {
        /// The coroutine or generator object.
        generator: u64,
        frame: RawFrame,
    },
    /// An awaitable that is not made of Python frames: its own name or that of
    /// its type.
    Native(ArcStr),
}

/// The chain of one coroutine.
#[derive(Debug, Default)]
pub struct RawChain {
    /// Outermost first.
    pub frames: Vec<ChainFrame>,
    /// The future that the innermost link yielded to the loop, where seen.
    pub leaf: Option<u64>,
    /// Stage of the outermost coroutine.
    pub stage: Option<GeneratorStage>,
    /// Address of the frame from which on the chain is on a thread's stack.
    pub executing: Option<u64>,
    pub error: Option<Box<DecodeError>>,
    /// Where it has been, of one that is watched for cycles.
    seen: Option<Box<FxHashSet<u64>>>,
}

impl RawChain {
    /// Whether the chain was not at `addr` before.
    fn is_new(&mut self, addr: u64) -> bool {
        self.seen.get_or_insert_default().insert(addr)
    }
}

impl Reader<'_> {
    /// The chains of the coroutines at `coroutines`, in the same order.
    pub fn chains(&self, coroutines: &[Option<u64>]) -> Vec<RawChain> {
        let mut chains: Vec<RawChain> = Vec::new();
        chains.resize_with(coroutines.len(), RawChain::default);
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
                let chain = &mut chains[index];
                match self.step(chain, addr) {
                    Ok(Some(next)) => following.push((index, next)),
                    Ok(None) => chain.frames.shrink_to_fit(),
                    Err(error) => chain.error = Some(error.into()),
                }
            }
            active = following;
        }
        chains
    }

    fn prefetch_frames(&self, active: &[(usize, u64)]) {
        let Some(offset) = self.layout.generator.frame else {
            return;
        };
        let frames: Vec<u64> = active
            .iter()
            .filter_map(|(_, addr)| self.u64(addr + u64::from(offset)).ok())
            .collect();
        self.prefetch(frames.into_iter().map(|frame| (frame, FRAME_WINDOW)));
    }

    /// Adds what is at `addr` to `chain`; what it awaits is next.
    fn step(&self, chain: &mut RawChain, addr: u64) -> Result<Option<u64>, DecodeError> {
        let depth = chain.frames.len();
        if depth >= self.limits.frames {
            return Err(DecodeError::Limit {
                what: "depth of an await chain",
                value: depth as u64,
                limit: self.limits.frames as u64,
            });
        }
        if depth >= WATCHED_DEPTH && !chain.is_new(addr) {
            return Err(DecodeError::Corrupt {
                what: "cycle in an await chain",
                addr,
            });
        }
        let ty = self.type_of(addr)?;
        match ty.exact {
            Kind::Coroutine | Kind::Generator | Kind::AsyncGenerator => {
                self.generator_step(chain, addr)
            }
            Kind::AwaitableWrapper => {
                // Wrappers add no frame: only the watch for cycles bounds them.
                if !chain.is_new(addr) {
                    return Err(DecodeError::Corrupt {
                        what: "cycle in an await chain",
                        addr,
                    });
                }
                let at = addr + u64::from(self.layout.awaitable.wrapped);
                self.pointer(at, "wrapped awaitable")
            }
            Kind::FutureIter => {
                let at = addr + u64::from(self.layout.awaitable.wrapped);
                chain.leaf = self.pointer(at, "future of a FutureIter")?;
                Ok(None)
            }
            _ => {
                let name = self.native_qualname(addr, ty.basicsize);
                let shown = name.unwrap_or_else(|| self.full_type_name(&ty));
                let shown = self.shared(&shown);
                chain.frames.push(ChainFrame::Native(shown));
                Ok(None)
            }
        }
    }

    fn generator_step(&self, chain: &mut RawChain, addr: u64) -> Result<Option<u64>, DecodeError> {
        let generator = self.generator(addr)?;
        chain.stage.get_or_insert(generator.stage);
        if generator.stage == GeneratorStage::Executing {
            chain.executing = generator.frame;
            return Ok(None);
        }
        let Some(frame) = self.generator_frame(&generator)? else {
            return Ok(None);
        };
        let next = self.awaited(&generator, &frame);
        // From 3.11 the code's own name is what is shown.
        let frame = match self.layout.code.co_qualname {
            Some(_) => frame,
            None => self.with_qualname(frame, addr),
        };
        chain.frames.push(ChainFrame::Python {
            generator: addr,
            frame,
        });
        next
    }

    /// Qualified name of a coroutine that C code implements (Cython): its
    /// structure keeps name and qualified name as the first two texts.
    pub fn native_qualname(&self, addr: u64, basicsize: i64) -> Option<Rc<str>> {
        const WORD: u64 = 8;
        const LARGEST: i64 = 512;
        let header = u64::from(self.layout.object.size);
        let end = u64::try_from(basicsize.min(LARGEST)).ok()?;
        let mut texts = (header..end)
            .step_by(WORD as usize)
            .filter_map(|offset| self.pointer(addr + offset, "field").ok().flatten())
            .filter(|field| self.is_kind(*field, Kind::Str));
        let (name, qualname) = (texts.next()?, texts.next());
        self.text(qualname.unwrap_or(name)).ok()
    }
}
