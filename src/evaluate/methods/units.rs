//! Methods that `str` and `bytes` have in common.

use super::pieces;
use crate::evaluate::builtins::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, type_error, value_error};
use crate::evaluate::values::operand::Operand;

/// One code point or byte.
pub(crate) trait Unit: Copy + Ord {
    /// Bytes of memory for one unit.
    const SIZE: usize;
    /// Name of the Python type.
    const TYPE: &'static str;
    /// The message of `index`.
    const NOT_FOUND: &'static str;
    /// Whether `strip` and `split` count it as white space.
    fn is_blank(&self) -> bool;
    fn from_byte(byte: u8) -> Self;
    /// The units of an operand of the type.
    fn units(value: &Operand) -> Option<Vec<Self>>;
}

impl Unit for u32 {
    const SIZE: usize = 4;
    const TYPE: &'static str = "str";
    const NOT_FOUND: &'static str = "substring not found";

    fn is_blank(&self) -> bool {
        // Python also counts the information separators.
        matches!(self, 0x1c..=0x1f) || char::from_u32(*self).is_some_and(char::is_whitespace)
    }

    fn from_byte(byte: u8) -> Self {
        byte.into()
    }

    fn units(value: &Operand) -> Option<Vec<Self>> {
        match value {
            Operand::Str(text) => Some(text.points().to_vec()),
            _ => None,
        }
    }
}

impl Unit for u8 {
    const SIZE: usize = 1;
    const TYPE: &'static str = "bytes";
    const NOT_FOUND: &'static str = "subsection not found";

    fn is_blank(&self) -> bool {
        matches!(self, b' ' | b'\t'..=b'\r')
    }

    fn from_byte(byte: u8) -> Self {
        byte
    }

    fn units(value: &Operand) -> Option<Vec<Self>> {
        match value {
            Operand::Bytes(data) | Operand::ByteArray(data) => Some(data.to_vec()),
            _ => None,
        }
    }
}

impl Machine<'_, '_> {
    /// The units of an argument, which must be of the type.
    fn units<T: Unit>(&self, value: &Operand) -> Result<Vec<T>> {
        let data = self.native(value, "")?;
        match T::units(&data) {
            Some(units) => Ok(units),
            None if T::SIZE == 1 => {
                if let Some(number) = data.as_int() {
                    return match u8::try_from(number) {
                        Ok(byte) => Ok(vec![T::from_byte(byte)]),
                        Err(_) => value_error("byte must be in range(0, 256)"),
                    };
                }
                type_error(format!(
                    "a bytes-like object is required, not '{}'",
                    self.type_label(value)
                ))
            }
            None => type_error(format!("must be str, not {}", self.type_label(value))),
        }
    }

    /// The units of an optional argument; `None` stands for blanks.
    fn optional_units<T: Unit>(&self, value: Option<&Operand>) -> Result<Option<Vec<T>>> {
        match value {
            Some(value) if !matches!(self.exact(value)?, Operand::None) => {
                self.units(value).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A method that `str` and `bytes` have in common; `None` of other methods.
    pub(crate) fn shared_method<T: Unit>(
        &self,
        whole: &[T],
        name: &str,
        arguments: &mut Arguments,
        make: &dyn Fn(Vec<T>) -> Operand,
    ) -> Result<Option<Operand>> {
        self.steps_of(whole.len() as u64 / 16)?;
        let label = format!("{}.{name}", T::TYPE);
        Ok(Some(match name {
            "find" | "rfind" | "index" | "rindex" | "count" => {
                let arguments = arguments.between(&label, 1, 3)?;
                let part: Vec<T> = self.units(&arguments[0])?;
                let bounds = self.search_bounds(&arguments[1..], whole.len())?;
                let searched = bounds.and_then(|(start, end)| whole.get(start..end));
                let start = bounds.map_or(0, |(start, _)| start);
                if name == "count" {
                    let count = searched.map_or(0, |whole| pieces::count(whole, &part));
                    return Ok(Some(Operand::int(count)));
                }
                let search = match name.starts_with('r') {
                    true => pieces::rfind,
                    false => pieces::find,
                };
                match searched.and_then(|whole| search(whole, &part)) {
                    Some(at) => Operand::int(at + start),
                    None if name.ends_with("index") => return value_error(T::NOT_FOUND),
                    None => Operand::int(-1),
                }
            }
            "startswith" | "endswith" => self.starts_or_ends(whole, name, arguments)?,
            "split" | "rsplit" => self.split(whole, name, arguments, make)?,
            "strip" | "lstrip" | "rstrip" => {
                let arguments = arguments.between(&label, 0, 1)?;
                let mut set: Option<Vec<T>> = self.optional_units(arguments.first())?;
                if let Some(set) = &mut set {
                    set.sort_unstable();
                }
                let strip = |unit: &T| match &set {
                    Some(set) => set.binary_search(unit).is_ok(),
                    None => unit.is_blank(),
                };
                let mut rest = whole;
                if name != "rstrip" {
                    rest = pieces::trim_start(rest, &strip);
                }
                if name != "lstrip" {
                    rest = pieces::trim_end(rest, &strip);
                }
                make(rest.to_vec())
            }
            "replace" => {
                let limit = arguments.either(2, "count");
                arguments.no_keywords(&label)?;
                arguments.count(&label, 2, 3)?;
                let (old, new) = (
                    self.units::<T>(&arguments.positional[0])?,
                    self.units::<T>(&arguments.positional[1])?,
                );
                let limit = self.count_limit(limit.as_ref())?;
                let growth = pieces::count(whole, &old)
                    .min(limit)
                    .saturating_mul(new.len());
                self.charge(growth.saturating_add(whole.len()).saturating_mul(T::SIZE))?;
                make(pieces::replace(whole, &old, &new, limit))
            }
            "removeprefix" | "removesuffix" => {
                let arguments = arguments.between(&label, 1, 1)?;
                let part: Vec<T> = self.units(&arguments[0])?;
                let rest = match name {
                    "removeprefix" => whole.strip_prefix(&part[..]),
                    _ => whole.strip_suffix(&part[..]),
                };
                make(rest.unwrap_or(whole).to_vec())
            }
            "join" => self.join(whole, arguments.between(&label, 1, 1)?, make)?,
            _ => return Ok(None),
        }))
    }

    fn starts_or_ends<T: Unit>(
        &self,
        whole: &[T],
        name: &str,
        arguments: &Arguments,
    ) -> Result<Operand> {
        let arguments = arguments.between(&format!("{}.{name}", T::TYPE), 1, 3)?;
        let Some((start, end)) = self.search_bounds(&arguments[1..], whole.len())? else {
            return Ok(Operand::Bool(false));
        };
        let searched = whole.get(start..end).unwrap_or_default();
        let candidates = match self.exact(&arguments[0])? {
            Operand::Tuple(items) => items.to_vec(),
            other => vec![other],
        };
        for part in &candidates {
            let Some(part) = T::units(&self.native(part, "")?) else {
                return type_error(format!(
                    "{name} first arg must be {0} or a tuple of {0}, not {1}",
                    T::TYPE,
                    self.type_label(part)
                ));
            };
            let matches = match name {
                "startswith" => searched.starts_with(&part),
                _ => searched.ends_with(&part),
            };
            if matches {
                return Ok(Operand::Bool(true));
            }
        }
        Ok(Operand::Bool(false))
    }

    fn split<T: Unit>(
        &self,
        whole: &[T],
        name: &str,
        arguments: &mut Arguments,
        make: &dyn Fn(Vec<T>) -> Operand,
    ) -> Result<Operand> {
        let separator = arguments.either(0, "sep");
        let limit = arguments.either(1, "maxsplit");
        arguments.no_keywords(name)?;
        let separator: Option<Vec<T>> = self.optional_units(separator.as_ref())?;
        let limit = self.count_limit(limit.as_ref())?;
        self.charge(whole.len().saturating_mul(T::SIZE + 16))?;
        let blank = |unit: &T| unit.is_blank();
        let parts = match (separator, name) {
            (Some(separator), _) if separator.is_empty() => return value_error("empty separator"),
            (Some(separator), "split") => pieces::split(whole, &separator, limit),
            (Some(separator), _) => pieces::rsplit(whole, &separator, limit),
            (None, "split") => pieces::split_blank(whole, limit, &blank),
            (None, _) => pieces::rsplit_blank(whole, limit, &blank),
        };
        Ok(Operand::list(parts.into_iter().map(make).collect()))
    }

    fn join<T: Unit>(
        &self,
        separator: &[T],
        arguments: &[Operand],
        make: &dyn Fn(Vec<T>) -> Operand,
    ) -> Result<Operand> {
        let items = match self.items(&arguments[0]) {
            Err(Refusal::Raises { message, .. }) if message.ends_with("is not iterable") => {
                return type_error("can only join an iterable");
            }
            other => other?,
        };
        let mut made = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                made.extend_from_slice(separator);
            }
            let Some(part) = T::units(&self.native(item, "")?) else {
                let expected = match T::SIZE {
                    1 => "a bytes-like object, ",
                    _ => "str instance, ",
                };
                return type_error(format!(
                    "sequence item {index}: expected {expected}{} found",
                    self.type_label(item)
                ));
            };
            self.charge((part.len() + separator.len()).saturating_mul(T::SIZE))?;
            made.extend(part);
        }
        Ok(make(made))
    }

    /// A method of `bytes` or `bytearray`.
    pub(crate) fn bytes_method(
        &self,
        value: &Operand,
        data: &[u8],
        name: &str,
        mut arguments: Arguments,
    ) -> Result<Option<Operand>> {
        let make = |made: Vec<u8>| match value {
            Operand::ByteArray(_) => Operand::ByteArray(made.into()),
            _ => Operand::Bytes(made.into()),
        };
        if let Some(made) = self.shared_method(data, name, &mut arguments, &make)? {
            return Ok(Some(made));
        }
        let made = match name {
            "upper" => make(data.to_ascii_uppercase()),
            "lower" => make(data.to_ascii_lowercase()),
            "isalpha" => {
                Operand::Bool(!data.is_empty() && data.iter().all(u8::is_ascii_alphabetic))
            }
            "isdigit" => Operand::Bool(!data.is_empty() && data.iter().all(u8::is_ascii_digit)),
            _ => return Ok(None),
        };
        arguments.between(&format!("bytes.{name}"), 0, 0)?;
        Ok(Some(made))
    }
}
