//! Small made-up processes for the tests of the rules.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Sources;
pub(super) use crate::model::fixtures::frame;
use crate::model::{fixtures, *};

pub(super) const APP: &str = "/srv/app.py";

/// A process and the source files of its program.
#[derive(Clone)]
pub(super) struct World {
    pub process: Process,
    pub files: FxHashMap<String, String>,
    pub parent: Option<Vec<String>>,
}

impl Sources for World {
    fn read(&self, file: &str) -> Option<String> {
        self.files.get(file).cloned()
    }

    fn parent_command(&self, _parent_pid: u32) -> Option<Vec<String>> {
        self.parent.clone()
    }
}

impl World {
    /// A main thread in whose loop nothing happens; `source` is `/srv/app.py`.
    pub(super) fn new(source: &str) -> Self {
        let mut world = Self {
            process: fixtures::process(APP),
            files: FxHashMap::default(),
            parent: None,
        };
        world.files.insert(APP.into(), source.into());
        world.thread("MainThread", &[]);
        world.process.threads[0].event_loop = Some("loop:1".into());
        world.process.threads[0].syscall = Some("epoll_wait".into());
        world
            .process
            .loops
            .push(event_loop("loop:1", "thread:MainThread"));
        world
    }

    fn frames(&self, chain: &[(&str, &str)], kind: FrameKind) -> Vec<Frame> {
        let source = &self.files[APP];
        let line_of = |text: &str| source.lines().position(|line| line.contains(text));
        let of = |(function, at): &(&str, &str)| {
            let line = line_of(at).unwrap_or_else(|| panic!("no line has {at}"));
            frame(function, APP, line as u32 + 1, kind)
        };
        chain.iter().rev().map(of).collect()
    }

    /// A waiting task; of each frame, outermost first, the function and a part
    /// of the line at which it stands.
    pub(super) fn task(&mut self, name: &str, chain: &[(&str, &str)]) -> &mut Task {
        let mut task = task(name);
        task.frames = self.frames(chain, FrameKind::Coroutine).into();
        task.coroutine = chain.first().map_or("main", |frame| frame.0).into();
        self.process.tasks.push(task.into());
        self.process.tasks_mut().last().unwrap()
    }

    /// The source of the program.
    pub(super) fn source(&self) -> &str {
        &self.files[APP]
    }

    /// A task that waits for a resource or with a kind of its own.
    pub(super) fn waiting(&mut self, name: &str, chain: &[(&str, &str)], kind: &str, on: &str) {
        self.task(name, chain).waits_for = Some(wait(kind, on));
    }

    /// A task that sleeps for so many seconds.
    pub(super) fn sleeping(&mut self, name: &str, chain: &[(&str, &str)], left: f64) {
        self.waiting(name, chain, "timer", "");
        let task = self.process.tasks_mut().last().unwrap();
        task.waits_for.as_mut().unwrap().remaining_s = Some(left);
    }

    /// A task that awaits others.
    pub(super) fn awaiting(
        &mut self,
        name: &str,
        chain: &[(&str, &str)],
        via: &str,
        others: &[&str],
    ) {
        let kind = via.parse::<EdgeKind>().unwrap().task_wait();
        self.waiting(name, chain, kind.as_str(), "");
        let id = format!("task:{name}");
        for other in others {
            self.edge(&id, other, via);
            let other = ItemId::from(*other);
            if let Some(task) = self.process.tasks_mut().find(|t| t.id == other) {
                task.awaited_by.push(id.as_str().into());
            }
        }
    }

    /// A task that failed with an exception that nobody retrieved.
    pub(super) fn failed(&mut self, name: &str, chain: &[(&str, &str)], error: &str) {
        let frames = self.frames(chain, FrameKind::Coroutine);
        let task = self.task(name, &[]);
        task.state = TaskState::Done;
        task.outcome = Some(Outcome::Exception);
        task.exception = Some(Box::new(ExceptionInfo {
            type_name: error.into(),
            message: String::new(),
            retrieved: false,
            frames,
        }));
    }

    /// A blocked thread.
    pub(super) fn thread(&mut self, name: &str, chain: &[(&str, &str)]) -> &mut Thread {
        let frames = match chain {
            [] => vec![frame(
                "select",
                "/usr/lib/python3.13/selectors.py",
                452,
                FrameKind::Function,
            )],
            chain => self.frames(chain, FrameKind::Function),
        };
        self.process.threads.push(thread(name, frames));
        self.process.threads.last_mut().unwrap()
    }

    /// A thread that waits for a resource.
    pub(super) fn blocked(&mut self, name: &str, chain: &[(&str, &str)], kind: &str, on: &str) {
        self.thread(name, chain).waits_for = Some(wait(kind, on));
    }

    /// Puts a task on the main thread: it runs, in these synchronous frames.
    pub(super) fn run(&mut self, task: &str, thread: &str, synchronous: &[(&str, &str)]) {
        let inner = self.frames(synchronous, FrameKind::Function);
        let (task, thread) = (ItemId::from(task), ItemId::from(thread));
        let task = self.process.tasks_mut().find(|t| t.id == task).unwrap();
        task.state = TaskState::Running;
        let outer = task.frames.clone();
        let id = task.id;
        let thread = self
            .process
            .threads
            .iter_mut()
            .find(|t| t.id == thread)
            .unwrap();
        thread.task = Some(id);
        thread.frames = inner.iter().chain(&*outer).cloned().collect();
        let event_loop = thread.event_loop;
        let mut loops = self.process.loops.iter_mut();
        let event_loop = loops.find(|l| Some(l.id) == event_loop).unwrap();
        event_loop.state = LoopState::Blocked;
    }

    pub(super) fn resource(&mut self, kind: &str, name: &str, holders: &[&str]) -> &mut Resource {
        let id = ItemId::from(&*format!("{kind}:{name}"));
        let type_name = format!("asyncio.{kind}");
        let mut resource = Resource::new(kind.parse().unwrap(), id, type_name.into());
        resource.name = Some(name.into());
        resource.holders = holders.iter().map(|id| (*id).into()).collect();
        let resources = Arc::make_mut(&mut self.process.resources);
        resources.push(resource);
        resources.last_mut().unwrap()
    }

    pub(super) fn edge(&mut self, from: &str, to: &str, via: &str) {
        self.process.edges_mut().push(Edge {
            from: from.into(),
            to: to.into(),
            via: via.parse().unwrap(),
        });
    }

    pub(super) fn refers(&mut self, from: &str, to: &str, path: &str) {
        Arc::make_mut(&mut self.process.references).push(Reference {
            from: referrer(from),
            to: to.into(),
            path: path.into(),
            due_s: None,
            error: None,
            aliases: Vec::new(),
            through: None,
            in_libraries: Vec::new(),
            entered: None,
        });
    }

    pub(super) fn coroutine(&mut self, name: &str, state: &str, at: &str) -> &mut Coroutine {
        let frames = self.frames(&[(name, at)], FrameKind::AsyncGenerator);
        self.process.coroutines.push(Coroutine {
            id: ItemId::from(&*format!("coroutine:{name}")),
            qualname: name.into(),
            state: state.parse().unwrap(),
            frames,
            referenced_by: None,
            referenced_as: None,
            kept_by: Vec::new(),
            is_of_callable: false,
            event_loop: None,
            error: None,
        });
        self.process.coroutines.last_mut().unwrap()
    }

    /// A server's socket that the loop watches.
    pub(super) fn listening(&mut self, local: &str) {
        self.process.loops[0].files.push(LoopFile {
            local: Some(local.into()),
            state: Some("LISTEN".into()),
            ..loop_file(9)
        });
    }

    /// The verdict and findings, with an earlier sample of one second before in
    /// which nothing but the time differed.
    pub(super) fn diagnose(&self) -> (Verdict, Vec<Diagnosis>) {
        let mut before = self.process.clone();
        for task in before.tasks_mut() {
            if let Some(left) = task.waits_for.as_mut().and_then(|w| w.remaining_s.as_mut()) {
                *left += 1.0;
            }
        }
        self.diagnose_after(before)
    }

    pub(super) fn diagnose_after(&self, before: Process) -> (Verdict, Vec<Diagnosis>) {
        let judged = super::diagnose(&self.process, &[before], 1.0, self);
        (judged.verdict, judged.diagnoses)
    }
}

/// A wait of this kind, for a resource where `on` is not empty.
pub(super) fn wait(kind: &str, on: &str) -> Wait {
    Wait {
        kind: kind.parse().unwrap(),
        resource: (!on.is_empty()).then(|| on.into()),
        ..Wait::default()
    }
}

fn referrer(from: &str) -> Referrer {
    match from.strip_prefix("module:") {
        Some(name) => Referrer::Module(name.into()),
        None => Referrer::Item(from.into()),
    }
}

/// A descriptor that a loop watches for reading.
pub(super) fn loop_file(fd: i64) -> LoopFile {
    LoopFile {
        fd,
        events: FileEvents::Read,
        local: None,
        peer: None,
        state: None,
        receive_queue: None,
        send_queue: None,
        callback: None,
        tasks: Vec::new(),
    }
}

/// The ids of made-up items.
pub(super) fn ids<const N: usize>(names: [&str; N]) -> [ItemId; N] {
    names.map(ItemId::from)
}

/// The text of how the finding came about.
pub(super) fn how(one: &Diagnosis) -> &'static str {
    one.how.map_or("", How::as_str)
}

/// The kinds of findings, in order.
pub(super) fn kinds(found: &[Diagnosis]) -> Vec<&str> {
    found.iter().map(|one| one.kind.as_str()).collect()
}

/// The text of the first culprit.
pub(super) fn culprit(found: &[Diagnosis]) -> &str {
    let first = found.first().and_then(|one| one.culprit.as_ref());
    first.map_or("", |culprit| &culprit.text)
}

fn task(name: &str) -> Task {
    Task {
        coroutine: String::new().into(),
        event_loop: Some("loop:1".into()),
        thread: Some("thread:MainThread".into()),
        ..fixtures::task(&format!("task:{name}"), name, Vec::new())
    }
}

fn thread(name: &str, frames: Vec<Frame>) -> Thread {
    Thread {
        cpu_s: Some(1.0),
        ..fixtures::thread(&format!("thread:{name}"), 1, name, frames)
    }
}

/// A loop that waits in its selector; debug mode calls 0.1 s slow.
pub(super) fn event_loop(id: &str, thread: &str) -> EventLoop {
    EventLoop {
        slow_callback_s: Some(0.1),
        ..fixtures::event_loop(id, thread)
    }
}
