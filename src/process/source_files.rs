//! Files that a process names, opened through its own view of the file system
//! (`/proc/PID/root` and `/proc/PID/cwd`), so that it works across containers.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use procfs::process::Process as Directory;

use super::proc::files;

/// Largest source file in bytes that is read; larger ones are not written by people.
const MAX_SOURCE: u64 = 4 << 20;

/// The files of one process, by the names that the process uses.
#[derive(Debug, Clone, Copy)]
pub struct SourceFiles {
    pid: u32,
}

impl SourceFiles {
    /// The files of process `pid`.
    pub fn new(pid: u32) -> Self {
        Self { pid }
    }

    /// The path by which we reach `file`, which is absolute or relative to the
    /// working directory of the process.
    fn reachable(&self, file: &Path) -> PathBuf {
        let (base, rest) = match file.strip_prefix("/") {
            Ok(rest) => ("root", rest),
            Err(_) => ("cwd", file),
        };
        PathBuf::from(format!("/proc/{}/{base}", self.pid)).join(rest)
    }

    /// The text of `file`. `None` when it cannot be read, is no regular file, or
    /// has more than 4 MiB.
    pub fn text(&self, file: &str) -> Option<String> {
        let file = self.open(Path::new(file))?;
        if file.metadata().ok()?.len() > MAX_SOURCE {
            return None;
        }
        let mut bytes = Vec::new();
        file.take(MAX_SOURCE).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Opens `file` if it is a regular file, without blocking and without
    /// becoming the owner of a terminal: the name comes from the process and may
    /// be that of a pipe or a device.
    pub fn open(&self, file: &Path) -> Option<File> {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC)
            .open(self.reachable(file))
            .ok()?;
        file.metadata().ok()?.is_file().then_some(file)
    }

    /// Whether `file` is a regular file.
    pub fn is_file(&self, file: &Path) -> bool {
        self.reachable(file).is_file()
    }

    /// When `file` was last changed.
    pub fn modified(&self, file: &Path) -> Option<SystemTime> {
        let metadata = fs::metadata(self.reachable(file));
        metadata.ok()?.modified().ok()
    }

    /// The working directory of the process. `None` when we may not know it.
    pub fn working_directory(&self) -> Option<PathBuf> {
        fs::read_link(format!("/proc/{}/cwd", self.pid)).ok()
    }

    /// Whether the process has the same root directory as we do.
    pub fn shares_our_root(&self) -> bool {
        let identity = |path: &Path| {
            let found = fs::metadata(path).ok()?;
            Some((found.dev(), found.ino()))
        };
        let root = Path::new("/");
        let its = identity(&self.reachable(root));
        its.is_some() && its == identity(root)
    }
}

/// The arguments of process `pid`, the program's name first, empty ones too.
/// `None` when there is no such process or its arguments cannot be read.
pub fn command_line(pid: u32) -> Option<Vec<String>> {
    let directory = Directory::new(i32::try_from(pid).ok()?).ok()?;
    files::command_line(&directory).ok()
}

#[cfg(test)]
mod tests {
    use crate::process::source_files::*;

    fn ours() -> SourceFiles {
        SourceFiles::new(std::process::id())
    }

    #[test]
    fn reads_regular_files_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.py");
        fs::write(&file, "x = 1\n").unwrap();
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let text = |path: &Path| ours().text(path.to_str().unwrap());
        assert_eq!(text(&file).as_deref(), Some("x = 1\n"));
        assert!(ours().is_file(&file) && !ours().is_file(&pipe));
        assert!(ours().modified(&file).is_some());
        assert_eq!(text(&pipe), None);
        assert_eq!(ours().text("/dev/zero"), None);
        assert_eq!(ours().text("<frozen importlib>"), None);
        // Relative to the working directory, which is the root of this crate.
        assert!(ours().text("Cargo.toml").is_some());
        assert_eq!(ours().working_directory(), std::env::current_dir().ok());
        assert!(ours().shares_our_root());
    }

    #[test]
    fn refuses_a_file_that_is_too_large() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big.py");
        let file = File::create(&path).unwrap();
        file.set_len(MAX_SOURCE + 1).unwrap();
        assert_eq!(ours().text(path.to_str().unwrap()), None);
    }

    #[test]
    fn the_command_line_is_that_of_the_process() {
        let ours: Vec<String> = std::env::args().collect();
        assert_eq!(command_line(std::process::id()), Some(ours));
        assert_eq!(command_line(u32::MAX), None);
    }
}
