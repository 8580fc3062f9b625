//! Source files: where the client finds them, and their text where it cannot.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use zip::ZipArchive;

use crate::dap::protocol::failure::Failure;
use crate::dap::protocol::types::Source;
use crate::diagnosis::Sources;
use crate::inspect::Source as Origin;
use crate::model::{Frame, Process};
use crate::process;

/// Maximum number of bytes that are read of a module in an archive.
const MAX_MEMBER_BYTES: u64 = 4 << 20;

/// A folder of the process, and where the client has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PathMapping {
    pub local_root: String,
    pub remote_root: String,
}

/// A file that the client was told of.
#[derive(Debug, Clone)]
struct Known {
    source: Source,
    /// Its lines, for columns: `None` before they are first needed, `Some(None)` if
    /// they cannot be read.
    lines: Option<Option<Arc<[String]>>>,
}

/// The source files of one process, as its client sees them.
pub struct SourceFiles {
    pid: u32,
    /// The command line of a recorded process; `None` for a running one.
    recorded: Option<Vec<String>>,
    mappings: Vec<PathMapping>,
    reader: Box<dyn Sources + Send>,
    /// Its files, while it runs.
    files: process::SourceFiles,
    /// Whether the process sees the same files as we do.
    shares_root: bool,
    started: Option<SystemTime>,
    known: FxHashMap<String, Known>,
    /// Files whose text the client asks us for; the reference is the index plus 1.
    referenced: Vec<String>,
    /// Files that changed since the process started and were not reported yet.
    changed: Vec<String>,
}

impl SourceFiles {
    /// The files of process `pid`, which runs or was recorded.
    pub fn new(origin: &Origin, pid: u32, mappings: Vec<PathMapping>) -> Self {
        let recorded = origin.recording().map(|recording| {
            let process = recording.first();
            process.map_or_else(Vec::new, |process| process.facts.command.clone())
        });
        let is_live = recorded.is_none();
        let files = process::SourceFiles::new(pid);
        Self {
            pid,
            mappings,
            reader: origin.files(pid),
            shares_root: is_live && files.shares_our_root(),
            files,
            started: is_live.then(|| process::Process::started(pid)).flatten(),
            recorded,
            known: FxHashMap::default(),
            referenced: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// From now on the files are those of another look at the same process.
    pub fn renew(&mut self, origin: &Origin, pid: u32) {
        self.reader = origin.files(pid);
        for known in self.known.values_mut() {
            known.lines = None;
        }
    }

    /// The file of a frame.
    pub fn of_frame(&mut self, frame: &Frame) -> Option<Source> {
        let mut source = self.of_file(frame.file.as_deref()?);
        if frame.library && source.presentation_hint.is_none() {
            source.presentation_hint = Some("deemphasize");
        }
        Some(source)
    }

    /// The file as code objects name it.
    pub fn of_file(&mut self, file: &str) -> Source {
        if let Some(known) = self.known.get(file) {
            return known.source.clone();
        }
        let source = self.describe(file);
        let known = Known {
            source: source.clone(),
            lines: None,
        };
        self.known.insert(file.to_owned(), known);
        source
    }

    fn describe(&mut self, file: &str) -> Source {
        let name = file.rsplit('/').next().unwrap_or(file).to_owned();
        if let Some(path) = self.mapped(file) {
            return Source {
                name,
                path: Some(path),
                origin: self.origin(file),
                ..Source::default()
            };
        }
        let path = self.absolute(file);
        let here = self.shares_root && path.as_deref().is_some_and(|path| path.is_file());
        let shown = path
            .as_ref()
            .map(|path| path.to_string_lossy().into_owned());
        if here {
            return Source {
                name,
                path: shown,
                origin: self.origin(file),
                ..Source::default()
            };
        }
        let mut source = Source {
            name,
            path: shown,
            ..Source::default()
        };
        if self.text(file).is_some() {
            self.referenced.push(file.to_owned());
            source.source_reference = i64::try_from(self.referenced.len()).ok();
            source.origin = Some(match &self.recorded {
                None => format!("read from process {}", self.pid),
                Some(_) => "read from the capture".into(),
            });
        } else {
            source.presentation_hint = Some("deemphasize");
            source.origin = Some("source not available".into());
        }
        source
    }

    /// The client's path of a file that a mapping covers.
    fn mapped(&self, file: &str) -> Option<String> {
        let covers = |mapping: &&PathMapping| {
            let root = mapping.remote_root.trim_end_matches('/');
            let rest = file.strip_prefix(root);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        // The longest root is the most specific.
        let mapping = (self.mappings.iter())
            .filter(covers)
            .max_by_key(|mapping| mapping.remote_root.len())?;
        let rest = &file[mapping.remote_root.trim_end_matches('/').len()..];
        Some(format!(
            "{}{rest}",
            mapping.local_root.trim_end_matches('/')
        ))
    }

    /// The path at which the process finds the file; `None` if it is no file.
    fn absolute(&self, file: &str) -> Option<PathBuf> {
        match file {
            _ if file.starts_with('<') || file.is_empty() => None,
            _ if file.starts_with('/') || self.recorded.is_some() => Some(PathBuf::from(file)),
            _ => {
                let directory = self.files.working_directory()?;
                Some(directory.join(file))
            }
        }
    }

    /// A remark if the file was changed after the process started, so that its
    /// lines may not fit.
    fn origin(&mut self, file: &str) -> Option<String> {
        let started = self.started?;
        let path = self.absolute(file)?;
        let modified = self.files.modified(&path)?;
        if started >= modified {
            return None;
        }
        self.changed.push(file.to_owned());
        Some("changed after the process started: lines may not fit".into())
    }

    /// The changed files that were found since the last call.
    pub fn take_changed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.changed)
    }

    /// The text of the file, read as the process would read it.
    fn text(&self, file: &str) -> Option<String> {
        match file {
            "<string>" => self.command_text(),
            _ if file.starts_with('<') => None,
            _ => (self.reader.read(file)).or_else(|| self.in_archive(file)),
        }
    }

    /// The program of `python -c`.
    fn command_text(&self) -> Option<String> {
        let command = match &self.recorded {
            Some(command) => command.clone(),
            None => process::command_line(self.pid)?,
        };
        let mut words = command.into_iter().skip(1);
        words.find(|word| word == "-c")?;
        words.next()
    }

    /// The text of a module in a zip file, which the path names as a folder.
    fn in_archive(&self, file: &str) -> Option<String> {
        if self.recorded.is_some() {
            return None;
        }
        let path = self.absolute(file)?;
        let archive = path
            .ancestors()
            .skip(1)
            .find(|part| self.files.is_file(part))?;
        let member = path.strip_prefix(archive).ok()?.to_str()?;
        let mut archive = ZipArchive::new(self.files.open(archive)?).ok()?;
        let mut text = Vec::new();
        let member = archive.by_name(member).ok()?;
        member.take(MAX_MEMBER_BYTES).read_to_end(&mut text).ok()?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    /// The text behind a `sourceReference`, or of a path that the client was given.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn content(&self, reference: i64, path: Option<&str>) -> Result<String, Failure> {
        let index = usize::try_from(reference)
            .ok()
            .and_then(|it| it.checked_sub(1));
        let file = match index.and_then(|index| self.referenced.get(index)) {
            Some(file) => file.as_str(),
            None => path.ok_or_else(|| {
                Failure::no_source("there is no source with this `sourceReference`")
            })?,
        };
        self.text(file)
            .ok_or_else(|| Failure::no_source(format!("the text of {file} cannot be read")))
    }

    /// A column of the target (one-based, UTF-8 bytes) as the protocol counts
    /// (UTF-16 code units), from `first`.
    pub fn column(&mut self, frame: &Frame, first: i64) -> i64 {
        let (Some(file), Some(line), Some(column)) =
            (frame.file.as_deref(), frame.line, frame.column)
        else {
            return first;
        };
        let bytes = column.saturating_sub(1) as usize;
        let units = match self.line(file, line) {
            Some(text) if !text.is_ascii() => {
                let end = text.floor_char_boundary(bytes);
                text[..end].encode_utf16().count()
            }
            _ => bytes,
        };
        first + i64::try_from(units).unwrap_or(0)
    }

    fn line(&mut self, file: &str, line: u32) -> Option<&str> {
        if self.known.get(file)?.lines.is_none() {
            let text = self.text(file);
            let lines = text.map(|text| text.lines().map(str::to_owned).collect());
            self.known.get_mut(file)?.lines = Some(lines);
        }
        let lines = self.known.get(file)?.lines.as_ref()?.as_ref()?;
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        lines.get(index).map(String::as_str)
    }

    /// All files that frames of the process are in, each once.
    pub fn loaded(&mut self, process: &Process) -> Vec<Source> {
        let mut files: Vec<&str> = process
            .frames()
            .filter_map(|frame| frame.file.as_deref())
            .collect();
        files.sort_unstable();
        files.dedup();
        files.into_iter().map(|file| self.of_file(file)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(mappings: &[(&str, &str)]) -> SourceFiles {
        let mapping = |(remote, local): &(&str, &str)| PathMapping {
            local_root: (*local).into(),
            remote_root: (*remote).into(),
        };
        let origin = Origin::Live;
        SourceFiles::new(
            &origin,
            std::process::id(),
            mappings.iter().map(mapping).collect(),
        )
    }

    #[test]
    fn the_longest_mapping_gives_the_path() {
        let mut files = files(&[("/srv", "/home/me"), ("/srv/app/", "/home/me/project/")]);
        let path = |files: &mut SourceFiles, file: &str| files.of_file(file).path;
        assert_eq!(
            path(&mut files, "/srv/app/a.py").as_deref(),
            Some("/home/me/project/a.py")
        );
        assert_eq!(
            path(&mut files, "/srv/lib/b.py").as_deref(),
            Some("/home/me/lib/b.py")
        );
        let other = files.of_file("/srvx/c.py");
        assert_eq!(other.path.as_deref(), Some("/srvx/c.py"));
        assert_eq!(other.source_reference, None);
    }

    #[test]
    fn a_module_in_an_archive_is_read_from_it() {
        use std::io::Write;
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("app.pyz");
        let mut writer = zip::ZipWriter::new(std::fs::File::create(&archive).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file("pkg/mod.py", options).unwrap();
        writer.write_all(b"x = 1\n").unwrap();
        writer.finish().unwrap();
        let mut files = files(&[]);
        let member = format!("{}/pkg/mod.py", archive.display());
        let source = files.of_file(&member);
        let reference = source.source_reference.unwrap();
        assert_eq!(files.content(reference, None).unwrap(), "x = 1\n");
        assert!(files.content(reference + 1, None).is_err());
    }
}
