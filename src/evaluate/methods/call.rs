//! Calls of methods of builtin types.

use crate::cpython::Kind;
use crate::evaluate::builtins::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, overflow, type_error, would_run};
use crate::evaluate::values::distinct::Distinct;
use crate::evaluate::values::operand::{Method, Operand};

impl Machine<'_, '_> {
    /// Calls a method of a builtin type.
    pub(crate) fn call_method(&self, method: &Method, mut arguments: Arguments) -> Result<Operand> {
        let name = &*method.name;
        let receiver = match &method.receiver {
            Operand::Type(class) => {
                if let ("dict", "fromkeys") = (*class, name) {
                    return self.dict_from_keys(&arguments);
                }
                if method.is_class_method() {
                    return would_run(format!("`{class}.{name}` is not computed here"));
                }
                self.take_receiver(class, name, &mut arguments)?
            }
            receiver => receiver.clone(),
        };
        let data = self.native(&receiver, "")?;
        let made = match &data {
            Operand::Str(text) => self.str_method(text, name, arguments)?,
            Operand::Bytes(bytes) | Operand::ByteArray(bytes) => {
                self.bytes_method(&data, bytes, name, arguments)?
            }
            Operand::List(items) | Operand::Tuple(items) => {
                self.sequence_method(&data, items, name, &arguments)?
            }
            Operand::Dict(items) => self.dict_method(&receiver, items, name, &arguments)?,
            Operand::Proxy(inner) => match self.native(inner, "")? {
                Operand::Dict(items) => self.dict_method(inner, &items, name, &arguments)?,
                _ => None,
            },
            Operand::Set(items) | Operand::FrozenSet(items) => {
                self.set_method(&data, items, name, &arguments)?
            }
            Operand::View(..) if name == "isdisjoint" => {
                let items = self.items(&data)?;
                self.set_method(&data, &items, name, &arguments)?
            }
            Operand::Object(addr) if self.reader.is_kind(*addr, Kind::Deque) => {
                let items = self.deque_items(*addr)?;
                self.sequence_method(&data, &items, name, &arguments)?
            }
            _ => None,
        };
        match made {
            Some(value) => Ok(value),
            None => would_run(format!(
                "the method `{name}` of a `{}` is not called: only methods that read are \
                 computed here",
                self.type_label(&receiver)
            )),
        }
    }

    /// The first argument of a method that was read from its class.
    fn take_receiver(
        &self,
        class: &'static str,
        name: &str,
        arguments: &mut Arguments,
    ) -> Result<Operand> {
        if arguments.positional.is_empty() {
            return type_error(format!("unbound method {class}.{name}() needs an argument"));
        }
        let receiver = arguments.positional.remove(0);
        let of = self.type_operand(&receiver)?;
        match self.is_subtype(&of, &Operand::Type(class))? {
            true => Ok(receiver),
            false if name.starts_with("__") => type_error(format!(
                "descriptor '{name}' requires a '{class}' object but received a '{}'",
                self.type_label(&receiver)
            )),
            false => type_error(format!(
                "descriptor '{name}' for '{class}' objects doesn't apply to a '{}' object",
                self.type_label(&receiver)
            )),
        }
    }

    fn dict_from_keys(&self, arguments: &Arguments) -> Result<Operand> {
        let arguments = arguments.between("fromkeys", 1, 2)?;
        let value = arguments.get(1).cloned().unwrap_or(Operand::None);
        let mut items = Distinct::default();
        for key in self.items(&arguments[0])? {
            self.insert_key(&mut items, key, value.clone())?;
        }
        Ok(items.into_dict())
    }

    /// The limit for splits or replacements; a negative one means no limit.
    pub(crate) fn count_limit(&self, value: Option<&Operand>) -> Result<usize> {
        match value {
            None => Ok(usize::MAX),
            Some(value) => match isize::try_from(self.index_value(value)?) {
                Ok(count) => Ok(usize::try_from(count).unwrap_or(usize::MAX)),
                Err(_) => overflow("Python int too large to convert to C ssize_t"),
            },
        }
    }

    /// Start and end of a search with optional bounds; `None` if the start is
    /// beyond the end.
    pub(crate) fn search_bounds(
        &self,
        arguments: &[Operand],
        length: usize,
    ) -> Result<Option<(usize, usize)>> {
        let bound = |index: usize, default: usize| -> Result<(usize, bool)> {
            let Some(value) = arguments.get(index) else {
                return Ok((default, false));
            };
            if matches!(self.exact(value)?, Operand::None) {
                return Ok((default, false));
            }
            let Some(mut number) = self.as_index(value)? else {
                return type_error(
                    "slice indices must be integers or None or have an __index__ method",
                );
            };
            if number.sign() == num_bigint::Sign::Minus {
                number = (number + length).max(0.into());
            }
            let beyond = number > length.into();
            Ok((
                usize::try_from(number).unwrap_or(length).min(length),
                beyond,
            ))
        };
        let (start, beyond) = bound(0, 0)?;
        let (end, _) = bound(1, length)?;
        Ok((!beyond && start <= end).then_some((start, end)))
    }
}
