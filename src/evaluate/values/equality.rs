//! `==`, `!=` and the orderings, as `PyObject_RichCompare` does them
//! (Objects/object.c).

use std::cmp::Ordering;

use super::operand::Operand;
use crate::cpython::Kind;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, type_error, would_run};
use python_offsets::Offset;

/// A rich comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Relation {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    fn method(self) -> &'static str {
        match self {
            Self::Eq => "__eq__",
            Self::Ne => "__ne__",
            Self::Lt => "__lt__",
            Self::Le => "__le__",
            Self::Gt => "__gt__",
            Self::Ge => "__ge__",
        }
    }

    /// The same with the operands exchanged.
    fn reflected(self) -> Self {
        match self {
            Self::Eq | Self::Ne => self,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
        }
    }

    /// Whether the relation holds for this order; `None` is unordered.
    pub(crate) fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Eq => order == Some(Ordering::Equal),
            Self::Ne => order != Some(Ordering::Equal),
            Self::Lt => order == Some(Ordering::Less),
            Self::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Gt => order == Some(Ordering::Greater),
            Self::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

impl Machine<'_, '_> {
    /// `a == b`.
    pub(crate) fn equal(&self, a: &Operand, b: &Operand) -> Result<bool> {
        self.compare(Relation::Eq, a, b)
    }

    /// `a is b or a == b`, as containers compare their items.
    pub(crate) fn same_or_equal(&self, a: &Operand, b: &Operand) -> Result<bool> {
        if let (Operand::Object(a), Operand::Object(b)) = (a, b)
            && a == b
        {
            return self.step().map(|()| true);
        }
        self.equal(a, b)
    }

    /// `a RELATION b`.
    pub(crate) fn compare(&self, relation: Relation, a: &Operand, b: &Operand) -> Result<bool> {
        self.step()?;
        self.deeper(|| self.rich(relation, a, b))
    }

    fn rich(&self, relation: Relation, a: &Operand, b: &Operand) -> Result<bool> {
        let reflected = relation.reflected();
        let types = (self.type_operand(a)?, self.type_operand(b)?);
        let derived = !self.same_type(&types.0, &types.1)
            && matches!(b, Operand::Object(_))
            && self.is_subtype(&types.1, &types.0)?;
        let first = match derived {
            true => self.attempt(reflected, b, a)?,
            false => self.attempt(relation, a, b)?,
        };
        if let Some(answer) = first {
            return Ok(answer);
        }
        let second = match derived {
            true => self.attempt(relation, a, b)?,
            false => self.attempt(reflected, b, a)?,
        };
        if let Some(answer) = second {
            return Ok(answer);
        }
        match relation {
            Relation::Eq => self.identical(a, b),
            Relation::Ne => Ok(!self.identical(a, b)?),
            _ => type_error(format!(
                "'{}' not supported between instances of '{}' and '{}'",
                relation.symbol(),
                self.type_label(a),
                self.type_label(b)
            )),
        }
    }

    /// What the method of `a`'s type answers; `None` for `NotImplemented`.
    fn attempt(&self, relation: Relation, a: &Operand, b: &Operand) -> Result<Option<bool>> {
        let b = self.plain(b)?;
        let Operand::Object(addr) = a else {
            return self.data_relation(relation, a, &b);
        };
        let ty = self.type_of(*addr)?;
        if ty.exact != Kind::Other && super::decode::holds_data(&ty) {
            return self.data_relation(relation, &self.decode(*addr, &ty)?, &b);
        }
        let mut method = relation.method();
        let mut found = self.find(&ty, method)?;
        // `object.__ne__` asks `__eq__`.
        let inverted = relation == Relation::Ne
            && matches!(&found, Some(Found::Native(class)) if *class.name == *"object");
        if inverted {
            method = "__eq__";
            found = self.find(&ty, method)?;
        }
        let relation = if inverted { Relation::Eq } else { relation };
        let invert = |answer: Option<bool>| answer.map(|answer| answer != inverted);
        match found {
            None => Ok(None),
            Some(Found::Native(class)) if *class.name == *"object" => Ok(None),
            Some(Found::Native(class)) => {
                let decoded = self.decode(*addr, &ty)?;
                match decoded {
                    Operand::Object(_) => self
                        .object_relation(relation, *addr, &class.name, &b)
                        .map(invert),
                    decoded if *class.name == *"collections.OrderedDict" => {
                        self.ordered_relation(relation, &decoded, &b).map(invert)
                    }
                    decoded => self.data_relation(relation, &decoded, &b).map(invert),
                }
            }
            Some(found) => {
                if let Some(answer) = self.stock_equal(relation, *addr, &ty, &found, &b)? {
                    return Ok(invert(answer));
                }
                Err(self.refuse_call(&found, method, &format!("`{}`", relation.symbol())))
            }
        }
    }

    /// The data of `value` as a builtin method sees it, also of a subclass.
    fn plain(&self, value: &Operand) -> Result<Operand> {
        match value {
            Operand::Object(addr) => {
                let ty = self.type_of(*addr)?;
                match super::decode::holds_data(&ty) {
                    true if ty.kind == Kind::Dict
                        && self.derives_from(&ty, "collections.OrderedDict") =>
                    {
                        Ok(value.clone())
                    }
                    true => self.decode(*addr, &ty),
                    false => Ok(value.clone()),
                }
            }
            other => Ok(other.clone()),
        }
    }

    /// An `OrderedDict` equals another one only in the same order.
    fn ordered_relation(
        &self,
        relation: Relation,
        items: &Operand,
        other: &Operand,
    ) -> Result<Option<bool>> {
        if !matches!(relation, Relation::Eq | Relation::Ne) {
            return Ok(None);
        }
        let (other, ordered) = match other {
            Operand::Object(addr) => {
                let ty = self.type_of(*addr)?;
                (self.decode(*addr, &ty)?, ty.kind == Kind::Dict)
            }
            other => (other.clone(), false),
        };
        let answer = self.data_relation(Relation::Eq, items, &other)?;
        let (Operand::Dict(a), Operand::Dict(b), Some(true), true) =
            (items, &other, answer, ordered)
        else {
            return Ok(answer.map(|answer| answer == (relation == Relation::Eq)));
        };
        for ((a, _), (b, _)) in a.iter().zip(b.iter()) {
            if !self.same_or_equal(a, b)? {
                return Ok(Some(relation == Relation::Ne));
            }
        }
        Ok(Some(relation == Relation::Eq))
    }

    /// Comparisons of objects that are not decoded.
    fn object_relation(
        &self,
        relation: Relation,
        addr: u64,
        class: &str,
        b: &Operand,
    ) -> Result<Option<bool>> {
        match (class, b) {
            ("type", _) => Ok(None),
            ("collections.deque", Operand::Object(other)) => {
                if !self.reader.is_kind(*other, Kind::Deque) {
                    return Ok(None);
                }
                let (a, b) = (self.deque_items(addr)?, self.deque_items(*other)?);
                self.sequence_relation(relation, &a, &b).map(Some)
            }
            ("collections.deque", _) => Ok(None),
            ("method", _) if matches!(relation, Relation::Eq | Relation::Ne) => {
                let same = self.equal_methods(&Operand::Object(addr), b)?;
                Ok(same.map(|same| same == (relation == Relation::Eq)))
            }
            _ => {
                if let Operand::Object(other) = b
                    && *other == addr
                    && matches!(relation, Relation::Eq | Relation::Ne)
                {
                    return Ok(Some(relation == Relation::Eq));
                }
                would_run(format!(
                    "`{}` of `{class}` objects is computed by C code in the target",
                    relation.symbol()
                ))
            }
        }
    }

    /// Whether two bound methods have the same function and the same receiver;
    /// `None` if one of them is not a bound method.
    pub(crate) fn equal_methods(&self, a: &Operand, b: &Operand) -> Result<Option<bool>> {
        let (Some(a), Some(b)) = (self.method_parts(a)?, self.method_parts(b)?) else {
            return Ok(None);
        };
        Ok(Some(a.0 == b.0 && self.identical(&a.1, &b.1)?))
    }

    /// Function and receiver of a bound method.
    fn method_parts(&self, value: &Operand) -> Result<Option<(u64, Operand)>> {
        match value {
            Operand::Bound(bound) => Ok(Some((bound.function, bound.receiver.clone()))),
            Operand::Object(addr) if self.reader.is_kind(*addr, Kind::Method) => {
                let layout = &self.reader.layout.method;
                let part = |field: Offset| self.reader.required(field.at(*addr), "method");
                Ok(Some((
                    part(layout.im_func)?,
                    Operand::Object(part(layout.im_self)?),
                )))
            }
            _ => Ok(None),
        }
    }

    /// `a is b`, where that is defined.
    pub(crate) fn identical(&self, a: &Operand, b: &Operand) -> Result<bool> {
        if let (Operand::Object(a), Operand::Object(b)) = (a, b) {
            return Ok(a == b);
        }
        if let Some(same) = shared(a, b) {
            return Ok(same);
        }
        if self.is_type(a) || self.is_type(b) {
            return Ok(self.is_type(a) && self.is_type(b) && self.same_type(a, b));
        }
        let (a, b) = (self.exact(a)?, self.exact(b)?);
        let types = (self.type_operand(&a)?, self.type_operand(&b)?);
        if !self.same_type(&types.0, &types.1) {
            return Ok(false);
        }
        match (&a, &b) {
            (Operand::Bool(a), Operand::Bool(b)) => Ok(a == b),
            (Operand::None, _) | (Operand::Ellipsis, _) | (Operand::NotImplemented, _) => Ok(true),
            (Operand::Int(a), Operand::Int(b)) if a != b => Ok(false),
            // Objects/longobject.c keeps one object of each of these.
            (Operand::Int(a), _)
                if (-5..=256)
                    .map(num_bigint::BigInt::from)
                    .any(|small| small == **a) =>
            {
                Ok(true)
            }
            (Operand::List(_) | Operand::Dict(_) | Operand::Set(_) | Operand::ByteArray(_), _) => {
                Ok(false)
            }
            (Operand::Object(_), _) | (_, Operand::Object(_)) => Ok(false),
            (Operand::Str(a), Operand::Str(b)) if a != b => Ok(false),
            (Operand::Bytes(a), Operand::Bytes(b)) if a != b => Ok(false),
            _ => would_run("the identity of a value computed here is not defined"),
        }
    }
}

/// Whether two containers computed here are the same one; `None` of other values.
fn shared(a: &Operand, b: &Operand) -> Option<bool> {
    use std::rc::Rc;
    match (a, b) {
        (Operand::List(a), Operand::List(b)) | (Operand::Set(a), Operand::Set(b)) => {
            Some(Rc::ptr_eq(a, b))
        }
        (Operand::Dict(a), Operand::Dict(b)) => Some(Rc::ptr_eq(a, b)),
        (Operand::Tuple(a), Operand::Tuple(b)) => {
            (Rc::ptr_eq(a, b) || a.is_empty() && b.is_empty()).then_some(true)
        }
        (Operand::Iterator(a), Operand::Iterator(b)) => Some(Rc::ptr_eq(a, b)),
        _ => None,
    }
}
