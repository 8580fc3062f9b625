//! Values printed as Python prints them.

use std::fmt::{self, Display, Formatter, Write};

use unicode_general_category::{GeneralCategory, get_general_category};

use super::text::Text;
use super::value::{Sequence, Value};

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            Self::Float(number) => f.write_str(&float(*number)),
            Self::Complex(real, imaginary) => f.write_str(&complex(*real, *imaginary)),
            Self::Str(text) => {
                quoted(f, text)?;
                if text.cut {
                    write!(f, "… ({} characters)", text.length)?;
                }
                Ok(())
            }
            Self::Bytes { data, cut } => {
                bytes(f, data)?;
                f.write_str(if *cut { "…" } else { "" })
            }
            Self::Sequence(sequence) => items(f, sequence),
            Self::Dict {
                prefix,
                items,
                more,
                suffix,
            } => {
                write!(f, "{prefix}{{")?;
                for (index, (key, value)) in items.iter().enumerate() {
                    separate(f, index)?;
                    write!(f, "{key}: {value}")?;
                }
                and_more(f, items.len(), *more)?;
                write!(f, "}}{suffix}")
            }
            Self::Call { name, arguments } => {
                write!(f, "{name}(")?;
                for (index, (name, value)) in arguments.iter().enumerate() {
                    separate(f, index)?;
                    if let Some(name) = name {
                        write!(f, "{name}=")?;
                    }
                    write!(f, "{value}")?;
                }
                f.write_char(')')
            }
            Self::Instance {
                type_name,
                addr,
                attributes,
                more,
            } => {
                write!(f, "<{type_name} at 0x{addr:x}")?;
                for (index, (name, value)) in attributes.iter().enumerate() {
                    f.write_str(if index == 0 { " " } else { ", " })?;
                    write!(f, "{name}={value}")?;
                }
                and_more(f, attributes.len(), *more)?;
                f.write_char('>')
            }
            Self::Enum { name, value } => write!(f, "<{name}: {value}>"),
            Self::Method { name, receiver } => write!(f, "<bound method {name} of {receiver}>"),
            Self::Elided => f.write_str("..."),
            Self::Unreadable(error) => write!(f, "<unreadable: {error}>"),
        }
    }
}

fn separate(f: &mut Formatter<'_>, index: usize) -> fmt::Result {
    f.write_str(if index == 0 { "" } else { ", " })
}

fn and_more(f: &mut Formatter<'_>, shown: usize, more: u64) -> fmt::Result {
    match (shown, more) {
        (_, 0) => Ok(()),
        (0, _) => write!(f, "… {more} more"),
        _ => write!(f, ", … {more} more"),
    }
}

fn items(f: &mut Formatter<'_>, sequence: &Sequence) -> fmt::Result {
    f.write_str(&sequence.open)?;
    for (index, item) in sequence.items.iter().enumerate() {
        separate(f, index)?;
        write!(f, "{item}")?;
    }
    and_more(f, sequence.items.len(), sequence.more)?;
    if sequence.tuple && sequence.items.len() == 1 && sequence.more == 0 {
        f.write_char(',')?;
    }
    f.write_str(&sequence.close)
}

/// `float.__repr__`: the shortest digits that read back equal.
pub(crate) fn float(number: f64) -> String {
    if number.is_nan() {
        return "nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.into();
    }
    let text = format!("{number:?}");
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            let digits = digits.strip_suffix(".0").unwrap_or(digits);
            format!("{digits}e{sign}{exponent:0>2}")
        }
    }
}

/// `complex.__repr__`.
pub(crate) fn complex(real: f64, imaginary: f64) -> String {
    let part = |number: f64| {
        let text = float(number);
        match text.strip_suffix(".0") {
            Some(whole) => whole.to_owned(),
            None => text,
        }
    };
    if real == 0.0 && real.is_sign_positive() {
        return format!("{}j", part(imaginary));
    }
    let sign = match imaginary.is_sign_negative() && !imaginary.is_nan() {
        true => "",
        false => "+",
    };
    format!("({}{sign}{}j)", part(real), part(imaginary))
}

/// The quote that needs no escaping, as Python chooses it.
fn quote_for(single: bool, double: bool) -> char {
    if single && !double { '"' } else { '\'' }
}

fn quoted(f: &mut Formatter<'_>, value: &Text) -> fmt::Result {
    let text = &value.text;
    let quote = quote_for(text.contains('\''), text.contains('"'));
    let mut surrogates = value.surrogates.iter().peekable();
    f.write_char(quote)?;
    for (index, character) in text.chars().enumerate() {
        if let Some((_, unit)) = surrogates.next_if(|(at, _)| *at == index) {
            write!(f, "\\u{unit:04x}")?;
            continue;
        }
        match character {
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            character if character == quote => write!(f, "\\{quote}")?,
            character if is_printable(character) => f.write_char(character)?,
            character => match u32::from(character) {
                code @ ..=0xff => write!(f, "\\x{code:02x}")?,
                code @ ..=0xffff => write!(f, "\\u{code:04x}")?,
                code => write!(f, "\\U{code:08x}")?,
            },
        }
    }
    f.write_char(quote)
}

/// `str.isprintable` of one character.
fn is_printable(character: char) -> bool {
    character == ' '
        || !matches!(
            get_general_category(character),
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::Surrogate
                | GeneralCategory::PrivateUse
                | GeneralCategory::Unassigned
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
                | GeneralCategory::SpaceSeparator
        )
}

/// `bytes.__repr__`.
fn bytes(f: &mut Formatter<'_>, data: &[u8]) -> fmt::Result {
    let quote = quote_for(data.contains(&b'\''), data.contains(&b'"'));
    write!(f, "b{quote}")?;
    for byte in data {
        match byte {
            b'\\' => f.write_str("\\\\")?,
            b'\n' => f.write_str("\\n")?,
            b'\r' => f.write_str("\\r")?,
            b'\t' => f.write_str("\\t")?,
            byte if char::from(*byte) == quote => write!(f, "\\{quote}")?,
            b' '..=b'~' => f.write_char(char::from(*byte))?,
            byte => write!(f, "\\x{byte:02x}")?,
        }
    }
    f.write_char(quote)
}

#[cfg(test)]
mod tests {
    use crate::cpython::objects::repr::*;

    #[test]
    fn floats_print_as_python_prints_them() {
        for (number, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.5, "1.5"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(number), expected);
        }
    }

    #[test]
    fn complex_numbers_print_as_python_prints_them() {
        assert_eq!(complex(1.0, 2.0), "(1+2j)");
        assert_eq!(complex(0.0, 1.5), "1.5j");
        assert_eq!(complex(-0.0, -1.0), "(-0-1j)");
    }

    #[test]
    fn quotes_and_escapes_follow_python() {
        let shown = |text: &str| {
            let text = Text {
                text: text.into(),
                length: 0,
                cut: false,
                surrogates: Vec::new(),
            };
            Value::Str(text).to_string()
        };
        assert_eq!(shown("it's"), "\"it's\"");
        assert_eq!(shown("'\""), "'\\'\"'");
        assert_eq!(
            shown("a\n\u{7f}\u{a0}é\u{200b}"),
            "'a\\n\\x7f\\xa0é\\u200b'"
        );
        let bytes = Value::Bytes {
            data: b"a\0'".to_vec(),
            cut: false,
        };
        assert_eq!(bytes.to_string(), "b\"a\\x00'\"");
    }
}
