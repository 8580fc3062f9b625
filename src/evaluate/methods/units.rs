//! Methods of `bytes`, and those that `str` has in common with it.

use super::pieces;
use crate::evaluate::builtins::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, type_error, value_error, would_run};
use crate::evaluate::values::operand::Operand;

/// One code point or byte.
pub(crate) trait Unit: Copy + Ord {
    const SIZE: usize;
    const TYPE: &'static str;
    const NOT_FOUND: &'static str;
    fn is_blank(&self) -> bool;
    fn ascii(byte: u8) -> Self;
    /// The units of an operand of the type.
    fn units(value: &Operand) -> Option<Vec<Self>>;
}

impl Unit for u32 {
    const SIZE: usize = 4;
    const TYPE: &'static str = "str";
    const NOT_FOUND: &'static str = "substring not found";

    fn is_blank(&self) -> bool {
        // Python counts the separators of information as blanks too.
        matches!(self, 0x1c..=0x1f) || char::from_u32(*self).is_some_and(char::is_whitespace)
    }

    fn ascii(byte: u8) -> Self {
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

    fn ascii(byte: u8) -> Self {
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
                        Ok(byte) => Ok(vec![T::ascii(byte)]),
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

    /// Units to strip; `None` for blanks.
    fn strip_set<T: Unit>(&self, value: Option<&Operand>) -> Result<Option<Vec<T>>> {
        match value {
            Some(value) if !matches!(self.exact(value)?, Operand::None) => {
                self.units(value).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A method that texts and bytes have in common; `None` of others.
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
                let mut set: Option<Vec<T>> = self.strip_set(arguments.first())?;
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
                let most = arguments.either(2, "count");
                arguments.no_keywords(&label)?;
                arguments.count(&label, 2, 3)?;
                let (old, new) = (
                    self.units::<T>(&arguments.positional[0])?,
                    self.units::<T>(&arguments.positional[1])?,
                );
                let most = self.most(most.as_ref())?;
                let growth = pieces::count(whole, &old)
                    .min(most)
                    .saturating_mul(new.len());
                self.charge(growth.saturating_add(whole.len()).saturating_mul(T::SIZE))?;
                make(pieces::replace(whole, &old, &new, most))
            }
            "partition" | "rpartition" => {
                let arguments = arguments.between(&label, 1, 1)?;
                let part: Vec<T> = self.units(&arguments[0])?;
                if part.is_empty() {
                    return value_error("empty separator");
                }
                let at = match name {
                    "partition" => pieces::find(whole, &part),
                    _ => pieces::rfind(whole, &part),
                };
                let three = match (at, name) {
                    (Some(at), _) => [
                        whole.get(..at).unwrap_or_default().to_vec(),
                        part.clone(),
                        whole.get(at + part.len()..).unwrap_or_default().to_vec(),
                    ],
                    (None, "partition") => [whole.to_vec(), Vec::new(), Vec::new()],
                    (None, _) => [Vec::new(), Vec::new(), whole.to_vec()],
                };
                Operand::tuple(three.into_iter().map(make).collect())
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
            "center" | "ljust" | "rjust" => {
                let arguments = arguments.between(&label, 1, 2)?;
                let fill: Vec<T> = match arguments.get(1) {
                    Some(fill) => self.units(fill)?,
                    None => vec![T::ascii(b' ')],
                };
                let [fill] = fill[..] else {
                    return type_error("The fill character must be exactly one character long");
                };
                let width = self.size_value(&arguments[0])?;
                make(self.padded(whole, usize::try_from(width).unwrap_or(0), name, fill)?)
            }
            "zfill" => {
                let arguments = arguments.between(&label, 1, 1)?;
                let width = usize::try_from(self.size_value(&arguments[0])?).unwrap_or(0);
                let signed = whole
                    .first()
                    .is_some_and(|unit| *unit == T::ascii(b'+') || *unit == T::ascii(b'-'));
                let (sign, digits) = whole.split_at(usize::from(signed));
                let digits = self.padded(
                    digits,
                    width.saturating_sub(sign.len()),
                    "rjust",
                    T::ascii(b'0'),
                )?;
                make([sign, &digits].concat())
            }
            _ => return Ok(None),
        }))
    }

    fn padded<T: Unit>(&self, whole: &[T], width: usize, how: &str, fill: T) -> Result<Vec<T>> {
        let missing = width.saturating_sub(whole.len());
        self.charge(width.saturating_mul(T::SIZE))?;
        let left = match how {
            "rjust" => missing,
            "ljust" => 0,
            // `pad` of Objects/unicodeobject.c.
            _ => missing / 2 + (missing & width & 1),
        };
        let mut made = vec![fill; left];
        made.extend_from_slice(whole);
        made.extend(std::iter::repeat_n(fill, missing - left));
        Ok(made)
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
        let most = arguments.either(1, "maxsplit");
        arguments.no_keywords(name)?;
        let separator: Option<Vec<T>> = match self.strip_set(separator.as_ref()) {
            Err(Refusal::Raises { message, .. }) if T::SIZE > 1 => {
                return type_error(message.replace("must be str,", "must be str or None,"));
            }
            other => other?,
        };
        let most = self.most(most.as_ref())?;
        self.charge(whole.len().saturating_mul(T::SIZE + 16))?;
        let blank = |unit: &T| unit.is_blank();
        let parts = match (separator, name) {
            (Some(separator), _) if separator.is_empty() => return value_error("empty separator"),
            (Some(separator), "split") => pieces::split(whole, &separator, most),
            (Some(separator), _) => pieces::rsplit(whole, &separator, most),
            (None, "split") => pieces::split_blank(whole, most, &blank),
            (None, _) => pieces::rsplit_blank(whole, most, &blank),
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
        let has_case = data.iter().any(u8::is_ascii_alphabetic);
        let all = |test: fn(&u8) -> bool| Operand::Bool(!data.is_empty() && data.iter().all(test));
        Ok(Some(match name {
            "decode" => {
                let encoding = arguments.either(0, "encoding");
                let errors = arguments.either(1, "errors");
                Operand::Str(self.decode_bytes(data, encoding.as_ref(), errors.as_ref())?)
            }
            "hex" if arguments.positional.is_empty() && arguments.keywords.is_empty() => {
                self.charge(data.len().saturating_mul(8))?;
                Operand::text(
                    data.iter()
                        .map(|byte| format!("{byte:02x}"))
                        .collect::<String>(),
                )
            }
            "hex" => return would_run("`hex` with a separator is not computed here"),
            "title" => {
                let mut inside = false;
                let titled = data.iter().map(|byte| {
                    let made = match inside {
                        true => byte.to_ascii_lowercase(),
                        false => byte.to_ascii_uppercase(),
                    };
                    inside = byte.is_ascii_alphabetic();
                    made
                });
                make(titled.collect())
            }
            "upper" => make(data.to_ascii_uppercase()),
            "lower" => make(data.to_ascii_lowercase()),
            "copy" => make(data.to_vec()),
            "isascii" => Operand::Bool(data.is_ascii()),
            "isalpha" => all(u8::is_ascii_alphabetic),
            "isdigit" => all(u8::is_ascii_digit),
            "isalnum" => all(u8::is_ascii_alphanumeric),
            "isspace" => all(|byte| byte.is_blank()),
            "isupper" => Operand::Bool(has_case && !data.iter().any(u8::is_ascii_lowercase)),
            "islower" => Operand::Bool(has_case && !data.iter().any(u8::is_ascii_uppercase)),
            _ => return Ok(None),
        }))
    }
}
