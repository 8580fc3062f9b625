//! `int`, `float` and `str` of other values.

use num_bigint::BigInt;
use num_traits::{Num, ToPrimitive};

use super::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::methods::units::Unit;
use crate::evaluate::refusal::{Result, type_error, value_error, would_run};
use crate::evaluate::syntax::literal::MAX_DIGITS;
use crate::evaluate::values::compare::Number;
use crate::evaluate::values::float;
use crate::evaluate::values::operand::Operand;

impl Machine<'_, '_> {
    pub(crate) fn make_int(
        &self,
        value: Option<&Operand>,
        base: Option<&Operand>,
    ) -> Result<Operand> {
        let Some(value) = value else {
            return Ok(Operand::int(0));
        };
        let data = self.native(value, "__int__")?;
        let base = match base {
            None => None,
            Some(base) => match self.index_value(base)?.to_u32() {
                Some(base @ (0 | 2..=36)) => Some(base),
                _ => return value_error("int() base must be >= 2 and <= 36, or 0"),
            },
        };
        if let (Some(number), None) = (Number::of(&data), base) {
            return match number {
                Number::Int(number) => Ok(Operand::int(number)),
                Number::Float(number) => {
                    self.finite(number)?;
                    Ok(Operand::int(float::truncated(number)))
                }
                Number::Complex(..) => self.no_number(value),
            };
        }
        match &data {
            Operand::Str(text) => self.int_of_text(&text.to_text(), base.unwrap_or(10), value),
            Operand::Bytes(data) | Operand::ByteArray(data) => {
                let text = String::from_utf8_lossy(data).into_owned();
                self.int_of_text(&text, base.unwrap_or(10), value)
            }
            _ if base.is_some() => type_error("int() can't convert non-string with explicit base"),
            Operand::Object(addr) => {
                let ty = self.type_of(*addr)?;
                for method in ["__int__", "__index__", "__trunc__"] {
                    self.special(&ty, method, "`int`")?;
                }
                self.no_number(value)
            }
            _ => self.no_number(value),
        }
    }

    fn no_number<T>(&self, value: &Operand) -> Result<T> {
        type_error(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            self.type_label(value)
        ))
    }

    fn int_of_text(&self, text: &str, base: u32, value: &Operand) -> Result<Operand> {
        let invalid = || -> Result<Operand> {
            value_error(format!(
                "invalid literal for int() with base {base}: {}",
                self.repr(value)?
            ))
        };
        let trimmed = text.trim_matches(|letter| u32::from(letter).is_blank());
        let (negative, digits) = match trimmed.strip_prefix(['+', '-']) {
            Some(digits) => (trimmed.starts_with('-'), digits),
            None => (false, trimmed),
        };
        let lower = digits.to_ascii_lowercase();
        let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
            .into_iter()
            .find(|(prefix, of)| lower.starts_with(prefix) && (base == *of || base == 0));
        let (digits, radix) = match prefixed {
            Some((_, radix)) => (digits[2..].strip_prefix('_').unwrap_or(&digits[2..]), radix),
            None if base == 0 => (digits, 10),
            None => (digits, base),
        };
        let plain: String = digits.chars().filter(|digit| *digit != '_').collect();
        let misplaced = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
        let leading = base == 0
            && prefixed.is_none()
            && plain.starts_with('0')
            && plain.bytes().any(|digit| digit != b'0');
        if plain.is_empty() || misplaced || leading || plain.starts_with(['+', '-']) {
            return invalid();
        }
        if !plain.is_ascii() {
            return would_run("digits that are not ASCII are not computed here");
        }
        if plain.len() > MAX_DIGITS && !radix.is_power_of_two() {
            return value_error(format!(
                "Exceeds the limit ({MAX_DIGITS} digits) for integer string conversion: \
                 value has {} digits; use sys.set_int_max_str_digits() to increase the limit",
                plain.len()
            ));
        }
        self.charge(plain.len())?;
        match BigInt::from_str_radix(&plain, radix) {
            Ok(number) => Ok(Operand::int(if negative { -number } else { number })),
            Err(_) => invalid(),
        }
    }

    pub(crate) fn make_float(&self, value: &Operand) -> Result<f64> {
        let data = self.native(value, "__float__")?;
        match Number::of(&data) {
            Some(Number::Int(number)) => return float::from_int(&number),
            Some(Number::Float(number)) => return Ok(number),
            _ => {}
        }
        let text = match &data {
            Operand::Str(text) => text.to_text(),
            Operand::Bytes(data) | Operand::ByteArray(data) => {
                String::from_utf8_lossy(data).into_owned()
            }
            other => {
                if let Operand::Object(addr) = other {
                    let ty = self.type_of(*addr)?;
                    self.special(&ty, "__float__", "`float`")?;
                    self.special(&ty, "__index__", "`float`")?;
                }
                return type_error(format!(
                    "float() argument must be a string or a real number, not '{}'",
                    self.type_label(value)
                ));
            }
        };
        if !text.is_ascii() {
            return would_run("digits that are not ASCII are not computed here");
        }
        match number_of_text(&text) {
            Some(number) => Ok(number),
            None => value_error(format!(
                "could not convert string to float: {}",
                self.repr(value)?
            )),
        }
    }

    pub(crate) fn make_str(&self, mut arguments: Arguments) -> Result<Operand> {
        let value = arguments.either(0, "object");
        if arguments.positional.len() > 1 || !arguments.keywords.is_empty() {
            return would_run("decoding bytes is not done here: `str` takes one value");
        }
        match value {
            Some(value) => self.str(&value).map(Operand::Str),
            None => Ok(Operand::text("")),
        }
    }
}

/// The float that `text` stands for, as `float` reads it.
fn number_of_text(text: &str) -> Option<f64> {
    let trimmed = text.trim_matches(|letter| u32::from(letter).is_blank());
    let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    let mut plain = String::with_capacity(trimmed.len());
    for (index, letter) in trimmed.char_indices() {
        if letter != '_' {
            plain.push(letter);
            continue;
        }
        // Between two digits only.
        let before = trimmed[..index].chars().next_back();
        let behind = trimmed[index + 1..].chars().next();
        if !is_digit(before) || !is_digit(behind) {
            return None;
        }
    }
    plain.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number_of_text;

    #[test]
    fn floats_are_read_as_python_reads_them() {
        assert_eq!(number_of_text(" 1_000.5e-1\n"), Some(100.05));
        assert_eq!(number_of_text("-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!(number_of_text(".5"), Some(0.5));
        assert_eq!(number_of_text("1__0"), None);
        assert_eq!(number_of_text("1e"), None);
        assert_eq!(number_of_text(""), None);
    }
}
