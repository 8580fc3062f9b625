//! Truth of values, and their lengths.

use num_traits::Zero;

use super::operand::Operand;
use crate::cpython::Kind;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, type_error, would_run};

impl Machine<'_, '_> {
    /// `bool(value)`.
    pub(crate) fn truth(&self, value: &Operand) -> Result<bool> {
        self.step()?;
        Ok(match value {
            Operand::Object(addr) => return self.object_truth(*addr),
            Operand::None => false,
            Operand::Bool(value) => *value,
            Operand::Int(number) => !number.is_zero(),
            Operand::Float(number) => *number != 0.0,
            Operand::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Operand::Str(text) => !text.points().is_empty(),
            Operand::Bytes(data) | Operand::ByteArray(data) => !data.is_empty(),
            Operand::Tuple(items)
            | Operand::List(items)
            | Operand::Set(items)
            | Operand::FrozenSet(items) => !items.is_empty(),
            Operand::Dict(items) => !items.is_empty(),
            Operand::Range(range) => !range.length().is_zero(),
            Operand::View(_, inner) | Operand::Proxy(inner) => self.truth(inner)?,
            Operand::NotImplemented => {
                return would_run("the truth of `NotImplemented` is not computed here");
            }
            _ => true,
        })
    }

    fn object_truth(&self, addr: u64) -> Result<bool> {
        let ty = self.type_of(addr)?;
        let purpose = format!("the truth of a `{}`", self.short_name(&ty));
        if ty.kind == Kind::Type {
            if self.is_enum_class(addr)? {
                return Ok(true);
            }
        } else if self.enum_member(addr)?.is_some() && self.has_stock_truth(&ty)? {
            return self.truth(&self.decode(addr, &ty)?);
        }
        if self.special(&ty, "__bool__", &purpose)? {
            return self.known_truth(addr);
        }
        if self.special(&ty, "__len__", &purpose)? {
            return Ok(self.length(&Operand::Object(addr))? != 0);
        }
        Ok(true)
    }

    fn known_truth(&self, addr: u64) -> Result<bool> {
        let ty = self.type_of(addr)?;
        if ty.kind == Kind::Deque {
            return Ok(self.reader.length(addr)? != 0);
        }
        match self.decode(addr, &ty)? {
            Operand::Object(_) => crate::evaluate::refusal::would_run(format!(
                "the truth of a `{}` is computed by C code in the target",
                self.short_name(&ty)
            )),
            decoded => self.truth(&decoded),
        }
    }

    /// `len(value)`.
    pub(crate) fn length(&self, value: &Operand) -> Result<usize> {
        if let Operand::Object(addr) = value {
            return self.object_length(*addr);
        }
        Ok(match value {
            Operand::Str(text) => text.points().len(),
            Operand::Bytes(data) | Operand::ByteArray(data) => data.len(),
            Operand::Tuple(items)
            | Operand::List(items)
            | Operand::Set(items)
            | Operand::FrozenSet(items) => items.len(),
            Operand::Dict(items) => items.len(),
            Operand::Range(range) => match usize::try_from(range.length()) {
                Ok(length) if isize::try_from(length).is_ok() => length,
                _ => {
                    return crate::evaluate::refusal::overflow(
                        "Python int too large to convert to C ssize_t",
                    );
                }
            },
            Operand::View(_, inner) | Operand::Proxy(inner) => self.length(inner)?,
            _ => return self.no_length(value),
        })
    }

    fn no_length<T>(&self, value: &Operand) -> Result<T> {
        type_error(format!(
            "object of type '{}' has no len()",
            self.type_label(value)
        ))
    }

    fn object_length(&self, addr: u64) -> Result<usize> {
        let value = Operand::Object(addr);
        let ty = self.type_of(addr)?;
        if ty.kind == Kind::Type
            && let Some(members) = self.enum_members(addr)?
        {
            return Ok(self.distinct(members).len());
        }
        let purpose = format!("the length of a `{}`", self.short_name(&ty));
        if !self.special(&ty, "__len__", &purpose)? {
            return self.no_length(&value);
        }
        let reader = self.reader;
        let count = match ty.kind {
            Kind::Tuple | Kind::List | Kind::Deque | Kind::Bytes | Kind::ByteArray => {
                reader.length(addr)?
            }
            Kind::Str => reader.u64(addr + u64::from(reader.layout.unicode.length))?,
            Kind::Dict => reader.u64(addr + u64::from(reader.layout.dict.ma_used))?,
            Kind::Set | Kind::FrozenSet => reader.u64(addr + u64::from(reader.layout.set.used))?,
            _ => match self.decode(addr, &ty)? {
                Operand::Object(_) => {
                    return crate::evaluate::refusal::would_run(format!(
                        "{purpose} is computed by C code in the target"
                    ));
                }
                decoded => return self.length(&decoded),
            },
        };
        usize::try_from(count)
            .or_else(|_| crate::evaluate::refusal::bounded("a length is too large"))
    }
}
