//! The dynamic symbol table of a loaded file, read from memory: it is there
//! even when the file is not. All of it may be wrong or hostile.

use goblin::elf64::dynamic::{
    DT_GNU_HASH, DT_HASH, DT_NULL, DT_STRSZ, DT_STRTAB, DT_SYMTAB, Dyn, SIZEOF_DYN,
};
use goblin::elf64::gnu_hash;
use goblin::elf64::sym::{SIZEOF_SYM, Sym};
use python_offsets::elf::{read_struct, read_structs};

use super::{Headers, symbol_address};
use crate::process::memory::Memory;

/// Largest number of entries of one dynamic section.
const MAX_DYNAMIC: u64 = 1024;
/// Largest number of symbols visited in one chain of a hash table.
const MAX_CHAIN: u32 = 65_536;

/// The symbols of a loaded file for the dynamic linker.
pub(crate) struct DynamicSymbols<'m> {
    memory: &'m dyn Memory,
    bias: u64,
    symbols: u64,
    strings: u64,
    strings_size: u64,
    gnu_hash: Option<u64>,
    hash: Option<u64>,
}

impl<'m> DynamicSymbols<'m> {
    /// The table of the file with `headers`, loaded at `bias`. `None` when it has none
    /// or it cannot be read.
    pub(crate) fn of(headers: &Headers, memory: &'m dyn Memory, bias: u64) -> Option<Self> {
        let (address, size) = headers.dynamic?;
        let count = (size / SIZEOF_DYN as u64).min(MAX_DYNAMIC);
        let mut table = vec![0; count as usize * SIZEOF_DYN];
        memory.read(bias.wrapping_add(address), &mut table).ok()?;
        let value = |tag: u64| {
            read_structs::<Dyn>(&table)
                .take_while(|entry| entry.d_tag != DT_NULL)
                .find(|entry| entry.d_tag == tag)
                .map(|entry| entry.d_val)
        };
        // glibc adds the bias to these pointers in memory, other loaders do not.
        let address = |tag: u64| {
            let value = value(tag)?;
            let is_loaded = headers.contains(value.wrapping_sub(bias));
            Some(if is_loaded {
                value
            } else {
                bias.wrapping_add(value)
            })
        };
        Some(Self {
            memory,
            bias,
            symbols: address(DT_SYMTAB)?,
            strings: address(DT_STRTAB)?,
            strings_size: value(DT_STRSZ)?,
            gnu_hash: address(DT_GNU_HASH),
            hash: address(DT_HASH),
        })
    }

    /// The absolute address of symbol `name`. `None` when this file does not define it.
    pub(crate) fn find(&self, name: &str) -> Option<u64> {
        self.find_gnu(name).or_else(|| self.find_old(name))
    }

    /// Looks in `DT_GNU_HASH`: a Bloom filter, buckets, then chains of hashes. The
    /// lowest bit of a hash marks the end of its chain.
    fn find_gnu(&self, name: &str) -> Option<u64> {
        let table = self.gnu_hash?;
        let hash = gnu_hash::hash(name);
        let buckets = self.u32(table)?;
        let first_symbol = self.u32(table.wrapping_add(4))?;
        let bloom_words = self.u32(table.wrapping_add(8))?;
        let buckets_at = table.wrapping_add(16 + u64::from(bloom_words) * 8);
        let chains_at = buckets_at.wrapping_add(u64::from(buckets) * 4);
        let bucket = u64::from(hash.checked_rem(buckets)?);
        let first = self.u32(buckets_at.wrapping_add(bucket * 4))?;
        for index in first..first.saturating_add(MAX_CHAIN) {
            let offset = u64::from(index.checked_sub(first_symbol)?) * 4;
            let entry = self.u32(chains_at.wrapping_add(offset))?;
            if entry | 1 == hash | 1
                && let Some(address) = self.defined(index, name)
            {
                return Some(address);
            }
            if entry & 1 == 1 {
                break;
            }
        }
        None
    }

    /// Looks in `DT_HASH`: buckets, then chains of symbol indexes.
    fn find_old(&self, name: &str) -> Option<u64> {
        let table = self.hash?;
        let hash = name.bytes().fold(0_u32, |hash, byte| {
            let hash = hash.wrapping_shl(4).wrapping_add(u32::from(byte));
            let high = hash & 0xf000_0000;
            (hash ^ (high >> 24)) & !high
        });
        let buckets = self.u32(table)?;
        let buckets_at = table.wrapping_add(8);
        let chains_at = buckets_at.wrapping_add(u64::from(buckets) * 4);
        let bucket = u64::from(hash.checked_rem(buckets)?);
        let mut index = self.u32(buckets_at.wrapping_add(bucket * 4))?;
        for _ in 0..MAX_CHAIN {
            if index == 0 {
                break;
            }
            if let Some(address) = self.defined(index, name) {
                return Some(address);
            }
            index = self.u32(chains_at.wrapping_add(u64::from(index) * 4))?;
        }
        None
    }

    /// The address of symbol number `index` if it is called `name` and is
    /// defined in this file, at an address.
    fn defined(&self, index: u32, name: &str) -> Option<u64> {
        let mut symbol = [0; SIZEOF_SYM];
        let offset = u64::from(index) * SIZEOF_SYM as u64;
        let at = self.symbols.wrapping_add(offset);
        self.memory.read(at, &mut symbol).ok()?;
        let symbol: Sym = read_struct(&symbol)?;
        let name_at = u64::from(symbol.st_name);
        let name_end = name_at + name.len() as u64;
        if name_end >= self.strings_size {
            return None;
        }
        let mut found = vec![0; name.len() + 1];
        let at = self.strings.wrapping_add(name_at);
        self.memory.read(at, &mut found).ok()?;
        if found.split_last() != Some((&0, name.as_bytes())) {
            return None;
        }
        symbol_address(&symbol, self.bias)
    }

    fn u32(&self, at: u64) -> Option<u32> {
        let mut bytes = [0; 4];
        self.memory.read(at, &mut bytes).ok()?;
        Some(u32::from_le_bytes(bytes))
    }
}
