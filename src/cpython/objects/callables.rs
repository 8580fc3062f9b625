//! What a callable brings with it: the object it is bound to, what it closes
//! over, the arguments of a partial.

use std::rc::Rc;

use super::types::Kind;
use crate::cpython::error::Result;
use crate::cpython::reader::Reader;

/// Arguments of one partial that are looked at.
const MAX_ARGUMENTS: usize = 16;

impl Reader<'_> {
    /// The object that a bound method is bound to.
    pub fn bound_to(&self, callable: u64) -> Option<u64> {
        let offset = match self.type_of(callable).ok()?.kind {
            Kind::Method => self.layout.method.im_self,
            Kind::Builtin => self.layout.builtin.m_self,
            _ => return None,
        };
        self.pointer(callable + u64::from(offset), "self").ok()?
    }

    /// Objects that calling `callable` works on: receiver, closure, arguments
    /// of a partial.
    pub fn bound_objects(&self, callable: u64) -> Vec<u64> {
        match self.type_of(callable).map(|ty| ty.kind) {
            Ok(Kind::Function) => self
                .closure(callable)
                .unwrap_or_default()
                .into_iter()
                .map(|(_, value)| value)
                .collect(),
            Ok(Kind::Partial) => {
                let layout = &self.layout.partial;
                let field = |offset: u32| self.required(callable + u64::from(offset), "partial");
                let mut bound = Vec::new();
                if let Ok(function) = field(layout.func) {
                    bound.extend(self.bound_to(function));
                }
                if let Ok((items, _)) =
                    field(layout.args).and_then(|args| self.tuple_items(args, MAX_ARGUMENTS))
                {
                    bound.extend(items);
                }
                bound
            }
            _ => self.bound_to(callable).into_iter().collect(),
        }
    }

    /// Names and values of the variables that a function closes over.
    pub fn closure(&self, function: u64) -> Result<Vec<(Rc<str>, u64)>> {
        let layout = &self.layout.function;
        let code = self.required(function + u64::from(layout.func_code), "func_code")?;
        let at = function + u64::from(layout.func_closure);
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
