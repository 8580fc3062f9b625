//! What is watched of a process as metrics in the text format of OpenMetrics. No label has the name
//! of a task; each has a bounded number of values.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use rustc_hash::FxHashSet;

use super::pools::{title, used_of, waiting_for};
use super::reason::without_numbers;
use super::steps::SlowStep;
use crate::model::{EventLoop, IdMap, IdSet, Index, ItemId, Process, TaskState};
use crate::plain_text::clean;

/// The upper ends of the buckets of a histogram: 1 ms, twice that, …, 16 s.
const FIRST_BUCKET_S: f64 = 0.001;
const BUCKET_FACTOR: f64 = 2.0;
const BUCKETS: u16 = 15;
/// A label has at most so many values beside [`OTHER`].
const MAX_VALUES: usize = 50;
/// The value for all others.
const OTHER: &str = "other";

type Labels = Vec<(&'static str, String)>;
type Gauges = Family<Labels, Gauge>;
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// The metrics of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    up: Gauge,
    hung: Gauge,
    lag: Histograms,
    slow: Histograms,
    ready: Gauges,
    tasks: Gauges,
    pool_used: Gauges,
    pool_limit: Gauges,
    pool_waiting: Gauges,
    lock_waiting: Gauges,
    looks: Family<Labels, Counter>,
    cpu: Counter<f64, AtomicU64>,
    cpu_s: f64,
    /// The names of loops that are values of labels.
    loops: FxHashSet<String>,
    /// Those of the loops that were there at the last look.
    names: IdMap<String>,
    /// Loops of which a look at a few words told since that look.
    glimpsed: IdSet,
}

fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(FIRST_BUCKET_S, BUCKET_FACTOR, BUCKETS))
}

impl Metrics {
    /// No look yet at the process `pid`.
    pub fn new(pid: u32) -> Self {
        let label = ("pid".into(), pid.to_string().into());
        let mut registry = Registry::with_prefix_and_labels("dapper", [label].into_iter());
        let constructor: fn() -> Histogram = histogram;
        let (up, hung) = (Gauge::default(), Gauge::default());
        registry.register("up", "Whether the process is watched", up.clone());
        registry.register(
            "hung",
            "Whether the last verdict is hung, blocked loop or livelock",
            hung.clone(),
        );
        let [lag, slow] = [
            (
                "loop_lag",
                "Age of the running iteration of a loop at random moments: so long does an event wait",
            ),
            (
                "loop_slow_step",
                "Length at least of each step that blocked a loop for longer than --slow",
            ),
        ]
        .map(|(name, help)| {
            let family = Histograms::new_with_constructor(constructor);
            registry.register_with_unit(name, help, Unit::Seconds, family.clone());
            family
        });
        let [
            ready,
            tasks,
            pool_used,
            pool_limit,
            pool_waiting,
            lock_waiting,
        ] = [
            ("loop_ready", "Handles in the ready queue of a loop"),
            (
                "tasks",
                "Tasks by state and by kind of wait, at the last verdict",
            ),
            (
                "pool_used",
                "Workers or connections in use, at the last verdict",
            ),
            ("pool_limit", "Capacity of a pool, at the last verdict"),
            (
                "pool_waiting",
                "Who waits for a place of a pool, or its queued jobs, at the last verdict",
            ),
            ("lock_waiting", "Who waits for a lock, at the last verdict"),
        ]
        .map(|(name, help)| {
            let family = Gauges::default();
            registry.register(name, help, family.clone());
            family
        });
        let (looks, cpu) = (Family::<Labels, Counter>::default(), Counter::default());
        registry.register("watch_looks", "Looks of dapper-attach", looks.clone());
        registry.register_with_unit(
            "watch_cpu",
            "Processor time of dapper-attach",
            Unit::Seconds,
            cpu.clone(),
        );
        up.set(1);
        Self {
            registry,
            up,
            hung,
            lag,
            slow,
            ready,
            tasks,
            pool_used,
            pool_limit,
            pool_waiting,
            lock_waiting,
            looks,
            cpu,
            cpu_s: 0.0,
            loops: FxHashSet::default(),
            names: IdMap::default(),
            glimpsed: IdSet::default(),
        }
    }

    /// Adds the age of the iteration of a loop, in seconds, from a look of a few words at a random
    /// moment.
    pub fn glimpsed(&mut self, event_loop: ItemId, age_s: f64) {
        if let Some(name) = self.names.get(&event_loop) {
            let labels = vec![("loop", name.clone())];
            self.lag.get_or_create(&labels).observe(age_s);
            self.glimpsed.insert(event_loop);
        }
    }

    /// Adds a look at threads and loops.
    pub fn look(&mut self, process: &Process) {
        let index = Index::new(process);
        let mut ready: BTreeMap<String, u64> = BTreeMap::new();
        self.names.clear();
        for event_loop in &process.loops {
            let name = self.name_of(event_loop, &index);
            self.names.insert(event_loop.id, name.clone());
            let is_told = self.glimpsed.contains(&event_loop.id);
            if let Some(age_s) = event_loop.lag_s().filter(|_| !is_told) {
                let labels = vec![("loop", name.clone())];
                self.lag.get_or_create(&labels).observe(age_s);
            }
            *ready.entry(name).or_default() += event_loop.ready.unwrap_or_default();
        }
        self.glimpsed.clear();
        set(&self.ready, "loop", ready);
        self.looked("taken");
    }

    /// A look that failed.
    pub fn failed(&mut self) {
        self.looked("failed");
    }

    /// A step that blocked its loop and is over.
    pub fn slow(&mut self, step: &SlowStep) {
        if step.at_most_s.is_none() {
            return;
        }
        let thread = step
            .event_loop
            .split_once(' ')
            .map_or("", |(_, thread)| thread);
        let name = self.bounded(thread);
        let labels = vec![("loop", name)];
        self.slow.get_or_create(&labels).observe(step.lasted_s);
    }

    /// The process as it was judged, and whether it hangs.
    pub fn judged(&mut self, process: &Process, hangs: bool) {
        self.hung.set(i64::from(hangs));
        let mut tasks: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for task in &process.tasks {
            let state = match task.state {
                TaskState::Waiting => "waiting",
                TaskState::Ready => "ready",
                TaskState::Running => "running",
                TaskState::Done => "done",
            };
            let wait = task.waits_for.as_ref().map_or("", |it| it.kind.as_str());
            *tasks.entry((state, wait)).or_default() += 1;
        }
        self.tasks.clear();
        for ((state, wait), count) in tasks {
            let labels = vec![("state", state.to_owned()), ("wait", wait.to_owned())];
            self.tasks.get_or_create(&labels).set(number(count));
        }
        let resources = process.resources.iter();
        let (mut used, mut limits, mut waiting) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for pool in resources.clone() {
            let Some((its_used, limit)) = used_of(pool) else {
                continue;
            };
            let name = title(pool);
            *used.entry(name.clone()).or_default() += its_used;
            *limits.entry(name.clone()).or_default() += limit;
            *waiting.entry(name).or_default() += waiting_for(pool);
        }
        set(&self.pool_used, "pool", used);
        set(&self.pool_limit, "pool", limits);
        set(&self.pool_waiting, "pool", waiting);
        let mut locks = BTreeMap::new();
        for lock in resources.filter(|it| it.kind.is_lock()) {
            *locks.entry(title(lock)).or_default() += lock.waiters.len() as u64;
        }
        set(&self.lock_waiting, "lock", locks);
    }

    /// The processor time that the watch has used up to now.
    pub fn cost(&mut self, cpu: Duration) {
        let cpu_s = cpu.as_secs_f64();
        self.cpu.inc_by((cpu_s - self.cpu_s).max(0.0));
        self.cpu_s = cpu_s;
    }

    /// It is no longer watched.
    pub fn end(&mut self) {
        self.up.set(0);
    }

    /// All metrics as OpenMetrics text, which ends with `# EOF`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn looked(&mut self, result: &str) {
        let labels = vec![("result", result.to_owned())];
        self.looks.get_or_create(&labels).inc();
    }

    /// The name of a loop's thread. A program may start any number of loops in it.
    fn name_of(&mut self, event_loop: &EventLoop, index: &Index<'_>) -> String {
        let thread = event_loop.thread.and_then(|id| index.thread(id));
        self.bounded(thread.map_or("no thread", |thread| &thread.name))
    }

    fn bounded(&mut self, name: &str) -> String {
        let name = clean(&without_numbers(name)).into_owned();
        if self.loops.len() < MAX_VALUES {
            self.loops.insert(name.clone());
        }
        match self.loops.contains(&name) {
            true => name,
            false => OTHER.to_owned(),
        }
    }
}

/// Sets a gauge for each value of a label, the greatest of them one by one.
fn set(gauges: &Gauges, label: &'static str, counts: BTreeMap<String, u64>) {
    gauges.clear();
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others = counts.split_off(counts.len().min(MAX_VALUES));
    if !others.is_empty() {
        let all = others.iter().map(|(_, count)| count).sum();
        counts.push((OTHER.to_owned(), all));
    }
    for (value, count) in counts {
        let labels = vec![(label, value)];
        gauges.get_or_create(&labels).set(number(count));
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::FrameKind;
    use crate::model::fixtures::{event_loop, frames, process, resource, task, thread, wait};

    #[test]
    fn each_moment_counts_once_in_the_histogram_of_the_lag() {
        let mut metrics = Metrics::new(4242);
        let mut seen = process("app.py");
        let mut its_loop = event_loop("loop:0x5", "thread:7");
        its_loop.iteration_s = Some(0.003);
        seen.loops.push(its_loop);
        let thread = thread("thread:7", 7, "MainThread", Vec::new());
        seen.threads.push(thread);
        metrics.glimpsed("loop:0x5".into(), 0.1);
        metrics.look(&seen);
        metrics.glimpsed("loop:0x5".into(), 0.001_5);
        metrics.glimpsed("loop:0x9".into(), 0.001_5);
        metrics.look(&seen);
        metrics.look(&seen);
        let text = metrics.text();
        for (bound, count) in [("0.002", 1), ("0.004", 3), ("+Inf", 3)] {
            let line = format!(
                "dapper_loop_lag_seconds_bucket{{pid=\"4242\",le=\"{bound}\",loop=\"MainThread\"}} {count}"
            );
            assert!(text.lines().any(|it| it == line), "{line} is not in {text}");
        }
    }

    #[test]
    fn counts_have_bounded_labels_and_no_names_of_tasks() {
        let mut metrics = Metrics::new(4242);
        let mut seen = process("app.py");
        for number in 0..200 {
            let chain = frames(&[("main", "/srv/app.py", 30)], FrameKind::Coroutine);
            let mut one = task(&format!("task:0x{:x}", 16 + number), "secret-name", chain);
            one.waits_for = Some(wait("lock", ""));
            seen.tasks.push(Arc::new(one));
        }
        let locks = (0..200).map(|number| {
            let letters = ["a", "b"].repeat(number + 1).concat();
            let mut lock = resource(
                &format!("lock:0x{:x}", 1024 + number),
                "asyncio.Lock",
                &letters,
            );
            lock.waiters = vec![ItemId::Task(16); 3];
            lock
        });
        seen.resources = Arc::new(locks.collect());
        let mut its_loop = event_loop("loop:0x5", "thread:7");
        its_loop.iteration_s = Some(0.003);
        seen.loops.push(its_loop);
        seen.threads
            .push(thread("thread:7", 7, "worker-12", Vec::new()));
        metrics.look(&seen);
        metrics.judged(&seen, true);
        metrics.cost(Duration::from_millis(1_500));
        let text = metrics.text();
        for line in [
            "dapper_hung{pid=\"4242\"} 1",
            "dapper_tasks{pid=\"4242\",state=\"waiting\",wait=\"lock\"} 200",
            "dapper_loop_lag_seconds_bucket{pid=\"4242\",le=\"0.002\",loop=\"worker-N\"} 0",
            "dapper_loop_lag_seconds_bucket{pid=\"4242\",le=\"0.004\",loop=\"worker-N\"} 1",
            "dapper_watch_cpu_seconds_total{pid=\"4242\"} 1.5",
            "dapper_lock_waiting{pid=\"4242\",lock=\"other\"} 450",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is not in {text}");
        }
        assert!(!text.contains("secret"));
        assert_eq!(text.matches("dapper_lock_waiting{").count(), MAX_VALUES + 1);
        assert!(text.ends_with("# EOF\n"));
    }
}
