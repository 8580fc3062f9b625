//! The path from a variable to an object, as an expression writes it.

use ruff_python_ast::{Expr, Number};

use super::calls::called_name;
use super::uses::GET;

/// The path from a variable to an object: `STATE`, `jobs` and `'a'` of `STATE.jobs['a']`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectPath {
    /// Whether it begins at a global, and not at a variable of a function.
    pub is_global: bool,
    /// Names on it, that of the variable or of its module first.
    pub names: Vec<String>,
    /// Keys and arguments on it that stand there, as Python writes them.
    pub keys: Vec<String>,
}

impl ObjectPath {
    /// The path that an expression writes. `None` if it begins at no variable; `is_local` says
    /// which names are no globals.
    pub(super) fn of(expr: &Expr, is_local: &dyn Fn(&str) -> bool) -> Option<Self> {
        match expr {
            Expr::Name(name) => Some(Self {
                is_global: !is_local(name.id.as_str()),
                names: vec![name.id.to_string()],
                keys: Vec::new(),
            }),
            Expr::Attribute(attribute) => {
                let mut path = Self::of(&attribute.value, is_local)?;
                path.names.push(attribute.attr.to_string());
                Some(path)
            }
            Expr::Subscript(subscript) => {
                let mut path = Self::of(&subscript.value, is_local)?;
                path.keys.extend(literal(&subscript.slice));
                Some(path)
            }
            Expr::Call(call) => {
                let mut path = Self::of(&call.func, is_local)?;
                match called_name(call) {
                    // The value of a context variable, or of a key.
                    Some(GET) => drop(path.names.pop()),
                    _ => path
                        .keys
                        .extend(call.arguments.args.iter().filter_map(literal)),
                }
                Some(path)
            }
            _ => None,
        }
    }

    /// The path to the object whose attribute this one leads to.
    pub fn parent(&self) -> Option<Self> {
        let (_, names) = self.names.split_last()?;
        (!names.is_empty()).then(|| Self {
            is_global: self.is_global,
            names: names.to_vec(),
            keys: self.keys.clone(),
        })
    }
}

/// A text or number that stands there, as Python writes it.
fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::StringLiteral(text) => Some(format!("'{}'", text.value.to_str())),
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(number) => Some(number.to_string()),
            Number::Float(_) | Number::Complex { .. } => None,
        },
        _ => None,
    }
}
