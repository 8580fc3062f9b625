//! Finding keys in dicts and items in sets, and what can be a key.

use super::operand::Operand;
use crate::cpython::Kind;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, type_error, would_run};

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

    /// The index of `key` in a hash table. Python compares only keys of equal
    /// hash, which is not known here. So a key that only code of the program can
    /// compare makes the answer unknown, unless another key is equal.
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
                // Most keys are texts, and most of them differ in length.
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
    pub(crate) fn hashable(&self, value: &Operand) -> Result<()> {
        self.step()?;
        match value {
            Operand::Object(addr) => self.object_hashable(*addr),
            Operand::Tuple(items) => {
                for item in items.iter() {
                    self.deeper(|| self.hashable(item))?;
                }
                Ok(())
            }
            Operand::List(_)
            | Operand::Dict(_)
            | Operand::Set(_)
            | Operand::ByteArray(_)
            | Operand::View("dict_keys" | "dict_items", _) => self.unhashable(value),
            Operand::Proxy(_) | Operand::Slice(_) => self.no_key(value),
            _ => Ok(()),
        }
    }

    fn unhashable<T>(&self, value: &Operand) -> Result<T> {
        type_error(format!("unhashable type: '{}'", self.type_label(value)))
    }

    /// Whether these can be hashed depends on the version and on their parts.
    fn no_key<T>(&self, value: &Operand) -> Result<T> {
        would_run(format!(
            "a `{}` as a key is not computed here",
            self.type_label(value)
        ))
    }

    fn object_hashable(&self, addr: u64) -> Result<()> {
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
            )
        };
        match self.find(&ty, "__hash__")? {
            None => self.unhashable(&value),
            Some(Found::Native(class)) if unhashable(&class.name) => self.unhashable(&value),
            Some(Found::Native(class)) if *class.name == *"tuple" => {
                let items = self.decode(addr, &ty)?;
                self.deeper(|| self.hashable(&items))
            }
            Some(Found::Native(class)) if matches!(&*class.name, "slice" | "mappingproxy") => {
                self.no_key(&value)
            }
            Some(Found::Native(_)) => Ok(()),
            Some(Found::Python(_, hash)) if self.reader.is_kind(hash, Kind::None) => {
                self.unhashable(&value)
            }
            Some(found) if self.is_stock_special(&ty, &found, "__hash__") => Ok(()),
            Some(found) => Err(self.refuse_call(&found, "__hash__", "hashing it")),
        }
    }
}
