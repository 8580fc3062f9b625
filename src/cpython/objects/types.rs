//! Types of the process's objects, and which of them have a decoder.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use python_offsets::{Offset, ReferenceForm};
use rustc_hash::FxHashMap;

use super::kinds::{Kind, kind_of};
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::{Reader, is_plausible};

/// `Py_TPFLAGS_INLINE_VALUES` (Include/object.h, 3.13).
const FLAG_INLINE_VALUES: u64 = 1 << 2;
/// `Py_TPFLAGS_MANAGED_DICT` (Include/object.h, 3.11).
const FLAG_MANAGED_DICT: u64 = 1 << 4;
/// `Py_TPFLAGS_HEAPTYPE` (Include/object.h).
pub(super) const FLAG_HEAP_TYPE: u64 = 1 << 9;

/// One decoded type object.
#[derive(Debug)]
pub struct Type {
    /// Address of the type object.
    pub addr: u64,
    /// `tp_name`: with the module for types of C extensions, without for classes.
    pub name: Box<str>,
    /// Size of an instance in bytes, without its items.
    pub basicsize: i64,
    /// Size of one item of a variable-size instance in bytes; otherwise 0.
    pub itemsize: i64,
    /// `Py_TPFLAGS_…`
    pub flags: u64,
    /// Offset of the dict in an instance. 0 for none; negative from the end.
    pub dictoffset: i64,
    /// Addresses of the classes in method resolution order, this one first.
    pub mro: Box<[u64]>,
    /// The kind of this very type; [`Kind::Other`] for classes.
    pub exact: Kind,
    /// The first kind along the method resolution order.
    pub kind: Kind,
    /// Address of the keys that instances share. 0 for none.
    pub cached_keys: u64,
    full_name: OnceCell<Rc<str>>,
    class_names: OnceCell<Rc<[Rc<str>]>>,
    /// Attributes of the class and its bases that refer to objects.
    pub(super) class_parts: OnceCell<Rc<[ClassPart]>>,
    /// Class attributes that were looked up. `None` for those that do not exist.
    attributes: RefCell<FxHashMap<Box<str>, Option<u64>>>,
}

/// Name and address of an attribute of a class.
pub(super) type ClassPart = (Rc<str>, u64);

impl Type {
    /// Whether a `class` statement or `PyType_FromSpec` made it.
    pub fn is_heap(&self) -> bool {
        self.flags & FLAG_HEAP_TYPE != 0
    }

    /// Whether instances keep their dict pointer in front of the object.
    pub fn has_managed_dict(&self) -> bool {
        self.flags & FLAG_MANAGED_DICT != 0
    }

    /// Whether instances keep their attribute values behind the object.
    pub fn has_inline_values(&self) -> bool {
        self.flags & FLAG_INLINE_VALUES != 0
    }

    /// Whether instances are native tasks or futures.
    pub fn is_native_future(&self) -> bool {
        matches!(self.kind, Kind::Task | Kind::Future)
    }

    /// Whether it is a generator, coroutine or asynchronous generator.
    pub fn is_generator_like(&self) -> bool {
        matches!(
            self.exact,
            Kind::Coroutine | Kind::Generator | Kind::AsyncGenerator
        )
    }
}

impl Reader<'_> {
    /// Address of the type of the object at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn type_addr(&self, addr: u64) -> Result<u64> {
        if !is_plausible(addr) {
            return Err(DecodeError::BadPointer {
                what: "object",
                addr,
            });
        }
        self.required(self.layout.object.ob_type.at(addr), "ob_type")
    }

    /// The type of the object at `addr`.
    ///
    /// # Errors
    /// When it cannot be read or is no type.
    pub fn type_of(&self, addr: u64) -> Result<Rc<Type>> {
        self.type_at(self.type_addr(addr)?)
    }

    /// Whether the object at `addr` can be read and is of kind `kind`.
    pub fn is_kind(&self, addr: u64, kind: Kind) -> bool {
        self.type_of(addr).is_ok_and(|ty| ty.kind == kind)
    }

    /// The type of the object at `addr`, which must be of kind `kind`. `what` names
    /// the object in errors.
    ///
    /// # Errors
    /// [`DecodeError::WrongType`] if it is of another kind; others when it cannot
    /// be read.
    pub fn expect_kind(&self, addr: u64, kind: Kind, what: &'static str) -> Result<Rc<Type>> {
        let ty = self.type_of(addr)?;
        if ty.kind == kind {
            return Ok(ty);
        }
        Err(DecodeError::WrongType {
            what,
            addr,
            found: ty.name.to_string(),
        })
    }

    /// The type object at `addr`.
    ///
    /// # Errors
    /// When it cannot be read or is no type.
    pub fn type_at(&self, addr: u64) -> Result<Rc<Type>> {
        if let Some(ty) = self.types.borrow().get(&addr) {
            return Ok(ty.clone());
        }
        let ty = Rc::new(self.decode_type(addr)?);
        self.types.borrow_mut().insert(addr, ty.clone());
        Ok(ty)
    }

    fn type_name(&self, addr: u64) -> Result<String> {
        let at = self.required(self.layout.type_object.tp_name.at(addr), "tp_name")?;
        self.c_string(at, self.limits.text)
    }

    fn decode_type(&self, addr: u64) -> Result<Type> {
        let layout = &self.layout.type_object;
        let at = |offset: Offset| offset.at(addr);
        // A type's type is a metaclass, whose type is a type again. Reading both
        // refuses what is no type.
        let meta = self.type_addr(addr)?;
        self.type_addr(meta)?;
        let name = self.type_name(addr)?;
        let flags = self.u64(at(layout.tp_flags))?;
        let mro = match self.pointer(at(layout.tp_mro), "tp_mro")? {
            Some(tuple) => self.tuple_items_unchecked(tuple, self.limits.mro)?,
            None => vec![addr],
        };
        let exact = kind_of(&name, flags);
        let mut kind = exact;
        for base in mro.iter().skip(1) {
            if kind != Kind::Other {
                break;
            }
            let base_flags = self.u64(layout.tp_flags.at(*base))?;
            kind = kind_of(&self.type_name(*base)?, base_flags);
        }
        let is_heap = flags & FLAG_HEAP_TYPE != 0;
        let cached_keys = if is_heap {
            self.u64(at(layout.ht_cached_keys))?
        } else {
            0
        };
        Ok(Type {
            addr,
            name: name.into(),
            basicsize: self.i64(at(layout.tp_basicsize))?,
            itemsize: self.i64(at(layout.tp_itemsize))?,
            flags,
            dictoffset: self.i64(at(layout.tp_dictoffset))?,
            mro: mro.into(),
            exact,
            kind,
            cached_keys,
            full_name: OnceCell::new(),
            class_names: OnceCell::new(),
            class_parts: OnceCell::new(),
            attributes: RefCell::default(),
        })
    }

    /// All direct and indirect subclasses of the type at `addr` (`tp_subclasses`:
    /// weak references by address). Not for static builtin types, whose subclasses
    /// are stored elsewhere from 3.12.
    ///
    /// # Errors
    /// When they cannot be read or are too many.
    pub fn subclasses(&self, addr: u64) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        let mut pending = vec![addr];
        while let Some(addr) = pending.pop() {
            let at = self.layout.type_object.tp_subclasses.at(addr);
            let Some(dict) = self.pointer(at, "tp_subclasses")? else {
                continue;
            };
            let (items, total) = self.dict_items(dict, self.limits.mro)?;
            if total > items.len() as u64 || found.len() + items.len() > self.limits.mro {
                return Err(DecodeError::Limit {
                    what: "number of subclasses",
                    value: total,
                    limit: self.limits.mro as u64,
                });
            }
            for (_, reference) in items {
                if let Some(class) = self.weakref_target(reference)?
                    && !found.contains(&class)
                {
                    found.push(class);
                    pending.push(class);
                }
            }
        }
        Ok(found)
    }

    /// The dict of the type at `ty`. `None` for static builtin types from 3.12.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn type_dict(&self, ty: u64) -> Result<Option<u64>> {
        self.pointer(self.layout.type_object.tp_dict.at(ty), "tp_dict")
    }

    /// The class attribute `name`, along the method resolution order of `ty`. `None`
    /// if no class has it.
    ///
    /// # Errors
    /// When the dict of a class cannot be read.
    pub fn type_attribute(&self, ty: &Type, name: &str) -> Result<Option<u64>> {
        if let Some(known) = ty.attributes.borrow().get(name) {
            return Ok(*known);
        }
        let found = self.look_up(ty, name)?;
        ty.attributes.borrow_mut().insert(name.into(), found);
        Ok(found)
    }

    fn look_up(&self, ty: &Type, name: &str) -> Result<Option<u64>> {
        for class in &ty.mro {
            if let Some(dict) = self.type_dict(*class)?
                && let Some(value) = self.dict_get(dict, name)?
            {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// The qualified name of `ty`, with its module unless that is `builtins`.
    pub fn full_type_name(&self, ty: &Type) -> Rc<str> {
        let name = ty
            .full_name
            .get_or_init(|| self.decode_full_name(ty).into());
        name.clone()
    }

    /// Full names of the classes of `ty` in method resolution order.
    pub fn class_names(&self, ty: &Type) -> Rc<[Rc<str>]> {
        let names = ty.class_names.get_or_init(|| {
            let classes = ty.mro.iter();
            classes
                .filter_map(|class| Some(self.full_type_name(&*self.type_at(*class).ok()?)))
                .collect()
        });
        names.clone()
    }

    /// Whether the object at `addr` is an instance of the class with the full name
    /// `class`.
    pub fn is_instance(&self, addr: u64, class: &str) -> bool {
        self.type_of(addr)
            .is_ok_and(|ty| self.class_names(&ty).iter().any(|name| **name == *class))
    }

    fn decode_full_name(&self, ty: &Type) -> String {
        if !ty.is_heap() || ty.name.contains('.') {
            return ty.name.to_string();
        }
        let qualname = self
            .pointer(
                self.layout.type_object.ht_qualname.at(ty.addr),
                "ht_qualname",
            )
            .ok()
            .flatten()
            .and_then(|addr| self.text(addr).ok())
            .unwrap_or_else(|| (*ty.name).into());
        let module = self
            .type_dict(ty.addr)
            .ok()
            .flatten()
            .and_then(|dict| self.dict_get(dict, "__module__").ok().flatten())
            .and_then(|addr| self.text(addr).ok());
        match module {
            Some(module) if &*module != "builtins" => format!("{module}.{qualname}"),
            _ => qualname.to_string(),
        }
    }

    /// The address in a reference as a frame stores it. `None` for null and for
    /// small integers that are stored in the reference itself.
    pub fn untag(&self, reference: u64) -> Option<u64> {
        untag(self.layout.format.references, reference)
    }
}

/// The address in a reference of this form.
pub fn untag(form: ReferenceForm, reference: u64) -> Option<u64> {
    let addr = match form {
        ReferenceForm::Plain => reference,
        // Low bits: 00 and 01 pointer, 11 a small integer; the value 1 is
        // null (Include/internal/pycore_stackref.h, 3.14 and 3.15).
        ReferenceForm::Tagged if reference & 3 == 3 => return None,
        ReferenceForm::Tagged => reference & !3,
    };
    is_plausible(addr).then_some(addr)
}
