//! What the worker holds: the process that was looked at, and what the client
//! has open of it.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::variable_row::{Shown, shown};
use crate::cpython::Reader;
use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::types::Variable;
use crate::evaluate::Operand;
use crate::limits::Limits;
use crate::model::FramePlace;
use crate::sampling::retained::{Kept, Lost, Proof};

/// Things that a client may have open of one stop; beyond that, older ones are
/// forgotten.
const MOST_HANDLES: usize = 1 << 20;

/// Something that can be expanded.
#[derive(Debug, Clone)]
pub enum Node {
    /// The variables of a frame.
    Locals(FramePlace),
    /// The names of a frame's module.
    Globals(FramePlace),
    Object {
        addr: u64,
        /// The expression that gives it.
        path: Option<String>,
        /// What its address was read from.
        proof: Proof,
    },
    /// Members that are listed apart: of an object, of locals or of globals.
    Hidden { of: Box<Node>, dunder: bool },
    /// A container that was computed here.
    Computed { value: Operand, proof: Proof },
    /// What the snapshot says of a thread or task.
    Facts(Arc<[Fact]>),
}

/// A line of a scope that the snapshot fills.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fact {
    pub name: Cow<'static, str>,
    pub value: String,
    /// The object that it is about.
    pub object: Option<u64>,
    pub children: Vec<String>,
}

/// How much of a value is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Extent {
    /// What fits in a row of a list.
    #[default]
    Row,
    /// What one reads in a console.
    Console,
    /// As much as there is.
    Full,
}

/// How values are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Detail {
    pub extent: Extent,
    /// Integers in hexadecimal.
    pub hex: bool,
}

impl Detail {
    /// The limits to decode with.
    pub fn limits(self) -> Limits {
        let (value_items, value_depth, value_text, value_bytes) = match self.extent {
            Extent::Row => (12, 2, 200, 400),
            Extent::Console => (500, 8, 16 << 10, 64 << 10),
            Extent::Full => (100_000, 32, 4 << 20, 8 << 20),
        };
        Limits {
            value_items,
            value_depth,
            value_text,
            value_bytes,
            ..Limits::default()
        }
    }
}

/// The worker's own state.
#[derive(Debug, Default)]
pub struct Bench {
    kept: Option<Kept>,
    nodes: FxHashMap<i64, Node>,
    /// References are never used twice, so that stale ones are told.
    last: i64,
    oldest: i64,
}

impl Bench {
    /// Takes what was kept of a new look, and forgets what was open.
    pub fn keep(&mut self, kept: Kept) {
        self.drop_kept();
        self.kept = Some(kept);
    }

    /// Lets go of the process; it runs on if it stood still.
    pub fn drop_kept(&mut self) {
        self.kept = None;
        self.nodes.clear();
        self.oldest = self.last + 1;
    }

    /// Lets the process go on if it stands still; what was seen of it remains.
    pub fn thaw(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.thaw();
        }
    }

    /// What was kept of the last look.
    ///
    /// # Errors
    /// While there is none.
    pub fn kept(&self) -> Result<&Kept, Failure> {
        self.kept.as_ref().ok_or_else(Failure::running)
    }

    /// Reads with `decode`, from `proof` on.
    ///
    /// # Errors
    /// When what it reads has changed since the snapshot.
    pub fn look<T>(
        &self,
        proof: &Proof,
        detail: Detail,
        decode: impl Fn(&Reader<'_>) -> T,
    ) -> Result<(T, Proof), Failure> {
        let looked = self.kept()?.look(proof, &detail.limits(), decode);
        looked.map_err(|lost| Failure::lost(lost_text(lost)))
    }

    /// A reference to what can be expanded.
    pub fn reference(&mut self, node: Node) -> i64 {
        if self.nodes.len() >= MOST_HANDLES {
            self.nodes.remove(&self.oldest);
            self.oldest += 1;
        }
        self.last += 1;
        self.nodes.insert(self.last, node);
        self.last
    }

    /// What a reference stands for.
    ///
    /// # Errors
    /// When it is of an earlier stop.
    pub fn node(&self, reference: i64) -> Result<Node, Failure> {
        let node = self.nodes.get(&reference).cloned();
        node.ok_or_else(|| Failure::stale("variable"))
    }

    /// The row of something that was decoded, which can be expanded from now on.
    pub fn row(&mut self, shown: Shown, proof: &Proof) -> Variable {
        let mut row = shown.variable;
        if let Some(node) = shown.node {
            row.variables_reference = self.reference(match node {
                Node::Object { addr, path, .. } => Node::Object {
                    addr,
                    path,
                    proof: proof.clone(),
                },
                Node::Computed { value, .. } => Node::Computed {
                    value,
                    proof: proof.clone(),
                },
                other => other,
            });
        }
        row
    }

    /// The row of the object at `addr`, of which only the snapshot knows.
    pub fn object_row(&mut self, name: &str, addr: u64) -> Result<Variable, Failure> {
        let decode = |reader: &Reader<'_>| shown(reader, name, addr, None, Detail::default());
        let (found, proof) = self.look(&Proof::default(), Detail::default(), decode)?;
        Ok(self.row(found, &proof))
    }
}

/// What is said in place of a value that cannot be had any more.
pub fn lost_text(lost: Lost) -> &'static str {
    match lost {
        Lost::Changed => "<changed since the snapshot: pause again to see it>",
        Lost::Gone => "<the process has ended>",
    }
}
