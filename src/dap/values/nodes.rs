//! What a client can expand, and how much of it is shown.

use std::borrow::Cow;
use std::sync::Arc;

use crate::evaluate::Operand;
use crate::limits::Limits;
use crate::model::FrameLocation;
use crate::sampling::retained::Proof;

/// Something that can be expanded.
#[derive(Debug, Clone)]
pub enum Node {
    /// The variables of a frame.
    Locals(FrameLocation),
    /// The names of a frame's module.
    Globals(FrameLocation),
    /// An object of the process.
    Object {
        addr: u64,
        /// The expression that gives it.
        path: Option<String>,
        /// What its address was read from.
        proof: Proof,
    },
    /// The private members of an object, of locals or of globals; with `dunder`
    /// the special ones (`__name__`).
    Hidden { of: Box<Node>, dunder: bool },
    /// A container that an expression computed.
    Computed { value: Operand, proof: Proof },
    /// What the snapshot says of a thread or task.
    Facts(Arc<[Fact]>),
}

/// A line of a scope that the snapshot fills.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fact {
    pub name: Cow<'static, str>,
    pub value: String,
    /// The address of the object that it is about.
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
