//! Typed reads of a target's memory through a checked layout.

use std::cell::RefCell;
use std::rc::Rc;

use arcstr::ArcStr;
use python_offsets::Layout;
use rustc_hash::{FxHashMap, FxHashSet};

use super::error::{DecodeError, Result};
use super::frames::code::Code;
use super::frames::code_location::CodePlaces;
use super::objects::types::Type;
use crate::limits::Limits;
use crate::process::Memory;

/// Highest user address of x86-64 Linux with four-level page tables; five
/// levels are only handed out to programs that ask for them.
const USER_SPACE_END: u64 = 1 << 47;

/// Bytes from the start of a task, a future or a coroutine that decoding looks at:
/// its fields, and of a coroutine its frame and the first slots of its stack.
pub const OBJECT_WINDOW: usize = 256;

/// Attribute names in the order of their values.
pub(super) type Names = Rc<[Rc<str>]>;

/// Reads Python objects of one process. Types, code objects and names are
/// decoded once and kept for as long as the reader lives: one snapshot.
pub struct Reader<'m> {
    memory: &'m dyn Memory,
    pub layout: Layout,
    pub limits: Limits,
    pub(super) types: RefCell<FxHashMap<u64, Rc<Type>>>,
    pub(super) codes: RefCell<FxHashMap<u64, Rc<Code>>>,
    pub(super) places: CodePlaces,
    pub(super) texts: RefCell<FxHashMap<u64, Rc<str>>>,
    pub(super) key_names: RefCell<FxHashMap<(u64, u64), Names>>,
    /// Functions by their address: whether they are `__exit__` or `__aexit__`.
    pub(super) exits: RefCell<FxHashMap<u64, bool>>,
    shared: RefCell<FxHashSet<ArcStr>>,
    /// Code objects by address: whether their name is in a table of names.
    pub(crate) named: RefCell<FxHashMap<(u64, usize), bool>>,
    /// Names of a type's classes in method resolution order.
    pub(crate) class_names: RefCell<FxHashMap<u64, Rc<[Rc<str>]>>>,
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
            places: CodePlaces::default(),
            texts: RefCell::default(),
            key_names: RefCell::default(),
            exits: RefCell::default(),
            shared: RefCell::default(),
            named: RefCell::default(),
            class_names: RefCell::default(),
        }
    }

    /// `text` as a value that all who ask for the same text share.
    pub fn shared(&self, text: &str) -> ArcStr {
        if let Some(known) = self.shared.borrow().get(text) {
            return known.clone();
        }
        let new = ArcStr::from(text);
        self.shared.borrow_mut().insert(new.clone());
        new
    }

    /// The memory under this reader.
    pub fn memory(&self) -> &'m dyn Memory {
        self.memory
    }

    /// Announces what will be read next.
    pub fn prefetch(&self, ranges: impl Iterator<Item = (u64, usize)>) {
        let mut plausible =
            ranges.filter(|(addr, len)| is_plausible(*addr) && *len <= USER_SPACE_END as usize);
        self.memory.prefetch(&mut plausible);
    }

    /// Announces that all of the objects at `addrs` will be read up to the word at
    /// `offset`.
    pub fn prefetch_fields(&self, addrs: impl Iterator<Item = u64>, offset: u32) {
        const WORD: usize = 8;
        self.prefetch(addrs.map(|addr| (addr, offset as usize + WORD)));
    }

    /// Fills `buf` from `addr`.
    pub fn bytes_into(&self, addr: u64, buf: &mut [u8]) -> Result<()> {
        Ok(self.memory.read(addr, buf)?)
    }

    /// `len` bytes from `addr`; the caller bounds `len`.
    pub fn bytes(&self, addr: u64, len: usize) -> Result<Vec<u8>> {
        let mut buf = vec![0; len];
        self.memory.read(addr, &mut buf)?;
        Ok(buf)
    }

    fn word(&self, addr: u64, len: usize) -> Result<u64> {
        Ok(self.memory.read_word(addr, len)?)
    }

    pub fn u8(&self, addr: u64) -> Result<u8> {
        Ok(self.word(addr, 1)? as u8)
    }

    pub fn i8(&self, addr: u64) -> Result<i8> {
        Ok(self.word(addr, 1)? as i8)
    }

    pub fn u32(&self, addr: u64) -> Result<u32> {
        Ok(self.word(addr, 4)? as u32)
    }

    pub fn i32(&self, addr: u64) -> Result<i32> {
        Ok(self.word(addr, 4)? as i32)
    }

    pub fn u64(&self, addr: u64) -> Result<u64> {
        self.word(addr, 8)
    }

    pub fn i64(&self, addr: u64) -> Result<i64> {
        Ok(self.word(addr, 8)? as i64)
    }

    pub fn f64(&self, addr: u64) -> Result<f64> {
        Ok(f64::from_bits(self.word(addr, 8)?))
    }

    /// The pointer at `addr`; null is `None`.
    pub fn pointer(&self, addr: u64, what: &'static str) -> Result<Option<u64>> {
        let value = self.u64(addr)?;
        match value {
            0 => Ok(None),
            value if is_plausible(value) => Ok(Some(value)),
            addr => Err(DecodeError::BadPointer { what, addr }),
        }
    }

    /// The pointer at `addr`, which must not be null.
    pub fn required(&self, addr: u64, what: &'static str) -> Result<u64> {
        self.pointer(addr, what)?.ok_or(DecodeError::Null { what })
    }

    /// A NUL-terminated text of at most `max` bytes, lossy.
    pub fn c_string(&self, addr: u64, max: usize) -> Result<String> {
        let mut text = Vec::new();
        let mut chunk = [0; 32];
        while text.len() < max {
            let at = addr + text.len() as u64;
            // A short read at the end of a mapping must not lose the text.
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

    /// `value` if it is at most `limit`, as a length.
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

/// Whether `addr` can be an object's address in user space.
pub fn is_plausible(addr: u64) -> bool {
    (4096..USER_SPACE_END).contains(&addr)
}

/// A field inside bytes that were read as one block.
pub trait Fields {
    /// The `N` bytes at `offset`, zero where the block is too short.
    fn field<const N: usize>(&self, offset: u32) -> [u8; N];

    fn field_u64(&self, offset: u32) -> u64 {
        u64::from_le_bytes(self.field(offset))
    }

    fn field_i32(&self, offset: u32) -> i32 {
        i32::from_le_bytes(self.field(offset))
    }

    fn field_u8(&self, offset: u32) -> u8 {
        self.field::<1>(offset)[0]
    }
}

impl Fields for [u8] {
    fn field<const N: usize>(&self, offset: u32) -> [u8; N] {
        let start = offset as usize;
        self.get(start..start + N)
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or([0; N])
    }
}
