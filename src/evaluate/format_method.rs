//! `str.format` (Objects/stringlib/unicode_format.h).

use super::builtins::arguments::Arguments;
use super::machine::Machine;
use super::refusal::{Refusal, Result, index_error, value_error};
use super::values::operand::{Operand, Str};

/// Which arguments fields without a name have used.
#[derive(Default)]
struct Numbering {
    next: usize,
    automatic: Option<bool>,
}

impl Machine<'_, '_> {
    /// `text.format(*arguments)`.
    pub(super) fn format_method(&self, text: &Str, arguments: Arguments) -> Result<Operand> {
        let mut numbering = Numbering::default();
        let made = self.markup(text.points(), &arguments, &mut numbering, 2)?;
        Ok(Operand::text(made))
    }

    fn markup(
        &self,
        points: &[u32],
        arguments: &Arguments,
        numbering: &mut Numbering,
        depth: u32,
    ) -> Result<Vec<u32>> {
        let (open, close) = (u32::from('{'), u32::from('}'));
        let mut made = Vec::new();
        let mut at = 0;
        while let Some(point) = points.get(at).copied() {
            at += 1;
            if point != open && point != close {
                made.push(point);
                continue;
            }
            if points.get(at) == Some(&point) {
                made.push(point);
                at += 1;
                continue;
            }
            if point == close {
                return value_error("Single '}' encountered in format string");
            }
            if at == points.len() {
                return value_error("Single '{' encountered in format string");
            }
            let mut level = 1;
            let length = points.iter().skip(at).position(|point| {
                level += i32::from(*point == open) - i32::from(*point == close);
                level == 0
            });
            let Some(length) = length else {
                return value_error("expected '}' before end of string");
            };
            let field = points.get(at..at + length).unwrap_or_default();
            at += length + 1;
            self.step()?;
            let text = self.field(field, arguments, numbering, depth)?;
            self.charge(text.points().len().saturating_mul(4))?;
            made.extend_from_slice(text.points());
        }
        Ok(made)
    }

    fn field(
        &self,
        field: &[u32],
        arguments: &Arguments,
        numbering: &mut Numbering,
        depth: u32,
    ) -> Result<Str> {
        if depth == 0 {
            return value_error("Max string recursion exceeded");
        }
        let mut bracketed = false;
        let end = field.iter().position(|point| {
            match char::from_u32(*point) {
                Some('[') => bracketed = true,
                Some(']') => bracketed = false,
                _ => {}
            }
            !bracketed && (*point == u32::from('!') || *point == u32::from(':'))
        });
        let (name, mut rest) = field.split_at(end.unwrap_or(field.len()));
        let mut value =
            self.field_value(&super::values::text::lossy(name), arguments, numbering)?;
        if rest.first() == Some(&u32::from('!')) {
            let conversion = rest.get(1).copied().and_then(char::from_u32);
            value = match conversion {
                Some('r') => Operand::text(self.repr(&value)?),
                Some('s') => Operand::Str(self.str(&value)?),
                Some('a') => Operand::text(self.ascii(&value)?),
                Some(other) => {
                    return value_error(format!("Unknown conversion specifier {other}"));
                }
                None => return value_error("unmatched '{' in format spec"),
            };
            rest = rest.get(2..).unwrap_or_default();
            if !rest.is_empty() && rest.first() != Some(&u32::from(':')) {
                return value_error("expected ':' after conversion specifier");
            }
        }
        let spec = rest.get(1..).unwrap_or_default();
        let spec = match spec.contains(&u32::from('{')) {
            true => self.markup(spec, arguments, numbering, depth - 1)?,
            false => spec.to_vec(),
        };
        self.format(&value, &Str::from(spec))
    }

    fn field_value(
        &self,
        name: &str,
        arguments: &Arguments,
        numbering: &mut Numbering,
    ) -> Result<Operand> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, mut rest) = name.split_at(end);
        let automatic = first.is_empty();
        let number = match first.parse::<usize>() {
            Ok(number) => Some(number),
            Err(_) if automatic => Some(numbering.next),
            Err(_) => None,
        };
        let mut value = match number {
            Some(number) => {
                if *numbering.automatic.get_or_insert(automatic) != automatic {
                    return value_error(match automatic {
                        true => {
                            "cannot switch from manual field specification to automatic field numbering"
                        }
                        false => {
                            "cannot switch from automatic field numbering to manual field specification"
                        }
                    });
                }
                numbering.next += usize::from(automatic);
                match arguments.at(number) {
                    Some(value) => value.clone(),
                    None => {
                        return index_error(match self.minor {
                            ..8 => "tuple index out of range".into(),
                            _ => format!(
                                "Replacement index {number} out of range for positional args tuple"
                            ),
                        });
                    }
                }
            }
            None => {
                let known = arguments.keywords.iter().find(|(known, _)| known == first);
                match known {
                    Some((_, value)) => value.clone(),
                    None => {
                        return Err(Refusal::raises("KeyError", Str::from(first).quoted()));
                    }
                }
            }
        };
        while !rest.is_empty() {
            if let Some(behind) = rest.strip_prefix('.') {
                let end = behind.find(['.', '[']).unwrap_or(behind.len());
                let (attribute, behind) = behind.split_at(end);
                if attribute.is_empty() {
                    return value_error("Empty attribute in format string");
                }
                value = self.attribute(&value, attribute)?;
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix('[') {
                let Some((index, behind)) = behind.split_once(']') else {
                    return value_error("Missing ']' in format string");
                };
                let index = match index.parse::<u64>() {
                    Ok(number) => Operand::int(number),
                    Err(_) => Operand::text(index),
                };
                value = self.subscript(&value, &index)?;
                rest = behind;
            } else {
                return value_error("Only '.' or '[' may follow ']' in format field specifier");
            }
        }
        Ok(value)
    }
}
