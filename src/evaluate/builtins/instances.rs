//! `isinstance` and `issubclass`.

use crate::cpython::Kind;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, type_error};
use crate::evaluate::values::operand::Operand;

impl Machine<'_, '_> {
    /// `issubclass(class, base)` of two types, without `__subclasscheck__`.
    pub(crate) fn is_subtype(&self, class: &Operand, base: &Operand) -> Result<bool> {
        if let Operand::Type(name) = class {
            let base = self.builtin_type(base);
            let parent = if *name == "bool" { "int" } else { "object" };
            return Ok([Some(*name), Some(parent), Some("object")].contains(&base));
        }
        let Some(class) = class.address().and_then(|addr| self.class_at(addr)) else {
            return Ok(false);
        };
        let wanted = self.builtin_type(base);
        for parent in &class.mro {
            self.step()?;
            let parent = Operand::Object(*parent);
            let same = match wanted {
                Some(name) => self.builtin_type(&parent) == Some(name),
                None => parent.address() == base.address(),
            };
            if same {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `isinstance(value, classes)` or `issubclass(value, classes)`.
    pub(crate) fn is_instance(
        &self,
        value: &Operand,
        classes: &Operand,
        of_class: bool,
    ) -> Result<bool> {
        self.step()?;
        if let Operand::Tuple(classes) = self.exact(classes)? {
            for class in classes.iter() {
                if self.deeper(|| self.is_instance(value, class, of_class))? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        if !self.is_type(classes) {
            let (function, what) = match of_class {
                true => ("issubclass", "a class, a tuple of classes, or a union"),
                false => ("isinstance", "a type, a tuple of types, or a union"),
            };
            return type_error(format!("{function}() arg 2 must be {what}"));
        }
        let class = match of_class {
            true if !self.is_type(value) => {
                return type_error("issubclass() arg 1 must be a class");
            }
            true => value.clone(),
            false => self.type_operand(value)?,
        };
        if !of_class && self.same_type(&class, classes) {
            return Ok(true);
        }
        self.no_instance_hook(classes, of_class)?;
        if self.is_subtype(&class, classes)? {
            return Ok(true);
        }
        match value {
            Operand::Object(addr) if !of_class => self.no_class_override(*addr),
            _ => Ok(()),
        }?;
        Ok(false)
    }

    /// A metaclass may answer `isinstance` itself, as that of abstract classes.
    fn no_instance_hook(&self, class: &Operand, of_class: bool) -> Result<()> {
        let Operand::Object(addr) = class else {
            return Ok(());
        };
        let meta = self.type_of(*addr)?;
        let hook = match of_class {
            true => "__subclasscheck__",
            false => "__instancecheck__",
        };
        if meta.exact == Kind::Type {
            return Ok(());
        }
        self.special(&meta, hook, "this check").map(|_| ())
    }

    /// An instance may say that it is of another class (`__class__`).
    fn no_class_override(&self, addr: u64) -> Result<()> {
        let ty = self.type_of(addr)?;
        match self.find(&ty, "__class__")? {
            Some(found @ Found::Python(..)) => {
                Err(self.refuse_call(&found, "__class__", "this check"))
            }
            _ => Ok(()),
        }
    }
}
