//! `repr`, `str` and `ascii`.

use num_bigint::BigInt;

use crate::cpython::Kind;
use crate::cpython::objects::value::Value;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, value_error, would_run};
use crate::evaluate::syntax::literal::MAX_DIGITS;
use crate::evaluate::values::float;
use crate::evaluate::values::operand::{Method, Operand, Str};

impl Machine<'_, '_> {
    /// `repr(value)`.
    pub(crate) fn repr(&self, value: &Operand) -> Result<String> {
        let mut text = String::new();
        self.write_repr(value, &mut text)?;
        Ok(text)
    }

    /// `ascii(value)`.
    pub(crate) fn ascii(&self, value: &Operand) -> Result<String> {
        let text = self.repr(value)?;
        let mut made = String::with_capacity(text.len());
        for letter in text.chars() {
            match u32::from(letter) {
                ..=0x7f => made.push(letter),
                point @ ..=0xff => made.push_str(&format!("\\x{point:02x}")),
                point @ ..=0xffff => made.push_str(&format!("\\u{point:04x}")),
                point => made.push_str(&format!("\\U{point:08x}")),
            }
        }
        self.charge(made.len())?;
        Ok(made)
    }

    /// `str(value)`.
    pub(crate) fn str(&self, value: &Operand) -> Result<Str> {
        let Operand::Object(addr) = value else {
            return Ok(match value {
                Operand::Str(text) => text.clone(),
                other => Str::from(self.repr(other)?),
            });
        };
        let ty = self.type_of(*addr)?;
        if ty.exact == Kind::Str {
            return match self.decode(*addr, &ty)? {
                Operand::Str(text) => Ok(text),
                other => Ok(Str::from(self.repr(&other)?)),
            };
        }
        match self.find(&ty, "__str__")? {
            Some(Found::Native(class)) => match &*class.name {
                "object" => Ok(Str::from(self.repr(value)?)),
                "str" => match self.decode(*addr, &ty)? {
                    Operand::Str(text) => Ok(text),
                    other => Ok(Str::from(self.repr(&other)?)),
                },
                "OSError" => self.os_error_text(*addr),
                "BaseException" => self.exception_text(*addr, false),
                "KeyError" => self.exception_text(*addr, true),
                _ if crate::evaluate::values::decode::holds_data(&ty) => {
                    Ok(Str::from(self.repr(value)?))
                }
                name => would_run(format!(
                    "`str` of a `{name}` is computed by C code in the target"
                )),
            },
            None => Ok(Str::from(self.repr(value)?)),
            Some(found) if self.enum_member(*addr)?.is_some() => self.enum_text(*addr, &ty, &found),
            Some(found) => Err(self.refuse_call(&found, "__str__", "`str`")),
        }
    }

    /// `[Errno 2] No such file: 'name'` (`OSError_str`, Objects/exceptions.c).
    fn os_error_text(&self, addr: u64) -> Result<Str> {
        let part = |name: &str| self.os_error_member(addr, name);
        let is_set = |value: &Operand| matches!(value, Operand::Object(_));
        let (number, text, file) = (part("errno")?, part("strerror")?, part("filename")?);
        if !is_set(&number) || !is_set(&text) {
            return self.exception_text(addr, false);
        }
        let mut made = format!("[Errno {}] {}", self.str(&number)?, self.str(&text)?);
        if is_set(&file) {
            made.push_str(&format!(": {}", self.repr(&file)?));
            let second = part("filename2")?;
            if is_set(&second) {
                made.push_str(&format!(" -> {}", self.repr(&second)?));
            }
        }
        Ok(Str::from(made))
    }

    /// What an exception says: its only argument, or all of them.
    fn exception_text(&self, addr: u64, quoted: bool) -> Result<Str> {
        let at = addr + u64::from(self.reader.layout.exception.args);
        let args = Operand::Object(self.reader.required(at, "args")?);
        let items = self.items(&args)?;
        match &items[..] {
            [] => Ok(Str::from("")),
            [only] if quoted => Ok(Str::from(self.repr(only)?)),
            [only] => self.deeper(|| self.str(only)),
            _ => Ok(Str::from(self.repr(&args)?)),
        }
    }

    /// Decimal digits, where they are not too many.
    pub(crate) fn decimal(&self, number: &BigInt) -> Result<String> {
        // Ten bits are three digits and a little more.
        if number.bits() as usize > (MAX_DIGITS + 8) * 10 / 3 {
            return self.too_many_digits();
        }
        let text = number.to_string();
        match text.trim_start_matches('-').len() > MAX_DIGITS {
            true => self.too_many_digits(),
            false => Ok(text),
        }
    }

    fn too_many_digits<T>(&self) -> Result<T> {
        let limit = if self.minor < 11 {
            "(4300)"
        } else {
            "(4300 digits)"
        };
        value_error(format!(
            "Exceeds the limit {limit} for integer string conversion; \
             use sys.set_int_max_str_digits() to increase the limit"
        ))
    }

    /// Appends a piece that counts.
    pub(crate) fn put(&self, out: &mut String, piece: &str) -> Result<()> {
        self.charge(piece.len())?;
        out.push_str(piece);
        Ok(())
    }

    pub(crate) fn write_repr(&self, value: &Operand, out: &mut String) -> Result<()> {
        self.step()?;
        match value {
            Operand::Object(addr) => self.deeper(|| self.write_object(*addr, out)),
            Operand::Tuple(items) => {
                let close = if items.len() == 1 { ",)" } else { ")" };
                self.write_items("(", items, close, out)
            }
            Operand::List(items) => self.write_items("[", items, "]", out),
            Operand::Set(items) if items.is_empty() => self.put(out, "set()"),
            Operand::Set(items) => self.write_items("{", items, "}", out),
            Operand::FrozenSet(items) if items.is_empty() => self.put(out, "frozenset()"),
            Operand::FrozenSet(items) => self.write_items("frozenset({", items, "})", out),
            Operand::Dict(items) => {
                self.put(out, "{")?;
                self.write_pairs(items, out)?;
                self.put(out, "}")
            }
            Operand::View(name, dict) => self.write_view(name, dict, out),
            Operand::Proxy(inner) => {
                self.put(out, "mappingproxy(")?;
                self.deeper(|| self.write_repr(inner, out))?;
                self.put(out, ")")
            }
            Operand::Slice(parts) => self.write_items("slice(", &parts[..], ")", out),
            Operand::Bound(bound) => {
                let name = self.reader.callable_name(bound.function)?;
                self.put(out, &format!("<bound method {name} of "))?;
                self.deeper(|| self.write_repr(&bound.receiver, out))?;
                self.put(out, ">")
            }
            other => {
                let text = self.simple_repr(other)?;
                self.put(out, &text)
            }
        }
    }

    fn simple_repr(&self, value: &Operand) -> Result<String> {
        Ok(match value {
            Operand::None => "None".into(),
            Operand::Ellipsis => "Ellipsis".into(),
            Operand::NotImplemented => "NotImplemented".into(),
            Operand::Bool(value) => if *value { "True" } else { "False" }.into(),
            Operand::Int(number) => self.decimal(number)?,
            Operand::Float(number) => float::repr(*number),
            Operand::Complex(real, imaginary) => Value::Complex(*real, *imaginary).to_string(),
            Operand::Str(text) => {
                self.charge(text.points().len())?;
                text.quoted()
            }
            Operand::Bytes(data) => bytes(data),
            Operand::ByteArray(data) => {
                let text = bytes(data);
                // To 3.14 `bytearray_repr` escapes this quote whichever one is around.
                match text.strip_prefix("b\"") {
                    Some(inner) if self.minor < 15 => {
                        format!("bytearray(b\"{})", inner.replace('\'', "\\'"))
                    }
                    _ => format!("bytearray({text})"),
                }
            }
            Operand::Range(range) if range.step == BigInt::from(1) => {
                format!("range({}, {})", range.start, range.stop)
            }
            Operand::Range(range) => {
                format!("range({}, {}, {})", range.start, range.stop, range.step)
            }
            Operand::Type(name) => format!("<class '{name}'>"),
            Operand::Method(method) => return self.method_repr(method),
            other => {
                return would_run(format!(
                    "a `{}` that was computed here has no `repr`: it has no address in the target",
                    other.native_type().unwrap_or("value")
                ));
            }
        })
    }

    fn method_repr(&self, method: &Method) -> Result<String> {
        let name = &method.name;
        match &method.receiver {
            Operand::Type(_) if method.is_of_class() => {
                would_run(format!("`{name}` of a builtin type has no `repr` here"))
            }
            Operand::Type(class) if method.is_slot() => {
                Ok(format!("<slot wrapper '{name}' of '{class}' objects>"))
            }
            Operand::Type(class) => Ok(format!("<method '{name}' of '{class}' objects>")),
            receiver @ Operand::Object(addr) => {
                let class = self.type_label(receiver);
                let kind = match self.object_slot(*addr, method)? {
                    true => "method-wrapper",
                    false => "built-in method",
                };
                Ok(match kind {
                    "method-wrapper" => {
                        format!("<method-wrapper '{name}' of {class} object at 0x{addr:x}>")
                    }
                    _ => format!("<built-in method {name} of {class} object at 0x{addr:x}>"),
                })
            }
            _ => would_run("a method of a value that was computed here has no `repr`"),
        }
    }

    /// As `is_slot`, for an object of the target.
    fn object_slot(&self, addr: u64, method: &Method) -> Result<bool> {
        let both = matches!(&*method.name, "__getitem__" | "__contains__");
        if both
            && !matches!(
                self.type_of(addr)?.kind,
                Kind::Str | Kind::Bytes | Kind::Tuple
            )
        {
            return would_run("this method has no `repr` here");
        }
        Ok(method.is_slot())
    }

    /// Items between brackets.
    pub(crate) fn write_items(
        &self,
        open: &str,
        items: &[Operand],
        close: &str,
        out: &mut String,
    ) -> Result<()> {
        self.put(out, open)?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.put(out, ", ")?;
            }
            self.deeper(|| self.write_repr(item, out))?;
        }
        self.put(out, close)
    }

    /// Keys and values without brackets.
    pub(crate) fn write_pairs(&self, items: &[(Operand, Operand)], out: &mut String) -> Result<()> {
        for (index, (key, value)) in items.iter().enumerate() {
            if index > 0 {
                self.put(out, ", ")?;
            }
            self.deeper(|| self.write_repr(key, out))?;
            self.put(out, ": ")?;
            self.deeper(|| self.write_repr(value, out))?;
        }
        Ok(())
    }

    fn write_view(&self, name: &'static str, dict: &Operand, out: &mut String) -> Result<()> {
        let ordered = match dict {
            Operand::Object(addr) => {
                self.derives_from(&*self.type_of(*addr)?, "collections.OrderedDict")
            }
            _ => false,
        };
        let shown = if ordered {
            name.replace("dict", "odict")
        } else {
            name.into()
        };
        let items = self.items(&Operand::View(name, std::rc::Rc::new(dict.clone())))?;
        self.write_items(&format!("{shown}(["), &items, "])", out)
    }
}

fn bytes(data: &[u8]) -> String {
    Value::Bytes {
        data: data.to_vec(),
        cut: false,
    }
    .to_string()
}
