//! Arithmetic on numbers of different types.

use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use ruff_python_ast::Operator;

use super::compare::Number;
use super::float;
use super::operand::Operand;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, bounded, overflow, would_run, zero_division};

impl Machine<'_, '_> {
    /// `a OPERATOR b` of numbers; `None` where their types do not have it.
    pub(crate) fn number_binary(
        &self,
        operator: Operator,
        a: &Number,
        b: &Number,
    ) -> Result<Option<Operand>> {
        match (a, b) {
            (Number::Int(a), Number::Int(b)) => self.int_binary(operator, a, b),
            (Number::Complex(..), _) | (_, Number::Complex(..)) => complex(operator, a, b),
            _ => self.float_binary(operator, real(a)?, real(b)?),
        }
    }

    fn float_binary(&self, operator: Operator, a: f64, b: f64) -> Result<Option<Operand>> {
        let divides = matches!(operator, Operator::Div | Operator::FloorDiv | Operator::Mod);
        if b == 0.0 && divides {
            return zero_division("division by zero");
        }
        Ok(Some(Operand::Float(match operator {
            Operator::Add => a + b,
            Operator::Sub => a - b,
            Operator::Mult => a * b,
            Operator::Div => a / b,
            Operator::FloorDiv => float::divmod(a, b).0,
            Operator::Mod => float::divmod(a, b).1,
            Operator::Pow => return self.float_power(a, b).map(Some),
            _ => return Ok(None),
        })))
    }

    /// `a ** b` (`float_pow`, Objects/floatobject.c).
    pub(crate) fn float_power(&self, a: f64, b: f64) -> Result<Operand> {
        if a == 0.0 && b < 0.0 {
            return zero_division("zero to a negative power");
        }
        if a < 0.0 && a.is_finite() && b.is_finite() && b.fract() != 0.0 {
            return would_run("a power that is a complex number is not computed here");
        }
        let power = a.powf(b);
        if power.is_infinite() && a.is_finite() && b.is_finite() {
            return overflow("(34, 'Numerical result out of range')");
        }
        Ok(Operand::Float(power))
    }
}

/// A sum or difference of which one is complex, as in the literal `3 + 4j`.
fn complex(operator: Operator, a: &Number, b: &Number) -> Result<Option<Operand>> {
    let parts = |number: &Number| -> Result<(f64, f64)> {
        match number {
            Number::Complex(real, imaginary) => Ok((*real, *imaginary)),
            other => Ok((real(other)?, 0.0)),
        }
    };
    let is_left_real = !matches!(a, Number::Complex(..));
    let is_mixed = !matches!((a, b), (Number::Complex(..), Number::Complex(..)));
    let (a, b) = (parts(a)?, parts(b)?);
    // From 3.14 the sign of this zero is kept (Objects/complexobject.c).
    let is_zero = a.1 == 0.0 && b.1 == 0.0;
    let differs = match operator {
        Operator::Sub => is_left_real,
        _ => a.1.is_sign_negative() || b.1.is_sign_negative(),
    };
    if is_mixed && is_zero && differs {
        return would_run("the sign of an imaginary zero is not computed here");
    }
    match operator {
        Operator::Add => Ok(Some(Operand::Complex(a.0 + b.0, a.1 + b.1))),
        Operator::Sub => Ok(Some(Operand::Complex(a.0 - b.0, a.1 - b.1))),
        _ => would_run("only `+` and `-` of complex numbers are computed here"),
    }
}

/// A real number as a float.
pub(crate) fn real(number: &Number) -> Result<f64> {
    match number {
        Number::Int(number) => float::from_int(number),
        Number::Float(number) => Ok(*number),
        Number::Complex(..) => bounded("a complex number is no real one"),
    }
}

/// Whether the int is odd.
pub(crate) fn is_odd(number: &BigInt) -> bool {
    !(number.abs() % 2u8).is_zero()
}
