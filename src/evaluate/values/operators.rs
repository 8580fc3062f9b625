//! Operators: which operand's type answers, and for which types.

use ruff_python_ast::{Operator, UnaryOp};

use super::compare::Number;
use super::decode::holds_data;
use super::distinct::Distinct;
use super::operand::Operand;
use crate::cpython::Kind;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, type_error, would_run};

/// The special methods of an operator, for its left and right operand.
fn methods(operator: Operator) -> (&'static str, &'static str) {
    match operator {
        Operator::Add => ("__add__", "__radd__"),
        Operator::Sub => ("__sub__", "__rsub__"),
        Operator::Mult => ("__mul__", "__rmul__"),
        Operator::MatMult => ("__matmul__", "__rmatmul__"),
        Operator::Div => ("__truediv__", "__rtruediv__"),
        Operator::Mod => ("__mod__", "__rmod__"),
        Operator::Pow => ("__pow__", "__rpow__"),
        Operator::LShift => ("__lshift__", "__rlshift__"),
        Operator::RShift => ("__rshift__", "__rrshift__"),
        Operator::BitOr => ("__or__", "__ror__"),
        Operator::BitXor => ("__xor__", "__rxor__"),
        Operator::BitAnd => ("__and__", "__rand__"),
        Operator::FloorDiv => ("__floordiv__", "__rfloordiv__"),
    }
}

impl Machine<'_, '_> {
    /// `left OPERATOR right`.
    pub(crate) fn binary(
        &self,
        operator: Operator,
        left: &Operand,
        right: &Operand,
    ) -> Result<Operand> {
        self.step()?;
        let (method, reflected) = methods(operator);
        let a = self.operand_of(left, method, operator)?;
        if operator == Operator::Mod
            && let Operand::Str(_) | Operand::Bytes(_) | Operand::ByteArray(_) = a
        {
            return would_run("`%` formatting is not computed here: use an f-string");
        }
        let b = self.operand_of(right, reflected, operator)?;
        match self.data_binary(operator, &a, &b)? {
            Some(value) => Ok(value),
            None => self.unsupported(operator.as_str(), left, right),
        }
    }

    /// The data of an operand whose type's own method answers.
    fn operand_of(&self, value: &Operand, method: &str, operator: Operator) -> Result<Operand> {
        let Operand::Object(addr) = value else {
            return Ok(value.clone());
        };
        let ty = self.type_of(*addr)?;
        if ty.exact == Kind::Other || !holds_data(&ty) {
            let purpose = format!("`{}`", operator.as_str());
            match self.find(&ty, method)? {
                Some(Found::Native(class)) if *class.name == *"type" => {
                    return would_run(format!("{purpose} of types makes a union in the target"));
                }
                Some(Found::Native(class)) if class.name.starts_with("collections.") => {
                    return would_run(format!(
                        "{purpose} of a `{}` makes one in the target",
                        class.name
                    ));
                }
                Some(Found::Native(class)) if !holds_data(&ty) => {
                    return would_run(format!(
                        "{purpose} of a `{}` is computed by C code in the target",
                        class.name
                    ));
                }
                Some(Found::Native(_)) | None => {}
                Some(found) if self.is_stock_special(&ty, &found, method) => {}
                Some(found) => return Err(self.refuse_call(&found, method, &purpose)),
            }
        }
        match holds_data(&ty) {
            true => self.decode(*addr, &ty),
            false => Ok(value.clone()),
        }
    }

    pub(crate) fn unsupported<T>(
        &self,
        operator: &str,
        left: &Operand,
        right: &Operand,
    ) -> Result<T> {
        let operator = if operator == "**" {
            "** or pow()"
        } else {
            operator
        };
        type_error(format!(
            "unsupported operand type(s) for {operator}: '{}' and '{}'",
            self.type_label(left),
            self.type_label(right)
        ))
    }

    fn data_binary(&self, operator: Operator, a: &Operand, b: &Operand) -> Result<Option<Operand>> {
        if let (Operand::Bool(a), Operand::Bool(b)) = (a, b) {
            match operator {
                Operator::BitAnd => return Ok(Some(Operand::Bool(a & b))),
                Operator::BitOr => return Ok(Some(Operand::Bool(a | b))),
                Operator::BitXor => return Ok(Some(Operand::Bool(a ^ b))),
                _ => {}
            }
        }
        if let (Some(a), Some(b)) = (Number::of(a), Number::of(b)) {
            return self.number_binary(operator, &a, &b);
        }
        if let Some(value) = self.set_binary(operator, a, b)? {
            return Ok(Some(value));
        }
        match operator {
            Operator::Add => self.concatenate(a, b),
            Operator::Mult => self.repeat(a, b),
            Operator::BitOr => match (a, b) {
                (Operand::Dict(a), Operand::Dict(b)) if self.has_dict_union() => {
                    let mut items = Distinct::default();
                    for (key, value) in a.iter().chain(b.iter()) {
                        self.insert_key(&mut items, key.clone(), value.clone())?;
                    }
                    Ok(Some(items.into_dict()))
                }
                (Operand::Type(_) | Operand::None, Operand::Type(_))
                | (Operand::Type(_), Operand::None) => {
                    would_run("`|` of types makes a union in the target")
                }
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// Whether dicts have `|` in the target's version.
    fn has_dict_union(&self) -> bool {
        self.static_types.has("dict", "__or__") == Some(true)
    }

    /// `OPERATOR value`; `not` depends on the truth of the value alone.
    pub(crate) fn unary(&self, operator: UnaryOp, value: &Operand) -> Result<Operand> {
        self.step()?;
        let method = match operator {
            UnaryOp::Not => return Ok(Operand::Bool(!self.truth(value)?)),
            UnaryOp::Invert => "__invert__",
            UnaryOp::UAdd => "__pos__",
            UnaryOp::USub => "__neg__",
        };
        let data = match value {
            Operand::Object(addr) => {
                let ty = self.type_of(*addr)?;
                let purpose = format!("`{}`", operator.as_str());
                match (self.special(&ty, method, &purpose)?, holds_data(&ty)) {
                    (_, true) => self.decode(*addr, &ty)?,
                    (false, false) => value.clone(),
                    (true, false) => {
                        return would_run(format!(
                            "{purpose} of a `{}` is computed by C code in the target",
                            ty.name
                        ));
                    }
                }
            }
            other => other.clone(),
        };
        match (operator, Number::of(&data)) {
            (UnaryOp::Invert, Some(Number::Int(number))) => Ok(Operand::int(-number - 1)),
            (UnaryOp::UAdd, Some(number)) => Ok(number.into()),
            (UnaryOp::USub, Some(Number::Int(number))) => Ok(Operand::int(-number)),
            (UnaryOp::USub, Some(Number::Float(number))) => Ok(Operand::Float(-number)),
            (UnaryOp::USub, Some(Number::Complex(real, imaginary))) => {
                Ok(Operand::Complex(-real, -imaginary))
            }
            _ => type_error(format!(
                "bad operand type for unary {}: '{}'",
                operator.as_str(),
                self.type_label(value)
            )),
        }
    }
}

impl From<Number> for Operand {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(number) => Self::int(number),
            Number::Float(number) => Self::Float(number),
            Number::Complex(real, imaginary) => Self::Complex(real, imaginary),
        }
    }
}
