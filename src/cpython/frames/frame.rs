//! Frames: `PyFrameObject` to 3.10, `_PyInterpreterFrame` from 3.11.

use std::num::NonZeroU64;
use std::rc::Rc;

use python_offsets::{FrameForm, LineForm, StackForm};

use super::code_location::CodeLocation;
use super::line_table::Position;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::objects::kinds::Kind;
use crate::cpython::reader::{Fields, Reader, WORD, is_plausible, words};

/// Maximum size in bytes of the fields in front of `localsplus`, in all versions.
const HEAD: usize = 384;

/// A frame in the process.
#[derive(Debug, Clone)]
pub struct RawFrame {
    /// Address of the frame.
    pub addr: u64,
    /// Its location in its code.
    pub at: Rc<CodeLocation>,
}

impl RawFrame {
    /// Identifies the location in the code among all locations of its reader.
    pub fn location_id(&self) -> usize {
        Rc::as_ptr(&self.at) as usize
    }
}

/// A variable and its value.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Name of the variable.
    pub name: Rc<str>,
    /// Address of the bound object. `None` while the variable is unbound.
    pub value: Option<u64>,
}

/// An entry in a thread's list of frames.
#[derive(Debug, Clone)]
pub enum FrameSlot {
    /// A frame of Python code.
    Python {
        /// The frame.
        frame: RawFrame,
        /// Address of the calling frame. `None` for the outermost.
        previous: Option<NonZeroU64>,
    },
    /// An entry or trampoline frame without Python code.
    Skipped {
        /// Address of the calling frame. `None` for the outermost.
        previous: Option<NonZeroU64>,
    },
}

/// What a frame stores of itself, before its code is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameWords {
    /// Address of the calling frame. `None` for the outermost.
    pub previous: Option<NonZeroU64>,
    /// Where it is in its code. `None` for an entry frame without Python code.
    pub at: Option<CodeWords>,
}

/// Where a frame is in its code, as it stores that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodeWords {
    /// Address of the code object.
    pub code: u64,
    /// The instruction: an address or a number.
    pub instruction: u64,
    /// Bytes from the frame to the saved end of its stack. `None` while no end is saved.
    stack: Option<i64>,
}

impl Reader<'_> {
    /// Name of the module of the function that `frame` runs. `None` if it cannot be
    /// read.
    pub fn frame_module(&self, frame: &RawFrame) -> Option<Rc<str>> {
        let at = self.layout.frame.globals.at(frame.addr);
        let globals = self.pointer(at, "f_globals").ok()??;
        let known = self.modules.borrow().get(&globals).cloned();
        known.unwrap_or_else(|| {
            let name = self.dict_get(globals, "__name__").ok().flatten();
            let name = name.and_then(|it| self.text(it).ok());
            self.modules.borrow_mut().insert(globals, name.clone());
            name
        })
    }

    /// The frame at `addr`.
    ///
    /// # Errors
    /// When the frame or its code cannot be read, or contradict each other.
    pub fn frame(&self, addr: u64) -> Result<FrameSlot> {
        let FrameWords { previous, at } = self.frame_words(addr)?;
        let at = at.map(|at| self.code_location(at)).transpose()?.flatten();
        Ok(match at {
            Some(at) => FrameSlot::Python {
                frame: RawFrame { addr, at },
                previous,
            },
            None => FrameSlot::Skipped { previous },
        })
    }

    /// What the frame at `addr` stores of itself.
    ///
    /// # Errors
    /// When it cannot be read, has no code, or is not in use.
    pub fn frame_words(&self, addr: u64) -> Result<FrameWords> {
        let layout = &self.layout.frame;
        let mut head = [0; HEAD];
        let len = (layout.localsplus.bytes() as usize).min(HEAD);
        let head = &mut head[..len];
        self.bytes_into(addr, head)?;
        // Frames that are kept for the next call refer to each other by `f_back`, as a list
        // (`free_list`, Objects/frameobject.c, to 3.10).
        if self.layout.format.frame == FrameForm::Object
            && let Some(count) = self.layout.object.ob_refcnt
            && head.field_i32(count) == 0
        {
            return Err(DecodeError::Corrupt {
                what: "frame",
                addr,
            });
        }
        let previous = NonZeroU64::new(head.field_u64(layout.previous));
        if let Some(owner) = layout.owner
            && self
                .layout
                .format
                .skipped_owners
                .contains(&head.field_u8(owner))
        {
            return Ok(FrameWords { previous, at: None });
        }
        let code = self
            .untag(head.field_u64(layout.code))
            .ok_or(DecodeError::Null {
                what: "code of a frame",
            })?;
        let at = Some(CodeWords {
            code,
            instruction: self.instruction(head)?,
            stack: self.saved_stack(addr, head)?,
        });
        Ok(FrameWords { previous, at })
    }

    /// The location in its code of a frame that stores `words`. `None` if the code is that of a
    /// trampoline.
    ///
    /// # Errors
    /// When the code cannot be read, or the instruction is of other code.
    pub fn code_location(&self, words: CodeWords) -> Result<Option<Rc<CodeLocation>>> {
        if let Some(known) = self.locations.get(&words) {
            return Ok(Some(known));
        }
        let code = self.code(words.code)?;
        if code.is_trampoline() {
            return Ok(None);
        }
        let location = CodeLocation {
            offset: self.instruction_offset(words)?,
            stack: words.stack,
            code,
            qualname: None,
        };
        Ok(Some(self.locations.insert(words, location)))
    }

    /// The instruction as the frame stores it: an address or a number.
    fn instruction(&self, head: &[u8]) -> Result<u64> {
        let layout = &self.layout.frame;
        let missing = DecodeError::NotInLayout { what: "f_lasti" };
        match (layout.instr_ptr, layout.lasti) {
            (Some(pointer), _) => Ok(head.field_u64(pointer)),
            (None, Some(lasti)) => Ok(i64::from(head.field_i32(lasti)) as u64),
            (None, None) => Err(missing),
        }
    }

    /// Bytes from the first instruction of its code to the one at which a frame is that stores
    /// `words`. Negative before the first.
    ///
    /// # Errors
    /// When the instruction is of other code.
    pub fn instruction_offset(&self, words: CodeWords) -> Result<i64> {
        if self.layout.frame.instr_ptr.is_some() {
            let missing = DecodeError::NotInLayout {
                what: "co_code_adaptive",
            };
            let first = self.layout.code.co_code_adaptive.ok_or(missing)?;
            let at = words.instruction as i64;
            let distance = at.wrapping_sub(first.at(words.code) as i64);
            // No code is this long, so the instruction belongs to other code.
            if distance.unsigned_abs() > self.limits.code as u64 {
                return Err(DecodeError::Corrupt {
                    what: "instruction pointer",
                    addr: at as u64,
                });
            }
            return Ok(distance);
        }
        let lasti = words.instruction as i64;
        Ok(match self.layout.format.lines {
            LineForm::Ranges if lasti >= 0 => lasti * 2,
            _ => lasti,
        })
    }

    /// Line and column of the frame.
    pub fn frame_position(&self, frame: &RawFrame) -> Position {
        self.code_position(&frame.at.code, frame.at.offset)
    }

    /// Bytes from the frame at `addr` to the saved end of its stack. `None` while no
    /// end is saved.
    fn saved_stack(&self, addr: u64, head: &[u8]) -> Result<Option<i64>> {
        let layout = &self.layout.frame;
        let end_of = |base: u64| match u64::try_from(head.field_i32(layout.stack)) {
            Ok(values) => base.wrapping_add(values * WORD as u64),
            Err(_) => 0,
        };
        let top = match self.layout.format.stack {
            StackForm::TopPointer | StackForm::StackPointer => head.field_u64(layout.stack),
            StackForm::Depth => {
                let base = layout.valuestack.ok_or(DecodeError::NotInLayout {
                    what: "f_valuestack",
                })?;
                end_of(head.field_u64(base))
            }
            StackForm::TopIndex => end_of(layout.localsplus.at(addr)),
        };
        Ok((top != 0).then(|| top.wrapping_sub(addr) as i64))
    }

    /// End of the frame's value stack. `None` while no end is saved, as in an
    /// executing frame.
    ///
    /// # Errors
    /// When it is no address.
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

    /// The object `slot` slots below the end of the stack; 1 is the last value.
    /// `None` while no end is saved or the slot holds no object.
    ///
    /// # Errors
    /// When the slot is outside the stack or cannot be read.
    pub fn stack_slot(&self, frame: &RawFrame, slot: u32) -> Result<Option<u64>> {
        let Some(top) = self.stack_top(frame)? else {
            return Ok(None);
        };
        let at = top.wrapping_sub(u64::from(slot) * WORD as u64);
        let first = self.layout.frame.localsplus.at(frame.addr);
        if self.layout.format.frame == FrameForm::Interpreter && at < first {
            return Err(DecodeError::Corrupt {
                what: "stack pointer",
                addr: top,
            });
        }
        Ok(self.untag(self.u64(at)?))
    }

    /// The variables of the frame, without unbound ones of comprehensions.
    ///
    /// # Errors
    /// When the names or the slots cannot be read.
    pub fn frame_variables(&self, frame: &RawFrame) -> Result<Vec<Binding>> {
        let variables = self.variables(&frame.at.code)?;
        let first = self.layout.frame.localsplus.at(frame.addr);
        let slots = self.bytes(first, variables.len() * WORD)?;
        let mut bindings = Vec::with_capacity(variables.len());
        for (variable, slot) in variables.iter().zip(words(&slots)) {
            let mut value = self.untag(slot);
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

    /// Calls `visit` with name and value of each bound variable of the frame.
    ///
    /// # Errors
    /// When the names or the slots cannot be read.
    pub fn visit_variables(
        &self,
        frame: &RawFrame,
        visit: &mut dyn FnMut(&Rc<str>, u64),
    ) -> Result<()> {
        let variables = self.variables(&frame.at.code)?;
        let first = self.layout.frame.localsplus.at(frame.addr);
        for (index, variable) in (0u64..).zip(variables.iter()) {
            let value = match self.untag(self.u64(first + index * WORD as u64)?) {
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

    /// The value of the variable `name` of the frame. `None` if it is unbound or
    /// there is no such variable.
    ///
    /// # Errors
    /// When the names or the slot cannot be read.
    pub fn frame_variable(&self, frame: &RawFrame, name: &str) -> Result<Option<u64>> {
        let variables = self.variables(&frame.at.code)?;
        let first = self.layout.frame.localsplus.at(frame.addr);
        let named = (0u64..).zip(variables.iter());
        for (index, variable) in named.filter(|(_, variable)| *variable.name == *name) {
            let value = self.untag(self.u64(first + index * WORD as u64)?);
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

    /// Address of the slot of the variable `name` of the frame. `None` if it has no such variable,
    /// or has it in a cell.
    ///
    /// # Errors
    /// When the names cannot be read.
    pub fn variable_slot(&self, frame: &RawFrame, name: &str) -> Result<Option<u64>> {
        let variables = self.variables(&frame.at.code)?;
        let first = self.layout.frame.localsplus.at(frame.addr);
        let mut named = (0u64..).zip(variables.iter());
        let found = named.find(|(_, variable)| *variable.name == *name && !variable.in_cell);
        Ok(found.map(|(index, _)| first + index * WORD as u64))
    }

    /// The object in the cell at `cell`. `None` if the cell is empty.
    ///
    /// # Errors
    /// When it is no cell or cannot be read.
    pub fn cell_contents(&self, cell: u64) -> Result<Option<u64>> {
        self.expect_kind(cell, Kind::Cell, "cell")?;
        self.pointer(self.layout.cell.ob_ref.at(cell), "ob_ref")
    }
}
