//! Files of recordings over time: each whole look gives the report that its capture gives, and a
//! file that is cut short or damaged is read up to there and does no harm. No interpreter is
//! needed: the looks are made of the captures beside.
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

use dapper_attach::capture::{
    CaptureError, Captured, End, LookEncoder, RecordFile, RecordWriter, open, read, read_file,
};
use dapper_attach::inspect::inspection::Inspection;
use dapper_attach::inspect::key_looks::KeyLook;
use dapper_attach::inspect::recording::Recording;
use dapper_attach::model::{Process, Snapshot};
use dapper_attach::profile::{
    About, Profile, Timeline, Told, Trust, collapsed, diff, firefox, html, json_lines, perfetto,
    pprof, speedscope,
};
use dapper_attach::sampling::recorded::RecordedProcess;
use dapper_attach::snapshot::options::SampleOptions;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

const S: u64 = 1_000_000_000;

fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    let files = fs::read_dir(folder).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let is_capture = |path: &PathBuf| path.extension().is_some_and(|it| it == "dapper");
    let mut captures: Vec<PathBuf> = files.filter(is_capture).collect();
    captures.sort();
    captures
}

fn diagnosed(recording: Recording) -> Snapshot {
    let inspection = Inspection::of(Arc::new(recording), SampleOptions::default());
    inspection.diagnosed().unwrap()
}

/// The samples of a capture as whole looks.
fn key_looks(capture: &Recording) -> Vec<KeyLook> {
    let recorded = &capture.processes[0];
    let samples = recorded.process.samples.iter().enumerate();
    let looks = samples.map(|(number, sample)| KeyLook {
        taken_at: capture.taken_at.clone(),
        taken: Instant::now(),
        clock_s: None,
        interval: (number > 0).then(|| capture.interval()),
        cost: Duration::ZERO,
        verdict: None,
        process: RecordedProcess {
            samples: vec![sample.clone()],
            ..recorded.process.clone()
        },
        sources: recorded.sources.clone(),
    });
    looks.collect()
}

fn about(process: &Process) -> About {
    About {
        pid: process.pid,
        python: process.python.version.clone(),
        command: process.command.clone(),
        began: "2026-11-30T01:02:03.000000Z".into(),
        began_ns: 0,
    }
}

/// A file with four parts a second apart, and whole looks between them.
fn recording(capture: &Recording) -> Vec<u8> {
    let seen = diagnosed(capture.clone()).processes.remove(0);
    let mut bytes = Vec::new();
    let mut writer = RecordWriter::new(&mut bytes, &about(&seen)).unwrap();
    let mut encoder = LookEncoder::default();
    let (mut timeline, mut told) = (Timeline::default(), Told::default());
    let mut key_looks = key_looks(capture).into_iter();
    let mut at = Duration::ZERO;
    for second in 0..3 {
        for part in 0..10 {
            timeline.look(&seen, second * S + part * S / 10);
        }
        let end_ns = (second + 1) * S;
        let part = timeline.take_part(&mut told, end_ns);
        writer.part(part, trust(end_ns)).unwrap();
        if let Some(key) = key_looks.next() {
            let encoded = encoder.encode(key);
            assert!(writer.look(&encoded, at).unwrap());
            at += capture.interval();
        }
    }
    timeline.finish(3 * S + S / 2);
    let part = timeline.take_part(&mut told, 3 * S + S / 2);
    writer.part(part, trust(3 * S + S / 2)).unwrap();
    bytes
}

fn trust(lasted_ns: u64) -> Trust {
    Trust {
        asked_rate: 10.1,
        looks: lasted_ns * 10 / S,
        lasted: Duration::from_nanos(lasted_ns),
        ..Trust::default()
    }
}

fn over_time(bytes: &[u8]) -> Result<RecordFile, CaptureError> {
    match open(bytes.to_vec())? {
        Captured::OverTime(file) => Ok(file),
        Captured::Moment(_) => panic!("it is a capture of one moment"),
    }
}

fn lines(profile: &Profile) -> Vec<u8> {
    let mut out = Vec::new();
    json_lines::write(profile, &mut out).unwrap();
    out
}

#[test]
fn each_look_gives_the_report_of_its_capture() {
    for path in captures() {
        let capture = read_file(&path).unwrap();
        let file = over_time(&recording(&capture)).unwrap();
        assert_eq!((file.end, file.warning()), (End::Whole, None));
        let samples = capture.processes[0].process.samples.len();
        assert_eq!(file.looks().len(), samples - 1);
        let moment = file.moment(samples - 2).unwrap();
        assert_eq!(diagnosed(moment), diagnosed(capture), "{}", path.display());
        assert!(file.moment(samples - 1).is_err());
    }
}

#[test]
fn memory_that_did_not_change_is_stored_once() {
    let mut capture = read_file(&captures()[0]).unwrap();
    let process = &mut capture.processes[0].process;
    let last = process.samples.last().unwrap().clone();
    process.samples = vec![last.clone()];
    let once = recording(&capture);
    capture.processes[0].process.samples = vec![last.clone(), last.clone(), last];
    let thrice = recording(&capture);
    let file = over_time(&thrice).unwrap();
    assert_eq!(file.looks().len(), 2);
    assert!(
        thrice.len() < once.len() + once.len() / 3,
        "{} of {}",
        thrice.len(),
        once.len()
    );
    // The first sample is there to compare the next one with.
    assert_eq!(file.moment(0).unwrap().samples(), 2);
    assert_eq!(file.moment(1).unwrap().samples(), 2);
}

#[test]
fn a_file_that_is_cut_short_anywhere_is_read_up_to_there() {
    let whole = recording(&read_file(&captures()[0]).unwrap());
    let all = over_time(&whole).unwrap().profile().unwrap();
    let mut seen = Vec::new();
    for end in 0..whole.len() {
        // Each byte of the beginning and of the end, and some of the others.
        if end > 600 && end < whole.len() - 100 && end % 499 != 0 {
            continue;
        }
        let file = match over_time(&whole[..end]) {
            Ok(file) => file,
            Err(CaptureError::Short | CaptureError::NoCapture) => {
                assert!(end < 400, "{end}");
                continue;
            }
            Err(other) => panic!("{end}: {other}"),
        };
        assert_eq!(file.end, End::Cut, "{end}");
        assert!(file.warning().unwrap().contains("cut short"));
        let profile = file.profile().unwrap();
        let until_ns = (file.profile().unwrap().trust.lasted).as_nanos() as u64;
        let mut intervals = profile.timeline.intervals().iter();
        assert!(intervals.all(|it| it.to_ns <= until_ns), "{end}");
        for number in 0..file.looks().len() {
            assert!(file.moment(number).is_ok(), "{end}: {number}");
        }
        if seen.last() != Some(&until_ns) {
            seen.push(until_ns);
        }
    }
    assert_eq!(seen, [0, S, 2 * S, 3 * S]);
    assert_eq!(all.trust, trust(3 * S + S / 2));
}

#[test]
fn a_changed_byte_loses_what_follows_and_nothing_else() {
    let whole = recording(&read_file(&captures()[0]).unwrap());
    let all = lines(&over_time(&whole).unwrap().profile().unwrap());
    for index in (0..600).chain((600..whole.len()).step_by(1_009)) {
        let mut changed = whole.clone();
        changed[index] ^= 0x10;
        let Ok(file) = over_time(&changed) else {
            continue;
        };
        // The version of dapper-attach stands before the first chunk, and is not checked.
        let is_version = (11..11 + usize::from(whole[10])).contains(&index);
        assert_eq!(file.end == End::Whole, is_version, "{index}");
        assert_eq!(file.warning().is_some(), !is_version, "{index}");
        assert_eq!(
            lines(&file.profile().unwrap()) == all,
            is_version,
            "{index}"
        );
    }
}

#[test]
fn newer_formats_and_other_files_are_told_apart() {
    let whole = recording(&read_file(&captures()[0]).unwrap());
    let mut newer = whole.clone();
    newer[8] = 9;
    let error = open(newer).unwrap_err().to_string();
    assert!(error.contains("in format 9"), "{error}");
    for garbage in [&b"hello"[..], b"\0\0\0\0", b"\x89DAPPE?"] {
        let error = open(garbage.to_vec()).unwrap_err();
        assert!(matches!(error, CaptureError::NoCapture), "{error}");
    }
    // Who only knows captures of one moment says who wrote it.
    let error = read(&whole).unwrap_err();
    assert!(matches!(error, CaptureError::Version { .. }), "{error}");
}

#[test]
fn chunks_that_only_newer_versions_know_are_skipped() {
    let whole = recording(&read_file(&captures()[0]).unwrap());
    let about = 11 + usize::from(whole[10]);
    let size = |at: usize| {
        let packed = whole[at + 13..at + 17].try_into().unwrap();
        21 + u32::from_le_bytes(packed) as usize
    };
    let after = about + size(about);
    let mut chunk = vec![b'Z'];
    chunk.extend([0; 16]);
    let mut sum = flate2::Crc::new();
    sum.update(&chunk);
    chunk.extend(sum.sum().to_le_bytes());
    let extended = [&whole[..after], &chunk, &whole[after..]].concat();
    let (file, before) = (over_time(&extended).unwrap(), over_time(&whole).unwrap());
    assert_eq!(file.end, End::Whole);
    assert_eq!(file.looks(), before.looks());
    assert_eq!(
        lines(&file.profile().unwrap()),
        lines(&before.profile().unwrap())
    );
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

/// A chunk with this body and a right checksum.
fn chunk(head: &[u8], body: &[u8]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::none());
    packer.write_all(body).unwrap();
    let packed = packer.finish().unwrap();
    let mut chunk = head.to_vec();
    chunk.extend((body.len() as u32).to_le_bytes());
    chunk.extend((packed.len() as u32).to_le_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(&chunk);
    sum.update(&packed);
    chunk.extend(sum.sum().to_le_bytes());
    chunk.extend(packed);
    chunk
}

/// The file with some bytes of the decompressed chunks changed, and right checksums.
fn hostile(whole: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut at = 11 + usize::from(whole[10]);
    let mut file = whole[..at].to_vec();
    while at < whole.len() {
        let size = u32::from_le_bytes(whole[at + 13..at + 17].try_into().unwrap()) as usize;
        let packed = &whole[at + 21..at + 21 + size];
        let mut body = Vec::new();
        DeflateDecoder::new(packed).read_to_end(&mut body).unwrap();
        let is_memory = whole[at] == b'M';
        for _ in 0..dice.roll(12) {
            let index = dice.roll(body.len());
            // Of JSON, which would not be read at all otherwise, only numbers are changed.
            match body[index] {
                b'1'..=b'9' => body[index] = b'1' + dice.roll(9) as u8,
                _ if is_memory && dice.roll(4) == 0 => body[index] = dice.roll(256) as u8,
                _ => {}
            }
        }
        let mut head = whole[at..at + 9].to_vec();
        if dice.roll(8) == 0 {
            head[1 + dice.roll(8)] = dice.roll(256) as u8;
        }
        file.extend(chunk(&head, &body));
        at += 21 + size;
    }
    file
}

/// Writes a profile in one format.
type Format = fn(&Profile, &mut dyn Write) -> std::io::Result<()>;

/// All formats.
fn formats() -> [Format; 7] {
    [
        json_lines::write,
        html::write,
        firefox::write,
        perfetto::write,
        pprof::write,
        collapsed::write,
        speedscope::write,
    ]
}

#[test]
fn a_hostile_recording_does_no_harm() {
    let whole = recording(&read_file(&captures()[0]).unwrap());
    let mut dice = Dice(7);
    let mut read = 0;
    for _ in 0..60 {
        let Ok(file) = over_time(&hostile(&whole, &mut dice)) else {
            continue;
        };
        let Ok(profile) = file.profile() else {
            continue;
        };
        read += 1;
        for write in formats() {
            write(&profile, &mut std::io::sink()).unwrap();
        }
        let _ = diff::diff(&profile, &profile);
        for number in 0..file.looks().len() {
            let _ = file.place(number);
            if let Ok(moment) = file.moment(number) {
                let inspection = Inspection::of(Arc::new(moment), SampleOptions::default());
                let _ = inspection.diagnosed();
            }
        }
    }
    assert!(read > 10, "only {read} could be read at all");
}
