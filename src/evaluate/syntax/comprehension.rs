//! Comprehensions and generator expressions.

use std::rc::Rc;

use ruff_python_ast::{
    Comprehension, Expr, ExprDictComp, ExprGenerator, ExprListComp, ExprSetComp,
};

use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, type_error, value_error};
use crate::evaluate::values::distinct::Distinct;
use crate::evaluate::values::operand::Operand;

impl Machine<'_, '_> {
    pub(crate) fn list_comprehension(&self, comp: &ExprListComp) -> Result<Operand> {
        let mut items = Vec::new();
        self.comprehend(&comp.generators, &mut || {
            self.charge(32)?;
            items.push(self.evaluate(&comp.elt)?);
            Ok(())
        })?;
        Ok(Operand::list(items))
    }

    pub(crate) fn set_comprehension(&self, comp: &ExprSetComp) -> Result<Operand> {
        let mut items = Vec::new();
        self.comprehend(&comp.generators, &mut || {
            self.charge(32)?;
            items.push(self.evaluate(&comp.elt)?);
            Ok(())
        })?;
        Ok(Operand::Set(self.set_of(items)?))
    }

    pub(crate) fn dict_comprehension(&self, comp: &ExprDictComp) -> Result<Operand> {
        let mut items = Distinct::default();
        self.comprehend(&comp.generators, &mut || {
            let Some(key) = &comp.key else {
                let mapping = self.evaluate(&comp.value)?;
                for (key, value) in self.mapping_items(&mapping)? {
                    self.insert_key(&mut items, key, value)?;
                }
                return Ok(());
            };
            let key = self.evaluate(key)?;
            let value = self.evaluate(&comp.value)?;
            self.insert_key(&mut items, key, value)
        })?;
        Ok(items.into_dict())
    }

    /// The items of a generator expression, computed at once, because it has no
    /// effects. An error is raised when iteration reaches it.
    pub(crate) fn generator(&self, comp: &ExprGenerator) -> Result<Operand> {
        let mut items = Vec::new();
        let outcome = self.with_half(|| {
            self.comprehend(&comp.generators, &mut || {
                self.charge(32)?;
                items.push(self.evaluate(&comp.elt)?);
                Ok(())
            })
        });
        Ok(Operand::partial_iterator("generator", items, outcome.err()))
    }

    fn comprehend(
        &self,
        generators: &[Comprehension],
        body: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        let base = self.inner.borrow().len();
        let outcome = self.nested(generators, base, body);
        self.inner.borrow_mut().truncate(base);
        outcome
    }

    fn nested(
        &self,
        generators: &[Comprehension],
        base: usize,
        body: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        let Some((first, rest)) = generators.split_first() else {
            return body();
        };
        let iterable = self.evaluate(&first.iter)?;
        self.each(&iterable, &mut |item| {
            self.bind(&first.target, item, base)?;
            for condition in &first.ifs {
                if !self.truth(&self.evaluate(condition)?)? {
                    return Ok(true);
                }
            }
            self.nested(rest, base, body).map(|()| true)
        })
    }

    /// Binds the target of a `for`, in the variables from `base` on.
    fn bind(&self, target: &Expr, value: Operand, base: usize) -> Result<()> {
        match target {
            Expr::Name(name) => {
                let mut scope = self.inner.borrow_mut();
                let known = scope.iter_mut().skip(base);
                match known.into_iter().find(|(known, _)| **known == *name.id) {
                    Some(known) => known.1 = value,
                    None => scope.push((Rc::from(name.id.as_str()), value)),
                }
                Ok(())
            }
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, &value, base),
            Expr::List(list) => self.unpack(&list.elts, &value, base),
            _ => Err(Refusal::WouldRun(
                "a `for` can only bind names here: anything else would change the target".into(),
            )),
        }
    }

    fn unpack(&self, targets: &[Expr], value: &Operand, base: usize) -> Result<()> {
        let items = match self.items(value) {
            Err(Refusal::Raises { exception, message })
                if exception == "TypeError" && message.ends_with("object is not iterable") =>
            {
                return type_error(format!(
                    "cannot unpack non-iterable {} object",
                    self.type_label(value)
                ));
            }
            other => other?,
        };
        let starred = targets
            .iter()
            .position(|target| matches!(target, Expr::Starred(_)));
        let needed = targets.len() - usize::from(starred.is_some());
        if items.len() < needed {
            let at_least = if starred.is_some() { "at least " } else { "" };
            return value_error(format!(
                "not enough values to unpack (expected {at_least}{needed}, got {})",
                items.len()
            ));
        }
        if starred.is_none() && items.len() > needed {
            return value_error(format!(
                "too many values to unpack (expected {needed}, got {})",
                items.len()
            ));
        }
        let extra = items.len() - needed;
        let mut rest = items.into_iter();
        for target in targets {
            match target {
                Expr::Starred(starred) => {
                    let taken = rest.by_ref().take(extra).collect();
                    self.bind(&starred.value, Operand::list(taken), base)?;
                }
                target => {
                    let item = rest.next().unwrap_or(Operand::None);
                    self.bind(target, item, base)?;
                }
            }
        }
        Ok(())
    }
}
