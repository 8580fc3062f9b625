//! `str`, and the conversion `!a` of f-strings.

use crate::cpython::Kind;
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, would_run};
use crate::evaluate::values::decode::holds_data;
use crate::evaluate::values::operand::{Operand, Str};

impl Machine<'_, '_> {
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
            return self.data_text(*addr);
        }
        match self.find(&ty, "__str__")? {
            Some(Found::Native(class)) => match &*class.name {
                "object" => Ok(Str::from(self.repr(value)?)),
                "str" => self.data_text(*addr),
                "OSError" => self.os_error_text(*addr),
                "BaseException" => self.exception_text(*addr, false),
                "KeyError" => self.exception_text(*addr, true),
                _ if holds_data(&ty) => Ok(Str::from(self.repr(value)?)),
                name => would_run(format!(
                    "`str` of a `{name}` is computed by C code in the target"
                )),
            },
            None => Ok(Str::from(self.repr(value)?)),
            Some(found) if self.enum_member(*addr)?.is_some() => self.enum_text(*addr, &ty, &found),
            Some(found) => Err(self.refuse_call(&found, "__str__", "`str`")),
        }
    }

    /// The text of a `str` object, also of a subclass.
    fn data_text(&self, addr: u64) -> Result<Str> {
        match self.decode(addr, &*self.type_of(addr)?)? {
            Operand::Str(text) => Ok(text),
            other => Ok(Str::from(self.repr(&other)?)),
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

    /// The text of an exception: its only argument, or all of them.
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
}
