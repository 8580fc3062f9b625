//! What a type defines, and whether it is Python or C that does.

use std::rc::Rc;

use crate::cpython::{Kind, Type};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result};
use crate::evaluate::values::operand::Operand;

/// C types outside the builtins whose behaviour is implemented here.
const KNOWN_TYPES: [&str; 4] = [
    "functools.partial",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.deque",
];

/// Where an attribute of a type was found, along its method resolution order.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// In the dict of a class that Python code defined.
    Python(Rc<Type>, u64),
    /// In a type whose behaviour is known.
    Native(Rc<Type>),
    /// In the dict of another type that C code defined.
    Foreign(Rc<Type>, u64),
    /// A type whose attributes cannot be read: it may be there.
    Hidden(Rc<Type>),
}

/// Whether Python code defined the class.
pub(crate) fn is_python_class(ty: &Type) -> bool {
    ty.is_heap() && !ty.name.contains('.')
}

impl Machine<'_, '_> {
    pub(crate) fn type_of(&self, addr: u64) -> Result<Rc<Type>> {
        Ok(self.reader.type_of(addr)?)
    }

    /// The first class along the method resolution order that has `name`.
    pub(crate) fn find(&self, ty: &Type, name: &str) -> Result<Option<Found>> {
        self.find_behind(ty, name, 0)
    }

    /// As `find`, without the first `skipped` classes.
    pub(crate) fn find_behind(
        &self,
        ty: &Type,
        name: &str,
        skipped: usize,
    ) -> Result<Option<Found>> {
        for class in ty.mro.iter().skip(skipped) {
            self.step()?;
            let class = self.reader.type_at(*class)?;
            if let Some(found) = self.defines(&class, name)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// What `class` itself defines under `name`.
    fn defines(&self, class: &Rc<Type>, name: &str) -> Result<Option<Found>> {
        let dict = self.reader.type_dict(class.addr)?;
        if is_python_class(class) {
            let value = match dict {
                Some(dict) => self.reader.dict_get(dict, name)?,
                None => None,
            };
            return Ok(value.map(|value| Found::Python(class.clone(), value)));
        }
        if !class.is_heap()
            && let Some(has) = self.static_types.has(&class.name, name)
        {
            // Other attributes, such as members of a structure, can be read from it.
            let value = match dict {
                Some(dict) if has && class.exact == Kind::Other && !name.starts_with("__") => {
                    self.reader.dict_get(dict, name)?
                }
                _ => None,
            };
            return Ok(has.then(|| match value {
                Some(value) if !KNOWN_TYPES.contains(&&*class.name) => {
                    Found::Foreign(class.clone(), value)
                }
                _ => Found::Native(class.clone()),
            }));
        }
        match dict {
            Some(dict) => Ok(self.reader.dict_get(dict, name)?.map(|value| {
                match KNOWN_TYPES.contains(&&*class.name) {
                    true => Found::Native(class.clone()),
                    false => Found::Foreign(class.clone(), value),
                }
            })),
            None => Ok(Some(Found::Hidden(class.clone()))),
        }
    }

    /// The name of the class as users write it.
    pub(crate) fn short_name(&self, ty: &Type) -> String {
        if is_python_class(ty) {
            let at = ty.addr + u64::from(self.reader.layout.type_object.ht_qualname);
            if let Ok(Some(name)) = self.reader.pointer(at, "ht_qualname")
                && let Ok(name) = self.reader.text(name)
            {
                return name.to_string();
            }
        }
        last_part(&ty.name).into()
    }

    /// `type(value).__name__`, as in CPython's messages.
    pub(crate) fn type_label(&self, value: &Operand) -> String {
        match value {
            Operand::Object(addr) => match self.reader.type_of(*addr) {
                // `tp_name`, which includes the module for types in C.
                Ok(ty) => ty.name.to_string(),
                Err(_) => "?".into(),
            },
            other => other.native_type().unwrap_or("?").into(),
        }
    }

    /// The refusal of an operation for which Python would call the attribute found.
    pub(crate) fn refuse_call(&self, found: &Found, name: &str, purpose: &str) -> Refusal {
        let class = match found {
            Found::Python(class, _) | Found::Native(class) => class,
            Found::Foreign(class, _) | Found::Hidden(class) => {
                let class = self.reader.full_type_name(class);
                return Refusal::WouldRun(format!(
                    "{purpose} would run C code of `{class}` in the target (`{name}`)"
                ));
            }
        };
        Refusal::WouldRun(format!(
            "{purpose} would run `{}.{name}` in the target",
            self.short_name(class)
        ))
    }

    /// Whether the type has the special method `name`; an error if that method is
    /// not implemented here.
    pub(crate) fn special(&self, ty: &Type, name: &str, purpose: &str) -> Result<bool> {
        match self.find(ty, name)? {
            None => Ok(false),
            Some(Found::Native(_)) => Ok(true),
            Some(found) => Err(self.refuse_call(&found, name, purpose)),
        }
    }

    /// Whether some class along the method resolution order has this name.
    pub(crate) fn derives_from(&self, ty: &Type, name: &str) -> bool {
        ty.mro
            .iter()
            .any(|class| matches!(self.reader.type_at(*class), Ok(class) if *class.name == *name))
    }

    /// Whether `function` is Python code of a file with this ending.
    pub(crate) fn is_from_file(&self, function: u64, ending: &str) -> bool {
        let at = function + u64::from(self.reader.layout.function.func_code);
        let code = self
            .reader
            .expect_kind(function, Kind::Function, "function")
            .and_then(|_| self.reader.required(at, "func_code"))
            .and_then(|code| self.reader.code(code));
        code.is_ok_and(|code| code.filename.ends_with(ending))
    }

    /// The class along the method resolution order that `module` defines under
    /// this name.
    pub(crate) fn stdlib_base(&self, ty: &Type, full_name: &str) -> Result<Option<Rc<Type>>> {
        let last = last_part(full_name);
        for class in &ty.mro {
            let class = self.reader.type_at(*class)?;
            if *class.name == *last && *self.reader.full_type_name(&class) == *full_name {
                return Ok(Some(class));
            }
        }
        Ok(None)
    }
}

/// What follows the last dot.
pub(crate) fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
