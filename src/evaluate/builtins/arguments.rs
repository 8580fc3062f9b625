//! Arguments of calls.

use crate::evaluate::refusal::{Result, type_error};
use crate::evaluate::values::operand::Operand;

/// What a call passes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    pub(crate) positional: Vec<Operand>,
    pub(crate) keywords: Vec<(String, Operand)>,
}

impl Arguments {
    pub(crate) fn of(positional: Vec<Operand>) -> Self {
        Self {
            positional,
            keywords: Vec::new(),
        }
    }

    /// Takes the keyword argument `name`.
    pub(crate) fn keyword(&mut self, name: &str) -> Option<Operand> {
        let at = self.keywords.iter().position(|(known, _)| known == name)?;
        Some(self.keywords.remove(at).1)
    }

    /// Takes the argument `name`, which may also be the `index`-th.
    pub(crate) fn either(&mut self, index: usize, name: &str) -> Option<Operand> {
        match self.positional.get(index) {
            Some(value) => Some(value.clone()),
            None => self.keyword(name),
        }
    }

    /// The `index`-th argument.
    pub(crate) fn at(&self, index: usize) -> Option<&Operand> {
        self.positional.get(index)
    }

    /// An error if there are keyword arguments that nothing took.
    pub(crate) fn no_keywords(&self, function: &str) -> Result<()> {
        match self.keywords.first() {
            None => Ok(()),
            Some((name, _)) if matches!(function, "sum" | "sorted" | "min" | "max" | "round") => {
                type_error(format!(
                    "{function}() got an unexpected keyword argument '{name}'"
                ))
            }
            Some(_) => type_error(format!("{function}() takes no keyword arguments")),
        }
    }

    /// The arguments where their number is within these bounds and none is
    /// passed by keyword.
    pub(crate) fn between(&self, function: &str, least: usize, most: usize) -> Result<&[Operand]> {
        self.no_keywords(function)?;
        self.count(function, least, most)?;
        Ok(&self.positional)
    }

    /// An error if the number of arguments is not within these bounds.
    pub(crate) fn count(&self, function: &str, least: usize, most: usize) -> Result<()> {
        let given = self.positional.len();
        if (least..=most).contains(&given) {
            return Ok(());
        }
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        if most == 0 {
            return type_error(format!("{function}() takes no arguments ({given} given)"));
        }
        if least == most && least == 1 {
            return type_error(format!(
                "{function}() takes exactly one argument ({given} given)"
            ));
        }
        let function = function.rsplit('.').next().unwrap_or(function);
        let (bound, quantity) = match given < least {
            _ if least == most => ("", least),
            true => ("at least ", least),
            false => ("at most ", most),
        };
        type_error(format!(
            "{function} expected {bound}{quantity} argument{}, got {given}",
            plural(quantity)
        ))
    }
}
