//! `str`, `bytes`, `int` and `float` objects.

use std::rc::Rc;

use python_offsets::IntForm;

use super::kinds::Kind;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::{Fields, Reader, is_plausible};

/// Bits of one digit of an `int` (`PyLong_SHIFT`, Include/cpython/longintrepr.h).
pub(super) const DIGIT_BITS: u32 = 30;

/// A decoded `str`, possibly cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text, with the replacement character for each lone surrogate.
    pub text: String,
    /// Length of the whole `str` in code points.
    pub length: u64,
    /// Whether `text` is only the beginning of the `str`.
    pub cut: bool,
    /// Lone surrogates: index of the character and code unit of each.
    pub surrogates: Vec<(usize, u16)>,
}

/// An `int` as sign and digits, least significant first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Int {
    /// Whether the number is less than zero.
    pub negative: bool,
    /// Digits of 30 bits.
    pub digits: Vec<u32>,
    /// Whether the number has more digits than were read.
    pub cut: bool,
}

impl Int {
    /// The magnitude in base 256, least significant byte first.
    pub fn magnitude(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.digits.len() * 4);
        let (mut pending, mut bits) = (0u64, 0);
        for digit in &self.digits {
            pending |= u64::from(*digit & ((1 << DIGIT_BITS) - 1)) << bits;
            bits += DIGIT_BITS;
            while bits >= 8 {
                bytes.push(pending as u8);
                pending >>= 8;
                bits -= 8;
            }
        }
        bytes.push(pending as u8);
        bytes
    }

    /// The value. `None` if it does not fit.
    pub fn to_i64(&self) -> Option<i64> {
        if self.cut {
            return None;
        }
        let mut value: i128 = 0;
        for digit in self.digits.iter().rev() {
            value = value.checked_mul(1 << DIGIT_BITS)? + i128::from(*digit);
            if value > i128::from(u64::MAX) {
                return None;
            }
        }
        i64::try_from(if self.negative { -value } else { value }).ok()
    }

    /// The value, such as an address or the ident of a thread. `None` if it is
    /// negative or does not fit.
    pub fn to_u64(&self) -> Option<u64> {
        if self.cut || self.negative {
            return None;
        }
        let mut value: u128 = 0;
        for digit in self.digits.iter().rev() {
            value = value.checked_mul(1 << DIGIT_BITS)? + u128::from(*digit);
            if value > u128::from(u64::MAX) {
                return None;
            }
        }
        u64::try_from(value).ok()
    }

    /// The number in decimal.
    pub fn to_decimal(&self) -> String {
        const CHUNK: u64 = 1_000_000_000;
        let mut digits = self.digits.clone();
        let mut chunks = Vec::new();
        while digits.iter().any(|digit| *digit != 0) {
            let mut rest: u64 = 0;
            for digit in digits.iter_mut().rev() {
                let value = (rest << DIGIT_BITS) | u64::from(*digit);
                *digit = (value / CHUNK) as u32;
                rest = value % CHUNK;
            }
            chunks.push(rest);
            while digits.last() == Some(&0) {
                digits.pop();
            }
        }
        let mut text = String::new();
        if self.negative {
            text.push('-');
        }
        match chunks.pop() {
            Some(first) => text.push_str(&first.to_string()),
            None => text.push('0'),
        }
        for chunk in chunks.iter().rev() {
            text.push_str(&format!("{chunk:09}"));
        }
        text
    }
}

impl Reader<'_> {
    /// The `str` at `addr` as a name: cut at the limit for texts, and cached.
    ///
    /// # Errors
    /// When it is no `str` or cannot be read.
    pub fn text(&self, addr: u64) -> Result<Rc<str>> {
        if let Some(text) = self.texts.borrow().get(&addr) {
            return Ok(text.clone());
        }
        let decoded = self.unicode(addr, self.limits.text)?;
        let text: Rc<str> = if decoded.cut {
            format!("{}…", decoded.text).into()
        } else {
            decoded.text.into()
        };
        self.texts.borrow_mut().insert(addr, text.clone());
        Ok(text)
    }

    /// At most `max` code points of the `str` at `addr`.
    ///
    /// # Errors
    /// When it is no `str` or cannot be read.
    pub fn unicode(&self, addr: u64, max: usize) -> Result<Text> {
        self.expect_kind(addr, Kind::Str, "text")?;
        let layout = &self.layout.unicode;
        let mut head = [0; 96];
        let head_len = (layout.data.bytes() + 8).min(96) as usize;
        self.bytes_into(addr, &mut head[..head_len])?;
        let length = head.field_u64(layout.length);
        if length > i64::MAX as u64 {
            return Err(DecodeError::Corrupt {
                what: "length of a str",
                addr,
            });
        }
        let state = u32::from_le_bytes(head.field(layout.state));
        let kind = (state >> layout.kind_shift) & 7;
        let compact = (state >> layout.compact_shift) & 1 == 1;
        let ascii = (state >> layout.ascii_shift) & 1 == 1;
        let data = match (compact, ascii) {
            (true, true) => addr + u64::from(layout.ascii_size),
            (true, false) => addr + u64::from(layout.compact_size),
            (false, _) => head.field_u64(layout.data),
        };
        let count = length.min(max as u64) as usize;
        let width = match kind {
            1 | 2 | 4 => kind as usize,
            _ => {
                return Err(DecodeError::Corrupt {
                    what: "kind of a str",
                    addr,
                });
            }
        };
        let bytes = self.bytes(data, count * width)?;
        let points = bytes.chunks_exact(width).map(|unit| {
            unit.iter()
                .rev()
                .fold(0u32, |point, byte| (point << 8) | u32::from(*byte))
        });
        let mut surrogates = Vec::new();
        let mut text = String::with_capacity(bytes.len());
        for (index, point) in points.enumerate() {
            let character = char::from_u32(point);
            if let (None, Ok(unit)) = (character, u16::try_from(point)) {
                surrogates.push((index, unit));
            }
            text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(Text {
            text,
            length,
            cut: length > max as u64,
            surrogates,
        })
    }

    /// Whether the object at `addr` is the `str` `expected`.
    pub fn text_equals(&self, addr: u64, expected: &str) -> bool {
        let length = self.u64(self.layout.unicode.length.at(addr));
        // Comparing lengths first avoids most decodings in a large dict.
        if length.ok() != Some(expected.chars().count() as u64) {
            return false;
        }
        self.text(addr).is_ok_and(|text| &*text == expected)
    }

    /// At most `max` bytes of the `bytes` at `addr`, and its whole length.
    ///
    /// # Errors
    /// When its length or contents cannot be read. The type is not checked.
    pub fn bytes_object(&self, addr: u64, max: usize) -> Result<(Vec<u8>, u64)> {
        // The type is not read: older captures lack it.
        if !is_plausible(addr) {
            let what = "bytes";
            return Err(DecodeError::BadPointer { what, addr });
        }
        let length = self.i64(self.layout.object.ob_size.at(addr))?;
        let length = u64::try_from(length).map_err(|_| DecodeError::Corrupt {
            what: "length of a bytes object",
            addr,
        })?;
        let data = self.layout.bytes.ob_sval.at(addr);
        let count = length.min(max as u64) as usize;
        Ok((self.bytes(data, count)?, length))
    }

    /// The `int` (or `bool`) at `addr`, cut at the limit for values.
    ///
    /// # Errors
    /// When it is not an int or cannot be read.
    pub fn int(&self, addr: u64) -> Result<Int> {
        self.int_within(addr, self.limits.value_text)
    }

    /// The `int` (or `bool`) at `addr`, at most `max` digits of it.
    ///
    /// # Errors
    /// When it is not an int or cannot be read.
    pub fn int_within(&self, addr: u64, max: usize) -> Result<Int> {
        let ty = self.type_of(addr)?;
        if !matches!(ty.kind, Kind::Int | Kind::Bool) {
            return Err(DecodeError::WrongType {
                what: "number",
                addr,
                found: ty.name.to_string(),
            });
        }
        let tag = self.i64(self.layout.long.tag.at(addr))?;
        let (negative, count) = match self.layout.format.int {
            IntForm::SignedSize => (tag < 0, tag.unsigned_abs()),
            // Low two bits: 0 positive, 1 zero, 2 negative (3.12 and later).
            IntForm::Tag => (tag & 3 == 2, (tag as u64) >> 3),
        };
        let read = count.min(max as u64) as usize;
        let data = self.layout.long.ob_digit.at(addr);
        let bytes = self.bytes(data, read * 4)?;
        let zero = self.layout.format.int == IntForm::Tag && tag & 3 == 1;
        let digits = bytes
            .chunks_exact(4)
            .map(|digit| u32::from_le_bytes([digit[0], digit[1], digit[2], digit[3]]))
            .collect();
        Ok(Int {
            negative,
            digits: if zero { Vec::new() } else { digits },
            cut: count > max as u64,
        })
    }

    /// The `int` or `float` at `addr`. `None` if it is neither or cannot be read.
    pub fn number(&self, addr: u64) -> Option<f64> {
        match self.type_of(addr).ok()?.kind {
            Kind::Float => self.f64(self.layout.float.ob_fval.at(addr)).ok(),
            _ => self.int(addr).ok()?.to_i64().map(|number| number as f64),
        }
    }

    /// The `float` at `addr`.
    ///
    /// # Errors
    /// When it is no `float` or cannot be read.
    pub fn float(&self, addr: u64) -> Result<f64> {
        self.expect_kind(addr, Kind::Float, "float")?;
        self.f64(self.layout.float.ob_fval.at(addr))
    }
}
