//! From an instruction to its line and column: the three encodings.

use python_offsets::LineForm;

/// A position in a source file. Lines count from one. The column is one-based,
/// in UTF-8 bytes, and known from 3.11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// The position of the instruction `offset` bytes into the code. A negative
/// offset (not started) is the first line.
pub fn position(form: LineForm, table: &[u8], first_line: i32, offset: i64) -> Position {
    if offset < 0 {
        return Position {
            line: u32::try_from(first_line).ok(),
            column: None,
        };
    }
    match form {
        LineForm::Lnotab => lnotab(table, first_line, offset),
        LineForm::Ranges => ranges(table, first_line, offset),
        LineForm::Locations => locations(table, first_line, offset),
    }
}

/// `co_lnotab`: pairs of address increment and signed line increment
/// (Objects/lnotab_notes.txt, 3.9).
fn lnotab(table: &[u8], first_line: i32, offset: i64) -> Position {
    let (mut addr, mut line) = (0i64, i64::from(first_line));
    for pair in table.chunks_exact(2) {
        addr += i64::from(pair[0]);
        if addr > offset {
            break;
        }
        line += i64::from(pair[1] as i8);
    }
    Position {
        line: u32::try_from(line).ok(),
        column: None,
    }
}

/// PEP 626 `co_linetable`: ranges of byte offsets; -128 is "no line"
/// (Objects/lnotab_notes.txt, 3.10).
fn ranges(table: &[u8], first_line: i32, offset: i64) -> Position {
    const NO_LINE: i8 = -128;
    let (mut end, mut line) = (0i64, i64::from(first_line));
    for pair in table.chunks_exact(2) {
        end += i64::from(pair[0]);
        let delta = pair[1] as i8;
        if delta != NO_LINE {
            line += i64::from(delta);
        }
        if offset < end {
            return Position {
                line: u32::try_from(line).ok().filter(|_| delta != NO_LINE),
                column: None,
            };
        }
    }
    Position::default()
}

/// Bytes of a location table.
struct Cursor<'t> {
    table: &'t [u8],
    at: usize,
}

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.table.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// Six bits a byte, least significant first, bit 6 set while more follow.
    fn varint(&mut self) -> Option<u32> {
        let mut value: u32 = 0;
        let mut shift = 0;
        loop {
            let byte = self.byte()?;
            value |= u32::from(byte & 63).checked_shl(shift).unwrap_or(0);
            shift += 6;
            if byte & 64 == 0 {
                return Some(value);
            }
        }
    }

    fn signed_varint(&mut self) -> Option<i64> {
        let value = self.varint()?;
        let magnitude = i64::from(value >> 1);
        Some(if value & 1 == 1 {
            -magnitude
        } else {
            magnitude
        })
    }
}

/// `co_linetable` with columns (Objects/locations.md, 3.11).
fn locations(table: &[u8], first_line: i32, offset: i64) -> Position {
    const CODE_UNIT: i64 = 2;
    let mut cursor = Cursor { table, at: 0 };
    let (mut end, mut line) = (0i64, i64::from(first_line));
    while let Some(first) = cursor.byte() {
        end += (i64::from(first & 7) + 1) * CODE_UNIT;
        let Some((has_line, column)) = location_entry(&mut cursor, first, &mut line) else {
            break;
        };
        if offset < end {
            return Position {
                line: u32::try_from(line).ok().filter(|_| has_line),
                column,
            };
        }
    }
    Position::default()
}

/// Reads the rest of an entry: whether it has a line, and its start column.
fn location_entry(
    cursor: &mut Cursor<'_>,
    first: u8,
    line: &mut i64,
) -> Option<(bool, Option<u32>)> {
    let code = (first >> 3) & 15;
    match code {
        // Short forms: same line, columns in one byte.
        0..=9 => {
            let rest = cursor.byte()?;
            let column = (u32::from(code) << 3) | u32::from(rest >> 4);
            Some((true, Some(column + 1)))
        }
        // One-line forms: line delta of 0, 1 or 2, columns in a byte each.
        10..=12 => {
            *line += i64::from(code - 10);
            let column = u32::from(cursor.byte()?);
            cursor.byte()?;
            Some((true, Some(column + 1)))
        }
        // A line without columns.
        13 => {
            *line += cursor.signed_varint()?;
            Some((true, None))
        }
        // The long form: line delta, end line delta, column and end column,
        // both counted from one with zero for "none".
        14 => {
            *line += cursor.signed_varint()?;
            cursor.varint()?;
            let column = cursor.varint()?;
            cursor.varint()?;
            Some((true, (column != 0).then_some(column)))
        }
        _ => Some((false, None)),
    }
}

#[cfg(test)]
mod tests {
    use crate::cpython::frames::line_table::*;

    #[test]
    fn lnotab_steps_back_with_a_negative_line_increment() {
        let table = [6, 1, 8, 0xff];
        assert_eq!(position(LineForm::Lnotab, &table, 10, 0).line, Some(10));
        assert_eq!(position(LineForm::Lnotab, &table, 10, 6).line, Some(11));
        assert_eq!(position(LineForm::Lnotab, &table, 10, 14).line, Some(10));
    }

    #[test]
    fn ranges_have_gaps_without_a_line() {
        let table = [4, 1, 2, 0x80, 6, 2];
        assert_eq!(position(LineForm::Ranges, &table, 5, 2).line, Some(6));
        assert_eq!(position(LineForm::Ranges, &table, 5, 4).line, None);
        assert_eq!(position(LineForm::Ranges, &table, 5, 6).line, Some(8));
        assert_eq!(position(LineForm::Ranges, &table, 5, 12).line, None);
    }

    #[test]
    fn a_table_that_ends_within_an_entry_gives_no_position() {
        for table in [&[0xf0][..], &[0xe8, 0x40], &[0xd0, 3], &[0x80]] {
            let found = position(LineForm::Locations, table, 1, 1 << 20);
            assert_eq!(found, Position::default(), "{table:x?}");
        }
    }

    #[test]
    fn before_the_first_instruction_is_the_first_line() {
        let found = position(LineForm::Locations, &[], 7, -2);
        assert_eq!(found.line, Some(7));
    }
}
