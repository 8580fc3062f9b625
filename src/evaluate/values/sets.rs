//! Making sets and dicts, and the operators of sets.

use std::rc::Rc;

use ruff_python_ast::Operator;

use super::distinct::Distinct;
use super::operand::Operand;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::Result;

impl Machine<'_, '_> {
    /// The items of a set or of a view that behaves like one.
    pub(crate) fn set_items_of(&self, value: &Operand) -> Result<Option<Rc<[Operand]>>> {
        Ok(match value {
            Operand::Set(items) | Operand::FrozenSet(items) => Some(items.clone()),
            Operand::View("dict_keys" | "dict_items", _) => Some(self.items(value)?.into()),
            _ => None,
        })
    }

    /// `a OPERATOR b` of sets; `None` of other values.
    pub(crate) fn set_binary(
        &self,
        operator: Operator,
        a: &Operand,
        b: &Operand,
    ) -> Result<Option<Operand>> {
        let named = match operator {
            Operator::BitOr => "union",
            Operator::BitAnd => "intersection",
            Operator::Sub => "difference",
            Operator::BitXor => "symmetric_difference",
            _ => return Ok(None),
        };
        let views = matches!(a, Operand::View(..)) || matches!(b, Operand::View(..));
        let (Some(left), right) = (self.set_items_of(a)?, self.set_items_of(b)?) else {
            return Ok(None);
        };
        let right = match (right, views) {
            (Some(right), _) => right,
            // A view takes any iterable.
            (None, true) => self.items(b)?.into(),
            (None, false) => return Ok(None),
        };
        let items = self.combine(named, &left, &right)?;
        Ok(Some(match a {
            Operand::FrozenSet(_) if !views => Operand::FrozenSet(items.into()),
            _ => Operand::Set(items.into()),
        }))
    }

    /// The items of a union, intersection, difference or symmetric difference.
    pub(crate) fn combine(
        &self,
        named: &str,
        a: &[Operand],
        b: &[Operand],
    ) -> Result<Vec<Operand>> {
        let mut made = Vec::new();
        match named {
            "union" => {
                let mut all = Distinct::default();
                for item in a.iter().chain(b) {
                    self.insert(&mut all, item.clone())?;
                }
                made = items_of(all);
            }
            "intersection" => {
                for item in a {
                    if self.has_item(b, item)? {
                        made.push(item.clone());
                    }
                }
            }
            _ => {
                for item in a {
                    if !self.has_item(b, item)? {
                        made.push(item.clone());
                    }
                }
                if named == "symmetric_difference" {
                    for item in b {
                        if !self.has_item(a, item)? {
                            made.push(item.clone());
                        }
                    }
                }
            }
        }
        Ok(made)
    }

    fn insert(&self, made: &mut Distinct<()>, item: Operand) -> Result<()> {
        self.hashable(&item)?;
        self.put_item(made, item, ())
    }

    /// The items of a set made of `items`, in the order of insertion.
    pub(crate) fn set_of(&self, items: Vec<Operand>) -> Result<Rc<[Operand]>> {
        let mut made = Distinct::default();
        for item in items {
            self.insert(&mut made, item)?;
        }
        Ok(items_of(made).into())
    }

    /// Adds or replaces an item of a dict that is being made.
    pub(crate) fn insert_key(
        &self,
        made: &mut Distinct<Operand>,
        key: Operand,
        value: Operand,
    ) -> Result<()> {
        self.hashable(&key)?;
        self.put_item(made, key, value)
    }
}

fn items_of(made: Distinct<()>) -> Vec<Operand> {
    made.into_items()
        .into_iter()
        .map(|(item, ())| item)
        .collect()
}
