//! ELF files of 64-bit little-endian machines: headers, sections and notes.
//!
//! A file is read range by range, as goblin's plain structs: first the headers,
//! then only the sections that are asked for. Files may be damaged or hostile,
//! so every size is bounded before memory is reserved for it.

mod contents;
mod sections;

use std::borrow::Cow;
use std::fs::File;
use std::os::unix::fs::FileExt;

use goblin::elf::note::{NT_GNU_BUILD_ID, Nhdr32};
use goblin::elf64::header::{
    EI_CLASS, EI_DATA, ELFCLASS64, ELFDATA2LSB, ELFMAG, Header, SIZEOF_EHDR,
};
use plain::Plain;

pub use sections::Sections;

/// Largest size of a section in bytes, uncompressed.
pub(crate) const MAX_SECTION: u64 = 1 << 30;
/// Largest size of a build id in bytes; real ones have 16 or 20.
const MAX_BUILD_ID: usize = 64;
/// Size of the header of a note, which is the same in 32-bit and 64-bit files.
const NOTE_HEADER_SIZE: usize = size_of::<Nhdr32>();

/// An ELF file that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// It does not start with the magic bytes of ELF.
    #[error("no ELF header")]
    NotElf,
    /// It is for a 32-bit or a big-endian machine.
    #[error("not a 64-bit little-endian file")]
    Foreign,
    /// Something in it lies outside of the file or contradicts itself.
    #[error("damaged {0}")]
    Damaged(&'static str),
    /// A section states a size that is not believed.
    #[error("a section of {size} bytes is too large")]
    TooLarge {
        /// The stated size in bytes, uncompressed.
        size: u64,
    },
    /// A section is compressed in an unknown format.
    #[error("unknown compression")]
    UnknownCompression,
}

/// The bytes of a file, read only where they are asked for.
pub trait FileRanges {
    /// Size of the file in bytes.
    fn size(&self) -> u64;

    /// The `len` bytes at `offset`. `None` when they are not all in the file.
    fn range(&self, offset: u64, len: u64) -> Option<Cow<'_, [u8]>>;
}

impl FileRanges for [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn range(&self, offset: u64, len: u64) -> Option<Cow<'_, [u8]>> {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        self.get(start..end).map(Cow::Borrowed)
    }
}

impl FileRanges for Vec<u8> {
    fn size(&self) -> u64 {
        self.as_slice().size()
    }

    fn range(&self, offset: u64, len: u64) -> Option<Cow<'_, [u8]>> {
        self.as_slice().range(offset, len)
    }
}

impl FileRanges for File {
    fn size(&self) -> u64 {
        self.metadata().map_or(0, |metadata| metadata.len())
    }

    fn range(&self, offset: u64, len: u64) -> Option<Cow<'_, [u8]>> {
        // What a file states is compared with its size before it is allocated.
        if offset.checked_add(len)? > self.size() {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(len).ok()?];
        self.read_exact_at(&mut bytes, offset).ok()?;
        Some(Cow::Owned(bytes))
    }
}

/// The plain struct at the start of `bytes`. `None` when they are too few.
pub fn read_struct<T: Plain + Default>(bytes: &[u8]) -> Option<T> {
    let mut value = T::default();
    value.copy_from_bytes(bytes).ok()?;
    Some(value)
}

/// The plain structs that follow each other in `bytes`, without a cut-off last one.
pub fn read_structs<T: Plain + Default>(bytes: &[u8]) -> impl Iterator<Item = T> {
    bytes.chunks_exact(size_of::<T>()).filter_map(read_struct)
}

/// The header of an ELF file.
///
/// # Errors
/// When it is no ELF file, or one for a 32-bit or big-endian machine.
pub fn read_header<F: FileRanges + ?Sized>(file: &F) -> Result<Header, ElfError> {
    let bytes = file.range(0, SIZEOF_EHDR as u64).ok_or(ElfError::NotElf)?;
    parse_header(&bytes)
}

/// The header of an ELF file, from its first bytes.
///
/// # Errors
/// As [`read_header`].
pub fn parse_header(bytes: &[u8]) -> Result<Header, ElfError> {
    let header: Header = read_struct(bytes).ok_or(ElfError::NotElf)?;
    if !header.e_ident.starts_with(ELFMAG) {
        return Err(ElfError::NotElf);
    }
    let is_readable =
        header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB;
    is_readable.then_some(header).ok_or(ElfError::Foreign)
}

/// The build id (`NT_GNU_BUILD_ID`) among the notes of one segment or section,
/// whose alignment is `align`.
pub fn build_id_in(mut notes: &[u8], align: u64) -> Option<&[u8]> {
    let align = if align == 8 { 8 } else { 4 };
    while let Some(note) = note_header(notes) {
        let (name_size, size) = (note.n_namesz as usize, note.n_descsz as usize);
        let start = NOTE_HEADER_SIZE
            .checked_add(name_size)?
            .checked_next_multiple_of(align)?;
        let end = start.checked_add(size)?;
        let description = notes.get(start..end)?;
        let is_gnu = name_size == 4 && notes[NOTE_HEADER_SIZE..].starts_with(b"GNU\0");
        if note.n_type == NT_GNU_BUILD_ID && is_gnu && (1..=MAX_BUILD_ID).contains(&size) {
            return Some(description);
        }
        notes = notes.get(end.checked_next_multiple_of(align)?..)?;
    }
    None
}

fn note_header(bytes: &[u8]) -> Option<Nhdr32> {
    let mut header = Nhdr32 {
        n_namesz: 0,
        n_descsz: 0,
        n_type: 0,
    };
    header.copy_from_bytes(bytes).ok()?;
    Some(header)
}
