//! The value of each kind of expression.

use ruff_python_ast::Expr;

use super::machine::Machine;
use super::operand::Operand;
use super::refusal::{Refusal, Result, bounded};

impl Machine<'_, '_> {
    /// The value of `expression`.
    pub(super) fn evaluate(&self, expression: &Expr) -> Result<Operand> {
        self.step()?;
        match expression {
            Expr::NoneLiteral(_) => Ok(Operand::None),
            Expr::BooleanLiteral(literal) => Ok(Operand::Bool(literal.value)),
            Expr::Name(name) => {
                let mut locals = self.names.locals.iter();
                match locals.find(|(known, value)| **known == *name.id && value.is_some()) {
                    Some((_, Some(addr))) => Ok(Operand::Object(*addr)),
                    _ => Err(Refusal::raises(
                        "NameError",
                        format!("name '{}' is not defined", name.id),
                    )),
                }
            }
            _ => bounded("this kind of expression cannot be evaluated yet"),
        }
    }

    pub(super) fn repr(&self, value: &Operand) -> Result<String> {
        Ok(match value {
            Operand::Object(addr) => self.reader.value(*addr).to_string(),
            other => format!("{other:?}"),
        })
    }
}
