//! Items by key, for the sets and dicts that an expression makes.

use std::rc::Rc;

use num_bigint::BigInt;
use rustc_hash::FxHashMap;

use super::operand::{Operand, Str};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::Result;

/// A key whose equality needs no comparison of objects.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Plain {
    None,
    Int(BigInt),
    Str(Str),
}

/// Items with distinct keys, in the order of insertion.
#[derive(Debug)]
pub(crate) struct Distinct<V> {
    items: Vec<(Operand, V)>,
    plain: FxHashMap<Plain, usize>,
    /// Indices of the items whose keys must be compared one by one.
    others: Vec<usize>,
}

impl<V> Default for Distinct<V> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            plain: FxHashMap::default(),
            others: Vec::new(),
        }
    }
}

impl<V> Distinct<V> {
    pub(crate) fn into_items(self) -> Vec<(Operand, V)> {
        self.items
    }
}

impl Distinct<Operand> {
    /// The dict that it is.
    pub(crate) fn into_dict(self) -> Operand {
        Operand::Dict(Rc::from(self.items))
    }
}

impl Machine<'_, '_> {
    /// Adds `key`, which is hashable, or replaces its value.
    pub(crate) fn put_item<V>(&self, made: &mut Distinct<V>, key: Operand, value: V) -> Result<()> {
        self.step()?;
        let plain = match self.exact(&key)? {
            Operand::None => Some(Plain::None),
            Operand::Str(text) => Some(Plain::Str(text)),
            other => other.as_int().map(Plain::Int),
        };
        let known = match plain.as_ref().and_then(|plain| made.plain.get(plain)) {
            Some(at) => Some(*at),
            None if plain.is_some() => {
                let others = made.others.iter();
                let keys = others
                    .filter_map(|at| made.items.get(*at))
                    .map(|(key, _)| key);
                let at = self.position(keys, &key)?;
                at.and_then(|at| made.others.get(at)).copied()
            }
            None => self.position(made.items.iter().map(|(key, _)| key), &key)?,
        };
        match known.and_then(|at| made.items.get_mut(at)) {
            Some(item) => item.1 = value,
            None => {
                self.charge(96)?;
                let at = made.items.len();
                match plain {
                    Some(plain) => {
                        made.plain.insert(plain, at);
                    }
                    None => made.others.push(at),
                }
                made.items.push((key, value));
            }
        }
        Ok(())
    }
}
