//! Types of the target's objects and what the decoders know of them.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use python_offsets::ReferenceForm;
use rustc_hash::FxHashMap;

use crate::cpython::error::{DecodeError, Result};
use crate::cpython::reader::{Reader, is_plausible};

/// `Py_TPFLAGS_INLINE_VALUES` (Include/object.h, 3.13).
const FLAG_INLINE_VALUES: u64 = 1 << 2;
/// `Py_TPFLAGS_MANAGED_DICT` (Include/object.h, 3.11).
const FLAG_MANAGED_DICT: u64 = 1 << 4;
/// `Py_TPFLAGS_HEAPTYPE` (Include/object.h).
const FLAG_HEAP_TYPE: u64 = 1 << 9;

/// A kind of object that a decoder knows how to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    None,
    Bool,
    Int,
    Float,
    Complex,
    Str,
    Bytes,
    ByteArray,
    Tuple,
    List,
    Dict,
    Set,
    FrozenSet,
    Deque,
    Coroutine,
    Generator,
    AsyncGenerator,
    /// `coroutine_wrapper` and the helpers of asynchronous generators.
    AwaitableWrapper,
    FutureIter,
    Future,
    Task,
    /// `TaskWakeupMethWrapper`, 3.7 to 3.9.
    TaskWakeup,
    RunningLoopHolder,
    Method,
    Builtin,
    Function,
    MemberDescriptor,
    MethodDescriptor,
    Partial,
    Weakref,
    Cell,
    Module,
    Type,
    Code,
    Frame,
    Traceback,
    Exception,
    MappingProxy,
    Range,
    Ellipsis,
    NotImplemented,
    Property,
    Other,
}

/// `tp_name` of types that C code defines, and the kind each stands for.
const KINDS: &[(&str, Kind)] = &[
    ("NoneType", Kind::None),
    ("bool", Kind::Bool),
    ("int", Kind::Int),
    ("float", Kind::Float),
    ("complex", Kind::Complex),
    ("str", Kind::Str),
    ("bytes", Kind::Bytes),
    ("bytearray", Kind::ByteArray),
    ("tuple", Kind::Tuple),
    ("list", Kind::List),
    ("dict", Kind::Dict),
    ("set", Kind::Set),
    ("frozenset", Kind::FrozenSet),
    ("collections.deque", Kind::Deque),
    ("coroutine", Kind::Coroutine),
    ("generator", Kind::Generator),
    ("async_generator", Kind::AsyncGenerator),
    ("coroutine_wrapper", Kind::AwaitableWrapper),
    ("async_generator_asend", Kind::AwaitableWrapper),
    ("async_generator_athrow", Kind::AwaitableWrapper),
    ("anext_awaitable", Kind::AwaitableWrapper),
    ("_asyncio.FutureIter", Kind::FutureIter),
    ("_asyncio.Future", Kind::Future),
    ("_asyncio.Task", Kind::Task),
    ("TaskWakeupMethWrapper", Kind::TaskWakeup),
    ("_RunningLoopHolder", Kind::RunningLoopHolder),
    ("method", Kind::Method),
    ("builtin_function_or_method", Kind::Builtin),
    ("function", Kind::Function),
    ("member_descriptor", Kind::MemberDescriptor),
    ("method_descriptor", Kind::MethodDescriptor),
    ("functools.partial", Kind::Partial),
    ("weakref", Kind::Weakref),
    ("weakref.ReferenceType", Kind::Weakref),
    ("cell", Kind::Cell),
    ("module", Kind::Module),
    ("type", Kind::Type),
    ("code", Kind::Code),
    ("frame", Kind::Frame),
    ("traceback", Kind::Traceback),
    ("BaseException", Kind::Exception),
    ("mappingproxy", Kind::MappingProxy),
    ("range", Kind::Range),
    ("ellipsis", Kind::Ellipsis),
    ("NotImplementedType", Kind::NotImplemented),
    ("property", Kind::Property),
];

/// One decoded type object.
#[derive(Debug)]
pub struct Type {
    pub addr: u64,
    /// `tp_name`: with its module for types of C extensions, without for classes.
    pub name: Box<str>,
    pub basicsize: i64,
    pub itemsize: i64,
    pub flags: u64,
    pub dictoffset: i64,
    /// Addresses of the classes in method resolution order, itself first.
    pub mro: Box<[u64]>,
    /// The kind of this very type; [`Kind::Other`] for classes.
    pub exact: Kind,
    /// The first kind along the method resolution order.
    pub kind: Kind,
    pub cached_keys: u64,
    full_name: OnceCell<Rc<str>>,
    /// Class attributes that were looked up.
    attributes: RefCell<FxHashMap<Box<str>, Option<u64>>>,
}

impl Type {
    /// Whether it was made by a `class` statement or `PyType_FromSpec`.
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

fn kind_of(name: &str, flags: u64) -> Kind {
    // A class statement cannot make a static type, nor a name with a dot.
    let made_by_c = flags & FLAG_HEAP_TYPE == 0 || name.contains('.');
    if !made_by_c {
        return Kind::Other;
    }
    KINDS
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(Kind::Other, |(_, kind)| *kind)
}

impl Reader<'_> {
    /// Address of the type of the object at `addr`.
    pub fn type_addr(&self, addr: u64) -> Result<u64> {
        if !is_plausible(addr) {
            return Err(DecodeError::BadPointer {
                what: "object",
                addr,
            });
        }
        self.required(addr + u64::from(self.layout.object.ob_type), "ob_type")
    }

    /// The type of the object at `addr`.
    pub fn type_of(&self, addr: u64) -> Result<Rc<Type>> {
        self.type_at(self.type_addr(addr)?)
    }

    /// Whether the object at `addr` can be read and is of kind `kind`.
    pub fn is_kind(&self, addr: u64, kind: Kind) -> bool {
        self.type_of(addr).is_ok_and(|ty| ty.kind == kind)
    }

    /// An error if the object at `addr` is not of kind `kind`.
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
    pub fn type_at(&self, addr: u64) -> Result<Rc<Type>> {
        if let Some(ty) = self.types.borrow().get(&addr) {
            return Ok(ty.clone());
        }
        let ty = Rc::new(self.decode_type(addr)?);
        self.types.borrow_mut().insert(addr, ty.clone());
        Ok(ty)
    }

    fn type_name(&self, addr: u64) -> Result<String> {
        let at = self.required(addr + u64::from(self.layout.type_object.tp_name), "tp_name")?;
        self.c_string(at, self.limits.text)
    }

    fn decode_type(&self, addr: u64) -> Result<Type> {
        let layout = &self.layout.type_object;
        let at = |offset: u32| addr + u64::from(offset);
        // The type of a type is a metaclass, whose own type is again a type:
        // reading it without following further keeps garbage out.
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
            let base_flags = self.u64(base + u64::from(layout.tp_flags))?;
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
            attributes: RefCell::default(),
        })
    }

    /// The classes that derive from the type at `addr`, directly or not
    /// (`tp_subclasses`: weak references by address). Not for static builtin
    /// types, which keep them elsewhere from 3.12.
    pub fn subclasses(&self, addr: u64) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        let mut open = vec![addr];
        while let Some(addr) = open.pop() {
            let at = addr + u64::from(self.layout.type_object.tp_subclasses);
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
                    open.push(class);
                }
            }
        }
        Ok(found)
    }

    /// The dict of a type; static builtin types have none from 3.12.
    pub fn type_dict(&self, ty: u64) -> Result<Option<u64>> {
        self.pointer(ty + u64::from(self.layout.type_object.tp_dict), "tp_dict")
    }

    /// A class attribute, looked up along the method resolution order.
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

    /// The name of a type as users know it, with its module unless that is
    /// `builtins`.
    pub fn full_type_name(&self, ty: &Type) -> Rc<str> {
        let name = ty
            .full_name
            .get_or_init(|| self.decode_full_name(ty).into());
        name.clone()
    }

    fn decode_full_name(&self, ty: &Type) -> String {
        if !ty.is_heap() || ty.name.contains('.') {
            return ty.name.to_string();
        }
        let qualname = self
            .pointer(
                ty.addr + u64::from(self.layout.type_object.ht_qualname),
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

    /// Turns a reference as a frame stores it into an address; null is `None`.
    pub fn untag(&self, reference: u64) -> Option<u64> {
        let addr = match self.layout.format.references {
            ReferenceForm::Plain => reference,
            // Low bits: 00 and 01 pointer, 11 a small integer; the value 1 is
            // null (Include/internal/pycore_stackref.h, 3.14 and 3.15).
            ReferenceForm::Tagged if reference & 3 == 3 => return None,
            ReferenceForm::Tagged => reference & !3,
        };
        is_plausible(addr).then_some(addr)
    }
}
