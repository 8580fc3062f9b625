//! `repr` of objects of the target.

use crate::cpython::{Kind, Type};
use crate::evaluate::attributes::find::Found;
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, would_run};
use crate::evaluate::values::operand::Operand;
use python_offsets::Offset;

impl Machine<'_, '_> {
    pub(crate) fn write_object(&self, addr: u64, out: &mut String) -> Result<()> {
        let ty = self.type_of(addr)?;
        match self.find(&ty, "__repr__")? {
            None => self.write_stock(addr, &ty, out),
            Some(Found::Native(class)) => {
                let inside = self.printing.borrow().contains(&addr);
                if inside && let Some(cycle) = cycle(&class.name) {
                    return self.put(out, cycle);
                }
                self.printing.borrow_mut().push(addr);
                let outcome = self.write_native(addr, &ty, &class.name, out);
                self.printing.borrow_mut().pop();
                outcome
            }
            Some(found) => {
                let inside = self.printing.borrow().contains(&addr);
                self.printing.borrow_mut().push(addr);
                let outcome = self.write_known_class(addr, &ty, &found, inside, out);
                self.printing.borrow_mut().pop();
                match outcome? {
                    true => Ok(()),
                    false => Err(self.refuse_call(&found, "__repr__", "`repr`")),
                }
            }
        }
    }

    /// `<module.Class object at 0x…>`
    fn write_stock(&self, addr: u64, ty: &Type, out: &mut String) -> Result<()> {
        let name = self.instance_type_name(ty)?;
        self.put(out, &format!("<{name} object at 0x{addr:x}>"))
    }

    /// The name of a type as `object.__repr__` has it.
    pub(crate) fn instance_type_name(&self, ty: &Type) -> Result<String> {
        if !crate::evaluate::attributes::find::is_python_class(ty) {
            return Ok(ty.name.to_string());
        }
        let module = match self.reader.type_dict(ty.addr)? {
            Some(dict) => self.reader.dict_get(dict, "__module__")?,
            None => None,
        };
        let module = module.and_then(|module| self.reader.text(module).ok());
        let name = self.short_name(ty);
        Ok(match module.as_deref() {
            Some("builtins") | None => name,
            Some(module) => format!("{module}.{name}"),
        })
    }

    fn write_native(&self, addr: u64, ty: &Type, class: &str, out: &mut String) -> Result<()> {
        match class {
            "object" => return self.write_stock(addr, ty, out),
            "type" => return self.write_type(addr, out),
            "function" => {
                let name = self.reader.callable_name(addr)?;
                return self.put(out, &format!("<function {name} at 0x{addr:x}>"));
            }
            "module" => return self.write_module(addr, out),
            "method" => return self.write_method(addr, out),
            "builtin_function_or_method" => return self.write_builtin(addr, out),
            "BaseException" => return self.write_exception(addr, ty, out),
            "collections.deque" => return self.write_deque(addr, ty, out),
            "collections.defaultdict" => return self.write_defaultdict(addr, ty, out),
            "collections.OrderedDict" => return self.write_ordered_dict(addr, ty, out),
            "member_descriptor" | "getset_descriptor" | "method_descriptor"
            | "wrapper_descriptor" => return self.write_descriptor(addr, class, out),
            "functools.partial" => return self.write_partial(addr, ty, out),
            "weakref.ReferenceType" => return self.write_weakref(addr, out),
            "code" | "generator" | "coroutine" | "async_generator" | "frame" | "traceback" => {
                let shown = self.reader.value(addr).to_string();
                let exact = matches!(
                    ty.kind,
                    Kind::Code | Kind::Generator | Kind::Coroutine | Kind::AsyncGenerator
                );
                if exact {
                    return self.put(out, &shown);
                }
            }
            _ => {}
        }
        match self.decode(addr, ty)? {
            Operand::Object(_) => would_run(format!(
                "`repr` of a `{class}` is computed by C code in the target"
            )),
            Operand::Set(items) if ty.exact == Kind::Other => {
                self.write_derived_set(ty, &items, out)
            }
            Operand::FrozenSet(items) if ty.exact == Kind::Other => {
                self.write_derived_set(ty, &items, out)
            }
            Operand::ByteArray(data) if ty.exact == Kind::Other => {
                let name = self.type_short_name(ty);
                let inner = self.repr(&Operand::Bytes(data))?;
                self.put(out, &format!("{name}({inner})"))
            }
            decoded => self.write_repr(&decoded, out),
        }
    }

    /// Sets print the name of a subclass (`set_repr_lock_held`).
    fn write_derived_set(&self, ty: &Type, items: &[Operand], out: &mut String) -> Result<()> {
        let name = self.type_short_name(ty);
        match items.is_empty() {
            true => self.put(out, &format!("{name}()")),
            false => self.write_items(&format!("{name}({{"), items, "})", out),
        }
    }

    fn write_type(&self, addr: u64, out: &mut String) -> Result<()> {
        let class = self.reader.type_at(addr)?;
        let name = self.instance_type_name(&class)?;
        self.put(out, &format!("<class '{name}'>"))
    }

    fn write_method(&self, addr: u64, out: &mut String) -> Result<()> {
        let layout = &self.reader.layout.method;
        let part = |field: Offset| self.reader.required(field.at(addr), "method");
        let (function, receiver) = (part(layout.im_func)?, part(layout.im_self)?);
        let name = self.reader.callable_name(function)?;
        self.put(out, &format!("<bound method {name} of "))?;
        self.write_repr(&Operand::Object(receiver), out)?;
        self.put(out, ">")
    }

    fn write_builtin(&self, addr: u64, out: &mut String) -> Result<()> {
        let name = self.reader.callable_name(addr)?;
        match self.reader.bound_to(addr) {
            Some(receiver) if !self.reader.is_kind(receiver, Kind::Module) => {
                let class = self.type_label(&Operand::Object(receiver));
                self.put(
                    out,
                    &format!("<built-in method {name} of {class} object at 0x{receiver:x}>"),
                )
            }
            _ => self.put(out, &format!("<built-in function {name}>")),
        }
    }

    fn write_partial(&self, addr: u64, ty: &Type, out: &mut String) -> Result<()> {
        let layout = &self.reader.layout.partial;
        let field = |field: Offset| self.reader.required(field.at(addr), "partial");
        let name = match crate::evaluate::attributes::find::is_python_class(ty) {
            true => self.instance_type_name(ty)?,
            false => ty.name.to_string(),
        };
        self.put(out, &format!("{name}("))?;
        self.write_repr(&Operand::Object(field(layout.func)?), out)?;
        for item in self.items(&Operand::Object(field(layout.args)?))? {
            self.put(out, ", ")?;
            self.write_repr(&item, out)?;
        }
        let keywords = Operand::Object(field(layout.kw)?);
        for (name, value) in self.mapping_items(&keywords)? {
            let name = self.str(&name)?;
            self.put(out, &format!(", {name}="))?;
            self.write_repr(&value, out)?;
        }
        self.put(out, ")")
    }

    fn write_descriptor(&self, addr: u64, class: &str, out: &mut String) -> Result<()> {
        let name_at = addr + u64::from(self.reader.layout.descriptor.d_name);
        let name = self.reader.text(self.reader.required(name_at, "d_name")?)?;
        // `d_type` is in front of `d_name` (Include/cpython/descrobject.h).
        let owner = self.reader.required(name_at.wrapping_sub(8), "d_type")?;
        let owner = &self.reader.type_at(owner)?.name;
        let kind = match class {
            "member_descriptor" => "member",
            "getset_descriptor" => "attribute",
            "method_descriptor" => "method",
            _ => "slot wrapper",
        };
        match (self.minor, &*name) {
            // From 3.15 these are shared by all classes.
            (15.., "__dict__" | "__weakref__") => self.put(out, &format!("<{kind} '{name}'>")),
            _ => self.put(out, &format!("<{kind} '{name}' of '{owner}' objects>")),
        }
    }

    fn write_weakref(&self, addr: u64, out: &mut String) -> Result<()> {
        match self.reader.weakref_target(addr)? {
            None => self.put(out, &format!("<weakref at 0x{addr:x}; dead>")),
            // The object's `__name__` is asked for from some version on.
            Some(_) => would_run("`repr` of a weak reference is computed in the target"),
        }
    }

    fn write_module(&self, addr: u64, out: &mut String) -> Result<()> {
        let dict = self.reader.module_dict(addr)?;
        let text = |value: u64| self.repr(&Operand::Object(value));
        let name = match self.reader.dict_get(dict, "__name__")? {
            Some(name) => text(name)?,
            None => "'?'".into(),
        };
        let spec = self.reader.dict_get(dict, "__spec__")?;
        let spec = spec.filter(|spec| !self.reader.is_kind(*spec, Kind::None));
        let Some(spec) = spec else {
            let file = self.reader.dict_get(dict, "__file__")?;
            return match file {
                Some(file) => {
                    let file = text(file)?;
                    self.put(out, &format!("<module {name} from {file}>"))
                }
                None => self.plain_module(dict, &name, out),
            };
        };
        let part = |name: &str| self.reader.attribute(spec, name);
        let name = match part("name")? {
            Some(name) => text(name)?,
            None => name,
        };
        let located = self
            .reader
            .attribute_bool(spec, "_set_fileattr")
            .unwrap_or(false);
        let origin = part("origin")?.filter(|origin| !self.reader.is_kind(*origin, Kind::None));
        match (origin, located) {
            (Some(origin), true) => {
                let origin = text(origin)?;
                self.put(out, &format!("<module {name} from {origin}>"))
            }
            (Some(origin), false) => {
                let origin = self.str(&Operand::Object(origin))?.to_text();
                self.put(out, &format!("<module {name} ({origin})>"))
            }
            (None, _) => {
                // To 3.11 the importer of builtin modules prints them itself.
                let loader = part("loader")?.and_then(|loader| self.class_at(loader));
                match loader.is_some_and(|loader| *loader.name == *"BuiltinImporter") {
                    true if self.minor < 12 => {
                        self.put(out, &format!("<module {name} (built-in)>"))
                    }
                    _ => would_run("`repr` of this module is computed by its loader"),
                }
            }
        }
    }

    fn plain_module(&self, dict: u64, name: &str, out: &mut String) -> Result<()> {
        let loader = self.reader.dict_get(dict, "__loader__")?;
        match loader.filter(|loader| !self.reader.is_kind(*loader, Kind::None)) {
            None => self.put(out, &format!("<module {name}>")),
            Some(_) => would_run("`repr` of this module is computed by its loader"),
        }
    }

    fn write_exception(&self, addr: u64, ty: &Type, out: &mut String) -> Result<()> {
        let at = addr + u64::from(self.reader.layout.exception.args);
        let args = Operand::Object(self.reader.required(at, "args")?);
        let items = self.items(&args)?;
        let name = self.type_short_name(ty);
        self.put(out, &name)?;
        self.write_items("(", &items, ")", out)
    }

    fn write_deque(&self, addr: u64, ty: &Type, out: &mut String) -> Result<()> {
        let items = self.deque_items(addr)?;
        let name = self.type_short_name(ty);
        let close = match self.reader.deque_maxlen(addr)? {
            Some(maxlen) => format!("], maxlen={maxlen})"),
            None => "])".into(),
        };
        self.write_items(&format!("{name}(["), &items, &close, out)
    }

    fn write_defaultdict(&self, addr: u64, ty: &Type, out: &mut String) -> Result<()> {
        let factory = self.attribute(&Operand::Object(addr), "default_factory")?;
        let name = self.type_short_name(ty);
        self.put(out, &format!("{name}("))?;
        self.write_repr(&factory, out)?;
        self.put(out, ", ")?;
        let items = self.decode(addr, ty)?;
        self.write_repr(&items, out)?;
        self.put(out, ")")
    }

    fn write_ordered_dict(&self, addr: u64, ty: &Type, out: &mut String) -> Result<()> {
        let name = self.type_short_name(ty);
        let Operand::Dict(items) = self.decode(addr, ty)? else {
            return self.write_stock(addr, ty, out);
        };
        if items.is_empty() {
            return self.put(out, &format!("{name}()"));
        }
        self.put(out, &format!("{name}("))?;
        match self.minor {
            12.. => self.write_repr(&Operand::Dict(items), out)?,
            _ => {
                let pair = |(key, value): &(Operand, Operand)| {
                    Operand::tuple(vec![key.clone(), value.clone()])
                };
                let pairs: Vec<_> = items.iter().map(pair).collect();
                self.write_items("[", &pairs, "]", out)?;
            }
        }
        self.put(out, ")")
    }
}

/// What a container prints inside itself.
fn cycle(class: &str) -> Option<&'static str> {
    Some(match class {
        "list" | "collections.deque" => "[...]",
        "tuple" => "(...)",
        "dict" => "{...}",
        "set" => "set(...)",
        "frozenset" => "frozenset(...)",
        "collections.OrderedDict" | "BaseException" | "slice" | "mappingproxy" => "...",
        _ => return None,
    })
}
