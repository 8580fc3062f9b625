//! `+` and `*` of sequences.

use num_traits::ToPrimitive;

use super::operand::Operand;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, overflow, type_error};

impl Machine<'_, '_> {
    /// `a + b` of sequences; `None` of other values.
    pub(crate) fn concatenate(&self, a: &Operand, b: &Operand) -> Result<Option<Operand>> {
        let joined = match (a, b) {
            (Operand::Str(a), Operand::Str(b)) => {
                Operand::text(self.joined(a.points(), b.points(), 4)?)
            }
            (Operand::Bytes(a), Operand::Bytes(b) | Operand::ByteArray(b)) => {
                Operand::Bytes(self.joined(a, b, 1)?.into())
            }
            (Operand::ByteArray(a), Operand::Bytes(b) | Operand::ByteArray(b)) => {
                Operand::ByteArray(self.joined(a, b, 1)?.into())
            }
            (Operand::Tuple(a), Operand::Tuple(b)) => Operand::tuple(self.joined(a, b, 32)?),
            (Operand::List(a), Operand::List(b)) => Operand::list(self.joined(a, b, 32)?),
            (Operand::Str(_) | Operand::Tuple(_) | Operand::List(_), _) => {
                let name = self.type_label(a);
                return type_error(format!(
                    "can only concatenate {name} (not \"{}\") to {name}",
                    self.type_label(b)
                ));
            }
            (Operand::Bytes(_) | Operand::ByteArray(_), _) => {
                return type_error(format!(
                    "can't concat {} to {}",
                    self.type_label(b),
                    self.type_label(a)
                ));
            }
            _ => return Ok(None),
        };
        Ok(Some(joined))
    }

    fn joined<T: Clone>(&self, a: &[T], b: &[T], size: usize) -> Result<Vec<T>> {
        self.charge((a.len() + b.len()).saturating_mul(size))?;
        Ok([a, b].concat())
    }

    /// `a * b` where one is a sequence; `None` of other values.
    pub(crate) fn repeat(&self, a: &Operand, b: &Operand) -> Result<Option<Operand>> {
        let (sequence, count) = match (is_sequence(a), is_sequence(b)) {
            (true, _) => (a, b),
            (_, true) => (b, a),
            _ => return Ok(None),
        };
        let Some(number) = count.as_int() else {
            return type_error(format!(
                "can't multiply sequence by non-int of type '{}'",
                self.type_label(count)
            ));
        };
        let count = match number.to_usize() {
            Some(count) => count,
            None if number.to_isize().is_some() => 0,
            None => return overflow("cannot fit 'int' into an index-sized integer"),
        };
        Ok(Some(match sequence {
            Operand::Str(text) => Operand::text(self.repeated(text.points(), count, 4)?),
            Operand::Bytes(data) => Operand::Bytes(self.repeated(data, count, 1)?.into()),
            Operand::ByteArray(data) => Operand::ByteArray(self.repeated(data, count, 1)?.into()),
            Operand::Tuple(items) => Operand::tuple(self.repeated(items, count, 32)?),
            Operand::List(items) => Operand::list(self.repeated(items, count, 32)?),
            _ => return Ok(None),
        }))
    }

    fn repeated<T: Clone>(&self, items: &[T], count: usize, size: usize) -> Result<Vec<T>> {
        let length = items.len().saturating_mul(count);
        self.charge(length.saturating_mul(size))?;
        self.steps_of(length as u64 / 16)?;
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let mut made = Vec::with_capacity(length);
        for _ in 0..count {
            made.extend_from_slice(items);
        }
        Ok(made)
    }
}

fn is_sequence(value: &Operand) -> bool {
    matches!(
        value,
        Operand::Str(_)
            | Operand::Bytes(_)
            | Operand::ByteArray(_)
            | Operand::Tuple(_)
            | Operand::List(_)
    )
}
