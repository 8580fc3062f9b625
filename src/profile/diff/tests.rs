//! Diffs of made-up recordings, of which the truth is known.

use std::time::Duration;

use super::*;
use crate::model::{FrameKind, ItemId, WaitKind, fixtures};
use crate::profile::{
    About, Activity, Interval, Reason, ReasonKind, State, StateId, Timeline, Trust,
};

const S: f64 = 1e9;

/// Random numbers that are the same in each run (xorshift).
struct Dice(u64);

impl Dice {
    /// A number between 0 and 1.
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number around 1.
    fn around_one(&mut self) -> f64 {
        0.4 + 0.3 * (self.roll() + self.roll() + self.roll() + self.roll())
    }

    fn exponential(&mut self) -> f64 {
        -(1.0 - self.roll()).ln()
    }
}

/// A service whose requests wait for a lock, then for a socket, in one of several functions each.
struct Service {
    lock_ms: f64,
    socket_ms: f64,
    requests: f64,
    lasts_s: f64,
}

const SERVICE: Service = Service {
    lock_ms: 20.0,
    socket_ms: 60.0,
    requests: 40.0,
    lasts_s: 30.0,
};

impl Service {
    fn recorded(&self, seed: u64) -> Profile {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut timeline = Timeline::default();
        let mut states: Vec<(StateId, StateId)> = Vec::new();
        for number in 0..10 {
            let function = format!("handle_{number}");
            let of = |timeline: &mut Timeline, line, kind: &str, text: &str| {
                let chain = [(&*function, "/srv/app.py", line)];
                let chain = fixtures::frames(&chain, FrameKind::Coroutine);
                let reason = Reason {
                    kind: ReasonKind::Wait(kind.parse::<WaitKind>().unwrap()),
                    text: text.to_owned(),
                };
                let states = &mut timeline.states;
                let state = State {
                    stack: states.add_stack(chain.iter()),
                    activity: Activity::Waiting,
                    reason: Some(states.add_reason(reason)),
                    group: states.add_name(&function),
                    event_loop: None,
                    who: Who::Task,
                };
                states.add(state)
            };
            states.push((
                of(&mut timeline, 10, "lock", "asyncio.Lock db"),
                of(&mut timeline, 12, "socket-read", "10.0.0.7:5432"),
            ));
        }
        let end = self.lasts_s * S;
        let (mut at, mut item) = (0.0, 0);
        while at < end {
            item += 1;
            let (lock, socket) = states[(dice.roll() * states.len() as f64) as usize];
            let middle = at + self.lock_ms / 1e3 * S * dice.around_one();
            let last = middle + self.socket_ms / 1e3 * S * dice.around_one();
            for (state, from, to) in [(lock, at, middle), (socket, middle, last)] {
                if from < end {
                    timeline.intervals.push(Interval {
                        item: ItemId::Task(item),
                        state,
                        from_ns: from as u64,
                        to_ns: to.min(end) as u64,
                    });
                }
            }
            at += dice.exponential() / self.requests * S;
        }
        timeline.intervals.sort_by_key(|it| (it.from_ns, it.to_ns));
        Profile {
            about: About {
                pid: 4242,
                python: "3.13.0".into(),
                command: vec!["python3".into(), "app.py".into()],
                began: "2026-11-30T01:02:03.000000Z".into(),
                began_ns: 0,
            },
            timeline,
            trust: Trust {
                looks: 3_000,
                tasks: 10,
                lasted: Duration::from_secs_f64(self.lasts_s),
                ..Trust::default()
            },
        }
    }
}

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

#[test]
fn equal_services_rarely_differ() {
    let mut false_alarms = 0;
    let mut failed = 0;
    for seed in 0..200 {
        let (a, b) = (
            SERVICE.recorded(2 * seed + 1),
            SERVICE.recorded(2 * seed + 2),
        );
        let diff = diff(&a, &b).unwrap();
        assert_eq!((diff.slices, diff.compared), (20, 20));
        false_alarms += usize::from(!diff.rows.is_empty());
        failed += usize::from(rule("wait:lock>+0%").check(&diff).failed);
    }
    // 5 % of 200.
    assert!(false_alarms <= 10, "{false_alarms} of 200");
    assert!(failed <= 10, "{failed} of 200 rules");
}

#[test]
fn a_tenth_more_of_one_reason_is_found() {
    let slower = Service {
        lock_ms: 22.0,
        ..SERVICE
    };
    let mut found = 0;
    for seed in 0..50 {
        let (a, b) = (
            SERVICE.recorded(2 * seed + 1),
            slower.recorded(2 * seed + 2),
        );
        let diff = diff(&a, &b).unwrap();
        let outcome = rule("wait:lock>+5%").check(&diff);
        assert!(!rule("wait:socket-read>+5%").check(&diff).failed);
        assert!(!rule("wait:lock>+20%").check(&diff).failed);
        found += usize::from(outcome.failed);
    }
    assert!(found >= 48, "{found} of 50");
}

#[test]
fn what_is_much_slower_is_the_first_row_and_is_named() {
    let slower = Service {
        lock_ms: 60.0,
        ..SERVICE
    };
    let diff = diff(&SERVICE.recorded(1), &slower.recorded(2)).unwrap();
    assert_eq!(diff.rows.len(), 10);
    let first = &diff.rows[0];
    assert_eq!(first.key.leaf(), "lock: asyncio.Lock db");
    assert_eq!(first.change.basis, Basis::FinishedTask);
    let percent = first.change.percent().unwrap();
    assert!((150.0..250.0).contains(&percent), "{percent}");
    let mut out = Vec::new();
    let outcomes = [rule("wait:lock>+10%").check(&diff)];
    text::write(&diff, ["a", "b"], &outcomes, 80, &mut out).unwrap();
    let text = anstream::adapter::strip_bytes(&out).into_vec();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("FAILED wait:lock>+10%"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    assert!(text.contains("in handle_"), "{text}");
    let mut out = Vec::new();
    json::write(&diff, &outcomes, &mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json["rules"][0]["failed"], true);
    assert_eq!(json["rows"].as_array().unwrap().len(), 10);
    assert_eq!(json["rows"][0]["basis"], "finished-task");
}

#[test]
fn what_is_new_and_what_is_gone_is_told() {
    let without = Service {
        lock_ms: 0.0,
        ..SERVICE
    };
    let (with, without) = (SERVICE.recorded(1), without.recorded(2));
    let new = diff(&without, &with).unwrap();
    assert!(new.rows.iter().all(|row| row.change.percent().is_none()));
    assert!(rule("wait:lock>+1000%").check(&new).failed);
    let gone = diff(&with, &without).unwrap();
    assert!(gone.rows.iter().all(|row| row.change.more() < 0.0));
    assert!(!rule("wait:lock>+0%").check(&gone).failed);
}

#[test]
fn few_looks_are_refused() {
    let (mut a, b) = (SERVICE.recorded(1), SERVICE.recorded(2));
    a.trust.looks = 49;
    let refused = diff(&a, &b).unwrap_err();
    assert_eq!(
        refused,
        (
            0,
            DiffError::TooShort {
                looks: 49,
                needed: 50
            }
        )
    );
}
