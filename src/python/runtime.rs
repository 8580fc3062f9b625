//! Finding the interpreter in a process and checking that its layout fits.

use python_offsets::{AsyncioDebug, Layout, Overlay, Published, PublishedError, Table};

use super::error::DecodeError;
use super::reader::Reader;
use super::types::Kind;
use crate::limits::Limits;
use crate::snapshot::LayoutSource;
use crate::target::{Error, Image, Memory, Process};

/// The symbol and the ELF section of `_PyRuntime` (Python/pylifecycle.c).
const RUNTIME_SYMBOL: &str = "_PyRuntime";
const RUNTIME_SECTION: &str = ".PyRuntime";
/// Section of `_AsyncioDebug` (Modules/_asynciomodule.c, 3.14).
const ASYNCIO_SECTION: &str = ".AsyncioDebug";
/// `const unsigned long Py_Version`, from 3.11.
const VERSION_SYMBOL: &str = "Py_Version";
/// Exported by every CPython, also those without `_PyRuntime`.
const ANY_PYTHON_SYMBOL: &str = "PyInterpreterState_Head";

/// A place where a runtime may be, and a layout that may be its own.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub runtime: u64,
    table: &'static Table,
    /// What was measured of this very build.
    overlay: Overlay,
    source: LayoutSource,
}

/// Why a candidate is not a runtime that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    Starting,
    Finalizing,
    Unsupported { version: String, reason: String },
    Invalid(String),
}

/// A runtime whose layout was checked against the process.
#[derive(Debug, Clone)]
pub struct Runtime {
    pub addr: u64,
    pub layout: Layout,
    pub source: LayoutSource,
    /// `3.13.0`
    pub version: String,
    pub debug: bool,
    /// Why native tasks cannot be read, where their layout is not known.
    pub tasks_refused: Option<String>,
}

/// All places where a runtime may be, most likely first. Needs no pause: what
/// it reads does not change while the process runs.
pub fn candidates(process: &Process, memory: &dyn Memory) -> Result<Vec<Candidate>, Error> {
    let images = process.images();
    let mut found = Vec::new();
    let mut refused = None;
    for (image, runtime) in runtime_addresses(&images, memory) {
        match layouts(memory, &images, image, runtime) {
            Ok(layouts) => found.extend(layouts),
            Err(rejection) => refused = refused.or(Some(rejection)),
        }
    }
    match (found.is_empty(), refused) {
        (false, _) => Ok(found),
        (true, Some(rejection)) => Err(rejection.into_error(process.pid())),
        (true, None) => Err(not_python(process, &images, memory)),
    }
}

/// Symbol first, then section, then a search through writable memory.
fn runtime_addresses<'i>(images: &'i [Image], memory: &dyn Memory) -> Vec<(&'i Image, u64)> {
    let by = |find: &dyn Fn(&Image) -> Option<u64>| -> Vec<(&'i Image, u64)> {
        images
            .iter()
            .filter_map(|image| Some((image, find(image)?)))
            .collect()
    };
    let ways: [&dyn Fn(&Image) -> Option<u64>; 3] = [
        &|image| image.dynamic_symbol(memory, RUNTIME_SYMBOL),
        &|image| image.section(RUNTIME_SECTION).map(|(addr, _)| addr),
        &|image| image.symbol(memory, RUNTIME_SYMBOL),
    ];
    for way in ways {
        let found = by(way);
        if !found.is_empty() {
            return found;
        }
    }
    images
        .iter()
        .flat_map(|image| {
            super::search::runtimes_in(image, memory)
                .into_iter()
                .map(move |addr| (image, addr))
        })
        .collect()
}

/// The layouts that the runtime at `runtime` may have.
fn layouts(
    memory: &dyn Memory,
    images: &[Image],
    image: &Image,
    runtime: u64,
) -> Result<Vec<Candidate>, Rejection> {
    let mut head = vec![0; python_offsets::published::MAX_SIZE];
    if memory.read(runtime, &mut head).is_err() {
        return Err(Rejection::Invalid("its runtime cannot be read".into()));
    }
    if head.starts_with(python_offsets::published::COOKIE) {
        return published_layout(memory, images, image, runtime, &head).map(|one| vec![one]);
    }
    let guess = guessed_minor(image, memory);
    let measured = super::measured::offsets(images, image);
    let source = match measured {
        Some(_) => LayoutSource::Dwarf,
        None => LayoutSource::Table,
    };
    let mut candidates: Vec<Candidate> = python_offsets::minors()
        .filter_map(|minor| python_offsets::table(minor, false))
        .filter(|table| !python_offsets::published::is_published(&table.base().build.minor))
        .map(|table| Candidate {
            runtime,
            table,
            overlay: measured.clone().unwrap_or_default(),
            source,
        })
        .collect();
    candidates.sort_by_key(|candidate| Some(&candidate.table.base().build.minor) != guess.as_ref());
    Ok(candidates)
}

fn published_layout(
    memory: &dyn Memory,
    images: &[Image],
    image: &Image,
    runtime: u64,
    head: &[u8],
) -> Result<Candidate, Rejection> {
    let published = Published::parse(head).map_err(refused_offsets)?;
    let table = python_offsets::table(&published.minor, published.free_threaded).ok_or_else(|| {
        let build = if published.free_threaded { " (free-threaded)" } else { "" };
        Rejection::Unsupported {
            version: format!("{}{build}", version_text(published.version)),
            reason: "nobody has verified the layout of this build".into(),
        }
    })?;
    let mut overlay = published.overlay;
    if let Some(asyncio) = asyncio_offsets(memory, images, image) {
        overlay.extend(asyncio.overlay);
    }
    Ok(Candidate {
        runtime,
        table,
        overlay,
        source: LayoutSource::Published,
    })
}

fn refused_offsets(error: PublishedError) -> Rejection {
    match error {
        PublishedError::UnknownVersion { version } | PublishedError::PreRelease { version } => {
            Rejection::Unsupported {
                version: version_text(version as u32),
                reason: error.to_string(),
            }
        }
        other => Rejection::Invalid(format!("the offsets that it publishes are refused: {other}")),
    }
}

/// The `_AsyncioDebug` of the process: in an extension module on 3.14, beside
/// the runtime on 3.15.
fn asyncio_offsets(memory: &dyn Memory, images: &[Image], python: &Image) -> Option<AsyncioDebug> {
    images
        .iter()
        .filter(|image| image.path.contains("_asyncio"))
        .chain([python])
        .find_map(|image| {
            let (addr, size) = image.section(ASYNCIO_SECTION)?;
            let mut bytes = vec![0; (size as usize).min(python_offsets::published::MAX_SIZE)];
            memory.read(addr, &mut bytes).ok()?;
            AsyncioDebug::parse(&bytes).ok()
        })
}

/// The minor version that the image says it is: only an order of trying.
fn guessed_minor(image: &Image, memory: &dyn Memory) -> Option<String> {
    if let Some(addr) = image.dynamic_symbol(memory, VERSION_SYMBOL) {
        let mut word = [0; 8];
        memory.read(addr, &mut word).ok()?;
        let version = u64::from_le_bytes(word);
        return Some(format!("{}.{}", version >> 24, (version >> 16) & 0xff));
    }
    let (_, tail) = image.path.rsplit_once("python3.")?;
    let digits: String = tail.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("3.{digits}"))
}

fn not_python(process: &Process, images: &[Image], memory: &dyn Memory) -> Error {
    let pid = process.pid();
    let old = images
        .iter()
        .find(|image| image.dynamic_symbol(memory, ANY_PYTHON_SYMBOL).is_some());
    if let Some(image) = old {
        return Error::UnsupportedVersion {
            pid,
            version: guessed_minor(image, memory).unwrap_or_else(|| "3.6 or older".into()),
            reason: "it has no runtime state that can be found from outside".into(),
        };
    }
    let executable = process.executable();
    let reason = match executable.as_deref() {
        Some(path) if path.contains("pypy") => format!("it runs PyPy ({path})"),
        Some(path) => format!("no CPython runtime is loaded in it (its program is {path})"),
        None => "no CPython runtime is loaded in it".into(),
    };
    Error::NotPython { pid, reason }
}

impl Rejection {
    /// Which of several reasons tells the user most.
    fn weight(&self) -> u8 {
        match self {
            Self::Finalizing => 3,
            Self::Starting => 2,
            Self::Unsupported { .. } => 1,
            Self::Invalid(_) => 0,
        }
    }

    /// As the error of the whole process.
    pub fn into_error(self, pid: u32) -> Error {
        match self {
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

/// The first candidate that the process confirms, with a reader for it.
pub fn confirm<'m>(
    candidates: &[Candidate],
    memory: &'m dyn Memory,
    limits: &Limits,
) -> Result<(Runtime, Reader<'m>), Rejection> {
    let mut refused: Option<Rejection> = None;
    for candidate in candidates {
        match candidate.confirm(memory, limits) {
            Ok(confirmed) => return Ok(confirmed),
            Err(rejection) => {
                if refused.as_ref().is_none_or(|best| best.weight() < rejection.weight()) {
                    refused = Some(rejection);
                }
            }
        }
    }
    Err(refused.unwrap_or_else(|| Rejection::Invalid("no layout fits it".into())))
}

impl Candidate {
    fn layout(&self, task_size: Option<i64>) -> Result<Layout, python_offsets::Error> {
        let mut observed = self.overlay.clone();
        if let Some(size) = task_size {
            observed.insert("task.size".into(), size);
        }
        self.table.select(&observed)?.overlaid(&self.overlay)
    }

    fn confirm<'m>(
        &self,
        memory: &'m dyn Memory,
        limits: &Limits,
    ) -> Result<(Runtime, Reader<'m>), Rejection> {
        let invalid = |error: String| Rejection::Invalid(error);
        let layout = self.layout(None).map_err(|error| invalid(error.to_string()))?;
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
        let debug = matches!(reader.module_global(main, "sys", "gettotalrefcount"), Ok(Some(_)));
        if debug && self.source == LayoutSource::Table {
            return Err(Rejection::Unsupported {
                version: format!("{} (debug build)", version_text(hex)),
                reason: "a debug build before 3.13 needs its DWARF information".into(),
            });
        }
        let mut tasks_refused = None;
        if let Some(size) = native_task_size(&reader, main) {
            match self.layout(Some(size)) {
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

/// Checks lists, back pointers and types; gives the main interpreter.
fn check_structure(reader: &Reader<'_>, runtime: u64) -> Result<u64, Rejection> {
    let layout = &reader.layout.runtime;
    let invalid = |error: DecodeError| Rejection::Invalid(error.to_string());
    let field = |offset: u32, what| reader.pointer(runtime + u64::from(offset), what);
    let head = field(layout.interpreters_head, "interpreters.head").map_err(invalid)?;
    let main = field(layout.interpreters_main, "interpreters.main").map_err(invalid)?;
    let (Some(_), Some(main)) = (head, main) else {
        return Err(Rejection::Starting);
    };
    let interpreters = reader.interpreters(runtime).map_err(invalid)?;
    if !interpreters.iter().any(|interpreter| interpreter.addr == main) {
        return Err(Rejection::Invalid("its main interpreter is not in the list".into()));
    }
    if let Some(error) = interpreters.into_iter().find_map(|interpreter| interpreter.error) {
        return Err(invalid(error));
    }
    if !matches!(field(layout.finalizing, "finalizing"), Ok(None)) {
        return Err(Rejection::Finalizing);
    }
    if let Some(offset) = layout.initialized {
        let initialized = reader.i32(runtime + u64::from(offset)).map_err(invalid)?;
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
        .and_then(|addr| addr.ok_or(DecodeError::Null { what: "sys.hexversion" }))
        .and_then(|addr| reader.int(addr))
        .map_err(|error| Rejection::Invalid(error.to_string()))?;
    number
        .to_i64()
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| Rejection::Invalid("sys.hexversion is no version".into()))
}

/// `tp_basicsize` of `_asyncio.Task`, once that module is loaded.
fn native_task_size(reader: &Reader<'_>, interp: u64) -> Option<i64> {
    let task = reader.module_global(interp, "_asyncio", "Task").ok()??;
    let ty = reader.type_at(task).ok()?;
    (ty.exact == Kind::Task).then_some(ty.basicsize)
}

/// `PY_VERSION_HEX` as users write it.
fn version_text(hex: u32) -> String {
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
