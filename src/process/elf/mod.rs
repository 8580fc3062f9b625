//! ELF as it lies in a process: headers and notes, read from memory. Everything here may be wrong or hostile.

pub mod dynamic;
pub mod file;
pub mod image;

use object::elf;

use super::memory::Memory;

const HEADER_SIZE: usize = 64;
const PROGRAM_HEADER_SIZE: usize = 56;
/// Program headers of one file; real ones have about a dozen.
const MAX_PROGRAM_HEADERS: usize = 256;
/// Bytes of one note segment.
const MAX_NOTES: u64 = 64 << 10;
/// Bytes of one build id; real ones have 16 or 20.
const MAX_BUILD_ID: usize = 64;
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
pub(crate) struct Headers {
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

    /// Whether a linked address lies in a loaded segment.
    pub(super) fn contains(&self, address: u64) -> bool {
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

#[cfg(test)]
mod tests {
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
        let hash = (file[table.clone()].chunks_exact(16))
            .find(|entry| u64_at(entry, 0).cast_signed() == elf::DT_GNU_HASH.0)
            .map(|entry| part(u64_at(entry, 8), 256))
            .unwrap();
        let (notes, notes_size, _) = headers.notes[0];
        let places = [0..64, 64..1024, table, hash, part(notes, notes_size)];
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        };
        for round in 0..3_000 {
            let place = &places[round % places.len()];
            let at = place.start + next() as usize % place.len();
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
