//! Frames: `PyFrameObject` to 3.10, `_PyInterpreterFrame` from 3.11.

use std::num::NonZeroU64;
use std::rc::Rc;

use python_offsets::{FrameForm, LineForm, StackForm};

use super::code::Code;
use super::error::{DecodeError, Result};
use super::lines::Position;
use super::reader::{Fields, Reader, is_plausible};
use super::types::Kind;

/// Bytes that hold every field in front of `localsplus` in all versions.
const HEAD: usize = 384;

/// A frame as it lies in memory.
#[derive(Debug, Clone)]
pub struct RawFrame {
    pub addr: u64,
    /// What is saved as the end of its stack; 0 is nothing.
    stack: u64,
    pub code: Rc<Code>,
    /// Bytes from the first instruction; negative before the first.
    pub offset: i64,
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
        let code = self.code(code_addr)?;
        if code.is_trampoline() {
            return Ok(FrameSlot::Skipped { previous });
        }
        let offset = self.instruction_offset(&head[..len], &code)?;
        let frame = RawFrame {
            addr,
            stack: self.saved_stack(addr, &head[..len])?,
            code,
            offset,
        };
        Ok(FrameSlot::Python { frame, previous })
    }

    fn instruction_offset(&self, head: &[u8], code: &Code) -> Result<i64> {
        let layout = &self.layout.frame;
        if let Some(offset) = layout.instr_ptr {
            let at = head.field_u64(offset) as i64;
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
        let offset = layout
            .lasti
            .ok_or(DecodeError::NotInLayout { what: "f_lasti" })?;
        let lasti = i64::from(head.field_i32(offset));
        Ok(match self.layout.format.lines {
            LineForm::Ranges if lasti >= 0 => lasti * 2,
            _ => lasti,
        })
    }

    /// Line and column where the frame is.
    pub fn frame_position(&self, frame: &RawFrame) -> Position {
        self.code_position(&frame.code, frame.offset)
    }

    /// What the frame at `addr` has saved as the end of its stack: 0 for nothing.
    fn saved_stack(&self, addr: u64, head: &[u8]) -> Result<u64> {
        let layout = &self.layout.frame;
        let behind = |base: u64| match u64::try_from(head.field_i32(layout.stack)) {
            Ok(values) => base.wrapping_add(values * 8),
            Err(_) => 0,
        };
        Ok(match self.layout.format.stack {
            StackForm::TopPointer | StackForm::StackPointer => head.field_u64(layout.stack),
            StackForm::Depth => {
                let base = layout.valuestack.ok_or(DecodeError::NotInLayout {
                    what: "f_valuestack",
                })?;
                behind(head.field_u64(base))
            }
            StackForm::TopIndex => behind(addr + u64::from(layout.localsplus)),
        })
    }

    /// Address behind the last value of the frame's stack, where it is saved.
    pub fn stack_top(&self, frame: &RawFrame) -> Result<Option<u64>> {
        match frame.stack {
            0 => Ok(None),
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
        let variables = self.variables(&frame.code)?;
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
        let variables = self.variables(&frame.code)?;
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
        let variables = self.variables(&frame.code)?;
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
