//! Builtin functions of numbers.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use super::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, overflow, type_error, value_error};
use crate::evaluate::values::compare::Number;
use crate::evaluate::values::float;
use crate::evaluate::values::operand::Operand;

impl Machine<'_, '_> {
    pub(crate) fn call_round(&self, arguments: &mut Arguments) -> Result<Operand> {
        let digits = arguments.either(1, "ndigits");
        let Some(value) = arguments.either(0, "number") else {
            return type_error("round() missing required argument 'number' (pos 1)");
        };
        arguments.no_keywords("round")?;
        let digits = match digits {
            Some(digits) if !matches!(self.exact(&digits)?, Operand::None) => {
                Some(self.index_value(&digits)?)
            }
            _ => None,
        };
        let data = self.native(&value, "__round__")?;
        match (Number::of(&data), digits) {
            (Some(Number::Float(number)), None) => {
                self.finite(number)?;
                let (numerator, denominator) = float::exact_ratio(number);
                Ok(Operand::int(float::round_ratio(&numerator, &denominator)))
            }
            (Some(Number::Float(number)), Some(digits)) => {
                let digits = digits.to_i64().unwrap_or(i64::MAX);
                match float::round(number, digits) {
                    rounded if rounded.is_infinite() && number.is_finite() => {
                        overflow("rounded value too large to represent")
                    }
                    rounded => Ok(Operand::Float(rounded)),
                }
            }
            (Some(Number::Int(number)), Some(digits)) if digits.is_negative() => {
                let digits = digits.magnitude().to_u32().unwrap_or(u32::MAX);
                if u64::from(digits) > number.bits() {
                    return Ok(Operand::int(0));
                }
                let unit = BigInt::from(10).pow(digits);
                Ok(Operand::int(float::round_ratio(&number, &unit) * unit))
            }
            (Some(Number::Int(number)), _) => Ok(Operand::int(number)),
            _ => {
                if let Operand::Object(addr) = &data {
                    let ty = self.type_of(*addr)?;
                    self.special(&ty, "__round__", "rounding it")?;
                }
                type_error(format!(
                    "type {} doesn't define __round__ method",
                    self.type_label(&value)
                ))
            }
        }
    }

    /// An error if the float cannot become an int.
    pub(crate) fn finite(&self, number: f64) -> Result<()> {
        match number {
            number if number.is_nan() => value_error("cannot convert float NaN to integer"),
            number if number.is_infinite() => overflow("cannot convert float infinity to integer"),
            _ => Ok(()),
        }
    }

    pub(crate) fn absolute(&self, value: &Operand) -> Result<Operand> {
        let data = self.native(value, "__abs__")?;
        match Number::of(&data) {
            Some(Number::Int(number)) => Ok(Operand::int(number.abs())),
            Some(Number::Float(number)) => Ok(Operand::Float(number.abs())),
            Some(Number::Complex(real, imaginary)) => Ok(Operand::Float(real.hypot(imaginary))),
            None => {
                if let Operand::Object(addr) = &data {
                    let ty = self.type_of(*addr)?;
                    self.special(&ty, "__abs__", "`abs`")?;
                }
                type_error(format!(
                    "bad operand type for abs(): '{}'",
                    self.type_label(value)
                ))
            }
        }
    }
}
