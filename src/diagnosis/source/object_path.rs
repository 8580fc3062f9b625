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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::source::{Module, Use};

    /// The path of the object whose method `acquire` the text calls, in a function with the
    /// parameter `own`.
    fn path(object: &str) -> Option<ObjectPath> {
        let module = Module::parse(format!("def take(own):\n    {object}.acquire()\n"));
        let bodies = module.uses().iter();
        let mut uses = bodies.flat_map(|body| &body.uses);
        let acquire = uses
            .find(|each| matches!(&each.what, Use::Attribute { name, .. } if name == "acquire"));
        acquire?.receiver()
    }

    #[test]
    fn a_path_begins_at_a_variable() {
        let names = |object: &str| path(object).map(|it| it.names.join("."));
        assert_eq!(names("own.lock").as_deref(), Some("own.lock"));
        assert_eq!(names("shop.Stock.lock").as_deref(), Some("shop.Stock.lock"));
        assert_eq!(names("LOCKS['a'][key]").as_deref(), Some("LOCKS"));
        // The value of a context variable is what the variable has.
        assert_eq!(names("CURRENT.get()").as_deref(), Some("CURRENT"));
        assert_eq!(names("lock_for('a')").as_deref(), Some("lock_for"));
        assert_eq!(names("(first or second)"), None);
        assert_eq!(path("own.lock").map(|it| it.is_global), Some(false));
        assert_eq!(path("STATE.lock").map(|it| it.is_global), Some(true));
    }

    #[test]
    fn keys_that_stand_there_belong_to_it() {
        let keys = |object: &str| path(object).map(|it| it.keys);
        assert_eq!(keys("LOCKS['a']"), Some(vec!["'a'".to_owned()]));
        assert_eq!(keys("LOCKS[3]"), Some(vec!["3".to_owned()]));
        assert_eq!(keys("lock_for('a')"), Some(vec!["'a'".to_owned()]));
        assert_eq!(keys("LOCKS[key]"), Some(Vec::new()));
    }
}
