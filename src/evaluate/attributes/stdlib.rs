//! Classes of the standard library: deque, Counter, named tuples, dataclasses.

use super::find::Found;
use crate::cpython::{Kind, Type};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::Result;
use crate::evaluate::values::operand::Operand;

/// Where the standard library defines these.
const COLLECTIONS: &str = "/collections/__init__.py";
const DATACLASSES: &str = "/dataclasses.py";
const REPRLIB: &str = "/reprlib.py";
const ENUM: &str = "/enum.py";
/// The file name of methods that `dataclasses` makes.
const GENERATED: &str = "<string>";

impl Machine<'_, '_> {
    /// Items of a deque.
    pub(crate) fn deque_items(&self, addr: u64) -> Result<Vec<Operand>> {
        let length = self.reader.length(addr)? as usize;
        self.charge(length.saturating_mul(32))?;
        let (items, _) = self.reader.deque_items(addr, length)?;
        Ok(items.into_iter().map(Operand::Object).collect())
    }

    /// Whether a method belongs to `collections.Counter`.
    pub(crate) fn is_counter(&self, found: &Found) -> bool {
        matches!(found, Found::Python(class, function)
            if *class.name == *"Counter" && self.is_from_file(*function, COLLECTIONS))
    }

    /// Whether a method is one that `dataclasses` made for the class.
    pub(crate) fn is_dataclass_method(&self, ty: &Type, found: &Found) -> Result<bool> {
        let Found::Python(class, function) = found else {
            return Ok(false);
        };
        if self
            .reader
            .type_attribute(ty, "__dataclass_fields__")?
            .is_none()
            || !self.reader.is_kind(*function, Kind::Function)
        {
            return Ok(false);
        }
        if self.is_from_file(*function, GENERATED) {
            return Ok(self
                .reader
                .type_attribute(class, "__dataclass_fields__")?
                .is_some());
        }
        let wrapped = [DATACLASSES, REPRLIB]
            .iter()
            .any(|file| self.is_from_file(*function, file));
        // `_recursive_repr` closes over the method that was made.
        let inner = self.reader.closure(*function)?;
        Ok(wrapped
            && inner.iter().any(|(name, value)| {
                &**name == "user_function" && self.is_from_file(*value, GENERATED)
            }))
    }

    /// Names of a named tuple's fields, if it is one whose method this is.
    pub(crate) fn named_tuple_fields(&self, ty: &Type, found: &Found) -> Result<Option<Operand>> {
        let Found::Python(_, function) = found else {
            return Ok(None);
        };
        if ty.kind != Kind::Tuple || !self.is_from_file(*function, COLLECTIONS) {
            return Ok(None);
        }
        let fields = self.reader.type_attribute(ty, "_fields")?;
        Ok(fields.map(Operand::Object))
    }

    /// Whether a method of the standard library does the same as is done here.
    pub(crate) fn is_stock_special(&self, ty: &Type, found: &Found, special: &str) -> bool {
        let Found::Python(_, function) = found else {
            return false;
        };
        if self.is_counter(found) {
            return matches!(special, "__eq__" | "__ne__" | "__missing__");
        }
        special == "__hash__"
            && (self.is_from_file(*function, ENUM)
                || self.is_dataclass_method(ty, found).unwrap_or(false))
    }

    /// The answer of a dataclass's or Counter's own `==`; `None` if the method is
    /// neither.
    pub(crate) fn stock_equal(
        &self,
        relation: crate::evaluate::values::equality::Relation,
        addr: u64,
        ty: &Type,
        found: &Found,
        other: &Operand,
    ) -> Result<Option<Option<bool>>> {
        use crate::evaluate::values::equality::Relation;
        if !matches!(relation, Relation::Eq | Relation::Ne) {
            return Ok(None);
        }
        let positive = relation == Relation::Eq;
        if self.is_counter(found) {
            let Operand::Dict(items) = self.decode(addr, ty)? else {
                return Ok(None);
            };
            return Ok(Some(
                self.equal_counters(&items, other)?
                    .map(|same| same == positive),
            ));
        }
        if !self.is_dataclass_method(ty, found)? {
            return Ok(None);
        }
        let Operand::Object(other) = other else {
            return Ok(Some(None));
        };
        if self.reader.type_addr(*other)? != ty.addr {
            return Ok(Some(None));
        }
        for (name, _) in self.dataclass_fields(ty, "compare")? {
            let (a, b) = (self.field_of(addr, &name)?, self.field_of(*other, &name)?);
            if !self.same_or_equal(&a, &b)? {
                return Ok(Some(Some(!positive)));
            }
        }
        Ok(Some(Some(positive)))
    }

    /// Counters are equal if all counts are, where a missing one is 0.
    fn equal_counters(&self, a: &[(Operand, Operand)], other: &Operand) -> Result<Option<bool>> {
        let Operand::Dict(b) = other else {
            return Ok(None);
        };
        let zero = Operand::int(0);
        for (these, those) in [(a, &b[..]), (&b[..], a)] {
            for (key, count) in these {
                let known = self.find_key(those, key)?.unwrap_or_else(|| zero.clone());
                if !self.equal(count, &known)? {
                    return Ok(Some(false));
                }
            }
        }
        Ok(Some(true))
    }

    /// Names of the fields of a dataclass whose flag `flag` is set.
    pub(crate) fn dataclass_fields(
        &self,
        ty: &Type,
        flag: &str,
    ) -> Result<Vec<(std::rc::Rc<str>, u64)>> {
        let Some(fields) = self.reader.type_attribute(ty, "__dataclass_fields__")? else {
            return Ok(Vec::new());
        };
        let mut names = Vec::new();
        for (name, field) in self.reader.dict_items(fields, self.reader.limits.mro)?.0 {
            self.step()?;
            let kind = match self.reader.attribute(field, "_field_type")? {
                Some(kind) => self.reader.attribute(kind, "name")?,
                None => None,
            };
            let ordinary = kind.is_none_or(|kind| self.reader.text_equals(kind, "_FIELD"));
            if ordinary && self.reader.attribute_bool(field, flag).unwrap_or(true) {
                names.push((self.reader.text(name)?, field));
            }
        }
        Ok(names)
    }

    fn field_of(&self, addr: u64, name: &str) -> Result<Operand> {
        self.attribute(&Operand::Object(addr), name)
    }
}
