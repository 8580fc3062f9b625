//! `%` formatting of texts (`PyUnicode_Format`, Objects/unicodeobject.c).

use num_traits::{Signed, ToPrimitive};

use super::format::number::digits;
use super::format::spec::Spec;
use super::machine::Machine;
use super::refusal::{Refusal, Result, overflow, type_error, value_error};
use super::values::compare::Number;
use super::values::float;
use super::values::operand::{Operand, Str};

/// The arguments of one formatting.
struct Values {
    items: Vec<Operand>,
    at: usize,
    /// Whether a single value was given that is no tuple.
    mapping: Option<Operand>,
    by_name: bool,
}

impl Machine<'_, '_> {
    /// `format % values`.
    pub(super) fn percent(&self, format: &Str, values: &Operand) -> Result<Operand> {
        let data = self.native(values, "")?;
        let mut values = match &data {
            Operand::Tuple(items) => Values {
                items: items.to_vec(),
                at: 0,
                mapping: None,
                by_name: false,
            },
            other => Values {
                items: vec![values.clone()],
                at: 0,
                mapping: matches!(
                    other,
                    Operand::Dict(_) | Operand::List(_) | Operand::Object(_) | Operand::Proxy(_)
                )
                .then(|| values.clone()),
                by_name: false,
            },
        };
        let mut made = Vec::new();
        let points = format.points();
        let mut at = 0;
        while let Some(point) = points.get(at).copied() {
            at += 1;
            if point != u32::from('%') {
                made.push(point);
                continue;
            }
            self.step()?;
            let text = self.conversion(points, &mut at, &mut values)?;
            self.charge(text.points().len().saturating_mul(4))?;
            made.extend_from_slice(text.points());
        }
        if values.at < values.items.len() && !values.by_name && values.mapping.is_none() {
            return type_error(match self.minor {
                15.. => format!(
                    "not all arguments converted during string formatting (required {}, got {})",
                    values.at,
                    values.items.len()
                ),
                _ => "not all arguments converted during string formatting".into(),
            });
        }
        self.charge(made.len().saturating_mul(4))?;
        Ok(Operand::text(made))
    }

    fn next_value(&self, values: &mut Values) -> Result<Operand> {
        match values.items.get(values.at) {
            Some(value) => {
                values.at += 1;
                Ok(value.clone())
            }
            None => type_error(match self.minor {
                15.. => format!(
                    "not enough arguments for format string (got {})",
                    values.items.len()
                ),
                _ => "not enough arguments for format string".into(),
            }),
        }
    }

    /// One conversion behind its `%`.
    fn conversion(&self, points: &[u32], at: &mut usize, values: &mut Values) -> Result<Str> {
        let begin = *at - 1;
        let letter = |at: usize| points.get(at).and_then(|point| char::from_u32(*point));
        let mut named = None;
        if letter(*at) == Some('(') {
            named = Some(self.named_value(points, at, values)?);
        }
        let mut spec = Spec::default();
        let mut left = false;
        while let Some(flag @ ('-' | '+' | ' ' | '#' | '0')) = letter(*at) {
            match flag {
                '-' => left = true,
                '+' => spec.sign = Some('+'),
                ' ' if spec.sign.is_none() => spec.sign = Some(' '),
                '#' => spec.alternate = true,
                '0' => spec.zero = true,
                _ => {}
            }
            *at += 1;
        }
        spec.width = match self.star_or_number(points, at, values)? {
            Some(width) if width < 0 => {
                left = true;
                width.unsigned_abs() as usize
            }
            width => width.unwrap_or(0) as usize,
        };
        if letter(*at) == Some('.') {
            *at += 1;
            let precision = self.star_or_number(points, at, values)?.unwrap_or(0);
            spec.precision = Some(precision.max(0) as usize);
        }
        while let Some('h' | 'l' | 'L') = letter(*at) {
            *at += 1;
        }
        let Some(kind) = letter(*at) else {
            return value_error(match self.minor {
                15.. => format!("stray % at position {begin}"),
                _ => "incomplete format".into(),
            });
        };
        *at += 1;
        if kind == '%' && *at == begin + 2 {
            return Ok(Str::from("%"));
        }
        if kind == '%' {
            self.next_value(values)?;
        }
        if !"sradiuoxXeEfFgGc".contains(kind) {
            return value_error(match self.minor {
                15.. => format!("unsupported format %{kind} at position {begin}"),
                _ => format!(
                    "unsupported format character '{kind}' (0x{:x}) at index {}",
                    u32::from(kind),
                    *at - 1
                ),
            });
        }
        let value = match named {
            Some(value) => value,
            None => self.next_value(values)?,
        };
        self.converted(&value, kind, spec, left)
    }

    /// The value that a name in brackets selects.
    fn named_value(&self, points: &[u32], at: &mut usize, values: &mut Values) -> Result<Operand> {
        let mut depth = 1;
        let start = *at + 1;
        let mut end = start;
        while let Some(point) = points.get(end) {
            match char::from_u32(*point) {
                Some('(') => depth += 1,
                Some(')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            end += 1;
        }
        if depth > 0 {
            return value_error("incomplete format key");
        }
        *at = end + 1;
        let Some(mapping) = &values.mapping else {
            return type_error("format requires a mapping");
        };
        values.by_name = true;
        let name = Operand::text(points.get(start..end).unwrap_or_default());
        self.subscript(mapping, &name)
    }

    fn star_or_number(
        &self,
        points: &[u32],
        at: &mut usize,
        values: &mut Values,
    ) -> Result<Option<i64>> {
        let letter = |at: usize| points.get(at).and_then(|point| char::from_u32(*point));
        if letter(*at) == Some('*') {
            *at += 1;
            let value = self.next_value(values)?;
            return match self.exact(&value)?.as_i64() {
                Some(number) if number.unsigned_abs() <= i32::MAX as u64 => Ok(Some(number)),
                _ => type_error(match self.minor {
                    15.. => format!(
                        "format argument {}: * requires int, not {}",
                        values.at,
                        self.type_label(&value)
                    ),
                    _ => "* wants int".into(),
                }),
            };
        }
        let mut number = None::<i64>;
        while let Some(digit) = letter(*at).and_then(|letter| letter.to_digit(10)) {
            let next = number.unwrap_or(0).saturating_mul(10) + i64::from(digit);
            if next > i64::from(i32::MAX) {
                return value_error("width too big");
            }
            number = Some(next);
            *at += 1;
        }
        Ok(number)
    }

    fn converted(&self, value: &Operand, kind: char, mut spec: Spec, left: bool) -> Result<Str> {
        let texts = match kind {
            's' => Some(self.str(value)?),
            'r' => Some(Str::from(self.repr(value)?)),
            'a' => Some(Str::from(self.ascii(value)?)),
            'c' => Some(self.one_character(value)?),
            _ => None,
        };
        spec.align = left.then_some('<');
        if let Some(text) = texts {
            let cut = match kind {
                'c' => usize::MAX,
                _ => spec.precision.unwrap_or(usize::MAX),
            };
            spec.zero = false;
            let shown = text.points().iter().take(cut).copied().collect();
            return self.pad(shown, &spec, '>');
        }
        let data = self.native(value, "__int__")?;
        let (negative, prefix, body) = match kind {
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' => self.int_parts(value, &data, kind, &spec)?,
            _ => {
                let number = match Number::of(&data) {
                    Some(Number::Float(number)) => number,
                    Some(Number::Int(number)) => float::from_int(&number)?,
                    _ => {
                        return type_error(format!(
                            "must be real number, not {}",
                            self.type_label(value)
                        ));
                    }
                };
                self.charge(spec.precision.unwrap_or(0).saturating_mul(8))?;
                let text = digits(number.abs(), Some(kind), spec.precision, spec.alternate);
                (number.is_sign_negative() && !number.is_nan(), "", text)
            }
        };
        let sign = match (negative, spec.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(_)) => " ",
            (false, None) => "",
        };
        let mut head = format!("{sign}{prefix}");
        if spec.zero && !left && body.starts_with(|letter: char| letter.is_ascii_alphanumeric()) {
            let missing = spec.width.saturating_sub(head.len() + body.len());
            self.charge(missing)?;
            head.push_str(&"0".repeat(missing));
        }
        spec.zero = false;
        head.push_str(&body);
        self.pad(head.chars().map(u32::from).collect(), &spec, '>')
    }

    fn one_character(&self, value: &Operand) -> Result<Str> {
        match self.native(value, "__index__")? {
            Operand::Str(text) if text.points().len() == 1 => Ok(text),
            Operand::Str(text) => type_error(match self.minor {
                15.. => format!(
                    "format argument: %c requires an integer or a unicode character, \
                     not a string of length {}",
                    text.points().len()
                ),
                14 => format!(
                    "%c requires an int or a unicode character, not a string of length {}",
                    text.points().len()
                ),
                _ => "%c requires int or char".into(),
            }),
            other => match other.as_int() {
                Some(number) => match number.to_u32() {
                    Some(point @ 0..0x11_0000) => Ok(Str::from(vec![point])),
                    _ => overflow("%c arg not in range(0x110000)"),
                },
                None => type_error(match self.minor {
                    14.. => format!(
                        "%c requires an int or a unicode character, not {}",
                        self.type_label(value)
                    ),
                    _ => "%c requires int or char".into(),
                }),
            },
        }
    }

    fn int_parts(
        &self,
        value: &Operand,
        data: &Operand,
        kind: char,
        spec: &Spec,
    ) -> Result<(bool, &'static str, String)> {
        let number = match Number::of(data) {
            Some(Number::Int(number)) => number,
            Some(Number::Float(number)) if matches!(kind, 'd' | 'i' | 'u') => {
                self.finite(number)?;
                float::truncated(number)
            }
            _ => return Err(self.no_format_number(value, kind)),
        };
        let (prefix, mut text) = match kind {
            'o' => ("0o", format!("{:o}", number.magnitude())),
            'x' => ("0x", format!("{:x}", number.magnitude())),
            'X' => ("0X", format!("{:X}", number.magnitude())),
            _ => ("", self.decimal(&number.abs())?),
        };
        let precision = spec.precision.unwrap_or(0);
        self.charge(precision)?;
        if text.len() < precision {
            text = format!("{}{text}", "0".repeat(precision - text.len()));
        }
        let prefix = if spec.alternate { prefix } else { "" };
        Ok((number.is_negative(), prefix, text))
    }

    fn no_format_number(&self, value: &Operand, kind: char) -> Refusal {
        let found = self.type_label(value);
        let wanted = match kind {
            'o' | 'x' | 'X' => "an integer",
            _ if self.minor < 10 => "a number",
            _ => "a real number",
        };
        let message = match self.minor {
            15.. => format!("format argument: %{kind} requires {wanted}, not {found}"),
            _ => format!("%{kind} format: {wanted} is required, not {found}"),
        };
        Refusal::raises("TypeError", message)
    }
}
