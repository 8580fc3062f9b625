//! The sections with debug information of one ELF file.

use std::borrow::Cow;

use goblin::elf::header::EM_X86_64;

use super::DwarfError;
use crate::elf::{ElfError, FileRanges, Sections};

/// Names of the files that complete an ELF file, and what identifies it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// `NT_GNU_BUILD_ID`: the same in a binary and its debug file.
    pub build_id: Option<Vec<u8>>,
    /// `.gnu_debuglink`: the file with the split-off debug information.
    pub debug_link: Option<DebugLink>,
    /// `.gnu_debugaltlink`: what several debug files share.
    pub alt_link: Option<AltLink>,
}

/// `.gnu_debuglink`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebugLink {
    /// Name of the file, without a directory.
    pub name: String,
    /// CRC-32 of its contents.
    pub crc: u32,
}

/// `.gnu_debugaltlink`, which `dwz` writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AltLink {
    /// Path of the file, absolute or relative to the one that names it.
    pub path: String,
    /// Its build id.
    pub build_id: Vec<u8>,
}

impl Links {
    /// Reads them from an ELF file, which need not have debug information.
    ///
    /// # Errors
    /// When it is no 64-bit ELF file, or a damaged one.
    pub fn read<F: FileRanges + ?Sized>(elf: &F) -> Result<Self, DwarfError> {
        Self::of(elf, &Sections::read(elf)?)
    }

    fn of<F: FileRanges + ?Sized>(elf: &F, sections: &Sections) -> Result<Self, DwarfError> {
        let debug_link = sections.contents(elf, ".gnu_debuglink")?;
        let alt_link = sections.contents(elf, ".gnu_debugaltlink")?;
        Ok(Self {
            build_id: sections.build_id(elf),
            debug_link: debug_link
                .map(|bytes| DebugLink::parse(&bytes).ok_or(ElfError::Damaged(".gnu_debuglink")))
                .transpose()?,
            alt_link: alt_link
                .map(|bytes| AltLink::parse(&bytes).ok_or(ElfError::Damaged(".gnu_debugaltlink")))
                .transpose()?,
        })
    }
}

impl DebugLink {
    /// The name, its end aligned to four bytes, and the checksum.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (name, _) = split_text(bytes)?;
        let crc = bytes.get((name.len() + 1).next_multiple_of(4)..)?;
        Some(Self {
            name: String::from_utf8_lossy(name).into_owned(),
            crc: u32::from_le_bytes(*crc.first_chunk()?),
        })
    }
}

impl AltLink {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (path, build_id) = split_text(bytes)?;
        Some(Self {
            path: String::from_utf8_lossy(path).into_owned(),
            build_id: build_id.to_vec(),
        })
    }
}

/// The text up to the first zero byte, and what follows that byte.
fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// The debug sections of one file, uncompressed.
pub struct Image<'data> {
    pub links: Links,
    pub info: Cow<'data, [u8]>,
    pub types: Cow<'data, [u8]>,
    pub abbrev: Cow<'data, [u8]>,
    pub strings: Cow<'data, [u8]>,
    pub line_strings: Cow<'data, [u8]>,
    pub string_offsets: Cow<'data, [u8]>,
}

impl<'data> Image<'data> {
    pub fn load<F: FileRanges + ?Sized>(elf: &'data F) -> Result<Self, DwarfError> {
        let sections = Sections::read(elf)?;
        if sections.machine() != EM_X86_64 {
            return Err(DwarfError::Foreign);
        }
        let section = |name: &'static str| match sections.contents(elf, name) {
            Ok(bytes) => Ok(bytes.unwrap_or_default()),
            Err(ElfError::TooLarge { size }) => Err(DwarfError::TooLarge {
                section: name,
                size,
            }),
            Err(error) => Err(error.into()),
        };
        let info = section(".debug_info")?;
        if info.is_empty() {
            return Err(DwarfError::Missing);
        }
        Ok(Self {
            links: Links::of(elf, &sections)?,
            info,
            types: section(".debug_types")?,
            abbrev: section(".debug_abbrev")?,
            strings: section(".debug_str")?,
            line_strings: section(".debug_line_str")?,
            string_offsets: section(".debug_str_offsets")?,
        })
    }
}
