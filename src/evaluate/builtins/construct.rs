//! Calls of builtin types.

use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::Zero;

use super::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, type_error, value_error, would_run};
use crate::evaluate::set_order::Made;
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
                self.no_more_keywords(name, &arguments)?;
                arguments.count(name, 0, 2)?;
                return self.make_int(arguments.at(0), base.as_ref());
            }
            "complex" => return self.make_complex(arguments),
            "bytes" | "bytearray" => return self.make_bytes(name, arguments),
            _ => {}
        }
        let optional =
            || -> Result<Option<&Operand>> { Ok(arguments.between(name, 0, 1)?.first()) };
        let items = || match optional()? {
            Some(iterable) => self.items(iterable),
            None => Ok(Vec::new()),
        };
        let how = || -> Result<Made> {
            Ok(
                match optional()?
                    .map(|source| self.native(source, ""))
                    .transpose()?
                {
                    Some(Operand::Set(_) | Operand::FrozenSet(_)) => Made::Copied,
                    _ => Made::Added,
                },
            )
        };
        Ok(match name {
            "list" => Operand::list(items()?),
            "tuple" => Operand::tuple(items()?),
            "set" => Operand::Set(self.set_of(items()?, how()?)?),
            "frozenset" => Operand::FrozenSet(self.set_of(items()?, how()?)?),
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
            "range" if self.minor < 9 && arguments.positional.is_empty() => {
                arguments.no_keywords("range")?;
                let plural = if self.minor < 8 { "s" } else { "" };
                return type_error(format!("range expected 1 argument{plural}, got 0"));
            }
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
            "map" => self.make_map(&arguments)?,
            "filter" => {
                let arguments = arguments.between(name, 2, 2)?;
                self.make_filter(&arguments[0], &arguments[1])?
            }
            _ => {
                return would_run(format!(
                    "calling `{name}` would make an object in the target"
                ));
            }
        })
    }

    /// An error if there are keyword arguments that nothing took.
    pub(crate) fn no_more_keywords(&self, name: &str, arguments: &Arguments) -> Result<()> {
        match arguments.keywords.first() {
            None => Ok(()),
            Some((keyword, _)) => type_error(match self.minor {
                13.. => format!("{name}() got an unexpected keyword argument '{keyword}'"),
                _ => format!("'{keyword}' is an invalid keyword argument for {name}()"),
            }),
        }
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
                return type_error(match self.minor {
                    14.. => "object is not iterable".into(),
                    _ => format!(
                        "cannot convert dictionary update sequence element #{index} to a sequence"
                    ),
                });
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
            return type_error(self.version_text(&[
                (
                    0,
                    "enumerate() missing required argument 'iterable' (pos 1)",
                ),
                (11, "enumerate() missing required argument 'iterable'"),
            ]));
        };
        self.lazily("enumerate", &iterable, &mut |item| {
            let pair = Operand::tuple(vec![Operand::int(number.clone()), item]);
            number += 1;
            Ok(Some(pair))
        })
    }

    /// An iterator over what `change` makes of each item; an error counts where
    /// it is reached.
    fn lazily(
        &self,
        name: &'static str,
        iterable: &Operand,
        change: &mut dyn FnMut(Operand) -> Result<Option<Operand>>,
    ) -> Result<Operand> {
        let mut items = Vec::new();
        let mut begun = false;
        let outcome = self.with_half(|| {
            self.each(iterable, &mut |item| {
                begun = true;
                self.charge(64)?;
                items.extend(change(item)?);
                Ok(true)
            })
        });
        match outcome {
            // That it is no iterable is said at once.
            Err(why @ (Refusal::Raises { .. } | Refusal::WouldRun(_))) if !begun => Err(why),
            outcome => Ok(Operand::partial_iterator(name, items, outcome.err())),
        }
    }

    fn make_zip(&self, mut arguments: Arguments) -> Result<Operand> {
        let strict = match arguments.keyword("strict") {
            Some(strict) => self.truth(&strict)?,
            None => false,
        };
        arguments.no_keywords("zip")?;
        let mut columns = Vec::new();
        for (index, iterable) in arguments.positional.iter().enumerate() {
            let items = match self.items(iterable) {
                Err(Refusal::Raises { message, .. })
                    if self.minor < 8 && message.ends_with("is not iterable") =>
                {
                    return type_error(format!(
                        "zip argument #{} must support iteration",
                        index + 1
                    ));
                }
                other => other?,
            };
            columns.push(items);
        }
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

    fn make_map(&self, arguments: &Arguments) -> Result<Operand> {
        arguments.no_keywords("map")?;
        let Some((function, iterables)) = arguments.positional.split_first() else {
            return type_error("map() must have at least two arguments.");
        };
        if iterables.is_empty() {
            return type_error("map() must have at least two arguments.");
        }
        if let [iterable] = iterables {
            return self.lazily("map", iterable, &mut |item| {
                self.call_value(function, vec![item]).map(Some)
            });
        }
        let columns = iterables
            .iter()
            .map(|iterable| self.items(iterable))
            .collect::<Result<Vec<_>>>()?;
        let shortest = columns.iter().map(Vec::len).min().unwrap_or(0);
        let mut made = Vec::new();
        for at in 0..shortest {
            let row = columns.iter().filter_map(|column| column.get(at).cloned());
            made.push(self.call_value(function, row.collect())?);
        }
        Ok(Operand::iterator("map", made))
    }

    fn make_filter(&self, function: &Operand, iterable: &Operand) -> Result<Operand> {
        let none = matches!(self.exact(function)?, Operand::None);
        self.lazily("filter", iterable, &mut |item| {
            let kept = match none {
                true => self.truth(&item)?,
                false => self.truth(&self.call_value(function, vec![item.clone()])?)?,
            };
            Ok(kept.then_some(item))
        })
    }

    fn make_reversed(&self, value: &Operand) -> Result<Operand> {
        let not_reversible = || {
            type_error(format!(
                "'{}' object is not reversible",
                self.type_label(value)
            ))
        };
        if let Operand::Object(addr) = value {
            let ty = self.type_of(*addr)?;
            self.special(&ty, "__reversed__", "`reversed`")?;
            if ty.kind == crate::cpython::Kind::Deque {
                let mut items = self.deque_items(*addr)?;
                items.reverse();
                return Ok(Operand::iterator(
                    "_collections._deque_reverse_iterator",
                    items,
                ));
            }
        }
        match self.native(value, "__getitem__")? {
            Operand::Set(_) | Operand::FrozenSet(_) | Operand::Iterator(_) | Operand::Object(_) => {
                not_reversible()
            }
            Operand::Dict(_) | Operand::View(..) if self.minor < 8 => {
                would_run("`reversed` of a dict is not computed here before 3.8")
            }
            data => {
                let mut items = match self.items(&data) {
                    Ok(items) => items,
                    Err(Refusal::Raises { .. }) => return not_reversible(),
                    Err(why) => return Err(why),
                };
                items.reverse();
                let name = match &data {
                    Operand::List(_) => "list_reverseiterator",
                    Operand::Range(_) => "range_iterator",
                    Operand::Dict(_) | Operand::View("dict_keys", _) => "dict_reversekeyiterator",
                    Operand::View("dict_values", _) => "dict_reversevalueiterator",
                    Operand::View(..) => "dict_reverseitemiterator",
                    _ => "reversed",
                };
                Ok(Operand::iterator(name, items))
            }
        }
    }

    fn make_range(&self, arguments: &[Operand]) -> Result<Operand> {
        let number = |index: usize| {
            if self.minor < 10
                && let Operand::Object(addr) = &arguments[index]
                && self.type_of(*addr)?.exact == crate::cpython::Kind::Other
            {
                // `range` kept the object itself.
                return would_run("a range of such an int is not computed here");
            }
            self.index_value(&arguments[index])
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
