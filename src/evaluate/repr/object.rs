//! The printed tree of an object of the target: `cpython` decodes it, and each
//! object in it is checked here first.

use crate::cpython::objects::value::{Sequence, Value, Visit};
use crate::cpython::{Kind, Type};
use crate::evaluate::attributes::find::{Found, is_python_class};
use crate::evaluate::machine::Machine;
use crate::evaluate::refusal::{Result, bounded, would_run};
use crate::evaluate::repr::tree::{NODE_BYTES, plain};
use crate::evaluate::values::operand::Operand;
use python_offsets::Offset;

/// Levels of objects inside objects.
const MAX_DEPTH: usize = 80;

impl Machine<'_, '_> {
    pub(crate) fn object_tree(&self, addr: u64) -> Result<Value> {
        let mut refusal = None;
        let mut guide = |path: &[u64], addr: u64, ty: &Type| match self.visit(path, addr, ty) {
            Ok(Some(value)) => Visit::Print(value),
            Ok(None) => Visit::Decode,
            Err(why) => {
                refusal.get_or_insert(why);
                Visit::Stop
            }
        };
        let tree = self.reader.guided_value(addr, &mut guide);
        match refusal {
            Some(why) => Err(why),
            None => Ok(tree?),
        }
    }

    /// What is printed in place of the object; `None` if it is decoded. An error
    /// if Python would call code of the program.
    fn visit(&self, path: &[u64], addr: u64, ty: &Type) -> Result<Option<Value>> {
        self.step()?;
        self.charge(NODE_BYTES)?;
        let outer = self.printing.borrow().len();
        if outer + path.len() > MAX_DEPTH {
            return bounded(format!(
                "its values are nested deeper than {MAX_DEPTH} levels"
            ));
        }
        let found = self.find(ty, "__repr__")?;
        let inside = path.contains(&addr) || self.printing.borrow().contains(&addr);
        // What prints itself through operands is decoded by another builder.
        self.printing
            .borrow_mut()
            .extend(path.iter().chain([&addr]));
        let printed = match found {
            None => self.stock(addr, ty).map(Some),
            Some(Found::Native(class)) => match cycle(&class.name) {
                Some(text) if inside => Ok(Some(plain(text))),
                _ => self.native_tree(addr, ty, &class.name),
            },
            Some(found) => self.known_class(addr, ty, &found, inside),
        };
        self.printing.borrow_mut().truncate(outer);
        printed
    }

    /// `<module.Class object at 0x…>`
    fn stock(&self, addr: u64, ty: &Type) -> Result<Value> {
        let name = self.instance_type_name(ty)?;
        Ok(Value::Plain(format!("<{name} object at 0x{addr:x}>")))
    }

    /// The name of a type as `object.__repr__` prints it.
    fn instance_type_name(&self, ty: &Type) -> Result<String> {
        if !is_python_class(ty) {
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

    /// An object whose `__repr__` is that of the type `class`, written in C.
    fn native_tree(&self, addr: u64, ty: &Type, class: &str) -> Result<Option<Value>> {
        match class {
            "object" => return self.stock(addr, ty).map(Some),
            "module" if ty.kind == Kind::Module => return self.module_tree(addr),
            "type"
            | "function"
            | "method"
            | "builtin_function_or_method"
            | "functools.partial"
            | "code"
            | "generator"
            | "coroutine"
            | "async_generator"
                if ty.kind != Kind::Other =>
            {
                return Ok(None);
            }
            "BaseException" => {
                let args = self.reader.layout.exception.args;
                let args = self.reader.required(addr + u64::from(args), "args")?;
                self.room(self.reader.length(args)?, NODE_BYTES, "tuple")?;
                return Ok(None);
            }
            "collections.deque" | "collections.defaultdict" if *ty.name == *class => {
                let length = self.length(&Operand::Object(addr))?;
                self.room(length as u64, NODE_BYTES, class)?;
                return Ok(None);
            }
            "collections.OrderedDict" => return self.ordered_dict(addr, ty).map(Some),
            _ => {}
        }
        self.data_tree(addr, ty, class)
    }

    /// A module says in its spec where it came from (`_module_repr_from_spec`,
    /// Lib/importlib/_bootstrap.py).
    fn module_tree(&self, addr: u64) -> Result<Option<Value>> {
        let reader = self.reader;
        let dict = reader.module_dict(addr)?;
        let origin = match reader.dict_get(dict, "__spec__")? {
            Some(spec) => reader.attribute(spec, "origin")?,
            None => None,
        };
        let origin = origin.and_then(|origin| reader.text(origin).ok());
        let name = reader.dict_get(dict, "__name__")?;
        match (origin.as_deref(), name) {
            (Some(origin @ ("built-in" | "frozen")), Some(name)) => {
                let name = self.repr(&Operand::Object(name))?;
                Ok(Some(Value::Plain(format!("<module {name} ({origin})>"))))
            }
            _ if reader.dict_get(dict, "__file__")?.is_some() => Ok(None),
            _ => would_run("`repr` of this module is computed by its loader"),
        }
    }

    /// An object that holds data.
    fn data_tree(&self, addr: u64, ty: &Type, class: &str) -> Result<Option<Value>> {
        let is_set = matches!(ty.kind, Kind::Set | Kind::FrozenSet);
        match ty.kind {
            Kind::Tuple | Kind::List | Kind::Dict | Kind::Set | Kind::FrozenSet
                if ty.exact == ty.kind || is_set =>
            {
                let length = self.length_of_data(addr, ty)?;
                self.room(length, NODE_BYTES, class)?;
                Ok(None)
            }
            Kind::Str | Kind::Bytes if ty.exact == ty.kind => {
                let length = self.length_of_data(addr, ty)?;
                self.room(length, 4, class)?;
                Ok(None)
            }
            _ => match self.decode(addr, ty)? {
                Operand::Object(_) => would_run(format!(
                    "`repr` of a `{class}` is computed by C code in the target"
                )),
                Operand::ByteArray(data) => Ok(Some(Value::Call {
                    name: self.type_short_name(ty),
                    arguments: vec![(None, self.tree(&Operand::Bytes(data))?)],
                })),
                decoded => self.tree(&decoded).map(Some),
            },
        }
    }

    fn length_of_data(&self, addr: u64, ty: &Type) -> Result<u64> {
        let reader = self.reader;
        let field = |field: Offset| reader.u64(field.at(addr));
        Ok(match ty.kind {
            Kind::Str => field(reader.layout.unicode.length)?,
            Kind::Dict => field(reader.layout.dict.ma_used)?,
            Kind::Set | Kind::FrozenSet => field(reader.layout.set.used)?,
            _ => reader.length(addr)?,
        })
    }

    /// In the order of the `OrderedDict`, which is not that of its dict.
    fn ordered_dict(&self, addr: u64, ty: &Type) -> Result<Value> {
        let name = self.type_short_name(ty);
        let Operand::Dict(items) = self.decode(addr, ty)? else {
            return self.stock(addr, ty);
        };
        if items.is_empty() {
            return Ok(Value::Plain(format!("{name}()")));
        }
        if self.behaviour.ordered_dict_prints_dict {
            return self.dict_tree(&format!("{name}("), &items, ")");
        }
        let pair =
            |(key, value): &(Operand, Operand)| Operand::tuple(vec![key.clone(), value.clone()]);
        let pairs: Vec<_> = items.iter().map(pair).collect();
        let pairs: Sequence = self.sequence(&format!("{name}(["), &pairs, "])")?;
        Ok(Value::Sequence(pairs))
    }
}

/// The text of a container inside itself.
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
