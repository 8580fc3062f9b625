//! Attributes of instances and modules, as `object.__getattribute__` finds them
//! (Objects/object.c), without running descriptors.

use super::find::Found;
use crate::cpython::{Kind, Type};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, would_run};
use crate::evaluate::values::operand::Operand;

/// Types whose attribute access is code of its own.
const OWN_ACCESS: [&str; 7] = [
    "types.GenericAlias",
    "types.UnionType",
    "typing.Union",
    "super",
    "weakref.ProxyType",
    "weakref.CallableProxyType",
    "_thread._local",
];

impl Machine<'_, '_> {
    /// `value.name`.
    pub(crate) fn attribute(&self, value: &Operand, name: &str) -> Result<Operand> {
        self.step()?;
        let Operand::Object(addr) = value else {
            return match value {
                Operand::Type(class) => self.builtin_type_attribute(class, name),
                _ => self.computed_attribute(value, name),
            };
        };
        match self.type_of(*addr)?.kind {
            Kind::Type => self.type_attribute(*addr, name),
            Kind::Module => self.module_attribute(*addr, name),
            _ => self.instance_attribute(*addr, name),
        }
    }

    /// The attribute, or `None` where Python raises `AttributeError`.
    pub(crate) fn attribute_if_any(&self, value: &Operand, name: &str) -> Result<Option<Operand>> {
        match self.attribute(value, name) {
            Ok(found) => Ok(Some(found)),
            Err(why) if why.is_attribute_error() => Ok(None),
            Err(why) => Err(why),
        }
    }

    pub(crate) fn no_attribute<T>(&self, value: &Operand, name: &str) -> Result<T> {
        Err(Refusal::raises(
            "AttributeError",
            format!(
                "'{}' object has no attribute '{name}'",
                self.type_label(value)
            ),
        ))
    }

    fn module_attribute(&self, addr: u64, name: &str) -> Result<Operand> {
        let dict = self.reader.module_dict(addr)?;
        match name {
            "__dict__" => return Ok(Operand::Object(dict)),
            "__class__" => return self.type_operand(&Operand::Object(addr)),
            _ => {}
        }
        let ty = self.type_of(addr)?;
        if ty.exact != Kind::Module {
            return self.instance_attribute(addr, name);
        }
        if let Some(value) = self.reader.dict_get(dict, name)? {
            return Ok(Operand::Object(value));
        }
        let module = self.reader.dict_get(dict, "__name__")?;
        let module = module.and_then(|name| self.reader.text(name).ok());
        let module = module.as_deref().unwrap_or("?");
        if self.reader.dict_get(dict, "__getattr__")?.is_some() {
            return would_run(format!(
                "`{module}.{name}`: `__getattr__` of the module would run in the target"
            ));
        }
        if self.find(&ty, name)?.is_some() {
            return self.native_member(&Operand::Object(addr), "module", name);
        }
        Err(Refusal::raises(
            "AttributeError",
            format!("module '{module}' has no attribute '{name}'"),
        ))
    }

    fn instance_attribute(&self, addr: u64, name: &str) -> Result<Operand> {
        let ty = self.type_of(addr)?;
        self.plain_access(&ty)?;
        let found = self.find(&ty, name)?;
        if let Some(found) = &found
            && let Some(value) = self.data_descriptor(addr, &ty, found, name)?
        {
            return Ok(value);
        }
        if let Some(value) = self.stored(addr, &ty, name)? {
            return Ok(Operand::Object(value));
        }
        let value = Operand::Object(addr);
        match found {
            None => {}
            Some(Found::Python(class, attribute)) => {
                return self.bind_attribute(&value, &class, attribute, name);
            }
            Some(Found::Native(class)) => return self.native_member(&value, &class.name, name),
            Some(Found::Foreign(class, attribute)) => {
                return self.foreign_member(&value, &class, attribute, name);
            }
            Some(Found::Hidden(class)) => {
                return would_run(format!(
                    "`{name}` of a `{}` is found by C code in the target",
                    class.name
                ));
            }
        }
        self.missing_attribute(addr, &ty, name)
    }

    /// An error if access to attributes of this type is code of its own.
    fn plain_access(&self, ty: &Type) -> Result<()> {
        if let Some(found @ Found::Python(..)) = self.find(ty, "__getattribute__")?
            && !self.is_enum_own(&found)
        {
            return Err(self.refuse_call(&found, "__getattribute__", "reading its attributes"));
        }
        match OWN_ACCESS.iter().find(|name| self.derives_from(ty, name)) {
            Some(name) => would_run(format!(
                "reading attributes of a `{name}` would run code in the target"
            )),
            None => Ok(()),
        }
    }

    fn missing_attribute(&self, addr: u64, ty: &Type, name: &str) -> Result<Operand> {
        if ty.exact == Kind::Method {
            let at = addr + u64::from(self.reader.layout.method.im_func);
            let function = Operand::Object(self.reader.required(at, "im_func")?);
            return self.attribute(&function, name);
        }
        match self.find(ty, "__getattr__")? {
            Some(found @ (Found::Python(..) | Found::Foreign(..))) => Err(self.refuse_call(
                &found,
                "__getattr__",
                &format!("the missing attribute `{name}`"),
            )),
            _ => self.no_attribute(&Operand::Object(addr), name),
        }
    }

    /// The value that the instance itself stores under `name`.
    fn stored(&self, addr: u64, ty: &Type, name: &str) -> Result<Option<u64>> {
        // A slot of a base that a subclass shadows is not in the dict.
        if !has_dict(ty) || self.slot_names(ty)?.iter().any(|slot| **slot == *name) {
            return Ok(None);
        }
        let attributes = self.reader.attributes(addr)?;
        self.steps_of(attributes.len() as u64 / 8)?;
        let known = attributes.into_iter().find(|(known, _)| **known == *name);
        Ok(known.map(|(_, value)| value))
    }

    /// `vars(value)` of an instance; `None` if it has no dict.
    pub(crate) fn instance_dict(&self, addr: u64) -> Result<Option<Operand>> {
        let ty = self.type_of(addr)?;
        if !has_dict(&ty) {
            return Ok(None);
        }
        let slots = self.slot_names(&ty)?;
        let attributes = self.reader.attributes(addr)?;
        self.charge(attributes.len().saturating_mul(64))?;
        let items: Vec<_> = attributes
            .into_iter()
            .filter(|(name, _)| !slots.contains(name))
            .map(|(name, value)| (Operand::text(&*name), Operand::Object(value)))
            .collect();
        Ok(Some(Operand::Dict(items.into())))
    }

    /// Names of the slots of all classes.
    fn slot_names(&self, ty: &Type) -> Result<Vec<std::rc::Rc<str>>> {
        let mut names = Vec::new();
        for class in &ty.mro {
            let class = self.reader.type_at(*class)?;
            if !super::find::is_python_class(&class) {
                continue;
            }
            if let Some(dict) = self.reader.type_dict(class.addr)? {
                let (items, _) = self.reader.dict_items(dict, self.reader.limits.items)?;
                self.steps_of(items.len() as u64 / 4)?;
                for (name, value) in items {
                    if self.reader.is_kind(value, Kind::MemberDescriptor) {
                        names.push(self.reader.text(name)?);
                    }
                }
            }
        }
        Ok(names)
    }
}

/// Whether instances of the type have a dict.
pub(crate) fn has_dict(ty: &Type) -> bool {
    ty.dictoffset != 0 || ty.has_managed_dict()
}
