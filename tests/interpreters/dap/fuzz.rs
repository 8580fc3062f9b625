//! Any order of requests, with any arguments, and any change of the bytes on
//! the wire: the adapter answers or ends, and the target goes on running.
//!
//! The test takes `DAPPER_ATTACH_FUZZ_SECONDS`, by default 10.
//! A failure prints its seed, which `DAPPER_ATTACH_FUZZ_SEED` repeats.

use std::env;
use std::time::{Duration, Instant, SystemTime};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::adapter::{Adapter, Way};
use super::asking::hang;
use super::client::{Client, INTERNAL, PATIENCE, framed};
use super::requests::{Asked, Seen, request, session_options};
use crate::support::legs::Leg;
use crate::support::target::Target;
use crate::support::{Outcome, ensure};

const SECONDS: &str = "DAPPER_ATTACH_FUZZ_SECONDS";
const SEED: &str = "DAPPER_ATTACH_FUZZ_SEED";

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.trim().parse().ok()
}

/// Values that proptest generates from a seed.
struct Source(TestRunner);

impl Source {
    fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self(TestRunner::new_with_rng(Config::default(), rng))
    }

    fn draw<S: Strategy>(&mut self, strategy: &S) -> Result<S::Value, String> {
        let tree = strategy
            .new_tree(&mut self.0)
            .map_err(|reason| reason.to_string())?;
        Ok(tree.current())
    }
}

/// Half of the time each: valid requests in any order, and broken bytes.
pub fn any_requests_and_any_bytes(leg: &Leg) -> Outcome {
    let mut target = hang(leg, "lock_abba_transfer.py")?;
    let seconds = number(SECONDS).unwrap_or(10);
    let clock = SystemTime::UNIX_EPOCH
        .elapsed()
        .map_or(0, |since| since.as_secs());
    let first = number(SEED);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut sessions = 0;
    let mut adapter = Adapter::start(Way::Unix, &[])?;
    for seed in first.unwrap_or(clock).. {
        let mut source = Source::new(seed);
        let with_seed = |why| format!("{SEED}={seed}: {why}");
        adapter = orderly(&mut source, &target, adapter).map_err(with_seed)?;
        for _ in 0..4 {
            adapter = broken(&mut source, &target, adapter).map_err(with_seed)?;
        }
        lives(&mut target).map_err(with_seed)?;
        sessions += 5;
        if Instant::now() > until || (first.is_some() && seconds == 0) {
            break;
        }
    }
    println!("dap {}: {sessions} sessions in {seconds} s", leg.leg);
    drop(adapter);
    lives(&mut target)
}

/// The target runs again as soon as the adapter has noticed that its client is gone.
fn lives(target: &mut Target) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    while !target.is_running_freely() {
        ensure(Instant::now() < deadline, || {
            "the target stands still, or is gone".into()
        })?;
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// A session in which each request is answered, though perhaps with an error.
fn orderly(source: &mut Source, target: &Target, adapter: Adapter) -> Result<Adapter, String> {
    let mut client = Client::of(adapter)?;
    let options = source.draw(&session_options(target.pid()))?;
    client.ask(
        "initialize",
        source.draw(&super::requests::client_options())?,
    )?;
    client.attach(&options)?;
    let requests = source.draw(&prop::collection::vec(request(), 1..120))?;
    let mut seen = Seen::default();
    let mut waiting: Vec<(i64, Asked)> = Vec::new();
    for asked in requests {
        let arguments = seen.fill(&asked.arguments);
        let seq = client.send(asked.command, arguments)?;
        let now = asked.wait;
        waiting.push((seq, asked));
        if now {
            answered(&mut client, &mut waiting, &mut seen)?;
        }
    }
    answered(&mut client, &mut waiting, &mut seen)?;
    match source.draw(&any::<bool>())? {
        true => drop(client.request("disconnect", json!({ "terminateDebuggee": true }))?),
        false => client.end_input(),
    }
    Ok(client.leave())
}

fn answered(client: &mut Client, waiting: &mut Vec<(i64, Asked)>, seen: &mut Seen) -> Outcome {
    for (seq, asked) in waiting.drain(..) {
        let response = client.response(seq)?;
        ensure(response["body"]["error"]["id"] != INTERNAL, || {
            format!("{asked:?}: {response}; {}", client.stderr())
        })?;
        seen.learn(&response);
    }
    Ok(())
}

/// A change of the bytes on the wire.
#[derive(Debug, Clone)]
enum Change {
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Drop(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        1 => place().prop_map(Change::Cut),
        2 => (place(), 1..40_usize).prop_map(|(at, count)| Change::Drop(at, count)),
        2 => (place(), 1..40_usize).prop_map(|(at, count)| Change::Repeat(at, count)),
        2 => (place(), prop::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len();
        let span = |at: usize, count: &usize| at..length.min(at + count);
        match self {
            Self::Set(at, byte) => bytes[at.index(length)] = *byte,
            Self::Cut(at) => bytes.truncate(at.index(length)),
            Self::Drop(at, count) => drop(bytes.drain(span(at.index(length), count))),
            Self::Repeat(at, count) => {
                let at = at.index(length);
                let again = bytes[span(at, count)].to_vec();
                bytes.splice(at..at, again);
            }
            Self::Insert(at, more) => {
                let at = at.index(length);
                bytes.splice(at..at, more.iter().copied());
            }
        }
    }
}

/// A session with changed bytes: it ends when the client's side ends.
fn broken(source: &mut Source, target: &Target, adapter: Adapter) -> Result<Adapter, String> {
    let requests = source.draw(&prop::collection::vec(request(), 0..20))?;
    let attach = ("attach", source.draw(&session_options(target.pid()))?);
    let begin = [
        (
            "initialize",
            source.draw(&super::requests::client_options())?,
        ),
        attach,
        ("configurationDone", Value::Null),
    ];
    let seen = Seen::default();
    let rest = requests
        .iter()
        .map(|asked| (asked.command, seen.fill(&asked.arguments)));
    let mut bytes = Vec::new();
    for (seq, (command, arguments)) in begin.into_iter().chain(rest).enumerate() {
        let message =
            json!({ "seq": seq, "type": "request", "command": command, "arguments": arguments });
        bytes.extend(framed(&message.to_string()));
    }
    for change in source.draw(&prop::collection::vec(change(), 1..6))? {
        change.apply(&mut bytes);
    }
    let mut client = Client::of(adapter)?;
    // Writing fails when the adapter has ended the session.
    let _ = client.send_bytes(&bytes);
    if source.draw(&any::<bool>())? {
        std::thread::sleep(Duration::from_millis(source.draw(&(0..600_u64))?));
    }
    client.end_input();
    client.drain()?;
    Ok(client.leave())
}
