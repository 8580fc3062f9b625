//! The bytes of one section, decompressed.

use std::borrow::Cow;

use flate2::{Decompress, FlushDecompress};
use goblin::elf::compression_header::compression_header64::{CompressionHeader, SIZEOF_CHDR};
use goblin::elf::compression_header::{ELFCOMPRESS_ZLIB, ELFCOMPRESS_ZSTD};
use goblin::elf::section_header::{SHF_COMPRESSED, SHT_NOBITS};
use goblin::elf64::section_header::SectionHeader;
use ruzstd::decoding::FrameDecoder;

use super::{ElfError, FileRanges, MAX_SECTION, read_struct};

/// Largest ratio of decompressed to compressed size. It is the limit of zlib
/// (<https://zlib.net/zlib_tech.html>). Zstandard data with a larger ratio is refused.
const MAX_RATIO: u64 = 1032;
/// The start of a `.zdebug_…` section: `ZLIB`, then the size as a big-endian number.
const GNU_MAGIC: &[u8] = b"ZLIB";
const GNU_HEADER_SIZE: u64 = 12;

/// How the bytes of a section are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// `SHF_COMPRESSED`: a header says which format it is.
    Compressed,
    /// `.zdebug_…`.
    GnuZlib,
}

impl Form {
    pub(super) fn of(section: &SectionHeader) -> Self {
        match section.sh_flags & u64::from(SHF_COMPRESSED) {
            0 => Self::Plain,
            _ => Self::Compressed,
        }
    }
}

/// Formats of compressed sections.
#[derive(Debug, Clone, Copy)]
enum Format {
    Zlib,
    Zstandard,
}

const DAMAGED: ElfError = ElfError::Damaged("section");

/// The bytes of `section`.
pub(super) fn contents<'f, F: FileRanges + ?Sized>(
    file: &'f F,
    section: &SectionHeader,
    form: Form,
) -> Result<Cow<'f, [u8]>, ElfError> {
    if section.sh_type == SHT_NOBITS {
        return Ok(Cow::Borrowed(&[]));
    }
    let (offset, len) = (section.sh_offset, section.sh_size);
    let (format, size, header_size) = match form {
        Form::Plain if len > MAX_SECTION => return Err(ElfError::TooLarge { size: len }),
        Form::Plain => return file.range(offset, len).ok_or(DAMAGED),
        Form::Compressed => {
            let (format, size) = compression(file, offset)?;
            (format, size, SIZEOF_CHDR as u64)
        }
        Form::GnuZlib => (Format::Zlib, gnu_size(file, offset)?, GNU_HEADER_SIZE),
    };
    let packed = len.checked_sub(header_size).ok_or(DAMAGED)?;
    if !is_believable(packed, size) {
        return Err(ElfError::TooLarge { size });
    }
    let start = offset.checked_add(header_size).ok_or(DAMAGED)?;
    let packed = file.range(start, packed).ok_or(DAMAGED)?;
    decompress(format, &packed, size).map(Cow::Owned)
}

fn compression<F: FileRanges + ?Sized>(file: &F, offset: u64) -> Result<(Format, u64), ElfError> {
    let bytes = file.range(offset, SIZEOF_CHDR as u64).ok_or(DAMAGED)?;
    let header: CompressionHeader = read_struct(&bytes).ok_or(DAMAGED)?;
    let format = match header.ch_type {
        ELFCOMPRESS_ZLIB => Format::Zlib,
        ELFCOMPRESS_ZSTD => Format::Zstandard,
        _ => return Err(ElfError::UnknownCompression),
    };
    Ok((format, header.ch_size))
}

fn gnu_size<F: FileRanges + ?Sized>(file: &F, offset: u64) -> Result<u64, ElfError> {
    let bytes = file.range(offset, GNU_HEADER_SIZE).ok_or(DAMAGED)?;
    let size = bytes
        .strip_prefix(GNU_MAGIC)
        .and_then(|it| it.first_chunk());
    size.map(|size| u64::from_be_bytes(*size)).ok_or(DAMAGED)
}

/// Whether `packed` bytes can decompress to the stated `size`: that much memory
/// is reserved before the first byte is decompressed.
fn is_believable(packed: u64, size: u64) -> bool {
    packed <= MAX_SECTION && size <= packed.saturating_mul(MAX_RATIO).min(MAX_SECTION)
}

fn decompress(format: Format, packed: &[u8], size: u64) -> Result<Vec<u8>, ElfError> {
    let size = usize::try_from(size).map_err(|_| DAMAGED)?;
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(size)
        .map_err(|_| ElfError::TooLarge { size: size as u64 })?;
    // Neither writes more than was reserved.
    let is_read = match format {
        Format::Zlib => Decompress::new(true)
            .decompress_vec(packed, &mut bytes, FlushDecompress::Finish)
            .is_ok(),
        Format::Zstandard => FrameDecoder::new()
            .decode_all_to_vec(packed, &mut bytes)
            .is_ok(),
    };
    match is_read && bytes.len() == size {
        true => Ok(bytes),
        false => Err(DAMAGED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_believed_than_can_come_out() {
        assert!(is_believable(100, 103_200) && is_believable(2 << 20, MAX_SECTION));
        assert!(!is_believable(100, 103_201) && !is_believable(2 << 20, MAX_SECTION + 1));
        assert!(is_believable(0, 0) && !is_believable(0, 1));
        assert!(!is_believable(MAX_SECTION + 1, 1));
    }
}
