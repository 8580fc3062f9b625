//! Methods of lists, tuples, dicts and sets that only read.

use std::rc::Rc;

use crate::cpython::Kind;
use crate::evaluate::builtins::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, value_error, would_run};
use crate::evaluate::values::operand::Operand;

impl Machine<'_, '_> {
    /// A method of a list, tuple or deque.
    pub(crate) fn sequence_method(
        &self,
        value: &Operand,
        items: &[Operand],
        name: &str,
        arguments: &Arguments,
    ) -> Result<Option<Operand>> {
        let class = value.native_type().unwrap_or("deque");
        Ok(Some(match name {
            "count" => {
                let arguments = arguments.between(&format!("{class}.count"), 1, 1)?;
                let mut count = 0;
                for item in items {
                    count += usize::from(self.same_or_equal(item, &arguments[0])?);
                }
                Operand::int(count)
            }
            "index" => {
                let arguments = arguments.between("index", 1, 3)?;
                let bounds = self.search_bounds(&arguments[1..], items.len())?;
                let (start, end) = bounds.unwrap_or((0, 0));
                for (index, item) in items.iter().enumerate().take(end).skip(start) {
                    if self.same_or_equal(item, &arguments[0])? {
                        return Ok(Some(Operand::int(index)));
                    }
                }
                return value_error(format!("{class}.index(x): x not in {class}"));
            }
            "copy" if class == "list" => {
                self.charge(items.len().saturating_mul(32))?;
                Operand::List(items.into())
            }
            _ => return Ok(None),
        }))
    }

    /// A method of a dict; `owner` is the dict itself.
    pub(crate) fn dict_method(
        &self,
        owner: &Operand,
        items: &Rc<[(Operand, Operand)]>,
        name: &str,
        arguments: &Arguments,
    ) -> Result<Option<Operand>> {
        let exact = match owner {
            Operand::Object(addr) => self.type_of(*addr)?.exact == Kind::Dict,
            _ => true,
        };
        let view = |name| Operand::View(name, Rc::new(owner.clone()));
        Ok(Some(match name {
            "get" => {
                let arguments = arguments.between("get", 1, 2)?;
                self.hashable(&arguments[0])?;
                match self.find_key(items, &arguments[0])? {
                    Some(value) => value,
                    None => arguments.get(1).cloned().unwrap_or(Operand::None),
                }
            }
            "keys" | "values" | "items" => {
                arguments.between(&format!("dict.{name}"), 0, 0)?;
                match name {
                    "keys" => view("dict_keys"),
                    "values" => view("dict_values"),
                    _ => view("dict_items"),
                }
            }
            "copy" if exact => {
                self.charge(items.len().saturating_mul(64))?;
                Operand::Dict(items.to_vec().into())
            }
            "copy" => return would_run("a copy of this kind of dict would be made in the target"),
            _ => return Ok(None),
        }))
    }

    /// A method of a set or frozenset.
    pub(crate) fn set_method(
        &self,
        value: &Operand,
        items: &[Operand],
        name: &str,
        arguments: &Arguments,
    ) -> Result<Option<Operand>> {
        let class = value.native_type().unwrap_or("set");
        let make = |items: Vec<Operand>| match value {
            Operand::FrozenSet(_) => Operand::FrozenSet(items.into()),
            _ => Operand::Set(items.into()),
        };
        match name {
            "union" | "intersection" | "difference" => {
                arguments.no_keywords(name)?;
                let mut made = items.to_vec();
                for other in &arguments.positional {
                    let other = self.hashable_items(other)?;
                    made = self.combine(name, &made, &other)?;
                }
                Ok(Some(make(made)))
            }
            "symmetric_difference" => {
                let arguments = arguments.between(&format!("{class}.{name}"), 1, 1)?;
                let other = self.set_of(self.items(&arguments[0])?)?;
                Ok(Some(make(self.combine(name, items, &other)?)))
            }
            "issubset" | "issuperset" | "isdisjoint" => {
                let arguments = arguments.between(&format!("{class}.{name}"), 1, 1)?;
                let other = self.hashable_items(&arguments[0])?;
                let (walked, asked) = match name {
                    "issuperset" => (&other[..], items),
                    _ => (items, &other[..]),
                };
                for item in walked {
                    if self.has_item(asked, item)? == (name == "isdisjoint") {
                        return Ok(Some(Operand::Bool(false)));
                    }
                }
                Ok(Some(Operand::Bool(true)))
            }
            "copy" => Ok(Some(make(items.to_vec()))),
            _ => Ok(None),
        }
    }

    fn hashable_items(&self, value: &Operand) -> Result<Vec<Operand>> {
        let items = self.items(value)?;
        for item in &items {
            self.hashable(item)?;
        }
        Ok(items)
    }
}
