//! Lambda expressions, which are called here.

use std::cell::RefCell;
use std::rc::Rc;

use ruff_python_ast::{ExprLambda, Parameters};

use super::builtins::arguments::Arguments;
use super::machine::{Machine, Scope};
use super::refusal::{Result, type_error};
use super::values::operand::{Lambda, Operand};

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
            None if let Some((name, _)) = arguments.keywords.first() => {
                return type_error(format!(
                    "<lambda>() got an unexpected keyword argument '{name}'"
                ));
            }
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
    let mut put = |name: &str, value: Operand| {
        scope.push((Rc::from(name), Rc::new(RefCell::new(value))));
    };
    let default = |name: &str| {
        let mut defaults = lambda.defaults.iter();
        let found = defaults.find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    };
    let count = arguments.positional.len();
    let mut given = std::mem::take(&mut arguments.positional).into_iter();
    let (mut missing, mut missing_keywords) = (Vec::new(), Vec::new());
    let positional = parameters.posonlyargs.iter().chain(&parameters.args);
    let places = positional.clone().count();
    for (index, parameter) in positional.enumerate() {
        let name = parameter.parameter.name.as_str();
        // A parameter in front of `/` has no keyword.
        let keyword = match index < parameters.posonlyargs.len() {
            true => None,
            false => arguments.keyword(name),
        };
        match (given.next(), keyword) {
            (Some(_), Some(_)) => {
                return type_error(format!(
                    "<lambda>() got multiple values for argument '{name}'"
                ));
            }
            (Some(value), None) | (None, Some(value)) => put(name, value),
            (None, None) => match default(name) {
                Some(value) => put(name, value),
                None => missing.push(format!("'{name}'")),
            },
        }
    }
    for parameter in &parameters.kwonlyargs {
        let name = parameter.parameter.name.as_str();
        match arguments.keyword(name).or_else(|| default(name)) {
            Some(value) => put(name, value),
            None => missing_keywords.push(format!("'{name}'")),
        }
    }
    let rest: Vec<Operand> = given.collect();
    if let Some(variadic) = &parameters.kwarg {
        let rest = arguments.keywords.drain(..);
        let items: Vec<_> = rest
            .map(|(name, value)| (Operand::text(name), value))
            .collect();
        put(&variadic.name, Operand::Dict(items.into()));
    } else if let Some((name, _)) = arguments.keywords.first() {
        return type_error(format!(
            "<lambda>() got an unexpected keyword argument '{name}'"
        ));
    }
    if let Some(variadic) = &parameters.vararg {
        put(&variadic.name, Operand::tuple(rest));
    } else if !rest.is_empty() {
        return too_many(parameters, places, count);
    }
    required(&missing, "positional")?;
    required(&missing_keywords, "keyword-only")
}

fn too_many(parameters: &Parameters, places: usize, count: usize) -> Result<()> {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let of_places = parameters.posonlyargs.iter().chain(&parameters.args);
    let optional = of_places
        .filter(|parameter| parameter.default.is_some())
        .count();
    let takes = match optional {
        0 => places.to_string(),
        optional => format!("from {} to {places}", places - optional),
    };
    type_error(format!(
        "<lambda>() takes {takes} positional argument{} but {count} {} given",
        plural(if optional > 0 { 2 } else { places }),
        if count == 1 { "was" } else { "were" }
    ))
}

fn required(missing: &[String], kind: &str) -> Result<()> {
    let names = match missing {
        [] => return Ok(()),
        [only] => only.clone(),
        [first, second] => format!("{first} and {second}"),
        [most @ .., last] => format!("{}, and {last}", most.join(", ")),
    };
    let plural = if missing.len() == 1 { "" } else { "s" };
    type_error(format!(
        "<lambda>() missing {} required {kind} argument{plural}: {names}",
        missing.len()
    ))
}
