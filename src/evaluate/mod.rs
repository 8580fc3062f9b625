//! Evaluates Python expressions on objects of the target. No code runs in it.
//!
//! The scope is what people type into a watch, a hover or a condition:
//!
//! * names, attributes, subscripts, slices, literals, displays, `:=`;
//! * arithmetic, comparisons, `in`, boolean and conditional expressions;
//! * comprehensions, generator expressions, f-strings with format specs;
//! * `len type repr str int float bool isinstance issubclass hasattr getattr id
//!   sorted list dict set frozenset tuple sum min max any all`, and `abs round
//!   range enumerate zip reversed slice chr ord hex oct bin
//!   callable vars format`;
//! * methods of `str`, `list`, `tuple`, `dict`, `set` and (some) of `bytes` that
//!   only read;
//! * `repr` and `str` of builtin types, of enumerations, dataclasses, named tuples
//!   and counters.
//!
//! Everything else is refused in one sentence: what would run code of the program
//! (properties, methods, calls), and what is not computed here (lambdas, `%` and
//! `str.format`, codecs, hashes, `dir`).
//!
//! An exception has the type that Python raises, but one text for all versions.
//! Values are those of the target's version, see [`python_offsets::Behaviour`].

mod attributes;
mod builtins;
mod format;
mod machine;
mod methods;
mod refusal;
mod repr;
mod syntax;
mod values;

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

pub use refusal::Refusal;
pub use values::operand::{Operand, Range, Str};

use crate::cpython::{DecodeError, Kind, RawFrame, Reader};
use machine::Machine;

/// The namespaces in which names are looked up.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Variables and cells of the frame; `None` while one is unbound.
    pub locals: Vec<(Rc<str>, Option<u64>)>,
    /// The dict of the module's globals.
    pub globals: Option<u64>,
    /// The dict of the builtins.
    pub builtins: Option<u64>,
}

impl Names {
    /// The names that code in `frame` sees.
    ///
    /// # Errors
    /// When the frame's variables or its globals cannot be read.
    pub fn of_frame(reader: &Reader<'_>, frame: &RawFrame) -> Result<Self, DecodeError> {
        let locals = reader.frame_variables(frame)?;
        let at = frame.addr + u64::from(reader.layout.frame.globals);
        let globals = reader.required(at, "globals of a frame")?;
        reader.expect_kind(globals, Kind::Dict, "globals of a frame")?;
        Ok(Self {
            locals: locals
                .into_iter()
                .map(|binding| (binding.name, binding.value))
                .collect(),
            globals: Some(globals),
            builtins: Self::builtins_of(reader, globals)?,
        })
    }

    /// The dict of the builtins of a dict of globals, whose `__builtins__` is a
    /// module or a dict.
    ///
    /// # Errors
    /// When the globals cannot be read.
    pub fn builtins_of(reader: &Reader<'_>, globals: u64) -> Result<Option<u64>, DecodeError> {
        let Some(builtins) = reader.dict_get(globals, "__builtins__")? else {
            return Ok(None);
        };
        match reader.type_of(builtins)?.kind {
            Kind::Module => reader.module_dict(builtins).map(Some),
            Kind::Dict => Ok(Some(builtins)),
            _ => Ok(None),
        }
    }
}

/// Budgets of one evaluation.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Number of visits to nodes of the expression and items of containers.
    pub steps: u64,
    /// Bytes of all values that are made.
    pub bytes: usize,
    /// `None` allows any time.
    pub deadline: Option<Instant>,
    /// Set by another thread to end the evaluation.
    pub cancelled: Option<Arc<AtomicBool>>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            steps: 2_000_000,
            bytes: 32 << 20,
            deadline: None,
            cancelled: None,
        }
    }
}

/// The value of the expression `source`.
///
/// # Errors
/// When `source` is not an expression or out of scope, raises an exception in
/// Python too, would run code in the target, exceeds `bounds`, or needs memory
/// that cannot be read.
pub fn evaluate(
    source: &str,
    reader: &Reader<'_>,
    names: &Names,
    bounds: &Bounds,
) -> Result<Operand, Refusal> {
    let expression = syntax::parse::expression(source)?;
    let machine = Machine::new(
        source.trim_start_matches(syntax::parse::BLANKS),
        reader,
        names,
        bounds,
    );
    machine.evaluate(&expression)
}
