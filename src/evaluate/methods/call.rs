//! Methods of builtin types: which may be called, and where they are.

use crate::cpython::Kind;
use crate::evaluate::builtins::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, overflow, type_error, would_run};
use crate::evaluate::values::distinct::Distinct;
use crate::evaluate::values::operand::{Method, Operand};

/// Methods that change what they are called on.
const CHANGES: [&str; 37] = [
    "append",
    "appendleft",
    "extend",
    "extendleft",
    "insert",
    "remove",
    "pop",
    "popleft",
    "popitem",
    "clear",
    "sort",
    "reverse",
    "rotate",
    "update",
    "setdefault",
    "add",
    "discard",
    "move_to_end",
    "subtract",
    "intersection_update",
    "difference_update",
    "symmetric_difference_update",
    "resize",
    "add_note",
    "with_traceback",
    "__setitem__",
    "__delitem__",
    "__setattr__",
    "__delattr__",
    "__setstate__",
    "__init__",
    "__iadd__",
    "__imul__",
    "__ior__",
    "__iand__",
    "__isub__",
    "__ixor__",
];

impl Machine<'_, '_> {
    /// Calls a method of a builtin type.
    pub(crate) fn call_method(&self, method: &Method, arguments: Arguments) -> Result<Operand> {
        match self.method_result(method, arguments) {
            // To 3.8 messages name the method without its type.
            Err(Refusal::Raises { exception, message }) if self.minor < 9 => {
                let marker = format!(".{}()", method.name);
                let shortened = message.split_once(&marker);
                let message = match shortened {
                    Some((class, rest)) if !class.contains(' ') => {
                        format!("{}(){rest}", method.name)
                    }
                    _ => message,
                };
                Err(Refusal::Raises { exception, message })
            }
            other => other,
        }
    }

    fn method_result(&self, method: &Method, mut arguments: Arguments) -> Result<Operand> {
        let name = &*method.name;
        let receiver = match &method.receiver {
            Operand::Type(class) => {
                if let Some(made) = self.call_class_method(class, name, &mut arguments)? {
                    return Ok(made);
                }
                self.take_receiver(class, name, &mut arguments)?
            }
            receiver => receiver.clone(),
        };
        if CHANGES.contains(&name) {
            return would_run(format!(
                "calling `{name}` would change a `{}`: nothing is changed in the target",
                self.type_label(&receiver)
            ));
        }
        if let Some(value) = self.call_special(&receiver, name, &arguments)? {
            return Ok(value);
        }
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
            Operand::Int(_) | Operand::Bool(_) => self.int_method(&data, name, arguments)?,
            Operand::Float(number) => self.float_method(*number, name, &arguments)?,
            Operand::Complex(real, imaginary) if name == "conjugate" => {
                Some(Operand::Complex(*real, -*imaginary))
            }
            Operand::Range(_) => self.range_method(&data, name, &arguments)?,
            Operand::Slice(parts) if name == "indices" => {
                let arguments = arguments.between("slice.indices", 1, 1)?;
                let length = self.index_value(&arguments[0])?;
                let (start, stop, step) = self.slice_bounds(parts, &length)?;
                Some(Operand::tuple(
                    [start, stop, step].map(Operand::int).to_vec(),
                ))
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
                "calling `{name}` of a `{}` would run code in the target",
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

    fn call_class_method(
        &self,
        class: &str,
        name: &str,
        arguments: &mut Arguments,
    ) -> Result<Option<Operand>> {
        match (class, name) {
            ("dict", "fromkeys") => {
                let arguments = arguments.between("fromkeys", 1, 2)?;
                let value = arguments.get(1).cloned().unwrap_or(Operand::None);
                let mut items = Distinct::default();
                for key in self.items(&arguments[0])? {
                    self.insert_key(&mut items, key, value.clone())?;
                }
                Ok(Some(items.into_dict()))
            }
            ("bytes", "fromhex") => {
                let arguments = arguments.between("bytes.fromhex", 1, 1)?;
                self.bytes_from_hex(&arguments[0]).map(Some)
            }
            ("int", "from_bytes") => self.int_from_bytes(arguments).map(Some),
            ("float", "fromhex")
            | ("str" | "bytes", "maketrans")
            | ("int" | "float" | "complex", "from_number")
            | (_, "__new__" | "__init_subclass__" | "__subclasshook__" | "mro") => {
                would_run(format!("`{class}.{name}` is not computed here"))
            }
            _ => Ok(None),
        }
    }

    /// Special methods that are called by name.
    fn call_special(
        &self,
        receiver: &Operand,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Option<Operand>> {
        if !name.starts_with("__") {
            return Ok(None);
        }
        let count = arguments.positional.len();
        Ok(Some(match (name, count) {
            ("__len__", 0) => Operand::int(self.length(receiver)?),
            ("__repr__", 0) => Operand::text(self.repr(receiver)?),
            ("__str__", 0) => Operand::Str(self.str(receiver)?),
            ("__bool__", 0) => Operand::Bool(self.truth(receiver)?),
            ("__contains__", 1) => {
                Operand::Bool(self.contains(receiver, &arguments.positional[0])?)
            }
            ("__getitem__", 1) => self.subscript(receiver, &arguments.positional[0])?,
            _ => {
                return would_run(format!(
                    "calling `{name}` by its name is not done here: use the operator or function"
                ));
            }
        }))
    }

    /// The most that a method may split, replace and so on; negative is all.
    pub(crate) fn most(&self, value: Option<&Operand>) -> Result<usize> {
        match value {
            None => Ok(usize::MAX),
            Some(value) => {
                let count = self.size_value(value)?;
                Ok(usize::try_from(count).unwrap_or(usize::MAX))
            }
        }
    }

    /// An int that C code takes as a size.
    pub(crate) fn size_value(&self, value: &Operand) -> Result<isize> {
        match isize::try_from(self.index_value(value)?) {
            Ok(size) => Ok(size),
            Err(_) => overflow("Python int too large to convert to C ssize_t"),
        }
    }

    /// Where a search between two optional bounds starts and ends; `None` if it
    /// starts behind the end.
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
