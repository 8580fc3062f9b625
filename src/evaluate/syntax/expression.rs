//! The value of each kind of expression.

use std::rc::Rc;

use ruff_python_ast::{
    BoolOp, CmpOp, Expr, ExprBoolOp, ExprCompare, ExprDict, ExprNamed, ExprSlice,
};

use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, bounded, type_error};
use crate::evaluate::values::distinct::Distinct;
use crate::evaluate::values::equality::Relation;
use crate::evaluate::values::operand::Operand;

impl Machine<'_, '_> {
    /// The value of `expression`.
    pub(crate) fn evaluate(&self, expression: &Expr) -> Result<Operand> {
        self.step()?;
        self.nested_in(|| self.value_of(expression))
    }

    fn value_of(&self, expression: &Expr) -> Result<Operand> {
        match expression {
            Expr::NoneLiteral(_) => Ok(Operand::None),
            Expr::EllipsisLiteral(_) => Ok(Operand::Ellipsis),
            Expr::BooleanLiteral(literal) => Ok(Operand::Bool(literal.value)),
            Expr::NumberLiteral(literal) => self.number_literal(&literal.value),
            Expr::StringLiteral(literal) => self.string_literal(&literal.value),
            Expr::BytesLiteral(literal) => {
                let data: Vec<u8> = literal.value.bytes().collect();
                self.charge(data.len())?;
                Ok(Operand::Bytes(data.into()))
            }
            Expr::FString(literal) => self.f_string(&literal.value),
            Expr::Name(name) => self.name(&name.id),
            Expr::Attribute(attribute) => {
                let value = self.evaluate(&attribute.value)?;
                self.attribute(&value, &attribute.attr)
            }
            Expr::Subscript(subscript) => {
                let value = self.evaluate(&subscript.value)?;
                let index = self.evaluate(&subscript.slice)?;
                self.subscript(&value, &index)
            }
            Expr::Slice(slice) => self.slice(slice),
            Expr::BoolOp(operation) => self.bool_op(operation),
            Expr::UnaryOp(operation) => {
                let value = self.evaluate(&operation.operand)?;
                self.unary(operation.op, &value)
            }
            Expr::BinOp(operation) => {
                let left = self.evaluate(&operation.left)?;
                let right = self.evaluate(&operation.right)?;
                self.binary(operation.op, &left, &right)
            }
            Expr::Compare(comparison) => self.comparison(comparison),
            Expr::If(choice) => match self.truth(&self.evaluate(&choice.test)?)? {
                true => self.evaluate(&choice.body),
                false => self.evaluate(&choice.orelse),
            },
            Expr::Tuple(tuple) => Ok(Operand::tuple(self.elements(&tuple.elts)?)),
            Expr::List(list) => Ok(Operand::list(self.elements(&list.elts)?)),
            Expr::Set(set) => Ok(Operand::Set(self.set_of(self.elements(&set.elts)?)?)),
            Expr::Dict(dict) => self.dict(dict),
            Expr::Named(named) => self.named(named),
            Expr::Call(call) => self.call(call),
            Expr::ListComp(comp) => self.list_comprehension(comp),
            Expr::SetComp(comp) => self.set_comprehension(comp),
            Expr::DictComp(comp) => self.dict_comprehension(comp),
            Expr::Generator(comp) => self.generator(comp),
            Expr::Starred(_) => Err(Refusal::Syntax(
                "a starred expression can only be an element or an argument".into(),
            )),
            Expr::Lambda(_)
            | Expr::Await(_)
            | Expr::Yield(_)
            | Expr::YieldFrom(_)
            | Expr::TString(_)
            | Expr::IpyEscapeCommand(_) => Err(Refusal::Syntax(
                "this kind of expression is not evaluated here".into(),
            )),
        }
    }

    fn name(&self, name: &str) -> Result<Operand> {
        let scopes = [&self.inner, &self.walrus];
        for scope in scopes {
            let scope = scope.borrow();
            if let Some((_, value)) = scope.iter().rev().find(|(known, _)| **known == *name) {
                return Ok(value.clone());
            }
        }
        let mut unbound = false;
        for (known, value) in &self.names.locals {
            match value {
                Some(addr) if **known == *name => return Ok(Operand::Object(*addr)),
                None if **known == *name => unbound = true,
                _ => {}
            }
        }
        if unbound {
            // Which exception Python raises depends on the code around.
            return bounded(format!("`{name}` has no value at this line"));
        }
        if name == "__debug__" {
            return Ok(Operand::Bool(true));
        }
        for dict in [self.names.globals, self.names.builtins]
            .into_iter()
            .flatten()
        {
            if let Some(value) = self.reader.dict_get(dict, name)? {
                return Ok(Operand::Object(value));
            }
        }
        Err(Refusal::raises(
            "NameError",
            format!("name '{name}' is not defined"),
        ))
    }

    fn slice(&self, slice: &ExprSlice) -> Result<Operand> {
        let part = |part: &Option<Box<Expr>>| match part {
            Some(part) => self.evaluate(part),
            None => Ok(Operand::None),
        };
        Ok(Operand::Slice(Rc::new([
            part(&slice.lower)?,
            part(&slice.upper)?,
            part(&slice.step)?,
        ])))
    }

    fn bool_op(&self, operation: &ExprBoolOp) -> Result<Operand> {
        let mut value = Operand::None;
        let count = operation.values.len();
        for (index, part) in operation.values.iter().enumerate() {
            value = self.evaluate(part)?;
            if index + 1 == count {
                break;
            }
            let decided = self.truth(&value)? == (operation.op == BoolOp::Or);
            if decided {
                break;
            }
        }
        Ok(value)
    }

    fn comparison(&self, comparison: &ExprCompare) -> Result<Operand> {
        let mut left = self.evaluate(&comparison.left)?;
        for (operator, part) in comparison.ops.iter().zip(&comparison.comparators) {
            let right = self.evaluate(part)?;
            let holds = match operator {
                CmpOp::Eq => self.compare(Relation::Eq, &left, &right)?,
                CmpOp::NotEq => self.compare(Relation::Ne, &left, &right)?,
                CmpOp::Lt => self.compare(Relation::Lt, &left, &right)?,
                CmpOp::LtE => self.compare(Relation::Le, &left, &right)?,
                CmpOp::Gt => self.compare(Relation::Gt, &left, &right)?,
                CmpOp::GtE => self.compare(Relation::Ge, &left, &right)?,
                CmpOp::Is => self.identical(&left, &right)?,
                CmpOp::IsNot => !self.identical(&left, &right)?,
                CmpOp::In => self.contains(&right, &left)?,
                CmpOp::NotIn => !self.contains(&right, &left)?,
            };
            if !holds {
                return Ok(Operand::Bool(false));
            }
            left = right;
        }
        Ok(Operand::Bool(true))
    }

    /// The elements of a display, with `*iterable` spread.
    pub(crate) fn elements(&self, elements: &[Expr]) -> Result<Vec<Operand>> {
        let mut values = Vec::new();
        for element in elements {
            match element {
                Expr::Starred(starred) => {
                    let value = self.evaluate(&starred.value)?;
                    values.extend(self.spread(&value)?);
                }
                element => {
                    self.charge(32)?;
                    values.push(self.evaluate(element)?);
                }
            }
        }
        Ok(values)
    }

    fn spread(&self, value: &Operand) -> Result<Vec<Operand>> {
        let items = self.items(value);
        match items {
            Err(Refusal::Raises { exception, message })
                if exception == "TypeError" && message.ends_with("object is not iterable") =>
            {
                type_error(format!(
                    "Value after * must be an iterable, not {}",
                    self.type_label(value)
                ))
            }
            other => other,
        }
    }

    fn dict(&self, dict: &ExprDict) -> Result<Operand> {
        let mut items = Distinct::default();
        for item in &dict.items {
            match &item.key {
                Some(key) => {
                    let key = self.evaluate(key)?;
                    let value = self.evaluate(&item.value)?;
                    self.insert_key(&mut items, key, value)?;
                }
                None => {
                    let value = self.evaluate(&item.value)?;
                    for (key, value) in self.mapping_items(&value)? {
                        self.insert_key(&mut items, key, value)?;
                    }
                }
            }
        }
        Ok(items.into_dict())
    }

    /// Keys and values of a mapping, for `**mapping`.
    pub(crate) fn mapping_items(&self, value: &Operand) -> Result<Vec<(Operand, Operand)>> {
        match self.native(value, "keys")? {
            Operand::Dict(items) => Ok(items.to_vec()),
            Operand::Proxy(inner) => self.mapping_items(&inner),
            Operand::Object(addr) => {
                let ty = self.type_of(addr)?;
                self.special(&ty, "keys", "`**`")?;
                self.no_mapping(value)
            }
            _ => self.no_mapping(value),
        }
    }

    fn no_mapping<T>(&self, value: &Operand) -> Result<T> {
        type_error(format!(
            "'{}' object is not a mapping",
            self.type_label(value)
        ))
    }

    fn named(&self, named: &ExprNamed) -> Result<Operand> {
        let value = self.evaluate(&named.value)?;
        let Expr::Name(target) = &*named.target else {
            return Err(Refusal::Syntax("`:=` needs a name".into()));
        };
        let mut scope = self.walrus.borrow_mut();
        match scope.iter_mut().find(|(known, _)| **known == *target.id) {
            Some(known) => known.1 = value.clone(),
            None => scope.push((Rc::from(target.id.as_str()), value.clone())),
        }
        Ok(value)
    }
}
