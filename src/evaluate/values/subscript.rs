//! Subscripts and slices.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use super::operand::{Operand, Range};
use crate::cpython::Kind;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Refusal, Result, index_error, type_error, value_error, would_run};

impl Machine<'_, '_> {
    /// `value[index]`.
    pub(crate) fn subscript(&self, value: &Operand, index: &Operand) -> Result<Operand> {
        self.step()?;
        if let Operand::Object(addr) = value {
            if let Some(item) = self.quick_item(*addr, index)? {
                return Ok(item);
            }
            let ty = self.type_of(*addr)?;
            if ty.kind == Kind::Type {
                return self.subscript_type(*addr, index);
            }
            let purpose = format!("`[]` of a `{}`", self.short_name(&ty));
            if !self.special(&ty, "__getitem__", &purpose)? {
                return self.not_subscriptable(value);
            }
            if ty.kind == Kind::Deque {
                let items = self.deque_items(*addr)?;
                let Some(index) = self.as_index(index)? else {
                    return type_error(format!(
                        "sequence index must be integer, not '{}'",
                        self.type_label(index)
                    ));
                };
                return self
                    .item_at(&items, &index, "deque index out of range")
                    .cloned();
            }
            return match self.decode(*addr, &ty)? {
                Operand::Object(_) => {
                    would_run(format!("{purpose} would run C code in the target"))
                }
                Operand::Dict(items) => self.dict_item(&items, index, Some(*addr)),
                decoded => self.subscript(&decoded, index),
            };
        }
        match value {
            Operand::Tuple(items) => self.sequence_item(value, items, index, Operand::tuple),
            Operand::List(items) => self.sequence_item(value, items, index, Operand::list),
            Operand::Str(text) => {
                let one = |points: Vec<u32>| Operand::text(points);
                if let Some(item) = self.sliced(text.points(), index, 4)? {
                    return Ok(one(item));
                }
                let at = self.required_index(value, index)?;
                let item = self.item_at(text.points(), &at, "string index out of range")?;
                Ok(one(vec![*item]))
            }
            Operand::Bytes(data) | Operand::ByteArray(data) => {
                if let Some(item) = self.sliced(data, index, 1)? {
                    return Ok(match value {
                        Operand::Bytes(_) => Operand::Bytes(item.into()),
                        _ => Operand::ByteArray(item.into()),
                    });
                }
                let at = self.required_index(value, index)?;
                let text = match value {
                    Operand::Bytes(_) => "index out of range",
                    _ => "bytearray index out of range",
                };
                Ok(Operand::int(*self.item_at(data, &at, text)?))
            }
            Operand::Range(range) => self.range_item(value, range, index),
            Operand::Dict(items) => self.dict_item(items, index, None),
            Operand::Proxy(inner) => self.subscript(inner, index),
            Operand::Type(_) => would_run("`[]` of a type makes an object in the target"),
            _ => self.not_subscriptable(value),
        }
    }

    fn not_subscriptable<T>(&self, value: &Operand) -> Result<T> {
        type_error(format!(
            "'{}' object is not subscriptable",
            self.type_label(value)
        ))
    }

    /// An item of a long list or tuple of the target, without reading the rest.
    fn quick_item(&self, addr: u64, index: &Operand) -> Result<Option<Operand>> {
        let ty = self.type_of(addr)?;
        if !matches!(ty.exact, Kind::List | Kind::Tuple) {
            return Ok(None);
        }
        let index = self.exact(index)?;
        let (Some(index), length) = (index.as_i64(), self.reader.length(addr)?) else {
            return Ok(None);
        };
        let at = match index {
            index if index < 0 => index.saturating_add_unsigned(length),
            index => index,
        };
        let Ok(at) = u64::try_from(at) else {
            return Ok(None);
        };
        if at >= length {
            return Ok(None);
        }
        let layout = &self.reader.layout;
        let items = match ty.exact {
            Kind::Tuple => addr + u64::from(layout.tuple.ob_item),
            _ => self
                .reader
                .required(addr + u64::from(layout.list.ob_item), "ob_item")?,
        };
        let item = items.wrapping_add(at.wrapping_mul(8));
        Ok(Some(Operand::Object(self.reader.required(item, "item")?)))
    }

    fn dict_item(
        &self,
        items: &[(Operand, Operand)],
        key: &Operand,
        dict: Option<u64>,
    ) -> Result<Operand> {
        self.hashable(key)?;
        if let Some(value) = self.find_key(items, key)? {
            return Ok(value);
        }
        if let Some(addr) = dict {
            let ty = self.type_of(addr)?;
            match self.find(&ty, "__missing__")? {
                None => {}
                Some(Found::Native(class)) if *class.name == *"collections.defaultdict" => {
                    if let Some(factory) = self.reader.default_factory(addr)?
                        && !self.reader.is_kind(factory, Kind::None)
                    {
                        return would_run(
                            "the key is missing: the default factory would run in the target",
                        );
                    }
                }
                Some(found) if self.is_counter(&found) => return Ok(Operand::int(0)),
                Some(found) => {
                    return Err(self.refuse_call(&found, "__missing__", "the missing key"));
                }
            }
        }
        Err(Refusal::raises("KeyError", self.repr(key)?))
    }

    fn sequence_item(
        &self,
        value: &Operand,
        items: &[Operand],
        index: &Operand,
        make: fn(Vec<Operand>) -> Operand,
    ) -> Result<Operand> {
        if let Some(items) = self.sliced(items, index, 32)? {
            return Ok(make(items));
        }
        let at = self.required_index(value, index)?;
        let name = value.native_type().unwrap_or("sequence");
        self.item_at(items, &at, &format!("{name} index out of range"))
            .cloned()
    }

    fn range_item(&self, value: &Operand, range: &Range, index: &Operand) -> Result<Operand> {
        let length = range.length();
        if let Operand::Slice(parts) = self.exact(index)? {
            let (start, stop, step) = self.slice_bounds(&parts, &length)?;
            return Ok(Operand::Range(std::rc::Rc::new(Range {
                start: range.at(&start),
                stop: range.at(&stop),
                step: &range.step * step,
            })));
        }
        let mut at = self.required_index(value, index)?;
        if at.is_negative() {
            at += &length;
        }
        match at.is_negative() || at >= length {
            true => index_error("range object index out of range"),
            false => Ok(Operand::int(range.at(&at))),
        }
    }

    /// The item at an index that may count from the end.
    fn item_at<'a, T>(&self, items: &'a [T], index: &BigInt, text: &str) -> Result<&'a T> {
        if index.to_isize().is_none() {
            return index_error("cannot fit 'int' into an index-sized integer");
        }
        let at = match index.is_negative() {
            true => index + items.len(),
            false => index.clone(),
        };
        at.to_usize()
            .and_then(|at| items.get(at))
            .ok_or_else(|| Refusal::raises("IndexError", text))
    }

    /// An int, or what counts as one (`__index__`); `None` of other values.
    pub(crate) fn as_index(&self, value: &Operand) -> Result<Option<BigInt>> {
        let data = self.native(value, "__index__")?;
        if let Operand::Object(addr) = &data {
            let ty = self.type_of(*addr)?;
            self.special(&ty, "__index__", "an index")?;
        }
        Ok(data.as_int())
    }

    /// An int, or the error that Python raises.
    pub(crate) fn index_value(&self, value: &Operand) -> Result<BigInt> {
        match self.as_index(value)? {
            Some(number) => Ok(number),
            None => type_error(format!(
                "'{}' object cannot be interpreted as an integer",
                self.type_label(value)
            )),
        }
    }

    fn required_index(&self, value: &Operand, index: &Operand) -> Result<BigInt> {
        if let Some(number) = self.as_index(index)? {
            return Ok(number);
        }
        let found = self.type_label(index);
        type_error(match value {
            Operand::Str(_) => format!("string indices must be integers, not '{found}'"),
            Operand::Bytes(_) => format!("byte indices must be integers or slices, not {found}"),
            value => format!(
                "{} indices must be integers or slices, not {found}",
                value.native_type().unwrap_or("sequence")
            ),
        })
    }

    /// The items that a slice selects; `None` if `index` is no slice.
    fn sliced<T: Clone>(
        &self,
        items: &[T],
        index: &Operand,
        size: usize,
    ) -> Result<Option<Vec<T>>> {
        let Operand::Slice(parts) = self.exact(index)? else {
            return Ok(None);
        };
        let length = BigInt::from(items.len());
        let (start, stop, step) = self.slice_bounds(&parts, &length)?;
        let selected = Range { start, stop, step };
        let count = selected.length().to_usize().unwrap_or(0);
        self.charge(count.saturating_mul(size))?;
        self.steps_of(count as u64 / 8)?;
        let step = selected.step.to_isize().unwrap_or(isize::MAX);
        let mut at = selected.start.to_isize().unwrap_or(0);
        let mut made = Vec::with_capacity(count);
        for _ in 0..count {
            if let Some(item) = usize::try_from(at).ok().and_then(|at| items.get(at)) {
                made.push(item.clone());
            }
            at = at.saturating_add(step);
        }
        Ok(Some(made))
    }

    /// Start, stop and step within a sequence of this length
    /// (`PySlice_AdjustIndices`).
    pub(crate) fn slice_bounds(
        &self,
        parts: &[Operand; 3],
        length: &BigInt,
    ) -> Result<(BigInt, BigInt, BigInt)> {
        let [start, stop, step] = parts;
        let step = self.slice_part(step)?.unwrap_or_else(|| 1.into());
        if step.is_zero() {
            return value_error("slice step cannot be zero");
        }
        let backwards = step.is_negative();
        let (lowest, highest) = match backwards {
            true => (BigInt::from(-1), length - 1),
            false => (BigInt::zero(), length.clone()),
        };
        let clamp = |part: Option<BigInt>, default: &BigInt| match part {
            None => default.clone(),
            Some(part) if part.is_negative() => (part + length).max(lowest.clone()),
            Some(part) => part.min(highest.clone()),
        };
        let (first, last) = match backwards {
            true => (&highest, &lowest),
            false => (&lowest, &highest),
        };
        let start = clamp(self.slice_part(start)?, first);
        let stop = clamp(self.slice_part(stop)?, last);
        Ok((start, stop, step))
    }

    fn slice_part(&self, part: &Operand) -> Result<Option<BigInt>> {
        if matches!(self.exact(part)?, Operand::None) {
            return Ok(None);
        }
        match self.as_index(part)? {
            Some(number) => Ok(Some(number)),
            None => {
                type_error("slice indices must be integers or None or have an __index__ method")
            }
        }
    }

    fn subscript_type(&self, addr: u64, index: &Operand) -> Result<Operand> {
        if let Some(members) = self.enum_members(addr)? {
            return self.dict_item(&members, index, None);
        }
        let meta = self.type_of(addr)?;
        self.special(&meta, "__getitem__", "`[]` of this class")?;
        let class = self.reader.type_at(addr)?;
        let generic = self.find(&class, "__class_getitem__")?.is_some();
        match generic {
            true => would_run(format!(
                "`{}[…]` makes an object in the target",
                self.short_name(&class)
            )),
            false => type_error(format!(
                "type '{}' is not subscriptable",
                self.short_name(&class)
            )),
        }
    }
}
