//! Await chains: from the coroutine that a task runs to what it waits for.
//!
//! All chains advance together, one step at a time, so that what the next
//! step needs can be fetched in one batch.

use std::ops::Deref;
use std::rc::Rc;

use arcstr::ArcStr;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cpython::error::DecodeError;
use crate::cpython::reader::OBJECT_WINDOW;
use crate::cpython::{GeneratorStage, Kind, RawFrame, Reader};

/// Bytes of a separate frame object (to 3.10).
const FRAME_WINDOW: usize = 512;
/// Depth from which a chain is watched for cycles.
const WATCHED_DEPTH: usize = 256;

/// One link of a chain.
#[derive(Debug, Clone)]
pub enum ChainFrame {
    /// The frame of a coroutine or generator; [`Links::generator`] says of which.
    Python(RawFrame),
    /// An awaitable that is not made of Python frames: its own name or that of
    /// its type.
    Native(ArcStr),
}

/// The links of one chain, outermost first. They lie with those of the chains that
/// were read together with it.
#[derive(Debug, Clone, Default)]
pub struct Links {
    together: Option<Rc<Together>>,
    start: u32,
    end: u32,
}

/// The links of all chains that were read together.
#[derive(Debug)]
struct Together {
    links: Box<[ChainFrame]>,
    generators: Generators,
}

/// Which coroutine or generator has the frame of a link.
#[derive(Debug)]
enum Generators {
    /// The frame lies in it, so many bytes from its beginning.
    Around(u64),
    /// The frame is an object of its own. 0 where a link is no frame.
    Listed(Box<[u64]>),
}

impl Links {
    /// The coroutine or generator that has the frame at this place in the chain.
    pub fn generator(&self, index: usize) -> Option<u64> {
        let ChainFrame::Python(frame) = self.get(index)? else {
            return None;
        };
        match &self.together.as_ref()?.generators {
            Generators::Around(offset) => frame.addr.checked_sub(*offset),
            Generators::Listed(all) => all.get(self.start as usize + index).copied(),
        }
    }

    /// All coroutines and generators of the chain, outermost first.
    pub fn generators(&self) -> impl Iterator<Item = u64> {
        (0..self.len()).filter_map(|index| self.generator(index))
    }
}

impl Deref for Links {
    type Target = [ChainFrame];

    fn deref(&self) -> &[ChainFrame] {
        let own = self.start as usize..self.end as usize;
        let all = self.together.as_deref();
        all.and_then(|all| all.links.get(own)).unwrap_or_default()
    }
}

/// The chain of one coroutine.
#[derive(Debug, Default)]
pub struct RawChain {
    pub frames: Links,
    /// The future that the innermost link yielded to the loop, where seen.
    pub leaf: Option<u64>,
    /// Stage of the outermost coroutine.
    pub stage: Option<GeneratorStage>,
    /// Address of the frame from which on the chain is on a thread's stack.
    pub executing: Option<u64>,
    pub error: Option<Box<DecodeError>>,
}

/// Chains that advance together.
#[derive(Default)]
struct Advancing {
    chains: Vec<RawChain>,
    /// The links found so far, the chain of each, and whose frame it is (0 where it
    /// is none).
    links: Vec<(u32, ChainFrame, u64)>,
    /// Where in its generator a frame lies, if it does.
    iframe: Option<u64>,
    /// How many each chain has.
    depths: Vec<usize>,
    /// Where those have been that are watched for cycles.
    seen: FxHashMap<usize, FxHashSet<u64>>,
}

impl Advancing {
    fn new(count: usize, iframe: Option<u64>) -> Self {
        let mut chains = Vec::new();
        chains.resize_with(count, RawChain::default);
        Self {
            chains,
            iframe,
            depths: vec![0; count],
            ..Self::default()
        }
    }

    /// Whether the chain was not at `addr` before.
    fn is_new(&mut self, chain: usize, addr: u64) -> bool {
        self.seen.entry(chain).or_default().insert(addr)
    }

    fn add(&mut self, chain: usize, link: ChainFrame, generator: u64) {
        self.links.push((chain as u32, link, generator));
        self.depths[chain] += 1;
    }

    /// The chains, each with its links.
    fn finish(mut self) -> Vec<RawChain> {
        self.links.sort_by_key(|(chain, ..)| *chain);
        let generators = match self.iframe {
            Some(offset) => Generators::Around(offset),
            None => Generators::Listed(self.links.iter().map(|(.., own)| *own).collect()),
        };
        let links = self.links.into_iter().map(|(_, link, _)| link);
        let together = Rc::new(Together {
            links: links.collect(),
            generators,
        });
        let mut start = 0;
        for (chain, depth) in self.chains.iter_mut().zip(self.depths) {
            let end = start + depth as u32;
            chain.frames = Links {
                together: Some(together.clone()),
                start,
                end,
            };
            start = end;
        }
        self.chains
    }
}

impl Reader<'_> {
    /// The chains of the coroutines at `coroutines`, in the same order.
    pub fn chains(&self, coroutines: &[Option<u64>]) -> Vec<RawChain> {
        let iframe = self.layout.generator.iframe.map(u64::from);
        let mut chains = Advancing::new(coroutines.len(), iframe);
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
                match self.step(&mut chains, index, addr) {
                    Ok(Some(next)) => following.push((index, next)),
                    Ok(None) => {}
                    Err(error) => chains.chains[index].error = Some(error.into()),
                }
            }
            active = following;
        }
        chains.finish()
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

    /// Adds what is at `addr` to the chain; what it awaits is next.
    fn step(
        &self,
        chains: &mut Advancing,
        chain: usize,
        addr: u64,
    ) -> Result<Option<u64>, DecodeError> {
        let depth = chains.depths[chain];
        if depth >= self.limits.frames {
            return Err(DecodeError::Limit {
                what: "depth of an await chain",
                value: depth as u64,
                limit: self.limits.frames as u64,
            });
        }
        if depth >= WATCHED_DEPTH && !chains.is_new(chain, addr) {
            return Err(DecodeError::Corrupt {
                what: "cycle in an await chain",
                addr,
            });
        }
        let ty = self.type_of(addr)?;
        match ty.exact {
            Kind::Coroutine | Kind::Generator | Kind::AsyncGenerator => {
                self.generator_step(chains, chain, addr)
            }
            Kind::AwaitableWrapper => {
                // Wrappers add no frame: only the watch for cycles bounds them.
                if !chains.is_new(chain, addr) {
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
                chains.chains[chain].leaf = self.pointer(at, "future of a FutureIter")?;
                Ok(None)
            }
            _ => {
                let name = self.native_qualname(addr, ty.basicsize);
                let shown = name.unwrap_or_else(|| self.full_type_name(&ty));
                let shown = self.shared(&shown);
                chains.add(chain, ChainFrame::Native(shown), 0);
                Ok(None)
            }
        }
    }

    fn generator_step(
        &self,
        chains: &mut Advancing,
        chain: usize,
        addr: u64,
    ) -> Result<Option<u64>, DecodeError> {
        let generator = self.generator(addr)?;
        let raw = &mut chains.chains[chain];
        raw.stage.get_or_insert(generator.stage);
        if generator.stage == GeneratorStage::Executing {
            raw.executing = generator.frame;
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
        chains.add(chain, ChainFrame::Python(frame), addr);
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
