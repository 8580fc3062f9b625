//! `in`.

use num_integer::Integer;
use num_traits::{Signed, Zero};

use super::operand::{Operand, Range};
use crate::cpython::Kind;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::methods::pieces::find;
use crate::evaluate::refusal::{Result, type_error, value_error, would_run};

impl Machine<'_, '_> {
    /// `item in container`.
    pub(crate) fn contains(&self, container: &Operand, item: &Operand) -> Result<bool> {
        self.step()?;
        match container {
            Operand::Object(addr) => self.object_contains(*addr, item),
            Operand::Str(text) => match self.native(item, "")? {
                Operand::Str(part) => {
                    self.steps_of(text.points().len() as u64 / 32)?;
                    Ok(find(text.points(), part.points()).is_some())
                }
                _ => type_error(format!(
                    "'in <string>' requires string as left operand, not {}",
                    self.type_label(item)
                )),
            },
            Operand::Bytes(data) | Operand::ByteArray(data) => {
                self.bytes_contain(data, &self.native(item, "__index__")?)
            }
            Operand::Dict(items) => {
                self.hashable(item)?;
                Ok(self.find_key(items, item)?.is_some())
            }
            Operand::Set(items) | Operand::FrozenSet(items) => {
                // A set is looked up as the frozenset that equals it.
                if !matches!(self.exact(item)?, Operand::Set(_)) {
                    self.hashable(item)?;
                }
                self.has_item(items, item)
            }
            Operand::Range(range) => match self.exact(item)?.as_int() {
                Some(number) => Ok(range_contains(range, &number)),
                None => self.among(container, item),
            },
            Operand::View("dict_keys", dict) => self.contains(&self.native(dict, "")?, item),
            Operand::Proxy(inner) => self.contains(inner, item),
            Operand::Tuple(_) | Operand::List(_) | Operand::View(..) | Operand::Iterator(_) => {
                self.among(container, item)
            }
            _ => self.no_container(container),
        }
    }

    fn no_container<T>(&self, container: &Operand) -> Result<T> {
        let name = self.type_label(container);
        type_error(format!(
            "argument of type '{name}' is not a container or iterable"
        ))
    }

    fn among(&self, container: &Operand, item: &Operand) -> Result<bool> {
        let mut found = false;
        self.each(container, &mut |known| {
            found = self.same_or_equal(&known, item)?;
            Ok(!found)
        })?;
        Ok(found)
    }

    fn bytes_contain(&self, data: &[u8], item: &Operand) -> Result<bool> {
        if let Some(number) = item.as_int() {
            return match u8::try_from(number) {
                Ok(byte) => Ok(data.contains(&byte)),
                Err(_) => value_error("byte must be in range(0, 256)"),
            };
        }
        match item {
            Operand::Bytes(part) | Operand::ByteArray(part) => Ok(find(data, part).is_some()),
            _ => type_error(format!(
                "a bytes-like object is required, not '{}'",
                self.type_label(item)
            )),
        }
    }

    fn object_contains(&self, addr: u64, item: &Operand) -> Result<bool> {
        let container = Operand::Object(addr);
        let ty = self.type_of(addr)?;
        if ty.kind == Kind::Type
            && let Some(members) = self.enum_members(addr)?
        {
            return self.enum_contains(addr, &members, item);
        }
        let purpose = format!("`in` a `{}`", self.short_name(&ty));
        match self.find(&ty, "__contains__")? {
            None => {
                if self.find(&ty, "__iter__")?.is_none() && self.find(&ty, "__getitem__")?.is_none()
                {
                    return self.no_container(&container);
                }
                self.among(&container, item)
            }
            Some(Found::Native(_)) if ty.kind == Kind::Deque => self.among(&container, item),
            Some(Found::Native(_)) => match self.decode(addr, &ty)? {
                Operand::Object(_) => {
                    would_run(format!("{purpose} would run C code in the target"))
                }
                decoded => self.contains(&decoded, item),
            },
            Some(found) => Err(self.refuse_call(&found, "__contains__", &purpose)),
        }
    }
}

fn range_contains(range: &Range, number: &num_bigint::BigInt) -> bool {
    let inside = match range.step.is_negative() {
        true => *number <= range.start && *number > range.stop,
        false => *number >= range.start && *number < range.stop,
    };
    inside && (number - &range.start).mod_floor(&range.step).is_zero()
}
