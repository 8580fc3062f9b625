//! Methods of `str`.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::units::Unit;
use crate::evaluate::builtins::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, type_error, value_error, would_run};
use crate::evaluate::values::operand::{Operand, Str};
use crate::evaluate::values::text::lossy;

impl Machine<'_, '_> {
    pub(crate) fn str_method(
        &self,
        text: &Str,
        name: &str,
        mut arguments: Arguments,
    ) -> Result<Option<Operand>> {
        let points = text.points();
        let make = |points: Vec<u32>| Operand::text(points);
        if let Some(made) = self.shared_method(points, name, &mut arguments, &make)? {
            return Ok(Some(made));
        }
        self.charge(points.len().saturating_mul(12))?;
        match name {
            "format" => return self.format_method(text, arguments).map(Some),
            "encode" => {
                let encoding = arguments.either(0, "encoding");
                let errors = arguments.either(1, "errors");
                return self
                    .encode(text, encoding.as_ref(), errors.as_ref())
                    .map(Some);
            }
            "splitlines" => {
                let keep = match arguments.either(0, "keepends") {
                    Some(keep) => self.truth(&keep)?,
                    None => false,
                };
                let lines = lines(points, keep);
                return Ok(Some(Operand::list(lines.into_iter().map(make).collect())));
            }
            "translate" => {
                let table = arguments.between("str.translate", 1, 1)?[0].clone();
                return self.translate(points, &table).map(Some);
            }
            "expandtabs" => {
                let size = match arguments.either(0, "tabsize") {
                    Some(size) => usize::try_from(self.index_value(&size)?).unwrap_or(0),
                    None => 8,
                };
                return self.expand_tabs(points, size).map(Some);
            }
            _ => {}
        }
        if !matches!(
            name,
            "upper" | "lower" | "casefold" | "capitalize" | "swapcase" | "title"
        ) && !name.starts_with("is")
        {
            return Ok(None);
        }
        arguments.between(&format!("str.{name}"), 0, 0)?;
        let changed = |change: &dyn Fn(char) -> String| Operand::text(mapped(points, change));
        Ok(Some(match name {
            "upper" => changed(&|letter| letter.to_uppercase().collect()),
            "lower" => Operand::text(lowered(points)),
            "casefold" if points.iter().all(|point| *point < 128) => Operand::text(lowered(points)),
            "casefold" => {
                return would_run("`casefold` of text that is not ASCII is not computed here");
            }
            "swapcase" => changed(
                &|letter| match (letter.is_uppercase(), letter.is_lowercase()) {
                    (true, _) => letter.to_lowercase().collect(),
                    (_, true) => letter.to_uppercase().collect(),
                    _ => letter.into(),
                },
            ),
            "capitalize" => Operand::text(titled(points, true)),
            "title" => Operand::text(titled(points, false)),
            _ => match is(points, name) {
                Some(answer) => Operand::Bool(answer),
                None => return Ok(None),
            },
        }))
    }

    /// Each code point as a dict says: another one, a text, or nothing.
    fn translate(&self, points: &[u32], table: &Operand) -> Result<Operand> {
        let Operand::Dict(table) = self.native(table, "__getitem__")? else {
            return would_run("`translate` is computed here with a dict only");
        };
        let mut made = Vec::new();
        for point in points {
            self.step()?;
            let Some(value) = self.find_key(&table, &Operand::int(*point))? else {
                made.push(*point);
                continue;
            };
            match self.native(&value, "__index__")? {
                Operand::None => {}
                Operand::Str(text) => {
                    self.charge(text.points().len().saturating_mul(4))?;
                    made.extend_from_slice(text.points());
                }
                other => match other.as_i64() {
                    Some(point @ 0..0x11_0000) => made.push(point as u32),
                    Some(_) => {
                        return value_error("character mapping must be in range(0x110000)");
                    }
                    None => {
                        return type_error("character mapping must return integer, None or str");
                    }
                },
            }
        }
        Ok(Operand::text(made))
    }

    fn expand_tabs(&self, points: &[u32], size: usize) -> Result<Operand> {
        let mut made = Vec::new();
        let mut column = 0;
        for point in points {
            match *point {
                9 if size > 0 => {
                    let blanks = size - column % size;
                    self.charge(blanks.saturating_mul(4))?;
                    made.extend(std::iter::repeat_n(32, blanks));
                    column += blanks;
                }
                9 => {}
                point => {
                    column = if matches!(point, 10 | 13) {
                        0
                    } else {
                        column + 1
                    };
                    made.push(point);
                }
            }
        }
        Ok(Operand::text(made))
    }
}

/// Each letter changed; lone surrogates stay.
fn mapped(points: &[u32], change: &dyn Fn(char) -> String) -> Vec<u32> {
    let mut made = Vec::with_capacity(points.len());
    for point in points {
        match char::from_u32(*point) {
            Some(letter) => made.extend(change(letter).chars().map(u32::from)),
            None => made.push(*point),
        }
    }
    made
}

fn lowered(points: &[u32]) -> Vec<u32> {
    match points.iter().all(|point| char::from_u32(*point).is_some()) {
        // The library knows where a sigma ends a word.
        true => lossy(points)
            .to_lowercase()
            .chars()
            .map(u32::from)
            .collect(),
        false => mapped(points, &|letter| letter.to_lowercase().collect()),
    }
}

fn is_cased(letter: char) -> bool {
    letter.is_uppercase()
        || letter.is_lowercase()
        || get_general_category(letter) == GeneralCategory::TitlecaseLetter
}

/// A letter as it begins a word.
fn capital(letter: char) -> Vec<u32> {
    match u32::from(letter) {
        // Digraphs of which only the first part is a capital.
        point @ 0x1c4..=0x1cc => vec![(point - 0x1c4) / 3 * 3 + 0x1c5],
        0x1f1..=0x1f3 => vec![0x1f2],
        _ => {
            let mut upper = letter.to_uppercase();
            let mut made: Vec<u32> = upper.next().map(u32::from).into_iter().collect();
            // What expands goes on in small letters.
            made.extend(upper.flat_map(char::to_lowercase).map(u32::from));
            made
        }
    }
}

/// The first letter (of all, or of each word) as a capital, the rest small.
fn titled(points: &[u32], once: bool) -> Vec<u32> {
    let mut made = Vec::with_capacity(points.len());
    let mut inside = false;
    for (index, point) in points.iter().enumerate() {
        let Some(letter) = char::from_u32(*point) else {
            made.push(*point);
            inside = false;
            continue;
        };
        let small = if once { index > 0 } else { inside };
        match small {
            true => made.extend(letter.to_lowercase().map(u32::from)),
            false => made.extend(capital(letter)),
        }
        inside = is_cased(letter);
    }
    made
}

/// Digits that are no decimal ones (`Numeric_Type=Digit` of Unicode).
fn is_digit(letter: char) -> bool {
    matches!(
        u32::from(letter),
        0xb2 | 0xb3 | 0xb9
            | 0x1369..=0x1371
            | 0x19da
            | 0x2070
            | 0x2074..=0x2079
            | 0x2080..=0x2089
            | 0x2460..=0x2468
            | 0x2474..=0x247c
            | 0x2488..=0x2490
            | 0x24ea
            | 0x24f5..=0x24fd
            | 0x24ff
            | 0x2776..=0x277e
            | 0x2780..=0x2788
            | 0x278a..=0x2792
            | 0x10a40..=0x10a43
            | 0x10e60..=0x10e68
            | 0x11052..=0x1105a
            | 0x1f100..=0x1f10a
    )
}

/// Tests of all letters; `None` of a test that is not known.
fn is(points: &[u32], name: &str) -> Option<bool> {
    let all = |test: &dyn Fn(char) -> bool| {
        !points.is_empty()
            && points
                .iter()
                .all(|point| char::from_u32(*point).is_some_and(test))
    };
    let any = |test: &dyn Fn(char) -> bool| {
        points
            .iter()
            .any(|point| char::from_u32(*point).is_some_and(test))
    };
    let is_letter = |letter: char| {
        matches!(
            get_general_category(letter),
            GeneralCategory::UppercaseLetter
                | GeneralCategory::LowercaseLetter
                | GeneralCategory::TitlecaseLetter
                | GeneralCategory::ModifierLetter
                | GeneralCategory::OtherLetter
        )
    };
    let is_decimal = |letter: char| get_general_category(letter) == GeneralCategory::DecimalNumber;
    let is_number = |letter: char| {
        matches!(
            get_general_category(letter),
            GeneralCategory::DecimalNumber
                | GeneralCategory::OtherNumber
                | GeneralCategory::LetterNumber
        )
    };
    // Some ideographs are numbers, which no table here says.
    let unsure = any(&|letter| {
        u32::from(letter) >= 0x3000 && get_general_category(letter) == GeneralCategory::OtherLetter
    });
    Some(match name {
        "isalpha" => all(&is_letter),
        "isdecimal" => all(&is_decimal),
        "isdigit" => all(&|letter| is_decimal(letter) || is_digit(letter)),
        "isnumeric" if !unsure => all(&is_number),
        "isalnum" => all(&|letter| is_letter(letter) || is_number(letter)),
        "isspace" => !points.is_empty() && points.iter().all(Unit::is_blank),
        "isascii" => points.iter().all(|point| *point < 128),
        "isupper" => any(&is_cased) && !any(&|letter| is_cased(letter) && !letter.is_uppercase()),
        "islower" => any(&is_cased) && !any(&|letter| is_cased(letter) && !letter.is_lowercase()),
        "istitle" => any(&is_cased) && titled(points, false) == points,
        "isidentifier" if points.iter().all(|point| *point < 128) => {
            let first = points.first().and_then(|point| char::from_u32(*point));
            first.is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_')
                && all(&|letter| letter.is_ascii_alphanumeric() || letter == '_')
        }
        "isprintable" => {
            let printed = Str::from(points).quoted();
            // Only quotes and backslashes are escaped of what can be printed.
            let escaped = points
                .iter()
                .filter(|point| matches!(**point, 0x27 | 0x5c))
                .count();
            let quotes = if printed.starts_with('"') { 0 } else { escaped };
            let kept = printed.chars().count().saturating_sub(2);
            let backslashes = points.iter().filter(|point| **point == 0x5c).count();
            let expected = match printed.starts_with('"') {
                true => points.len() + backslashes,
                false => points.len() + quotes,
            };
            kept == expected
        }
        _ => return None,
    })
}

/// Lines as `splitlines` splits them.
fn lines(points: &[u32], keep: bool) -> Vec<Vec<u32>> {
    let ends = |point: u32| matches!(point, 0x0a..=0x0d | 0x1c..=0x1e | 0x85 | 0x2028 | 0x2029);
    let mut made = Vec::new();
    let mut rest = points;
    while !rest.is_empty() {
        let Some(at) = rest.iter().position(|point| ends(*point)) else {
            made.push(rest.to_vec());
            break;
        };
        let both = rest.get(at..at + 2) == Some(&[13, 10]);
        let behind = at + if both { 2 } else { 1 };
        made.push(
            rest.get(..if keep { behind } else { at })
                .unwrap_or_default()
                .to_vec(),
        );
        rest = rest.get(behind..).unwrap_or_default();
    }
    made
}
