//! The value of an expression.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

pub use super::text::Str;
use crate::cpython::Reader;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result};
use crate::evaluate::{Bounds, Names};

/// The value of an expression: an object of the target, or one computed here.
#[derive(Debug, Clone)]
pub enum Operand {
    /// An object of the target, by its address.
    Object(u64),
    None,
    Ellipsis,
    NotImplemented,
    Bool(bool),
    Int(Rc<BigInt>),
    Float(f64),
    Complex(f64, f64),
    Str(Str),
    Bytes(Rc<[u8]>),
    ByteArray(Rc<[u8]>),
    Tuple(Rc<[Operand]>),
    List(Rc<[Operand]>),
    Dict(Rc<[(Operand, Operand)]>),
    /// A set of the target keeps the order of its table, one made here the order
    /// of insertion.
    Set(Rc<[Operand]>),
    FrozenSet(Rc<[Operand]>),
    Range(Rc<Range>),
    /// Start, stop, step.
    Slice(Rc<[Operand; 3]>),
    /// A builtin type by name.
    Type(&'static str),
    /// A method of a builtin type and what it is bound to.
    Method(Rc<Method>),
    /// A Python function of the target, bound to what it was read from.
    Bound(Rc<Bound>),
    /// A generator expression, or the result of `zip`, `map` and the like.
    Iterator(Rc<Iter>),
    /// `dict.keys()`, `.values()` or `.items()`: its type, and the dict.
    View(&'static str, Rc<Operand>),
    /// A read-only view of a dict.
    Proxy(Rc<Operand>),
}

/// A `range` object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub start: BigInt,
    pub stop: BigInt,
    /// Never zero.
    pub step: BigInt,
}

/// A method of a builtin type and what it is bound to.
#[derive(Debug)]
pub struct Method {
    pub(crate) receiver: Operand,
    pub(crate) name: Rc<str>,
}

impl Method {
    /// Whether it is bound to its class: `dict.fromkeys`, `int.from_bytes`.
    pub(crate) fn is_class_method(&self) -> bool {
        matches!(
            (&self.receiver, &*self.name),
            (Operand::Type("dict"), "fromkeys") | (Operand::Type("int"), "from_bytes")
        )
    }

    /// Whether it is a special method (`__len__`).
    pub(crate) fn is_special(&self) -> bool {
        self.name.starts_with("__")
    }

    fn type_name(&self) -> &'static str {
        match &self.receiver {
            Operand::Type("int") if &*self.name == "from_bytes" => "builtin_function_or_method",
            Operand::Type("dict") if &*self.name == "fromkeys" => "builtin_function_or_method",
            Operand::Type(_) => "method_descriptor",
            _ => "builtin_function_or_method",
        }
    }
}

/// A Python function of the target and what it is bound to.
#[derive(Debug)]
pub struct Bound {
    pub(crate) function: u64,
    pub(crate) receiver: Operand,
}

/// Items that are consumed once, then the error that ended making them.
#[derive(Debug)]
pub struct Iter {
    pub(crate) name: &'static str,
    pub(crate) items: RefCell<Vec<Operand>>,
    pub(crate) at: Cell<usize>,
    pub(crate) failure: Option<Refusal>,
}

impl Range {
    /// Number of its items.
    pub fn length(&self) -> BigInt {
        let span = match self.step.is_negative() {
            true => &self.start - &self.stop,
            false => &self.stop - &self.start,
        };
        if !span.is_positive() {
            return BigInt::zero();
        }
        (span - 1) / self.step.abs() + 1
    }

    /// The item at `index`, which is not checked.
    pub fn at(&self, index: &BigInt) -> BigInt {
        &self.start + &self.step * index
    }
}

impl Operand {
    pub(crate) fn int(number: impl Into<BigInt>) -> Self {
        Self::Int(Rc::new(number.into()))
    }

    pub(crate) fn text(text: impl Into<Str>) -> Self {
        Self::Str(text.into())
    }

    pub(crate) fn list(items: Vec<Operand>) -> Self {
        Self::List(items.into())
    }

    pub(crate) fn tuple(items: Vec<Operand>) -> Self {
        Self::Tuple(items.into())
    }

    pub(crate) fn method(receiver: Operand, name: &str) -> Self {
        Self::Method(Rc::new(Method {
            receiver,
            name: name.into(),
        }))
    }

    pub(crate) fn iterator(name: &'static str, items: Vec<Operand>) -> Self {
        Self::partial_iterator(name, items, None)
    }

    /// Items and the error that ended making them.
    pub(crate) fn partial_iterator(
        name: &'static str,
        items: Vec<Operand>,
        failure: Option<Refusal>,
    ) -> Self {
        Self::Iterator(Rc::new(Iter {
            name,
            items: RefCell::new(items),
            at: Cell::new(0),
            failure,
        }))
    }

    /// Name of the type of a value computed here.
    pub(crate) fn native_type(&self) -> Option<&'static str> {
        Some(match self {
            Self::Object(_) => return None,
            Self::None => "NoneType",
            Self::Ellipsis => "ellipsis",
            Self::NotImplemented => "NotImplementedType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Complex(..) => "complex",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::ByteArray(_) => "bytearray",
            Self::Tuple(_) => "tuple",
            Self::List(_) => "list",
            Self::Dict(_) => "dict",
            Self::Set(_) => "set",
            Self::FrozenSet(_) => "frozenset",
            Self::Range(_) => "range",
            Self::Slice(_) => "slice",
            Self::Type(_) => "type",
            Self::Method(method) => method.type_name(),
            Self::Bound(_) => "method",
            Self::Iterator(iterator) => iterator.name,
            Self::View(name, _) => name,
            Self::Proxy(_) => "mappingproxy",
        })
    }

    /// The number of an int or bool that is decoded already.
    pub(crate) fn as_int(&self) -> Option<BigInt> {
        match self {
            Self::Int(number) => Some((**number).clone()),
            Self::Bool(value) => Some(BigInt::from(u8::from(*value))),
            _ => None,
        }
    }

    pub(crate) fn as_i64(&self) -> Option<i64> {
        self.as_int()?.to_i64()
    }

    /// The address where it is an object of the target.
    pub fn address(&self) -> Option<u64> {
        match self {
            Self::Object(addr) => Some(*addr),
            _ => None,
        }
    }

    /// The name of its type, with its module unless that is `builtins`.
    pub fn type_name(&self, reader: &Reader<'_>) -> String {
        match self {
            Self::Object(addr) => match reader.type_of(*addr) {
                Ok(ty) => reader.full_type_name(&ty).to_string(),
                Err(_) => "?".into(),
            },
            other => other.native_type().unwrap_or("?").into(),
        }
    }

    /// What Python's `repr` gives.
    ///
    /// # Errors
    /// When that would run code in the target, exceeds `bounds`, or needs what
    /// cannot be read.
    pub fn repr(&self, reader: &Reader<'_>, bounds: &Bounds) -> Result<String> {
        Machine::new("", reader, &Names::default(), bounds).repr(self)
    }
}
