//! What an expression's parts evaluate to.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};
use ruff_python_ast::ExprLambda;

pub use super::text::Str;
use crate::cpython::Reader;
use crate::evaluate::machine::{Machine, Scope};
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
    /// In Python's order as far as that can be known.
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
    Lambda(Rc<Lambda>),
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

/// Methods with two underscores that are no slots of the type.
const NAMED: [&str; 27] = [
    "__reversed__",
    "__sizeof__",
    "__reduce__",
    "__reduce_ex__",
    "__format__",
    "__dir__",
    "__init_subclass__",
    "__subclasshook__",
    "__subclasses__",
    "__instancecheck__",
    "__subclasscheck__",
    "__round__",
    "__floor__",
    "__ceil__",
    "__trunc__",
    "__getformat__",
    "__class_getitem__",
    "__getstate__",
    "__setstate__",
    "__getnewargs__",
    "__copy__",
    "__bytes__",
    "__complex__",
    "__missing__",
    "__new__",
    "__length_hint__",
    "__prepare__",
];

impl Method {
    /// Whether it is the slot of an operator and not a named method.
    pub(crate) fn is_slot(&self) -> bool {
        let coexists = match &*self.name {
            // Both a slot and a method: the method is found.
            "__getitem__" => ["list", "dict"].as_slice(),
            "__contains__" => ["dict", "set", "frozenset"].as_slice(),
            _ => [].as_slice(),
        };
        let owner = match &self.receiver {
            Operand::Type(name) => Some(*name),
            receiver => receiver.native_type(),
        };
        self.name.starts_with("__")
            && !NAMED.contains(&&*self.name)
            && !owner.is_some_and(|owner| coexists.contains(&owner))
    }

    /// Whether it is a method of the class and not of its instances.
    pub(crate) fn is_of_class(&self) -> bool {
        matches!(
            (&self.receiver, &*self.name),
            (Operand::Type("int"), "from_bytes")
                | (Operand::Type("dict"), "fromkeys")
                | (Operand::Type("bytes" | "bytearray" | "float"), "fromhex")
                | (Operand::Type("int" | "float" | "complex"), "from_number")
                | (Operand::Type("str" | "bytes" | "bytearray"), "maketrans")
                | (
                    Operand::Type(_),
                    "__new__" | "__init_subclass__" | "__subclasshook__" | "__class_getitem__"
                )
        )
    }

    fn type_name(&self) -> &'static str {
        match (&self.receiver, self.is_slot()) {
            _ if self.is_of_class() => "builtin_function_or_method",
            (Operand::Type(_), true) => "wrapper_descriptor",
            (Operand::Type(_), false) => "method_descriptor",
            (_, true) => "method-wrapper",
            (_, false) => "builtin_function_or_method",
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

/// A lambda expression and the variables that it sees.
#[derive(Debug)]
pub struct Lambda {
    pub(crate) node: ExprLambda,
    pub(crate) scope: Scope,
    pub(crate) defaults: Vec<(String, Operand)>,
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
            Self::Lambda(_) => "function",
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
