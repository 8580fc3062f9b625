//! A timeline that was taken out in parts and put together again is the same in every format.

use super::*;
use crate::model::LoopState;
use crate::profile::parts::{Part, PartError, Told};

/// When a recording ends that is longer than its looks.
const END_NS: u64 = 3_600 * S;

/// Random numbers that are the same in each run (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// A process whose tasks come and go, wait for this and that, and block their loop now and then.
fn some_process(dice: &mut Dice) -> Process {
    let mut all = process("app.py");
    for number in 0..12 {
        if dice.roll(4) == 0 {
            continue;
        }
        let chain = [("main", "/srv/app.py", 30), ("fetch", "/srv/app.py", 12)];
        let depth = 1 + dice.roll(2) as usize;
        let chain = frames(&chain[..depth], FrameKind::Coroutine);
        let mut one = task(&format!("task:0x{:x}", 16 + number), "fetch-1", chain);
        let kinds = ["timer", "queue-get", "socket-read"];
        one.waits_for = Some(wait(kinds[dice.roll(3) as usize], "some wait"));
        all.tasks.push(Arc::new(one));
    }
    let mut its_loop = event_loop("loop:0x5", "thread:7");
    its_loop.state = match dice.roll(2) {
        0 => LoopState::Polling,
        _ => LoopState::Running,
    };
    its_loop.iteration_s = (dice.roll(3) > 0).then(|| dice.roll(40) as f64 / 1000.0 + 0.000_1);
    all.loops.push(its_loop);
    let mut main = thread("thread:7", 7, "MainThread", Vec::new());
    main.cpu_s = Some(dice.roll(1_000) as f64 / 1e3);
    all.threads.push(main);
    all
}

pub(super) fn looks(seed: u64) -> Vec<(Process, u64)> {
    let mut dice = Dice(seed);
    let mut at_ns = 0;
    let mut looks = Vec::new();
    for _ in 0..200 {
        looks.push((some_process(&mut dice), at_ns));
        at_ns += 1 + dice.roll(20_000_000);
    }
    looks
}

/// All parts of the looks, one after every few of them.
fn parts(looks: &[(Process, u64)], end_ns: u64, every: usize) -> Vec<Part> {
    let mut timeline = Timeline::default();
    let mut told = Told::default();
    let mut parts = Vec::new();
    for (number, (process, at_ns)) in looks.iter().enumerate() {
        timeline.look(process, *at_ns);
        if number % every == every - 1 {
            parts.push(timeline.take_part(&mut told, *at_ns));
        }
    }
    timeline.finish(end_ns);
    parts.push(timeline.take_part(&mut told, end_ns));
    parts
}

/// The profile of parts that went through JSON.
fn joined(parts: &[Part], like: &Profile) -> Result<Profile, PartError> {
    let mut timeline = Timeline::default();
    let mut until_ns = 0;
    for part in parts {
        let text = serde_json::to_string(part).unwrap();
        let part: Part = serde_json::from_str(&text).unwrap();
        until_ns = part.at_ns;
        timeline.add_part(part)?;
    }
    timeline.finish(until_ns);
    Ok(Profile {
        about: like.about.clone(),
        timeline,
        trust: like.trust.clone(),
    })
}

/// What every format makes of it.
fn written(profile: &Profile) -> Vec<Vec<u8>> {
    type Write = fn(&Profile, &mut dyn std::io::Write) -> std::io::Result<()>;
    let formats: [Write; 7] = [
        html::write,
        speedscope::write,
        collapsed::write,
        firefox::write,
        perfetto::write,
        pprof::write,
        json_lines::write,
    ];
    let formats = formats.iter().map(|write| {
        let mut out = Vec::new();
        write(profile, &mut out).unwrap();
        out
    });
    formats.collect()
}

#[test]
fn each_format_is_the_same_byte_for_byte() {
    for (seed, every) in [(1, 1), (2, 7), (3, 50), (4, 1_000)] {
        let looks = looks(seed);
        let end_ns = looks[looks.len() - 1].1 + 5_000_000;
        let direct = profile(&looks, end_ns);
        let parts = parts(&looks, end_ns, every);
        assert!(parts.last().unwrap().last && parts.iter().filter(|it| it.last).count() == 1);
        let joined = joined(&parts, &direct).unwrap();
        assert!(direct.timeline.intervals().len() > 100);
        assert!(direct.timeline.slow_steps().count() > 10);
        assert_eq!(written(&direct), written(&joined), "{seed} {every}");
    }
}

#[test]
fn what_is_there_up_to_a_part_is_as_if_the_recording_had_ended_there() {
    let looks = looks(5);
    let all = parts(&looks, END_NS, 10);
    for count in [1, 2, 9] {
        let some = &looks[..count * 10];
        let direct = profile(some, some[some.len() - 1].1);
        let joined = joined(&all[..count], &direct).unwrap();
        let seconds = |profile: &Profile| {
            let mut all = intervals(profile);
            all.sort_by(|a, b| a.partial_cmp(b).unwrap());
            all
        };
        assert_eq!(seconds(&direct), seconds(&joined), "{count}");
        let sums =
            |profile: &Profile| -> Vec<_> { profile.timeline.sums().map(|(_, sum)| sum).collect() };
        assert_eq!(sums(&direct), sums(&joined), "{count}");
    }
}

#[test]
fn parts_of_another_timeline_are_refused() {
    let looks = looks(6);
    let all = parts(&looks, END_NS, 10);
    let like = profile(&looks, END_NS);
    let refused = |parts: &[Part]| joined(parts, &like).err();
    assert_eq!(refused(&all[1..]), Some(PartError::Reference));
    let twice = [all[0].clone(), all[0].clone()];
    assert_eq!(refused(&twice), Some(PartError::Reference));
    let text = serde_json::to_string(&all[0]).unwrap();
    let text = text.replacen("\"sums\":[[0,", "\"sums\":[[4294967295,", 1);
    let hostile: Part = serde_json::from_str(&text).unwrap();
    assert_eq!(refused(&[hostile]), Some(PartError::Reference));
}
