//! Lambda expressions, which are called here.

use std::rc::Rc;

use ruff_python_ast::{ExprLambda, Parameters};

use super::arguments::Arguments;
use super::machine::{Machine, Scope};
use super::operand::{Lambda, Operand};
use super::refusal::{Result, type_error};

impl Machine<'_, '_> {
    pub(super) fn lambda(&self, node: &ExprLambda) -> Result<Operand> {
        let mut defaults = Vec::new();
        if let Some(parameters) = &node.parameters {
            for parameter in parameters.iter_non_variadic_params() {
                if let Some(default) = &parameter.default {
                    let name = parameter.parameter.name.to_string();
                    defaults.push((name, self.evaluate(default)?));
                }
            }
        }
        self.charge(256)?;
        Ok(Operand::Lambda(Rc::new(Lambda {
            node: node.clone(),
            scope: self.inner.borrow().clone(),
            defaults,
        })))
    }

    pub(super) fn call_lambda(&self, lambda: &Lambda, arguments: Arguments) -> Result<Operand> {
        let mut scope = lambda.scope.clone();
        match &lambda.node.parameters {
            Some(parameters) => bind(lambda, parameters, arguments, &mut scope)?,
            None if arguments.positional.is_empty() && arguments.keywords.is_empty() => {}
            None => {
                let given = arguments.positional.len();
                return type_error(format!(
                    "<lambda>() takes 0 positional arguments but {given} {} given",
                    if given == 1 { "was" } else { "were" }
                ));
            }
        }
        self.deeper(|| self.with_scope(scope, || self.evaluate(&lambda.node.body)))
    }
}

fn bind(
    lambda: &Lambda,
    parameters: &Parameters,
    mut arguments: Arguments,
    scope: &mut Scope,
) -> Result<()> {
    let mut missing = Vec::new();
    let mut given = std::mem::take(&mut arguments.positional).into_iter();
    let count = given.len();
    let positional = parameters.posonlyargs.iter().chain(&parameters.args);
    let places = positional.clone().count();
    let named = positional.map(|parameter| (parameter, true)).chain(
        parameters
            .kwonlyargs
            .iter()
            .map(|parameter| (parameter, false)),
    );
    let mut rest = Vec::new();
    for (index, (parameter, by_place)) in named.enumerate() {
        if index == places {
            rest.extend(given.by_ref());
        }
        let name = parameter.parameter.name.as_str();
        let value = match by_place {
            true => given.next(),
            false => None,
        };
        let default = || {
            let mut defaults = lambda.defaults.iter();
            defaults
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        };
        match value.or_else(|| arguments.keyword(name)).or_else(default) {
            Some(value) => scope.push((Rc::from(name), value)),
            None => missing.push(format!("'{name}'")),
        }
    }
    rest.extend(given);
    if let Some(variadic) = &parameters.vararg {
        scope.push((Rc::from(variadic.name.as_str()), Operand::tuple(rest)));
    } else if !rest.is_empty() {
        return type_error(format!(
            "<lambda>() takes {places} positional argument{} but {count} {} given",
            if places == 1 { "" } else { "s" },
            if count == 1 { "was" } else { "were" }
        ));
    }
    if !missing.is_empty() {
        return type_error(format!(
            "<lambda>() missing {} required positional argument{}: {}",
            missing.len(),
            if missing.len() == 1 { "" } else { "s" },
            missing.join(" and ")
        ));
    }
    if let Some(variadic) = &parameters.kwarg {
        let rest = arguments.keywords.drain(..);
        let items: Vec<_> = rest
            .map(|(name, value)| (Operand::text(name), value))
            .collect();
        scope.push((
            Rc::from(variadic.name.as_str()),
            Operand::Dict(items.into()),
        ));
    } else if let Some((name, _)) = arguments.keywords.first() {
        return type_error(format!(
            "<lambda>() got an unexpected keyword argument '{name}'"
        ));
    }
    Ok(())
}
