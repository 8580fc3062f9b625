//! What is watched of processes as metrics in the text format of OpenMetrics. No label has the name
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
use rustc_hash::{FxHashMap, FxHashSet};

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
/// Values of the label `result`.
const TAKEN: &str = "taken";
const FAILED: &str = "failed";

type Labels = Vec<(&'static str, String)>;
type Gauges = Family<Labels, Gauge>;
type Counters = Family<Labels, Counter>;
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// The metrics of all processes that are watched.
#[derive(Debug)]
pub struct MetricsOfAll {
    registry: Registry,
    families: Families,
    /// What the watch costs, and how much of it is counted, in seconds.
    cpu: Counter<f64, AtomicU64>,
    cpu_s: f64,
}

/// One family for each name. Copies are the same families.
#[derive(Debug, Clone)]
struct Families {
    up: Gauges,
    hung: Gauges,
    lag: Histograms,
    slow: Histograms,
    ready: Gauges,
    tasks: Gauges,
    pool_used: Gauges,
    pool_limit: Gauges,
    pool_waiting: Gauges,
    lock_waiting: Gauges,
    looks: Counters,
}

/// The metrics of one process.
#[derive(Debug)]
pub struct Metrics {
    families: Families,
    pid: String,
    /// Gauges that are there, by their families.
    shown: FxHashMap<Shown, Vec<Labels>>,
    /// The names of loops that are values of labels.
    loops: FxHashSet<String>,
    /// Those of the loops that were there at the last look.
    names: IdMap<String>,
    /// Loops of which a look at a few words told since that look.
    glimpsed: IdSet,
}

/// A family whose gauges come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shown {
    LoopReady,
    Tasks,
    PoolUsed,
    PoolLimit,
    PoolWaiting,
    LockWaiting,
}

impl Shown {
    const ALL: [Self; 6] = [
        Self::LoopReady,
        Self::Tasks,
        Self::PoolUsed,
        Self::PoolLimit,
        Self::PoolWaiting,
        Self::LockWaiting,
    ];

    fn family(self, families: &Families) -> Gauges {
        let family = match self {
            Self::LoopReady => &families.ready,
            Self::Tasks => &families.tasks,
            Self::PoolUsed => &families.pool_used,
            Self::PoolLimit => &families.pool_limit,
            Self::PoolWaiting => &families.pool_waiting,
            Self::LockWaiting => &families.lock_waiting,
        };
        family.clone()
    }
}

fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(FIRST_BUCKET_S, BUCKET_FACTOR, BUCKETS))
}

impl MetricsOfAll {
    /// No process yet. What the watch itself costs has the label of `pid`.
    pub fn new(pid: u32) -> Self {
        let mut registry = Registry::with_prefix("dapper");
        let families = Families::register(&mut registry);
        let costs = Family::<Labels, Counter<f64, AtomicU64>>::default();
        registry.register_with_unit(
            "watch_cpu",
            "Processor time of dapper-attach",
            Unit::Seconds,
            costs.clone(),
        );
        let cpu = costs.get_or_create(&vec![("pid", pid.to_string())]).clone();
        Self {
            registry,
            families,
            cpu,
            cpu_s: 0.0,
        }
    }

    /// Those of the process `pid`, which is watched from now on.
    pub fn of(&self, pid: u32) -> Metrics {
        let metrics = Metrics {
            families: self.families.clone(),
            pid: pid.to_string(),
            shown: FxHashMap::default(),
            loops: FxHashSet::default(),
            names: IdMap::default(),
            glimpsed: IdSet::default(),
        };
        let labels = metrics.labels([]);
        metrics.families.up.get_or_create(&labels).set(1);
        metrics.families.hung.get_or_create(&labels).set(0);
        metrics
    }

    /// The processor time that the watch has used up to now.
    pub fn cost(&mut self, cpu: Duration) {
        let cpu_s = cpu.as_secs_f64();
        self.cpu.inc_by((cpu_s - self.cpu_s).max(0.0));
        self.cpu_s = cpu_s;
    }

    /// All metrics as OpenMetrics text, which ends with `# EOF`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Families {
    fn register(registry: &mut Registry) -> Self {
        let constructor: fn() -> Histogram = histogram;
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
        let looks = Counters::default();
        registry.register("watch_looks", "Looks of dapper-attach", looks.clone());
        let mut gauges = |name, help| {
            let family = Gauges::default();
            registry.register(name, help, family.clone());
            family
        };
        Self {
            up: gauges("up", "Whether the process is watched"),
            hung: gauges(
                "hung",
                "Whether the last verdict is hung, blocked loop or livelock",
            ),
            ready: gauges("loop_ready", "Handles in the ready queue of a loop"),
            tasks: gauges(
                "tasks",
                "Tasks by state and by kind of wait, at the last verdict",
            ),
            pool_used: gauges(
                "pool_used",
                "Workers or connections in use, at the last verdict",
            ),
            pool_limit: gauges("pool_limit", "Capacity of a pool, at the last verdict"),
            pool_waiting: gauges(
                "pool_waiting",
                "Who waits for a place of a pool, or its queued jobs, at the last verdict",
            ),
            lock_waiting: gauges("lock_waiting", "Who waits for a lock, at the last verdict"),
            lag,
            slow,
            looks,
        }
    }
}

impl Metrics {
    /// The labels of this process, with others.
    fn labels<const N: usize>(&self, others: [(&'static str, String); N]) -> Labels {
        let own = ("pid", self.pid.clone());
        std::iter::once(own).chain(others).collect()
    }

    /// The histogram of a loop.
    fn observe(&self, family: &Histograms, name: &str, seconds: f64) {
        let labels = self.labels([("loop", name.to_owned())]);
        family.get_or_create(&labels).observe(seconds);
    }

    /// Adds the age of the iteration of a loop, in seconds, from a look of a few words at a random
    /// moment.
    pub fn glimpsed(&mut self, event_loop: ItemId, age_s: f64) {
        if let Some(name) = self.names.get(&event_loop) {
            self.observe(&self.families.lag, name, age_s);
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
                self.observe(&self.families.lag, &name, age_s);
            }
            *ready.entry(name).or_default() += event_loop.ready.unwrap_or_default();
        }
        self.glimpsed.clear();
        self.set(Shown::LoopReady, "loop", ready);
        self.looked(TAKEN);
    }

    /// A look that failed.
    pub fn failed(&mut self) {
        self.looked(FAILED);
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
        self.observe(&self.families.slow, &name, step.lasted_s);
    }

    /// The process as it was judged, and whether it hangs.
    pub fn judged(&mut self, process: &Process, hangs: bool) {
        let labels = self.labels([]);
        (self.families.hung.get_or_create(&labels)).set(i64::from(hangs));
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
        let tasks = tasks.into_iter().map(|((state, wait), count)| {
            let labels = self.labels([("state", state.to_owned()), ("wait", wait.to_owned())]);
            (labels, count)
        });
        let tasks = tasks.collect();
        self.show(Shown::Tasks, tasks);
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
        self.set(Shown::PoolUsed, "pool", used);
        self.set(Shown::PoolLimit, "pool", limits);
        self.set(Shown::PoolWaiting, "pool", waiting);
        let mut locks = BTreeMap::new();
        for lock in resources.filter(|it| it.kind.is_lock()) {
            *locks.entry(title(lock)).or_default() += lock.waiters.len() as u64;
        }
        self.set(Shown::LockWaiting, "lock", locks);
    }

    /// It is no longer watched, which its metrics say.
    pub fn end(&self) {
        let labels = self.labels([]);
        self.families.up.get_or_create(&labels).set(0);
    }

    /// Takes all metrics of the process away: others like it come and go.
    pub fn remove(mut self) {
        let labels = self.labels([]);
        self.families.up.remove(&labels);
        self.families.hung.remove(&labels);
        for of in Shown::ALL {
            self.show(of, Vec::new());
        }
        let loops = self.loops.iter().map(String::as_str);
        for name in loops.chain([OTHER]) {
            let labels = self.labels([("loop", name.to_owned())]);
            self.families.lag.remove(&labels);
            self.families.slow.remove(&labels);
        }
        for result in [TAKEN, FAILED] {
            let labels = self.labels([("result", result.to_owned())]);
            self.families.looks.remove(&labels);
        }
    }

    fn looked(&mut self, result: &str) {
        let labels = self.labels([("result", result.to_owned())]);
        self.families.looks.get_or_create(&labels).inc();
    }

    /// Sets a gauge for each value of a label, the greatest of them one by one.
    fn set(&mut self, of: Shown, label: &'static str, counts: BTreeMap<String, u64>) {
        let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let others = counts.split_off(counts.len().min(MAX_VALUES));
        if !others.is_empty() {
            let all = others.iter().map(|(_, count)| count).sum();
            counts.push((OTHER.to_owned(), all));
        }
        let counts = counts.into_iter();
        let counts = counts.map(|(value, count)| (self.labels([(label, value)]), count));
        let counts = counts.collect();
        self.show(of, counts);
    }

    /// Sets these gauges, and takes the others of the process away.
    fn show(&mut self, of: Shown, counts: Vec<(Labels, u64)>) {
        let family = of.family(&self.families);
        for labels in self.shown.remove(&of).into_iter().flatten() {
            family.remove(&labels);
        }
        let mut shown = Vec::with_capacity(counts.len());
        for (labels, count) in counts {
            family.get_or_create(&labels).set(number(count));
            shown.push(labels);
        }
        self.shown.insert(of, shown);
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
        let all = MetricsOfAll::new(4242);
        let mut metrics = all.of(4242);
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
        let text = all.text();
        for (bound, count) in [("0.002", 1), ("0.004", 3), ("+Inf", 3)] {
            let line = format!(
                "dapper_loop_lag_seconds_bucket{{le=\"{bound}\",pid=\"4242\",loop=\"MainThread\"}} {count}"
            );
            assert!(text.lines().any(|it| it == line), "{line} is not in {text}");
        }
    }

    #[test]
    fn counts_have_bounded_labels_and_no_names_of_tasks() {
        let mut all = MetricsOfAll::new(4242);
        let mut metrics = all.of(4242);
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
        all.cost(Duration::from_millis(1_500));
        let text = all.text();
        for line in [
            "dapper_hung{pid=\"4242\"} 1",
            "dapper_tasks{pid=\"4242\",state=\"waiting\",wait=\"lock\"} 200",
            "dapper_loop_lag_seconds_bucket{le=\"0.002\",pid=\"4242\",loop=\"worker-N\"} 0",
            "dapper_loop_lag_seconds_bucket{le=\"0.004\",pid=\"4242\",loop=\"worker-N\"} 1",
            "dapper_watch_cpu_seconds_total{pid=\"4242\"} 1.5",
            "dapper_lock_waiting{pid=\"4242\",lock=\"other\"} 450",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is not in {text}");
        }
        assert!(!text.contains("secret"));
        assert_eq!(text.matches("dapper_lock_waiting{").count(), MAX_VALUES + 1);
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn each_process_has_its_own_which_go_with_it() {
        let all = MetricsOfAll::new(1);
        let mut of = [all.of(1), all.of(2)];
        let mut seen = process("app.py");
        let mut its_loop = event_loop("loop:0x5", "thread:7");
        its_loop.iteration_s = Some(0.003);
        seen.loops.push(its_loop);
        seen.threads
            .push(thread("thread:7", 7, "MainThread", Vec::new()));
        seen.tasks
            .push(Arc::new(task("task:0x10", "fetch-1", Vec::new())));
        for metrics in &mut of {
            metrics.look(&seen);
            metrics.judged(&seen, false);
        }
        let count = |pid: u32| all.text().matches(&format!("pid=\"{pid}\"")).count();
        // Only the first has the cost of the watch.
        assert!(count(1) > 10 && count(1) == count(2) + 1);
        let [first, second] = of;
        second.remove();
        assert_eq!(count(2), 0);
        first.end();
        assert!(all.text().contains("dapper_up{pid=\"1\"} 0"));
    }
}
