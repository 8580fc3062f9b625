//! Formats of numbers.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use super::spec::Spec;
use crate::cpython::objects::repr;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, bounded, overflow, value_error, would_run};
use crate::evaluate::values::float;
use crate::evaluate::values::operand::Str;

/// Most digits behind the decimal point.
const MAX_PRECISION: usize = 100_000;

impl Machine<'_, '_> {
    pub(crate) fn format_int(&self, number: &BigInt, spec: &Spec, class: &str) -> Result<Str> {
        let kind = match spec.kind {
            Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => {
                let float = float::from_int(number)?;
                return self.format_float(
                    float,
                    &Spec {
                        kind: Some(kind),
                        ..spec.clone()
                    },
                    class,
                );
            }
            Some('n') => return would_run("the format `n` depends on the target's locale"),
            Some(kind @ ('b' | 'c' | 'd' | 'o' | 'x' | 'X')) => kind,
            None => 'd',
            Some(code) => {
                return match spec.grouping {
                    Some(grouping) => {
                        value_error(format!("Cannot specify '{grouping}' with '{code}'."))
                    }
                    None => self.unknown_code(code, class),
                };
            }
        };
        if spec.precision.is_some() {
            return value_error("Precision not allowed in integer format specifier");
        }
        if spec.no_negative_zero {
            return value_error(
                "Negative zero coercion (z) not allowed in integer format specifier",
            );
        }
        if kind == 'c' {
            return self.format_character(number, spec);
        }
        if let (Some(','), 'b' | 'o' | 'x' | 'X') = (spec.grouping, kind) {
            return value_error(format!("Cannot specify ',' with '{kind}'."));
        }
        let (prefix, digits, group) = match kind {
            'b' => ("0b", format!("{:b}", number.magnitude()), 4),
            'o' => ("0o", format!("{:o}", number.magnitude()), 4),
            'x' => ("0x", format!("{:x}", number.magnitude()), 4),
            'X' => ("0X", format!("{:X}", number.magnitude()), 4),
            _ => ("", self.decimal(&number.abs())?, 3),
        };
        let prefix = if spec.alternate { prefix } else { "" };
        self.assemble(spec, number.is_negative(), prefix, &digits, "", group)
    }

    fn format_character(&self, number: &BigInt, spec: &Spec) -> Result<Str> {
        if spec.sign.is_some() {
            return value_error("Sign not allowed with integer format specifier 'c'");
        }
        if spec.alternate {
            return value_error("Alternate form (#) not allowed with integer format specifier 'c'");
        }
        match number.to_u32() {
            Some(point @ 0..0x11_0000) => self.pad(vec![point], spec, '>'),
            _ => overflow("%c arg not in range(0x110000)"),
        }
    }

    pub(crate) fn format_float(&self, number: f64, spec: &Spec, class: &str) -> Result<Str> {
        let kind = match spec.kind {
            Some('n') => return would_run("the format `n` depends on the target's locale"),
            Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => Some(kind),
            None => None,
            Some(code) => return self.unknown_code(code, class),
        };
        let precision = spec.precision;
        if precision.is_some_and(|precision| precision > MAX_PRECISION) {
            return bounded("a precision is too large");
        }
        self.charge(precision.unwrap_or(0).saturating_mul(8))?;
        let scaled = if kind == Some('%') {
            number * 100.0
        } else {
            number
        };
        let mut text = match kind {
            None if precision.is_none() => plain(scaled.abs(), spec.alternate),
            kind => digits(scaled.abs(), kind, precision, spec.alternate),
        };
        if kind == Some('%') {
            text.push('%');
        }
        let mut negative = scaled.is_sign_negative() && !scaled.is_nan();
        if spec.no_negative_zero && !text.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
            negative = false;
        }
        let whole = text.find(|letter: char| !letter.is_ascii_digit());
        let (whole, rest) = text.split_at(whole.unwrap_or(text.len()));
        self.assemble(spec, negative, "", whole, rest, 3)
    }

    /// Sign, prefix, grouped digits and the rest, filled up to the width.
    fn assemble(
        &self,
        spec: &Spec,
        negative: bool,
        prefix: &str,
        digits: &str,
        rest: &str,
        group: usize,
    ) -> Result<Str> {
        self.charge(spec.width.saturating_mul(8))?;
        let sign = match (negative, spec.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        };
        let align = spec.align.unwrap_or(if spec.zero { '=' } else { '>' });
        let head = format!("{sign}{prefix}");
        let room = spec.width.saturating_sub(head.len() + rest.chars().count());
        let zeros = align == '=' && (spec.fill == Some(0x30) || spec.fill.is_none() && spec.zero);
        let grouped = match spec.grouping {
            Some(separator) => grouped(digits, separator, group, if zeros { room } else { 0 }),
            None => digits.to_owned(),
        };
        let mut body: Vec<u32> = grouped.chars().chain(rest.chars()).map(u32::from).collect();
        let mut shown: Vec<u32> = head.chars().map(u32::from).collect();
        if align == '=' {
            let missing = spec.width.saturating_sub(shown.len() + body.len());
            let zero = if spec.zero { 0x30 } else { 0x20 };
            shown.extend(std::iter::repeat_n(spec.fill.unwrap_or(zero), missing));
        }
        shown.append(&mut body);
        self.pad(shown, spec, '>')
    }
}

/// Digits in groups, with leading zeros up to `room`.
fn grouped(digits: &str, separator: char, group: usize, room: usize) -> String {
    let mut reversed = String::new();
    let mut count = 0;
    let mut source = digits.chars().rev();
    loop {
        let digit = match source.next() {
            Some(digit) => digit,
            None if reversed.len() < room => '0',
            None => break,
        };
        if count > 0 && count % group == 0 {
            reversed.push(separator);
        }
        reversed.push(digit);
        count += 1;
    }
    reversed.chars().rev().collect()
}

/// As `repr`, which the empty format is.
fn plain(number: f64, alternate: bool) -> String {
    let text = repr::float(number);
    match alternate && number.is_finite() && !text.contains('.') {
        true => match text.split_once('e') {
            Some((digits, exponent)) => format!("{digits}.e{exponent}"),
            None => format!("{text}."),
        },
        false => text,
    }
}

/// The digits of a number that is not negative.
pub(crate) fn digits(
    number: f64,
    kind: Option<char>,
    precision: Option<usize>,
    alternate: bool,
) -> String {
    let upper = kind.is_some_and(char::is_uppercase);
    let finish = |text: String| {
        if upper {
            text.to_ascii_uppercase()
        } else {
            text
        }
    };
    if !number.is_finite() {
        return finish(if number.is_nan() { "nan" } else { "inf" }.into());
    }
    let precision_or = precision.unwrap_or(6);
    let point = |text: String| match alternate && !text.contains('.') {
        true => format!("{text}."),
        false => text,
    };
    finish(match kind.map(|kind| kind.to_ascii_lowercase()) {
        Some('f' | '%') => point(format!("{number:.precision_or$}")),
        Some('e') => {
            let (digits, exponent) = scientific(number, precision_or);
            format!("{}e{}", point(digits), exponent_text(exponent))
        }
        kind => general(number, precision_or.max(1), kind.is_none(), alternate),
    })
}

/// Digits and exponent with so many digits behind the point.
fn scientific(number: f64, precision: usize) -> (String, i32) {
    let text = format!("{number:.precision$e}");
    match text.split_once('e') {
        Some((digits, exponent)) => (digits.to_owned(), exponent.parse().unwrap_or(0)),
        None => (text, 0),
    }
}

fn exponent_text(exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{:02}", exponent.unsigned_abs())
}

/// The format `g`; without a type it keeps one digit behind the point.
fn general(number: f64, precision: usize, untyped: bool, alternate: bool) -> String {
    let (_, exponent) = scientific(number, precision - 1);
    let highest = if untyped {
        precision as i32 - 1
    } else {
        precision as i32
    };
    let fixed = (-4..highest).contains(&exponent);
    let mut text = match fixed {
        true => {
            let behind = (precision as i32 - 1 - exponent).max(0) as usize;
            format!("{number:.behind$}")
        }
        false => scientific(number, precision - 1).0,
    };
    if !alternate && text.contains('.') {
        let kept = text.trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(kept);
    }
    if alternate && !text.contains('.') {
        text.push('.');
    }
    if fixed && untyped && !text.contains('.') {
        text.push_str(".0");
    }
    match fixed {
        true => text,
        false => format!("{text}e{}", exponent_text(exponent)),
    }
}

#[cfg(test)]
mod tests {
    use crate::evaluate::format::number::*;

    #[test]
    fn digits_are_grouped_from_the_right() {
        assert_eq!(grouped("1234567", ',', 3, 0), "1,234,567");
        assert_eq!(grouped("12", ',', 3, 6), "00,012");
        assert_eq!(grouped("ff", '_', 4, 0), "ff");
    }

    #[test]
    fn formats_of_floats() {
        let shown = |number, kind, precision| digits(number, kind, precision, false);
        assert_eq!(shown(1234.5678, Some('f'), Some(2)), "1234.57");
        assert_eq!(shown(1234.5678, Some('e'), Some(3)), "1.235e+03");
        assert_eq!(shown(0.00001234, Some('g'), None), "1.234e-05");
        assert_eq!(shown(100000.0, Some('g'), None), "100000");
        assert_eq!(shown(1000000.0, Some('g'), None), "1e+06");
        assert_eq!(shown(1234.0, None, Some(3)), "1.23e+03");
        assert_eq!(shown(12.0, None, Some(3)), "12.0");
        assert_eq!(shown(0.5, Some('f'), Some(0)), "0");
        assert_eq!(digits(3.0, Some('g'), Some(3), true), "3.00");
    }
}
