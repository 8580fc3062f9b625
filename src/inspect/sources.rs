//! Source files of a running process, read through its own view of the file system.

use std::cell::RefCell;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::diagnosis::Sources;

/// Maximum size of a source file in bytes. Hand-written modules are smaller.
const MAX_SIZE: u64 = 4 << 20;

/// Source files of a process. They are read through `/proc/<pid>/root`, so that this
/// works for processes in containers.
#[derive(Debug)]
pub struct ProcessSources {
    pid: u32,
    cache: RefCell<FxHashMap<String, Option<String>>>,
}

impl ProcessSources {
    /// Sources of the process `pid`.
    pub fn new(pid: u32) -> Self {
        Self {
            pid,
            cache: RefCell::default(),
        }
    }

    /// Path of `file` as this process sees it.
    fn path_of(&self, file: &str) -> PathBuf {
        let (base, rest) = match file.strip_prefix('/') {
            Some(rest) => ("root", rest.trim_start_matches('/')),
            None => ("cwd", file),
        };
        PathBuf::from(format!("/proc/{}/{base}", self.pid)).join(rest)
    }
}

impl Sources for ProcessSources {
    fn read(&self, file: &str) -> Option<String> {
        if let Some(known) = self.cache.borrow().get(file) {
            return known.clone();
        }
        let text = read_regular(&self.path_of(file));
        self.cache
            .borrow_mut()
            .insert(file.to_owned(), text.clone());
        text
    }

    fn parent_command(&self, parent_pid: u32) -> Option<Vec<String>> {
        let bytes = std::fs::read(format!("/proc/{parent_pid}/cmdline")).ok()?;
        let words = bytes.split(|byte| *byte == 0);
        let mut words: Vec<String> = words
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        words.pop();
        Some(words)
    }
}

/// Text of the regular file at `path`. `None` if it cannot be read or is too large.
///
/// The path comes from the target and may denote a pipe or a terminal: opening it
/// must neither block nor make a terminal the controlling one.
fn read_regular(path: &Path) -> Option<String> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC)
        .open(path)
        .ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > MAX_SIZE {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(MAX_SIZE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use crate::inspect::sources::*;

    #[test]
    fn reads_regular_files_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.py");
        std::fs::write(&file, "x = 1\n").unwrap();
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let sources = ProcessSources::new(std::process::id());
        assert_eq!(
            sources.read(file.to_str().unwrap()).as_deref(),
            Some("x = 1\n")
        );
        assert_eq!(sources.read(pipe.to_str().unwrap()), None);
        assert_eq!(sources.read("/dev/zero"), None);
        assert_eq!(sources.read("<frozen importlib>"), None);
    }

    #[test]
    fn refuses_a_file_that_is_too_large() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big.py");
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(MAX_SIZE + 1).unwrap();
        assert_eq!(
            ProcessSources::new(std::process::id()).read(path.to_str().unwrap()),
            None
        );
    }
}
