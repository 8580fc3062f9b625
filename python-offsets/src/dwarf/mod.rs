//! Offsets from the debug information of a binary.
//!
//! Only the compilation units of the source files in `data/members.toml` are read,
//! which takes milliseconds. A file is hostile input: cycles, depths and sizes in it
//! cause only a bounded amount of work.

mod image;
mod structs;
mod units;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::elf::{ElfError, FileRanges};
use crate::members::{Expression, Key, Kind, Members, Path};
use crate::{Error, Overlay};

use image::Image;
use structs::Structs;
use units::Units;

pub use image::{AltLink, DebugLink, Links};

/// Maximum time for reading one file. Real files take a hundredth of it.
const DEADLINE: Duration = Duration::from_secs(5);

/// The offsets in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Build id of the file and names of the files that complete it.
    pub links: Links,
    /// The found numbers. The files of one process, such as `libpython` and `_asyncio`,
    /// complete each other: extend one overlay by the other.
    pub overlay: Overlay,
    /// The expression over C types for each number.
    pub members: BTreeMap<String, String>,
}

/// Debug information that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DwarfError {
    /// It is no ELF file, or a damaged one.
    #[error("not a readable ELF file: {0}")]
    Elf(ElfError),
    /// It is not for x86-64.
    #[error("not an x86-64 ELF file")]
    Foreign,
    /// It has no debug information; [`Links`] may lead to it.
    #[error("no debug information")]
    Missing,
    /// A section is larger than the limit.
    #[error("section {section} of {size} bytes is too large")]
    TooLarge {
        /// Name of the section.
        section: &'static str,
        /// Its size, uncompressed.
        size: u64,
    },
    /// The debug information is damaged.
    #[error("damaged debug information: {0}")]
    Damaged(#[from] gimli::Error),
    /// There is more of something than the limit.
    #[error("debug information with too many {what}")]
    TooMany {
        /// Name of the thing.
        what: &'static str,
    },
    /// Reading took longer than the limit.
    #[error("debug information that takes too long to read")]
    Deadline,
    /// The alternate file is not the one that the file was split from.
    #[error("the alternate debug file has another build id")]
    WrongAlternate,
    /// The data of this crate is malformed.
    #[error(transparent)]
    Data(#[from] Error),
}

impl From<ElfError> for DwarfError {
    fn from(error: ElfError) -> Self {
        match error {
            ElfError::Foreign => Self::Foreign,
            error => Self::Elf(error),
        }
    }
}

/// Reads offsets from an ELF file with DWARF 2 to 5, plain or compressed;
/// `alternate` is the file that `.gnu_debugaltlink` names, if any.
///
/// Keys that the binary does not describe are missing in the result. Without the
/// alternate file many may be missing.
///
/// # Errors
/// When the file is no x86-64 ELF file with debug information, is damaged, or
/// exceeds a limit.
pub fn read<F: FileRanges + ?Sized>(elf: &F, alternate: Option<&F>) -> Result<Found, DwarfError> {
    let members = Members::embedded()?;
    let main = Image::load(elf)?;
    let links = main.links.clone();
    let alternate = alternate.map(Image::load).transpose()?;
    if let (Some(link), Some(file)) = (&links.alt_link, &alternate)
        && file.links.build_id.as_ref() != Some(&link.build_id)
    {
        return Err(DwarfError::WrongAlternate);
    }
    let units = Units::new(&main, alternate.as_ref(), DEADLINE)?;
    let mut structs = Structs::find(&units, members)?;
    let mut overlay = Overlay::new();
    let mut from = BTreeMap::new();
    for key in &members.keys {
        if let Some((value, expression)) = lookup(&mut structs, key)? {
            overlay.insert(key.name.clone(), value);
            from.insert(key.name.clone(), expression.text.clone());
        }
    }
    Ok(Found {
        links,
        overlay,
        members: from,
    })
}

/// The value of a key and the expression that gives it.
fn lookup<'k>(
    structs: &mut Structs<'_>,
    key: &'k Key,
) -> Result<Option<(i64, &'k Expression)>, DwarfError> {
    for candidate in &key.at {
        if let Some(condition) = &candidate.condition
            && evaluate(structs, &condition.expression)?.is_some() != condition.known
        {
            continue;
        }
        if let Some(value) = evaluate(structs, &candidate.expression)? {
            return Ok(Some((value, &candidate.expression)));
        }
    }
    Ok(None)
}

/// The value of an expression. `None` if it names something unknown.
fn evaluate(structs: &mut Structs<'_>, expression: &Expression) -> Result<Option<i64>, DwarfError> {
    let bits = |structs: &mut Structs<'_>, path: &Path| structs.locate(path);
    let value = match &expression.kind {
        Kind::Size(root) => structs.size(root)?,
        Kind::Offset(path) => bits(structs, path)?.map(|die_ref| die_ref.bit / 8),
        Kind::Count(path) => match bits(structs, path)? {
            Some(die_ref) => structs.count(&die_ref)?,
            None => None,
        },
        Kind::Bit(path) => bits(structs, path)?
            .filter(|die_ref| die_ref.is_bit_field)
            .map(|die_ref| die_ref.bit % 8),
        Kind::Bits(from, to) => match (bits(structs, from)?, bits(structs, to)?) {
            (Some(from), Some(to)) => to.bit.checked_sub(from.bit),
            _ => None,
        },
    };
    Ok(value.and_then(|value| i64::try_from(value).ok()))
}
