//! Methods of `str`.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::units::Unit;
use crate::evaluate::builtins::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, would_run};
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
        if name == "splitlines" {
            let keep = match arguments.either(0, "keepends") {
                Some(keep) => self.truth(&keep)?,
                None => false,
            };
            let lines = lines(points, keep);
            return Ok(Some(Operand::list(lines.into_iter().map(make).collect())));
        }
        let made = match name {
            "upper" => Operand::text(mapped(points, &|letter| letter.to_uppercase().collect())),
            "lower" => Operand::text(lowered(points)),
            "capitalize" => Operand::text(titled(points, true)),
            "title" => Operand::text(titled(points, false)),
            _ if name.starts_with("is") => match self.text_test(points, name)? {
                Some(answer) => Operand::Bool(answer),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        arguments.between(&format!("str.{name}"), 0, 0)?;
        Ok(Some(made))
    }

    /// The answer of a test of all letters; `None` of a test that is not known.
    fn text_test(&self, points: &[u32], name: &str) -> Result<Option<bool>> {
        let ascii = points.iter().all(|point| *point < 128);
        if matches!(name, "isdigit" | "isnumeric" | "isdecimal" | "isalnum") && !ascii {
            return would_run(format!(
                "`{name}` of text that is not ASCII is not computed here"
            ));
        }
        let letters: Option<Vec<char>> = points.iter().copied().map(char::from_u32).collect();
        let letters = letters.unwrap_or_default();
        let all = |test: &dyn Fn(char) -> bool| {
            !letters.is_empty() && letters.iter().all(|letter| test(*letter))
        };
        let cased = letters.iter().copied().filter(|letter| is_cased(*letter));
        let all_cased =
            |test: fn(char) -> bool| cased.clone().count() > 0 && cased.clone().all(test);
        Ok(Some(match name {
            "isascii" => ascii,
            "isalpha" => all(&is_alphabetic),
            "isdigit" | "isdecimal" | "isnumeric" => all(&|letter| letter.is_ascii_digit()),
            "isalnum" => all(&|letter| letter.is_ascii_alphanumeric()),
            "isspace" => !points.is_empty() && points.iter().all(Unit::is_blank),
            "isupper" => all_cased(char::is_uppercase),
            "islower" => all_cased(char::is_lowercase),
            _ => return Ok(None),
        }))
    }
}

/// The text with each letter changed; lone surrogates stay.
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
        // `to_lowercase` of a whole string handles a final sigma.
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

/// The title case of a letter.
fn capital(letter: char) -> Vec<u32> {
    match u32::from(letter) {
        // Digraphs with a title case of their own (`ǅ`).
        point @ 0x1c4..=0x1cc => vec![(point - 0x1c4) / 3 * 3 + 0x1c5],
        0x1f1..=0x1f3 => vec![0x1f2],
        _ => {
            let mut upper = letter.to_uppercase();
            let mut made: Vec<u32> = upper.next().map(u32::from).into_iter().collect();
            // A letter that expands (`ß`) continues in lower case.
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

/// A letter as `str.isalpha` counts it: any of the Unicode categories L*.
fn is_alphabetic(letter: char) -> bool {
    matches!(
        get_general_category(letter),
        GeneralCategory::UppercaseLetter
            | GeneralCategory::LowercaseLetter
            | GeneralCategory::TitlecaseLetter
            | GeneralCategory::ModifierLetter
            | GeneralCategory::OtherLetter
    )
}

/// The lines of a text, as `str.splitlines` splits it.
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
