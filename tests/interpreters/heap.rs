//! Tasks and coroutines that no list of asyncio has: the search for their types in
//! all written memory finds the same ones as the lists of the garbage collector.
//!
//! The process is stopped meanwhile, so both ways read the same state.

use std::collections::BTreeSet;
use std::time::Duration;

use dapper_attach::asyncio::{FutureState, Heap, scan_heap, search_heap};
use dapper_attach::cpython::runtime::candidates::candidates;
use dapper_attach::cpython::{Interpreter, Reader, runtime};
use dapper_attach::limits::Limits;
use dapper_attach::process::{PageCache, Process, Stop};
use libtest_mimic::Trial;

use crate::support::legs::{Leg, Manifest};
use crate::support::suite::on_every_leg;
use crate::support::target::Target;
use crate::support::{Outcome, ensure};

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    on_every_leg(
        manifest,
        "heap",
        |_| None,
        &[
            ("coroutines", |leg| compare(leg, "coroutines.py")),
            ("finished_tasks", |leg| compare(leg, "states.py")),
        ],
    )
}

/// More items than either program has.
const PAGES: usize = 100_000;
/// Time to stop the process, ample for loaded machines.
const AMPLE: Duration = Duration::from_secs(60);

fn compare(leg: &Leg, program: &str) -> Outcome {
    let (target, _truth) = Target::program(leg, program)?;
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let process = Process::open(target.pid()).map_err(|error| text(&error))?;
    let _stopped = Stop::all_threads(target.pid(), AMPLE).map_err(|error| text(&error))?;
    let cache = PageCache::new(process.memory());
    let found = candidates(&process, &cache).map_err(|error| text(&error))?;
    let (runtime, reader) = runtime::confirm(&found, &cache, &Limits::default())
        .map_err(|rejection| format!("{rejection:?}"))?;
    let interpreters = reader.interpreters(runtime.addr);
    let interpreters = interpreters.map_err(|error| text(&error))?;
    let [interpreter] = &*interpreters else {
        return Err(format!("{} interpreters", interpreters.len()));
    };
    let Some(ranges) = process.all_written_pages(PAGES) else {
        return Err("its pages are not known, or some are swapped out".into());
    };
    let memory = process.memory();
    let scanned = scan_heap(&reader, runtime.addr, interpreter, &memory, &ranges);
    if runtime.layout.build.free_threaded {
        return ensure(scanned.is_none(), || {
            "there are no lists to confirm it".into()
        });
    }
    let scanned = scanned.ok_or("its types are not known")?;
    same(&reader, interpreter, runtime.addr, &scanned)
}

fn same(reader: &Reader<'_>, interpreter: &Interpreter, runtime: u64, scanned: &Heap) -> Outcome {
    let listed = search_heap(reader, runtime, interpreter);
    if let Some(error) = &listed.error {
        return Err(format!("its lists: {error}"));
    }
    let set = |objects: &[u64]| objects.iter().copied().collect::<BTreeSet<u64>>();
    let kept = |objects: &[u64], wanted: &dyn Fn(u64) -> bool| {
        let mut objects = set(objects);
        objects.retain(|object| reader.is_tracked(*object) && wanted(*object));
        objects
    };
    // What the words of no object look like has no loop.
    let is_over = |task: u64| {
        reader.task(task).is_ok_and(|raw| {
            raw.future.state != FutureState::Pending && raw.future.event_loop.is_some()
        })
    };
    let tasks = kept(&scanned.tasks, &is_over);
    let coroutines = kept(&scanned.coroutines, &|object| {
        reader.is_idle_generator(object)
    });
    ensure(!tasks.is_empty() || !coroutines.is_empty(), || {
        "nothing was found".into()
    })?;
    equal("finished tasks", &tasks, &kept(&listed.tasks, &is_over))?;
    equal("coroutines", &coroutines, &set(&listed.coroutines))
}

fn equal(what: &str, scanned: &BTreeSet<u64>, listed: &BTreeSet<u64>) -> Outcome {
    ensure(scanned == listed, || {
        let (more, less) = (scanned - listed, listed - scanned);
        format!("{what}: {more:x?} are in no list, {less:x?} were not found")
    })
}
