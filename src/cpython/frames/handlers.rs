//! Exception handlers around an instruction: the exception table from 3.11, the
//! blocks of the frame before.

use std::rc::Rc;

use python_offsets::LineForm;

use super::code::Handler;
use super::frame::RawFrame;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::Reader;

/// `CO_MAXBLOCKS` (Include/cpython/code.h).
const MAX_BLOCKS: u64 = 20;

impl Reader<'_> {
    /// The exception handlers around the instruction of `frame`, innermost first.
    pub(super) fn handlers(&self, frame: &RawFrame) -> Result<Rc<[Handler]>> {
        let Some(offset) = self.layout.code.co_exceptiontable else {
            return self.block_handlers(frame).map(Rc::from);
        };
        if let Some(known) = frame.at.code.handlers.borrow().get(&frame.at.offset) {
            return Ok(known.clone());
        }
        let at = offset.at(frame.at.code.addr);
        let table = self.required(at, "co_exceptiontable")?;
        let (table, _) = self.bytes_object(table, self.limits.code)?;
        let handlers: Rc<[Handler]> = table_handlers(&table, frame.at.offset / 2).into();
        let mut known = frame.at.code.handlers.borrow_mut();
        known.insert(frame.at.offset, handlers.clone());
        Ok(handlers)
    }

    /// The handlers of the blocks of a frame, to 3.10.
    fn block_handlers(&self, frame: &RawFrame) -> Result<Vec<Handler>> {
        let layout = &self.layout.frame;
        let (Some(count), Some(blocks), Some(size), Some(level), Some(handler)) = (
            layout.block_count,
            layout.blocks,
            layout.block_size,
            layout.block_level,
            layout.block_handler,
        ) else {
            return Err(DecodeError::NotInLayout { what: "f_iblock" });
        };
        let count = self.i32(count.at(frame.addr))?;
        let count = u64::try_from(count).unwrap_or(0).min(MAX_BLOCKS);
        (0..count)
            .rev()
            .map(|index| {
                let block = blocks.at(frame.addr) + index * u64::from(size);
                let depth = u64::try_from(self.i32(level.at(block))?).unwrap_or(0);
                let handler = self.i32(handler.at(block))?;
                Ok(Handler {
                    depth,
                    with_offset: self.with_before(frame, handler)?,
                })
            })
            .collect()
    }

    /// Offset of the instruction that set up the block with this handler, to
    /// 3.10. The handler's own instructions have the last line of the body.
    fn with_before(&self, frame: &RawFrame, handler: i32) -> Result<i64> {
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
            if Some(instruction[0]) == format.extended_arg_opcode {
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

/// The handlers around the two-byte code unit with index `unit`, innermost first.
/// The code of a handler lies inside the next outer one
/// (Objects/exception_handling_notes.txt, 3.11).
fn table_handlers(table: &[u8], unit: i64) -> Vec<Handler> {
    let entries = table_entries(table);
    let mut handlers: Vec<Handler> = Vec::new();
    let mut unit = u64::try_from(unit).ok();
    while let Some(current) = unit {
        let covering = entries
            .iter()
            .find(|[start, length, ..]| (*start..start.saturating_add(*length)).contains(&current));
        unit = None;
        if let Some([_, _, target, depth]) = covering {
            let handler = Handler {
                depth: depth >> 1,
                with_offset: i64::try_from(target.saturating_mul(2)).unwrap_or(0),
            };
            // Each outer handler relies on fewer values.
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

/// Start, length, target, and depth with a flag in bit 0, of each entry.
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
        // Start 2, length 10, target 20, depth 3. Start 20, length 4, target 60,
        // depth 1. Start 70, length 4, target 30, depth 3, with the flag.
        let table = [0x82, 10, 20, 6, 0x94, 4, 60, 2, 0xc1, 6, 4, 30, 7];
        let handlers = |unit| table_handlers(&table, unit);
        let handler = |depth, with_offset| Handler { depth, with_offset };
        assert_eq!(handlers(1), []);
        assert_eq!(handlers(2), [handler(3, 40), handler(1, 120)]);
        assert_eq!(handlers(12), []);
        assert_eq!(handlers(70), [handler(3, 60)]);
        assert_eq!(handlers(-1), []);
        assert_eq!(table_handlers(&table[..3], 2), []);
    }
}
