//! Frames: `PyFrameObject` to 3.10, `_PyInterpreterFrame` from 3.11.

use std::num::NonZeroU64;
use std::rc::Rc;

use python_offsets::{FrameForm, LineForm, StackForm};

use super::code::Code;
use super::code_location::CodePlace;
use super::line_table::Position;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::objects::types::Kind;
use crate::cpython::reader::{Fields, Reader, is_plausible};

/// Bytes that hold every field in front of `localsplus` in all versions.
const HEAD: usize = 384;

/// A frame as it lies in memory.
#[derive(Debug, Clone)]
pub struct RawFrame {
    pub addr: u64,
    /// Where in its code it is.
    pub at: Rc<CodePlace>,
}

impl RawFrame {
    /// What tells its place in the code from all others, as long as the reader lives.
    pub fn place(&self) -> usize {
        Rc::as_ptr(&self.at) as usize
    }
}

/// A name and the object bound to it; `None` while it is unbound.
#[derive(Debug, Clone)]
pub struct Binding {
    pub name: Rc<str>,
    pub value: Option<u64>,
}

/// What lies at an address where a frame is expected.
#[derive(Debug, Clone)]
pub enum FrameSlot {
    Python {
        frame: RawFrame,
        /// The frame that called it.
        previous: Option<NonZeroU64>,
    },
    /// An entry or trampoline frame: no Python code; go on with the next.
    Skipped { previous: Option<NonZeroU64> },
}

impl Reader<'_> {
    /// The frame at `addr`.
    pub fn frame(&self, addr: u64) -> Result<FrameSlot> {
        let layout = &self.layout.frame;
        let mut head = [0; HEAD];
        let len = (layout.localsplus as usize).min(HEAD);
        self.bytes_into(addr, &mut head[..len])?;
        let previous = NonZeroU64::new(head.field_u64(layout.previous));
        if let Some(owner) = layout.owner
            && self
                .layout
                .format
                .skipped_owners
                .contains(&head.field_u8(owner))
        {
            return Ok(FrameSlot::Skipped { previous });
        }
        let code_addr = self
            .untag(head.field_u64(layout.code))
            .ok_or(DecodeError::Null {
                what: "code of a frame",
            })?;
        let head = &head[..len];
        let instruction = self.instruction(head)?;
        let stack = self.saved_stack(addr, head)?;
        let key = (code_addr, instruction, stack);
        let at = match self.places.get(&key) {
            Some(known) => known,
            None => {
                let code = self.code(code_addr)?;
                if code.is_trampoline() {
                    return Ok(FrameSlot::Skipped { previous });
                }
                let place = CodePlace {
                    offset: self.instruction_offset(instruction, &code)?,
                    stack,
                    code,
                    qualname: None,
                };
                self.places.insert(key, place)
            }
        };
        let frame = RawFrame { addr, at };
        Ok(FrameSlot::Python { frame, previous })
    }

    /// What a frame says of its instruction: an address, or a number.
    fn instruction(&self, head: &[u8]) -> Result<u64> {
        let layout = &self.layout.frame;
        let missing = DecodeError::NotInLayout { what: "f_lasti" };
        match (layout.instr_ptr, layout.lasti) {
            (Some(pointer), _) => Ok(head.field_u64(pointer)),
            (None, Some(lasti)) => Ok(i64::from(head.field_i32(lasti)) as u64),
            (None, None) => Err(missing),
        }
    }

    fn instruction_offset(&self, instruction: u64, code: &Code) -> Result<i64> {
        if self.layout.frame.instr_ptr.is_some() {
            let at = instruction as i64;
            let distance = at.wrapping_sub(code.instructions as i64);
            // Farther than any code is long: not this code's instruction.
            if distance.unsigned_abs() > self.limits.code as u64 {
                return Err(DecodeError::Corrupt {
                    what: "instruction pointer",
                    addr: at as u64,
                });
            }
            return Ok(distance);
        }
        let lasti = instruction as i64;
        Ok(match self.layout.format.lines {
            LineForm::Ranges if lasti >= 0 => lasti * 2,
            _ => lasti,
        })
    }

    /// Line and column where the frame is.
    pub fn frame_position(&self, frame: &RawFrame) -> Position {
        self.code_position(&frame.at.code, frame.at.offset)
    }

    /// How far from `addr` a frame has saved the end of its stack.
    fn saved_stack(&self, addr: u64, head: &[u8]) -> Result<Option<i64>> {
        let layout = &self.layout.frame;
        let behind = |base: u64| match u64::try_from(head.field_i32(layout.stack)) {
            Ok(values) => base.wrapping_add(values * 8),
            Err(_) => 0,
        };
        let top = match self.layout.format.stack {
            StackForm::TopPointer | StackForm::StackPointer => head.field_u64(layout.stack),
            StackForm::Depth => {
                let base = layout.valuestack.ok_or(DecodeError::NotInLayout {
                    what: "f_valuestack",
                })?;
                behind(head.field_u64(base))
            }
            StackForm::TopIndex => behind(addr + u64::from(layout.localsplus)),
        };
        Ok((top != 0).then(|| top.wrapping_sub(addr) as i64))
    }

    /// Address behind the last value of the frame's stack, where it is saved.
    pub fn stack_top(&self, frame: &RawFrame) -> Result<Option<u64>> {
        let Some(distance) = frame.at.stack else {
            return Ok(None);
        };
        match frame.addr.wrapping_add_signed(distance) {
            top if is_plausible(top) => Ok(Some(top)),
            addr => Err(DecodeError::BadPointer {
                what: "stack pointer",
                addr,
            }),
        }
    }

    /// The object in the `slot`-th place below the top of the stack, from one.
    pub fn stack_slot(&self, frame: &RawFrame, slot: u32) -> Result<Option<u64>> {
        let Some(top) = self.stack_top(frame)? else {
            return Ok(None);
        };
        let at = top.wrapping_sub(u64::from(slot) * 8);
        let first = frame.addr + u64::from(self.layout.frame.localsplus);
        if self.layout.format.frame == FrameForm::Interpreter && at < first {
            return Err(DecodeError::Corrupt {
                what: "stack pointer",
                addr: top,
            });
        }
        Ok(self.untag(self.u64(at)?))
    }

    /// The variables of the frame.
    pub fn frame_variables(&self, frame: &RawFrame) -> Result<Vec<Binding>> {
        let variables = self.variables(&frame.at.code)?;
        let first = frame.addr + u64::from(self.layout.frame.localsplus);
        let slots = self.bytes(first, variables.len() * 8)?;
        let mut bindings = Vec::with_capacity(variables.len());
        for (variable, slot) in variables.iter().zip(slots.chunks_exact(8)) {
            let mut value = self.untag(slot.field_u64(0));
            if variable.in_cell
                && let Some(cell) = value
                && self.is_kind(cell, Kind::Cell)
            {
                value = self.cell_contents(cell)?;
            }
            if value.is_none() && variable.hidden {
                continue;
            }
            bindings.push(Binding {
                name: variable.name.clone(),
                value,
            });
        }
        Ok(bindings)
    }

    /// Shows `visit` the variables of the frame that are bound.
    pub fn visit_variables(
        &self,
        frame: &RawFrame,
        visit: &mut dyn FnMut(&Rc<str>, u64),
    ) -> Result<()> {
        let variables = self.variables(&frame.at.code)?;
        let first = frame.addr + u64::from(self.layout.frame.localsplus);
        for (index, variable) in (0u64..).zip(variables.iter()) {
            let value = match self.untag(self.u64(first + index * 8)?) {
                Some(cell) if variable.in_cell && self.is_kind(cell, Kind::Cell) => {
                    self.cell_contents(cell)?
                }
                other => other,
            };
            if let Some(value) = value {
                visit(&variable.name, value);
            }
        }
        Ok(())
    }

    /// The object bound to the variable `name` of the frame.
    pub fn frame_variable(&self, frame: &RawFrame, name: &str) -> Result<Option<u64>> {
        let variables = self.variables(&frame.at.code)?;
        let first = frame.addr + u64::from(self.layout.frame.localsplus);
        let named = (0u64..).zip(variables.iter());
        for (index, variable) in named.filter(|(_, variable)| *variable.name == *name) {
            let value = self.untag(self.u64(first + index * 8)?);
            let value = match value {
                Some(cell) if variable.in_cell && self.is_kind(cell, Kind::Cell) => {
                    self.cell_contents(cell)?
                }
                other => other,
            };
            if value.is_some() {
                return Ok(value);
            }
        }
        Ok(None)
    }

    /// The object in a cell; an empty cell is `None`.
    pub fn cell_contents(&self, cell: u64) -> Result<Option<u64>> {
        self.expect_kind(cell, Kind::Cell, "cell")?;
        self.pointer(cell + u64::from(self.layout.cell.ob_ref), "ob_ref")
    }
}
