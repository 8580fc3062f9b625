//! Python expressions on objects of the target, computed here: no code is ever
//! run in it.
//!
//! Names, attributes and items are decoded from memory, operators and the
//! builtin functions that have no side effects are implemented with CPython's
//! semantics (Objects/, Python/bltinmodule.c). What would need to run code of
//! the program (properties, methods, calls) is refused in one sentence.

mod attributes;
mod builtins;
mod codecs;
mod directory;
mod format;
mod format_method;
mod hash;
mod lambda;
mod machine;
mod methods;
mod methods_number;
mod percent;
mod refusal;
mod repr;
mod set_order;
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

/// Where names are looked up.
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

    /// The builtins of a dict of globals: what it calls `__builtins__`, a
    /// module or its dict.
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

/// How far one evaluation may go.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// Nodes of the expression and items of containers that are visited.
    pub steps: u64,
    /// Bytes of everything that is made on the way.
    pub bytes: usize,
    pub deadline: Option<Instant>,
    /// Set by another thread to end it.
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
/// When it is no expression, raises in Python too, would run code in the
/// target, exceeds `bounds`, or needs what cannot be read.
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
