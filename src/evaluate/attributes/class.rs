//! Attributes of classes, as `type.__getattribute__` finds them
//! (Objects/typeobject.c).

use std::rc::Rc;

use super::find::{Found, is_python_class, last_part};
use crate::cpython::{Kind, Type};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, would_run};
use crate::evaluate::values::operand::{Bound, Operand};

impl Machine<'_, '_> {
    /// `class.name`.
    pub(crate) fn type_attribute(&self, addr: u64, name: &str) -> Result<Operand> {
        let class = self.reader.type_at(addr)?;
        let meta = self.type_of(addr)?;
        if let Some(members) = self.enum_members(addr)? {
            if name == "__members__"
                && let Some(map) = self.reader.type_attribute(&class, "_member_map_")?
            {
                return Ok(Operand::Proxy(Rc::new(Operand::Object(map))));
            }
            let known = Operand::text(name);
            if let Some(member) = self.find_key(&members, &known)? {
                return Ok(member);
            }
        }
        if let Some(value) = self.described(&class, &meta, name)? {
            return Ok(value);
        }
        if meta.exact != Kind::Type
            && let Some(found @ Found::Python(..)) = self.find(&meta, "__getattribute__")?
        {
            return Err(self.refuse_call(&found, "__getattribute__", "reading its attributes"));
        }
        let in_meta = self.find(&meta, name)?;
        if let Some(found @ Found::Python(..)) = &in_meta
            && let Some(value) = self.data_descriptor(addr, &meta, found, name)?
        {
            return Ok(value);
        }
        match self.find(&class, name)? {
            None => {}
            Some(Found::Python(owner, value) | Found::Foreign(owner, value)) => {
                return self.class_value(addr, &owner, value, name);
            }
            Some(Found::Native(owner)) => return self.unbound(&class, &owner, name),
            Some(Found::Hidden(owner)) => {
                return would_run(format!(
                    "`{name}` of `{}` is found by C code in the target",
                    owner.name
                ));
            }
        }
        let value = Operand::Object(addr);
        match in_meta {
            Some(Found::Python(owner, found)) => {
                return self.bind_attribute(&value, &owner, found, name);
            }
            Some(Found::Native(_)) => return Ok(Operand::method(value, name)),
            Some(Found::Foreign(owner, found)) => {
                return self.foreign_member(&value, &owner, found, name);
            }
            Some(Found::Hidden(_)) | None => {}
        }
        if let Some(found @ Found::Python(..)) = self.find(&meta, "__getattr__")? {
            if self.is_enum_own(&found) {
                return Err(Refusal::raises("AttributeError", name));
            }
            return Err(self.refuse_call(&found, "__getattr__", "the missing attribute"));
        }
        self.no_class_attribute(&self.type_short_name(&class), name)
    }

    fn no_class_attribute<T>(&self, class: &str, name: &str) -> Result<T> {
        Err(Refusal::raises(
            "AttributeError",
            format!("type object '{class}' has no attribute '{name}'"),
        ))
    }

    /// `__name__` of a class.
    pub(crate) fn type_short_name(&self, class: &Type) -> String {
        match is_python_class(class) {
            true => class.name.to_string(),
            false => last_part(&class.name).into(),
        }
    }

    /// An attribute of a class that `type` computes.
    fn described(&self, class: &Rc<Type>, meta: &Type, name: &str) -> Result<Option<Operand>> {
        let own = |name: &str| -> Result<Option<Operand>> {
            match self.reader.type_dict(class.addr)? {
                Some(dict) => Ok(self.reader.dict_get(dict, name)?.map(Operand::Object)),
                None => Ok(None),
            }
        };
        let object = |addr: Option<u64>| Ok(addr.map(Operand::Object));
        match name {
            "__name__" => Ok(Some(Operand::text(self.type_short_name(class)))),
            "__qualname__" => Ok(Some(Operand::text(self.short_name(class)))),
            "__module__" => match own("__module__")? {
                Some(module) => Ok(Some(module)),
                None => {
                    let module = class.name.rsplit_once('.').map_or("builtins", |(m, _)| m);
                    Ok(Some(Operand::text(module)))
                }
            },
            "__dict__" => match self.reader.type_dict(class.addr)? {
                Some(dict) => Ok(Some(Operand::Proxy(Rc::new(Operand::Object(dict))))),
                None => would_run("the dict of a builtin type cannot be read"),
            },
            "__mro__" => object(self.reader.type_mro(class.addr)?),
            "__bases__" => object(self.reader.type_bases(class.addr)?),
            "__class__" => Ok(Some(Operand::Object(self.reader.type_addr(class.addr)?))),
            "__doc__" if is_python_class(class) => {
                Ok(Some(own("__doc__")?.unwrap_or(Operand::None)))
            }
            "__doc__"
            | "__text_signature__"
            | "__annotations__"
            | "__base__"
            | "__flags__"
            | "__basicsize__"
            | "__itemsize__"
            | "__dictoffset__"
            | "__weakrefoffset__"
            | "__abstractmethods__"
            | "__type_params__"
            | "__annotate__"
                if meta.kind == Kind::Type && own(name)?.is_none() =>
            {
                would_run(format!(
                    "`{name}` of a type is computed by C code in the target"
                ))
            }
            _ => Ok(None),
        }
    }

    /// A method of a builtin type, read from the class.
    fn unbound(&self, class: &Rc<Type>, owner: &Type, name: &str) -> Result<Operand> {
        match self.builtin_type(&Operand::Object(owner.addr)) {
            Some(known) => Ok(Operand::method(Operand::Type(known), name)),
            _ => Ok(Operand::method(Operand::Object(class.addr), name)),
        }
    }

    /// `class.name` of a builtin type that is known by name only.
    pub(crate) fn builtin_type_attribute(
        &self,
        class: &'static str,
        name: &str,
    ) -> Result<Operand> {
        match name {
            "__name__" | "__qualname__" => return Ok(Operand::text(class)),
            "__module__" => return Ok(Operand::text("builtins")),
            "__class__" => return Ok(Operand::Type("type")),
            _ => {}
        }
        let has = |class: &str| self.static_types.has(class, name) == Some(true);
        match () {
            () if has(class) || has("object") => Ok(Operand::method(Operand::Type(class), name)),
            () if has("type") => {
                would_run(format!("`{name}` of a builtin type is not computed here"))
            }
            () => self.no_class_attribute(class, name),
        }
    }

    /// An attribute of a value that was computed here.
    pub(crate) fn computed_attribute(&self, value: &Operand, name: &str) -> Result<Operand> {
        let class = value.native_type().unwrap_or("object");
        if name == "__class__" {
            return self.type_operand(value);
        }
        let parent = if class == "bool" { "int" } else { "object" };
        for class in [class, parent, "object"] {
            if self.static_types.has(class, name) == Some(true) {
                return self.native_member(value, class, name);
            }
        }
        match value {
            Operand::Bound(bound) => self.function_attribute(bound, name),
            _ => self.no_attribute(value, name),
        }
    }

    /// A bound method has the attributes of its function.
    fn function_attribute(&self, bound: &Bound, name: &str) -> Result<Operand> {
        self.attribute(&Operand::Object(bound.function), name)
    }
}
