//! Descriptors: the value of an attribute that a class defines.

use std::rc::Rc;

use super::find::Found;
use crate::cpython::objects::members::Member;
use crate::cpython::{Kind, Type};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, would_run};
use crate::evaluate::values::operand::{Bound, Operand};

/// What an attribute of a class does when it is read through an instance.
#[derive(Debug)]
enum Descriptor {
    Property,
    Slot,
    /// Computed by C code.
    GetSet,
    Function,
    ClassMethod(u64),
    StaticMethod(u64),
    /// A field of a named tuple, by its index.
    Field(u64),
    /// Has a `__get__` of its own.
    Custom {
        /// Has `__set__` or `__delete__` too.
        data: bool,
    },
    Plain,
}

impl Machine<'_, '_> {
    fn descriptor(&self, value: u64) -> Result<Descriptor> {
        let ty = self.type_of(value)?;
        Ok(match &*ty.name {
            _ if ty.exact == Kind::Other && ty.kind == Kind::Property => Descriptor::Property,
            "property" => Descriptor::Property,
            "member_descriptor" => Descriptor::Slot,
            "getset_descriptor" => Descriptor::GetSet,
            "function" | "method_descriptor" | "wrapper_descriptor" | "classmethod_descriptor" => {
                Descriptor::Function
            }
            "classmethod" => Descriptor::ClassMethod(self.reader.wrapped_callable(value)?),
            "staticmethod" => Descriptor::StaticMethod(self.reader.wrapped_callable(value)?),
            "collections._tuplegetter" | "_collections._tuplegetter" => {
                // `index` is its first field (Modules/_collectionsmodule.c).
                let at = value + u64::from(self.reader.layout.object.size);
                Descriptor::Field(self.reader.u64(at)?)
            }
            _ => {
                if !matches!(
                    self.find(&ty, "__get__")?,
                    Some(Found::Python(..) | Found::Foreign(..))
                ) {
                    return Ok(Descriptor::Plain);
                }
                let data =
                    self.find(&ty, "__set__")?.is_some() || self.find(&ty, "__delete__")?.is_some();
                Descriptor::Custom { data }
            }
        })
    }

    /// The value of a data descriptor, which comes before the instance's own
    /// attribute; `None` if it is not one.
    pub(crate) fn data_descriptor(
        &self,
        addr: u64,
        ty: &Type,
        found: &Found,
        name: &str,
    ) -> Result<Option<Operand>> {
        let value = Operand::Object(addr);
        if let "name" | "value" = name
            && self.enum_member(addr)?.is_some()
            && self.is_enum_own(found)
        {
            return self.enum_part(addr, &format!("_{name}_"));
        }
        let (class, attribute) = match found {
            Found::Python(class, attribute) | Found::Foreign(class, attribute) => {
                (class, *attribute)
            }
            Found::Native(_) if name == "__class__" => return self.type_operand(&value).map(Some),
            Found::Native(_) | Found::Hidden(_) => {
                return match name {
                    "__dict__" => self.instance_dict(addr),
                    _ => Ok(None),
                };
            }
        };
        let owner = self.short_name(class);
        match self.descriptor(attribute)? {
            Descriptor::Property => would_run(format!(
                "`{owner}.{name}` is a property: reading it would run code in the target"
            )),
            Descriptor::Slot => self.member(&value, attribute, name).map(Some),
            Descriptor::GetSet if name == "__dict__" => self.instance_dict(addr),
            Descriptor::GetSet if name == "__class__" => self.type_operand(&value).map(Some),
            Descriptor::GetSet => would_run(format!(
                "`{name}` of a `{}` is computed by C code in the target",
                self.short_name(ty)
            )),
            Descriptor::Field(index) => self.subscript(&value, &Operand::int(index)).map(Some),
            Descriptor::Custom { data: true } => Err(self.custom(class, attribute, name)),
            _ => Ok(None),
        }
    }

    fn custom(&self, class: &Type, attribute: u64, name: &str) -> Refusal {
        let kind = Operand::Object(attribute).type_name(self.reader);
        Refusal::WouldRun(format!(
            "`{}.{name}` is a descriptor (`{kind}`): reading it would run code in the target",
            self.short_name(class)
        ))
    }

    /// The value of a slot or of a member of a C structure.
    fn member(&self, value: &Operand, member: u64, name: &str) -> Result<Operand> {
        let Operand::Object(addr) = value else {
            return self.no_attribute(value, name);
        };
        match self.reader.member_value(*addr, member)? {
            Member::Object(value) => Ok(Operand::Object(value)),
            Member::None => Ok(Operand::None),
            Member::Int(number) => Ok(Operand::int(number)),
            Member::Bool(value) => Ok(Operand::Bool(value)),
            Member::Float(number) => Ok(Operand::Float(number)),
            Member::Unset => {
                // An unset slot has no value, and `__getattr__` is asked.
                let ty = self.type_of(*addr)?;
                if let Some(found @ Found::Python(..)) = self.find(&ty, "__getattr__")? {
                    return Err(self.refuse_call(&found, "__getattr__", "the unset slot"));
                }
                self.no_attribute(value, name)
            }
            Member::Other => would_run(format!("`{name}` is computed by C code in the target")),
        }
    }

    /// The value of a Python class's attribute, read through an instance that
    /// does not have the attribute itself.
    pub(crate) fn bind_attribute(
        &self,
        value: &Operand,
        class: &Type,
        attribute: u64,
        name: &str,
    ) -> Result<Operand> {
        match self.descriptor(attribute)? {
            Descriptor::Function => Ok(self.bound(attribute, value.clone(), name)),
            Descriptor::ClassMethod(inner) => {
                Ok(self.bound(inner, self.type_operand(value)?, name))
            }
            Descriptor::StaticMethod(inner) => Ok(Operand::Object(inner)),
            Descriptor::Custom { .. } => Err(self.custom(class, attribute, name)),
            _ => Ok(Operand::Object(attribute)),
        }
    }

    fn bound(&self, function: u64, receiver: Operand, name: &str) -> Operand {
        match self.reader.is_kind(function, Kind::Function) {
            true => Operand::Bound(Rc::new(Bound { function, receiver })),
            false => Operand::method(receiver, name),
        }
    }

    /// As `bind_attribute`, for a type that C code defined.
    pub(crate) fn foreign_member(
        &self,
        value: &Operand,
        class: &Type,
        attribute: u64,
        name: &str,
    ) -> Result<Operand> {
        match self.descriptor(attribute)? {
            Descriptor::Function => Ok(Operand::method(value.clone(), name)),
            _ => self.bind_attribute(value, class, attribute, name),
        }
    }

    /// The value of a class's attribute, read through the class.
    pub(crate) fn class_value(
        &self,
        class: u64,
        owner: &Type,
        attribute: u64,
        name: &str,
    ) -> Result<Operand> {
        match self.descriptor(attribute)? {
            Descriptor::ClassMethod(inner) => Ok(self.bound(inner, Operand::Object(class), name)),
            Descriptor::StaticMethod(inner) => Ok(Operand::Object(inner)),
            Descriptor::Custom { .. } => Err(self.custom(owner, attribute, name)),
            _ => Ok(Operand::Object(attribute)),
        }
    }
}
