//! Literals: numbers, and strings that may hold lone surrogates.

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

    /// The code points of a literal. The parser puts U+FFFD for each lone
    /// surrogate: then they are read from the source.
    pub(crate) fn literal_points(&self, value: &str, range: TextRange) -> Result<Vec<u32>> {
        let points = || value.chars().map(u32::from).collect();
        if !value.contains(char::REPLACEMENT_CHARACTER) {
            return Ok(points());
        }
        let source = self
            .source
            .get(range.start().to_usize()..range.end().to_usize())
            .unwrap_or_default();
        let body = source.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        let prefix = &source[..source.len() - body.len()];
        let quoted = ["\"\"\"", "'''", "\"", "'"]
            .iter()
            .find_map(|quote| body.strip_prefix(quote)?.strip_suffix(quote));
        let (body, raw) = match quoted {
            Some(body) => (body, prefix.contains(['r', 'R'])),
            // A part of an f-string has no quotes of its own.
            None => (source, false),
        };
        match raw {
            true => Ok(points()),
            false => unescaped(body),
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

/// The code points of the body of a literal that is not raw.
fn unescaped(body: &str) -> Result<Vec<u32>> {
    let mut points = Vec::new();
    let mut rest = body.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            points.push(u32::from(character));
            continue;
        }
        let Some(escape) = rest.next() else { break };
        let digits = match escape {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let point = match escape {
            '\n' => continue,
            'x' | 'u' | 'U' => {
                let hex: String = rest.by_ref().take(digits).collect();
                u32::from_str_radix(&hex, 16).unwrap_or(u32::from(char::REPLACEMENT_CHARACTER))
            }
            'n' => 10,
            't' => 9,
            'r' => 13,
            'a' => 7,
            'b' => 8,
            'f' => 12,
            'v' => 11,
            '\\' | '\'' | '"' => u32::from(escape),
            '0'..='7' => {
                let mut octal = escape.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let mut ahead = rest.clone();
                    let Some(digit) = ahead.next().and_then(|next| next.to_digit(8)) else {
                        break;
                    };
                    octal = octal * 8 + digit;
                    rest = ahead;
                }
                octal
            }
            'N' => return bounded("a string with lone surrogates and `\\N` cannot be evaluated"),
            other => {
                points.push(u32::from('\\'));
                u32::from(other)
            }
        };
        points.push(point);
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn lone_surrogates_are_kept() {
        assert_eq!(
            unescaped(r"a\ud800\x41\101").ok(),
            Some(vec![97, 0xd800, 65, 65])
        );
        assert_eq!(unescaped("\\").ok(), Some(vec![]));
        assert_eq!(unescaped(r"\uZ").ok(), Some(vec![0xfffd]));
    }
}
