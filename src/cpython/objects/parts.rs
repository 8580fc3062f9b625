//! The contents of an object: the objects that it directly refers to.

use std::rc::Rc;

use super::kinds::Kind;
use super::types::{ClassPart, Type};
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::Reader;

/// A type in C whose instances keep attributes in a dict (Objects/namespaceobject.c).
const NAMESPACE: &str = "types.SimpleNamespace";

/// A step from an object to one of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To an item of a sequence.
    Index(usize),
    /// To an element of a set, or to a key of a dict.
    Member,
    /// To the value of a dict for the key at this address, a `str`. It is read only
    /// to print the step.
    Key(u64),
    /// To the value of a dict for a key that is no `str`.
    Entry,
    /// To the result that a function has kept for the arguments at this address
    /// (functools.lru_cache).
    Kept(u64),
    /// To the receiver, the closure or an argument of a callable.
    Bound,
    /// To the value of the variable of this name over which a function closes.
    Free(Rc<str>),
    /// To the contents of a cell.
    Contents,
    /// To an attribute of an instance.
    Attribute(Rc<str>),
}

impl Step {
    /// Whether it leads from a callable to what its calls use.
    pub fn is_into_call(&self) -> bool {
        matches!(self, Self::Bound | Self::Free(_))
    }
}

impl Reader<'_> {
    /// The objects that the object at `addr` directly refers to as its contents, each
    /// with the step to it. None for modules, numbers, text, tasks and coroutines.
    pub fn parts(&self, addr: u64) -> Vec<(Step, u64)> {
        self.type_of(addr)
            .map_or(Vec::new(), |ty| self.parts_of(addr, &ty))
    }

    /// The same of an object of type `ty`.
    pub fn parts_of(&self, addr: u64, ty: &Type) -> Vec<(Step, u64)> {
        let max = self.limits.value_items;
        let indexed = |items: Result<(Vec<u64>, u64)>| {
            let items = items.map_or(Vec::new(), |(items, _)| items);
            let steps = items.into_iter().enumerate();
            steps
                .map(|(index, item)| (Step::Index(index), item))
                .collect()
        };
        let mut parts: Vec<(Step, u64)> = match ty.kind {
            Kind::List => indexed(self.list_items(addr, max)),
            Kind::Tuple if ty.is_heap() => {
                let items = self.tuple_items(addr, max);
                let items = items.map_or(Vec::new(), |(items, _)| items);
                let fields = self.field_names(ty);
                let steps = items.into_iter().enumerate().map(|(index, item)| {
                    let step = match fields.get(index) {
                        Some(name) => Step::Attribute(name.clone()),
                        None => Step::Index(index),
                    };
                    (step, item)
                });
                steps.collect()
            }
            Kind::Tuple => indexed(self.tuple_items(addr, max)),
            Kind::Type => match self.type_at(addr) {
                Ok(class) => as_attributes(&self.class_parts(&class)).collect(),
                Err(_) => Vec::new(),
            },
            Kind::Deque => indexed(self.deque_items(addr, max)),
            Kind::Set | Kind::FrozenSet => self
                .set_items(addr, max)
                .map_or(Vec::new(), |(items, _)| items)
                .into_iter()
                .map(|item| (Step::Member, item))
                .collect(),
            Kind::Dict => self
                .dict_items(addr, max)
                .map_or(Vec::new(), |(items, _)| items)
                .into_iter()
                .flat_map(|(key, value)| {
                    let step = match self.is_kind(key, Kind::Str) {
                        true => Step::Key(key),
                        false => Step::Entry,
                    };
                    [(Step::Member, key), (step, value)]
                })
                .filter(|(_, part)| !self.is_kind(*part, Kind::Str))
                .collect(),
            Kind::Method | Kind::Builtin | Kind::Partial => as_bound(self.bound_objects(addr)),
            Kind::Function => {
                let closure = self.closure(addr).unwrap_or_default().into_iter();
                let mut parts: Vec<_> = closure
                    .map(|(name, part)| (Step::Free(name), part))
                    .collect();
                parts.extend(as_bound(self.defaults(addr).unwrap_or_default()));
                parts
            }
            Kind::LruCache => {
                let kept = self.kept_results(addr).unwrap_or_default().into_iter();
                let mut parts: Vec<_> = kept
                    .map(|(arguments, result)| (Step::Kept(arguments), result))
                    .collect();
                parts.extend(self.instance_parts(addr, ty));
                parts
            }
            // Whoever lets it go on runs its code with these.
            Kind::Generator => self
                .suspended_frame(addr)
                .and_then(|frame| self.frame_variables(&frame).ok())
                .into_iter()
                .flatten()
                .filter_map(|binding| Some((Step::Bound, binding.value?)))
                .collect(),
            Kind::Cell => self
                .cell_contents(addr)
                .ok()
                .flatten()
                .map(|part| (Step::Contents, part))
                .into_iter()
                .collect(),
            Kind::Other if ty.is_heap() || &*ty.name == NAMESPACE => self.instance_parts(addr, ty),
            _ => Vec::new(),
        };
        // Instances of a class that is derived from a container have attributes, too.
        let contains = matches!(
            ty.kind,
            Kind::List | Kind::Tuple | Kind::Deque | Kind::Set | Kind::FrozenSet | Kind::Dict
        );
        if contains && ty.is_heap() && ty.exact == Kind::Other {
            parts.extend(self.instance_parts(addr, ty));
        }
        parts
    }

    /// The results that the function at `addr` has kept (functools.lru_cache), each with its
    /// arguments: the only one, if that is a `str` or `int`, else all.
    ///
    /// # Errors
    /// When they cannot be read, and when there are more than are read of a container.
    pub fn kept_results(&self, addr: u64) -> Result<Vec<(u64, u64)>> {
        let layout = &self.layout.lru_cache;
        let cache = self.required(layout.cache.at(addr), "cache")?;
        let (items, all) = self.dict_items(cache, self.limits.value_items)?;
        if all > items.len() as u64 {
            return Err(DecodeError::Limit {
                what: "number of kept results",
                value: all,
                limit: self.limits.value_items as u64,
            });
        }
        let result = |value: u64| match self.is_kind(value, Kind::LruLink) {
            true => self.required(layout.link_result.at(value), "result"),
            false => Ok(value),
        };
        let results = items.into_iter();
        results
            .map(|(arguments, value)| Ok((arguments, result(value)?)))
            .collect()
    }

    /// The attributes of an instance and of its class.
    fn instance_parts(&self, addr: u64, ty: &Type) -> Vec<(Step, u64)> {
        let own = self.attributes_of(addr, ty).unwrap_or_default();
        let of_class = self.class_parts(ty);
        as_attributes(&own)
            .chain(as_attributes(&of_class))
            .collect()
    }

    /// Whether the object at `addr` is a number, text, or `None`.
    pub fn is_scalar(&self, addr: u64) -> bool {
        self.type_of(addr).is_ok_and(|ty| ty.kind.is_scalar())
    }

    /// Names of the fields of a class that `collections.namedtuple` made
    /// (Lib/collections/__init__.py, `_fields`). Empty for other classes.
    fn field_names(&self, ty: &Type) -> Vec<Rc<str>> {
        let Ok(Some(fields)) = self.type_attribute(ty, "_fields") else {
            return Vec::new();
        };
        let Ok((names, _)) = self.tuple_items(fields, self.limits.value_items) else {
            return Vec::new();
        };
        let names = names.into_iter().map_while(|name| self.text(name).ok());
        names.collect()
    }

    /// The attributes of a class and its bases that hold instances, containers or callables
    /// with an object. Without those of classes that C code defines.
    fn class_parts(&self, ty: &Type) -> Rc<[ClassPart]> {
        let parts = ty.class_parts.get_or_init(|| {
            let mut found: Vec<ClassPart> = Vec::new();
            for class in &ty.mro {
                for (name, value) in self.own_class_parts(*class) {
                    if !found.iter().any(|(known, _)| *known == name) {
                        found.push((name, value));
                    }
                }
            }
            found.into()
        });
        Rc::clone(parts)
    }

    /// Those of one class.
    fn own_class_parts(&self, class: u64) -> Vec<ClassPart> {
        let ty = self.type_at(class).ok().filter(|ty| ty.is_heap());
        let dict = ty.and_then(|ty| self.type_dict(ty.addr).ok().flatten());
        let items = dict.and_then(|dict| self.dict_items(dict, self.limits.value_items).ok());
        let items = items.map_or(Vec::new(), |(items, _)| items).into_iter();
        let held = items.filter(|(_, value)| {
            self.type_of(*value).is_ok_and(|ty| match ty.kind {
                Kind::List | Kind::Dict | Kind::Set | Kind::Deque | Kind::Tuple => true,
                // Locks and futures are of types in C, until some version.
                Kind::Method | Kind::Builtin | Kind::Partial | Kind::LruCache => true,
                Kind::Future | Kind::Other => true,
                _ => false,
            })
        });
        let named = held.filter_map(|(key, value)| Some((self.text(key).ok()?, value)));
        // What the interpreter keeps in a class.
        named.filter(|(name, _)| !name.starts_with("__")).collect()
    }

    /// These steps as Python code would write them.
    pub fn path<'s>(&self, steps: impl IntoIterator<Item = &'s Step>) -> String {
        let text = |step: &Step| match step {
            Step::Index(index) => format!("[{index}]"),
            Step::Member => "{…}".to_owned(),
            Step::Key(key) => format!("[{}]", self.value(*key)),
            Step::Entry => "[…]".to_owned(),
            Step::Kept(arguments) => match self.is_scalar(*arguments) {
                true => format!("({})", self.value(*arguments)),
                false => "(…)".to_owned(),
            },
            Step::Bound => "()".to_owned(),
            Step::Free(name) => format!("().{name}"),
            Step::Contents => String::new(),
            Step::Attribute(name) => format!(".{name}"),
        };
        steps.into_iter().map(text).collect()
    }
}

fn as_bound(objects: Vec<u64>) -> Vec<(Step, u64)> {
    let objects = objects.into_iter();
    objects.map(|object| (Step::Bound, object)).collect()
}

fn as_attributes(attributes: &[(Rc<str>, u64)]) -> impl Iterator<Item = (Step, u64)> {
    let named = attributes.iter();
    named.map(|(name, value)| (Step::Attribute(name.clone()), *value))
}
