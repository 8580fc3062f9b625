//! The printed tree of a value that was computed here.

use std::rc::Rc;

use num_bigint::BigInt;

use crate::cpython::objects::value::{Sequence, Value};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, value_error, would_run};
use crate::evaluate::syntax::literal::MAX_DIGITS;
use crate::evaluate::values::operand::{Method, Operand};

/// Bytes that are charged for each node of a tree.
pub(crate) const NODE_BYTES: usize = 96;

impl Machine<'_, '_> {
    /// `repr(value)`.
    pub(crate) fn repr(&self, value: &Operand) -> Result<String> {
        let text = self.tree(value)?.to_string();
        self.charge(text.len())?;
        Ok(text)
    }

    /// What `repr(value)` prints, as a tree.
    pub(crate) fn tree(&self, value: &Operand) -> Result<Value> {
        self.step()?;
        self.charge(NODE_BYTES)?;
        self.deeper(|| self.tree_within(value))
    }

    fn tree_within(&self, value: &Operand) -> Result<Value> {
        Ok(match value {
            Operand::Object(addr) => return self.object_tree(*addr),
            Operand::Tuple(items) => Value::Sequence(Sequence {
                tuple: true,
                ..self.sequence("(", items, ")")?
            }),
            Operand::List(items) => Value::Sequence(self.sequence("[", items, "]")?),
            Operand::Set(items) if items.is_empty() => plain("set()"),
            Operand::Set(items) => Value::Sequence(self.sequence("{", items, "}")?),
            Operand::FrozenSet(items) if items.is_empty() => plain("frozenset()"),
            Operand::FrozenSet(items) => {
                Value::Sequence(self.sequence("frozenset({", items, "})")?)
            }
            Operand::Dict(items) => self.dict_tree("", items, "")?,
            Operand::View(name, dict) => self.view_tree(name, dict)?,
            Operand::Proxy(inner) => Value::Call {
                name: "mappingproxy".into(),
                arguments: vec![(None, self.tree(inner)?)],
            },
            Operand::Slice(parts) => Value::Call {
                name: "slice".into(),
                arguments: self
                    .nodes(&parts[..])?
                    .into_iter()
                    .map(|part| (None, part))
                    .collect(),
            },
            Operand::Bound(bound) => Value::Method {
                name: self.reader.callable_name(bound.function)?,
                receiver: Box::new(self.tree(&bound.receiver)?),
            },
            other => self.leaf(other)?,
        })
    }

    fn leaf(&self, value: &Operand) -> Result<Value> {
        Ok(match value {
            Operand::None => plain("None"),
            Operand::Ellipsis => plain("Ellipsis"),
            Operand::NotImplemented => plain("NotImplemented"),
            Operand::Bool(true) => plain("True"),
            Operand::Bool(false) => plain("False"),
            Operand::Int(number) => Value::Plain(self.decimal(number)?),
            Operand::Float(number) => Value::Float(*number),
            Operand::Complex(real, imaginary) => Value::Complex(*real, *imaginary),
            Operand::Str(text) => {
                self.charge(text.points().len().saturating_mul(4))?;
                Value::Str(text.to_value())
            }
            Operand::Bytes(data) => self.bytes_tree(data)?,
            Operand::ByteArray(data) => Value::Call {
                name: "bytearray".into(),
                arguments: vec![(None, self.bytes_tree(data)?)],
            },
            Operand::Range(range) if range.step == BigInt::from(1) => {
                Value::Plain(format!("range({}, {})", range.start, range.stop))
            }
            Operand::Range(range) => Value::Plain(format!(
                "range({}, {}, {})",
                range.start, range.stop, range.step
            )),
            Operand::Type(name) => Value::Plain(format!("<class '{name}'>")),
            Operand::Method(method) => self.method_tree(method)?,
            other => {
                return would_run(format!(
                    "a `{}` that was computed here has no `repr`: it has no address in the target",
                    other.native_type().unwrap_or("value")
                ));
            }
        })
    }

    fn bytes_tree(&self, data: &[u8]) -> Result<Value> {
        self.charge(data.len())?;
        Ok(Value::Bytes {
            data: data.to_vec(),
            cut: false,
        })
    }

    fn method_tree(&self, method: &Method) -> Result<Value> {
        let name = &method.name;
        match &method.receiver {
            Operand::Type(class) if !method.is_special() && !method.is_class_method() => Ok(
                Value::Plain(format!("<method '{name}' of '{class}' objects>")),
            ),
            receiver @ Operand::Object(addr) if !method.is_special() => {
                let class = self.type_label(receiver);
                Ok(Value::Plain(format!(
                    "<built-in method {name} of {class} object at 0x{addr:x}>"
                )))
            }
            _ => would_run("a method of a value that was computed here has no `repr`"),
        }
    }

    fn view_tree(&self, name: &'static str, dict: &Operand) -> Result<Value> {
        let ordered = match dict {
            Operand::Object(addr) => {
                self.derives_from(&*self.type_of(*addr)?, "collections.OrderedDict")
            }
            _ => false,
        };
        let shown = match ordered {
            true => name.replace("dict", "odict"),
            false => name.into(),
        };
        let items = self.items(&Operand::View(name, Rc::new(dict.clone())))?;
        self.sequence(&format!("{shown}(["), &items, "])")
            .map(Value::Sequence)
    }

    /// The trees of `items`.
    fn nodes(&self, items: &[Operand]) -> Result<Vec<Value>> {
        items.iter().map(|item| self.tree(item)).collect()
    }

    /// Items between brackets.
    pub(crate) fn sequence(&self, open: &str, items: &[Operand], close: &str) -> Result<Sequence> {
        Ok(Sequence {
            open: open.into(),
            close: close.into(),
            items: self.nodes(items)?,
            more: 0,
            tuple: false,
        })
    }

    /// The items of a dict between braces, with text around these.
    pub(crate) fn dict_tree(
        &self,
        prefix: &str,
        items: &[(Operand, Operand)],
        suffix: &'static str,
    ) -> Result<Value> {
        let pair = |(key, value): &(Operand, Operand)| Ok((self.tree(key)?, self.tree(value)?));
        Ok(Value::Dict {
            prefix: prefix.into(),
            items: items.iter().map(pair).collect::<Result<_>>()?,
            more: 0,
            suffix,
        })
    }

    /// Decimal digits, unless there are too many.
    pub(crate) fn decimal(&self, number: &BigInt) -> Result<String> {
        // Ten bits are a little more than three digits.
        if number.bits() as usize <= (MAX_DIGITS + 8) * 10 / 3 {
            let text = number.to_string();
            if text.trim_start_matches('-').len() <= MAX_DIGITS {
                return Ok(text);
            }
        }
        value_error(format!(
            "Exceeds the limit ({MAX_DIGITS} digits) for integer string conversion; \
             use sys.set_int_max_str_digits() to increase the limit"
        ))
    }
}

pub(crate) fn plain(text: &str) -> Value {
    Value::Plain(text.into())
}
