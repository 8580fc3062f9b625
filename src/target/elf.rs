//! ELF as it lies in a process: headers, notes and the dynamic symbol table,
//! read from memory. Everything here may be wrong or hostile.

use object::elf;

use super::memory::Memory;

const HEADER_SIZE: usize = 64;
const PROGRAM_HEADER_SIZE: usize = 56;
const SYMBOL_SIZE: u64 = 24;
/// Program headers of one file; real ones have about a dozen.
const MAX_PROGRAM_HEADERS: usize = 256;
/// Bytes of one note segment.
const MAX_NOTES: u64 = 64 << 10;
/// Bytes of one build id; real ones have 16 or 20.
const MAX_BUILD_ID: usize = 64;
/// Entries of one dynamic section.
const MAX_DYNAMIC: u64 = 1024;
/// Symbols visited in one chain of a hash table.
const MAX_CHAIN: u32 = 65_536;
/// Bytes that the kernel maps at once.
const PAGE_SIZE: u64 = 4096;

/// A part of a file that is loaded (`PT_LOAD`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Where it starts in the file.
    pub offset: u64,
    /// Bytes of it that come from the file.
    pub file_size: u64,
    /// Its address as linked; the load bias is still to be added.
    pub address: u64,
    /// Bytes that it takes in memory, those beyond `file_size` as zeros.
    pub memory_size: u64,
    pub readable: bool,
    pub writable: bool,
    pub executable: bool,
}

/// The program headers of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Headers {
    pub loads: Vec<Segment>,
    /// Linked address and size of the dynamic section.
    pub dynamic: Option<(u64, u64)>,
    /// Linked address, size and alignment of each note segment.
    pub notes: Vec<(u64, u64, u64)>,
    /// The bytes that all of this was read from, to know the file again.
    pub raw: Vec<u8>,
}

/// The part of an address or offset that names its page.
pub(super) fn page_start(address: u64) -> u64 {
    address & !(PAGE_SIZE - 1)
}

impl Headers {
    /// Reads the headers of a 64-bit x86-64 file. `read` fills a buffer from
    /// an offset in the file and says whether it could.
    pub(super) fn read(read: impl Fn(u64, &mut [u8]) -> bool) -> Option<Self> {
        let mut header = [0; HEADER_SIZE];
        if !read(0, &mut header) || header[..4] != elf::ELFMAG {
            return None;
        }
        let is_ours = header[4] == elf::ELFCLASS64.0
            && header[5] == elf::ELFDATA2LSB.0
            && u16_at(&header, 18) == elf::EM_X86_64.0
            && usize::from(u16_at(&header, 54)) == PROGRAM_HEADER_SIZE;
        let count = usize::from(u16_at(&header, 56));
        if !is_ours || count > MAX_PROGRAM_HEADERS {
            return None;
        }
        let mut table = vec![0; count * PROGRAM_HEADER_SIZE];
        if !read(u64_at(&header, 32), &mut table) {
            return None;
        }
        let mut headers = Self {
            loads: Vec::new(),
            dynamic: None,
            notes: Vec::new(),
            raw: [&header, table.as_slice()].concat(),
        };
        for entry in table.chunks_exact(PROGRAM_HEADER_SIZE) {
            headers.add(entry);
        }
        (!headers.loads.is_empty()).then_some(headers)
    }

    fn add(&mut self, entry: &[u8]) {
        let flags = u32_at(entry, 4);
        let segment = Segment {
            offset: u64_at(entry, 8),
            address: u64_at(entry, 16),
            file_size: u64_at(entry, 32),
            memory_size: u64_at(entry, 40),
            readable: flags & elf::PF_R.0 != 0,
            writable: flags & elf::PF_W.0 != 0,
            executable: flags & elf::PF_X.0 != 0,
        };
        match u32_at(entry, 0) {
            kind if kind == elf::PT_LOAD.0 => self.loads.push(segment),
            kind if kind == elf::PT_DYNAMIC.0 => {
                self.dynamic = Some((segment.address, segment.memory_size));
            }
            kind if kind == elf::PT_NOTE.0 => {
                let align = u64_at(entry, 48);
                self.notes.push((segment.address, segment.file_size, align));
            }
            _ => {}
        }
    }

    /// The build id, from the notes in memory.
    pub(super) fn build_id(&self, memory: &dyn Memory, bias: u64) -> Option<Vec<u8>> {
        self.notes.iter().find_map(|&(address, size, align)| {
            let mut notes = vec![0; size.min(MAX_NOTES) as usize];
            memory.read(bias.wrapping_add(address), &mut notes).ok()?;
            build_id_of_notes(&notes, if align == 8 { 8 } else { 4 })
        })
    }

    /// The dynamic symbol table of the file loaded at `bias`.
    pub(super) fn symbols<'m>(
        &self,
        memory: &'m dyn Memory,
        bias: u64,
    ) -> Option<DynamicSymbols<'m>> {
        let (address, size) = self.dynamic?;
        let count = (size / 16).min(MAX_DYNAMIC);
        let mut table = vec![0; count as usize * 16];
        memory.read(bias.wrapping_add(address), &mut table).ok()?;
        let value = |tag: elf::DynamicTag| {
            table
                .chunks_exact(16)
                .take_while(|entry| u64_at(entry, 0) != 0)
                .find(|entry| u64_at(entry, 0).cast_signed() == tag.0)
                .map(|entry| u64_at(entry, 8))
        };
        // glibc adds the bias to these pointers in place, others do not.
        let address = |tag| {
            let value = value(tag)?;
            let is_loaded = self.contains(value.wrapping_sub(bias));
            Some(if is_loaded {
                value
            } else {
                bias.wrapping_add(value)
            })
        };
        Some(DynamicSymbols {
            memory,
            bias,
            symbols: address(elf::DT_SYMTAB)?,
            strings: address(elf::DT_STRTAB)?,
            strings_size: value(elf::DT_STRSZ)?,
            gnu_hash: address(elf::DT_GNU_HASH),
            hash: address(elf::DT_HASH),
        })
    }

    /// Whether a linked address lies in a loaded segment.
    fn contains(&self, address: u64) -> bool {
        self.loads
            .iter()
            .any(|load| address.wrapping_sub(load.address) < load.memory_size)
    }
}

/// The description of the GNU build-id note among `notes`.
fn build_id_of_notes(mut notes: &[u8], align: usize) -> Option<Vec<u8>> {
    while notes.len() >= 12 {
        let name_size = u32_at(notes, 0) as usize;
        let size = u32_at(notes, 4) as usize;
        let kind = u32_at(notes, 8);
        let start = 12usize
            .checked_add(name_size)?
            .checked_next_multiple_of(align)?;
        let end = start.checked_add(size)?;
        let description = notes.get(start..end)?;
        let is_gnu = notes.get(12..16) == Some(b"GNU\0") && name_size == 4;
        if kind == elf::NT_GNU_BUILD_ID.0 && is_gnu && (1..=MAX_BUILD_ID).contains(&size) {
            return Some(description.to_vec());
        }
        notes = notes.get(end.checked_next_multiple_of(align)?..)?;
    }
    None
}

/// Symbols that a loaded file offers to the dynamic linker.
pub(super) struct DynamicSymbols<'m> {
    memory: &'m dyn Memory,
    bias: u64,
    symbols: u64,
    strings: u64,
    strings_size: u64,
    gnu_hash: Option<u64>,
    hash: Option<u64>,
}

impl DynamicSymbols<'_> {
    /// The absolute address of the defined symbol `name`.
    pub(super) fn find(&self, name: &str) -> Option<u64> {
        self.find_gnu(name).or_else(|| self.find_old(name))
    }

    /// Through `DT_GNU_HASH`: a Bloom filter, buckets, then chains of hashes
    /// whose lowest bit marks the end.
    fn find_gnu(&self, name: &str) -> Option<u64> {
        let table = self.gnu_hash?;
        let hash = name.bytes().fold(5381_u32, |hash, byte| {
            hash.wrapping_mul(33).wrapping_add(u32::from(byte))
        });
        let buckets = self.u32(table)?;
        let first_symbol = self.u32(table.wrapping_add(4))?;
        let bloom_words = self.u32(table.wrapping_add(8))?;
        let buckets_at = table.wrapping_add(16 + u64::from(bloom_words) * 8);
        let chains_at = buckets_at.wrapping_add(u64::from(buckets) * 4);
        let bucket = u64::from(hash.checked_rem(buckets)?);
        let first = self.u32(buckets_at.wrapping_add(bucket * 4))?;
        for index in first..first.saturating_add(MAX_CHAIN) {
            let position = u64::from(index.checked_sub(first_symbol)?);
            let entry = self.u32(chains_at.wrapping_add(position * 4))?;
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

    /// Through `DT_HASH`: buckets, then chains of symbol numbers.
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
    /// defined here, at an address.
    fn defined(&self, index: u32, name: &str) -> Option<u64> {
        let mut symbol = [0; SYMBOL_SIZE as usize];
        let at = self.symbols.wrapping_add(u64::from(index) * SYMBOL_SIZE);
        self.memory.read(at, &mut symbol).ok()?;
        let name_at = u64::from(u32_at(&symbol, 0));
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

/// The absolute address in an `Elf64_Sym`, if it defines one.
pub(super) fn symbol_address(symbol: &[u8], bias: u64) -> Option<u64> {
    let kind = symbol[4] & 0xf;
    let section = u16_at(symbol, 6);
    let value = u64_at(symbol, 8);
    // A thread-local symbol has an offset, not an address.
    if section == elf::SHN_UNDEF.0 || kind == elf::STT_TLS.0 {
        return None;
    }
    let is_absolute = section == elf::SHN_ABS.0;
    Some(if is_absolute {
        value
    } else {
        bias.wrapping_add(value)
    })
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut value = [0; 4];
    value.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(value)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut value = [0; 8];
    value.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(value)
}
