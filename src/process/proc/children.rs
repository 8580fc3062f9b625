//! The children of a process, and where each of them is blocked.

use procfs::process::Process as Directory;
use serde::{Deserialize, Serialize};

use super::descriptors::{Descriptor, Descriptors, descriptor};
use super::thread::KernelThread;
use super::{files, thread};
use crate::process::handle::has_ended;

/// Largest number of threads of one child that are read.
const MAX_CHILD_THREADS: usize = 64;

/// A child of the process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Child {
    /// Its id, in our pid namespace.
    pub pid: u32,
    /// Its arguments, the program's name first.
    pub command: Vec<String>,
    /// Its main thread. If that waits for another thread which writes to a pipe that
    /// the parent has too, the writing thread.
    pub main_thread: KernelThread,
    /// The target of the descriptor that this thread may wait for. `None` when it is
    /// in no such call.
    pub blocked_on: Option<Descriptor>,
    /// Whether the name of its program file contains `python`.
    pub is_python: bool,
}

impl Child {
    /// Whether it has ended, and its parent has not asked for its exit status yet.
    pub fn has_ended(&self) -> bool {
        has_ended(self.main_thread.state)
    }
}

/// The target of the descriptor that the call of `kernel` may wait for.
fn call_target(directory: &Directory, kernel: &KernelThread) -> Option<Descriptor> {
    let fd = i32::try_from(kernel.syscall?.descriptor()?).ok()?;
    let info = directory.fd_from_fd(fd).ok()?;
    Some(descriptor(info.target))
}

impl Descriptors {
    /// Child `pid` as it is now. `None` when it has ended.
    pub(super) fn child(&self, pid: u32) -> Option<Child> {
        let directory = Directory::new(i32::try_from(pid).ok()?).ok()?;
        let mut main_thread =
            thread::describe(&directory, pid, thread::current_call(&directory, pid));
        if call_name(&main_thread) == Some("futex")
            && let Some(writer) = self.stuck_writer(&directory, pid)
        {
            main_thread = writer;
        }
        let blocked_on = call_target(&directory, &main_thread);
        let executable = directory.exe().ok();
        Some(Child {
            pid,
            command: files::command_line(&directory).unwrap_or_default(),
            main_thread,
            blocked_on,
            is_python: executable
                .and_then(|path| Some(path.file_name()?.to_string_lossy().contains("python")))
                .unwrap_or(false),
        })
    }

    /// A thread of a child that writes to a pipe which this process has too. If this
    /// process does not read the pipe, nobody does.
    fn stuck_writer(&self, directory: &Directory, pid: u32) -> Option<KernelThread> {
        let ids = thread::ids(pid).ok()?;
        let mut threads = ids
            .into_iter()
            .filter(|tid| *tid != pid)
            .take(MAX_CHILD_THREADS)
            .map(|tid| thread::describe(directory, tid, thread::current_call(directory, tid)));
        threads.find(|thread| {
            let writes = matches!(call_name(thread), Some("write" | "writev"));
            let shared = |target: Descriptor| {
                matches!(target, Descriptor::Pipe(_)) && !self.sharing(&target).is_empty()
            };
            writes && call_target(directory, thread).is_some_and(shared)
        })
    }
}

fn call_name(kernel: &KernelThread) -> Option<&'static str> {
    kernel.syscall.as_ref()?.name
}
