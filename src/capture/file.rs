//! Captures as files: read wholly, written wholly or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::Builder;

use super::{CaptureError, MOST_FILE, read};
use crate::inspect::recording::Recording;

/// For the owner alone: it holds what the process had in its memory.
const MODE: u32 = 0o600;
/// Standard input or output.
const STANDARD: &str = "-";

/// Reads a capture; `-` is standard input.
///
/// # Errors
/// What is wrong with the file.
pub fn read_file(path: &Path) -> Result<Recording, CaptureError> {
    let bytes = match path.as_os_str() == STANDARD {
        true => bounded(&mut io::stdin().lock())?,
        false => bounded(&mut File::open(path)?)?,
    };
    read(&bytes)
}

fn bounded(from: &mut dyn Read) -> Result<Vec<u8>, CaptureError> {
    let mut bytes = Vec::new();
    from.take(MOST_FILE as u64 + 1).read_to_end(&mut bytes)?;
    match bytes.len() > MOST_FILE {
        true => Err(CaptureError::TooLarge),
        false => Ok(bytes),
    }
}

/// Writes `bytes` to `path`, readable by the owner alone; `-` is standard
/// output. There is nothing at `path` before all of it is there.
///
/// # Errors
/// When that is not possible: nothing is left behind.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.as_os_str() == STANDARD {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush());
    }
    // The file that a link leads to, not the link, is replaced; devices are not.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|it| !it.is_file()) {
        return Err(io::Error::other("there is something that is no file"));
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
