//! Finding the runtime of a process, and checking that a layout fits it before
//! anything is read through it.

pub mod candidates;
pub mod dwarf_offsets;
pub mod recorded_candidate;
pub mod search;

use python_offsets::{Layout, Offset, Overlay, Source, Table};

use super::error::DecodeError;
use super::objects::kinds::Kind;
use super::reader::{Reader, is_plausible};
use crate::limits::Limits;
use crate::process::{Error, Memory, Process};

/// A possible address of the runtime, with a possible layout.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Address of `_PyRuntime`.
    pub runtime: u64,
    /// The table of the possible minor version.
    pub table: &'static Table,
    /// Numbers that were read from this very build.
    pub overlay: Overlay,
    /// Source of the numbers in `overlay`.
    pub source: Source,
    /// How `runtime` was found.
    pub evidence: Evidence,
}

/// How the address of a possible runtime was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// By a symbol, a section, or the cookie that it starts with.
    Named,
    /// By a search for its shape. If it cannot be confirmed, it is no runtime.
    Searched,
}

/// Why a candidate is not a runtime that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The process runs no CPython.
    NotPython,
    /// The interpreter is not initialised yet.
    Starting,
    /// The interpreter is shutting down.
    Finalizing,
    /// No source describes this build.
    Unsupported {
        /// The version as users write it.
        version: String,
        /// Why the build is refused.
        reason: String,
    },
    /// The structures contradict the layout; the text says how.
    Invalid(String),
}

/// A runtime whose layout was checked against the process.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// Address of `_PyRuntime`.
    pub addr: u64,
    /// The confirmed layout.
    pub layout: Layout,
    /// Source of the layout.
    pub source: Source,
    /// The version, such as `3.13.0`.
    pub version: String,
    /// Whether it is a debug build.
    pub debug: bool,
    /// Why native tasks cannot be read. `None` if they can.
    pub tasks_refused: Option<String>,
}

impl Rejection {
    /// How much this reason tells the user, compared to others.
    fn weight(&self) -> u8 {
        match self {
            Self::Finalizing => 4,
            Self::Starting => 3,
            Self::Unsupported { .. } => 2,
            Self::Invalid(_) => 1,
            Self::NotPython => 0,
        }
    }

    /// The error for the whole process.
    pub fn into_error(self, process: &Process) -> Error {
        let pid = process.pid();
        match self {
            Self::NotPython => not_python(process),
            Self::Starting => Error::Starting { pid },
            Self::Finalizing => Error::Finalizing { pid },
            Self::Unsupported { version, reason } => Error::UnsupportedVersion {
                pid,
                version,
                reason,
            },
            Self::Invalid(reason) => Error::Unreadable { pid, reason },
        }
    }
}

fn not_python(process: &Process) -> Error {
    let reason = match process.executable().as_deref() {
        Some(path) if path.contains("pypy") => format!("it runs PyPy ({path})"),
        Some(path) => format!("no CPython runtime is loaded in it (its program is {path})"),
        None => "no CPython runtime is loaded in it".into(),
    };
    Error::NotPython {
        pid: process.pid(),
        reason,
    }
}

/// The first candidate that the process confirms, and a reader for it.
///
/// # Errors
/// When the process confirms none. The reason is the one that tells the user most.
pub fn confirm<'m>(
    candidates: &[Candidate],
    memory: &'m dyn Memory,
    limits: &Limits,
) -> Result<(Runtime, Reader<'m>), Rejection> {
    let mut refused = Rejection::NotPython;
    for candidate in candidates {
        match candidate.confirm(memory, limits) {
            Ok(confirmed) => return Ok(confirmed),
            Err(_) if candidate.evidence == Evidence::Searched => {}
            Err(rejection) => {
                if refused.weight() < rejection.weight() {
                    refused = rejection;
                }
            }
        }
    }
    Err(refused)
}

impl Candidate {
    fn layout(&self) -> Result<Layout, python_offsets::Error> {
        self.table.select(&self.overlay)?.overlaid(&self.overlay)
    }

    /// The layout of the build whose native tasks have `size` bytes: `layout` if it
    /// fits.
    fn with_task_size(&self, layout: &Layout, size: i64) -> Result<Layout, python_offsets::Error> {
        let mut observed = self.overlay.clone();
        observed.insert("task.size".into(), size);
        let is_known = i64::from(layout.task.size) == size;
        if is_known && self.table.is_same_build(&self.overlay, &observed) {
            return Ok(layout.clone());
        }
        self.table.select(&observed)?.overlaid(&self.overlay)
    }

    fn confirm<'m>(
        &self,
        memory: &'m dyn Memory,
        limits: &Limits,
    ) -> Result<(Runtime, Reader<'m>), Rejection> {
        let invalid = |error: String| Rejection::Invalid(error);
        if !is_plausible(self.runtime) {
            return Err(invalid("its runtime is at no address".into()));
        }
        let layout = self.layout().map_err(|error| invalid(error.to_string()))?;
        let mut reader = Reader::new(memory, layout, limits.clone());
        let main = check_structure(&reader, self.runtime)?;
        let hex = python_version(&reader, main)?;
        let minor = format!("{}.{}", hex >> 24, (hex >> 16) & 0xff);
        let expected = reader.layout.build.minor.trim_end_matches('t').to_owned();
        if minor != expected {
            return Err(Rejection::Unsupported {
                version: version_text(hex),
                reason: format!("its structures look like those of {expected}"),
            });
        }
        let debug = matches!(
            reader.module_global(main, "sys", "gettotalrefcount"),
            Ok(Some(_))
        );
        if debug && self.source == Source::Table {
            return Err(Rejection::Unsupported {
                version: format!("{} (debug build)", version_text(hex)),
                reason: "a debug build before 3.13 needs its DWARF information".into(),
            });
        }
        let mut tasks_refused = None;
        if let Some(size) = native_task_size(&reader, main) {
            match self.with_task_size(&reader.layout, size) {
                Ok(layout) if i64::from(layout.task.size) == size => {
                    reader = Reader::new(memory, layout, limits.clone());
                }
                Ok(_) => tasks_refused = Some(format!("no known Task has {size} bytes")),
                Err(error) => tasks_refused = Some(error.to_string()),
            }
        }
        let runtime = Runtime {
            addr: self.runtime,
            layout: reader.layout.clone(),
            source: self.source,
            version: version_text(hex),
            debug,
            tasks_refused,
        };
        Ok((runtime, reader))
    }
}

/// Checks lists, back pointers and types. Returns the address of the main
/// interpreter.
fn check_structure(reader: &Reader<'_>, runtime: u64) -> Result<u64, Rejection> {
    let layout = &reader.layout.runtime;
    let invalid = |error: DecodeError| Rejection::Invalid(error.to_string());
    let field = |offset: Offset, what| reader.pointer(offset.at(runtime), what);
    let head = field(layout.interpreters_head, "interpreters.head").map_err(invalid)?;
    let main = field(layout.interpreters_main, "interpreters.main").map_err(invalid)?;
    let (Some(_), Some(main)) = (head, main) else {
        return Err(Rejection::Starting);
    };
    let interpreters = reader.interpreters(runtime).map_err(invalid)?;
    if !interpreters
        .iter()
        .any(|interpreter| interpreter.addr == main)
    {
        return Err(Rejection::Invalid(
            "its main interpreter is not in the list".into(),
        ));
    }
    if let Some(error) = interpreters
        .into_iter()
        .find_map(|interpreter| interpreter.error)
    {
        return Err(invalid(error));
    }
    if !matches!(field(layout.finalizing, "finalizing"), Ok(None)) {
        return Err(Rejection::Finalizing);
    }
    if let Some(offset) = layout.initialized {
        let initialized = reader.i32(offset.at(runtime)).map_err(invalid)?;
        if initialized == 0 {
            return Err(Rejection::Starting);
        }
    }
    match reader.sys_modules(main) {
        Ok(Some(_)) => Ok(main),
        Ok(None) => Err(Rejection::Starting),
        Err(error) => Err(invalid(error)),
    }
}

/// `sys.hexversion` of the process.
fn python_version(reader: &Reader<'_>, interp: u64) -> Result<u32, Rejection> {
    let number = reader
        .module_global(interp, "sys", "hexversion")
        .and_then(|addr| {
            addr.ok_or(DecodeError::Null {
                what: "sys.hexversion",
            })
        })
        .and_then(|addr| reader.int(addr))
        .map_err(|error| Rejection::Invalid(error.to_string()))?;
    number
        .to_i64()
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| Rejection::Invalid("sys.hexversion is no version".into()))
}

/// `tp_basicsize` of `_asyncio.Task`. `None` before that module is loaded.
fn native_task_size(reader: &Reader<'_>, interp: u64) -> Option<i64> {
    let task = reader.module_global(interp, "_asyncio", "Task").ok()??;
    let ty = reader.type_at(task).ok()?;
    (ty.exact == Kind::Task).then_some(ty.basicsize)
}

/// `PY_VERSION_HEX` as users write it.
pub(super) fn version_text(hex: u32) -> String {
    let (major, minor, micro) = (hex >> 24, (hex >> 16) & 0xff, (hex >> 8) & 0xff);
    let (level, serial) = ((hex >> 4) & 0xf, hex & 0xf);
    let suffix = match level {
        0xa => format!("a{serial}"),
        0xb => format!("b{serial}"),
        0xc => format!("rc{serial}"),
        _ => String::new(),
    };
    format!("{major}.{minor}.{micro}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::version_text;

    #[test]
    fn versions_read_as_users_write_them() {
        assert_eq!(version_text(0x030e_0af0), "3.14.10");
        assert_eq!(version_text(0x030f_00a7), "3.15.0a7");
        assert_eq!(version_text(0x030f_00c2), "3.15.0rc2");
    }
}
