//! Objects as a bounded tree of values, decoded without running any code of
//! the target.

use std::rc::Rc;

use super::error::{DecodeError, Result};
use super::reader::Reader;
use super::text::Text;
use super::types::{Kind, Type};

/// A decoded object. Printing it (see `repr.rs`) looks like Python's `repr`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`, `True`, numbers, names: text that needs no further structure.
    Plain(String),
    Float(f64),
    Complex(f64, f64),
    Str(Text),
    Bytes { data: Vec<u8>, cut: bool },
    Sequence(Sequence),
    /// Keys and values, and how many more there are.
    Dict {
        prefix: String,
        items: Vec<(Value, Value)>,
        more: u64,
        suffix: &'static str,
    },
    /// `Type(a=1, b=2)`: positional values carry no name.
    Call {
        name: String,
        arguments: Vec<(Option<Rc<str>>, Value)>,
    },
    /// `<module.Type at 0x… a=1, b=2>`.
    Instance {
        type_name: String,
        addr: u64,
        attributes: Vec<(Rc<str>, Value)>,
        more: u64,
    },
    /// `<Color.RED: 1>`
    Enum { name: String, value: Box<Value> },
    /// `<bound method P.meth of …>`
    Method { name: String, receiver: Box<Value> },
    /// Deeper than the limit, or a container inside itself.
    Elided,
    Unreadable(DecodeError),
}

/// Items between brackets.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    pub open: String,
    pub close: String,
    pub items: Vec<Value>,
    pub more: u64,
    /// A tuple of one is printed with a comma.
    pub tuple: bool,
}

/// How far a decoding may still go.
struct Budget {
    nodes: usize,
    path: Vec<u64>,
}

impl Reader<'_> {
    /// The object at `addr` as a value, within the limits.
    pub fn value(&self, addr: u64) -> Value {
        let mut budget = Budget {
            nodes: self.limits.value_items * 8,
            path: Vec::new(),
        };
        self.value_within(addr, &mut budget)
    }

    fn value_within(&self, addr: u64, budget: &mut Budget) -> Value {
        if budget.nodes == 0
            || budget.path.len() > self.limits.value_depth
            || budget.path.contains(&addr)
        {
            return Value::Elided;
        }
        budget.nodes -= 1;
        budget.path.push(addr);
        let value = self
            .type_of(addr)
            .and_then(|ty| self.value_of_type(addr, &ty, budget));
        budget.path.pop();
        value.unwrap_or_else(Value::Unreadable)
    }

    fn value_of_type(&self, addr: u64, ty: &Type, budget: &mut Budget) -> Result<Value> {
        if ty.exact == Kind::Other
            && ty.is_heap()
            && let Some(value) = self.class_instance(addr, ty, budget)?
        {
            return Ok(value);
        }
        let plain = |text: &str| Ok(Value::Plain(text.into()));
        match ty.kind {
            Kind::None => plain("None"),
            Kind::Ellipsis => plain("Ellipsis"),
            Kind::NotImplemented => plain("NotImplemented"),
            Kind::Bool => plain(match self.int(addr)?.to_i64() {
                Some(0) => "False",
                _ => "True",
            }),
            Kind::Int => {
                let int = self.int(addr)?;
                Ok(Value::Plain(match int.cut {
                    true => format!("<int of more than {} bits>", int.digits.len() * 30),
                    false => int.to_decimal(),
                }))
            }
            Kind::Float => Ok(Value::Float(self.float(addr)?)),
            Kind::Complex => {
                let at = addr + u64::from(self.layout.object.size);
                Ok(Value::Complex(self.f64(at)?, self.f64(at + 8)?))
            }
            Kind::Str => Ok(Value::Str(self.unicode(addr, self.limits.value_text)?)),
            Kind::Bytes => {
                let (data, length) = self.bytes_object(addr, self.limits.value_text)?;
                let cut = length > data.len() as u64;
                Ok(Value::Bytes { data, cut })
            }
            Kind::Tuple | Kind::List | Kind::Set | Kind::FrozenSet | Kind::Deque => {
                self.sequence(addr, ty, budget)
            }
            Kind::Dict => self.dict_value(addr, ty, budget),
            Kind::Exception => self.exception_value(addr, ty, budget),
            _ => self.callable_or_other(addr, ty, budget),
        }
    }

    fn sequence(&self, addr: u64, ty: &Type, budget: &mut Budget) -> Result<Value> {
        let max = self.limits.value_items;
        let ((items, length), open, close) = match ty.kind {
            Kind::Tuple => (self.tuple_items(addr, max)?, "(".into(), ")".into()),
            Kind::List => (self.list_items(addr, max)?, "[".into(), "]".into()),
            Kind::Deque => {
                let close = match self.deque_maxlen(addr)? {
                    Some(maxlen) => format!("], maxlen={maxlen})"),
                    None => "])".into(),
                };
                (self.deque_items(addr, max)?, "deque([".into(), close)
            }
            _ => {
                let (items, length) = self.set_items(addr, max)?;
                let name = class_name(self, ty);
                match (ty.exact == Kind::Set, items.is_empty()) {
                    (_, true) => return Ok(Value::Plain(format!("{name}()"))),
                    (true, false) => ((items, length), "{".into(), "}".into()),
                    (false, false) => ((items, length), format!("{name}({{"), "})".into()),
                }
            }
        };
        let more = length.saturating_sub(items.len() as u64);
        Ok(Value::Sequence(Sequence {
            open,
            close,
            items: self.values(&items, budget),
            more,
            tuple: ty.kind == Kind::Tuple,
        }))
    }

    fn values(&self, items: &[u64], budget: &mut Budget) -> Vec<Value> {
        items
            .iter()
            .map(|item| self.value_within(*item, budget))
            .collect()
    }

    fn dict_value(&self, addr: u64, ty: &Type, budget: &mut Budget) -> Result<Value> {
        let (items, length) = self.dict_items(addr, self.limits.value_items)?;
        let more = length.saturating_sub(items.len() as u64);
        let items = items
            .into_iter()
            .map(|(key, value)| {
                (
                    self.value_within(key, budget),
                    self.value_within(value, budget),
                )
            })
            .collect();
        let (prefix, suffix) = match &*ty.name {
            "collections.defaultdict" => {
                // `default_factory` follows the dict (Modules/_collectionsmodule.c).
                let base = ty.mro.get(1).copied().unwrap_or(ty.addr);
                let factory = addr.wrapping_add_signed(self.type_at(base)?.basicsize);
                let factory = match self.pointer(factory, "default_factory")? {
                    Some(factory) => self.value_within(factory, budget).to_string(),
                    None => "None".into(),
                };
                (format!("defaultdict({factory}, "), ")")
            }
            "collections.OrderedDict" => ("OrderedDict(".into(), ")"),
            _ => (String::new(), ""),
        };
        Ok(Value::Dict {
            prefix,
            items,
            more,
            suffix,
        })
    }

    fn exception_value(&self, addr: u64, ty: &Type, budget: &mut Budget) -> Result<Value> {
        let args = self.required(addr + u64::from(self.layout.exception.args), "args")?;
        let (items, _) = self.tuple_items(args, self.limits.value_items)?;
        Ok(Value::Call {
            name: class_name(self, ty),
            arguments: self
                .values(&items, budget)
                .into_iter()
                .map(|value| (None, value))
                .collect(),
        })
    }

    /// Enum members, named tuples and dataclasses.
    fn class_instance(&self, addr: u64, ty: &Type, budget: &mut Budget) -> Result<Option<Value>> {
        if ty.kind == Kind::Type {
            return Ok(None);
        }
        if self.type_attribute(ty, "_member_map_")?.is_some() {
            let name = self.attribute(addr, "_name_")?;
            let value = self.attribute(addr, "_value_")?;
            if let (Some(name), Some(value)) = (name, value)
                && let Ok(name) = self.text(name)
            {
                return Ok(Some(Value::Enum {
                    name: format!("{}.{name}", class_name(self, ty)),
                    value: Box::new(self.value_within(value, budget)),
                }));
            }
        }
        if ty.kind == Kind::Tuple
            && let Some(fields) = self.type_attribute(ty, "_fields")?
        {
            let (names, _) = self.tuple_items(fields, self.limits.value_items)?;
            let (items, _) = self.tuple_items(addr, self.limits.value_items)?;
            let mut arguments = Vec::new();
            for (name, item) in names.into_iter().zip(items) {
                arguments.push((Some(self.text(name)?), self.value_within(item, budget)));
            }
            return Ok(Some(Value::Call {
                name: ty.name.to_string(),
                arguments,
            }));
        }
        if let Some(fields) = self.type_attribute(ty, "__dataclass_fields__")? {
            return self.dataclass(addr, ty, fields, budget).map(Some);
        }
        Ok(None)
    }

    fn dataclass(&self, addr: u64, ty: &Type, fields: u64, budget: &mut Budget) -> Result<Value> {
        let (fields, _) = self.dict_items(fields, self.limits.value_items)?;
        let mut arguments = Vec::new();
        for (name, field) in fields {
            let shown = self.attribute_bool(field, "repr").unwrap_or(true);
            let value = self.attribute(addr, &self.text(name)?)?;
            if shown && let Some(value) = value {
                arguments.push((Some(self.text(name)?), self.value_within(value, budget)));
            }
        }
        Ok(Value::Call {
            name: class_name(self, ty),
            arguments,
        })
    }

    fn callable_or_other(&self, addr: u64, ty: &Type, budget: &mut Budget) -> Result<Value> {
        let layout = &self.layout;
        let field = |offset: u32, what| self.required(addr + u64::from(offset), what);
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
            Kind::Type => plain(format!("<class '{}'>", self.full_type_name(&*self.type_at(addr)?))),
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

    fn partial_value(&self, addr: u64, budget: &mut Budget) -> Result<Value> {
        let layout = &self.layout.partial;
        let function = self.required(addr + u64::from(layout.func), "fn")?;
        let mut arguments = vec![(None, self.value_within(function, budget))];
        let args = self.required(addr + u64::from(layout.args), "args")?;
        for item in self.tuple_items(args, self.limits.value_items)?.0 {
            arguments.push((None, self.value_within(item, budget)));
        }
        if let Some(keywords) = self.pointer(addr + u64::from(layout.kw), "kw")? {
            for (name, item) in self.dict_items(keywords, self.limits.value_items)?.0 {
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
        let text = |name| -> Option<Rc<str>> {
            self.text(self.dict_get(dict, name).ok()??).ok()
        };
        let name = text("__name__").unwrap_or_else(|| "?".into());
        Ok(Value::Plain(match text("__file__") {
            Some(file) => format!("<module '{name}' from '{file}'>"),
            None => format!("<module '{name}' (built-in)>"),
        }))
    }

    fn instance_value(&self, addr: u64, ty: &Type, budget: &mut Budget) -> Result<Value> {
        let all = self.attributes(addr).unwrap_or_default();
        let max = self.limits.value_items.min(16);
        let more = all.len().saturating_sub(max) as u64;
        // Attributes of attributes help nobody on one line.
        let attributes = if budget.path.len() > 2 {
            Vec::new()
        } else {
            all.into_iter()
                .take(max)
                .map(|(name, value)| (name, self.value_within(value, budget)))
                .collect()
        };
        Ok(Value::Instance {
            type_name: self.full_type_name(ty),
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
            _ => Ok(self.full_type_name(&*self.type_of(addr)?)),
        }
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

/// `__qualname__` of a class, without its module.
fn class_name(reader: &Reader<'_>, ty: &Type) -> String {
    if ty.is_heap() && !ty.name.contains('.') {
        let at = ty.addr + u64::from(reader.layout.type_object.ht_qualname);
        if let Ok(name) = reader.required(at, "ht_qualname").and_then(|at| reader.text(at)) {
            return name.to_string();
        }
    }
    match ty.name.rsplit_once('.') {
        Some((_, name)) => name.into(),
        None => ty.name.to_string(),
    }
}
