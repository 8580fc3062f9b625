//! Arithmetic on numbers: which type the result has, and complex numbers.

use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use ruff_python_ast::Operator;

use super::compare::Number;
use super::float;
use super::operand::Operand;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, bounded, overflow, type_error, would_run, zero_division};

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
            (Number::Complex(..), _) | (_, Number::Complex(..)) => {
                self.complex_binary(operator, a, b)
            }
            _ => self.float_binary(operator, real(a)?, real(b)?),
        }
    }

    /// As a message of the target's version has it.
    pub(crate) fn version_text(&self, texts: &[(u32, &'static str)]) -> &'static str {
        texts
            .iter()
            .rev()
            .find(|(first, _)| *first <= self.minor)
            .map_or("", |(_, text)| text)
    }

    fn float_binary(&self, operator: Operator, a: f64, b: f64) -> Result<Option<Operand>> {
        if b == 0.0 {
            let texts: &[(u32, &'static str)] = match operator {
                Operator::Div => &[(0, "float division by zero"), (14, "division by zero")],
                Operator::FloorDiv => &[
                    (0, "float divmod()"),
                    (9, "float floor division by zero"),
                    (14, "division by zero"),
                ],
                Operator::Mod => &[
                    (0, "float modulo"),
                    (13, "float modulo by zero"),
                    (14, "division by zero"),
                ],
                _ => &[],
            };
            if !texts.is_empty() {
                return zero_division(self.version_text(texts));
            }
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
            return zero_division(self.version_text(&[
                (0, "0.0 cannot be raised to a negative power"),
                (14, "zero to a negative power"),
            ]));
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

    fn complex_binary(
        &self,
        operator: Operator,
        a: &Number,
        b: &Number,
    ) -> Result<Option<Operand>> {
        let (a_real, a_imaginary) = parts(a)?;
        let (b_real, b_imaginary) = parts(b)?;
        // 3.14 keeps the signs of zero when one of both is a real number.
        let mixed = self.minor >= 14;
        let real_only = |number: &Number| mixed && !matches!(number, Number::Complex(..));
        Ok(Some(match operator {
            Operator::Add if real_only(b) => Operand::Complex(a_real + b_real, a_imaginary),
            Operator::Add if real_only(a) => Operand::Complex(a_real + b_real, b_imaginary),
            Operator::Add => Operand::Complex(a_real + b_real, a_imaginary + b_imaginary),
            Operator::Sub if real_only(b) => Operand::Complex(a_real - b_real, a_imaginary),
            Operator::Sub if real_only(a) => Operand::Complex(a_real - b_real, -b_imaginary),
            Operator::Sub => Operand::Complex(a_real - b_real, a_imaginary - b_imaginary),
            Operator::Mult if real_only(b) => {
                Operand::Complex(a_real * b_real, a_imaginary * b_real)
            }
            Operator::Mult if real_only(a) => {
                Operand::Complex(a_real * b_real, a_real * b_imaginary)
            }
            Operator::Mult => Operand::Complex(
                a_real * b_real - a_imaginary * b_imaginary,
                a_real * b_imaginary + a_imaginary * b_real,
            ),
            Operator::Div => {
                if b_real == 0.0 && b_imaginary == 0.0 {
                    return zero_division(self.version_text(&[
                        (0, "complex division by zero"),
                        (14, "division by zero"),
                    ]));
                }
                if real_only(b) {
                    return Ok(Some(Operand::Complex(
                        a_real / b_real,
                        a_imaginary / b_real,
                    )));
                }
                let (real, imaginary) = quotient((a_real, a_imaginary), (b_real, b_imaginary));
                Operand::Complex(real, imaginary)
            }
            Operator::FloorDiv if self.minor < 10 => {
                return type_error("can't take floor of complex number.");
            }
            Operator::Mod if self.minor < 10 => return type_error("can't mod complex numbers."),
            Operator::Pow => return would_run("powers of complex numbers are not computed here"),
            _ => return Ok(None),
        }))
    }

    /// `divmod(a, b)` of reals, where `//` and `%` are known to be defined.
    pub(crate) fn float_divmod(&self, a: f64, b: f64) -> Result<Operand> {
        if b == 0.0 {
            return zero_division(
                self.version_text(&[(0, "float divmod()"), (14, "division by zero")]),
            );
        }
        let (quotient, rest) = float::divmod(a, b);
        Ok(Operand::tuple(vec![
            Operand::Float(quotient),
            Operand::Float(rest),
        ]))
    }
}

/// Division as `_Py_c_quot` does it (Objects/complexobject.c).
fn quotient(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    if b.0.abs() >= b.1.abs() {
        let ratio = b.1 / b.0;
        let divisor = b.0 + b.1 * ratio;
        ((a.0 + a.1 * ratio) / divisor, (a.1 - a.0 * ratio) / divisor)
    } else {
        let ratio = b.0 / b.1;
        let divisor = b.0 * ratio + b.1;
        ((a.0 * ratio + a.1) / divisor, (a.1 * ratio - a.0) / divisor)
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

fn parts(number: &Number) -> Result<(f64, f64)> {
    match number {
        Number::Complex(real, imaginary) => Ok((*real, *imaginary)),
        other => Ok((real(other)?, 0.0)),
    }
}

/// Whether the int is odd.
pub(crate) fn is_odd(number: &BigInt) -> bool {
    !(number.abs() % 2u8).is_zero()
}
