//! The sections of one ELF file.

use std::borrow::Cow;

use object::{Architecture, CompressedData, Object, ObjectSection};

use super::DwarfError;

/// No section that is believed is larger, uncompressed.
const MAX_SECTION: u64 = 1 << 30;
/// How many bytes can come out of one: zlib's limit (<https://zlib.net/zlib_tech.html>).
/// What Zstandard packs closer than that is refused.
const MOST_COMPRESSED: u64 = 1032;

/// Whether a section may have as many bytes as it says: so much is allocated
/// before the first is decompressed.
pub fn is_believable(section: &CompressedData<'_>) -> bool {
    let most = (section.data.len() as u64).saturating_mul(MOST_COMPRESSED);
    section.uncompressed_size <= most.min(MAX_SECTION)
}

/// Names of the files that complete an ELF file, and what identifies it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// `NT_GNU_BUILD_ID`: the same in a binary and its debug file.
    pub build_id: Option<Vec<u8>>,
    /// `.gnu_debuglink`: where the debug information was split off to.
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
    /// Reads them from the bytes of an ELF file, which need not have debug
    /// information.
    ///
    /// # Errors
    /// When it is no ELF file, or a damaged one.
    pub fn read(elf: &[u8]) -> Result<Self, DwarfError> {
        Self::of(&object::File::parse(elf)?)
    }

    fn of(file: &object::File<'_>) -> Result<Self, DwarfError> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Self {
            build_id: file.build_id()?.map(<[u8]>::to_vec),
            debug_link: file.gnu_debuglink()?.map(|(name, crc)| DebugLink {
                name: text(name),
                crc,
            }),
            alt_link: file.gnu_debugaltlink()?.map(|(path, build_id)| AltLink {
                path: text(path),
                build_id: build_id.to_vec(),
            }),
        })
    }
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
    pub fn load(elf: &'data [u8]) -> Result<Self, DwarfError> {
        let file = object::File::parse(elf)?;
        if file.architecture() != Architecture::X86_64 || !file.is_little_endian() {
            return Err(DwarfError::Foreign);
        }
        let section = |name: &'static str| -> Result<Cow<'data, [u8]>, DwarfError> {
            let Some(section) = file.section_by_name(name) else {
                return Ok(Cow::Borrowed(&[]));
            };
            let data = section.compressed_data()?;
            if !is_believable(&data) {
                return Err(DwarfError::TooLarge {
                    section: name,
                    size: data.uncompressed_size,
                });
            }
            Ok(data.decompress()?)
        };
        let info = section(".debug_info")?;
        if info.is_empty() {
            return Err(DwarfError::Missing);
        }
        Ok(Self {
            links: Links::of(&file)?,
            info,
            types: section(".debug_types")?,
            abbrev: section(".debug_abbrev")?,
            strings: section(".debug_str")?,
            line_strings: section(".debug_line_str")?,
            string_offsets: section(".debug_str_offsets")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use object::CompressionFormat;

    use super::*;

    #[test]
    fn no_more_is_believed_than_can_come_out() {
        let says = |packed: usize, uncompressed_size| {
            is_believable(&CompressedData {
                format: CompressionFormat::Zlib,
                data: &vec![0; packed],
                uncompressed_size,
            })
        };
        assert!(says(100, 103_200) && says(2 << 20, MAX_SECTION));
        assert!(!says(100, 103_201) && !says(2 << 20, MAX_SECTION + 1));
        assert!(says(0, 0) && !says(0, 1));
    }
}
