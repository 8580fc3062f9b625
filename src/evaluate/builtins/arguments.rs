//! Arguments of a call.

use crate::evaluate::refusal::{Result, type_error};
use crate::evaluate::values::operand::Operand;

/// The arguments of a call.
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

    /// An error if a keyword argument is left.
    pub(crate) fn no_keywords(&self, function: &str) -> Result<()> {
        match self.keywords.first() {
            None => Ok(()),
            Some((name, _)) => type_error(format!(
                "{function}() got an unexpected keyword argument '{name}'"
            )),
        }
    }

    /// The arguments; an error if their number is out of bounds or one is passed
    /// by keyword.
    pub(crate) fn between(&self, function: &str, min: usize, max: usize) -> Result<&[Operand]> {
        self.no_keywords(function)?;
        self.count(function, min, max)?;
        Ok(&self.positional)
    }

    /// An error if the number of arguments is out of bounds.
    pub(crate) fn count(&self, function: &str, min: usize, max: usize) -> Result<()> {
        let given = self.positional.len();
        if (min..=max).contains(&given) {
            return Ok(());
        }
        let (bound, quantity) = match given < min {
            _ if min == max => ("", min),
            true => ("at least ", min),
            false => ("at most ", max),
        };
        let plural = if quantity == 1 { "" } else { "s" };
        type_error(format!(
            "{function} expected {bound}{quantity} argument{plural}, got {given}"
        ))
    }
}
