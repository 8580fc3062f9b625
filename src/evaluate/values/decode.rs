//! Decodes objects of the target into values that operators work on; types.

use std::rc::Rc;

use num_bigint::{BigInt, BigUint, Sign};

use super::operand::{Operand, Range, Str};
use crate::cpython::{Kind, Type};
use crate::evaluate::attributes::find::{Found, is_python_class};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, bounded, would_run};

/// Bits of the largest int that is computed with.
pub(crate) const MAX_BITS: usize = 1 << 20;
/// Digits of the largest int that is decoded; each has 30 bits.
const MAX_DIGITS: usize = MAX_BITS / 30;

/// Names of builtin types that values computed here can have.
const NATIVE_TYPES: [&str; 40] = [
    "NoneType",
    "ellipsis",
    "NotImplementedType",
    "bool",
    "int",
    "float",
    "complex",
    "str",
    "bytes",
    "bytearray",
    "tuple",
    "list",
    "dict",
    "set",
    "frozenset",
    "range",
    "slice",
    "type",
    "builtin_function_or_method",
    "method",
    "function",
    "mappingproxy",
    "dict_keys",
    "dict_values",
    "dict_items",
    "zip",
    "map",
    "filter",
    "enumerate",
    "reversed",
    "generator",
    "object",
    "memoryview",
    "property",
    "classmethod",
    "staticmethod",
    "super",
    "module",
    "BaseException",
    "Exception",
];

impl Machine<'_, '_> {
    /// The value, decoded if its type holds data, and unchanged if not. An
    /// instance of a subclass that overrides the method `special` is refused.
    pub(crate) fn native(&self, value: &Operand, special: &str) -> Result<Operand> {
        let Operand::Object(addr) = value else {
            return Ok(value.clone());
        };
        let ty = self.type_of(*addr)?;
        if !holds_data(&ty) {
            return Ok(value.clone());
        }
        if ty.exact == Kind::Other
            && !special.is_empty()
            && let Some(found) = self.find(&ty, special)?
            && !matches!(found, Found::Native(_))
            && !self.is_stock_special(&ty, &found, special)
        {
            return Err(self.refuse_call(&found, special, &format!("`{special}`")));
        }
        self.decode(*addr, &ty)
    }

    /// As `native`, but instances of subclasses are left unchanged.
    pub(crate) fn exact(&self, value: &Operand) -> Result<Operand> {
        match value {
            Operand::Object(addr) => {
                let ty = self.type_of(*addr)?;
                // Slices and views of dicts have no kind of their own.
                match holds_data(&ty) && (ty.exact != Kind::Other || ty.kind == Kind::Other) {
                    true => self.decode(*addr, &ty),
                    false => Ok(value.clone()),
                }
            }
            other => Ok(other.clone()),
        }
    }

    /// The data of the object at `addr`, whose type holds some.
    pub(crate) fn decode(&self, addr: u64, ty: &Type) -> Result<Operand> {
        let reader = self.reader;
        let objects = |items: Vec<u64>| items.into_iter().map(Operand::Object).collect::<Vec<_>>();
        Ok(match ty.kind {
            Kind::None => Operand::None,
            Kind::Ellipsis => Operand::Ellipsis,
            Kind::NotImplemented => Operand::NotImplemented,
            Kind::Bool => Operand::Bool(reader.int(addr)?.to_i64() != Some(0)),
            Kind::Int => Operand::Int(Rc::new(self.big_int(addr)?)),
            Kind::Float => Operand::Float(reader.float(addr)?),
            Kind::Complex => {
                let (real, imaginary) = reader.complex(addr)?;
                Operand::Complex(real, imaginary)
            }
            Kind::Str => {
                let length = reader.u64(addr + u64::from(reader.layout.unicode.length))?;
                self.room(length, 4, "str")?;
                Operand::Str(Str::from(reader.unicode(addr, length as usize)?))
            }
            Kind::Bytes => {
                let length = reader.length(addr)?;
                self.room(length, 1, "bytes")?;
                Operand::Bytes(reader.bytes_object(addr, length as usize)?.0.into())
            }
            Kind::ByteArray => {
                let length = reader.length(addr)?;
                self.room(length, 1, "bytearray")?;
                Operand::ByteArray(reader.bytearray(addr, length as usize)?.into())
            }
            Kind::Tuple => {
                let length = self.room(reader.length(addr)?, 32, "tuple")?;
                Operand::tuple(objects(self.complete(reader.tuple_items(addr, length)?.0)?))
            }
            Kind::List => {
                let length = self.room(reader.length(addr)?, 32, "list")?;
                Operand::list(objects(self.complete(reader.list_items(addr, length)?.0)?))
            }
            Kind::Set | Kind::FrozenSet => {
                let used = reader.u64(addr + u64::from(reader.layout.set.used))?;
                let length = self.room(used, 32, "set")?;
                let items = objects(reader.set_items(addr, length)?.0).into();
                match ty.kind {
                    Kind::Set => Operand::Set(items),
                    _ => Operand::FrozenSet(items),
                }
            }
            Kind::Dict => Operand::Dict(self.dict_items(addr, ty)?.into()),
            Kind::Range => self.decode_range(addr)?,
            Kind::MappingProxy => {
                let mapping = reader.proxied_mapping(addr)?;
                Operand::Proxy(Rc::new(Operand::Object(mapping)))
            }
            _ if *ty.name == *"slice" => {
                let fields = reader.slice_bounds(addr)?;
                Operand::Slice(Rc::new(fields.map(Operand::Object)))
            }
            _ => match view_type(&ty.name) {
                Some(name) => {
                    let dict = reader.viewed_dict(addr)?;
                    Operand::View(name, Rc::new(Operand::Object(dict)))
                }
                None => Operand::Object(addr),
            },
        })
    }

    fn decode_range(&self, addr: u64) -> Result<Operand> {
        let fields = self.reader.range_bounds(addr)?;
        let [start, stop, step] = fields.map(|field| self.big_int(field));
        let range = Range {
            start: start?,
            stop: stop?,
            step: step?,
        };
        match range.step.sign() {
            Sign::NoSign => bounded("the range has the step 0"),
            _ => Ok(Operand::Range(Rc::new(range))),
        }
    }

    /// Counts `count` items of `size` bytes that are about to be read.
    pub(crate) fn room(&self, count: u64, size: usize, what: &str) -> Result<usize> {
        let Ok(count) = usize::try_from(count) else {
            return bounded(format!("a {what} of the target is too long"));
        };
        self.charge(count.saturating_mul(size))?;
        self.steps_of(count as u64 / 8)?;
        Ok(count)
    }

    /// The references, or an error if one is null.
    fn complete(&self, items: Vec<u64>) -> Result<Vec<u64>> {
        match items.contains(&0) {
            true => bounded("an item of the target is null: it is being made right now"),
            false => Ok(items),
        }
    }

    pub(crate) fn big_int(&self, addr: u64) -> Result<BigInt> {
        let int = self.reader.int_within(addr, MAX_DIGITS)?;
        if int.cut {
            return bounded(format!(
                "an int of the target has more than {MAX_BITS} bits"
            ));
        }
        let sign = if int.negative {
            Sign::Minus
        } else {
            Sign::Plus
        };
        let magnitude = BigUint::from_bytes_le(&int.magnitude());
        Ok(BigInt::from_biguint(sign, magnitude))
    }

    /// Keys and values of a dict in the order of iteration.
    fn dict_items(&self, addr: u64, ty: &Type) -> Result<Vec<(Operand, Operand)>> {
        let used = self
            .reader
            .u64(addr + u64::from(self.reader.layout.dict.ma_used))?;
        let length = self.room(used, 64, "dict")?;
        let (mut items, _) = self.reader.dict_items(addr, length)?;
        let is_ordered = ty.mro.iter().any(|class| {
            let class = self.reader.type_at(*class);
            class.is_ok_and(|class| *class.name == *"collections.OrderedDict")
        });
        if is_ordered {
            let keys = self.reader.ordered_keys(addr, length)?;
            let values: rustc_hash::FxHashMap<u64, u64> = items.iter().copied().collect();
            let known = |key: u64| Some((key, *values.get(&key)?));
            items = keys.into_iter().filter_map(known).collect();
        }
        let operand = |(key, value)| (Operand::Object(key), Operand::Object(value));
        Ok(items.into_iter().map(operand).collect())
    }

    /// `type(value)`.
    pub(crate) fn type_operand(&self, value: &Operand) -> Result<Operand> {
        match value {
            Operand::Object(addr) => Ok(Operand::Object(self.reader.type_addr(*addr)?)),
            Operand::Method(method) if method.is_special() => {
                would_run("the type of a special method is not computed here")
            }
            other => Ok(Operand::Type(other.native_type().unwrap_or("object"))),
        }
    }

    /// The name of the builtin type that `value` is.
    pub(crate) fn builtin_type(&self, value: &Operand) -> Option<&'static str> {
        match value {
            Operand::Type(name) => Some(name),
            Operand::Object(addr) => {
                let ty = self.class_at(*addr)?;
                if ty.is_heap() {
                    return None;
                }
                NATIVE_TYPES.into_iter().find(|name| *ty.name == **name)
            }
            _ => None,
        }
    }

    /// The type object at `addr`, if it is one.
    pub(crate) fn class_at(&self, addr: u64) -> Option<Rc<Type>> {
        let meta = self.reader.type_of(addr).ok()?;
        match meta.kind {
            Kind::Type => self.reader.type_at(addr).ok(),
            _ => None,
        }
    }

    /// Whether `value` is a type.
    pub(crate) fn is_type(&self, value: &Operand) -> bool {
        match value {
            Operand::Type(_) => true,
            Operand::Object(addr) => self.class_at(*addr).is_some(),
            _ => false,
        }
    }

    /// Whether two types are the same.
    pub(crate) fn same_type(&self, a: &Operand, b: &Operand) -> bool {
        match (self.builtin_type(a), self.builtin_type(b)) {
            (Some(a), Some(b)) => a == b,
            (None, None) => a.address() == b.address(),
            _ => false,
        }
    }
}

/// Whether objects of the type can be decoded into an operand.
pub(crate) fn holds_data(ty: &Type) -> bool {
    match ty.kind {
        Kind::None
        | Kind::Ellipsis
        | Kind::NotImplemented
        | Kind::Bool
        | Kind::Int
        | Kind::Float
        | Kind::Complex
        | Kind::Str
        | Kind::Bytes
        | Kind::ByteArray
        | Kind::Tuple
        | Kind::List
        | Kind::Set
        | Kind::FrozenSet
        | Kind::Dict
        | Kind::Range
        | Kind::MappingProxy => true,
        _ => !is_python_class(ty) && (*ty.name == *"slice" || view_type(&ty.name).is_some()),
    }
}

fn view_type(name: &str) -> Option<&'static str> {
    ["dict_keys", "dict_values", "dict_items"]
        .into_iter()
        .find(|known| *known == name)
}
