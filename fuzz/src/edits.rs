//! Damage to recorded memory. It is done to the words that decoders read, and
//! mostly with what could be there: addresses, sizes, words of elsewhere. The
//! bytes of a capture, which is compressed, would never get that far.

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Unstructured};
use dapper_attach::inspect::recording::Recording;
use dapper_attach::process::recorded::RecordedMemory;
use dapper_attach::process::{Memory, ReadError, ReadStats};

use crate::fixtures::{ARENA, ARENA_SIZE, Fixture};

/// Edits of one input.
const MOST: usize = 64;
/// Numbers at the edges of what fields can hold.
const EDGES: [u64; 16] = [
    u64::MAX,
    u64::MAX - 7,
    i64::MAX as u64,
    i64::MIN as u64,
    u32::MAX as u64,
    i32::MAX as u64,
    1 << 31,
    1 << 32,
    1 << 26,
    1 << 20,
    1 << 47,
    (1 << 47) - 8,
    1 << 62,
    0xffff,
    4096,
    0,
];

/// Flags of an edit's scope. With the first, earlier samples stay as they are.
const LAST_ALONE: u8 = 0x01;
/// Any recorded word: a variable may be anywhere, most of a page is never read.
const ANYWHERE: u8 = 0x02;
/// A word at the head of an object, where its type and sizes are.
const HEAD: u8 = 0x04;
/// The other place is in the arena.
const TO_ARENA: u8 = 0x08;
/// The words are put into the arena, over and over.
const IN_ARENA: u8 = 0x10;
/// Words of one pattern.
const PATTERN: usize = 8;

/// One change of one place, of the same size whatever it does: what libFuzzer
/// changes in one does not shift the others.
#[derive(Debug, Clone, Copy, Arbitrary)]
struct Edit {
    kind: u8,
    /// Where: the flags above.
    scope: u8,
    place: u32,
    other: u32,
    value: u16,
}

/// The edits that `input` asks for.
pub struct Edits {
    edits: Vec<Edit>,
}

impl Edits {
    /// Takes all that is left of the input.
    pub fn take(input: &mut Unstructured<'_>) -> Self {
        let mut edits = Vec::new();
        while edits.len() < MOST && input.len() >= size_of::<Edit>() {
            match Edit::arbitrary(input) {
                Ok(edit) => edits.push(edit),
                Err(_) => break,
            }
        }
        Self { edits }
    }

    /// The recording of `fixture`, damaged.
    pub fn apply(&self, fixture: &Fixture) -> Recording {
        let mut recording = fixture.recording.clone();
        let (mut earlier, mut last) = (Bytes::default(), Bytes::default());
        for edit in &self.edits {
            edit.apply(fixture, &mut last);
            if edit.scope & LAST_ALONE == 0 {
                edit.apply(fixture, &mut earlier);
            }
        }
        let samples = recording.processes.iter_mut().take(1);
        let mut samples: Vec<_> = samples.flat_map(|it| &mut it.process.samples).collect();
        if let Some(sample) = samples.pop() {
            sample.memory = damaged(&sample.memory, &last);
        }
        for sample in samples {
            sample.memory = damaged(&sample.memory, &earlier);
        }
        recording
    }
}

/// What is different in damaged memory.
#[derive(Debug, Default)]
struct Bytes {
    at: BTreeMap<u64, u8>,
    /// What the arena is filled with.
    arena: Vec<u64>,
}

impl Edit {
    fn apply(self, fixture: &Fixture, bytes: &mut Bytes) {
        let Some(at) = self.choose(fixture, self.place) else {
            return;
        };
        let other = match self.scope & TO_ARENA {
            0 => self.choose(fixture, self.other).unwrap_or(at),
            _ => ARENA + u64::from(self.other) % ARENA_SIZE,
        };
        let small = u64::from(self.value);
        let now = fixture.word(at);
        let edge = EDGES[usize::from(self.value) % EDGES.len()];
        let (mut start, mut len) = (at, 8);
        let words: Vec<u64> = match self.kind % 16 {
            0 => {
                (start, len) = (at + small % 8, 1);
                vec![self.other.into()]
            }
            1 => vec![small % 64],
            2 => vec![edge],
            3 => vec![at.wrapping_sub((small % 256) & !7)],
            4 | 5 => vec![other.wrapping_sub((small % 64) & !7)],
            6 | 7 => vec![fixture.word(other)],
            8 => vec![now ^ 1 << (small % 64)],
            9 => vec![now.wrapping_add(i64::from(self.value.cast_signed()).cast_unsigned())],
            10 => {
                (start, len) = (at + small % 2 * 4, 4);
                vec![self.other.into()]
            }
            11 => vec![u64::from(self.other) << 32 | u64::from(self.other)],
            12 => vec![now; (small % 64) as usize],
            13 => vec![(now & !0xffff) | small],
            14 => {
                len = 2;
                vec![small]
            }
            _ => (0..small % 32)
                .map(|word| fixture.word(other + word * 8))
                .collect(),
        };
        if self.scope & IN_ARENA != 0 {
            bytes.arena.extend(words.into_iter().take(PATTERN));
            return;
        }
        for (place, word) in words.into_iter().enumerate() {
            let from = start.wrapping_add(place as u64 * 8);
            let word = word.to_le_bytes().into_iter().take(len).enumerate();
            bytes
                .at
                .extend(word.map(|(place, byte)| (from.wrapping_add(place as u64), byte)));
        }
    }

    fn choose(self, fixture: &Fixture, number: u32) -> Option<u64> {
        let one = |words: &[u64], number: u32| {
            let count = words.len().max(1);
            words.get(number as usize % count).copied()
        };
        if self.scope & HEAD != 0 {
            let head = one(&fixture.objects, number & 0xff_ffff)?;
            return Some(head + u64::from(number >> 24) % 16 * 8);
        }
        match self.scope & ANYWHERE {
            0 => one(&fixture.read, number),
            _ => one(&fixture.all, number),
        }
    }
}

/// Memory with other bytes at some places.
struct Damaged<'a> {
    memory: &'a RecordedMemory,
    bytes: &'a Bytes,
}

impl Memory for Damaged<'_> {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.memory.read(addr, buf)?;
        let end = addr.saturating_add(buf.len() as u64);
        if (ARENA..ARENA + ARENA_SIZE).contains(&addr) && !self.bytes.arena.is_empty() {
            // It is copied by the page.
            let first = (addr - ARENA) as usize / 8;
            let words = self.bytes.arena.iter().cycle();
            let words = words.skip(first % self.bytes.arena.len());
            for (to, word) in buf.chunks_exact_mut(8).zip(words) {
                to.copy_from_slice(&word.to_le_bytes());
            }
        }
        for (at, byte) in self.bytes.at.range(addr..end) {
            buf[(at - addr) as usize] = *byte;
        }
        Ok(())
    }

    fn stats(&self) -> ReadStats {
        ReadStats::default()
    }
}

fn damaged(memory: &RecordedMemory, bytes: &Bytes) -> RecordedMemory {
    if bytes.at.is_empty() && bytes.arena.is_empty() {
        return memory.clone();
    }
    let ranges: Vec<(u64, u64)> = memory.ranges().collect();
    RecordedMemory::copy_of(&Damaged { memory, bytes }, &ranges, Vec::new())
}
