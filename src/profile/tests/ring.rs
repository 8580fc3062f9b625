//! The last part of a recording that goes on.

use std::collections::BTreeMap;

use super::parts::looks;
use super::*;
use crate::profile::ring::{Kept, Ring};

/// What is left of all looks at the end.
fn kept(looks: &[(Process, u64)], keep: Duration, end_ns: u64) -> Kept {
    let (mut timeline, mut ring) = (Timeline::default(), Ring::new(keep));
    let trust = |looks: usize, at_ns| Trust {
        looks: looks as u64,
        lasted: Duration::from_nanos(at_ns),
        ..Trust::default()
    };
    for (number, (process, at_ns)) in looks.iter().enumerate() {
        timeline.look(process, *at_ns);
        ring.turn(&mut timeline, *at_ns, &trust(number + 1, *at_ns));
    }
    ring.kept(&timeline, end_ns, &trust(looks.len(), end_ns))
}

/// All that a timeline has, without the numbers of its states.
fn told(profile: &Profile) -> (Vec<String>, Vec<String>, Vec<String>) {
    let lines = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        let text = String::from_utf8(out).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let timeline = &profile.timeline;
    let steps = timeline.slow_steps().map(|(step, state)| {
        let loop_name = timeline.states.name(step.event_loop);
        let what = state.map(|state| timeline.states.leaf(state));
        format!("{loop_name} {} {} {what:?}", step.from_ns, step.lasted_ns)
    });
    let lags = timeline.lags().iter();
    let lags = lags.map(|lag| format!("{} {}", lag.at_ns, lag.age_s));
    (
        lines(&|out| json_lines::write(profile, out).unwrap()),
        lines(&|out| collapsed::write(profile, out).unwrap()),
        steps.chain(lags).collect(),
    )
}

#[test]
fn pieces_put_together_are_the_recording_that_was_not_cut() {
    for seed in [1, 2, 3] {
        let looks = looks(seed);
        let end_ns = looks[looks.len() - 1].1 + 5_000_000;
        let direct = profile(&looks, end_ns);
        // Long enough for all of it, in ten pieces.
        let kept = kept(&looks, Duration::from_nanos(end_ns + 1), end_ns);
        assert_eq!(kept.from_ns, 0);
        let joined = Profile {
            about: direct.about.clone(),
            trust: direct.trust.clone(),
            timeline: kept.timeline,
        };
        assert!(direct.timeline.slow_steps().count() > 10);
        assert_eq!(told(&direct), told(&joined), "{seed}");
    }
}

#[test]
fn what_is_older_than_what_is_kept_is_forgotten() {
    let looks = looks(4);
    let end_ns = looks[looks.len() - 1].1 + 5_000_000;
    let keep = end_ns / 4;
    let kept = kept(&looks, Duration::from_nanos(keep), end_ns);
    let lasted = end_ns - kept.from_ns;
    assert!(
        (keep..keep + keep / 4).contains(&lasted),
        "{lasted} of {keep}"
    );
    assert_eq!(kept.trust.lasted, Duration::from_nanos(lasted));
    assert!((30..80).contains(&kept.trust.looks), "{}", kept.trust.looks);
    let mut ends = BTreeMap::new();
    for interval in kept.timeline.intervals() {
        assert!(interval.from_ns <= interval.to_ns && interval.to_ns <= lasted);
        let before = ends.insert(interval.item, (interval.to_ns, interval.state));
        if let Some((before_ns, state)) = before {
            let follows = before_ns < interval.from_ns || state != interval.state;
            assert!(before_ns <= interval.from_ns && follows, "{interval:?}");
        }
    }
    let walls = kept.timeline.sums().map(|(_, sum)| sum.wall_ns);
    let lengths = kept
        .timeline
        .intervals()
        .iter()
        .map(|it| it.to_ns - it.from_ns);
    assert_eq!(walls.sum::<u64>(), lengths.sum::<u64>());
}
