//! Made-up items for the tests of all rooms.
//!
//! Ids and kinds are given as texts: `task:0x10` or by a name, `task:worker`. What
//! a test does not care about has a harmless value.

use std::sync::Arc;

use super::*;

/// A frame of `function`; files under `/usr/lib` are libraries.
pub(crate) fn frame(function: &str, file: &str, line: u32, kind: FrameKind) -> Frame {
    Frame {
        function: function.rsplit('.').next().unwrap_or(function).into(),
        qualname: function.into(),
        file: Some(file.into()),
        line: Some(line),
        column: None,
        kind,
        library: file.starts_with("/usr/lib"),
        owner: None,
        locals: None,
        error: None,
        place: None,
        instruction: None,
    }
}

/// Frames of one kind, given outermost first; the result is innermost first.
pub(crate) fn frames(chain: &[(&str, &str, u32)], kind: FrameKind) -> Vec<Frame> {
    let frames = chain.iter().rev();
    frames
        .map(|(function, file, line)| frame(function, file, *line, kind))
        .collect()
}

/// A waiting task of no loop. Its coroutine is the outermost frame.
pub(crate) fn task(id: &str, name: &str, frames: Vec<Frame>) -> Task {
    let coroutine = frames.last().map_or("gone", |frame| &frame.qualname);
    Task {
        id: id.into(),
        interpreter: 0,
        framework: Framework::Asyncio,
        name: name.into(),
        name_is_default: name.starts_with("Task-"),
        coroutine: coroutine.into(),
        type_name: "_asyncio.Task".into(),
        state: TaskState::Waiting,
        started: Some(true),
        cancelling: 0,
        must_cancel: false,
        outcome: None,
        exception: None,
        event_loop: None,
        thread: None,
        frames: frames.into(),
        waits_for: None,
        guards: Box::default(),
        callbacks: Box::default(),
        awaited_by: Vec::new(),
        created_at: None,
        weakly_held: None,
        error: None,
    }
}

/// A thread that is blocked in `futex`.
pub(crate) fn thread(id: &str, native_id: u64, name: &str, frames: Vec<Frame>) -> Thread {
    Thread {
        id: id.into(),
        interpreter: 0,
        native_id,
        name: name.into(),
        state: ThreadState::Blocked,
        holds_gil: Some(false),
        daemon: Some(false),
        syscall: Some("futex".into()),
        event_loop: None,
        task: None,
        waits_for: None,
        cpu_s: None,
        waits_begun: None,
        callbacks: Vec::new(),
        callbacks_complete: false,
        leads_to: Vec::new(),
        thread_state: None,
        frames,
        error: None,
    }
}

/// A loop that waits in its selector.
pub(crate) fn event_loop(id: &str, thread: &str) -> EventLoop {
    EventLoop {
        id: id.into(),
        interpreter: 0,
        class_name: "asyncio.unix_events._UnixSelectorEventLoop".into(),
        thread: Some(thread.into()),
        running: true,
        closed: Some(false),
        debug: Some(false),
        state: LoopState::Polling,
        ready: Some(0),
        timers: Some(0),
        next_timer_s: None,
        iteration_s: None,
        batch: None,
        slow_callback_s: None,
        until: None,
        executor: None,
        callbacks: Vec::new(),
        callbacks_complete: false,
        leads_to: Vec::new(),
        files: Vec::new(),
        error: None,
    }
}

/// A process that runs `script` and has nothing in it.
pub(crate) fn process(script: &str) -> Process {
    Process {
        clock_s: None,
        pid: 4242,
        parent_pid: Some(1),
        command: vec!["python3".into(), script.into()],
        executable: Some("/usr/bin/python3.13".into()),
        python: PythonBuild {
            version: "3.13.0".into(),
            free_threaded: false,
            debug: false,
            layout: LayoutSource::Published,
        },
        read: ReadInfo {
            consistency: Consistency::Stopped,
            stopped_us: 2_840,
            bytes: 1 << 20,
            syscalls: 12,
            rejected_reads: 0,
            note: None,
        },
        threads: Vec::new(),
        loops: Vec::new(),
        tasks: Vec::new(),
        coroutines: Vec::new(),
        resources: Arc::default(),
        edges: Arc::default(),
        references: Arc::default(),
        children: Vec::new(),
        verdict: None,
        diagnoses: Vec::new(),
        errors: Vec::new(),
        modules: Vec::new(),
        listening: Vec::new(),
        asyncio_imported: true,
        resting: Vec::new(),
        unshared: IdSet::default(),
        variable_calls: Arc::default(),
        foreign_threads: false,
        ignores_signals: false,
        pending: Arc::default(),
    }
}

/// A snapshot of one process.
pub(crate) fn snapshot(process: Process) -> Snapshot {
    Snapshot {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: "dapper-attach".into(),
            version: "0.1.0".into(),
        },
        taken_at: "2026-11-22T02:13:41.123456Z".into(),
        processes: vec![process],
    }
}

/// A wait of this kind for no resource.
pub(crate) fn wait(kind: &str, summary: &str) -> Wait {
    Wait {
        kind: kind.parse().unwrap(),
        type_name: "asyncio.locks.Lock".into(),
        summary: summary.into(),
        ..Wait::default()
    }
}

/// A resource, whose kind is that of its id.
pub(crate) fn resource(id: &str, type_name: &str, name: &str) -> Resource {
    let id = ItemId::from(id);
    Resource {
        name: Some(name.into()),
        ..Resource::new(id.resource_kind().unwrap(), id, type_name.into())
    }
}

/// An edge: `from` cannot go on before `to` does.
pub(crate) fn edge(from: &str, to: &str, via: &str) -> Edge {
    Edge {
        from: from.into(),
        to: to.into(),
        via: via.parse().unwrap(),
    }
}

/// A reference from an item to a resource.
pub(crate) fn reference(from: &str, to: &str, path: &str) -> Reference {
    Reference {
        from: Referrer::Item(from.into()),
        to: to.into(),
        path: path.into(),
        due_s: None,
        error: None,
        aliases: Vec::new(),
        through: None,
        in_libraries: Vec::new(),
        entered: None,
    }
}

/// A coroutine of no task.
pub(crate) fn coroutine(
    id: &str,
    qualname: &str,
    state: CoroutineState,
    frames: Vec<Frame>,
) -> Coroutine {
    Coroutine {
        id: id.into(),
        qualname: qualname.into(),
        state,
        frames,
        referenced_by: None,
        referenced_as: None,
        kept_by: Vec::new(),
        is_of_callable: false,
        event_loop: None,
        error: None,
    }
}

/// A certain verdict from two samples.
pub(crate) fn verdict(state: &str, summary: &str) -> Option<Verdict> {
    Some(Verdict {
        state: state.parse().unwrap(),
        confidence: Confidence::Certain,
        summary: summary.into(),
        samples: 2,
        interval_s: 1.0,
    })
}

/// A certain finding about tasks and threads.
pub(crate) fn diagnosis(kind: &str, tasks: &[&str], threads: &[&str], affected: u64) -> Diagnosis {
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).into()).collect();
    Diagnosis {
        kind: kind.parse().unwrap(),
        how: None,
        tasks: ids(tasks),
        threads: ids(threads),
        resources: Vec::new(),
        summary: format!("a case of {kind}"),
        culprit: None,
        affected_tasks: affected,
        recovers_in_s: None,
        confidence: Confidence::Certain,
        hint: Some("do it in another way".into()),
    }
}
