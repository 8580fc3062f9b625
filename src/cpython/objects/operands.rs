//! Fields of builtin objects that evaluating an expression needs.

use super::types::{Kind, Type};
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::Reader;

/// What a member descriptor reads (`PyMemberDef.type`, Include/descrobject.h).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Member {
    Object(u64),
    /// A null reference that reads as `None`.
    None,
    /// A null reference that is no attribute: an unset slot.
    Unset,
    Int(i64),
    Bool(bool),
    Float(f64),
    /// A type of member that is not decoded.
    Other,
}

impl Reader<'_> {
    /// The first `count` fields of the object at `addr`, behind its header:
    /// `range`, `slice`, `property`, `classmethod`, `mappingproxy` and views of
    /// dicts begin with references (Objects/rangeobject.c, sliceobject.c,
    /// descrobject.c, funcobject.c, dictobject.c).
    ///
    /// # Errors
    /// When they cannot be read; a null field is 0.
    pub fn leading_fields<const N: usize>(&self, addr: u64) -> Result<[u64; N]> {
        let mut fields = [0; N];
        for (index, field) in fields.iter_mut().enumerate() {
            let at = addr + u64::from(self.layout.object.size) + index as u64 * 8;
            *field = self.pointer(at, "field")?.unwrap_or(0);
        }
        Ok(fields)
    }

    /// The contents of the `bytearray` at `addr` (`ob_start`,
    /// Include/cpython/bytearrayobject.h).
    ///
    /// # Errors
    /// When it is longer than `max` bytes or cannot be read.
    pub fn bytearray(&self, addr: u64, max: usize) -> Result<Vec<u8>> {
        self.expect_kind(addr, Kind::ByteArray, "bytearray")?;
        let size_at = addr + u64::from(self.layout.object.ob_size);
        let length = self.bounded("length of a bytearray", self.i64(size_at)?, max)?;
        if length == 0 {
            return Ok(Vec::new());
        }
        // ob_size, ob_alloc, ob_bytes, ob_start.
        let start = self.required(size_at + 24, "ob_start")?;
        self.bytes(start, length)
    }

    /// Keys of the `collections.OrderedDict` at `addr` in its own order: nodes
    /// in a list behind the dict (Objects/odictobject.c).
    ///
    /// # Errors
    /// When the list is longer than `max` or cannot be read.
    pub fn ordered_keys(&self, addr: u64, ordered: &Type, max: usize) -> Result<Vec<u64>> {
        let dict = ordered.mro.get(1).copied().unwrap_or(ordered.addr);
        let dict_size = self.type_at(dict)?.basicsize;
        // `od_first` is the first field behind the dict.
        let first = addr.wrapping_add_signed(dict_size);
        let mut next = self.pointer(first, "od_first")?;
        let mut keys = Vec::new();
        while let Some(node) = next {
            if keys.len() >= max {
                return Err(DecodeError::Limit {
                    what: "length of an OrderedDict",
                    value: keys.len() as u64 + 1,
                    limit: max as u64,
                });
            }
            // key, hash, next.
            keys.push(self.required(node, "key of an OrderedDict")?);
            next = self.pointer(node + 16, "next key of an OrderedDict")?;
        }
        Ok(keys)
    }

    /// The `default_factory` of the `collections.defaultdict` at `addr`, which
    /// follows the dict (Modules/_collectionsmodule.c).
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn default_factory(&self, addr: u64, class: &Type) -> Result<Option<u64>> {
        let dict = class.mro.get(1).copied().unwrap_or(class.addr);
        let dict_size = self.type_at(dict)?.basicsize;
        self.pointer(addr.wrapping_add_signed(dict_size), "default_factory")
    }

    /// The bases of the type at `addr`: `tp_bases` is in front of `tp_mro`
    /// (Include/cpython/object.h).
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn type_bases(&self, addr: u64) -> Result<Option<u64>> {
        let at = u64::from(self.layout.type_object.tp_mro).wrapping_sub(8);
        self.pointer(addr.wrapping_add(at), "tp_bases")
    }

    /// `tp_mro` of the type at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn type_mro(&self, addr: u64) -> Result<Option<u64>> {
        self.pointer(addr + u64::from(self.layout.type_object.tp_mro), "tp_mro")
    }

    /// What the member descriptor `member` reads from the object at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn member_value(&self, addr: u64, member: u64) -> Result<Member> {
        let layout = &self.layout.descriptor;
        let definition = self.required(member + u64::from(layout.d_member), "d_member")?;
        let kind = self.i32(definition + u64::from(layout.member_type))?;
        let offset = self.i64(definition + u64::from(layout.member_offset))?;
        let at = addr.wrapping_add_signed(offset);
        Ok(match kind {
            6 | 16 => match (self.pointer(at, "slot")?, kind) {
                (Some(value), _) => Member::Object(value),
                (None, 6) => Member::None,
                (None, _) => Member::Unset,
            },
            1 => Member::Int(self.i32(at)?.into()),
            2 | 17 | 19 => Member::Int(self.i64(at)?),
            4 => Member::Float(self.f64(at)?),
            8 => Member::Int(self.i8(at)?.into()),
            9 => Member::Int(self.u8(at)?.into()),
            11 => Member::Int(self.u32(at)?.into()),
            14 => Member::Bool(self.u8(at)? != 0),
            _ => Member::Other,
        })
    }

    /// `__context__` and `__cause__` of the exception at `addr`, which follow
    /// its traceback (Include/cpython/pyerrors.h); 0 where there is none.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn exception_links(&self, addr: u64) -> Result<[Option<u64>; 3]> {
        let at = addr + u64::from(self.layout.exception.traceback);
        Ok([
            self.pointer(at, "traceback")?,
            self.pointer(at + 8, "context")?,
            self.pointer(at + 16, "cause")?,
        ])
    }

    /// A field of the function at `addr` that follows from those that the
    /// layout has: `PyFunctionObject` (Include/cpython/funcobject.h) begins
    /// with globals, builtins, name, qualname, code, defaults, keyword defaults
    /// and closure from 3.10; before, with code, globals, defaults, keyword
    /// defaults, closure, doc and name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn function_field(&self, addr: u64, field: FunctionField) -> Result<Option<u64>> {
        let layout = &self.layout.function;
        let modern = layout.func_qualname < layout.func_code;
        let (base, places) = match (field, modern) {
            (FunctionField::Name, true) => (layout.func_code, -2),
            (FunctionField::Name, false) => (layout.func_closure, 2),
            (FunctionField::Doc, _) => (layout.func_closure, 1),
            (FunctionField::Module, true) => (layout.func_closure, 4),
            (FunctionField::Module, false) => (layout.func_closure, 5),
            (FunctionField::Defaults, true) => (layout.func_code, 1),
            (FunctionField::Defaults, false) => (layout.func_globals, 1),
            (FunctionField::KeywordDefaults, true) => (layout.func_code, 2),
            (FunctionField::KeywordDefaults, false) => (layout.func_globals, 2),
            (FunctionField::Code, _) => (layout.func_code, 0),
            (FunctionField::Globals, _) => (layout.func_globals, 0),
            (FunctionField::Closure, _) => (layout.func_closure, 0),
            (FunctionField::Qualname, _) => (layout.func_qualname, 0),
        };
        let at = (addr + u64::from(base)).wrapping_add_signed(places * 8);
        self.pointer(at, "field of a function")
    }
}

/// Fields of a function, see [`Reader::function_field`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionField {
    Name,
    Qualname,
    Doc,
    Module,
    Defaults,
    KeywordDefaults,
    Code,
    Globals,
    Closure,
}
