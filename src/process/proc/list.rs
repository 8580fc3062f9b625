//! The Python processes of this machine.

use std::path::Path;

use procfs::process::Process as Directory;

use super::files;
use super::files::Status;
use crate::process::LiveMemory;
use crate::process::access::refusal::user_name;
use crate::process::elf::image;
use crate::process::handle::has_ended;
use crate::process::memory::{Mapping, Memory};

/// A process that runs CPython as far as we can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id, in our pid namespace.
    pub pid: u32,
    /// The process that started it. `None` outside of our pid namespace.
    pub parent: Option<u32>,
    /// Its arguments, the program's name first.
    pub command: Vec<String>,
    /// Its effective user id.
    pub uid: u32,
    /// The name of that user. `None` when it has none here.
    pub user: Option<String>,
    /// The path of the program file. `None` when we may not know it.
    pub executable: Option<String>,
    /// Whether we may read its memory. If not, it is listed because of its name.
    pub readable: bool,
}

/// The symbol of the interpreter's state, since CPython 3.7.
const RUNTIME_SYMBOL: &str = "_PyRuntime";
/// Parts of mapped paths that hint at CPython linked into a program of another name:
/// the standard library, or the folder that PyInstaller unpacks.
const HINTS: [&str; 2] = ["python", "/_MEI"];

/// Every process that runs CPython as far as we can tell, by pid, except our own.
pub fn python_processes() -> Vec<Candidate> {
    let processes = procfs::process::all_processes().into_iter().flatten();
    let mut found: Vec<Candidate> = processes
        .filter_map(|process| candidate(&process.ok()?))
        .filter(|candidate| candidate.pid != std::process::id())
        .collect();
    found.sort_unstable_by_key(|candidate| candidate.pid);
    found
}

fn candidate(directory: &Directory) -> Option<Candidate> {
    let pid = u32::try_from(directory.pid).ok()?;
    let stat = directory.stat().ok()?;
    if has_ended(stat.state) {
        return None;
    }
    let command = files::command_line(directory).unwrap_or_default();
    let executable = (files::executable(directory).ok()).map(|(path, _)| path);
    let mappings = files::mappings(directory).unwrap_or_default();
    let memory = LiveMemory::new(pid);
    let readable = is_readable(&mappings, &memory);
    let is_python = if readable {
        maps_interpreter(&mappings) || (is_hinted(&mappings) && has_runtime(pid, &mappings))
    } else {
        let first = command.first().cloned();
        [executable.clone(), first, Some(stat.comm)]
            .into_iter()
            .flatten()
            .any(|path| names_interpreter(&path))
    };
    let status = Status::of_process(directory).ok()?;
    let uid = status.numbers("Uid").get(1).copied()?;
    is_python.then(|| Candidate {
        pid,
        parent: u32::try_from(stat.ppid).ok().filter(|parent| *parent > 0),
        command,
        uid,
        user: user_name(uid),
        executable,
        readable,
    })
}

fn is_readable(mappings: &[Mapping], memory: &LiveMemory) -> bool {
    let mut files = mappings
        .iter()
        .filter(|mapping| mapping.readable && mapping.inode != 0);
    files
        .next()
        .is_some_and(|mapping| memory.read(mapping.start, &mut [0]).is_ok())
}

fn maps_interpreter(mappings: &[Mapping]) -> bool {
    mappings
        .iter()
        .filter(|mapping| mapping.executable)
        .any(|mapping| mapping.path.as_deref().is_some_and(names_interpreter))
}

fn is_hinted(mappings: &[Mapping]) -> bool {
    let paths = mappings
        .iter()
        .filter_map(|mapping| mapping.path.as_deref());
    paths
        .into_iter()
        .any(|path| HINTS.iter().any(|hint| path.contains(hint)))
}

fn has_runtime(pid: u32, mappings: &[Mapping]) -> bool {
    let memory = LiveMemory::new(pid);
    image::images(pid, mappings, &memory)
        .iter()
        .any(|image| image.dynamic_symbol(&memory, RUNTIME_SYMBOL).is_some())
}

/// Whether a file name is that of CPython's program or library: `python`,
/// `python3.14t`, `libpython3.11d.so.1.0`, but not `python-config` or
/// `libpython2.7.so`.
fn names_interpreter(path: &str) -> bool {
    let name = Path::new(path).file_name().and_then(|name| name.to_str());
    let Some(name) = name else { return false };
    let version = match name.strip_prefix("libpython") {
        Some(rest) => rest.split_once(".so").map(|(version, _)| version),
        None => name.strip_prefix("python"),
    };
    let Some(version) = version else { return false };
    // Flags of the build: debug, free-threaded, and pymalloc up to 3.7.
    let number = version.trim_end_matches(['d', 't', 'm', 'u']);
    match number.strip_prefix('3') {
        Some("") => true,
        Some(minor) => minor
            .strip_prefix('.')
            .is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit())),
        None => number.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::names_interpreter;

    #[test]
    fn interpreters_are_known_by_their_files() {
        for path in [
            "/usr/bin/python",
            "/usr/bin/python3",
            "python3.7m",
            "/opt/py/bin/python3.14t",
            "python3.15td",
            "/usr/lib/libpython3.11.so.1.0",
            "/usr/lib/libpython3.13td.so",
            "/usr/lib/libpython3.so",
        ] {
            assert!(names_interpreter(path), "{path}");
        }
        for path in [
            "/usr/bin/python2.7",
            "/usr/bin/python3-config",
            "/usr/lib/libpython2.7.so.1.0",
            "/usr/bin/pythonw-launcher",
            "/usr/bin/python3.",
            "bash",
            "",
        ] {
            assert!(!names_interpreter(path), "{path}");
        }
    }
}
