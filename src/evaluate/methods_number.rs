//! Methods of numbers.

use num_bigint::{BigInt, Sign};
use num_traits::{Signed, ToPrimitive, Zero};

use super::builtins::arguments::Arguments;
use super::machine::Machine;
use super::refusal::{Result, overflow, type_error, value_error};
use super::values::float;
use super::values::operand::Operand;

impl Machine<'_, '_> {
    pub(super) fn int_method(
        &self,
        value: &Operand,
        name: &str,
        mut arguments: Arguments,
    ) -> Result<Option<Operand>> {
        let number = value.as_int().unwrap_or_default();
        if name == "to_bytes" {
            return self.int_to_bytes(&number, &mut arguments).map(Some);
        }
        let ones = || {
            number
                .abs()
                .to_u64_digits()
                .1
                .iter()
                .map(|word| word.count_ones())
                .sum::<u32>()
        };
        let made = match name {
            "bit_length" => Operand::int(number.bits()),
            "bit_count" => Operand::int(ones()),
            "conjugate" => Operand::int(number.clone()),
            "is_integer" => Operand::Bool(true),
            "as_integer_ratio" => {
                Operand::tuple(vec![Operand::int(number.clone()), Operand::int(1)])
            }
            _ => return Ok(None),
        };
        arguments.between(&format!("int.{name}"), 0, 0)?;
        Ok(Some(made))
    }

    fn byte_order(&self, value: Option<Operand>) -> Result<bool> {
        let Some(value) = value else {
            return match self.minor {
                11.. => Ok(true),
                _ => type_error("to_bytes() missing required argument 'byteorder' (pos 2)"),
            };
        };
        match self.native(&value, "")? {
            Operand::Str(text) if text.is("big") => Ok(true),
            Operand::Str(text) if text.is("little") => Ok(false),
            _ => value_error("byteorder must be either 'little' or 'big'"),
        }
    }

    fn int_to_bytes(&self, number: &BigInt, arguments: &mut Arguments) -> Result<Operand> {
        let length = match arguments.either(0, "length") {
            Some(length) => self.index_value(&length)?,
            None => BigInt::from(1),
        };
        let big = self.byte_order(arguments.either(1, "byteorder"))?;
        let signed = match arguments.keyword("signed") {
            Some(signed) => self.truth(&signed)?,
            None => false,
        };
        if length.is_negative() {
            return value_error(self.version_text(&[
                (0, "length argument must be non-negative"),
                (15, "length cannot be negative"),
            ]));
        }
        let length = length.to_usize().unwrap_or(usize::MAX);
        self.charge(length)?;
        if number.is_negative() && !signed {
            return overflow("can't convert negative int to unsigned");
        }
        let mut bytes = match signed {
            true => number.to_signed_bytes_le(),
            false => number.magnitude().to_bytes_le(),
        };
        if number.is_zero() {
            bytes.clear();
        }
        if bytes.len() > length {
            return overflow("int too big to convert");
        }
        bytes.resize(length, if number.is_negative() { 0xff } else { 0 });
        if big {
            bytes.reverse();
        }
        Ok(Operand::Bytes(bytes.into()))
    }

    pub(super) fn int_from_bytes(&self, arguments: &mut Arguments) -> Result<Operand> {
        let Some(data) = arguments.either(0, "bytes") else {
            return type_error("from_bytes() missing required argument 'bytes' (pos 1)");
        };
        let big = self.byte_order(arguments.either(1, "byteorder"))?;
        let signed = match arguments.keyword("signed") {
            Some(signed) => self.truth(&signed)?,
            None => false,
        };
        let mut bytes = match self.native(&data, "__bytes__")? {
            Operand::Bytes(data) | Operand::ByteArray(data) => data.to_vec(),
            other => match self.bytes_of_items(&other)? {
                Some(data) => data,
                None => {
                    return type_error(format!(
                        "cannot convert '{}' object to bytes",
                        self.type_label(&data)
                    ));
                }
            },
        };
        self.charge(bytes.len())?;
        if big {
            bytes.reverse();
        }
        Ok(Operand::int(match signed {
            true => BigInt::from_signed_bytes_le(&bytes),
            false => BigInt::from_bytes_le(Sign::Plus, &bytes),
        }))
    }

    pub(super) fn float_method(
        &self,
        number: f64,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Option<Operand>> {
        let made = match name {
            "is_integer" => Operand::Bool(number.is_finite() && number.fract() == 0.0),
            "conjugate" => Operand::Float(number),
            "hex" => Operand::text(hex(number)),
            "as_integer_ratio" if number.is_nan() => {
                return value_error("cannot convert NaN to integer ratio");
            }
            "as_integer_ratio" if number.is_infinite() => {
                return overflow("cannot convert Infinity to integer ratio");
            }
            "as_integer_ratio" => {
                let (numerator, denominator) = float::exact_ratio(number);
                Operand::tuple(vec![Operand::int(numerator), Operand::int(denominator)])
            }
            _ => return Ok(None),
        };
        arguments.between(&format!("float.{name}"), 0, 0)?;
        Ok(Some(made))
    }
}

/// `float.hex`.
fn hex(number: f64) -> String {
    if !number.is_finite() {
        return float::repr(number);
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let bits = number.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let exponent = (bits >> 52 & 0x7ff) as i64;
    match (exponent, fraction) {
        (0, 0) => format!("{sign}0x0.0p+0"),
        (0, fraction) => format!("{sign}0x0.{fraction:013x}p-1022"),
        (exponent, fraction) => format!("{sign}0x1.{fraction:013x}p{:+}", exponent - 1023),
    }
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn hexadecimal_floats() {
        assert_eq!(hex(1.5), "0x1.8000000000000p+0");
        assert_eq!(hex(-0.1), "-0x1.999999999999ap-4");
        assert_eq!(hex(0.0), "0x0.0p+0");
        assert_eq!(hex(5e-324), "0x0.0000000000001p-1022");
    }
}
