//! Arithmetic on ints of any size (Objects/longobject.c).

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use ruff_python_ast::Operator;

use super::decode::MAX_BITS;
use super::float;
use super::operand::Operand;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, bounded, overflow, value_error, zero_division};

impl Machine<'_, '_> {
    /// `a OPERATOR b`; `None` where ints do not have it.
    pub(crate) fn int_binary(
        &self,
        operator: Operator,
        a: &BigInt,
        b: &BigInt,
    ) -> Result<Option<Operand>> {
        self.charge(((a.bits() + b.bits()) / 8) as usize)?;
        Ok(Some(match operator {
            Operator::Add => Operand::int(a + b),
            Operator::Sub => Operand::int(a - b),
            Operator::Mult => {
                self.int_room(a.bits().saturating_add(b.bits()))?;
                Operand::int(a * b)
            }
            Operator::Div => Operand::Float(self.true_division(a, b)?),
            Operator::FloorDiv => {
                nonzero(b)?;
                Operand::int(a.div_floor(b))
            }
            Operator::Mod => {
                nonzero(b)?;
                Operand::int(a.mod_floor(b))
            }
            Operator::Pow if b.is_negative() => {
                return self
                    .float_power(float::from_int(a)?, float::from_int(b)?)
                    .map(Some);
            }
            Operator::Pow => Operand::int(self.int_power(a, b)?),
            Operator::LShift => Operand::int(self.shift_left(a, b)?),
            Operator::RShift => Operand::int(shift_right(a, b)?),
            Operator::BitOr => Operand::int(a | b),
            Operator::BitXor => Operand::int(a ^ b),
            Operator::BitAnd => Operand::int(a & b),
            Operator::MatMult => return Ok(None),
        }))
    }

    /// An error if an int of so many bits is too large to compute with.
    fn int_room(&self, bits: u64) -> Result<()> {
        if bits > MAX_BITS as u64 {
            return bounded(format!("an int would have more than {MAX_BITS} bits"));
        }
        self.charge((bits / 8) as usize)?;
        // Long multiplication takes more than its size.
        self.steps_of(bits / 64)
    }

    fn int_power(&self, base: &BigInt, exponent: &BigInt) -> Result<BigInt> {
        if base.abs().is_one() || base.is_zero() {
            let odd = super::number::is_odd(exponent);
            return Ok(match (exponent.is_zero(), odd) {
                (true, _) => BigInt::one(),
                (false, true) => base.clone(),
                (false, false) => base.abs(),
            });
        }
        let exponent = exponent.to_u32().unwrap_or(u32::MAX);
        self.int_room(base.bits().saturating_mul(exponent.into()))?;
        Ok(base.pow(exponent))
    }

    fn shift_left(&self, number: &BigInt, count: &BigInt) -> Result<BigInt> {
        if count.is_negative() {
            return value_error("negative shift count");
        }
        if number.is_zero() {
            return Ok(BigInt::zero());
        }
        let count = count.to_u64().unwrap_or(u64::MAX);
        self.int_room(number.bits().saturating_add(count))?;
        Ok(number << count)
    }

    /// `a / b`, correctly rounded (`long_true_divide`).
    fn true_division(&self, a: &BigInt, b: &BigInt) -> Result<f64> {
        if b.is_zero() {
            return zero_division("division by zero");
        }
        match float::ratio(a, b) {
            quotient if quotient.is_infinite() => {
                overflow("integer division result too large for a float")
            }
            quotient => Ok(quotient),
        }
    }
}

fn nonzero(divisor: &BigInt) -> Result<()> {
    match divisor.is_zero() {
        true => zero_division("division by zero"),
        false => Ok(()),
    }
}

fn shift_right(number: &BigInt, count: &BigInt) -> Result<BigInt> {
    if count.is_negative() {
        return value_error("negative shift count");
    }
    match count.to_u64() {
        Some(count) if count <= number.bits() => Ok(number >> count),
        _ if number.is_negative() => Ok(BigInt::from(-1)),
        _ => Ok(BigInt::zero()),
    }
}
