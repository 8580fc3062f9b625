//! `dir`.

use std::collections::BTreeSet;

use super::attributes::find::{Found, is_python_class};
use super::attributes::native_names;
use super::machine::Machine;
use super::refusal::{Result, would_run};
use super::values::operand::Operand;
use crate::cpython::{Kind, Type};

impl Machine<'_, '_> {
    /// `dir(value)`.
    pub(super) fn dir(&self, value: &Operand) -> Result<Operand> {
        let mut names = BTreeSet::new();
        match value {
            Operand::Object(addr) => {
                let ty = self.type_of(*addr)?;
                if let Some(found @ Found::Python(..)) = self.find(&ty, "__dir__")? {
                    return Err(self.refuse_call(&found, "__dir__", "`dir`"));
                }
                match ty.kind {
                    Kind::Module => {
                        let dict = self.reader.module_dict(*addr)?;
                        if self.reader.dict_get(dict, "__dir__")?.is_some() {
                            return would_run("`__dir__` of the module would run in the target");
                        }
                        self.add_keys(dict, &mut names)?;
                    }
                    Kind::Type => self.add_class(&*self.reader.type_at(*addr)?, &mut names)?,
                    _ => {
                        self.add_class(&ty, &mut names)?;
                        if let Some(Operand::Dict(items)) = self.instance_dict(*addr)? {
                            for (name, _) in items.iter() {
                                if let Operand::Str(name) = self.exact(name)? {
                                    names.insert(name.points().to_vec());
                                }
                            }
                        }
                    }
                }
            }
            other => {
                let class = match other {
                    Operand::Type(name) => name,
                    other => other.native_type().unwrap_or("object"),
                };
                let parent = if class == "bool" { "int" } else { "object" };
                for class in [class, parent, "object"] {
                    self.add_known(class, &mut names);
                }
            }
        }
        self.charge(names.len().saturating_mul(64))?;
        Ok(Operand::list(
            names.into_iter().map(Operand::text).collect(),
        ))
    }

    fn add_known(&self, class: &str, names: &mut BTreeSet<Vec<u32>>) -> bool {
        match native_names::of(class, self.minor) {
            Some(known) => {
                names.extend(
                    known
                        .iter()
                        .map(|name| name.chars().map(u32::from).collect()),
                );
                true
            }
            None => false,
        }
    }

    fn add_class(&self, ty: &Type, names: &mut BTreeSet<Vec<u32>>) -> Result<()> {
        for class in &ty.mro {
            let class = self.reader.type_at(*class)?;
            if !is_python_class(&class) && !class.is_heap() && self.add_known(&class.name, names) {
                continue;
            }
            match self.reader.type_dict(class.addr)? {
                Some(dict) => self.add_keys(dict, names)?,
                None => {
                    return would_run(format!("the attributes of `{}` cannot be read", class.name));
                }
            }
        }
        Ok(())
    }

    fn add_keys(&self, dict: u64, names: &mut BTreeSet<Vec<u32>>) -> Result<()> {
        for (key, _) in self.reader.dict_items(dict, self.reader.limits.items)?.0 {
            self.step()?;
            if let Operand::Str(name) = self.exact(&Operand::Object(key))? {
                self.charge(64)?;
                names.insert(name.points().to_vec());
            }
        }
        Ok(())
    }
}
