//! The printed tree of instances whose class the standard library wrote:
//! dataclasses, named tuples, enumerations, counters.

use crate::cpython::objects::value::Value;
use crate::cpython::{Kind, Type};
use crate::evaluate::attributes::find::{Found, is_python_class};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, would_run};
use crate::evaluate::repr::tree::plain;
use crate::evaluate::values::equality::Relation;
use crate::evaluate::values::operand::{Operand, Str};

impl Machine<'_, '_> {
    /// What is printed in place of an instance whose `__repr__` is written in
    /// Python; `None` if it is decoded. An error if the method is not known here.
    pub(crate) fn known_class(
        &self,
        addr: u64,
        ty: &Type,
        found: &Found,
        inside: bool,
    ) -> Result<Option<Value>> {
        if self.named_tuple_fields(ty, found)?.is_some() {
            return Ok(None);
        }
        if self.is_dataclass_method(ty, found)? {
            return Ok(inside.then(|| plain("...")));
        }
        if self.is_counter(found) {
            return self.counter(addr, ty).map(Some);
        }
        if ty.kind == Kind::Type && self.is_enum_own(found) {
            return self.enum_class(addr).map(Some);
        }
        if self.enum_member(addr)?.is_some() && self.is_enum_own(found) {
            let value = self.enum_part(addr, "_value_")?.unwrap_or(Operand::None);
            return Ok(Some(Value::Enum {
                name: format!("{}.{}", self.type_short_name(ty), self.member_name(addr)?),
                value: Box::new(self.tree(&value)?),
            }));
        }
        Err(self.refuse_call(found, "__repr__", "`repr`"))
    }

    /// Counters print the most common items first.
    fn counter(&self, addr: u64, ty: &Type) -> Result<Value> {
        let name = self.type_short_name(ty);
        let Operand::Dict(items) = self.decode(addr, ty)? else {
            return would_run("this Counter cannot be printed");
        };
        if items.is_empty() {
            return Ok(Value::Plain(format!("{name}()")));
        }
        let mut sorted: Vec<(Operand, Operand)> = Vec::new();
        for (key, count) in items.iter() {
            let mut at = sorted.len();
            while let Some((_, known)) = at.checked_sub(1).and_then(|before| sorted.get(before))
                && self.compare(Relation::Lt, known, count)?
            {
                at -= 1;
            }
            sorted.insert(at, (key.clone(), count.clone()));
        }
        self.dict_tree(&format!("{name}("), &sorted, ")")
    }

    /// `<enum 'Color'>`, and `<flag 'Perm'>` since `EnumMeta` is called `EnumType`
    /// (3.11, Lib/enum.py).
    fn enum_class(&self, addr: u64) -> Result<Value> {
        let class = self.reader.type_at(addr)?;
        let is_flag = *self.type_of(addr)?.name == *"EnumType"
            && self.stdlib_base(&class, "enum.Flag")?.is_some();
        let kind = if is_flag { "flag" } else { "enum" };
        let name = self.type_short_name(&class);
        Ok(Value::Plain(format!("<{kind} '{name}'>")))
    }

    fn member_name(&self, addr: u64) -> Result<Str> {
        let name = self.enum_part(addr, "_name_")?;
        match name.map(|name| self.exact(&name)).transpose()? {
            Some(Operand::Str(name)) => Ok(name),
            _ => would_run("this combination of flags has no name: `enum` would compute one"),
        }
    }

    /// `str` of an enum member: `Color.RED`, or its data if the class says so.
    pub(crate) fn enum_text(&self, addr: u64, ty: &Type, found: &Found) -> Result<Str> {
        let (Found::Python(class, value) | Found::Foreign(class, value)) = found else {
            return Ok(Str::from(self.repr(&Operand::Object(addr))?));
        };
        if self.reader.is_kind(*value, Kind::Function) {
            if !self.is_enum_own(found) {
                return Err(self.refuse_call(found, "__str__", "`str`"));
            }
            let name = self.member_name(addr)?;
            return Ok(Str::from(format!("{}.{name}", self.type_short_name(ty))));
        }
        // From 3.11 `IntEnum` and `StrEnum` take `__str__` from their data type.
        let by_enum = is_python_class(class) && self.enum_member(addr)?.is_some();
        match (by_enum, self.decode(addr, ty)?) {
            (true, Operand::Str(text)) => Ok(text),
            (true, data) if !matches!(data, Operand::Object(_)) => Ok(Str::from(self.repr(&data)?)),
            _ => Err(self.refuse_call(found, "__str__", "`str`")),
        }
    }
}
