//! Code objects: names, files, lines and variables.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use python_offsets::Offset;
use rustc_hash::FxHashMap;

use super::line_table;
use super::line_table::Position;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::objects::kinds::Kind;
use crate::cpython::reader::{Fields, Reader};
use crate::model::FrameKind;

/// Values of `co_flags` (Include/cpython/code.h).
const CO_OPTIMIZED: i32 = 0x1;
const CO_NEWLOCALS: i32 = 0x2;
const CO_GENERATOR: i32 = 0x20;
const CO_COROUTINE: i32 = 0x80;
const CO_ASYNC_GENERATOR: i32 = 0x200;

/// `CO_FAST_CELL`, `CO_FAST_FREE` (Include/internal/pycore_code.h, 3.11).
const KIND_CELL: u8 = 0x40;
const KIND_FREE: u8 = 0x80;
/// `CO_FAST_HIDDEN` (3.12): a comprehension's variable, unbound outside it.
const KIND_HIDDEN: u8 = 0x10;

/// A slot of a frame that holds a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Name in the source.
    pub name: Rc<str>,
    /// Whether the value is inside a cell.
    pub in_cell: bool,
    /// Whether the cell comes from an enclosing function, through the closure.
    pub free: bool,
    /// Whether it belongs to a comprehension and is unbound outside of it.
    pub hidden: bool,
}

/// An exception handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handler {
    /// Number of values on the stack that it relies on.
    pub depth: u64,
    /// Offset of an instruction on the line of the `with` that it belongs to.
    pub with_offset: i64,
}

/// One decoded code object.
#[derive(Debug)]
pub struct Code {
    /// Address of the code object.
    pub addr: u64,
    /// `co_filename`
    pub filename: Rc<str>,
    /// `co_name`
    pub name: Rc<str>,
    /// `co_qualname`; the same as `name` before 3.11.
    pub qualname: Rc<str>,
    /// `co_firstlineno`
    pub first_line: i32,
    /// `co_flags`
    pub flags: i32,
    /// Address of the first instruction.
    pub instructions: u64,
    /// Number of slots for variables (`co_nlocalsplus`). `None` before 3.11.
    pub(crate) slots: Option<i32>,
    /// Number of positional parameters (`co_argcount`).
    pub(crate) arguments: i32,
    line_table: Box<[u8]>,
    positions: RefCell<FxHashMap<i64, Position>>,
    variables: OnceCell<Rc<[Variable]>>,
    /// Exception handlers by offset of the instruction inside them, from 3.11.
    pub(crate) handlers: RefCell<FxHashMap<i64, Rc<[Handler]>>>,
}

impl Code {
    /// Whether this is the code between the call of a class and its `__init__`
    /// (`_Py_InitCleanup`, Python/specialize.c, from 3.13), which tracebacks hide
    /// too. Functions have both of these flags or neither.
    pub fn is_trampoline(&self) -> bool {
        is_trampoline(self.flags)
    }

    /// The kind of the frames that run this code.
    pub fn frame_kind(&self) -> FrameKind {
        if self.flags & CO_ASYNC_GENERATOR != 0 {
            FrameKind::AsyncGenerator
        } else if self.flags & CO_COROUTINE != 0 {
            FrameKind::Coroutine
        } else if self.flags & CO_GENERATOR != 0 {
            FrameKind::Generator
        } else {
            FrameKind::Function
        }
    }
}

/// Whether code with these flags is that between the call of a class and its `__init__`.
fn is_trampoline(flags: i32) -> bool {
    flags & (CO_OPTIMIZED | CO_NEWLOCALS) == CO_OPTIMIZED
}

impl Reader<'_> {
    /// The code object at `addr`.
    ///
    /// # Errors
    /// When it is no code object or cannot be read.
    pub fn code(&self, addr: u64) -> Result<Rc<Code>> {
        if let Some(code) = self.codes.borrow().get(&addr) {
            return Ok(code.clone());
        }
        let code = Rc::new(self.decode_code(addr)?);
        self.codes.borrow_mut().insert(addr, code.clone());
        Ok(code)
    }

    /// Whether the code object at `addr` is a trampoline ([`Code::is_trampoline`]).
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_trampoline(&self, addr: u64) -> Result<bool> {
        Ok(is_trampoline(self.i32(self.layout.code.co_flags.at(addr))?))
    }

    /// Address of the line table of the code object at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn line_table(&self, addr: u64) -> Result<u64> {
        self.u64(self.layout.code.co_linetable.at(addr))
    }

    fn decode_code(&self, addr: u64) -> Result<Code> {
        self.expect_kind(addr, Kind::Code, "code")?;
        let layout = &self.layout.code;
        let mut head = [0; 256];
        // The buffer is longer than the object of some versions, which may end with
        // its mapping. Then only the object is read.
        if self.bytes_into(addr, &mut head).is_err() {
            self.bytes_into(addr, &mut head[..160])?;
        }
        let name = self.text(head.field_u64(layout.co_name))?;
        let qualname = match layout.co_qualname {
            Some(offset) => self.text(head.field_u64(offset))?,
            None => name.clone(),
        };
        let table = head.field_u64(layout.co_linetable);
        let (line_table, length) = self.bytes_object(table, self.limits.code)?;
        if length > self.limits.code as u64 {
            return Err(DecodeError::Limit {
                what: "size of a line table",
                value: length,
                limit: self.limits.code as u64,
            });
        }
        let instructions = match (layout.co_code_adaptive, layout.co_code) {
            (Some(offset), _) => offset.at(addr),
            (None, Some(offset)) => {
                let code = head.field_u64(offset);
                self.layout.bytes.ob_sval.at(code)
            }
            (None, None) => return Err(DecodeError::NotInLayout { what: "co_code" }),
        };
        Ok(Code {
            addr,
            filename: self.text(head.field_u64(layout.co_filename))?,
            name,
            qualname,
            first_line: head.field_i32(layout.co_firstlineno),
            flags: head.field_i32(layout.co_flags),
            instructions,
            slots: layout.co_nlocalsplus.map(|offset| head.field_i32(offset)),
            arguments: head.field_i32(layout.co_argcount),
            line_table: line_table.into(),
            positions: RefCell::default(),
            variables: OnceCell::new(),
            handlers: RefCell::default(),
        })
    }

    /// Line and column of the instruction `offset` bytes into `code`.
    pub fn code_position(&self, code: &Code, offset: i64) -> Position {
        if let Some(position) = code.positions.borrow().get(&offset) {
            return *position;
        }
        let form = self.layout.format.lines;
        let position = line_table::position(form, &code.line_table, code.first_line, offset);
        code.positions.borrow_mut().insert(offset, position);
        position
    }

    /// The variables of `code` in the order of their slots.
    ///
    /// # Errors
    /// When their names cannot be read.
    pub fn variables(&self, code: &Code) -> Result<Rc<[Variable]>> {
        if let Some(known) = code.variables.get() {
            return Ok(known.clone());
        }
        let decoded: Rc<[Variable]> = self.decode_variables(code)?.into();
        Ok(code.variables.get_or_init(|| decoded).clone())
    }

    fn decode_variables(&self, code: &Code) -> Result<Vec<Variable>> {
        let layout = &self.layout.code;
        let names_at = |offset: Offset| -> Result<Vec<Rc<str>>> {
            let tuple = self.required(offset.at(code.addr), "names of variables")?;
            let (items, _) = self.tuple_items(tuple, self.limits.frames)?;
            items.into_iter().map(|name| self.text(name)).collect()
        };
        if let (Some(names), Some(kinds)) = (layout.co_localsplusnames, layout.co_localspluskinds) {
            let kinds = self.required(kinds.at(code.addr), "co_localspluskinds")?;
            let (kinds, _) = self.bytes_object(kinds, self.limits.frames)?;
            return Ok(names_at(names)?
                .into_iter()
                .zip(kinds)
                .map(|(name, kind)| Variable {
                    name,
                    in_cell: kind & (KIND_CELL | KIND_FREE) != 0,
                    free: kind & KIND_FREE != 0,
                    hidden: kind & KIND_HIDDEN != 0,
                })
                .collect());
        }
        let mut variables = Vec::new();
        let groups = [
            (layout.co_varnames, false, false),
            (layout.co_cellvars, true, false),
            (layout.co_freevars, true, true),
        ];
        for (offset, in_cell, free) in groups {
            let offset = offset.ok_or(DecodeError::NotInLayout {
                what: "co_varnames",
            })?;
            variables.extend(names_at(offset)?.into_iter().map(|name| Variable {
                name,
                in_cell,
                free,
                hidden: false,
            }));
        }
        Ok(variables)
    }
}
