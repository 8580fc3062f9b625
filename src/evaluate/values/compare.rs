//! Comparing values that are decoded.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, ToPrimitive};

use super::equality::Relation;
use super::operand::{Operand, Range};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::Result;

impl Machine<'_, '_> {
    /// What the builtin method of `a` answers; `None` for `NotImplemented`.
    pub(crate) fn data_relation(
        &self,
        relation: Relation,
        a: &Operand,
        b: &Operand,
    ) -> Result<Option<bool>> {
        let is_equality = matches!(relation, Relation::Eq | Relation::Ne);
        if let (Some(a), Some(b)) = (Number::of(a), Number::of(b)) {
            return Ok(number_relation(relation, &a, &b));
        }
        Ok(match (a, b) {
            (Operand::Str(a), Operand::Str(b)) => {
                self.steps_of(a.points().len() as u64 / 64)?;
                Some(relation.holds(Some(a.cmp(b))))
            }
            (
                Operand::Bytes(a) | Operand::ByteArray(a),
                Operand::Bytes(b) | Operand::ByteArray(b),
            ) => Some(relation.holds(Some(a.cmp(b)))),
            (Operand::Tuple(a), Operand::Tuple(b)) | (Operand::List(a), Operand::List(b)) => {
                Some(self.sequence_relation(relation, a, b)?)
            }
            (Operand::Slice(a), Operand::Slice(b)) => {
                Some(self.sequence_relation(relation, &a[..], &b[..])?)
            }
            (Operand::Dict(a), Operand::Dict(b)) if is_equality => {
                Some(self.equal_dicts(a, b)? == (relation == Relation::Eq))
            }
            (Operand::Dict(_), Operand::Object(addr)) if is_equality => {
                let ty = self.type_of(*addr)?;
                match self.decode(*addr, &ty)? {
                    Operand::Object(_) => None,
                    decoded => self.data_relation(relation, a, &decoded)?,
                }
            }
            (Operand::Range(a), Operand::Range(b)) if is_equality => {
                Some(equal_ranges(a, b) == (relation == Relation::Eq))
            }
            (Operand::Proxy(a), b) => Some(self.compare(relation, a, b)?),
            (Operand::Bound(_), _) | (_, Operand::Bound(_)) if is_equality => self
                .equal_methods(a, b)?
                .map(|same| same == (relation == Relation::Eq)),
            (Operand::Type(_), _) => None,
            _ => match (self.set_items_of(a)?, self.set_items_of(b)?) {
                (Some(a), Some(b)) => Some(self.set_relation(relation, &a, &b)?),
                _ => None,
            },
        })
    }

    /// Compares item by item: the first that differs decides.
    pub(crate) fn sequence_relation(
        &self,
        relation: Relation,
        a: &[Operand],
        b: &[Operand],
    ) -> Result<bool> {
        let is_equality = matches!(relation, Relation::Eq | Relation::Ne);
        if is_equality && a.len() != b.len() {
            return Ok(relation == Relation::Ne);
        }
        for (a, b) in a.iter().zip(b) {
            if self.same_or_equal(a, b)? {
                continue;
            }
            return match relation {
                Relation::Eq => Ok(false),
                Relation::Ne => Ok(true),
                _ => self.compare(relation, a, b),
            };
        }
        Ok(relation.holds(Some(a.len().cmp(&b.len()))))
    }

    fn equal_dicts(&self, a: &[(Operand, Operand)], b: &[(Operand, Operand)]) -> Result<bool> {
        if a.len() != b.len() {
            return Ok(false);
        }
        for (key, value) in a {
            match self.find_key(b, key)? {
                Some(other) if self.same_or_equal(value, &other)? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Sets are ordered by inclusion.
    fn set_relation(&self, relation: Relation, a: &[Operand], b: &[Operand]) -> Result<bool> {
        let within = |a: &[Operand], b: &[Operand]| -> Result<bool> {
            if a.len() > b.len() {
                return Ok(false);
            }
            for item in a {
                if !self.has_item(b, item)? {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        Ok(match relation {
            Relation::Eq => a.len() == b.len() && within(a, b)?,
            Relation::Ne => !(a.len() == b.len() && within(a, b)?),
            Relation::Lt => a.len() < b.len() && within(a, b)?,
            Relation::Le => within(a, b)?,
            Relation::Gt => b.len() < a.len() && within(b, a)?,
            Relation::Ge => within(b, a)?,
        })
    }
}

/// A number of any type.
#[derive(Debug, Clone)]
pub(crate) enum Number {
    Int(BigInt),
    Float(f64),
    Complex(f64, f64),
}

impl Number {
    pub(crate) fn of(value: &Operand) -> Option<Self> {
        match value {
            Operand::Float(number) => Some(Self::Float(*number)),
            Operand::Complex(real, imaginary) => Some(Self::Complex(*real, *imaginary)),
            other => other.as_int().map(Self::Int),
        }
    }
}

fn number_relation(relation: Relation, a: &Number, b: &Number) -> Option<bool> {
    let is_equality = matches!(relation, Relation::Eq | Relation::Ne);
    let equal = |equal: bool| is_equality.then_some(equal == (relation == Relation::Eq));
    match (a, b) {
        (Number::Complex(real, imaginary), Number::Complex(other, other_imaginary)) => {
            equal(real == other && imaginary == other_imaginary)
        }
        (Number::Complex(real, imaginary), other) | (other, Number::Complex(real, imaginary)) => {
            let order = order(&Number::Float(*real), other);
            equal(*imaginary == 0.0 && order == Some(Ordering::Equal))
        }
        _ => Some(relation.holds(order(a, b))),
    }
}

/// The exact order of two real numbers.
fn order(a: &Number, b: &Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(b),
        (Number::Int(a), Number::Float(b)) => int_and_float(a, *b),
        (Number::Float(a), Number::Int(b)) => int_and_float(b, *a).map(Ordering::reverse),
        _ => None,
    }
}

fn int_and_float(int: &BigInt, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    let Some(whole) = BigInt::from_f64(float.trunc()) else {
        return Some(match float > 0.0 {
            true => Ordering::Less,
            false => Ordering::Greater,
        });
    };
    let by_fraction = 0.0.partial_cmp(&float.fract())?;
    Some(int.cmp(&whole).then(by_fraction))
}

fn equal_ranges(a: &Range, b: &Range) -> bool {
    let length = a.length();
    if length != b.length() {
        return false;
    }
    match length.to_u64() {
        Some(0) => true,
        Some(1) => a.start == b.start,
        _ => a.start == b.start && a.step == b.step,
    }
}

#[cfg(test)]
mod tests {
    use crate::evaluate::values::compare::*;

    #[test]
    fn ints_and_floats_are_compared_exactly() {
        let big: BigInt = (BigInt::from(1) << 53) + 1;
        assert_eq!(
            int_and_float(&big, 9007199254740992.0),
            Some(Ordering::Greater)
        );
        assert_eq!(int_and_float(&BigInt::from(2), 2.5), Some(Ordering::Less));
        assert_eq!(
            int_and_float(&BigInt::from(-2), -2.5),
            Some(Ordering::Greater)
        );
        assert_eq!(int_and_float(&big, f64::INFINITY), Some(Ordering::Less));
        assert_eq!(int_and_float(&big, f64::NAN), None);
    }
}
