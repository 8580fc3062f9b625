//! Servers under load: no snapshot may raise a false alarm.
//!
//! Each test `servers::LEG::SERVER` takes snapshots of a program that answers requests
//! and counts them. Every verdict has to be one of a healthy process. On one leg the
//! snapshots are taken with the shipped `--max-pause`. For more of them:
//! `DAPPER_ATTACH_SERVER_SNAPSHOTS=100 cargo test --test interpreters -- servers::3.13`

use std::env;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::legs::{Leg, Manifest};
use crate::support::suite::ignored;
use crate::support::target::{self, Target};
use crate::support::{Outcome, attach, pause};

/// Snapshots of each server, unless the environment says how many.
const SNAPSHOTS: usize = 25;

fn snapshots() -> usize {
    let asked = env::var("DAPPER_ATTACH_SERVER_SNAPSHOTS").ok();
    asked
        .and_then(|text| text.parse().ok())
        .unwrap_or(SNAPSHOTS)
}

/// Verdicts of a healthy process.
const HEALTHY: [&str; 3] = ["busy", "waiting", "idle"];
/// Time in which at least one request is answered, even on a loaded machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);
/// At most so many snapshots with a false alarm are kept for each server.
const KEPT: usize = 3;

struct Server {
    name: &'static str,
    program: &'static str,
    /// Arguments after the path of the counter.
    arguments: &'static [&'static str],
    /// Packages that it imports, among those installed for the hang programs.
    packages: &'static [&'static str],
    legs: &'static [&'static str],
}

const SERVERS: [Server; 4] = [
    Server {
        name: "fastapi_asyncio",
        program: "server_fastapi.py",
        arguments: &["asyncio"],
        packages: &["fastapi", "uvicorn"],
        legs: &["3.11", "3.13"],
    },
    Server {
        name: "fastapi_uvloop",
        program: "server_fastapi.py",
        arguments: &["uvloop"],
        packages: &["fastapi", "uvicorn", "uvloop"],
        legs: &["3.11", "3.13"],
    },
    Server {
        name: "aiohttp",
        program: "server_aiohttp.py",
        arguments: &[],
        packages: &["aiohttp"],
        legs: &["3.11", "3.13"],
    },
    Server {
        name: "scraper",
        program: "server_scraper.py",
        arguments: &[],
        packages: &[],
        legs: &["3.8", "3.11", "3.13", "3.15"],
    },
];

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let legs = manifest.legs.iter();
    legs.map(of_leg).collect()
}

fn of_leg(leg: &Leg) -> Vec<Trial> {
    let servers = SERVERS.iter();
    let servers = servers.filter(|server| server.legs.contains(&&*leg.leg));
    let trial = |server: &'static Server| {
        if let Some(why) = lacks(leg, server) {
            return ignored("servers", &leg.leg, &format!("{}: {why}", server.name));
        }
        let leg = leg.clone();
        let name = format!("servers::{}::{}", leg.leg, server.name);
        Trial::test(name, move || {
            let outcome = no_false_alarm(&leg, server);
            outcome.map_err(|why| Failed::from(format!("CPython {}: {why}", leg.version)))
        })
    };
    servers.map(trial).collect()
}

/// Why `leg` cannot run it.
fn lacks(leg: &Leg, server: &Server) -> Option<String> {
    if let Some(why) = &leg.missing {
        return Some(why.clone());
    }
    let folder = leg.hangs_packages();
    let there = |name: &str| {
        let module = folder.as_ref().map(|folder| folder.join(name));
        module.is_some_and(|module| module.is_dir())
    };
    let missing = server.packages.iter().find(|name| !there(name));
    missing.map(|name| format!("no {name}"))
}

// ---------------------------------------------------------------- running

/// A server that answers requests.
struct Running {
    target: Target,
    counter: PathBuf,
    _directory: TempDir,
}

impl Running {
    fn start(leg: &Leg, server: &Server) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let counter = directory.path().join("requests");
        let mut command = target::python(leg);
        if let Some(packages) = leg.hangs_packages().filter(|_| !server.packages.is_empty()) {
            command.env("PYTHONPATH", packages);
        }
        command
            .arg(target::programs().join(server.program))
            .arg(&counter)
            .args(server.arguments);
        let mut target = Target::start(server.program, command)?;
        target.wait_ready()?;
        Ok(Self {
            target,
            counter,
            _directory: directory,
        })
    }

    /// Number of requests that it has answered.
    fn answered(&self) -> Result<u64, String> {
        let bytes = fs::read(&self.counter).map_err(|error| error.to_string())?;
        let bytes = bytes.try_into();
        bytes
            .map(u64::from_ne_bytes)
            .map_err(|bytes| format!("the counter is {bytes:?}"))
    }

    /// Waits until it has answered more than `before` requests, and returns their number.
    fn answers_more_than(&mut self, before: u64) -> Result<u64, String> {
        let deadline = Instant::now() + ANSWERED_WITHIN;
        loop {
            let now = self.answered()?;
            if now > before {
                return Ok(now);
            }
            if Instant::now() > deadline {
                return Err(self.stands(before));
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn stands(&mut self, answered: u64) -> String {
        if self.target.is_running_freely() {
            return format!("no request in {ANSWERED_WITHIN:?} after {answered}");
        }
        // The error quotes its stderr.
        let ended = self.target.wait_line("ENDED").err().unwrap_or_default();
        format!("after {answered} requests: {ended}")
    }
}

// ---------------------------------------------------------------- judging

#[derive(Deserialize)]
struct Snapshot {
    processes: Vec<Process>,
}

#[derive(Deserialize)]
struct Process {
    verdict: Verdict,
    diagnoses: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Verdict {
    state: String,
    confidence: String,
    summary: String,
}

fn no_false_alarm(leg: &Leg, server: &Server) -> Outcome {
    let mut running = Running::start(leg, server)?;
    let started = Instant::now();
    let first = running.answered()?;
    let mut answered = first;
    let mut alarms = Vec::new();
    for number in 1..=snapshots() {
        let json = snapshot(leg, &running).map_err(|why| format!("snapshot {number}: {why}"))?;
        if let Some(alarm) = alarm(&json)? {
            let file = match alarms.len() < KEPT {
                true => keep(leg, server, number, &json)?.display().to_string(),
                false => "not kept".to_owned(),
            };
            alarms.push(format!("snapshot {number} ({file}): {alarm}"));
        }
        answered = running.answers_more_than(answered)?;
    }
    println!(
        "servers {:5} {:16} {} snapshots in {:.1} s, {} requests, {} false alarms",
        leg.leg,
        server.name,
        snapshots(),
        started.elapsed().as_secs_f64(),
        answered - first,
        alarms.len(),
    );
    if alarms.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} false alarms in {} snapshots\n  {}",
        alarms.len(),
        snapshots(),
        alarms.join("\n  ")
    ))
}

fn snapshot(leg: &Leg, running: &Running) -> Result<String, String> {
    let pid = running.target.pid().to_string();
    let mut arguments = vec!["--pid", &pid, "--json", "--interval", "0.1"];
    arguments.extend(pause::of(leg));
    let output = attach::run(&arguments)?;
    match output.code() {
        Some(0) => Ok(output.stdout),
        _ => Err(format!("{}: {}", output.status, output.stderr)),
    }
}

/// The false alarm about a healthy server; `None` where there is none.
fn alarm(json: &str) -> Result<Option<String>, String> {
    let snapshot: Snapshot = serde_json::from_str(json)
        .map_err(|error| format!("the JSON breaks the contract: {error}"))?;
    let [process] = &*snapshot.processes else {
        let count = snapshot.processes.len();
        return Err(format!("{count} processes instead of one"));
    };
    let Verdict {
        state,
        confidence,
        summary,
    } = &process.verdict;
    if HEALTHY.contains(&&**state) {
        return Ok(None);
    }
    let mut lines = vec![format!("{state} ({confidence}): {summary}")];
    let diagnoses = process.diagnoses.iter();
    lines.extend(diagnoses.map(|diagnosis| format!("    {diagnosis}")));
    Ok(Some(lines.join("\n  ")))
}

/// Writes a snapshot to a file that is not deleted.
fn keep(leg: &Leg, server: &Server, number: usize, json: &str) -> Result<PathBuf, String> {
    let prefix = format!("false-alarm-{}-{}-{number}-", leg.leg, server.name);
    let file = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".json")
        .tempfile()
        .map_err(|error| error.to_string())?;
    let (_, path) = file.keep().map_err(|error| error.to_string())?;
    fs::write(&path, json).map_err(|error| error.to_string())?;
    Ok(path)
}
