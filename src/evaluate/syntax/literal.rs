//! Literals: numbers and strings.

use num_bigint::BigInt;
use num_traits::Num;
use ruff_python_ast::{Number, StringLiteralValue};
use ruff_text_size::{Ranged, TextRange};

use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, bounded};
use crate::evaluate::values::operand::Operand;

/// Most decimal digits of an int that are read or written
/// (`sys.int_info.default_max_str_digits`).
pub(crate) const MAX_DIGITS: usize = 4300;

impl Machine<'_, '_> {
    pub(crate) fn number_literal(&self, number: &Number) -> Result<Operand> {
        match number {
            Number::Float(number) => Ok(Operand::Float(*number)),
            Number::Complex { real, imag } => Ok(Operand::Complex(*real, *imag)),
            Number::Int(number) => match number.as_u64() {
                Some(small) => Ok(Operand::int(small)),
                None => big_literal(&number.to_string()),
            },
        }
    }

    pub(crate) fn string_literal(&self, literal: &StringLiteralValue) -> Result<Operand> {
        let mut points = Vec::new();
        for part in literal {
            self.charge(part.value.len().saturating_mul(4))?;
            points.extend(self.literal_points(&part.value, part.range())?);
        }
        Ok(Operand::text(points))
    }

    /// The code points of a literal. The parser puts U+FFFD for a lone surrogate,
    /// which has been written as an escape.
    pub(crate) fn literal_points(&self, value: &str, range: TextRange) -> Result<Vec<u32>> {
        let points = || value.chars().map(u32::from).collect();
        if !value.contains(char::REPLACEMENT_CHARACTER) {
            return Ok(points());
        }
        let source = self
            .source
            .get(range.start().to_usize()..range.end().to_usize());
        match source.is_some_and(|source| source.contains('\\')) {
            true => bounded("a text with lone surrogates cannot be written here"),
            false => Ok(points()),
        }
    }
}

fn big_literal(token: &str) -> Result<Operand> {
    let digits: String = token.chars().filter(|digit| *digit != '_').collect();
    let (digits, radix) = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (&digits[2..], 16),
        Some("0o") => (&digits[2..], 8),
        Some("0b") => (&digits[2..], 2),
        _ => (&digits[..], 10),
    };
    if radix == 10 && digits.len() > MAX_DIGITS {
        return Err(Refusal::Syntax(format!(
            "an int literal may have {MAX_DIGITS} digits at most"
        )));
    }
    match BigInt::from_str_radix(digits, radix) {
        Ok(number) => Ok(Operand::int(number)),
        Err(_) => bounded("an int literal cannot be read"),
    }
}
