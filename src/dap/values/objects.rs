//! What is inside an object: fields, attributes and items.

use std::rc::Rc;

use python_offsets::Offset;

use crate::cpython::error::Result;
use crate::cpython::{Kind, Reader, Type};

/// How an expression gets from the object to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `.name`
    Attribute(Rc<str>),
    /// `[subscript]`
    Item(String),
    /// No expression gives the member.
    None,
}

/// Something inside an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub addr: u64,
    pub step: Step,
}

/// How many members an object has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    pub named: u64,
    /// Items, which clients may fetch page by page.
    pub indexed: u64,
}

impl Shape {
    /// Whether there is nothing inside.
    pub fn is_empty(self) -> bool {
        self.named == 0 && self.indexed == 0
    }
}

/// How many members the object at `addr` has.
pub fn shape(reader: &Reader<'_>, addr: u64) -> Shape {
    let Ok(ty) = reader.type_of(addr) else {
        return Shape::default();
    };
    let indexed = items_length(reader, addr, &ty).unwrap_or(0);
    let named = fields(reader, addr, &ty).len() as u64;
    Shape { named, indexed }
}

fn items_length(reader: &Reader<'_>, addr: u64, ty: &Type) -> Result<u64> {
    Ok(match ty.kind {
        Kind::List => reader.list_items(addr, 0)?.1,
        Kind::Tuple if !is_named_tuple(reader, ty) => reader.tuple_items(addr, 0)?.1,
        Kind::Set | Kind::FrozenSet => reader.set_items(addr, 0)?.1,
        Kind::Deque => reader.deque_items(addr, 0)?.1,
        Kind::Dict => reader.dict_items(addr, 0)?.1,
        _ => 0,
    })
}

fn is_named_tuple(reader: &Reader<'_>, ty: &Type) -> bool {
    ty.exact == Kind::Other && matches!(reader.type_attribute(ty, "_fields"), Ok(Some(_)))
}

/// The items of a container from `start` on, at most `count`.
///
/// # Errors
/// When the container cannot be read.
pub fn items(reader: &Reader<'_>, addr: u64, start: usize, count: usize) -> Result<Vec<Member>> {
    let ty = reader.type_of(addr)?;
    let end = start.saturating_add(count).min(reader.limits.items);
    let (found, subscripts) = match ty.kind {
        Kind::List => (reader.list_items(addr, end)?.0, true),
        Kind::Tuple if !is_named_tuple(reader, &ty) => (reader.tuple_items(addr, end)?.0, true),
        Kind::Deque => (reader.deque_items(addr, end)?.0, true),
        Kind::Set | Kind::FrozenSet => (reader.set_items(addr, end)?.0, false),
        Kind::Dict => return entries(reader, addr, start, end),
        _ => return Ok(Vec::new()),
    };
    let member = |(index, addr): (usize, u64)| Member {
        name: index.to_string(),
        addr,
        step: match subscripts {
            true => Step::Item(index.to_string()),
            false => Step::None,
        },
    };
    Ok(found
        .into_iter()
        .enumerate()
        .skip(start)
        .map(member)
        .collect())
}

fn entries(reader: &Reader<'_>, addr: u64, start: usize, end: usize) -> Result<Vec<Member>> {
    let (found, _) = reader.dict_items(addr, end)?;
    let member = |(key, addr): (u64, u64)| {
        let name = reader.value(key).to_string();
        let kind = reader.type_of(key).map(|ty| ty.exact);
        let literal = matches!(
            kind,
            Ok(Kind::Str | Kind::Int | Kind::Bool | Kind::None | Kind::Bytes | Kind::Float)
        );
        Member {
            step: match literal && !name.ends_with('…') {
                true => Step::Item(name.clone()),
                false => Step::None,
            },
            name,
            addr,
        }
    };
    Ok(found.into_iter().skip(start).map(member).collect())
}

/// The members that an object has by name: attributes and fields.
pub fn fields(reader: &Reader<'_>, addr: u64, ty: &Type) -> Vec<Member> {
    let mut found = Fields {
        reader,
        addr,
        members: Vec::new(),
    };
    found.of_kind(ty);
    // A class statement may add attributes to any kind of object.
    if found.members.is_empty() || ty.exact == Kind::Other {
        found.attributes();
    }
    found.members
}

struct Fields<'r, 'm> {
    reader: &'r Reader<'m>,
    addr: u64,
    members: Vec<Member>,
}

impl Fields<'_, '_> {
    fn add(&mut self, name: &str, addr: Option<u64>, is_attribute: bool) {
        let Some(addr) = addr else { return };
        if self.members.iter().any(|member| member.name == name) {
            return;
        }
        self.members.push(Member {
            name: name.to_owned(),
            addr,
            step: match is_attribute {
                true => Step::Attribute(name.into()),
                false => Step::None,
            },
        });
    }

    /// The reference in the field at `offset`.
    fn field(&mut self, name: &str, offset: Offset, is_attribute: bool) {
        let at = offset.at(self.addr);
        let found = self.reader.pointer(at, "field").ok().flatten();
        self.add(name, found, is_attribute);
    }

    fn attributes(&mut self) {
        for (name, addr) in self.reader.attributes(self.addr).unwrap_or_default() {
            self.add(&name, Some(addr), true);
        }
    }

    fn of_kind(&mut self, ty: &Type) {
        let layout = &self.reader.layout;
        match ty.kind {
            Kind::Tuple => self.named_tuple(ty),
            Kind::Method => {
                self.field("__self__", layout.method.im_self, true);
                self.field("__func__", layout.method.im_func, true);
            }
            Kind::Builtin => self.field("__self__", layout.builtin.m_self, true),
            Kind::Partial => {
                self.field("func", layout.partial.func, true);
                self.field("args", layout.partial.args, true);
                self.field("keywords", layout.partial.kw, true);
            }
            Kind::Function => self.function(),
            Kind::Weakref => {
                let target = self.reader.weakref_target(self.addr).ok().flatten();
                self.add("(refers to)", target, false);
            }
            Kind::Cell => {
                let contents = self.reader.cell_contents(self.addr).ok().flatten();
                self.add("cell_contents", contents, true);
            }
            Kind::Exception => {
                self.field("args", layout.exception.args, true);
                self.field("__traceback__", layout.exception.traceback, true);
            }
            Kind::Module => {
                if let Ok(dict) = self.reader.module_dict(self.addr) {
                    self.names_of(dict);
                }
            }
            Kind::Type => {
                if let Ok(Some(dict)) = self.reader.type_dict(self.addr) {
                    self.names_of(dict);
                }
            }
            Kind::Coroutine | Kind::Generator | Kind::AsyncGenerator => self.generator(),
            Kind::Task | Kind::Future => self.future(ty),
            Kind::MappingProxy => self.field("(mapping)", layout.mapping_proxy.mapping, false),
            _ => {}
        }
    }

    fn names_of(&mut self, dict: u64) {
        let reader = self.reader;
        let (items, _) = reader
            .dict_items(dict, reader.limits.items)
            .unwrap_or_default();
        for (name, value) in items {
            if let Ok(name) = reader.text(name) {
                self.members.push(Member {
                    name: name.to_string(),
                    addr: value,
                    step: Step::Attribute(name),
                });
            }
        }
    }

    fn named_tuple(&mut self, ty: &Type) {
        let reader = self.reader;
        let Ok(Some(names)) = reader.type_attribute(ty, "_fields") else {
            return;
        };
        let max = reader.limits.items;
        let (Ok((names, _)), Ok((items, _))) = (
            reader.tuple_items(names, max),
            reader.tuple_items(self.addr, max),
        ) else {
            return;
        };
        for (name, item) in names.into_iter().zip(items) {
            if let Ok(name) = reader.text(name) {
                self.add(&name, Some(item), true);
            }
        }
    }

    /// The variables of a function's closure.
    fn function(&mut self) {
        for (name, value) in self.reader.closure(self.addr).unwrap_or_default() {
            self.add(&name, Some(value), false);
        }
    }

    /// The variables of a suspended coroutine or generator.
    fn generator(&mut self) {
        let reader = self.reader;
        let frame = || {
            let generator = reader.generator(self.addr).ok()?;
            let frame = reader.generator_frame(&generator).ok()??;
            let awaited = reader.awaited(&generator, &frame).ok().flatten();
            Some((reader.frame_variables(&frame).ok()?, awaited))
        };
        let Some((variables, awaited)) = frame() else {
            return;
        };
        self.add("(awaits)", awaited, false);
        for binding in variables {
            self.add(&binding.name, binding.value, false);
        }
    }

    fn future(&mut self, ty: &Type) {
        let reader = self.reader;
        let Ok(future) = reader.future(self.addr) else {
            return;
        };
        if ty.kind == Kind::Task
            && let Ok(task) = reader.task(self.addr)
        {
            self.add("(coroutine)", task.coroutine, false);
            self.add("(waits for)", task.waiter, false);
        }
        self.add("(exception)", future.exception, false);
        self.add("(loop)", future.event_loop, false);
        for (index, callback) in future.callbacks.iter().enumerate() {
            self.add(&format!("(callback {index})"), Some(*callback), false);
        }
    }
}
