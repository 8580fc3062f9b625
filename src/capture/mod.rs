//! Files that hold a recording: the input of a snapshot, so that the snapshot can be
//! made again on another machine.
//!
//! ```text
//! 8   "\x89DAPPER\n"
//! 2   version of the format
//! 1+n the version of dapper-attach that wrote it
//! 8   size of the decompressed body in bytes
//! 8   size of the compressed body in bytes
//! 4   CRC-32 of the fields above and of the compressed body
//! .   the body, compressed (deflate): the length of the facts (LEB128), the
//!     facts (JSON), and the memory of each sample of each process, the last
//!     sample first
//! ```
//! Numbers of fixed size are little-endian.
//!
//! A recording over time has version 2 of the same header up to the version of dapper-attach, and
//! then chunks until the file ends:
//!
//! ```text
//! 1   what it is: `A` which process (JSON), `P` a part of the timeline (JSON), `L` when a whole
//!     look was taken (JSON), `M` its memory: the length of its facts (LEB128), its facts (JSON),
//!     and its pages, where those that are equal in the look before are only referred to
//! 8   nanoseconds since the beginning of the recording
//! 4   size of the decompressed body in bytes
//! 4   size of the compressed body in bytes
//! 4   CRC-32 of the fields above and of the compressed body
//! .   the body, compressed (deflate)
//! ```
//! A memory without its look is only there for the next one to be compared with.
//! Kinds of chunks that are not known are skipped. The last part says that it is the last.

mod at;
mod body;
mod chunks;
mod error;
mod file;
mod record_file;
mod record_writer;

use std::io::{Read, Write};

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

pub use at::At;
pub use error::CaptureError;
pub use file::{open_file, read_file, write_file};
pub use record_file::{End, RecordFile};
pub use record_writer::{EncodedLook, Look, LookEncoder, RecordWriter};

use crate::inspect::recording::Recording;

/// First bytes of every capture.
const MAGIC: &[u8; 8] = b"\x89DAPPER\n";
/// Version of the format. Files of another version are refused.
const FORMAT: u16 = 1;
/// Maximum size of a decompressed body in bytes.
const MAX_BODY: usize = 512 << 20;
/// Size of a body in bytes above which the best compression would take seconds.
const LARGE: usize = 16 << 20;
/// Maximum size of a file in bytes. Deflate enlarges incompressible data slightly.
const MAX_FILE: usize = MAX_BODY + (1 << 20);

/// Encodes `recording` as a file.
///
/// # Errors
/// If it exceeds a limit on its size, so that [`read`] would refuse it.
pub fn write(recording: &Recording) -> Result<Vec<u8>, CaptureError> {
    let body = body::write(recording)?;
    let level = match body.len() > LARGE {
        true => Compression::fast(),
        false => Compression::best(),
    };
    let mut encoder = DeflateEncoder::new(Vec::new(), level);
    let packed = (encoder.write_all(&body)).and_then(|()| encoder.finish())?;
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    let mut file = Vec::with_capacity(packed.len() + 64);
    file.extend(MAGIC);
    file.extend(FORMAT.to_le_bytes());
    file.push(version.len() as u8);
    file.extend(version);
    file.extend((body.len() as u64).to_le_bytes());
    file.extend((packed.len() as u64).to_le_bytes());
    let sum = checksum(&file, &packed);
    file.extend(sum.to_le_bytes());
    file.extend(packed);
    Ok(file)
}

/// What a file holds.
#[derive(Debug)]
pub enum Captured {
    /// The input of one report.
    Moment(Recording),
    /// A recording over time.
    OverTime(RecordFile),
}

/// Decodes a capture or a recording over time.
///
/// # Errors
/// Those of [`read`]. A recording over time that is cut short or damaged is read up to there.
pub fn open(file: Vec<u8>) -> Result<Captured, CaptureError> {
    let mut rest = &file[..];
    match header(&mut rest)? {
        (record_writer::RECORD_FORMAT, _) => {
            let from = file.len() - rest.len();
            Ok(Captured::OverTime(RecordFile::read(file, from)?))
        }
        _ => Ok(Captured::Moment(read(&file)?)),
    }
}

/// Takes the header off `rest`: the version of the format, and that of dapper-attach.
fn header<'a>(rest: &mut &'a [u8]) -> Result<(u16, &'a [u8]), CaptureError> {
    if !rest.starts_with(MAGIC) {
        return Err(match !rest.is_empty() && MAGIC.starts_with(rest) {
            true => CaptureError::Short,
            false => CaptureError::NoCapture,
        });
    }
    take(rest, MAGIC.len())?;
    let format = u16::from_le_bytes(array(rest)?);
    let [length] = array(rest)?;
    Ok((format, take(rest, length.into())?))
}

/// Decodes a file that [`write`] encoded.
///
/// # Errors
/// If the file is not a capture, has another version, is damaged, or exceeds a limit
/// on its size.
pub fn read(file: &[u8]) -> Result<Recording, CaptureError> {
    let mut rest = file;
    let (format, tool) = header(&mut rest)?;
    if format != FORMAT {
        return Err(CaptureError::Version {
            format,
            tool: String::from_utf8_lossy(tool).into_owned(),
        });
    }
    let unpacked = u64::from_le_bytes(array(&mut rest)?);
    let packed = u64::from_le_bytes(array(&mut rest)?);
    let header = &file[..file.len() - rest.len()];
    let sum = u32::from_le_bytes(array(&mut rest)?);
    if (rest.len() as u64) < packed {
        return Err(CaptureError::Short);
    }
    if rest.len() as u64 != packed || checksum(header, rest) != sum {
        return Err(CaptureError::Damaged);
    }
    let unpacked = usize::try_from(unpacked).unwrap_or(usize::MAX);
    if unpacked > MAX_BODY {
        return Err(CaptureError::TooLarge);
    }
    let mut body = Vec::new();
    // One byte more than expected, so that a longer body is noticed.
    let limit = (unpacked as u64).saturating_add(1);
    DeflateDecoder::new(rest)
        .take(limit)
        .read_to_end(&mut body)?;
    if body.len() != unpacked {
        return Err(CaptureError::Damaged);
    }
    body::read(body)
}

fn checksum(header: &[u8], body: &[u8]) -> u32 {
    let mut sum = Crc::new();
    sum.update(header);
    sum.update(body);
    sum.sum()
}

fn take<'a>(from: &mut &'a [u8], len: usize) -> Result<&'a [u8], CaptureError> {
    let (front, rest) = from.split_at_checked(len).ok_or(CaptureError::Short)?;
    *from = rest;
    Ok(front)
}

fn array<const N: usize>(from: &mut &[u8]) -> Result<[u8; N], CaptureError> {
    let front = take(from, N)?;
    front.try_into().map_err(|_| CaptureError::Short)
}
