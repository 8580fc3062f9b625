//! Source files of a running process, read through its own view of the file system.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use crate::diagnosis::Sources;
use crate::process::{SourceFiles, command_line};

/// Source files of a process. They are read through `/proc/<pid>/root`, so that this
/// works for processes in containers.
#[derive(Debug)]
pub struct ProcessSources {
    files: SourceFiles,
    cache: RefCell<FxHashMap<String, Option<String>>>,
}

impl ProcessSources {
    /// Sources of the process `pid`.
    pub fn new(pid: u32) -> Self {
        Self {
            files: SourceFiles::new(pid),
            cache: RefCell::default(),
        }
    }
}

impl Sources for ProcessSources {
    fn read(&self, file: &str) -> Option<String> {
        if let Some(known) = self.cache.borrow().get(file) {
            return known.clone();
        }
        let text = self.files.text(file);
        self.cache
            .borrow_mut()
            .insert(file.to_owned(), text.clone());
        text
    }

    fn parent_command(&self, parent_pid: u32) -> Option<Vec<String>> {
        command_line(parent_pid)
    }
}
