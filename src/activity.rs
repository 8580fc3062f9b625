//! The output that every framework of activities gives to `snapshot`.
//!
//! An activity is something that runs for a while and can wait: a task of asyncio or
//! trio today, a greenlet later. Each framework has a room of its own,
//! beside `asyncio` and `trio`, that finds its activities and describes each with
//!
//! - a [`RawChain`]: the frames from the outermost coroutine to the point where it
//!   waits, and its [`leaf`](RawChain::leaf), the object that it waits for;
//! - [`Dependent`]s, the edges: other activities that cannot continue before it.

use std::ops::Deref;
use std::rc::Rc;

use arcstr::ArcStr;

use crate::cpython::error::DecodeError;
use crate::cpython::{GeneratorStage, RawFrame};
use crate::model::EdgeKind;

/// One link of a chain.
#[derive(Debug, Clone)]
pub enum ChainFrame {
    /// The frame of a coroutine or generator, see [`Links::generator`], or of a function
    /// that a greenlet runs.
    Python(RawFrame),
    /// An awaitable without Python frames: its own name or that of its type.
    Native(ArcStr),
}

/// The links of one chain, outermost first: a range of the links of all chains that
/// were read together.
#[derive(Debug, Clone, Default)]
pub struct Links {
    batch: Option<Rc<Batch>>,
    start: u32,
    end: u32,
}

/// The links of all chains that were read together.
#[derive(Debug)]
struct Batch {
    links: Box<[ChainFrame]>,
    generators: Generators,
}

/// The coroutines and generators that the frames of links belong to.
#[derive(Debug)]
enum Generators {
    /// Each frame lies in its generator, at this offset.
    Embedding(u64),
    /// Address of the generator for each link. 0 where a link has none.
    Listed(Box<[u64]>),
}

impl Links {
    /// Address of the coroutine or generator of the link with this index. `None` where
    /// the link is no Python frame, or the frame of a function.
    pub fn generator(&self, index: usize) -> Option<u64> {
        let ChainFrame::Python(frame) = self.get(index)? else {
            return None;
        };
        match &self.batch.as_ref()?.generators {
            Generators::Embedding(offset) => frame.addr.checked_sub(*offset),
            Generators::Listed(all) => {
                let own = all.get(self.start as usize + index).copied();
                own.filter(|addr| *addr != 0)
            }
        }
    }

    /// Addresses of all coroutines and generators of the chain, outermost first.
    pub fn generators(&self) -> impl Iterator<Item = u64> {
        (0..self.len()).filter_map(|index| self.generator(index))
    }
}

impl Deref for Links {
    type Target = [ChainFrame];

    fn deref(&self) -> &[ChainFrame] {
        let own = self.start as usize..self.end as usize;
        let all = self.batch.as_deref();
        all.and_then(|all| all.links.get(own)).unwrap_or_default()
    }
}

/// The chain of one activity.
#[derive(Debug, Default)]
pub struct RawChain {
    /// The links, outermost first.
    pub frames: Links,
    /// Address of the object that the innermost link waits for: the future that it
    /// yielded to the loop. `None` where the chain does not tell it.
    pub leaf: Option<u64>,
    /// State of the outermost coroutine. `None` if it cannot be read.
    pub stage: Option<GeneratorStage>,
    /// Address of the first frame of the chain that is on a thread's stack. `None`
    /// while the activity does not run.
    pub executing: Option<u64>,
    /// Why the chain is incomplete. `None` if it is complete.
    pub error: Option<Box<DecodeError>>,
}

/// An edge: an activity that cannot continue before another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Dependent {
    /// Address of the waiting task.
    pub task: u64,
    /// The mechanism through which it waits, as the JSON format names it.
    pub via: EdgeKind,
}

/// Collects the links of chains that are read together, step by step.
#[derive(Debug)]
pub struct ChainBuilder {
    /// The chains, still without their links.
    pub chains: Vec<RawChain>,
    /// Index of the chain, link, and address of the coroutine or generator of its
    /// frame (0 where the link is no frame).
    links: Vec<(u32, ChainFrame, u64)>,
    /// Offset of a frame in its generator. `None` where frames are own objects.
    iframe: Option<u64>,
    /// Number of links of each chain.
    depths: Vec<usize>,
}

impl ChainBuilder {
    /// A builder for `count` chains. `iframe` is the offset of a frame in its
    /// generator, or `None` where frames are objects of their own.
    pub fn new(count: usize, iframe: Option<u64>) -> Self {
        let mut chains = Vec::new();
        chains.resize_with(count, RawChain::default);
        Self {
            chains,
            links: Vec::new(),
            iframe,
            depths: vec![0; count],
        }
    }

    /// Number of links that the chain with this index has so far.
    pub fn depth(&self, chain: usize) -> usize {
        self.depths[chain]
    }

    /// Adds the next inner link to the chain with this index. `generator` is the
    /// address of the coroutine or generator of its frame, 0 if it has none.
    pub fn add(&mut self, chain: usize, link: ChainFrame, generator: u64) {
        self.links.push((chain as u32, link, generator));
        self.depths[chain] += 1;
    }

    /// The chains with their links.
    pub fn finish(mut self) -> Vec<RawChain> {
        self.links.sort_by_key(|(chain, ..)| *chain);
        let embedded = |link: &ChainFrame, own: u64| match link {
            ChainFrame::Python(_) => own != 0,
            ChainFrame::Native(_) => true,
        };
        let mut all = self.links.iter();
        let iframe = self
            .iframe
            .filter(|_| all.all(|(_, link, own)| embedded(link, *own)));
        let generators = match iframe {
            Some(offset) => Generators::Embedding(offset),
            None => Generators::Listed(self.links.iter().map(|(.., own)| *own).collect()),
        };
        let links = self.links.into_iter().map(|(_, link, _)| link);
        let batch = Rc::new(Batch {
            links: links.collect(),
            generators,
        });
        let mut start = 0;
        for (chain, depth) in self.chains.iter_mut().zip(self.depths) {
            let end = start + depth as u32;
            chain.frames = Links {
                batch: Some(batch.clone()),
                start,
                end,
            };
            start = end;
        }
        self.chains
    }
}

/// The Python frames of a chain, innermost first.
pub fn python_frames(chain: &[ChainFrame]) -> impl Iterator<Item = &RawFrame> {
    chain.iter().rev().filter_map(|link| match link {
        ChainFrame::Python(frame) => Some(frame),
        ChainFrame::Native(_) => None,
    })
}
