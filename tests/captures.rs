//! Captures of every version of CPython: the JSON of each is as expected, and a
//! damaged one does no harm. No interpreter is needed.
//!
//! `scripts/captures` makes the captures. The expected JSON beside them was written
//! by the tool itself (`DAPPER_ATTACH_WRITE_EXPECTED=1` does it again), so
//! `each_version_gives_the_expected_json` is a regression test: it shows that the
//! output did not change, not that it is right. That is shown by
//! `tests/interpreters`, against programs that know the truth about themselves.
#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    reason = "a test program has no interface, and makes system calls of its own"
)]

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dapper_attach::capture::{CaptureError, read, read_file, write};
use dapper_attach::inspect::inspection::Inspection;
use dapper_attach::inspect::recording::Recording;
use dapper_attach::limits::Limits;
use dapper_attach::model::{Snapshot, VerdictState};
use dapper_attach::process::recorded::RecordedThread;
use dapper_attach::report::{json, text};
use dapper_attach::sampling::retained::Proof;
use dapper_attach::snapshot::options::{SampleOptions, Scope};
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Damage done to each capture.
const MUTATIONS: usize = 30;

fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut captures: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|it| it == "dapper"))
        .collect();
    captures.sort();
    assert!(captures.len() >= 11, "{captures:?}");
    captures
}

fn options(locals: bool) -> SampleOptions {
    SampleOptions {
        locals,
        no_pause: true,
        max_pause: Duration::ZERO,
        scope: Scope::Everything,
        limits: Limits::default(),
    }
}

fn snapshot(recording: Recording, locals: bool) -> Option<Snapshot> {
    Inspection::of(Arc::new(recording), options(locals))
        .diagnosed()
        .ok()
}

#[test]
fn each_version_gives_the_expected_json() {
    let mut wrong = Vec::new();
    for path in captures() {
        let mut snapshot = snapshot(read_file(&path).unwrap(), false).unwrap();
        snapshot.tool.version = "any".into();
        let mut said = Vec::new();
        json::write(&mut said, &snapshot, true).unwrap();
        let expected = path.with_extension("json");
        if std::env::var_os("DAPPER_ATTACH_WRITE_EXPECTED").is_some() {
            fs::write(&expected, &said).unwrap();
        } else if fs::read(&expected).unwrap() != said {
            let (said, expected) = (
                String::from_utf8(said).unwrap(),
                fs::read_to_string(expected),
            );
            let lines = said.lines().zip(expected.as_deref().unwrap().lines());
            let first = lines
                .enumerate()
                .find(|(_, (said, expected))| said != expected);
            wrong.push(format!("{}: {first:?}", path.display()));
        }
        let process = &snapshot.processes[0];
        let verdict = process.verdict.as_ref().unwrap();
        assert_eq!(verdict.state, VerdictState::Hung, "{}", path.display());
        assert_eq!(process.errors, Vec::<String>::new(), "{}", path.display());
        assert!(!String::from_utf8_lossy(&fs::read(&path).unwrap()).contains("secret"));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_capture_that_is_read_and_written_gives_the_same_snapshot() {
    for path in captures() {
        let once = read_file(&path).unwrap();
        let again = read(&write(&once).unwrap()).unwrap();
        assert_eq!(snapshot(once, false), snapshot(again, false));
    }
}

#[test]
fn a_capture_that_is_cut_short_anywhere_is_refused() {
    let whole = fs::read(&captures()[0]).unwrap();
    let ends = (0..64).chain((64..whole.len()).step_by(997));
    for end in ends {
        match read(&whole[..end]) {
            Err(CaptureError::NoCapture) if end == 0 => {}
            Err(CaptureError::Short) => {}
            other => panic!("{end}: {:?}", other.err()),
        }
    }
    let more = [&whole[..], b"x"].concat();
    assert!(matches!(read(&more), Err(CaptureError::Damaged)));
}

#[test]
fn each_changed_byte_is_noticed() {
    let whole = fs::read(&captures()[0]).unwrap();
    for index in (0..64).chain((64..whole.len()).step_by(1_009)) {
        for bit in [0, 3, 7] {
            let mut changed = whole.clone();
            changed[index] ^= 1 << bit;
            assert!(read(&changed).is_err(), "{index} {bit}");
        }
    }
}

#[test]
fn a_small_file_does_not_become_a_large_one() {
    // Half a gigabyte of zeros is packed into half a megabyte; the file states a wrong size.
    let mut body = DeflateEncoder::new(Vec::new(), Compression::best());
    for _ in 0..512 {
        body.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let body = body.finish().unwrap();
    for (says, is_refused) in [
        (1_u64 << 20, "its checksum"),
        (u64::MAX, "larger"),
        (1 << 40, "larger"),
    ] {
        let error = read(&file(&body, says)).unwrap_err().to_string();
        assert!(error.contains(is_refused), "{error}");
    }
}

#[test]
fn many_threads_in_any_order_are_found_quickly() {
    let mut recording = read_file(&captures()[0]).unwrap();
    let expected = snapshot(recording.clone(), false).unwrap();
    for sample in &mut recording.processes[0].process.samples {
        let known = sample.moment.threads.clone();
        // Thread ids of the kernel end at 2^22.
        let more = (5_000_000..5_100_000).rev().map(|tid| RecordedThread {
            tid,
            namespace_tid: tid.into(),
            ..known[0].clone()
        });
        sample.moment.threads = more.chain(known.iter().rev().cloned()).collect();
    }
    let begun = Instant::now();
    let seen = snapshot(recording, false).unwrap();
    // Comparing each thread with each other would take far longer.
    assert!(begun.elapsed() < Duration::from_secs(10));
    let threads = |it: &Snapshot| -> Vec<_> {
        let threads = it.processes[0].threads.iter();
        threads.map(|one| (one.native_id, one.state)).collect()
    };
    let expected = threads(&expected);
    assert!(threads(&seen).starts_with(&expected));
}

#[test]
fn more_samples_than_can_be_asked_for_are_refused() {
    let mut recording = read_file(&captures()[0]).unwrap();
    let samples = &mut recording.processes[0].process.samples;
    let first = samples[0].clone();
    samples.splice(0..0, std::iter::repeat_n(first, 1_000));
    let refused = read(&write(&recording).unwrap()).unwrap_err();
    assert!(matches!(refused, CaptureError::TooLarge), "{refused}");
}

/// A file with this body and a correct checksum.
fn file(packed: &[u8], unpacked: u64) -> Vec<u8> {
    let mut file = b"\x89DAPPER\n\x01\x00\x01x".to_vec();
    file.extend(unpacked.to_le_bytes());
    file.extend((packed.len() as u64).to_le_bytes());
    let mut sum = Crc::new();
    sum.update(&file);
    sum.update(packed);
    file.extend(sum.sum().to_le_bytes());
    file.extend(packed);
    file
}

/// Random numbers that are the same in each run (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

#[test]
fn a_hostile_capture_does_no_harm() {
    let mut read_all = 0;
    for (number, path) in captures().into_iter().enumerate() {
        let whole = fs::read(&path).unwrap();
        let packed = &whole[11 + usize::from(whole[10]) + 20..];
        let mut body = Vec::new();
        DeflateDecoder::new(packed).read_to_end(&mut body).unwrap();
        let mut dice = Dice(number as u64 + 1);
        for _ in 0..MUTATIONS {
            let mut body = body.clone();
            // The facts are text and come first; the memory follows.
            let facts = body
                .iter()
                .rposition(|byte| *byte == b'}')
                .unwrap_or(0)
                .min(body.len() / 3);
            for _ in 0..1 + dice.roll(200) {
                let index = match dice.roll(40) {
                    0 => dice.roll(facts),
                    _ => facts + dice.roll(body.len() - facts),
                };
                body[index] = dice.roll(256) as u8;
            }
            let mut packer = DeflateEncoder::new(Vec::new(), Compression::none());
            packer.write_all(&body).unwrap();
            let hostile = file(&packer.finish().unwrap(), body.len() as u64);
            let Ok(recording) = read(&hostile) else {
                continue;
            };
            read_all += 1;
            show_everything(recording);
        }
    }
    assert!(read_all > MUTATIONS, "only {read_all} could be read at all");
}

/// Everything that commands do with a capture.
fn show_everything(recording: Recording) {
    if let Some(process) = recording.first() {
        let _ = process.count(&Limits::default());
        if let Ok((seen, kept)) = process.keep(&options(true)) {
            let frames = seen.tasks.iter().flat_map(|task| &*task.frames);
            for place in frames.filter_map(|frame| frame.place) {
                let _ = kept.look(&Proof::default(), &Limits::default(), |reader| {
                    reader.value(place.frame).to_string()
                });
            }
        }
    }
    if let Some(snapshot) = snapshot(recording, true) {
        let options = text::Options {
            width: 100,
            group_above: 20,
            all_frames: true,
            locals: true,
            threads_only: false,
        };
        let mut out = Vec::new();
        text::write(&mut out, &snapshot, &options, None).unwrap();
        json::write(&mut out, &snapshot, false).unwrap();
    }
}
