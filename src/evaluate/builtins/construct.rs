//! Calls of builtin types.

use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::Zero;

use super::arguments::Arguments;
use crate::cpython::Kind;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, type_error, value_error, would_run};
use crate::evaluate::values::distinct::Distinct;
use crate::evaluate::values::operand::{Operand, Range};

impl Machine<'_, '_> {
    /// Calls the builtin type `name`.
    pub(crate) fn construct(&self, name: &str, mut arguments: Arguments) -> Result<Operand> {
        match name {
            "dict" => return self.make_dict(arguments),
            "enumerate" => return self.make_enumerate(arguments),
            "zip" => return self.make_zip(arguments),
            "str" => return self.make_str(arguments),
            "int" => {
                let base = arguments.either(1, "base");
                arguments.no_keywords(name)?;
                arguments.count(name, 0, 2)?;
                return self.make_int(arguments.at(0), base.as_ref());
            }
            _ => {}
        }
        let optional =
            || -> Result<Option<&Operand>> { Ok(arguments.between(name, 0, 1)?.first()) };
        let items = || match optional()? {
            Some(iterable) => self.items(iterable),
            None => Ok(Vec::new()),
        };
        Ok(match name {
            "list" => Operand::list(items()?),
            "tuple" => Operand::tuple(items()?),
            "set" => Operand::Set(self.set_of(items()?)?),
            "frozenset" => Operand::FrozenSet(self.set_of(items()?)?),
            "bool" => Operand::Bool(match optional()? {
                Some(value) => self.truth(value)?,
                None => false,
            }),
            "float" => match optional()? {
                Some(value) => Operand::Float(self.make_float(value)?),
                None => Operand::Float(0.0),
            },
            "type" if arguments.positional.len() == 1 => {
                self.type_operand(&arguments.positional[0])?
            }
            "type" if arguments.positional.len() == 3 => {
                return would_run("making a class would run code in the target");
            }
            "type" => return type_error("type() takes 1 or 3 arguments"),
            "range" => self.make_range(arguments.between("range", 1, 3)?)?,
            "slice" => {
                let parts = arguments.between("slice", 1, 3)?;
                let part = |index: usize| parts.get(index).cloned().unwrap_or(Operand::None);
                Operand::Slice(Rc::new(match parts.len() {
                    1 => [Operand::None, part(0), Operand::None],
                    _ => [part(0), part(1), part(2)],
                }))
            }
            "reversed" => self.make_reversed(&arguments.between(name, 1, 1)?[0])?,
            _ => {
                return would_run(format!(
                    "`{name}` is not computed here: calling it would make an object in the target"
                ));
            }
        })
    }

    fn make_dict(&self, arguments: Arguments) -> Result<Operand> {
        arguments.count("dict", 0, 1)?;
        let mut items = Distinct::default();
        if let Some(source) = arguments.at(0) {
            let known = match self.native(source, "keys")? {
                Operand::Dict(known) => known.to_vec(),
                Operand::Proxy(inner) => self.mapping_items(&inner)?,
                _ => {
                    self.dict_from_pairs(source, &mut items)?;
                    Vec::new()
                }
            };
            for (key, value) in known {
                // Keys of a dict have been hashed before.
                self.put_item(&mut items, key, value)?;
            }
        }
        for (name, value) in arguments.keywords {
            self.insert_key(&mut items, Operand::text(name), value)?;
        }
        Ok(items.into_dict())
    }

    fn dict_from_pairs(&self, source: &Operand, items: &mut Distinct<Operand>) -> Result<()> {
        for (index, pair) in self.items(source)?.into_iter().enumerate() {
            let Ok(pair) = self.items(&pair) else {
                return type_error("object is not iterable");
            };
            let [key, value] = &pair[..] else {
                return value_error(format!(
                    "dictionary update sequence element #{index} has length {}; 2 is required",
                    pair.len()
                ));
            };
            self.insert_key(items, key.clone(), value.clone())?;
        }
        Ok(())
    }

    fn make_enumerate(&self, mut arguments: Arguments) -> Result<Operand> {
        let mut number = match arguments.either(1, "start") {
            Some(start) => self.index_value(&start)?,
            None => BigInt::zero(),
        };
        let Some(iterable) = arguments.either(0, "iterable") else {
            return type_error("enumerate() missing required argument 'iterable'");
        };
        let mut items = Vec::new();
        let mut begun = false;
        let outcome = self.with_half(|| {
            self.each(&iterable, &mut |item| {
                begun = true;
                self.charge(64)?;
                items.push(Operand::tuple(vec![Operand::int(number.clone()), item]));
                number += 1;
                Ok(true)
            })
        });
        match outcome {
            // A value that is not iterable is an error of the call itself.
            Err(why @ (Refusal::Raises { .. } | Refusal::WouldRun(_))) if !begun => Err(why),
            outcome => Ok(Operand::partial_iterator("enumerate", items, outcome.err())),
        }
    }

    fn make_zip(&self, mut arguments: Arguments) -> Result<Operand> {
        let strict = match arguments.keyword("strict") {
            Some(strict) => self.truth(&strict)?,
            None => false,
        };
        arguments.no_keywords("zip")?;
        let columns = arguments
            .positional
            .iter()
            .map(|iterable| self.items(iterable))
            .collect::<Result<Vec<_>>>()?;
        let shortest = columns.iter().map(Vec::len).min().unwrap_or(0);
        let row = |at: usize| {
            let cells = columns.iter().filter_map(|column| column.get(at).cloned());
            Operand::tuple(cells.collect())
        };
        self.charge(shortest.saturating_mul(32 * columns.len().max(1)))?;
        let rows = (0..shortest).map(row).collect();
        let failure = match strict && columns.iter().any(|column| column.len() != shortest) {
            true => Some(Refusal::WouldRun(
                "`zip` of iterables of different lengths with `strict` raises".into(),
            )),
            false => None,
        };
        Ok(Operand::partial_iterator("zip", rows, failure))
    }

    fn make_reversed(&self, value: &Operand) -> Result<Operand> {
        let class = self.type_label(value);
        let data = match value {
            Operand::Object(addr) => {
                let ty = self.type_of(*addr)?;
                self.special(&ty, "__reversed__", "`reversed`")?;
                match ty.kind {
                    Kind::Deque => Operand::list(self.deque_items(*addr)?),
                    _ => self.native(value, "__getitem__")?,
                }
            }
            other => other.clone(),
        };
        let is_mapping = matches!(data, Operand::Dict(_) | Operand::View(..));
        let is_sequence = match &data {
            Operand::Set(_) | Operand::FrozenSet(_) | Operand::Iterator(_) => false,
            Operand::Object(_) => false,
            _ if is_mapping => self.static_types.has("dict", "__reversed__") == Some(true),
            _ => self.length(&data).is_ok(),
        };
        if is_mapping && !is_sequence && matches!(value, Operand::Object(_)) {
            return would_run(format!("`reversed` of a `{class}` is not computed here"));
        }
        if !is_sequence {
            return type_error(format!("'{class}' object is not reversible"));
        }
        let name = match &data {
            Operand::List(_) => "list_reverseiterator",
            Operand::Range(_) => "range_iterator",
            Operand::Dict(_) => "dict_reversekeyiterator",
            _ => "reversed",
        };
        let mut items = self.items(&data)?;
        items.reverse();
        Ok(Operand::iterator(name, items))
    }

    fn make_range(&self, arguments: &[Operand]) -> Result<Operand> {
        let number = |index: usize| {
            let argument = &arguments[index];
            match argument {
                // Before 3.9 the range keeps the very object, which its `repr` shows.
                Operand::Object(addr) if self.type_of(*addr)?.exact != Kind::Int => {
                    would_run("a range of an instance of a subclass of `int` is not computed here")
                }
                _ => self.index_value(argument),
            }
        };
        let range = match arguments.len() {
            1 => Range {
                start: BigInt::zero(),
                stop: number(0)?,
                step: BigInt::from(1),
            },
            count => Range {
                start: number(0)?,
                stop: number(1)?,
                step: match count {
                    3 => number(2)?,
                    _ => BigInt::from(1),
                },
            },
        };
        match range.step.is_zero() {
            true => value_error("range() arg 3 must not be zero"),
            false => Ok(Operand::Range(Rc::new(range))),
        }
    }
}
