//! Finding keys in dicts and items in sets, and what can be a key.

use super::operand::Operand;
use crate::cpython::Kind;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, type_error};

/// What a value is to be hashed for, as messages from 3.14 on name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    DictKey,
    SetElement,
    Hash,
}

impl Machine<'_, '_> {
    /// The value of `key` in a dict; the key must be hashable.
    pub(crate) fn find_key(
        &self,
        items: &[(Operand, Operand)],
        key: &Operand,
    ) -> Result<Option<Operand>> {
        let at = self.position(items.iter().map(|(key, _)| key), key)?;
        Ok(at
            .and_then(|at| items.get(at))
            .map(|(_, value)| value.clone()))
    }

    /// Whether a set has `item`, which must be hashable.
    pub(crate) fn has_item(&self, items: &[Operand], item: &Operand) -> Result<bool> {
        Ok(self.position(items.iter(), item)?.is_some())
    }

    /// Where a hash table has `key`. Python compares only keys of equal hash;
    /// where one would need code of the program, and no other key is equal, the
    /// answer is not known.
    pub(crate) fn position<'a>(
        &self,
        keys: impl Iterator<Item = &'a Operand>,
        key: &Operand,
    ) -> Result<Option<usize>> {
        let decoded = self.exact(key)?;
        let mut unsure = None;
        for (index, known) in keys.enumerate() {
            if let (Operand::Object(a), Operand::Object(b)) = (known, key)
                && a == b
            {
                return Ok(Some(index));
            }
            if let (Operand::Str(text), Operand::Object(addr)) = (&decoded, known) {
                self.step()?;
                // Most keys are texts: their length tells most apart.
                let at = addr + u64::from(self.reader.layout.unicode.length);
                if self.type_of(*addr)?.exact == Kind::Str
                    && self.reader.u64(at)? != text.points().len() as u64
                {
                    continue;
                }
            }
            match self.same_or_equal(known, &decoded) {
                Ok(true) => return Ok(Some(index)),
                Ok(false) => {}
                Err(why @ Refusal::WouldRun(_)) => unsure = Some(why),
                Err(other) => return Err(other),
            }
        }
        match unsure {
            Some(why) => Err(why),
            None => Ok(None),
        }
    }

    /// An error if `value` cannot be hashed, or only by code of the program.
    pub(crate) fn hashable(&self, value: &Operand, role: Role) -> Result<()> {
        self.check_hashable(value, value, role)
    }

    fn check_hashable(&self, value: &Operand, whole: &Operand, role: Role) -> Result<()> {
        self.step()?;
        match value {
            Operand::Object(addr) => self.object_hashable(*addr, whole, role),
            Operand::Tuple(items) => {
                for item in items.iter() {
                    self.deeper(|| self.check_hashable(item, whole, role))?;
                }
                Ok(())
            }
            Operand::List(_)
            | Operand::Dict(_)
            | Operand::Set(_)
            | Operand::ByteArray(_)
            | Operand::View("dict_keys" | "dict_items", _) => self.unhashable(value, whole, role),
            Operand::Proxy(_) if self.minor < 12 => self.unhashable(value, whole, role),
            Operand::Proxy(inner) => self.check_hashable(inner, whole, role),
            Operand::Slice(_) if self.minor < 12 => self.unhashable(value, whole, role),
            _ => Ok(()),
        }
    }

    fn unhashable<T>(&self, value: &Operand, whole: &Operand, role: Role) -> Result<T> {
        let inner = self.type_label(value);
        let outer = self.type_label(whole);
        let plain = format!("unhashable type: '{inner}'");
        type_error(match role {
            _ if self.minor < 14 => plain,
            Role::Hash => plain,
            Role::DictKey => format!("cannot use '{outer}' as a dict key ({plain})"),
            Role::SetElement => format!("cannot use '{outer}' as a set element ({plain})"),
        })
    }

    fn object_hashable(&self, addr: u64, whole: &Operand, role: Role) -> Result<()> {
        let value = Operand::Object(addr);
        let ty = self.type_of(addr)?;
        let unhashable = |name: &str| {
            matches!(
                name,
                "list"
                    | "dict"
                    | "set"
                    | "bytearray"
                    | "collections.deque"
                    | "collections.OrderedDict"
                    | "collections.defaultdict"
                    | "dict_keys"
                    | "dict_items"
            ) || self.minor < 12 && matches!(name, "slice" | "mappingproxy")
        };
        match self.find(&ty, "__hash__")? {
            None => self.unhashable(&value, whole, role),
            Some(Found::Native(class)) if unhashable(&class.name) => {
                self.unhashable(&value, whole, role)
            }
            Some(Found::Native(class)) if *class.name == *"tuple" => {
                let items = self.decode(addr, &ty)?;
                self.deeper(|| self.check_hashable(&items, whole, role))
            }
            Some(Found::Native(_)) => Ok(()),
            Some(Found::Python(_, hash)) if self.reader.is_kind(hash, Kind::None) => {
                self.unhashable(&value, whole, role)
            }
            Some(found) if self.is_stock_special(&ty, &found, "__hash__") => Ok(()),
            Some(found) => Err(self.refuse_call(&found, "__hash__", "hashing it")),
        }
    }
}
