//! Builtin functions (Python/bltinmodule.c).

use num_traits::Signed;
use python_offsets::FloatSum;
use ruff_python_ast::Operator;

use super::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, type_error, value_error, would_run};
use crate::evaluate::values::equality::Relation;
use crate::evaluate::values::float;
use crate::evaluate::values::operand::{Operand, Str};

impl Machine<'_, '_> {
    /// Calls the builtin function `name`.
    pub(crate) fn call_function(&self, name: &str, mut arguments: Arguments) -> Result<Operand> {
        match name {
            "sorted" => return self.call_sorted(arguments),
            "min" | "max" => return self.call_extreme(name, arguments),
            "sum" => return self.call_sum(arguments),
            "round" => return self.call_round(&mut arguments),
            "iter" | "next" | "aiter" | "anext" => {
                return would_run(format!("`{name}` would advance an iterator in the target"));
            }
            _ => {}
        }
        let one = || arguments.between(name, 1, 1).map(|arguments| &arguments[0]);
        Ok(match name {
            "len" => Operand::int(self.length(one()?)?),
            "repr" => Operand::text(self.repr(one()?)?),
            "any" | "all" => self.call_any(one()?, name == "any")?,
            "abs" => self.absolute(one()?)?,
            "chr" => self.chr(one()?)?,
            "ord" => self.ord(one()?)?,
            "hex" | "oct" | "bin" => {
                let number = self.index_value(one()?)?;
                let digits = match name {
                    "hex" => format!("0x{:x}", number.magnitude()),
                    "oct" => format!("0o{:o}", number.magnitude()),
                    _ => format!("0b{:b}", number.magnitude()),
                };
                self.charge(digits.len().saturating_mul(4))?;
                let sign = if number.is_negative() { "-" } else { "" };
                Operand::text(format!("{sign}{digits}"))
            }
            "id" => match one()? {
                Operand::Object(addr) => Operand::int(*addr),
                _ => return would_run("the identity of a value computed here is not defined"),
            },
            "callable" => Operand::Bool(self.is_callable(one()?)?),
            "vars" => self.vars(one()?)?,
            "isinstance" | "issubclass" => {
                let arguments = arguments.between(name, 2, 2)?;
                let of_class = name == "issubclass";
                Operand::Bool(self.is_instance(&arguments[0], &arguments[1], of_class)?)
            }
            "hasattr" => {
                let arguments = arguments.between(name, 2, 2)?;
                let attribute = self.attribute_name(&arguments[1])?;
                let found = self.attribute_if_any(&arguments[0], &attribute)?;
                Operand::Bool(found.is_some())
            }
            "getattr" => {
                let arguments = arguments.between(name, 2, 3)?;
                let attribute = self.attribute_name(&arguments[1])?;
                match arguments.get(2) {
                    None => self.attribute(&arguments[0], &attribute)?,
                    Some(default) => self
                        .attribute_if_any(&arguments[0], &attribute)?
                        .unwrap_or_else(|| default.clone()),
                }
            }
            "format" => {
                let arguments = arguments.between(name, 1, 2)?;
                let spec = match arguments.get(1) {
                    None => Str::from(""),
                    Some(spec) => match self.native(spec, "")? {
                        Operand::Str(spec) => spec,
                        _ => {
                            return type_error(format!(
                                "format() argument 2 must be str, not {}",
                                self.type_label(spec)
                            ));
                        }
                    },
                };
                Operand::Str(self.format(&arguments[0], &spec)?)
            }
            _ => {
                return would_run(format!(
                    "`{name}` is not computed here: only functions without effects are"
                ));
            }
        })
    }

    fn call_any(&self, iterable: &Operand, wanted: bool) -> Result<Operand> {
        let mut found = !wanted;
        self.each(iterable, &mut |item| {
            let decided = self.truth(&item)? == wanted;
            if decided {
                found = wanted;
            }
            Ok(!decided)
        })?;
        Ok(Operand::Bool(found))
    }

    fn attribute_name(&self, value: &Operand) -> Result<String> {
        match self.native(value, "")? {
            Operand::Str(text) => Ok(text.to_text()),
            _ => type_error(format!(
                "attribute name must be string, not '{}'",
                self.type_label(value)
            )),
        }
    }

    fn key_argument(&self, arguments: &mut Arguments) -> Result<Option<Operand>> {
        let Some(key) = arguments.keyword("key") else {
            return Ok(None);
        };
        let none = matches!(self.exact(&key)?, Operand::None);
        Ok((!none).then_some(key))
    }

    fn call_sorted(&self, mut arguments: Arguments) -> Result<Operand> {
        let key = self.key_argument(&mut arguments)?;
        let reverse = match arguments.keyword("reverse") {
            Some(reverse) => self.truth(&reverse)?,
            None => false,
        };
        if arguments.positional.len() != 1 {
            return type_error(format!(
                "sorted expected 1 argument, got {}",
                arguments.positional.len()
            ));
        }
        let arguments = arguments.between("sorted", 1, 1)?;
        let items = self.items(&arguments[0])?;
        Ok(Operand::list(self.sorted(items, key.as_ref(), reverse)?))
    }

    fn call_extreme(&self, name: &str, mut arguments: Arguments) -> Result<Operand> {
        let key = self.key_argument(&mut arguments)?;
        let default = arguments.keyword("default");
        arguments.no_keywords(name)?;
        let items = match &arguments.positional[..] {
            [] => return type_error(format!("{name} expected at least 1 argument, got 0")),
            [iterable] => self.items(iterable)?,
            many => many.to_vec(),
        };
        let relation = if name == "min" {
            Relation::Lt
        } else {
            Relation::Gt
        };
        match self.extreme(items, key.as_ref(), relation)?.or(default) {
            Some(value) => Ok(value),
            None => value_error(format!("{name}() iterable argument is empty")),
        }
    }

    fn call_sum(&self, mut arguments: Arguments) -> Result<Operand> {
        let start = arguments.either(1, "start");
        arguments.no_keywords("sum")?;
        let Some(iterable) = arguments.at(0) else {
            return type_error("sum() takes at least 1 positional argument (0 given)");
        };
        let mut total = match start {
            None => Operand::int(0),
            Some(start) => match self.exact(&start)? {
                Operand::Str(_) => {
                    return type_error("sum() can't sum strings [use ''.join(seq) instead]");
                }
                Operand::Bytes(_) => {
                    return type_error("sum() can't sum bytes [use b''.join(seq) instead]");
                }
                _ => start,
            },
        };
        let how = self.behaviour.float_sum;
        let mut lost = None;
        self.each(iterable, &mut |item| {
            let added = self.exact(&item)?;
            total = match (&total, &added) {
                (Operand::Float(sum), Operand::Float(number)) if how != FloatSum::Plain => {
                    Operand::Float(compensated(*sum, *number, lost.get_or_insert(0.0)))
                }
                (Operand::Float(sum), Operand::Int(number))
                    if how == FloatSum::CompensatedWithInts =>
                {
                    let number = float::from_int(number)?;
                    Operand::Float(compensated(*sum, number, lost.get_or_insert(0.0)))
                }
                (Operand::Float(sum), Operand::Int(number)) => {
                    Operand::Float(sum + float::from_int(number)?)
                }
                _ => self.binary(Operator::Add, &total, &added)?,
            };
            Ok(true)
        })?;
        Ok(match (&total, lost) {
            (Operand::Float(sum), Some(lost)) if f64::is_finite(lost) && lost != 0.0 => {
                Operand::Float(sum + lost)
            }
            _ => total,
        })
    }

    fn chr(&self, value: &Operand) -> Result<Operand> {
        match u32::try_from(self.index_value(value)?) {
            Ok(point @ 0..0x11_0000) => Ok(Operand::text(vec![point])),
            _ => value_error("chr() arg not in range(0x110000)"),
        }
    }

    fn ord(&self, value: &Operand) -> Result<Operand> {
        let points: Vec<u32> = match self.native(value, "")? {
            Operand::Str(text) => text.points().to_vec(),
            Operand::Bytes(data) | Operand::ByteArray(data) => {
                data.iter().map(|byte| u32::from(*byte)).collect()
            }
            _ => {
                return type_error(format!(
                    "ord() expected string of length 1, but {} found",
                    self.type_label(value)
                ));
            }
        };
        match points[..] {
            [point] => Ok(Operand::int(point)),
            _ => type_error(format!(
                "ord() expected a character, but string of length {} found",
                points.len()
            )),
        }
    }

    fn is_callable(&self, value: &Operand) -> Result<bool> {
        match value {
            Operand::Object(addr) => {
                let ty = self.type_of(*addr)?;
                Ok(self.find(&ty, "__call__")?.is_some())
            }
            value => Ok(matches!(
                value,
                Operand::Type(_) | Operand::Method(_) | Operand::Bound(_)
            )),
        }
    }

    fn vars(&self, value: &Operand) -> Result<Operand> {
        match self.attribute(value, "__dict__") {
            Err(Refusal::Raises { .. }) => {
                type_error("vars() argument must have __dict__ attribute")
            }
            other => other,
        }
    }
}

/// One step of a compensated sum.
fn compensated(sum: f64, number: f64, lost: &mut f64) -> f64 {
    let total = sum + number;
    *lost += match sum.abs() >= number.abs() {
        true => (sum - total) + number,
        false => (number - total) + sum,
    };
    total
}
