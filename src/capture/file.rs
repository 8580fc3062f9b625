//! Capture files. A file is written completely or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::Builder;

use super::{CaptureError, Captured, MAX_FILE, open, read};
use crate::inspect::recording::Recording;

/// Only the owner may read a capture: it holds memory of the process.
const MODE: u32 = 0o600;
/// Path that stands for standard input or output.
const STANDARD: &str = "-";

/// Reads the capture at `path`; `-` is standard input.
///
/// # Errors
/// If the file cannot be read, or is not a valid capture.
pub fn read_file(path: &Path) -> Result<Recording, CaptureError> {
    read(&bytes_of(path)?)
}

/// Reads the capture or recording over time at `path`; `-` is standard input.
///
/// # Errors
/// If the file cannot be read, or is neither.
pub fn open_file(path: &Path) -> Result<Captured, CaptureError> {
    open(bytes_of(path)?)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, CaptureError> {
    match path.as_os_str() == STANDARD {
        true => bounded(&mut io::stdin().lock()),
        false => bounded(&mut File::open(path)?),
    }
}

/// Reads all bytes of `from`, up to the limit for captures.
fn bounded(from: &mut dyn Read) -> Result<Vec<u8>, CaptureError> {
    let mut bytes = Vec::new();
    from.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
    match bytes.len() > MAX_FILE {
        true => Err(CaptureError::TooLarge),
        false => Ok(bytes),
    }
}

/// Writes `bytes` to `path`, readable by the owner only; `-` is standard output.
///
/// The file appears at `path` only when it is complete.
///
/// # Errors
/// If the file cannot be written. No partial file is left behind.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.as_os_str() == STANDARD {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush());
    }
    // A symbolic link keeps its place and its target is replaced. Devices are refused.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|it| !it.is_file()) {
        return Err(io::Error::other(
            "the path exists and is not a regular file",
        ));
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = Builder::new()
        .prefix(".dapper-capture-")
        .permissions(Permissions::from_mode(MODE))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_for_its_owner_and_replaces_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.dapper");
        fs::write(&path, "before").unwrap();
        write_file(&path, b"after").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"after");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write_file(folder.path(), b"x").is_err());
        assert!(write_file(Path::new("/dev/null"), b"x").is_err());
        assert!(write_file(&folder.path().join("no/such"), b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
