//! Values of callables, modules, generators and other instances.

use std::rc::Rc;

use python_offsets::Offset;

use super::kinds::Kind;
use super::types::Type;
use super::value::{Budget, Value};
use crate::cpython::error::Result;
use crate::cpython::reader::Reader;

/// Last part of the `tp_name` of functions that Cython compiled.
const CYTHON_FUNCTION: &str = "cython_function_or_method";

impl Reader<'_> {
    /// Functions, methods, modules and the like; every other object is printed
    /// as an instance with its attributes.
    pub(crate) fn callable_or_other(
        &self,
        addr: u64,
        ty: &Type,
        budget: &mut Budget<'_>,
    ) -> Result<Value> {
        let layout = &self.layout;
        let field = |offset: Offset, what| self.required(offset.at(addr), what);
        let plain = |text: String| Ok(Value::Plain(text));
        match ty.kind {
            Kind::Function => {
                let name = self.text(field(layout.function.func_qualname, "qualname")?)?;
                plain(format!("<function {name} at 0x{addr:x}>"))
            }
            Kind::Method => {
                let function = field(layout.method.im_func, "im_func")?;
                let receiver = field(layout.method.im_self, "im_self")?;
                Ok(Value::Method {
                    name: self.callable_name(function)?,
                    receiver: Box::new(self.value_within(receiver, budget)),
                })
            }
            Kind::Builtin => {
                let name = self.builtin_name(addr)?;
                match self.pointer(addr + u64::from(layout.builtin.m_self), "m_self")? {
                    Some(receiver) if !self.is_kind(receiver, Kind::Module) => {
                        let receiver_type = self.full_type_name(&*self.type_of(receiver)?);
                        plain(format!(
                            "<built-in method {name} of {receiver_type} object at 0x{receiver:x}>"
                        ))
                    }
                    _ => plain(format!("<built-in function {name}>")),
                }
            }
            Kind::Partial => self.partial_value(addr, budget),
            Kind::Weakref => match self.weakref_target(addr)? {
                None => plain(format!("<weakref at 0x{addr:x}; dead>")),
                Some(object) => plain(format!(
                    "<weakref at 0x{addr:x}; to '{}' at 0x{object:x}>",
                    self.full_type_name(&*self.type_of(object)?)
                )),
            },
            Kind::Type => plain(format!(
                "<class '{}'>",
                self.full_type_name(&*self.type_at(addr)?)
            )),
            Kind::Module => self.module_value(addr),
            Kind::Coroutine | Kind::Generator | Kind::AsyncGenerator => {
                let name = self.generator_qualname(addr)?;
                plain(format!("<{} object {name} at 0x{addr:x}>", ty.name))
            }
            Kind::Code => {
                let code = self.code(addr)?;
                plain(format!(
                    "<code object {} at 0x{addr:x}, file \"{}\", line {}>",
                    code.name, code.filename, code.first_line
                ))
            }
            Kind::MappingProxy => {
                // The wrapped mapping is the only field (Objects/descrobject.c).
                let mapping = self.required(addr + u64::from(layout.object.size), "mapping")?;
                Ok(Value::Call {
                    name: "mappingproxy".into(),
                    arguments: vec![(None, self.value_within(mapping, budget))],
                })
            }
            Kind::Range => self.range_value(addr),
            _ => self.instance_value(addr, ty, budget),
        }
    }

    fn partial_value(&self, addr: u64, budget: &mut Budget<'_>) -> Result<Value> {
        let layout = &self.layout.partial;
        let function = self.required(addr + u64::from(layout.func), "fn")?;
        let mut arguments = vec![(None, self.value_within(function, budget))];
        let args = self.required(addr + u64::from(layout.args), "args")?;
        for item in self.tuple_items(args, budget.items)?.0 {
            arguments.push((None, self.value_within(item, budget)));
        }
        if let Some(keywords) = self.pointer(addr + u64::from(layout.kw), "kw")? {
            for (name, item) in self.dict_items(keywords, budget.items)?.0 {
                arguments.push((Some(self.text(name)?), self.value_within(item, budget)));
            }
        }
        Ok(Value::Call {
            name: "functools.partial".into(),
            arguments,
        })
    }

    fn range_value(&self, addr: u64) -> Result<Value> {
        // start, stop, step follow the header (Objects/rangeobject.c).
        let field = |index: u64| -> Result<String> {
            let at = addr + u64::from(self.layout.object.size) + index * 8;
            Ok(self.int(self.required(at, "range")?)?.to_decimal())
        };
        let (start, stop, step) = (field(0)?, field(1)?, field(2)?);
        Ok(Value::Plain(match &*step {
            "1" => format!("range({start}, {stop})"),
            _ => format!("range({start}, {stop}, {step})"),
        }))
    }

    fn module_value(&self, addr: u64) -> Result<Value> {
        let dict = self.module_dict(addr)?;
        let text = |name| -> Option<Rc<str>> { self.text(self.dict_get(dict, name).ok()??).ok() };
        let name = text("__name__").unwrap_or_else(|| "?".into());
        Ok(Value::Plain(match text("__file__") {
            Some(file) => format!("<module '{name}' from '{file}'>"),
            None => format!("<module '{name}' (built-in)>"),
        }))
    }

    fn instance_value(&self, addr: u64, ty: &Type, budget: &mut Budget<'_>) -> Result<Value> {
        let all = self.attributes(addr).unwrap_or_default();
        let max = budget.items.min(16);
        let more = all.len().saturating_sub(max) as u64;
        // Deeper attributes would make the line too long to read.
        let attributes = if budget.path.len() > 2 {
            Vec::new()
        } else {
            all.into_iter()
                .take(max)
                .map(|(name, value)| (name, self.value_within(value, budget)))
                .collect()
        };
        Ok(Value::Instance {
            type_name: self.full_type_name(ty).to_string(),
            addr,
            attributes,
            more,
        })
    }

    /// Qualified name of a Python function, name of another callable.
    pub fn callable_name(&self, addr: u64) -> Result<String> {
        match self.type_of(addr)?.kind {
            Kind::Function => {
                let at = addr + u64::from(self.layout.function.func_qualname);
                Ok(self.text(self.required(at, "qualname")?)?.to_string())
            }
            Kind::Builtin => self.builtin_name(addr),
            Kind::Method => {
                let at = addr + u64::from(self.layout.method.im_func);
                let function = self.required(at, "im_func")?;
                match self.type_of(function)?.kind {
                    // A method of a method is possible; one level is enough.
                    Kind::Method => Ok("?".into()),
                    _ => self.callable_name(function),
                }
            }
            _ if self.is_cython_function(addr) => self.builtin_name(addr),
            _ => Ok(self.full_type_name(&*self.type_of(addr)?).to_string()),
        }
    }

    /// Whether the object at `addr` is a function that Cython compiled. It begins like a
    /// built-in function (`__pyx_CyFunctionObject`, Cython/Utility/CythonFunction.c).
    pub(crate) fn is_cython_function(&self, addr: u64) -> bool {
        self.type_of(addr)
            .is_ok_and(|ty| ty.name.ends_with(CYTHON_FUNCTION))
    }

    fn builtin_name(&self, addr: u64) -> Result<String> {
        let definition = self.required(addr + u64::from(self.layout.builtin.m_ml), "m_ml")?;
        self.c_string(self.required(definition, "ml_name")?, self.limits.text)
    }

    /// What a weak reference refers to; `None` when that is dead.
    pub fn weakref_target(&self, addr: u64) -> Result<Option<u64>> {
        self.expect_kind(addr, Kind::Weakref, "weakref")?;
        let at = addr + u64::from(self.layout.weakref.wr_object);
        let object = self.required(at, "wr_object")?;
        Ok((!self.is_kind(object, Kind::None)).then_some(object))
    }
}
