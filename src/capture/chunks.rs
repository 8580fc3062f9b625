//! How a recording over time lies in its file: chunks one after the other, so that what was written
//! before the file ended can be read.

use std::io::{Read, Write};

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use super::{CaptureError, array, take};

/// Maximum size of one decompressed chunk in bytes.
pub(super) const MAX_CHUNK: usize = 128 << 20;

/// What a chunk holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Which process it is: the first chunk.
    About,
    /// A part of the timeline.
    Part,
    /// When a whole look was taken, and what was wrong then.
    Look,
    /// The memory of the look before this chunk.
    Memory,
}

impl Kind {
    const ALL: [Self; 4] = [Self::About, Self::Part, Self::Look, Self::Memory];

    const fn letter(self) -> u8 {
        match self {
            Self::About => b'A',
            Self::Part => b'P',
            Self::Look => b'L',
            Self::Memory => b'M',
        }
    }
}

/// One chunk of a file.
#[derive(Debug, Clone)]
pub(super) struct Chunk<'a> {
    /// What it holds. `None` for what only newer versions know.
    pub kind: Option<Kind>,
    /// When it was written, in nanoseconds since the beginning of the recording.
    pub at_ns: u64,
    /// Size of its decompressed body in bytes.
    pub size: usize,
    packed: &'a [u8],
}

/// Why there is no further chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoChunk {
    /// The file ends within it.
    Short,
    /// Its checksum is wrong.
    Damaged,
}

/// Encodes a chunk.
///
/// # Errors
/// If its body is larger than a chunk may be.
pub(super) fn pack(kind: Kind, at_ns: u64, body: &[u8]) -> Result<Vec<u8>, CaptureError> {
    if body.len() > MAX_CHUNK {
        return Err(CaptureError::TooLarge);
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let packed = (encoder.write_all(body)).and_then(|()| encoder.finish())?;
    let mut chunk = Vec::with_capacity(packed.len() + 32);
    chunk.push(kind.letter());
    chunk.extend(at_ns.to_le_bytes());
    // Both sizes fit: see `MAX_CHUNK`.
    chunk.extend((body.len() as u32).to_le_bytes());
    chunk.extend((packed.len() as u32).to_le_bytes());
    let sum = checksum(&chunk, &packed);
    chunk.extend(sum.to_le_bytes());
    chunk.extend(packed);
    Ok(chunk)
}

/// Takes the next chunk off `rest`, which is not empty.
///
/// # Errors
/// If it is not whole. `rest` is as it was then.
pub(super) fn next<'a>(rest: &mut &'a [u8]) -> Result<Chunk<'a>, NoChunk> {
    let mut after = *rest;
    let chunk = read(&mut after).map_err(|_| NoChunk::Short)?;
    let Some((chunk, sum)) = chunk else {
        return Err(NoChunk::Damaged);
    };
    let header = &rest[..HEADER];
    if checksum(header, chunk.packed) != sum {
        return Err(NoChunk::Damaged);
    }
    *rest = after;
    Ok(chunk)
}

/// Bytes before the checksum of a chunk.
const HEADER: usize = 17;

/// The chunk and its checksum; `None` if it says of itself that it is too large.
fn read<'a>(rest: &mut &'a [u8]) -> Result<Option<(Chunk<'a>, u32)>, CaptureError> {
    let [letter] = array(rest)?;
    let at_ns = u64::from_le_bytes(array(rest)?);
    let size = u32::from_le_bytes(array(rest)?) as usize;
    let packed = u32::from_le_bytes(array(rest)?) as usize;
    let sum = u32::from_le_bytes(array(rest)?);
    if size > MAX_CHUNK || packed > MAX_CHUNK + (1 << 20) {
        return Ok(None);
    }
    let packed = take(rest, packed)?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.letter() == letter);
    let chunk = Chunk {
        kind,
        at_ns,
        size,
        packed,
    };
    Ok(Some((chunk, sum)))
}

impl Chunk<'_> {
    /// Appends the decompressed body to `to`.
    ///
    /// # Errors
    /// If its size is another than the chunk says.
    pub(super) fn unpack_into(&self, to: &mut Vec<u8>) -> Result<(), CaptureError> {
        let before = to.len();
        // One byte more than expected, so that a longer body is noticed.
        let limit = (self.size as u64).saturating_add(1);
        DeflateDecoder::new(self.packed)
            .take(limit)
            .read_to_end(to)?;
        match to.len() - before == self.size {
            true => Ok(()),
            false => Err(CaptureError::Damaged),
        }
    }

    /// The decompressed body.
    ///
    /// # Errors
    /// Those of [`Self::unpack_into`].
    pub(super) fn unpack(&self) -> Result<Vec<u8>, CaptureError> {
        let mut body = Vec::new();
        self.unpack_into(&mut body)?;
        Ok(body)
    }
}

fn checksum(header: &[u8], packed: &[u8]) -> u32 {
    let mut sum = Crc::new();
    sum.update(header);
    sum.update(packed);
    sum.sum()
}
