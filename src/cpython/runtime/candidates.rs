//! Finding possible runtimes in the images of a process, and their possible
//! layouts.

use python_offsets::{AsyncioDebug, Published, PublishedError, Source};

use super::{Candidate, Evidence, Rejection, version_text};
use crate::process::{Error, Image, Memory, Process};

/// The symbol and the ELF section of `_PyRuntime` (Python/pylifecycle.c).
const RUNTIME_SYMBOL: &str = "_PyRuntime";
const RUNTIME_SECTION: &str = ".PyRuntime";
/// Section of `_AsyncioDebug` (Modules/_asynciomodule.c, 3.14).
const ASYNCIO_SECTION: &str = ".AsyncioDebug";
/// `const unsigned long Py_Version`, from 3.11.
const VERSION_SYMBOL: &str = "Py_Version";
/// Exported by every CPython, including those without `_PyRuntime`.
const ANY_PYTHON_SYMBOL: &str = "PyInterpreterState_Head";

/// All candidates for the runtime, most likely first. Needs no stop, since these
/// structures do not change while the process runs.
///
/// # Errors
/// When every runtime that a symbol or section names has a refused version, or
/// when the process runs a CPython without `_PyRuntime`.
pub fn candidates(process: &Process, memory: &dyn Memory) -> Result<Vec<Candidate>, Error> {
    let images = process.images();
    let named = named_runtimes(&images, memory);
    let mut found = Vec::new();
    let mut refused = None;
    for (image, runtime) in &named {
        match layouts(memory, &images, image, *runtime, Evidence::Named) {
            Ok(layouts) => found.extend(layouts),
            Err(rejection) => refused = refused.or(Some(rejection)),
        }
    }
    if let (true, Some(rejection)) = (found.is_empty(), refused) {
        return Err(rejection.into_error(process));
    }
    if named.is_empty() {
        if let Some(error) = too_old(process, &images, memory) {
            return Err(error);
        }
        for image in &images {
            for runtime in super::search::runtimes_in(image, memory) {
                let layouts = layouts(memory, &images, image, runtime, Evidence::Searched);
                found.extend(layouts.unwrap_or_default());
            }
        }
    }
    Ok(found)
}

/// Runtimes that a symbol or a section names.
fn named_runtimes<'i>(images: &'i [Image], memory: &dyn Memory) -> Vec<(&'i Image, u64)> {
    let by = |find: &dyn Fn(&Image) -> Option<u64>| -> Vec<(&'i Image, u64)> {
        images
            .iter()
            .filter_map(|image| Some((image, find(image)?)))
            .collect()
    };
    let mut found = by(&|image| image.dynamic_symbol(memory, RUNTIME_SYMBOL));
    if found.is_empty() {
        found = by(&|image| Some(image.section(RUNTIME_SECTION)?.0));
    }
    if found.is_empty() {
        found = by(&|image| image.symbol(memory, RUNTIME_SYMBOL));
    }
    found
}

/// The layouts that the runtime at `runtime` may have.
fn layouts(
    memory: &dyn Memory,
    images: &[Image],
    image: &Image,
    runtime: u64,
    evidence: Evidence,
) -> Result<Vec<Candidate>, Rejection> {
    let mut head = vec![0; python_offsets::published::MAX_SIZE];
    if memory.read(runtime, &mut head).is_err() {
        return Err(Rejection::Invalid("its runtime cannot be read".into()));
    }
    if head.starts_with(python_offsets::published::COOKIE) {
        let candidate = published_layout(memory, images, image, runtime, &head)?;
        return Ok(vec![candidate]);
    }
    let guess = guessed_minor(image, memory);
    // A search mostly finds no Python at all. The debug information of such an
    // image, as of a C library, is large and of no use.
    let measured = match evidence {
        Evidence::Named => super::dwarf_offsets::offsets(images, image),
        Evidence::Searched => None,
    };
    let source = match measured {
        Some(_) => Source::Dwarf,
        None => Source::Table,
    };
    let mut candidates: Vec<Candidate> = python_offsets::minors()
        .filter_map(|minor| python_offsets::table(minor, false))
        .filter(|table| !python_offsets::published::is_published(&table.base().build.minor))
        .map(|table| Candidate {
            runtime,
            table,
            overlay: measured.clone().unwrap_or_default(),
            source,
            evidence,
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
        source: Source::Published,
        evidence: Evidence::Named,
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

/// The `_AsyncioDebug` of the process. It is in an extension module on 3.14, and in
/// the image of the runtime on 3.15. `None` if there is none.
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

/// The minor version that the image claims. It only decides which table is tried
/// first.
fn guessed_minor(image: &Image, memory: &dyn Memory) -> Option<String> {
    if let Some(addr) = image.dynamic_symbol(memory, VERSION_SYMBOL) {
        let mut word = [0; 8];
        memory.read(addr, &mut word).ok()?;
        let version = u64::from_le_bytes(word);
        return Some(format!("{}.{}", version >> 24, (version >> 16) & 0xff));
    }
    let (_, tail) = image.path.rsplit_once("python")?;
    let is_part = |character: &char| character.is_ascii_digit() || *character == '.';
    let version: String = tail.chars().take_while(is_part).collect();
    let version = version.trim_end_matches('.');
    (!version.is_empty()).then(|| version.to_owned())
}

/// The error for a CPython without `_PyRuntime`. `None` if the process runs none.
fn too_old(process: &Process, images: &[Image], memory: &dyn Memory) -> Option<Error> {
    let image = images
        .iter()
        .find(|image| image.dynamic_symbol(memory, ANY_PYTHON_SYMBOL).is_some())?;
    Some(Error::UnsupportedVersion {
        pid: process.pid(),
        version: guessed_minor(image, memory).unwrap_or_else(|| "3.6 or older".into()),
        reason: "it has no runtime state that can be found from outside".into(),
    })
}
