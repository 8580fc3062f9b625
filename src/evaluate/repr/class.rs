//! `repr` of instances whose class the standard library wrote: dataclasses,
//! named tuples, enumerations, counters.

use crate::cpython::{Kind, Type};
use crate::evaluate::attributes::find::{Found, is_python_class};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, would_run};
use crate::evaluate::values::operand::{Operand, Str};

impl Machine<'_, '_> {
    /// Prints an instance whose `__repr__` is known; otherwise answers `false`.
    pub(crate) fn write_known_class(
        &self,
        addr: u64,
        ty: &Type,
        found: &Found,
        inside: bool,
        out: &mut String,
    ) -> Result<bool> {
        if let Some(fields) = self.named_tuple_fields(ty, found)? {
            self.write_named_tuple(addr, ty, &fields, out)?;
        } else if self.is_dataclass_method(ty, found)? {
            match inside {
                true => self.put(out, "...")?,
                false => self.write_dataclass(addr, ty, out)?,
            }
        } else if self.is_counter(found) {
            self.write_counter(addr, ty, out)?;
        } else if ty.kind == Kind::Type && self.is_enum_own(found) {
            self.write_enum_class(addr, out)?;
        } else if self.enum_member(addr)?.is_some() && self.is_enum_own(found) {
            self.write_enum_member(addr, ty, out)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn write_named_tuple(
        &self,
        addr: u64,
        ty: &Type,
        fields: &Operand,
        out: &mut String,
    ) -> Result<()> {
        let names = self.items(fields)?;
        let items = self.items(&self.decode(addr, ty)?)?;
        let name = self.type_short_name(ty);
        self.put(out, &format!("{name}("))?;
        for (index, (name, item)) in names.iter().zip(&items).enumerate() {
            let name = self.str(name)?;
            let separator = if index > 0 { ", " } else { "" };
            self.put(out, &format!("{separator}{name}="))?;
            self.write_repr(item, out)?;
        }
        self.put(out, ")")
    }

    fn write_dataclass(&self, addr: u64, ty: &Type, out: &mut String) -> Result<()> {
        let name = self.short_name(ty);
        self.put(out, &format!("{name}("))?;
        for (index, (name, _)) in self.dataclass_fields(ty, "repr")?.iter().enumerate() {
            let value = self.attribute(&Operand::Object(addr), name)?;
            let separator = if index > 0 { ", " } else { "" };
            self.put(out, &format!("{separator}{name}="))?;
            self.write_repr(&value, out)?;
        }
        self.put(out, ")")
    }

    /// Counters print the most common items first.
    fn write_counter(&self, addr: u64, ty: &Type, out: &mut String) -> Result<()> {
        let name = self.type_short_name(ty);
        let Operand::Dict(items) = self.decode(addr, ty)? else {
            return would_run("this Counter cannot be printed");
        };
        if items.is_empty() {
            return self.put(out, &format!("{name}()"));
        }
        let pair = |(key, count): &(Operand, Operand)| {
            Operand::tuple(vec![count.clone(), key.clone(), count.clone()])
        };
        let mut keyed = Vec::new();
        for item in items.iter().map(pair) {
            keyed.push(item);
        }
        let sorted = self.most_common(keyed)?;
        self.put(out, &format!("{name}({{"))?;
        self.write_pairs(&sorted, out)?;
        self.put(out, "})")
    }

    /// Keys and counts, the largest count first, equal ones as they were.
    fn most_common(&self, items: Vec<Operand>) -> Result<Vec<(Operand, Operand)>> {
        let mut pairs: Vec<(Operand, Operand)> = Vec::new();
        for item in items {
            let Operand::Tuple(parts) = item else {
                continue;
            };
            let [count, key, _] = &parts[..] else {
                continue;
            };
            let mut at = pairs.len();
            while let Some((_, known)) = at.checked_sub(1).and_then(|before| pairs.get(before))
                && self.compare(
                    crate::evaluate::values::equality::Relation::Lt,
                    known,
                    count,
                )?
            {
                at -= 1;
            }
            pairs.insert(at, (key.clone(), count.clone()));
        }
        Ok(pairs)
    }

    /// `<enum 'Color'>`, from 3.12 `<flag 'Perm'>` too.
    fn write_enum_class(&self, addr: u64, out: &mut String) -> Result<()> {
        let class = self.reader.type_at(addr)?;
        let is_flag = self.minor >= 11 && self.stdlib_base(&class, "enum.Flag")?.is_some();
        let kind = if is_flag { "flag" } else { "enum" };
        let name = self.type_short_name(&class);
        self.put(out, &format!("<{kind} '{name}'>"))
    }

    fn write_enum_member(&self, addr: u64, ty: &Type, out: &mut String) -> Result<()> {
        let name = self.member_name(addr)?;
        let class = self.type_short_name(ty);
        self.put(out, &format!("<{class}.{name}: "))?;
        let value = self.enum_part(addr, "_value_")?.unwrap_or(Operand::None);
        self.write_repr(&value, out)?;
        self.put(out, ">")
    }

    fn member_name(&self, addr: u64) -> Result<Str> {
        let name = self.enum_part(addr, "_name_")?;
        match name.map(|name| self.exact(&name)).transpose()? {
            Some(Operand::Str(name)) => Ok(name),
            _ => would_run("this combination of flags has no name: `enum` would compute one"),
        }
    }

    /// `str` of an enum member: `Color.RED`, or its data where the class says so.
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
        // From 3.11 `IntEnum` and `StrEnum` take `__str__` from their data.
        let by_enum = is_python_class(class) && self.enum_member(addr)?.is_some();
        match (by_enum, self.decode(addr, ty)?) {
            (true, Operand::Str(text)) => Ok(text),
            (true, data) if !matches!(data, Operand::Object(_)) => Ok(Str::from(self.repr(&data)?)),
            _ => Err(self.refuse_call(found, "__str__", "`str`")),
        }
    }
}
