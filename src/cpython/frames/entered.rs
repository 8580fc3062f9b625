//! Context managers that a frame is inside of: `with` keeps the manager's
//! exit method on the value stack of the frame.

use std::rc::Rc;

use python_offsets::{FrameForm, LineForm};

use super::frame::RawFrame;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::objects::types::Kind;
use crate::cpython::reader::{Fields, Reader};
use crate::model::FrameKind;

/// What `with` and `async with` call at the end.
const EXIT_METHODS: [&str; 2] = ["__exit__", "__aexit__"];
/// Generator of a `contextlib.contextmanager` (Lib/contextlib.py).
const GENERATOR_ATTRIBUTE: &str = "gen";
/// Callbacks of a `contextlib.ExitStack` (Lib/contextlib.py).
const CALLBACKS_ATTRIBUTE: &str = "_exit_callbacks";
/// Managers inside managers that are followed.
const MAX_NESTING: usize = 8;
/// Values of one frame's stack that are looked at.
const MAX_STACK: u64 = 4_096;

/// A manager that was entered, and the frame that did.
#[derive(Debug, Clone)]
pub struct Entered {
    pub manager: u64,
    pub frame: RawFrame,
    /// Line of the `with`, where the code tells it.
    pub line: Option<u32>,
}

impl Reader<'_> {
    /// The managers that `frame` has entered or is entering, outermost first,
    /// with those inside the generators of `contextlib.contextmanager` and
    /// those on exit stacks. `executing` says that the frame is on a thread's
    /// stack.
    pub fn entered_managers(&self, frame: &RawFrame, executing: bool) -> Result<Vec<Entered>> {
        let mut entered = Vec::new();
        self.collect_managers(frame, executing, 0, &mut entered)?;
        Ok(entered)
    }

    fn collect_managers(
        &self,
        frame: &RawFrame,
        executing: bool,
        depth: usize,
        entered: &mut Vec<Entered>,
    ) -> Result<()> {
        if !executing && self.only_awaits(frame)? {
            return Ok(());
        }
        let values = self.stack_values(frame, executing)?;
        let mut handlers: Option<Rc<[Handler]>> = None;
        let mut values = (1u64..).zip(values);
        while let Some((mut depth_behind, value)) = values.next() {
            let Some(value) = value else { continue };
            let Ok(ty) = self.type_of(value) else {
                continue;
            };
            let layout = &self.layout;
            let manager = match ty.kind {
                Kind::Method if self.is_exit(value) => {
                    self.pointer(value + u64::from(layout.method.im_self), "im_self")?
                }
                Kind::Builtin if self.is_exit(value) => {
                    self.pointer(value + u64::from(layout.builtin.m_self), "m_self")?
                }
                // From 3.14: the plain function, and the manager after it.
                Kind::Function | Kind::MethodDescriptor if self.is_exit(value) => {
                    depth_behind += 1;
                    values.next().and_then(|(_, manager)| manager)
                }
                _ => None,
            };
            if let Some(manager) = manager {
                let handlers =
                    handlers.get_or_insert_with(|| self.handlers(frame).unwrap_or_default());
                let handler = handlers
                    .iter()
                    .find(|handler| handler.depth == depth_behind);
                let line = handler
                    .and_then(|handler| self.code_position(&frame.at.code, handler.with_at).line);
                let here = Entered {
                    manager,
                    frame: frame.clone(),
                    line,
                };
                self.add_manager(here, depth, entered);
            }
        }
        Ok(())
    }

    fn add_manager(&self, here: Entered, depth: usize, entered: &mut Vec<Entered>) {
        let manager = here.manager;
        entered.push(here.clone());
        if depth >= MAX_NESTING {
            return;
        }
        if let Ok(Some(inner)) = self.attribute_object(manager, GENERATOR_ATTRIBUTE)
            && self.type_of(inner).is_ok_and(|ty| ty.is_generator_like())
            && let Ok(generator) = self.generator(inner)
            && let Ok(Some(inner)) = self.generator_frame(&generator)
            // At its `yield` it is inside all that it has entered; at an await
            // it may be entering still, and is in somebody's chain.
            && matches!(self.awaited(&generator, &inner), Ok(None))
        {
            // Best effort: what cannot be read of it is not shown as held.
            let _ = self.collect_managers(&inner, false, depth + 1, entered);
        }
        if let Ok(Some(callbacks)) = self.attribute_object(manager, CALLBACKS_ATTRIBUTE)
            && let Ok((callbacks, _)) = self.deque_items(callbacks, self.limits.value_items)
        {
            for callback in callbacks {
                if let Some(inner) = self.exit_callback_owner(callback) {
                    let inner = Entered {
                        manager: inner,
                        ..here.clone()
                    };
                    self.add_manager(inner, depth + 1, entered);
                }
            }
        }
    }

    /// The manager in an `(is_sync, bound method)` entry of an exit stack.
    fn exit_callback_owner(&self, entry: u64) -> Option<u64> {
        let (items, _) = self.tuple_items(entry, 2).ok()?;
        let method = *items.get(1)?;
        if !self.is_kind(method, Kind::Method) || !self.is_exit(method) {
            return None;
        }
        let at = method + u64::from(self.layout.method.im_self);
        self.pointer(at, "im_self").ok()?
    }

    fn is_exit(&self, callable: u64) -> bool {
        // Methods are made anew for each object, their functions are few.
        let function = match self.type_of(callable).map(|ty| ty.kind) {
            Ok(Kind::Method) => {
                let at = callable + u64::from(self.layout.method.im_func);
                self.required(at, "im_func").unwrap_or(callable)
            }
            Ok(Kind::Function | Kind::MethodDescriptor) => callable,
            _ => return self.is_named_exit(callable),
        };
        if let Some(known) = self.exits.borrow().get(&function) {
            return *known;
        }
        let is_exit = self.is_named_exit(function);
        self.exits.borrow_mut().insert(function, is_exit);
        is_exit
    }

    fn is_named_exit(&self, callable: u64) -> bool {
        let name = match self.type_of(callable).map(|ty| ty.kind) {
            Ok(Kind::MethodDescriptor) => {
                let at = callable + u64::from(self.layout.descriptor.d_name);
                let name = self.required(at, "d_name").and_then(|name| self.text(name));
                name.map(|name| name.to_string())
            }
            _ => self.callable_name(callable),
        };
        name.is_ok_and(|name| {
            let last = name.rsplit('.').next().unwrap_or(&name);
            EXIT_METHODS.contains(&last)
        })
    }

    /// The values on the stack of `frame`, deepest first. Of a frame that
    /// executes only those that its exception handlers rely on are sure.
    pub fn stack_values(&self, frame: &RawFrame, executing: bool) -> Result<Vec<Option<u64>>> {
        let base = self.stack_base(frame)?;
        let count = if executing {
            self.guarded_depth(frame)?
        } else {
            self.stack_top(frame)?
                .map_or(0, |top| top.saturating_sub(base) / 8)
        };
        if count > MAX_STACK {
            return Err(DecodeError::Corrupt {
                what: "depth of a value stack",
                addr: frame.addr,
            });
        }
        let bytes = self.bytes(base, count as usize * 8)?;
        let slots = bytes.chunks_exact(8);
        Ok(slots.map(|slot| self.untag(slot.field_u64(0))).collect())
    }

    /// Whether nothing is on the stack of a suspended coroutine but what it
    /// awaits, which is on top: it is inside of nothing.
    pub fn only_awaits(&self, frame: &RawFrame) -> Result<bool> {
        if frame.at.code.frame_kind() != FrameKind::Coroutine {
            return Ok(false);
        }
        let base = self.stack_base(frame)?;
        // Behind what is awaited may be what its iteration needs (3.15).
        let awaited = u64::from(self.layout.format.awaited_slot) * 8;
        Ok(self
            .stack_top(frame)?
            .is_none_or(|top| top <= base + awaited))
    }

    fn stack_base(&self, frame: &RawFrame) -> Result<u64> {
        match self.layout.format.frame {
            FrameForm::Object => {
                let missing = DecodeError::NotInLayout {
                    what: "f_valuestack",
                };
                let at = frame.addr + u64::from(self.layout.frame.valuestack.ok_or(missing)?);
                self.required(at, "f_valuestack")
            }
            FrameForm::Interpreter => {
                let missing = DecodeError::NotInLayout {
                    what: "co_nlocalsplus",
                };
                let slots = frame.at.code.slots.ok_or(missing)?;
                let slots = u64::try_from(slots).unwrap_or(0).min(MAX_STACK);
                Ok(frame.addr + u64::from(self.layout.frame.localsplus) + slots * 8)
            }
        }
    }

    /// How many values the innermost handler around the frame's instruction
    /// finds on the stack.
    fn guarded_depth(&self, frame: &RawFrame) -> Result<u64> {
        let handlers = self.handlers(frame)?;
        Ok(handlers.first().map_or(0, |handler| handler.depth))
    }

    /// The exception handlers around the frame's instruction, innermost first:
    /// the exception table from 3.11, the frame's blocks before.
    fn handlers(&self, frame: &RawFrame) -> Result<Rc<[Handler]>> {
        let Some(offset) = self.layout.code.co_exceptiontable else {
            return self.block_handlers(frame).map(Rc::from);
        };
        if let Some(known) = frame.at.code.handlers.borrow().get(&frame.at.offset) {
            return Ok(known.clone());
        }
        let at = frame.at.code.addr + u64::from(offset);
        let table = self.required(at, "co_exceptiontable")?;
        let (table, _) = self.bytes_object(table, self.limits.code)?;
        let handlers: Rc<[Handler]> = table_handlers(&table, frame.at.offset / 2).into();
        let mut known = frame.at.code.handlers.borrow_mut();
        known.insert(frame.at.offset, handlers.clone());
        Ok(handlers)
    }

    /// The blocks of a frame, to 3.10.
    fn block_handlers(&self, frame: &RawFrame) -> Result<Vec<Handler>> {
        let layout = &self.layout.frame;
        let (Some(count), Some(blocks), Some(size), Some(level)) = (
            layout.block_count,
            layout.blocks,
            layout.block_size,
            layout.block_level,
        ) else {
            return Err(DecodeError::NotInLayout { what: "f_iblock" });
        };
        let count = self.i32(frame.addr + u64::from(count))?;
        let count = u64::try_from(count).unwrap_or(0).min(MAX_BLOCKS);
        (0..count)
            .rev()
            .map(|index| {
                let block = frame.addr + u64::from(blocks) + index * u64::from(size);
                let depth = u64::try_from(self.i32(block + u64::from(level))?).unwrap_or(0);
                let handler = self.i32(block + BLOCK_HANDLER)?;
                Ok(Handler {
                    depth,
                    with_at: self.with_before(frame, handler)?,
                })
            })
            .collect()
    }

    /// Offset of the instruction that set up the block with this handler, to
    /// 3.10: what the handler itself is compiled from has the last line of the
    /// body.
    fn with_before(&self, frame: &RawFrame, handler: i32) -> Result<i64> {
        /// `EXTENDED_ARG` of all versions to 3.10 (Include/opcode.h).
        const EXTENDED_ARG: u8 = 144;
        let format = &self.layout.format;
        // Jumps count instructions from 3.10, bytes before.
        let unit = match format.lines {
            LineForm::Ranges => 2,
            _ => 1,
        };
        let handler = i64::from(handler) * unit;
        let length = usize::try_from(handler).unwrap_or(0).min(self.limits.code);
        let code = self.bytes(frame.at.code.instructions, length)?;
        let mut argument = 0i64;
        let mut found = handler;
        for (offset, instruction) in (0i64..).step_by(2).zip(code.chunks_exact(2)) {
            argument = argument.wrapping_shl(8) | i64::from(instruction[1]);
            if instruction[0] == EXTENDED_ARG {
                continue;
            }
            let target = argument.wrapping_mul(unit).wrapping_add(offset + 2);
            if format.with_opcodes.contains(&instruction[0]) && target == handler {
                found = offset;
            }
            argument = 0;
        }
        Ok(found)
    }
}

/// `CO_MAXBLOCKS` (Include/cpython/code.h), and where a `PyTryBlock` has its
/// handler, behind its type (Include/cpython/frameobject.h, 3.10).
const MAX_BLOCKS: u64 = 20;
const BLOCK_HANDLER: u64 = 4;

/// A handler that an exception would reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handler {
    /// Values that it finds on the stack.
    depth: u64,
    /// Offset of an instruction on the line of the `with` that it belongs to.
    with_at: i64,
}

/// The handlers around `unit`, an index of two-byte code units, innermost
/// first: the code of a handler is itself inside the next one out
/// (Objects/exception_handling_notes.txt, 3.11).
fn table_handlers(table: &[u8], unit: i64) -> Vec<Handler> {
    let entries = table_entries(table);
    let mut handlers: Vec<Handler> = Vec::new();
    let mut unit = u64::try_from(unit).ok();
    while let Some(at) = unit {
        let covering = entries
            .iter()
            .find(|[start, length, ..]| (*start..start.saturating_add(*length)).contains(&at));
        unit = None;
        if let Some([_, _, target, depth]) = covering {
            let handler = Handler {
                depth: depth >> 1,
                with_at: i64::try_from(target.saturating_mul(2)).unwrap_or(0),
            };
            // Each one further out relies on less.
            if handlers
                .last()
                .is_none_or(|inner| handler.depth < inner.depth)
            {
                handlers.push(handler);
                unit = Some(*target);
            }
        }
    }
    handlers
}

/// Start, length, target and doubled depth of each entry.
fn table_entries(table: &[u8]) -> Vec<[u64; 4]> {
    const START: u8 = 0x80;
    const MORE: u8 = 0x40;
    let mut bytes = table.iter().copied();
    let mut entries = Vec::new();
    loop {
        let mut entry = [0u64; 4];
        for field in &mut entry {
            loop {
                let Some(byte) = bytes.next() else {
                    return entries;
                };
                *field = *field << 6 | u64::from(byte & !START & !MORE);
                if byte & MORE == 0 {
                    break;
                }
            }
        }
        entries.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::{Handler, table_handlers};

    #[test]
    fn handlers_are_found_from_the_innermost_outwards() {
        // Start 2, length 10, target 20, depth 3; start 20, length 4, target
        // 60, depth 1; start 70, length 4, target 30, depth 3 with last
        // instruction.
        let table = [0x82, 10, 20, 6, 0x94, 4, 60, 2, 0xc1, 6, 4, 30, 7];
        let handlers = |unit| table_handlers(&table, unit);
        let handler = |depth, with_at| Handler { depth, with_at };
        assert_eq!(handlers(1), []);
        assert_eq!(handlers(2), [handler(3, 40), handler(1, 120)]);
        assert_eq!(handlers(12), []);
        assert_eq!(handlers(70), [handler(3, 60)]);
        assert_eq!(handlers(-1), []);
        assert_eq!(table_handlers(&table[..3], 2), []);
    }
}
