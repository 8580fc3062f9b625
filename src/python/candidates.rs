//! Finding the interpreter in a process, and the layouts that it may have.

use python_offsets::{AsyncioDebug, Published, PublishedError};

use super::runtime::{Candidate, Rejection, version_text};
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
    let in_memory = || by(&|image| image.dynamic_symbol(memory, RUNTIME_SYMBOL));
    let in_section = || by(&|image| Some(image.section(RUNTIME_SECTION)?.0));
    let in_file = || by(&|image| image.symbol(memory, RUNTIME_SYMBOL));
    let searched = || {
        let addresses = |image| super::search::runtimes_in(image, memory);
        images
            .iter()
            .flat_map(|image| addresses(image).into_iter().map(move |addr| (image, addr)))
            .collect()
    };
    let or = |found: Vec<_>, next: &dyn Fn() -> Vec<(&'i Image, u64)>| match found.is_empty() {
        true => next(),
        false => found,
    };
    or(or(or(in_memory(), &in_section), &in_file), &searched)
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
    let table =
        python_offsets::table(&published.minor, published.free_threaded).ok_or_else(|| {
            let build = if published.free_threaded {
                " (free-threaded)"
            } else {
                ""
            };
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
        other => Rejection::Invalid(format!(
            "the offsets that it publishes are refused: {other}"
        )),
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
