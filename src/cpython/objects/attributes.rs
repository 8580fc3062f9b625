//! Attributes of instances and modules, as they are stored.

use std::rc::Rc;

use python_offsets::AttributesForm;

use super::types::{Kind, Type};
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::{Reader, is_plausible};

/// `T_OBJECT` and `T_OBJECT_EX` (Include/structmember.h): members that hold a
/// reference, which is how `__slots__` are stored.
const OBJECT_MEMBERS: [i32; 2] = [6, 16];

/// Where the attributes of one instance are.
enum Storage {
    Dict(u64),
    /// First value; the names are the type's cached keys.
    Values(u64),
    Nothing,
}

impl Reader<'_> {
    /// Name and value of each attribute stored on the instance at `addr`:
    /// its dict or values, then its `__slots__`.
    pub fn attributes(&self, addr: u64) -> Result<Vec<(Rc<str>, u64)>> {
        let ty = self.type_of(addr)?;
        let mut attributes = match self.storage(addr, &ty)? {
            Storage::Dict(dict) => self.named_items(dict)?,
            Storage::Values(values) => self.inline_items(values, &ty)?,
            Storage::Nothing => Vec::new(),
        };
        attributes.extend(self.slots(addr, &ty)?);
        Ok(attributes)
    }

    /// The attribute `name` stored on the instance at `addr`, or, where the
    /// instance has none, of its class.
    pub fn attribute(&self, addr: u64, name: &str) -> Result<Option<u64>> {
        let ty = self.type_of(addr)?;
        let own = match self.storage(addr, &ty)? {
            Storage::Dict(dict) => self.dict_get(dict, name)?,
            Storage::Values(values) => self.inline_item(values, &ty, name)?,
            Storage::Nothing => None,
        };
        if own.is_some() {
            return Ok(own);
        }
        match self.type_attribute(&ty, name)? {
            Some(member) if self.is_kind(member, Kind::MemberDescriptor) => {
                self.member(addr, member)
            }
            other => Ok(other),
        }
    }

    /// Attribute `name` when it is there and not `None`.
    pub fn attribute_object(&self, addr: u64, name: &str) -> Result<Option<u64>> {
        let value = self.attribute(addr, name)?;
        Ok(value.filter(|value| !self.is_kind(*value, Kind::None)))
    }

    /// Attribute `name` as a truth value, for `bool` and small integers.
    pub fn attribute_bool(&self, addr: u64, name: &str) -> Option<bool> {
        let value = self.attribute(addr, name).ok()??;
        Some(self.int(value).ok()?.to_i64()? != 0)
    }

    /// The dict of the module at `addr`.
    pub fn module_dict(&self, addr: u64) -> Result<u64> {
        self.expect_kind(addr, Kind::Module, "module")?;
        self.required(addr + u64::from(self.layout.module.md_dict), "md_dict")
    }

    fn storage(&self, addr: u64, ty: &Type) -> Result<Storage> {
        if ty.has_managed_dict() {
            return self.managed_storage(addr, ty);
        }
        let offset = match ty.dictoffset {
            0 => return Ok(Storage::Nothing),
            offset if offset > 0 => offset,
            offset => self.variable_size(addr, ty)?.saturating_add(offset),
        };
        let at = addr
            .checked_add_signed(offset)
            .ok_or(DecodeError::Corrupt {
                what: "tp_dictoffset",
                addr: ty.addr,
            })?;
        Ok(match self.pointer(at, "instance dict")? {
            Some(dict) => Storage::Dict(dict),
            None => Storage::Nothing,
        })
    }

    /// Size of a variable-size instance (`_PyObject_VAR_SIZE`): a negative
    /// `tp_dictoffset` counts from its end.
    fn variable_size(&self, addr: u64, ty: &Type) -> Result<i64> {
        let count = self
            .i64(addr + u64::from(self.layout.object.ob_size))?
            .saturating_abs();
        let size = ty
            .itemsize
            .saturating_mul(count)
            .saturating_add(ty.basicsize);
        Ok(size.saturating_add(7) & !7)
    }

    fn managed_storage(&self, addr: u64, ty: &Type) -> Result<Storage> {
        let layout = &self.layout.attributes;
        let missing = DecodeError::NotInLayout {
            what: "managed dicts",
        };
        let torn = DecodeError::Corrupt {
            what: "attribute values",
            addr,
        };
        let before = |offset: i32| addr.wrapping_add_signed(i64::from(offset));
        let dict_at = before(layout.managed_dict.ok_or(missing.clone())?);
        let dict = |word: u64| match word {
            0 => Storage::Nothing,
            dict => Storage::Dict(dict),
        };
        match self.layout.format.attributes {
            AttributesForm::DictOffset => Err(missing),
            AttributesForm::ValuesAndDict => {
                let values = self.u64(before(layout.values.ok_or(missing)?))?;
                match values {
                    0 => Ok(dict(self.u64(dict_at)?)),
                    values if is_plausible(values) => Ok(Storage::Values(values)),
                    _ => Err(torn),
                }
            }
            AttributesForm::Tagged => match self.u64(dict_at)? {
                word if word & 1 == 1 && is_plausible(word) => Ok(Storage::Values(word + 1)),
                word if word & 1 == 1 => Err(torn),
                word => Ok(dict(word)),
            },
            AttributesForm::Inline => {
                let word = self.u64(dict_at)?;
                if word != 0 || !ty.has_inline_values() {
                    return Ok(dict(word));
                }
                let values = addr.wrapping_add_signed(ty.basicsize);
                let valid = self.u8(values + u64::from(layout.valid.ok_or(missing)?))?;
                Ok(match valid {
                    0 => Storage::Nothing,
                    _ => Storage::Values(values + u64::from(layout.first_value)),
                })
            }
        }
    }

    fn inline_items(&self, values: u64, ty: &Type) -> Result<Vec<(Rc<str>, u64)>> {
        let names = self.cached_key_names(ty)?;
        let mut items = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let value = self.u64(values + index as u64 * 8)?;
            if value != 0 {
                items.push((name.clone(), value));
            }
        }
        Ok(items)
    }

    fn inline_item(&self, values: u64, ty: &Type, name: &str) -> Result<Option<u64>> {
        let names = self.cached_key_names(ty)?;
        match names.iter().position(|known| &**known == name) {
            Some(index) => self.pointer(values + index as u64 * 8, "attribute value"),
            None => Ok(None),
        }
    }

    fn cached_key_names(&self, ty: &Type) -> Result<Rc<[Rc<str>]>> {
        match ty.cached_keys {
            0 => Ok(Rc::from([])),
            keys => self.shared_key_names(keys),
        }
    }

    /// Items of a dict whose keys are text; other keys are left out.
    fn named_items(&self, dict: u64) -> Result<Vec<(Rc<str>, u64)>> {
        let (items, _) = self.dict_items(dict, self.limits.items)?;
        Ok(items
            .into_iter()
            .filter_map(|(key, value)| Some((self.text(key).ok()?, value)))
            .collect())
    }

    fn slots(&self, addr: u64, ty: &Type) -> Result<Vec<(Rc<str>, u64)>> {
        let mut slots = Vec::new();
        for class in &ty.mro {
            let class = self.type_at(*class)?;
            // Types of C code have members too, but they are no slots.
            if !class.is_heap() || class.name.contains('.') {
                continue;
            }
            let Some(dict) = self.type_dict(class.addr)? else {
                continue;
            };
            for (key, member) in self.dict_items(dict, self.limits.items)?.0 {
                if self.is_kind(member, Kind::MemberDescriptor)
                    && let Some(value) = self.member(addr, member)?
                {
                    slots.push((self.text(key)?, value));
                }
            }
        }
        Ok(slots)
    }

    /// The object that the member descriptor `member` reads from `addr`.
    fn member(&self, addr: u64, member: u64) -> Result<Option<u64>> {
        let layout = &self.layout.descriptor;
        let definition = self.required(member + u64::from(layout.d_member), "d_member")?;
        let member_type = self.i32(definition + u64::from(layout.member_type))?;
        if !OBJECT_MEMBERS.contains(&member_type) {
            return Ok(None);
        }
        let offset = self.i64(definition + u64::from(layout.member_offset))?;
        self.pointer(addr.wrapping_add_signed(offset), "slot")
    }
}
