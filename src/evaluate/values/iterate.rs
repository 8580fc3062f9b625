//! Iteration.

use num_bigint::BigInt;
use num_traits::One;

use super::operand::{Operand, Range};
use crate::cpython::Kind;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, type_error, would_run};

impl Machine<'_, '_> {
    /// All items of an iterable.
    pub(crate) fn items(&self, value: &Operand) -> Result<Vec<Operand>> {
        let mut items = Vec::new();
        self.each(value, &mut |item| {
            self.charge(32)?;
            items.push(item);
            Ok(true)
        })?;
        Ok(items)
    }

    /// Calls `visit` for each item until it says that it needs no more.
    pub(crate) fn each(
        &self,
        value: &Operand,
        visit: &mut dyn FnMut(Operand) -> Result<bool>,
    ) -> Result<()> {
        let mut counted = |item: Operand| {
            self.step()?;
            visit(item)
        };
        match value {
            Operand::Object(addr) => self.each_of_object(*addr, &mut counted),
            Operand::Tuple(items)
            | Operand::List(items)
            | Operand::Set(items)
            | Operand::FrozenSet(items) => visit_all(items.iter().cloned(), &mut counted),
            Operand::Dict(items) => {
                visit_all(items.iter().map(|(key, _)| key.clone()), &mut counted)
            }
            Operand::Str(text) => {
                let points = text.points().iter();
                visit_all(
                    points.map(|point| Operand::text(vec![*point])),
                    &mut counted,
                )
            }
            Operand::Bytes(data) | Operand::ByteArray(data) => {
                visit_all(data.iter().map(|byte| Operand::int(*byte)), &mut counted)
            }
            Operand::Range(range) => each_of_range(range, &mut counted),
            Operand::View(name, dict) => self.each_of_view(name, dict, &mut counted),
            Operand::Proxy(inner) => self.each(inner, visit),
            Operand::Iterator(iterator) => loop {
                let at = iterator.at.get();
                let item = iterator.items.borrow().get(at).cloned();
                match (item, &iterator.failure) {
                    (Some(item), _) => {
                        iterator.at.set(at + 1);
                        if !counted(item)? {
                            return Ok(());
                        }
                    }
                    (None, Some(why)) => return Err(why.clone()),
                    (None, None) => return Ok(()),
                }
            },
            _ => self.not_iterable(value),
        }
    }

    fn not_iterable<T>(&self, value: &Operand) -> Result<T> {
        type_error(format!(
            "'{}' object is not iterable",
            self.type_label(value)
        ))
    }

    fn each_of_object(
        &self,
        addr: u64,
        visit: &mut dyn FnMut(Operand) -> Result<bool>,
    ) -> Result<()> {
        let ty = self.type_of(addr)?;
        if ty.kind == Kind::Type
            && let Some(members) = self.enum_members(addr)?
        {
            // Aliases are in the map, but not iterated.
            return visit_all(self.distinct(members).into_iter(), visit);
        }
        let purpose = format!("iterating over a `{}`", self.short_name(&ty));
        match self.find(&ty, "__iter__")? {
            None => {
                return match self.special(&ty, "__getitem__", &purpose)? {
                    true => would_run(format!("{purpose} would run C code in the target")),
                    false => self.not_iterable(&Operand::Object(addr)),
                };
            }
            Some(Found::Native(_)) => {}
            Some(found) => return Err(self.refuse_call(&found, "__iter__", &purpose)),
        }
        if ty.kind == Kind::Deque {
            return visit_all(self.deque_items(addr)?.into_iter(), visit);
        }
        match self.decode(addr, &ty)? {
            Operand::Object(_) => would_run(format!("{purpose} would advance it in the target")),
            decoded => self.each(&decoded, visit),
        }
    }

    fn each_of_view(
        &self,
        name: &str,
        dict: &Operand,
        visit: &mut dyn FnMut(Operand) -> Result<bool>,
    ) -> Result<()> {
        let Operand::Dict(items) = self.native(dict, "")? else {
            return self.not_iterable(dict);
        };
        let part = |(key, value): &(Operand, Operand)| match name {
            "dict_keys" => key.clone(),
            "dict_values" => value.clone(),
            _ => Operand::tuple(vec![key.clone(), value.clone()]),
        };
        visit_all(items.iter().map(part), visit)
    }
}

fn visit_all(
    items: impl Iterator<Item = Operand>,
    visit: &mut dyn FnMut(Operand) -> Result<bool>,
) -> Result<()> {
    for item in items {
        if !visit(item)? {
            break;
        }
    }
    Ok(())
}

fn each_of_range(range: &Range, visit: &mut dyn FnMut(Operand) -> Result<bool>) -> Result<()> {
    let mut left = range.length();
    let mut number = range.start.clone();
    while left >= BigInt::one() {
        if !visit(Operand::int(number.clone()))? {
            break;
        }
        number += &range.step;
        left -= 1;
    }
    Ok(())
}
