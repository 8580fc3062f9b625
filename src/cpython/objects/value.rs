//! Objects as a bounded tree of values, decoded without running any code of
//! the target.

use std::rc::Rc;

use super::kinds::Kind;
use super::text::Text;
use super::types::Type;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::Reader;

/// A decoded object. Printing it (see `repr.rs`) looks like Python's `repr`.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`, `True`, numbers, names: text that needs no further structure.
    Plain(String),
    Float(f64),
    Complex(f64, f64),
    Str(Text),
    Bytes {
        data: Vec<u8>,
        cut: bool,
    },
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
    Enum {
        name: String,
        value: Box<Value>,
    },
    /// `<bound method P.meth of …>`
    Method {
        name: String,
        receiver: Box<Value>,
    },
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

/// What happens to an object before it is decoded.
pub(crate) enum Visit {
    Decode,
    /// Printed in place of the object.
    Print(Value),
    /// Nothing more is decoded.
    Stop,
}

/// Decides about each object: the addresses around it, its own, and its type.
pub(crate) type Guide<'g> = dyn FnMut(&[u64], u64, &Type) -> Visit + 'g;

/// Items of one container that a guide may ask for.
const MAX_GUIDED_ITEMS: usize = 1 << 20;
/// Characters of one text that a guide may ask for.
const MAX_GUIDED_TEXT: usize = 32 << 20;

/// How far a decoding may still go.
pub(crate) struct Budget<'g> {
    nodes: usize,
    depth: usize,
    /// Items of one container.
    pub(crate) items: usize,
    text: usize,
    pub(crate) path: Vec<u64>,
    guide: Option<&'g mut Guide<'g>>,
    error: Option<DecodeError>,
}

impl Budget<'_> {
    fn is_spent(&self, addr: u64) -> bool {
        let free = self.guide.is_some();
        self.nodes == 0 || !free && (self.path.len() > self.depth || self.path.contains(&addr))
    }

    /// What the guide prints in place of the object.
    fn guided(&mut self, addr: u64, ty: &Type) -> Option<Value> {
        let guide = self.guide.as_mut()?;
        match guide(&self.path, addr, ty) {
            Visit::Decode => None,
            Visit::Print(value) => Some(value),
            Visit::Stop => {
                self.nodes = 0;
                Some(Value::Elided)
            }
        }
    }

    fn unreadable(&mut self, error: DecodeError) -> Value {
        if self.guide.is_some() {
            self.nodes = 0;
            self.error.get_or_insert(error.clone());
        }
        Value::Unreadable(error)
    }
}

impl Reader<'_> {
    /// The object at `addr` as a value, within the limits.
    pub fn value(&self, addr: u64) -> Value {
        let mut budget = Budget {
            nodes: self.limits.value_items * 8,
            depth: self.limits.value_depth,
            items: self.limits.value_items,
            text: self.limits.value_text,
            path: Vec::new(),
            guide: None,
            error: None,
        };
        self.value_within(addr, &mut budget)
    }

    /// The object at `addr` as a complete value. `guide` is asked about each
    /// object first, and bounds the work.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub(crate) fn guided_value<'g>(&self, addr: u64, guide: &'g mut Guide<'g>) -> Result<Value> {
        let mut budget = Budget {
            nodes: usize::MAX,
            depth: usize::MAX,
            items: MAX_GUIDED_ITEMS,
            text: MAX_GUIDED_TEXT,
            path: Vec::new(),
            guide: Some(guide),
            error: None,
        };
        let value = self.value_within(addr, &mut budget);
        match budget.error {
            Some(error) => Err(error),
            None => Ok(value),
        }
    }

    pub(crate) fn value_within(&self, addr: u64, budget: &mut Budget<'_>) -> Value {
        if budget.is_spent(addr) {
            return Value::Elided;
        }
        budget.nodes -= 1;
        let value = self.type_of(addr).and_then(|ty| {
            if let Some(value) = budget.guided(addr, &ty) {
                return Ok(value);
            }
            budget.path.push(addr);
            let value = self.value_of_type(addr, &ty, budget);
            budget.path.pop();
            value
        });
        value.unwrap_or_else(|error| budget.unreadable(error))
    }

    fn value_of_type(&self, addr: u64, ty: &Type, budget: &mut Budget<'_>) -> Result<Value> {
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
            Kind::Str => Ok(Value::Str(self.unicode(addr, budget.text)?)),
            Kind::Bytes => {
                let (data, length) = self.bytes_object(addr, budget.text)?;
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

    fn sequence(&self, addr: u64, ty: &Type, budget: &mut Budget<'_>) -> Result<Value> {
        let max = budget.items;
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

    fn values(&self, items: &[u64], budget: &mut Budget<'_>) -> Vec<Value> {
        items
            .iter()
            .map(|item| self.value_within(*item, budget))
            .collect()
    }

    fn dict_value(&self, addr: u64, ty: &Type, budget: &mut Budget<'_>) -> Result<Value> {
        let (items, length) = self.dict_items(addr, budget.items)?;
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

    fn exception_value(&self, addr: u64, ty: &Type, budget: &mut Budget<'_>) -> Result<Value> {
        let args = self.required(addr + u64::from(self.layout.exception.args), "args")?;
        let (items, _) = self.tuple_items(args, budget.items)?;
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
    fn class_instance(
        &self,
        addr: u64,
        ty: &Type,
        budget: &mut Budget<'_>,
    ) -> Result<Option<Value>> {
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
            let (names, _) = self.tuple_items(fields, budget.items)?;
            let (items, _) = self.tuple_items(addr, budget.items)?;
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

    fn dataclass(
        &self,
        addr: u64,
        ty: &Type,
        fields: u64,
        budget: &mut Budget<'_>,
    ) -> Result<Value> {
        let (fields, _) = self.dict_items(fields, budget.items)?;
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
}

/// `__qualname__` of a class, without its module.
pub(crate) fn class_name(reader: &Reader<'_>, ty: &Type) -> String {
    if ty.is_heap() && !ty.name.contains('.') {
        let at = ty.addr + u64::from(reader.layout.type_object.ht_qualname);
        if let Ok(name) = reader
            .required(at, "ht_qualname")
            .and_then(|at| reader.text(at))
        {
            return name.to_string();
        }
    }
    match ty.name.rsplit_once('.') {
        Some((_, name)) => name.into(),
        None => ty.name.to_string(),
    }
}
