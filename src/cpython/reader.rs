//! Typed reads of a process's memory through a checked layout.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use arcstr::ArcStr;
use python_offsets::{Layout, Offset};
use rustc_hash::{FxHashMap, FxHashSet};

use super::error::{DecodeError, Result};
use super::frames::code::Code;
use super::frames::code_location::CodeLocations;
use super::objects::types::Type;
use crate::limits::Limits;
use crate::process::Memory;

/// End of the user addresses of x86-64 Linux with four-level page tables. The
/// kernel gives higher addresses only to programs that ask for them.
const USER_SPACE_END: u64 = 1 << 47;

/// Size of a pointer in the process, in bytes.
pub const WORD: usize = 8;

/// Bytes from the start of a task, future or coroutine that decoding needs: its
/// fields, and for a coroutine also its frame and the first slots of its stack.
pub const OBJECT_WINDOW: usize = 256;

/// Attribute names in the order of their values.
pub(super) type Names = Rc<[Rc<str>]>;

/// Reads Python objects of one process. Caches decoded types, code objects and
/// names for its own lifetime, which is one snapshot.
pub struct Reader<'m> {
    memory: &'m dyn Memory,
    /// The layout of the process's interpreter.
    pub layout: Layout,
    /// Upper bounds for everything that is read.
    pub limits: Limits,
    pub(super) types: RefCell<FxHashMap<u64, Rc<Type>>>,
    pub(super) codes: RefCell<FxHashMap<u64, Rc<Code>>>,
    pub(super) locations: CodeLocations,
    pub(super) texts: RefCell<FxHashMap<u64, Rc<str>>>,
    pub(super) key_names: RefCell<FxHashMap<(u64, u64), Names>>,
    /// Names of modules, by the address of their dict.
    pub(super) modules: RefCell<FxHashMap<u64, Option<Rc<str>>>>,
    /// By address of a function: whether it is an `__exit__` or `__aexit__`.
    pub(super) exits: RefCell<FxHashMap<u64, bool>>,
    interned: RefCell<FxHashSet<ArcStr>>,
    /// Addresses of the interpreters that were read.
    pub(super) known_interpreters: RefCell<Vec<u64>>,
    /// Whether one of them has imported greenlet. Unset until somebody asks.
    pub(crate) greenlets: OnceCell<bool>,
}

impl<'m> Reader<'m> {
    /// A reader over `memory` with the layout of its interpreter.
    pub fn new(memory: &'m dyn Memory, layout: Layout, limits: Limits) -> Self {
        Self {
            memory,
            layout,
            limits,
            types: RefCell::default(),
            codes: RefCell::default(),
            locations: CodeLocations::default(),
            texts: RefCell::default(),
            key_names: RefCell::default(),
            modules: RefCell::default(),
            exits: RefCell::default(),
            interned: RefCell::default(),
            known_interpreters: RefCell::default(),
            greenlets: OnceCell::new(),
        }
    }

    /// `text` as one value that is shared between all equal texts.
    pub fn shared(&self, text: &str) -> ArcStr {
        if let Some(known) = self.interned.borrow().get(text) {
            return known.clone();
        }
        let new = ArcStr::from(text);
        self.interned.borrow_mut().insert(new.clone());
        new
    }

    /// Addresses of the interpreters that were read.
    pub fn known_interpreters(&self) -> Vec<u64> {
        self.known_interpreters.borrow().clone()
    }

    /// The memory under this reader.
    pub fn memory(&self) -> &'m dyn Memory {
        self.memory
    }

    /// Announces address and length of the ranges that will be read next.
    pub fn prefetch(&self, ranges: impl Iterator<Item = (u64, usize)>) {
        let mut plausible =
            ranges.filter(|(addr, len)| is_plausible(*addr) && *len <= USER_SPACE_END as usize);
        self.memory.prefetch(&mut plausible);
    }

    /// Announces that each of the objects at `addrs` will be read up to and
    /// including its word `field`.
    pub fn prefetch_fields(&self, addrs: impl Iterator<Item = u64>, field: Offset) {
        self.prefetch(addrs.map(|addr| (addr, field.bytes() as usize + WORD)));
    }

    /// Fills `buf` from `addr`.
    ///
    /// # Errors
    /// When not all of the bytes can be read.
    pub fn bytes_into(&self, addr: u64, buf: &mut [u8]) -> Result<()> {
        Ok(self.memory.read(addr, buf)?)
    }

    /// `len` bytes from `addr`. The caller bounds `len`.
    ///
    /// # Errors
    /// When not all of the bytes can be read.
    pub fn bytes(&self, addr: u64, len: usize) -> Result<Vec<u8>> {
        let mut buf = vec![0; len];
        self.memory.read(addr, &mut buf)?;
        Ok(buf)
    }

    /// The `len` bytes (at most eight) at `addr` as a little-endian number.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn word(&self, addr: u64, len: usize) -> Result<u64> {
        Ok(self.memory.read_word(addr, len)?)
    }

    /// The unsigned byte at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn u8(&self, addr: u64) -> Result<u8> {
        Ok(self.word(addr, 1)? as u8)
    }

    /// The signed byte at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn i8(&self, addr: u64) -> Result<i8> {
        Ok(self.word(addr, 1)? as i8)
    }

    /// The `u32` at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn u32(&self, addr: u64) -> Result<u32> {
        Ok(self.word(addr, 4)? as u32)
    }

    /// The `i32` at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn i32(&self, addr: u64) -> Result<i32> {
        Ok(self.word(addr, 4)? as i32)
    }

    /// The `u64` at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn u64(&self, addr: u64) -> Result<u64> {
        self.word(addr, 8)
    }

    /// The `i64` at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn i64(&self, addr: u64) -> Result<i64> {
        Ok(self.word(addr, 8)? as i64)
    }

    /// The `f64` at `addr`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn f64(&self, addr: u64) -> Result<f64> {
        Ok(f64::from_bits(self.word(addr, 8)?))
    }

    /// The pointer at `addr`. `None` if it is null. `what` names it in errors.
    ///
    /// # Errors
    /// When it cannot be read or is no address of user space.
    pub fn pointer(&self, addr: u64, what: &'static str) -> Result<Option<u64>> {
        let value = self.u64(addr)?;
        match value {
            0 => Ok(None),
            value if is_plausible(value) => Ok(Some(value)),
            addr => Err(DecodeError::BadPointer { what, addr }),
        }
    }

    /// The pointer at `addr`, which must not be null. `what` names it in errors.
    ///
    /// # Errors
    /// When it cannot be read, is null, or is no address of user space.
    pub fn required(&self, addr: u64, what: &'static str) -> Result<u64> {
        self.pointer(addr, what)?.ok_or(DecodeError::Null { what })
    }

    /// The NUL-terminated text at `addr`, lossy.
    ///
    /// # Errors
    /// When it cannot be read or is longer than `max` bytes.
    pub fn c_string(&self, addr: u64, max: usize) -> Result<String> {
        let mut text = Vec::new();
        let mut chunk = [0; 32];
        while text.len() < max {
            let at = addr + text.len() as u64;
            // Reads stop at page ends: the text may be the last of its mapping.
            let len = chunk.len().min(4096 - (at % 4096) as usize);
            self.bytes_into(at, &mut chunk[..len])?;
            match chunk[..len].iter().position(|byte| *byte == 0) {
                Some(end) => {
                    text.extend_from_slice(&chunk[..end]);
                    return Ok(String::from_utf8_lossy(&text).into_owned());
                }
                None => text.extend_from_slice(&chunk[..len]),
            }
        }
        Err(DecodeError::Limit {
            what: "length of a C string",
            value: text.len() as u64,
            limit: max as u64,
        })
    }

    /// `value` as a length. `what` names it in errors.
    ///
    /// # Errors
    /// When it is negative or more than `limit`.
    pub fn bounded(&self, what: &'static str, value: i64, limit: usize) -> Result<usize> {
        match usize::try_from(value) {
            Ok(length) if length <= limit => Ok(length),
            _ => Err(DecodeError::Limit {
                what,
                value: value as u64,
                limit: limit as u64,
            }),
        }
    }
}

/// Whether `addr` can be the address of an object in user space.
pub fn is_plausible(addr: u64) -> bool {
    (4096..USER_SPACE_END).contains(&addr)
}

/// Access to the fields of a structure that was read as one block of bytes.
pub trait Fields {
    /// The `N` bytes at `offset`. Zeros where the block is too short.
    fn field<const N: usize>(&self, offset: Offset) -> [u8; N];

    /// The `u64` at `offset`.
    fn field_u64(&self, offset: Offset) -> u64 {
        u64::from_le_bytes(self.field(offset))
    }

    /// The `i32` at `offset`.
    fn field_i32(&self, offset: Offset) -> i32 {
        i32::from_le_bytes(self.field(offset))
    }

    /// The byte at `offset`.
    fn field_u8(&self, offset: Offset) -> u8 {
        self.field::<1>(offset)[0]
    }
}

impl Fields for [u8] {
    fn field<const N: usize>(&self, offset: Offset) -> [u8; N] {
        let start = offset.bytes() as usize;
        self.get(start..start + N)
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or([0; N])
    }
}

/// The words in `bytes`, in order. A rest shorter than a word is left out.
pub fn words(bytes: &[u8]) -> impl ExactSizeIterator<Item = u64> {
    let (words, _) = bytes.as_chunks::<WORD>();
    words.iter().map(|word| u64::from_le_bytes(*word))
}
