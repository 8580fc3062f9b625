//! Offsets from the debug information of the binaries of the process.

use python_offsets::{Overlay, dwarf};

use crate::process::{FileBytes, Image};

/// Beginnings of the file names of extension modules whose structures may be missing
/// in the debug information of the interpreter.
const EXTENSIONS: [&str; 3] = ["_asyncio.", "_collections.", "_functools."];
const DEBUG_SECTION: &str = ".debug_info";

/// The offsets in the debug information of the interpreter `python` and of its
/// extension modules among `images`. `None` where the interpreter has none.
pub fn offsets(images: &[Image], python: &Image) -> Option<Overlay> {
    let mut overlay = offsets_of(python)?;
    for image in images {
        let name = image.path.rsplit('/').next().unwrap_or_default();
        if EXTENSIONS
            .iter()
            .any(|extension| name.starts_with(extension))
            && let Some(found) = offsets_of(image)
        {
            overlay.extend(found);
        }
    }
    Some(overlay)
}

fn offsets_of(image: &Image) -> Option<Overlay> {
    let has_debug_information = |file: &FileBytes| file.has_section(DEBUG_SECTION);
    let file = image
        .file()
        .filter(has_debug_information)
        .or_else(|| image.debug_file())?;
    // No alternate file (dwz) is searched for. The table has the numbers that only
    // such a file describes.
    let found = dwarf::read(&file, None).ok()?;
    (!found.overlay.is_empty()).then_some(found.overlay)
}
