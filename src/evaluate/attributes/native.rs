//! Attributes that builtin types compute.

use crate::cpython::objects::operands::FunctionField;
use crate::cpython::{Kind, Type};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, would_run};
use crate::evaluate::values::operand::Operand;
use python_offsets::Offset;

impl Machine<'_, '_> {
    /// The attribute `name`, which the builtin type `class` has, of `value`.
    pub(crate) fn native_member(
        &self,
        value: &Operand,
        class: &str,
        name: &str,
    ) -> Result<Operand> {
        if let Some(found) = self.data_member(value, name)? {
            return Ok(found);
        }
        if let Operand::Object(addr) = value
            && let Some(found) = self.object_member(*addr, class, name)?
        {
            return Ok(found);
        }
        match (value, name) {
            (Operand::Bound(bound), "__self__") => Ok(bound.receiver.clone()),
            (Operand::Bound(bound), "__func__") => Ok(Operand::Object(bound.function)),
            (Operand::Method(method), "__self__") => Ok(method.receiver.clone()),
            (Operand::Method(method), "__name__") => Ok(Operand::text(&*method.name)),
            (_, "__doc__" | "__dict__" | "__module__" | "__name__" | "__qualname__") => would_run(
                format!("`{name}` of a `{class}` is computed by C code in the target"),
            ),
            _ if self.static_types.computes(class, name) => would_run(format!(
                "`{name}` of a `{class}` is computed by C code in the target"
            )),
            _ => Ok(Operand::method(value.clone(), name)),
        }
    }

    /// Attributes of numbers, ranges and slices.
    fn data_member(&self, value: &Operand, name: &str) -> Result<Option<Operand>> {
        if !matches!(
            name,
            "real" | "imag" | "numerator" | "denominator" | "start" | "stop" | "step"
        ) {
            return Ok(None);
        }
        let data = self.native(value, "")?;
        Ok(Some(match (&data, name) {
            (Operand::Float(number), "real") => Operand::Float(*number),
            (Operand::Float(_), "imag") => Operand::Float(0.0),
            (Operand::Complex(real, _), "real") => Operand::Float(*real),
            (Operand::Complex(_, imaginary), "imag") => Operand::Float(*imaginary),
            (Operand::Range(range), "start") => Operand::int(range.start.clone()),
            (Operand::Range(range), "stop") => Operand::int(range.stop.clone()),
            (Operand::Range(range), "step") => Operand::int(range.step.clone()),
            (Operand::Slice(parts), "start") => parts[0].clone(),
            (Operand::Slice(parts), "stop") => parts[1].clone(),
            (Operand::Slice(parts), "step") => parts[2].clone(),
            (number, name) => match (number.as_int(), name) {
                (Some(number), "real" | "numerator") => Operand::int(number),
                (Some(_), "imag") => Operand::int(0),
                (Some(_), "denominator") => Operand::int(1),
                _ => return Ok(None),
            },
        }))
    }

    fn object_member(&self, addr: u64, class: &str, name: &str) -> Result<Option<Operand>> {
        let ty = self.type_of(addr)?;
        let reader = self.reader;
        let field = |offset: Offset| -> Result<Option<Operand>> {
            let value = reader.pointer(offset.at(addr), "attribute")?;
            Ok(Some(value.map_or(Operand::None, Operand::Object)))
        };
        let layout = &reader.layout;
        match ty.kind {
            Kind::Function => self.function_member(addr, name),
            Kind::Exception => self.exception_member(addr, class, name),
            Kind::Method => match name {
                "__self__" => field(layout.method.im_self),
                "__func__" => field(layout.method.im_func),
                _ => {
                    let at = addr + u64::from(layout.method.im_func);
                    let function = Operand::Object(reader.required(at, "im_func")?);
                    match name {
                        "__name__" | "__qualname__" | "__doc__" | "__module__" => {
                            self.attribute(&function, name).map(Some)
                        }
                        _ => Ok(None),
                    }
                }
            },
            Kind::Builtin => match name {
                "__self__" => field(layout.builtin.m_self),
                "__name__" => Ok(Some(Operand::text(reader.callable_name(addr)?))),
                _ => Ok(None),
            },
            Kind::Deque if name == "maxlen" => Ok(Some(
                reader
                    .deque_maxlen(addr)?
                    .map_or(Operand::None, Operand::int),
            )),
            Kind::Dict if name == "default_factory" && class == "collections.defaultdict" => {
                self.factory(addr, &ty)
            }
            Kind::Property => {
                let fields = reader.property_functions(addr)?;
                let at = ["fget", "fset", "fdel"]
                    .iter()
                    .position(|known| *known == name);
                let value = at.and_then(|at| fields.get(at)).copied();
                Ok(value.map(|value| match value {
                    0 => Operand::None,
                    value => Operand::Object(value),
                }))
            }
            Kind::Code => self.code_member(addr, name),
            Kind::Partial => match name {
                "func" => field(layout.partial.func),
                "args" => field(layout.partial.args),
                "keywords" => field(layout.partial.kw),
                _ => Ok(None),
            },
            Kind::Generator | Kind::Coroutine | Kind::AsyncGenerator => match name {
                "__name__" => field(layout.generator.name),
                "__qualname__" => field(layout.generator.qualname),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn factory(&self, addr: u64, ty: &Type) -> Result<Option<Operand>> {
        for class in &ty.mro {
            let class = self.reader.type_at(*class)?;
            if *class.name == *"collections.defaultdict" {
                let factory = self.reader.default_factory(addr)?;
                return Ok(Some(factory.map_or(Operand::None, Operand::Object)));
            }
        }
        Ok(None)
    }

    fn function_member(&self, addr: u64, name: &str) -> Result<Option<Operand>> {
        let field = match name {
            "__name__" => FunctionField::Name,
            "__qualname__" => FunctionField::Qualname,
            "__doc__" => FunctionField::Doc,
            "__module__" => FunctionField::Module,
            "__defaults__" => FunctionField::Defaults,
            "__kwdefaults__" => FunctionField::KeywordDefaults,
            "__code__" => FunctionField::Code,
            "__globals__" => FunctionField::Globals,
            "__closure__" => FunctionField::Closure,
            "__dict__" => return self.instance_dict(addr),
            "__annotations__" | "__annotate__" | "__type_params__" | "__builtins__" => {
                return would_run(format!("`{name}` of a function is computed by C code"));
            }
            _ => return Ok(None),
        };
        let value = self.reader.function_field(addr, field)?;
        Ok(Some(value.map_or(Operand::None, Operand::Object)))
    }

    fn exception_member(&self, addr: u64, class: &str, name: &str) -> Result<Option<Operand>> {
        let reader = self.reader;
        let at = match name {
            "args" => {
                let at = addr + u64::from(reader.layout.exception.args);
                return Ok(Some(Operand::Object(reader.required(at, "args")?)));
            }
            "__traceback__" => 0,
            "__context__" => 1,
            "__cause__" => 2,
            "__dict__" => return self.instance_dict(addr),
            "errno" | "strerror" | "filename" | "filename2" if class == "OSError" => {
                return self.os_error_member(addr, name).map(Some);
            }
            _ if class == "BaseException" || class == "object" || name.starts_with("__") => {
                return Ok(None);
            }
            // Members of the structures of single exceptions.
            _ if name.starts_with("with_traceback") || name == "add_note" => return Ok(None),
            _ => {
                return would_run(format!(
                    "`{name}` of a `{class}` is computed by C code in the target"
                ));
            }
        };
        let link = reader.exception_links(addr)?.get(at).copied().flatten();
        Ok(Some(link.map_or(Operand::None, Operand::Object)))
    }

    /// Fields of an `OSError`, which follow those of every exception
    /// (Include/cpython/pyerrors.h).
    pub(crate) fn os_error_member(&self, addr: u64, name: &str) -> Result<Operand> {
        let ty = self.type_of(addr)?;
        let mut size = None;
        for class in &ty.mro {
            let class = self.reader.type_at(*class)?;
            if *class.name == *"BaseException" {
                size = Some(class.basicsize);
            }
        }
        let names = ["errno", "strerror", "filename", "filename2"];
        let (Some(size), Some(index)) = (size, names.iter().position(|known| *known == name))
        else {
            return self.no_attribute(&Operand::Object(addr), name);
        };
        let at = addr.wrapping_add_signed(size) + index as u64 * 8;
        let value = self.reader.pointer(at, "field of an OSError")?;
        Ok(value.map_or(Operand::None, Operand::Object))
    }

    fn code_member(&self, addr: u64, name: &str) -> Result<Option<Operand>> {
        let code = self.reader.code(addr)?;
        Ok(Some(match name {
            "co_name" => Operand::text(&*code.name),
            "co_qualname" => Operand::text(&*code.qualname),
            "co_filename" => Operand::text(&*code.filename),
            "co_firstlineno" => Operand::int(code.first_line),
            "co_flags" => Operand::int(code.flags),
            _ if name.starts_with("co_") => {
                return would_run(format!("`{name}` of a code object is not computed here"));
            }
            _ => return Ok(None),
        }))
    }
}
