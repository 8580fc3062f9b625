//! ELF as it lies in a process: headers and notes, read from memory. All of it
//! may be wrong or hostile.

pub mod dynamic;
pub mod file;
pub mod image;

use goblin::elf::header::EM_X86_64;
use goblin::elf::program_header::{PF_R, PF_W, PF_X, PT_DYNAMIC, PT_LOAD, PT_NOTE};
use goblin::elf::section_header::{SHN_ABS, SHN_UNDEF};
use goblin::elf::sym::{STT_TLS, st_type};
use goblin::elf64::header::SIZEOF_EHDR;
use goblin::elf64::program_header::{ProgramHeader, SIZEOF_PHDR};
use goblin::elf64::sym::Sym;
use python_offsets::elf::{build_id_in, parse_header, read_structs};

use super::memory::Memory;

/// Largest number of program headers; real files have about a dozen.
const MAX_PROGRAM_HEADERS: usize = 256;
/// Largest size of one note segment in bytes.
const MAX_NOTES: u64 = 64 << 10;
/// The kernel maps files in pages of this many bytes.
const PAGE_SIZE: u64 = 4096;

/// A part of a file that is loaded (`PT_LOAD`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Where it starts in the file.
    pub offset: u64,
    /// Bytes of it that come from the file.
    pub file_size: u64,
    /// Its address as linked, without the load bias.
    pub address: u64,
    /// Bytes that it takes in memory; those beyond `file_size` are zeros.
    pub memory_size: u64,
    /// Whether it is mapped readable.
    pub readable: bool,
    /// Whether it is mapped writable.
    pub writable: bool,
    /// Whether it is mapped executable.
    pub executable: bool,
}

/// The program headers of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers {
    pub loads: Vec<Segment>,
    /// Linked address and size of the dynamic section.
    pub dynamic: Option<(u64, u64)>,
    /// Linked address, size and alignment of each note segment.
    pub notes: Vec<(u64, u64, u64)>,
    /// The bytes of the headers, to recognise the file by them.
    pub raw: Vec<u8>,
}

/// The start of the page that holds an address or offset.
pub(super) fn page_start(address: u64) -> u64 {
    address & !(PAGE_SIZE - 1)
}

impl Headers {
    /// Reads the headers of a 64-bit x86-64 file. `read` fills a buffer from
    /// an offset in the file and returns whether it could.
    pub(super) fn read(read: impl Fn(u64, &mut [u8]) -> bool) -> Option<Self> {
        let mut bytes = [0; SIZEOF_EHDR];
        if !read(0, &mut bytes) {
            return None;
        }
        let header = parse_header(&bytes).ok()?;
        let count = usize::from(header.e_phnum);
        let is_ours =
            header.e_machine == EM_X86_64 && usize::from(header.e_phentsize) == SIZEOF_PHDR;
        if !is_ours || count > MAX_PROGRAM_HEADERS {
            return None;
        }
        let mut table = vec![0; count * SIZEOF_PHDR];
        if !read(header.e_phoff, &mut table) {
            return None;
        }
        let mut headers = Self {
            loads: Vec::new(),
            dynamic: None,
            notes: Vec::new(),
            raw: [&bytes, table.as_slice()].concat(),
        };
        for entry in read_structs(&table) {
            headers.add(&entry);
        }
        (!headers.loads.is_empty()).then_some(headers)
    }

    fn add(&mut self, entry: &ProgramHeader) {
        match entry.p_type {
            PT_LOAD => self.loads.push(Segment {
                offset: entry.p_offset,
                address: entry.p_vaddr,
                file_size: entry.p_filesz,
                memory_size: entry.p_memsz,
                readable: entry.p_flags & PF_R != 0,
                writable: entry.p_flags & PF_W != 0,
                executable: entry.p_flags & PF_X != 0,
            }),
            PT_DYNAMIC => self.dynamic = Some((entry.p_vaddr, entry.p_memsz)),
            PT_NOTE => {
                let note = (entry.p_vaddr, entry.p_filesz, entry.p_align);
                self.notes.push(note);
            }
            _ => {}
        }
    }

    /// The build id, from the notes in memory.
    pub(super) fn build_id(&self, memory: &dyn Memory, bias: u64) -> Option<Vec<u8>> {
        self.notes.iter().find_map(|&(address, size, align)| {
            let mut notes = vec![0; size.min(MAX_NOTES) as usize];
            memory.read(bias.wrapping_add(address), &mut notes).ok()?;
            build_id_in(&notes, align).map(<[u8]>::to_vec)
        })
    }

    /// Whether a linked address lies in a loaded segment.
    pub(super) fn contains(&self, address: u64) -> bool {
        self.loads
            .iter()
            .any(|load| address.wrapping_sub(load.address) < load.memory_size)
    }
}

/// The absolute address of a symbol, if this file defines one.
pub(super) fn symbol_address(symbol: &Sym, bias: u64) -> Option<u64> {
    let section = u32::from(symbol.st_shndx);
    // A thread-local symbol has an offset, not an address.
    if section == SHN_UNDEF || st_type(symbol.st_info) == STT_TLS {
        return None;
    }
    Some(match section == SHN_ABS {
        true => symbol.st_value,
        false => bias.wrapping_add(symbol.st_value),
    })
}

#[cfg(test)]
mod tests {
    use goblin::elf64::dynamic::{DT_GNU_HASH, Dyn};

    use super::dynamic::DynamicSymbols;
    use crate::process::elf::*;
    use crate::process::memory::{ReadCause, ReadError, ReadStats};

    /// This very program's file, loaded where it says, byte for byte.
    struct Loaded {
        file: Vec<u8>,
        headers: Headers,
    }

    impl Memory for Loaded {
        fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            let len = buf.len();
            let cause = ReadCause::Unmapped;
            let bytes = self.headers.loads.iter().find_map(|load| {
                let inside = addr.checked_sub(load.address)?;
                let start = usize::try_from(load.offset.checked_add(inside)?).ok()?;
                self.file.get(start..start.checked_add(len)?)
            });
            buf.copy_from_slice(bytes.ok_or(ReadError { addr, len, cause })?);
            Ok(())
        }

        fn stats(&self) -> ReadStats {
            ReadStats::default()
        }
    }

    fn headers_of(file: &[u8]) -> Option<Headers> {
        Headers::read(|offset, buf| {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let end = start.saturating_add(buf.len());
            file.get(start..end).is_some_and(|bytes| {
                buf.copy_from_slice(bytes);
                true
            })
        })
    }

    #[test]
    fn damaged_files_do_no_harm() {
        let mut file = std::fs::read("/proc/self/exe").unwrap();
        let headers = headers_of(&file).unwrap();
        let (dynamic, size) = headers.dynamic.unwrap();
        let part = |at: u64, len: u64| {
            let load = headers
                .loads
                .iter()
                .rfind(|load| load.address <= at)
                .unwrap();
            let start = (at - load.address + load.offset) as usize;
            start..start + len as usize
        };
        let table = part(dynamic, size);
        let hash = read_structs::<Dyn>(&file[table.clone()])
            .find(|entry| entry.d_tag == DT_GNU_HASH)
            .map(|entry| part(entry.d_val, 256))
            .unwrap();
        let (notes, notes_size, _) = headers.notes[0];
        let damaged = [0..64, 64..1024, table, hash, part(notes, notes_size)];
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        };
        for round in 0..3_000 {
            let part = &damaged[round % damaged.len()];
            let at = part.start + next() as usize % part.len();
            let saved = file[at..at + 8].to_vec();
            let value = [next(), 0, u64::MAX, next() >> 32][round / 7 % 4];
            file[at..at + 8].copy_from_slice(&value.to_le_bytes());
            if let Some(headers) = headers_of(&file) {
                let memory = Loaded { file, headers };
                for bias in [0, 0x7f00_0000_0000, u64::MAX - 4095] {
                    let _ = memory.headers.build_id(&memory, bias);
                    let symbols = DynamicSymbols::of(&memory.headers, &memory, bias);
                    let _ = symbols.and_then(|symbols| symbols.find("main"));
                }
                file = memory.file;
            }
            file[at..at + 8].copy_from_slice(&saved);
        }
    }
}
