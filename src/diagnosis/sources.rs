//! Where diagnosis gets the text of source files: given to it, so that it names no file system.

/// Reads source files of the target.
pub trait Sources {
    /// The text of `file`, or `None` where it cannot be had.
    fn read(&self, file: &str) -> Option<String>;

    /// The command line of the process that started the target.
    fn parent_command(&self, _parent_pid: u32) -> Option<Vec<String>> {
        None
    }
}

/// Knows no file: for snapshots that were taken elsewhere.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoSources;

impl Sources for NoSources {
    fn read(&self, _file: &str) -> Option<String> {
        None
    }
}
