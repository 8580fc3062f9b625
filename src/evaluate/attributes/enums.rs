//! `enum`: members, their names and values.

use std::rc::Rc;

use super::find::Found;
use crate::cpython::{Kind, Type};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, type_error};
use crate::evaluate::values::operand::Operand;

const ENUM: &str = "/enum.py";

impl Machine<'_, '_> {
    /// Whether the class at `addr` is an enumeration.
    pub(crate) fn is_enum_class(&self, addr: u64) -> Result<bool> {
        let meta = self.type_of(addr)?;
        // `EnumMeta` to 3.10, `EnumType` since.
        let known = ["EnumMeta", "EnumType"];
        Ok(meta.kind == Kind::Type
            && known.contains(&&*meta.name)
            && self.reader.full_type_name(&meta).starts_with("enum."))
    }

    /// Names and members of the enumeration at `addr`, if it is one.
    pub(crate) fn enum_members(&self, addr: u64) -> Result<Option<Vec<(Operand, Operand)>>> {
        if !self.is_enum_class(addr)? {
            return Ok(None);
        }
        let class = self.reader.type_at(addr)?;
        let Some(map) = self.reader.type_attribute(&class, "_member_map_")? else {
            return Ok(Some(Vec::new()));
        };
        let (items, _) = self.reader.dict_items(map, self.reader.limits.items)?;
        self.charge(items.len().saturating_mul(64))?;
        let pair = |(name, member)| (Operand::Object(name), Operand::Object(member));
        Ok(Some(items.into_iter().map(pair).collect()))
    }

    /// Members without aliases, in their order.
    pub(crate) fn distinct(&self, members: Vec<(Operand, Operand)>) -> Vec<Operand> {
        let mut seen = Vec::new();
        let mut distinct = Vec::new();
        for (_, member) in members {
            if !seen.contains(&member.address()) {
                seen.push(member.address());
                distinct.push(member);
            }
        }
        distinct
    }

    /// The class of the enum member at `addr`, if it is one.
    pub(crate) fn enum_member(&self, addr: u64) -> Result<Option<Rc<Type>>> {
        let ty = self.type_of(addr)?;
        if !ty.is_heap() || ty.kind == Kind::Type || !self.is_enum_class(ty.addr)? {
            return Ok(None);
        }
        Ok(Some(ty))
    }

    /// `_name_` or `_value_` of an enum member.
    pub(crate) fn enum_part(&self, addr: u64, part: &str) -> Result<Option<Operand>> {
        Ok(self.reader.attribute(addr, part)?.map(Operand::Object))
    }

    /// Whether an attribute of a class is one that `enum` defines.
    pub(crate) fn is_enum_own(&self, found: &Found) -> bool {
        let Found::Python(class, value) = found else {
            return false;
        };
        let owners = ["Enum", "IntEnum", "StrEnum", "ReprEnum", "Flag", "IntFlag"];
        let by_class = owners.contains(&&*class.name)
            && self.reader.full_type_name(class).starts_with("enum.");
        by_class || self.is_from_file(*value, ENUM)
    }

    /// Whether the truth of a member is that of its data.
    pub(crate) fn has_stock_truth(&self, ty: &Type) -> Result<bool> {
        if !crate::evaluate::values::decode::holds_data(ty) {
            return Ok(false);
        }
        let found = self.find(ty, "__bool__")?;
        Ok(found.is_none_or(|found| matches!(found, Found::Native(_)) || self.is_enum_own(&found)))
    }

    /// `item in Class`.
    pub(crate) fn enum_contains(
        &self,
        class: u64,
        members: &[(Operand, Operand)],
        item: &Operand,
    ) -> Result<bool> {
        if let Operand::Object(addr) = item
            && self.reader.type_addr(*addr)? == class
        {
            return Ok(true);
        }
        if !self.behaviour.enum_contains_values {
            return match item {
                Operand::Object(addr) if self.enum_member(*addr)?.is_some() => Ok(false),
                _ => type_error(format!(
                    "'{}' object is not a member of an enumeration",
                    self.type_label(item)
                )),
            };
        }
        for (_, member) in members {
            if let Operand::Object(addr) = member
                && let Some(value) = self.enum_part(*addr, "_value_")?
                && self.same_or_equal(&value, item)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
