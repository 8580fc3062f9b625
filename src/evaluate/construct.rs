//! Calls of builtin types.

use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{Num, ToPrimitive, Zero};

use super::arguments::Arguments;
use super::compare::Number;
use super::float;
use super::literal::MAX_DIGITS;
use super::machine::Machine;
use super::methods_bytes::Unit;
use super::operand::{Operand, Range};
use super::refusal::{Refusal, Result, type_error, value_error, would_run};

impl Machine<'_, '_> {
    /// Calls the builtin type `name`.
    pub(super) fn construct(&self, name: &str, mut arguments: Arguments) -> Result<Operand> {
        match name {
            "dict" => return self.make_dict(arguments),
            "enumerate" => return self.make_enumerate(arguments),
            "zip" => return self.make_zip(arguments),
            "str" => return self.make_str(arguments),
            "int" => {
                let base = arguments.either(1, "base");
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

    fn make_dict(&self, arguments: Arguments) -> Result<Operand> {
        arguments.count("dict", 0, 1)?;
        let mut items = Vec::new();
        if let Some(source) = arguments.at(0) {
            match self.native(source, "keys")? {
                Operand::Dict(known) => items = known.to_vec(),
                Operand::Proxy(inner) => items = self.mapping_items(&inner)?,
                _ => self.dict_from_pairs(source, &mut items)?,
            }
        }
        for (name, value) in arguments.keywords {
            self.insert_key(&mut items, Operand::text(name), value)?;
        }
        self.charge(items.len().saturating_mul(64))?;
        Ok(Operand::Dict(items.into()))
    }

    fn dict_from_pairs(&self, source: &Operand, items: &mut Vec<(Operand, Operand)>) -> Result<()> {
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
            return type_error("enumerate() missing required argument 'iterable' (pos 1)");
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
                    if self.minor < 10 && message.ends_with("is not iterable") =>
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
            if ty.kind == crate::python::Kind::Deque {
                let mut items = self.deque_items(*addr)?;
                items.reverse();
                return Ok(Operand::iterator("reversed", items));
            }
        }
        match self.native(value, "__getitem__")? {
            Operand::Set(_) | Operand::FrozenSet(_) | Operand::Iterator(_) | Operand::Object(_) => {
                not_reversible()
            }
            Operand::Dict(_) | Operand::View(..) if self.minor < 8 => not_reversible(),
            data => {
                let mut items = match self.items(&data) {
                    Ok(items) => items,
                    Err(Refusal::Raises { .. }) => return not_reversible(),
                    Err(why) => return Err(why),
                };
                items.reverse();
                Ok(Operand::iterator("reversed", items))
            }
        }
    }

    fn make_range(&self, arguments: &[Operand]) -> Result<Operand> {
        let number = |index: usize| self.index_value(&arguments[index]);
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

    fn make_str(&self, mut arguments: Arguments) -> Result<Operand> {
        let encoding = arguments.either(1, "encoding");
        let errors = arguments.either(2, "errors");
        let value = arguments.either(0, "object");
        arguments.no_keywords("str")?;
        arguments.count("str", 0, 3)?;
        let Some(value) = value else {
            return Ok(Operand::text(""));
        };
        if encoding.is_none() && errors.is_none() {
            return self.str(&value).map(Operand::Str);
        }
        match self.native(&value, "")? {
            Operand::Bytes(data) | Operand::ByteArray(data) => {
                let text = self.decode_bytes(&data, encoding.as_ref(), errors.as_ref())?;
                Ok(Operand::Str(text))
            }
            Operand::Str(_) => type_error("decoding str is not supported"),
            _ => type_error(format!(
                "decoding to str: need a bytes-like object, {} found",
                self.type_label(&value)
            )),
        }
    }

    fn make_int(&self, value: Option<&Operand>, base: Option<&Operand>) -> Result<Operand> {
        let Some(value) = value else {
            return Ok(Operand::int(0));
        };
        let data = self.native(value, "__int__")?;
        let base = match base {
            None => None,
            Some(base) => match self.index_value(base)?.to_u32() {
                Some(base @ (0 | 2..=36)) => Some(base),
                _ => return value_error("int() base must be >= 2 and <= 36, or 0"),
            },
        };
        if let (Some(number), None) = (Number::of(&data), base) {
            return match number {
                Number::Int(number) => Ok(Operand::int(number)),
                Number::Float(number) => {
                    self.finite(number)?;
                    Ok(Operand::int(float::truncated(number)))
                }
                Number::Complex(..) => self.no_number(value),
            };
        }
        match &data {
            Operand::Str(text) => self.int_of_text(&text.to_text(), base.unwrap_or(10), value),
            Operand::Bytes(data) | Operand::ByteArray(data) => {
                let text = String::from_utf8_lossy(data).into_owned();
                self.int_of_text(&text, base.unwrap_or(10), value)
            }
            _ if base.is_some() => type_error("int() can't convert non-string with explicit base"),
            Operand::Object(addr) => {
                let ty = self.type_of(*addr)?;
                for method in ["__int__", "__index__", "__trunc__"] {
                    self.special(&ty, method, "`int`")?;
                }
                self.no_number(value)
            }
            _ => self.no_number(value),
        }
    }

    fn no_number<T>(&self, value: &Operand) -> Result<T> {
        let real = if self.minor < 10 {
            "number"
        } else {
            "real number"
        };
        type_error(format!(
            "int() argument must be a string, a bytes-like object or a {real}, not '{}'",
            self.type_label(value)
        ))
    }

    fn int_of_text(&self, text: &str, base: u32, value: &Operand) -> Result<Operand> {
        let invalid = || -> Result<Operand> {
            value_error(format!(
                "invalid literal for int() with base {base}: {}",
                self.repr(value)?
            ))
        };
        let trimmed = text.trim_matches(|letter| u32::from(letter).is_blank());
        let (negative, digits) = match trimmed.strip_prefix(['+', '-']) {
            Some(digits) => (trimmed.starts_with('-'), digits),
            None => (false, trimmed),
        };
        let lower = digits.to_ascii_lowercase();
        let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
            .into_iter()
            .find(|(prefix, of)| lower.starts_with(prefix) && (base == *of || base == 0));
        let (digits, radix) = match prefixed {
            Some((_, radix)) => (digits[2..].strip_prefix('_').unwrap_or(&digits[2..]), radix),
            None if base == 0 => (digits, 10),
            None => (digits, base),
        };
        let plain: String = digits.chars().filter(|digit| *digit != '_').collect();
        let misplaced = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
        let leading = base == 0
            && prefixed.is_none()
            && plain.starts_with('0')
            && plain.bytes().any(|digit| digit != b'0');
        if plain.is_empty() || misplaced || leading || plain.starts_with(['+', '-']) {
            return invalid();
        }
        if !plain.is_ascii() {
            return would_run("digits that are not ASCII are not computed here");
        }
        if plain.len() > MAX_DIGITS && !radix.is_power_of_two() {
            let limit = if self.minor < 11 {
                "(4300)"
            } else {
                "(4300 digits)"
            };
            return value_error(format!(
                "Exceeds the limit {limit} for integer string conversion: value has {} digits; \
                 use sys.set_int_max_str_digits() to increase the limit",
                plain.len()
            ));
        }
        self.charge(plain.len())?;
        match BigInt::from_str_radix(&plain, radix) {
            Ok(number) => Ok(Operand::int(if negative { -number } else { number })),
            Err(_) => invalid(),
        }
    }

    fn make_float(&self, value: &Operand) -> Result<f64> {
        let data = self.native(value, "__float__")?;
        match Number::of(&data) {
            Some(Number::Int(number)) => return float::from_int(&number),
            Some(Number::Float(number)) => return Ok(number),
            _ => {}
        }
        let text = match &data {
            Operand::Str(text) => text.to_text(),
            Operand::Bytes(data) | Operand::ByteArray(data) => {
                String::from_utf8_lossy(data).into_owned()
            }
            other => {
                if let Operand::Object(addr) = other {
                    let ty = self.type_of(*addr)?;
                    self.special(&ty, "__float__", "`float`")?;
                    self.special(&ty, "__index__", "`float`")?;
                }
                let real = if self.minor < 10 {
                    "number"
                } else {
                    "real number"
                };
                return type_error(format!(
                    "float() argument must be a string or a {real}, not '{}'",
                    self.type_label(value)
                ));
            }
        };
        match number_of_text(&text) {
            Some(number) => Ok(number),
            None => value_error(format!(
                "could not convert string to float: {}",
                self.repr(value)?
            )),
        }
    }

    fn make_complex(&self, mut arguments: Arguments) -> Result<Operand> {
        let parts = (arguments.either(0, "real"), arguments.either(1, "imag"));
        let number = |value: Option<Operand>| -> Result<Option<Number>> {
            let Some(value) = value else {
                return Ok(Some(Number::Float(0.0)));
            };
            Ok(Number::of(&self.native(&value, "__complex__")?))
        };
        match (number(parts.0)?, number(parts.1)?) {
            (
                Some(real @ (Number::Int(_) | Number::Float(_))),
                Some(imaginary @ (Number::Int(_) | Number::Float(_))),
            ) => Ok(Operand::Complex(
                super::numeric::real(&real)?,
                super::numeric::real(&imaginary)?,
            )),
            (Some(Number::Complex(real, imaginary)), Some(Number::Float(0.0))) => {
                Ok(Operand::Complex(real, imaginary))
            }
            _ => would_run("`complex` is computed here of real numbers only"),
        }
    }

    fn make_bytes(&self, name: &str, mut arguments: Arguments) -> Result<Operand> {
        let make = |data: Vec<u8>| match name {
            "bytes" => Operand::Bytes(data.into()),
            _ => Operand::ByteArray(data.into()),
        };
        let encoding = arguments.either(1, "encoding");
        let errors = arguments.either(2, "errors");
        let Some(value) = arguments.either(0, "source") else {
            return Ok(make(Vec::new()));
        };
        let data = self.native(&value, "__bytes__")?;
        if let Operand::Str(text) = &data {
            if encoding.is_none() {
                return type_error("string argument without an encoding");
            }
            return match self.encode(text, encoding.as_ref(), errors.as_ref())? {
                Operand::Bytes(data) => Ok(make(data.to_vec())),
                other => Ok(other),
            };
        }
        if let Some(count) = data.as_int() {
            let Some(count) = count.to_usize() else {
                return value_error("negative count");
            };
            self.charge(count)?;
            return Ok(make(vec![0; count]));
        }
        if let Operand::Bytes(data) | Operand::ByteArray(data) = &data {
            return Ok(make(data.to_vec()));
        }
        match self.bytes_of_items(&data)? {
            Some(bytes) => Ok(make(bytes)),
            None => type_error(format!(
                "cannot convert '{}' object to bytes",
                self.type_label(&value)
            )),
        }
    }

    /// Bytes of an iterable of ints; `None` if it is no iterable.
    pub(super) fn bytes_of_items(&self, value: &Operand) -> Result<Option<Vec<u8>>> {
        let items = match self.items(value) {
            Err(Refusal::Raises { message, .. }) if message.ends_with("is not iterable") => {
                return Ok(None);
            }
            other => other?,
        };
        let mut bytes = Vec::with_capacity(items.len());
        for item in items {
            match u8::try_from(self.index_value(&item)?) {
                Ok(byte) => bytes.push(byte),
                Err(_) => return value_error("bytes must be in range(0, 256)"),
            }
        }
        Ok(Some(bytes))
    }
}

/// The float that a text is, as `float` reads it.
fn number_of_text(text: &str) -> Option<f64> {
    let trimmed = text.trim_matches(|letter| u32::from(letter).is_blank());
    let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    let mut plain = String::with_capacity(trimmed.len());
    for (index, letter) in trimmed.char_indices() {
        if letter != '_' {
            plain.push(letter);
            continue;
        }
        // Between two digits only.
        let before = trimmed[..index].chars().next_back();
        let behind = trimmed[index + 1..].chars().next();
        if !is_digit(before) || !is_digit(behind) {
            return None;
        }
    }
    plain.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number_of_text;

    #[test]
    fn floats_are_read_as_python_reads_them() {
        assert_eq!(number_of_text(" 1_000.5e-1\n"), Some(100.05));
        assert_eq!(number_of_text("-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!(number_of_text(".5"), Some(0.5));
        assert_eq!(number_of_text("1__0"), None);
        assert_eq!(number_of_text("1e"), None);
        assert_eq!(number_of_text(""), None);
    }
}
