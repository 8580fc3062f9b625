//! Attributes of instances and modules as they are stored; no code runs to
//! compute one.

use std::rc::Rc;

use python_offsets::AttributesForm;

use super::kinds::Kind;
use super::types::Type;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::{Reader, WORD, is_plausible};

/// Where an instance stores its attributes.
enum Storage {
    /// In the dict at this address.
    Dict(u64),
    /// In an array of values at this address. The cached keys of the type have
    /// their names.
    Values(u64),
    /// It has none.
    Nothing,
}

impl Reader<'_> {
    /// Name and value of each attribute stored on the instance at `addr`: those of
    /// its dict or values, then its `__slots__`.
    ///
    /// # Errors
    /// When the instance, its type or one of its `__slots__` cannot be read.
    pub fn attributes(&self, addr: u64) -> Result<Vec<(Rc<str>, u64)>> {
        self.attributes_of(addr, &*self.type_of(addr)?)
    }

    /// The same of an instance of type `ty`.
    ///
    /// # Errors
    /// When the instance or one of its `__slots__` cannot be read.
    pub fn attributes_of(&self, addr: u64, ty: &Type) -> Result<Vec<(Rc<str>, u64)>> {
        let mut attributes = match self.storage(addr, ty)? {
            Storage::Dict(dict) => self.named_items(dict)?,
            Storage::Values(values) => self.inline_items(values, ty)?,
            Storage::Nothing => Vec::new(),
        };
        attributes.extend(self.slots(addr, ty)?);
        Ok(attributes)
    }

    /// The attribute `name` of the instance at `addr`, or of its class where the
    /// instance does not store it. `None` where neither has it.
    ///
    /// # Errors
    /// When the instance or its class cannot be read.
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
                self.member_object(addr, member)
            }
            other => Ok(other),
        }
    }

    /// The attribute `name` of the object at `addr`. `None` where it is absent or
    /// Python's `None`.
    ///
    /// # Errors
    /// When the instance or its class cannot be read.
    pub fn attribute_object(&self, addr: u64, name: &str) -> Result<Option<u64>> {
        let value = self.attribute(addr, name)?;
        Ok(value.filter(|value| !self.is_kind(*value, Kind::None)))
    }

    /// The attribute `name` as a truth value. `None` where it is absent, cannot be
    /// read, or is neither a `bool` nor a small `int`.
    pub fn attribute_bool(&self, addr: u64, name: &str) -> Option<bool> {
        let value = self.attribute(addr, name).ok()??;
        Some(self.int(value).ok()?.to_i64()? != 0)
    }

    /// The dict of the module at `addr`.
    ///
    /// # Errors
    /// When it is no module or cannot be read.
    pub fn module_dict(&self, addr: u64) -> Result<u64> {
        self.expect_kind(addr, Kind::Module, "module")?;
        self.required(self.layout.module.md_dict.at(addr), "md_dict")
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

    /// Size in bytes of a variable-size instance (`_PyObject_VAR_SIZE`). A negative
    /// `tp_dictoffset` counts from the end of the instance.
    fn variable_size(&self, addr: u64, ty: &Type) -> Result<i64> {
        let count = self
            .i64(self.layout.object.ob_size.at(addr))?
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
        let inconsistent = DecodeError::Corrupt {
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
                    _ => Err(inconsistent),
                }
            }
            AttributesForm::Tagged => match self.u64(dict_at)? {
                word if word & 1 == 1 && is_plausible(word) => Ok(Storage::Values(word + 1)),
                word if word & 1 == 1 => Err(inconsistent),
                word => Ok(dict(word)),
            },
            AttributesForm::Inline => {
                let word = self.u64(dict_at)?;
                if word != 0 || !ty.has_inline_values() {
                    return Ok(dict(word));
                }
                let values = addr.wrapping_add_signed(ty.basicsize);
                let valid = self.u8(layout.valid.ok_or(missing)?.at(values))?;
                Ok(match valid {
                    0 => Storage::Nothing,
                    _ => Storage::Values(layout.first_value.at(values)),
                })
            }
        }
    }

    fn inline_items(&self, values: u64, ty: &Type) -> Result<Vec<(Rc<str>, u64)>> {
        let names = self.cached_key_names(ty)?;
        let mut items = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let value = self.u64(values + (index * WORD) as u64)?;
            if value != 0 {
                items.push((name.clone(), value));
            }
        }
        Ok(items)
    }

    fn inline_item(&self, values: u64, ty: &Type, name: &str) -> Result<Option<u64>> {
        let names = self.cached_key_names(ty)?;
        match names.iter().position(|known| &**known == name) {
            Some(index) => self.pointer(values + (index * WORD) as u64, "attribute value"),
            None => Ok(None),
        }
    }

    fn cached_key_names(&self, ty: &Type) -> Result<Rc<[Rc<str>]>> {
        match ty.cached_keys {
            0 => Ok(Rc::from([])),
            keys => self.shared_key_names(keys),
        }
    }

    /// Items of a dict by name. Keys that are no text are left out.
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
            // Types that C code defines have members too, which are no slots.
            if !class.is_heap() || class.name.contains('.') {
                continue;
            }
            let Some(dict) = self.type_dict(class.addr)? else {
                continue;
            };
            for (key, member) in self.dict_items(dict, self.limits.items)?.0 {
                if self.is_kind(member, Kind::MemberDescriptor)
                    && let Some(value) = self.member_object(addr, member)?
                {
                    slots.push((self.text(key)?, value));
                }
            }
        }
        Ok(slots)
    }
}
