//! `dapper-attach watch`

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

use super::failure::Failure;
use super::on_hang::OnHang;
use super::watch_arguments::WatchArguments;
use super::watch_children;
use super::watch_events::print;
use super::watch_keep::Keeper;
use super::watch_metrics::{Exporter, SharedMetrics, of};
use crate::inspect::watching::{Event, Watch, WatchOptions, Watcher};
use crate::model::{ItemId, Process};
use crate::plain_text::clean;
use crate::process::Error;
use crate::profile::metrics::Metrics;

/// Part of the processor time that the looks for steps may use where others are taken too.
const STEPS_PART: f64 = 0.5;

/// What happens at each event.
struct Watching<'a> {
    arguments: &'a WatchArguments,
    end: Arc<AtomicBool>,
    on_hang: Option<OnHang>,
    keeper: Option<Keeper>,
    metrics: Option<Metrics>,
    exporter: Option<Exporter>,
    written: io::Result<()>,
}

impl Watch for Watching<'_> {
    fn go_on(&mut self) -> bool {
        let kept = self.keeper.as_mut().map(Keeper::written);
        let told = kept.into_iter().flatten().all(|event| self.print(&event));
        if let Some(exporter) = &mut self.exporter {
            exporter.go_on();
        }
        told && !self.end.load(Ordering::Relaxed)
    }

    fn looked(&mut self, process: Option<&Process>) {
        match (&mut self.metrics, process) {
            (Some(metrics), Some(process)) => metrics.look(process),
            (Some(metrics), None) => metrics.failed(),
            (None, _) => {}
        }
    }

    fn glimpsed(&mut self, event_loop: ItemId, age_s: f64) {
        if let Some(metrics) = &mut self.metrics {
            metrics.glimpsed(event_loop, age_s);
        }
    }

    fn judged(&mut self, process: &Process, hangs: bool) {
        if let Some(metrics) = &mut self.metrics {
            metrics.judged(process, hangs);
        }
    }

    fn tell(&mut self, event: &Event) -> bool {
        if let (Some(metrics), Event::Slow(step)) = (&mut self.metrics, event) {
            metrics.slow(step);
        }
        if let Some(on_hang) = &mut self.on_hang {
            on_hang.tell(event);
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.tell(event);
        }
        self.print(event)
    }
}

impl Watching<'_> {
    /// Prints an event. Returns whether it could be.
    fn print(&mut self, event: &Event) -> bool {
        self.written = print(event, self.arguments);
        self.written.is_ok()
    }
}

/// Watches a process, and prints a line for each event.
///
/// # Errors
/// If the process cannot be read.
pub(super) fn run(arguments: &WatchArguments) -> Result<(), Failure> {
    let end: Arc<AtomicBool> = Arc::default();
    for signal in [SIGINT, SIGTERM] {
        let registered = signal_hook::flag::register_conditional_default(signal, Arc::clone(&end))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&end)));
        registered.map_err(|error| {
            Failure::new(
                "signals",
                format!("signals cannot be received: {error}"),
                None,
            )
        })?;
    }
    match arguments.children {
        true => watch_children::run(arguments, &end),
        false => {
            let watcher = open(arguments)?;
            watch(watcher, arguments, &end, Gives::start(arguments)?)
        }
    }
}

/// Opens the process.
///
/// # Errors
/// If it cannot be read.
pub(super) fn open(arguments: &WatchArguments) -> Result<Watcher, Error> {
    Watcher::open(WatchOptions {
        pid: arguments.pid,
        rate: arguments.rate,
        slow_s: arguments.slow.as_secs_f64(),
        verdict_every: arguments.every,
        max_overhead: arguments.max_overhead / 100.0 * part_of_steps(arguments),
        lasts: arguments.duration,
    })
}

/// The part of the processor time that the looks for steps may use.
fn part_of_steps(arguments: &WatchArguments) -> f64 {
    match arguments.keep {
        Some(_) => STEPS_PART,
        None => 1.0,
    }
}

/// To whom the metrics of a process go.
pub(super) enum Gives {
    /// Nobody wants them.
    Nothing,
    /// It is the process that was asked for: its metrics stay, and say that it has ended.
    Itself(Exporter),
    /// It is a child: its metrics go with it.
    To(SharedMetrics),
}

impl Gives {
    /// Those of the process that was asked for.
    ///
    /// # Errors
    /// If metrics cannot be given.
    pub(super) fn start(arguments: &WatchArguments) -> Result<Self, Failure> {
        let exporter = Exporter::start(arguments)?;
        Ok(exporter.map_or(Self::Nothing, Self::Itself))
    }

    /// Those of its children.
    pub(super) fn of_child(&self) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Itself(exporter) => Self::To(exporter.metrics()),
            Self::To(metrics) => Self::To(Arc::clone(metrics)),
        }
    }
}

/// Watches until the process or `end` says so.
///
/// # Errors
/// If the process cannot be read any more, or events cannot be printed.
pub(super) fn watch(
    mut watcher: Watcher,
    arguments: &WatchArguments,
    end: &Arc<AtomicBool>,
    gives: Gives,
) -> Result<(), Failure> {
    for class in watcher.unseen() {
        let _ = writeln!(
            io::stderr().lock(),
            "dapper-attach: slow steps of a {} cannot be seen; hangs are",
            clean(class)
        );
    }
    let (metrics, exporter) = match gives {
        Gives::Nothing => (None, None),
        Gives::Itself(exporter) => (Some(exporter.metrics()), Some(exporter)),
        Gives::To(metrics) => (Some(metrics), None),
    };
    let command = arguments.on_hang.clone();
    let part_of_keeper = arguments.max_overhead / 100.0 * (1.0 - part_of_steps(arguments));
    let mut watching = Watching {
        arguments,
        end: Arc::clone(end),
        on_hang: command.map(|command| OnHang::new(command, arguments.pid)),
        keeper: Keeper::start(arguments, part_of_keeper)?,
        metrics: metrics.as_ref().map(|all| of(all, arguments.pid)),
        exporter,
        written: Ok(()),
    };
    let watched = watcher.run(&mut watching);
    if let Some(keeper) = watching.keeper.take() {
        let kept = keeper.finish();
        kept.iter().all(|event| watching.print(event));
    }
    match (watching.metrics.take(), &mut watching.exporter) {
        (Some(metrics), Some(exporter)) => {
            metrics.end();
            exporter.end();
        }
        (Some(metrics), None) => metrics.remove(),
        (None, _) => {}
    }
    watching.written.map_err(Failure::from)?;
    Ok(watched?)
}
