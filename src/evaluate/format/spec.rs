//! `format` and its specifications (Python/formatter_unicode.c).

use crate::cpython::Kind;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, type_error, value_error, would_run};
use crate::evaluate::values::operand::{Operand, Str};

/// `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`
#[derive(Debug, Clone, Default)]
pub(crate) struct Spec {
    pub(crate) fill: Option<u32>,
    pub(crate) align: Option<char>,
    pub(crate) sign: Option<char>,
    /// `-0.0` is printed as `0.0`.
    pub(crate) no_negative_zero: bool,
    pub(crate) alternate: bool,
    pub(crate) zero: bool,
    pub(crate) width: usize,
    pub(crate) grouping: Option<char>,
    pub(crate) precision: Option<usize>,
    pub(crate) kind: Option<char>,
}

impl Machine<'_, '_> {
    /// `format(value, spec)`.
    pub(crate) fn format(&self, value: &Operand, spec: &Str) -> Result<Str> {
        self.step()?;
        if let Operand::Object(addr) = value
            && let Some(shown) = self.formatted_member(*addr)?
        {
            return self.format(&shown, spec);
        }
        let data = match value {
            Operand::Object(addr) => self.formatted_data(*addr)?,
            other => other.clone(),
        };
        if spec.points().is_empty() {
            // Also a subclass of `str` is asked for its own text.
            return self.str(value);
        }
        let class = self.type_label(value);
        match &data {
            Operand::Str(text) => {
                let spec = self.parse_spec(spec, &class)?;
                self.format_text(text, &spec)
            }
            Operand::Bool(_) | Operand::Int(_) => {
                let spec = self.parse_spec(spec, &class)?;
                self.format_int(&data.as_int().unwrap_or_default(), &spec, &class)
            }
            Operand::Float(number) => {
                let spec = self.parse_spec(spec, &class)?;
                self.format_float(*number, &spec, &class)
            }
            Operand::Complex(..) => would_run("formats of complex numbers are not computed here"),
            _ => type_error(format!(
                "unsupported format string passed to {class}.__format__"
            )),
        }
    }

    /// The value that an object is formatted as: its data, or the object itself.
    fn formatted_data(&self, addr: u64) -> Result<Operand> {
        let value = Operand::Object(addr);
        let ty = self.type_of(addr)?;
        match self.find(&ty, "__format__")? {
            Some(Found::Native(class)) if *class.name == *"object" => Ok(value),
            Some(Found::Native(_)) | None => match self.decode(addr, &ty)? {
                Operand::Object(_) => would_run(format!(
                    "the format of a `{}` is computed by C code in the target",
                    ty.name
                )),
                decoded => Ok(decoded),
            },
            Some(found) => Err(self.refuse_call(&found, "__format__", "formatting it")),
        }
    }

    /// The value that an enum member is formatted as, its data or its text;
    /// `None` if `enum` does not decide that.
    fn formatted_member(&self, addr: u64) -> Result<Option<Operand>> {
        let Some(ty) = self.enum_member(addr)? else {
            return Ok(None);
        };
        let Some(Found::Python(_, method)) = self.find(&ty, "__format__")? else {
            return Ok(None);
        };
        let mixed = crate::evaluate::values::decode::holds_data(&ty);
        let own_text = match self.find(&ty, "__str__")? {
            Some(found) => self.is_enum_own(&found),
            None => true,
        };
        if !self.reader.is_kind(method, Kind::Function) {
            // From 3.11 mixed enumerations take `__format__` from their data.
            return self.decode(addr, &ty).map(Some);
        }
        if !self.is_from_file(method, "/enum.py") {
            return Ok(None);
        }
        match mixed && own_text && self.behaviour.enum_formats_as_data {
            true => self.decode(addr, &ty).map(Some),
            false => Ok(Some(Operand::Str(self.str(&Operand::Object(addr))?))),
        }
    }

    fn parse_spec(&self, spec: &Str, class: &str) -> Result<Spec> {
        let points = spec.points();
        let letter = |at: usize| points.get(at).and_then(|point| char::from_u32(*point));
        let is_align = |letter: Option<char>| letter.is_some_and(|letter| "<>=^".contains(letter));
        let mut parsed = Spec::default();
        let mut at = 0;
        if is_align(letter(1)) {
            parsed.fill = points.first().copied();
            parsed.align = letter(1);
            at = 2;
        } else if is_align(letter(0)) {
            parsed.align = letter(0);
            at = 1;
        }
        if let Some(sign @ ('+' | '-' | ' ')) = letter(at) {
            parsed.sign = Some(sign);
            at += 1;
        }
        if letter(at) == Some('z') {
            parsed.no_negative_zero = true;
            at += 1;
        }
        if letter(at) == Some('#') {
            parsed.alternate = true;
            at += 1;
        }
        if letter(at) == Some('0') {
            parsed.zero = parsed.fill.is_none();
            at += 1;
        }
        let number = |at: &mut usize| -> Result<Option<usize>> {
            let mut value = None::<usize>;
            while let Some(digit) = letter(*at).and_then(|letter| letter.to_digit(10)) {
                let next = value.unwrap_or(0).saturating_mul(10);
                value = Some(next.saturating_add(digit as usize));
                *at += 1;
            }
            match value {
                Some(value) if value > i32::MAX as usize => {
                    value_error("Too many decimal digits in format string")
                }
                value => Ok(value),
            }
        };
        parsed.width = number(&mut at)?.unwrap_or(0);
        if let Some(grouping @ (',' | '_')) = letter(at) {
            parsed.grouping = Some(grouping);
            at += 1;
            if let Some(second @ (',' | '_')) = letter(at) {
                return value_error(match second == grouping {
                    true => format!("Cannot specify '{grouping}' with '{second}'."),
                    false => "Cannot specify both ',' and '_'.".into(),
                });
            }
        }
        if letter(at) == Some('.') {
            at += 1;
            match number(&mut at)? {
                Some(precision) => parsed.precision = Some(precision),
                None => return value_error("Format specifier missing precision"),
            }
        }
        match points.len() - at.min(points.len()) {
            0 => {}
            1 => parsed.kind = letter(at),
            _ => {
                return value_error(format!(
                    "Invalid format specifier '{}' for object of type '{class}'",
                    spec.to_text()
                ));
            }
        }
        Ok(parsed)
    }

    pub(crate) fn unknown_code<T>(&self, code: char, class: &str) -> Result<T> {
        value_error(match code {
            '!'..='\u{7e}' => {
                format!("Unknown format code '{code}' for object of type '{class}'")
            }
            code => format!(
                "Unknown format code '\\x{:x}' for object of type '{class}'",
                u32::from(code)
            ),
        })
    }

    fn format_text(&self, text: &Str, spec: &Spec) -> Result<Str> {
        match spec.kind {
            None | Some('s') => {}
            Some(code) => return self.unknown_code(code, "str"),
        }
        if spec.sign.is_some() {
            return value_error(match spec.sign {
                Some(' ') => "Space not allowed in string format specifier",
                _ => "Sign not allowed in string format specifier",
            });
        }
        if spec.no_negative_zero {
            return value_error(
                "Negative zero coercion (z) not allowed in string format specifier",
            );
        }
        if spec.alternate {
            return value_error("Alternate form (#) not allowed in string format specifier");
        }
        if spec.align == Some('=') {
            return value_error("'=' alignment not allowed in string format specifier");
        }
        if let Some(grouping) = spec.grouping {
            return value_error(format!("Cannot specify '{grouping}' with 's'."));
        }
        if spec.zero && spec.align.is_none() {
            // Before 3.10 this raises a ValueError.
            return would_run("text that is padded with `0` needs an alignment here");
        }
        let cut = spec
            .precision
            .unwrap_or(usize::MAX)
            .min(text.points().len());
        let shown = text.points().get(..cut).unwrap_or_default();
        self.pad(shown.to_vec(), spec, '<')
    }

    /// Pads the text to the width.
    pub(crate) fn pad(&self, shown: Vec<u32>, spec: &Spec, default: char) -> Result<Str> {
        let missing = spec.width.saturating_sub(shown.len());
        self.charge(spec.width.max(shown.len()).saturating_mul(4))?;
        let zero = if spec.zero { 0x30 } else { 0x20 };
        let fill = spec.fill.unwrap_or(zero);
        let left = match spec.align.unwrap_or(default) {
            '<' => 0,
            '^' => missing / 2,
            _ => missing,
        };
        let mut made = vec![fill; left];
        made.extend(shown);
        made.extend(std::iter::repeat_n(fill, missing - left));
        Ok(Str::from(made))
    }
}
