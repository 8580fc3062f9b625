//! Objects that belong to a callable: its receiver, its closure, the arguments of
//! a partial.

use std::rc::Rc;

use python_offsets::Offset;

use super::kinds::Kind;
use crate::cpython::Code;
use crate::cpython::error::Result;
use crate::cpython::reader::Reader;

/// Maximum number of arguments of a partial that are read.
const MAX_ARGUMENTS: usize = 16;
/// Maximum number of methods and partials around a function that are followed.
const MAX_WRAPPERS: usize = 4;

impl Reader<'_> {
    /// The receiver of the bound method at `callable`. `None` for other callables.
    pub fn bound_to(&self, callable: u64) -> Option<u64> {
        let receiver = match self.type_of(callable).ok()?.kind {
            Kind::Method => self.layout.method.im_self,
            Kind::Builtin => self.layout.builtin.m_self,
            // Steps of tasks have `__self__` as well (Modules/_asynciomodule.c).
            Kind::TaskStep | Kind::TaskWakeup => self.layout.awaitable.wrapped,
            _ => return None,
        };
        self.pointer(receiver.at(callable), "self").ok()?
    }

    /// The receiver, the values of the closure, the default values of parameters, and the
    /// arguments of a partial, of the callable at `callable` and of what a partial calls.
    /// Without those that cannot be read.
    pub fn bound_objects(&self, callable: u64) -> Vec<u64> {
        self.bound_within(callable, MAX_WRAPPERS)
    }

    fn bound_within(&self, callable: u64, wrappers: usize) -> Vec<u64> {
        match self.type_of(callable).map(|ty| ty.kind) {
            Ok(Kind::Function) => {
                let closure = self.closure(callable).unwrap_or_default().into_iter();
                let mut bound: Vec<u64> = closure.map(|(_, value)| value).collect();
                bound.extend(self.defaults(callable).unwrap_or_default());
                bound
            }
            Ok(Kind::Partial) => {
                let layout = &self.layout.partial;
                let field = |offset: Offset| self.required(offset.at(callable), "partial");
                let mut bound = Vec::new();
                if let Ok(function) = field(layout.func)
                    && let Some(left) = wrappers.checked_sub(1)
                {
                    bound.extend(self.bound_within(function, left));
                }
                if let Ok((items, _)) =
                    field(layout.args).and_then(|args| self.tuple_items(args, MAX_ARGUMENTS))
                {
                    bound.extend(items);
                }
                if let Ok(keywords) = field(layout.kw)
                    && let Ok((items, _)) = self.dict_items(keywords, MAX_ARGUMENTS)
                {
                    bound.extend(items.into_iter().map(|(_, value)| value));
                }
                bound
            }
            _ => self.bound_to(callable).into_iter().collect(),
        }
    }

    /// The default values of the parameters of the function at `function`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn defaults(&self, function: u64) -> Result<Vec<u64>> {
        let layout = &self.layout.function;
        let mut values = Vec::new();
        if let Some(defaults) = self.pointer(layout.func_defaults.at(function), "func_defaults")? {
            values.extend(self.tuple_items(defaults, MAX_ARGUMENTS)?.0);
        }
        let at = layout.func_kwdefaults.at(function);
        if let Some(defaults) = self.pointer(at, "func_kwdefaults")? {
            let (items, _) = self.dict_items(defaults, MAX_ARGUMENTS)?;
            values.extend(items.into_iter().map(|(_, value)| value));
        }
        Ok(values)
    }

    /// The code that the callable at `callable` runs: of a function, of the function of a
    /// bound method, or of what a partial calls; also that of a suspended generator. `None`
    /// for other callables.
    pub fn callable_code(&self, callable: u64) -> Option<Rc<Code>> {
        let mut function = callable;
        for _ in 0..MAX_WRAPPERS {
            let inner = match self.type_of(function).ok()?.kind {
                Kind::Function => {
                    let code = self.layout.function.func_code.at(function);
                    return self.code(self.pointer(code, "func_code").ok()??).ok();
                }
                Kind::Method => self.layout.method.im_func,
                Kind::Partial => self.layout.partial.func,
                Kind::Generator => return Some(self.suspended_frame(function)?.at.code.clone()),
                _ => return None,
            };
            function = self.pointer(inner.at(function), "function").ok()??;
        }
        None
    }

    /// Names and values of the variables that the function at `function` closes
    /// over. Without those that are unbound.
    ///
    /// # Errors
    /// When the function or its code cannot be read.
    pub fn closure(&self, function: u64) -> Result<Vec<(Rc<str>, u64)>> {
        let layout = &self.layout.function;
        let code = self.required(layout.func_code.at(function), "func_code")?;
        let at = layout.func_closure.at(function);
        let Some(cells) = self.pointer(at, "func_closure")? else {
            return Ok(Vec::new());
        };
        let (cells, _) = self.tuple_items(cells, self.limits.frames)?;
        let code = self.code(code)?;
        let variables = self.variables(&code)?;
        let names = variables.iter().filter(|name| name.free);
        let mut closure = Vec::new();
        for (variable, cell) in names.zip(cells) {
            if let Some(value) = self.cell_contents(cell)? {
                closure.push((variable.name.clone(), value));
            }
        }
        Ok(closure)
    }
}
