//! The metrics of `watch`, in a file and over HTTP. They are read by the rules of OpenMetrics 1.0;
//! Python's `prometheus_client` accepts them as well.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{Test, on_every_leg, once};
use crate::support::target::{self, Target};
use crate::support::{Outcome, attach, ensure};

/// How long it may take until the first verdict is in the metrics.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let tests: &[(&str, Test)] = &[
        ("are_served_and_written", are_served_and_written),
        ("those_of_a_child_go_with_it", those_of_a_child_go_with_it),
    ];
    let mut trials = on_every_leg(manifest, "metrics", |_| None, tests);
    trials.push(vec![once("metrics", "wrong_usage", None, wrong_usage)]);
    trials
}

/// `watch`, which a test ends.
struct Watch {
    child: Child,
    address: String,
}

impl Watch {
    fn start(pid: u32, more: &[&str]) -> Result<Self, String> {
        let mut child = Command::new(attach::binary())
            .args(["watch", "--pid", &pid.to_string(), "--every", "1s"])
            .args(["--max-overhead", "100", "--listen", "0"])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let stderr = child.stderr.take().ok_or("no stderr")?;
        let mut said = BufReader::new(stderr).lines().map_while(Result::ok);
        let address = said.find_map(|line| {
            let (_, address) = line.split_once("metrics are at http://")?;
            Some(address.strip_suffix("/metrics")?.to_owned())
        });
        match address {
            Some(address) => Ok(Self { child, address }),
            None => Err("it does not say where its metrics are".into()),
        }
    }

    /// The head and the body of an answer.
    fn get(&self, request: &str) -> Result<(String, String), String> {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(&self.address)?;
            write!(
                stream,
                "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = ask().map_err(|error| error.to_string())?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no head")?;
        Ok((head.to_owned(), body.to_owned()))
    }

    /// The metrics, once they are as `condition` says.
    fn until(&self, condition: impl Fn(&str) -> bool) -> Result<String, String> {
        let started = Instant::now();
        loop {
            let (_, body) = self.get("GET /metrics")?;
            if condition(&body) {
                return Ok(body);
            }
            ensure(started.elapsed() < PATIENCE, || format!("in vain: {body}"))?;
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ctrl-C, and its exit status.
    fn end(&mut self) -> Result<Option<i32>, String> {
        let pid = i32::try_from(self.child.id()).map_err(|error| error.to_string())?;
        kill(Pid::from_raw(pid), Signal::SIGINT).map_err(|error| error.to_string())?;
        let status = self.child.wait().map_err(|error| error.to_string())?;
        Ok(status.code())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn are_served_and_written(leg: &Leg) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("dapper.prom");
    let mut command = target::python(leg);
    command.arg(target::programs().join("turns.py"));
    let mut target = Target::start_with_input("turns.py", command)?;
    target.wait_ready()?;
    let pid = target.pid();
    let started = Instant::now();
    let mut watch = Watch::start(pid, &["--prom", file.to_str().ok_or("odd path")?])?;
    let waits = format!("dapper_tasks{{pid=\"{pid}\",state=\"waiting\",wait=\"lock\"}}");
    watch.until(|body| body.contains(&waits))?;
    let (head, body) = watch.get("GET /metrics")?;
    let is_right = head.starts_with("HTTP/1.1 200")
        && head.contains("Content-Type: application/openmetrics-text; version=1.0.0");
    ensure(is_right, || head)?;
    let samples = samples(&body)?;
    let value = |name: &str| samples.get(name).copied();
    let of_pid = |name: &str| value(&format!("{name}{{pid=\"{pid}\"}}"));
    ensure(of_pid("dapper_up") == Some(1.0), || body.clone())?;
    ensure(of_pid("dapper_hung") == Some(0.0), || body.clone())?;
    let looks = format!("dapper_watch_looks_total{{pid=\"{pid}\",result=\"taken\"}}");
    let lags = format!("dapper_loop_lag_seconds_count{{pid=\"{pid}\",loop=\"MainThread\"}}");
    let (looks, lags) = (value(&looks), value(&lags));
    // Looks at a few words tell of the lag, each moment once: a hundred a second, with gaps of half
    // of that time at least.
    let most = Some(started.elapsed().as_secs_f64() * 200.0);
    ensure(looks >= Some(1.0) && lags >= looks && lags <= most, || {
        format!("{lags:?} {looks:?} {most:?}")
    })?;
    let (head, _) = watch.get("GET /other")?;
    ensure(head.starts_with("HTTP/1.1 404"), || head)?;
    let (head, _) = watch.get("DELETE /metrics")?;
    ensure(head.starts_with("HTTP/1.1 405"), || head)?;
    let status = watch.end()?;
    ensure(status == Some(0), || format!("{status:?}"))?;
    let written = fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let down = format!("dapper_up{{pid=\"{pid}\"}}");
    ensure(self::samples(&written)?.get(&down) == Some(&0.0), || {
        written
    })?;
    let mode = fs::metadata(&file).map_err(|error| error.to_string())?;
    let mode = mode.permissions().mode() & 0o777;
    ensure(mode == 0o644, || format!("{mode:o}"))
}

/// A child has metrics of its own, beside those of the process, until it ends.
fn those_of_a_child_go_with_it(leg: &Leg) -> Outcome {
    let mut command = target::python(leg);
    command.arg(target::programs().join("family.py"));
    let mut target = Target::start_with_input("family.py", command)?;
    let ready = target.wait_ready()?;
    let child = ready.rsplit(' ').next().and_then(|pid| pid.parse().ok());
    let child: i32 = child.ok_or(ready)?;
    let mut watch = Watch::start(target.pid(), &["--children"])?;
    let looks = |pid: &str| format!("dapper_watch_looks_total{{pid=\"{pid}\",result=\"taken\"}}");
    let of_both = [target.pid().to_string(), child.to_string()].map(|pid| looks(&pid));
    watch.until(|body| of_both.iter().all(|name| body.contains(name)))?;
    kill(Pid::from_raw(child), Signal::SIGKILL).map_err(|error| error.to_string())?;
    let body = watch.until(|body| !body.contains(&format!("pid=\"{child}\"")))?;
    let up = format!("dapper_up{{pid=\"{}\"}}", target.pid());
    ensure(samples(&body)?.get(&up) == Some(&1.0), || body.clone())?;
    let status = watch.end()?;
    ensure(status == Some(0), || format!("{status:?}"))
}

/// The samples by name and labels, if all of it keeps to the rules of the format.
fn samples(text: &str) -> Result<BTreeMap<String, f64>, String> {
    let body = text.strip_suffix("# EOF\n").ok_or("no EOF at the end")?;
    let mut samples: BTreeMap<String, f64> = BTreeMap::new();
    let mut family = ("", "");
    let mut bucket: Option<(String, f64)> = None;
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.splitn(3, ' ');
            let parts = (words.next(), words.next(), words.next());
            match parts {
                (Some("TYPE"), Some(name), Some(kind)) => family = (name, kind),
                (Some("HELP"), Some(_), Some(_)) => {}
                (Some("UNIT"), Some(name), Some(unit)) if name.ends_with(unit) => {}
                _ => return Err(format!("odd line {line}")),
            }
            continue;
        }
        let (name, value) = line.rsplit_once(' ').ok_or(line)?;
        let value: f64 = value.parse().map_err(|_| line)?;
        let (base, labels) = name.split_once('{').ok_or(line)?;
        let suffix = base
            .strip_prefix(family.0)
            .ok_or_else(|| format!("{line} is not of {}", family.0))?;
        let allowed: &[&str] = match family.1 {
            "gauge" => &[""],
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => &[],
        };
        ensure(allowed.contains(&suffix) && value >= 0.0, || {
            line.to_owned()
        })?;
        ensure(labels.ends_with('}') && labels.contains("pid=\""), || {
            line.to_owned()
        })?;
        if suffix == "_bucket" {
            // Those of one histogram come one after the other, and count up to all of them.
            let series = without_bound(name);
            let before = bucket.as_ref().filter(|(of, _)| *of == series);
            ensure(before.is_none_or(|(_, count)| *count <= value), || {
                line.to_owned()
            })?;
            if name.contains("le=\"+Inf\"") {
                let count = series.replacen("_bucket", "_count", 1);
                ensure(samples.get(&count) == Some(&value), || {
                    format!("{line}: {count}")
                })?;
            }
            bucket = Some((series, value));
        }
        let before = samples.insert(name.to_owned(), value);
        ensure(before.is_none(), || format!("{line} stands there twice"))?;
    }
    Ok(samples)
}

/// The name of a bucket without its upper end.
fn without_bound(name: &str) -> String {
    let parts = name.split_once("le=\"").and_then(|(before, rest)| {
        let (_, after) = rest.split_once("\",")?;
        Some(format!("{before}{after}"))
    });
    parts.unwrap_or_default()
}

fn wrong_usage() -> Outcome {
    let own = std::process::id().to_string();
    for (arguments, status, part) in [
        (["--listen", "here"], 2, "not a port"),
        (["--keep-files", "0"], 2, "--keep-files"),
        (["--no-memory", "--slow=1s"], 2, "--keep"),
    ] {
        let all = [&["watch", "--pid", &own][..], &arguments[..]].concat();
        let output = attach::run(&all)?;
        let right = output.code() == Some(status) && output.stderr.contains(part);
        ensure(right, || format!("{arguments:?}: {output:?}"))?;
    }
    Ok(())
}
