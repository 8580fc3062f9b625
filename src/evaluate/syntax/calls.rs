//! Calls of functions and types that are implemented here.

use ruff_python_ast::{Expr, ExprCall};

use crate::cpython::Kind;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::builtins::arguments::Arguments;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, type_error, would_run};
use crate::evaluate::values::operand::Operand;

impl Machine<'_, '_> {
    pub(crate) fn call(&self, call: &ExprCall) -> Result<Operand> {
        let function = self.evaluate(&call.func)?;
        // Refused before its arguments are looked at.
        self.callable_here(&function)?;
        let mut arguments = Arguments::default();
        arguments.positional = self.elements(&call.arguments.args)?;
        for keyword in &call.arguments.keywords {
            let value = self.evaluate(&keyword.value)?;
            match &keyword.arg {
                Some(name) => self.pass(&function, &mut arguments, name.to_string(), value)?,
                None => {
                    for (name, value) in self.mapping_items(&value)? {
                        let Operand::Str(name) = self.exact(&name)? else {
                            return type_error("keywords must be strings");
                        };
                        self.pass(&function, &mut arguments, name.to_text(), value)?;
                    }
                }
            }
        }
        if let Expr::Name(name) = &*call.func
            && matches!(&*name.id, "locals" | "globals" | "vars" | "dir")
            && arguments.positional.is_empty()
        {
            return would_run(format!("`{}()` is not computed here", name.id));
        }
        self.call_with(&function, arguments)
    }

    fn pass(
        &self,
        function: &Operand,
        arguments: &mut Arguments,
        name: String,
        value: Operand,
    ) -> Result<()> {
        if arguments.keywords.iter().any(|(known, _)| *known == name) {
            let label = match function {
                Operand::Method(method) => Some(method.name.to_string()),
                Operand::Object(addr) => self.reader.callable_name(*addr).ok(),
                _ => None,
            };
            let label = match self.builtin_type(function) {
                Some(name) => format!("{name}()"),
                None => format!("{}()", label.unwrap_or_default()),
            };
            return type_error(format!(
                "{label} got multiple values for keyword argument '{name}'"
            ));
        }
        arguments.keywords.push((name, value));
        Ok(())
    }

    /// An error if calling `function` would run code of the program.
    fn callable_here(&self, function: &Operand) -> Result<()> {
        match function {
            Operand::Bound(bound) => {
                let name = self
                    .reader
                    .callable_name(bound.function)
                    .unwrap_or_else(|_| "?".into());
                would_run(format!("calling `{name}` would run it in the target"))
            }
            Operand::Object(addr) => self.object_callable_here(*addr),
            Operand::Type(_) | Operand::Method(_) => Ok(()),
            _ => self.not_callable(function),
        }
    }

    fn not_callable<T>(&self, function: &Operand) -> Result<T> {
        type_error(format!(
            "'{}' object is not callable",
            self.type_label(function)
        ))
    }

    fn object_callable_here(&self, addr: u64) -> Result<()> {
        let function = Operand::Object(addr);
        let ty = self.type_of(addr)?;
        let name = || {
            self.reader
                .callable_name(addr)
                .unwrap_or_else(|_| "?".into())
        };
        match ty.kind {
            Kind::Builtin => Ok(()),
            Kind::Function | Kind::Method => {
                would_run(format!("calling `{}` would run it in the target", name()))
            }
            Kind::Type if self.builtin_type(&function).is_some() => Ok(()),
            Kind::Type => {
                let class = self.reader.type_at(addr)?;
                would_run(format!(
                    "calling the class `{}` would make an object in the target",
                    self.short_name(&class)
                ))
            }
            _ => match self.find(&ty, "__call__")? {
                None => self.not_callable(&function),
                Some(found @ Found::Python(..)) => {
                    Err(self.refuse_call(&found, "__call__", "calling it"))
                }
                Some(_) => would_run(format!(
                    "calling a `{}` would run code in the target",
                    self.short_name(&ty)
                )),
            },
        }
    }

    /// Calls a function with positional arguments only.
    pub(crate) fn call_value(
        &self,
        function: &Operand,
        arguments: Vec<Operand>,
    ) -> Result<Operand> {
        if let Operand::None = self.exact(function)? {
            return type_error("'NoneType' object is not callable");
        }
        self.callable_here(function)?;
        self.call_with(function, Arguments::of(arguments))
    }

    fn call_with(&self, function: &Operand, arguments: Arguments) -> Result<Operand> {
        self.step()?;
        match function {
            Operand::Method(method) => self.deeper(|| self.call_method(method, arguments)),
            Operand::Type(name) => self.construct(name, arguments),
            Operand::Object(addr) => match self.builtin_type(function) {
                Some(name) => self.construct(name, arguments),
                None => self.call_builtin(*addr, arguments),
            },
            _ => self.not_callable(function),
        }
    }

    /// Calls a builtin function, or a method of a builtin type that was bound
    /// in the target.
    fn call_builtin(&self, addr: u64, arguments: Arguments) -> Result<Operand> {
        let name = self.reader.callable_name(addr)?;
        let Some(receiver) = self.reader.bound_to(addr) else {
            return would_run(format!("calling `{name}` would run it in the target"));
        };
        if !self.reader.is_kind(receiver, Kind::Module) {
            let Operand::Method(method) = Operand::method(Operand::Object(receiver), &name) else {
                return self.not_callable(&Operand::Object(addr));
            };
            return self.call_method(&method, arguments);
        }
        let dict = self.reader.module_dict(receiver)?;
        let module = self.reader.dict_get(dict, "__name__")?;
        let module = module.and_then(|name| self.reader.text(name).ok());
        match module.as_deref() {
            Some("builtins") => self.call_function(&name, arguments),
            module => Err(Refusal::WouldRun(format!(
                "calling `{}.{name}` would run it in the target",
                module.unwrap_or("?")
            ))),
        }
    }
}
