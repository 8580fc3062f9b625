//! The files of `/proc/PID` that the `procfs` crate does not read in all cases: it
//! requires UTF-8. A path or a command line may hold any bytes, and the kernel cuts
//! thread names after 15 bytes, even within a character. `procfs` then refuses the
//! whole file.

use std::io::{self, Read};
use std::path::Path;

use procfs::process::Process as Directory;
use procfs::{ProcError, ProcResult};

use crate::process::memory::Mapping;

/// Largest number of bytes read of one file, beyond any that the kernel writes.
const MAX_FILE: u64 = 1 << 30;
const DELETED: &str = " (deleted)";

/// The bytes of the file `name` in a `/proc/PID`.
///
/// # Errors
/// When the process has ended or we may not read it.
pub(crate) fn read(directory: &Directory, name: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let file = directory.open_relative(name.as_ref()).map_err(io_error)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The error of the kernel in an error of `procfs`.
pub(crate) fn io_error(error: ProcError) -> io::Error {
    match error {
        ProcError::Io(error, _) => error,
        ProcError::NotFound(_) => io::ErrorKind::NotFound.into(),
        ProcError::PermissionDenied(_) => io::ErrorKind::PermissionDenied.into(),
        other => io::Error::other(other),
    }
}

/// `/proc/PID/status` or that of a thread.
#[derive(Debug)]
pub(crate) struct Status(String);

impl Status {
    /// The file of a process.
    ///
    /// # Errors
    /// When the process has ended.
    pub(crate) fn of_process(directory: &Directory) -> io::Result<Self> {
        Self::read(directory, "status")
    }

    /// The file of thread `tid`.
    ///
    /// # Errors
    /// When the thread has ended.
    pub(crate) fn of_thread(directory: &Directory, tid: u32) -> io::Result<Self> {
        Self::read(directory, format!("task/{tid}/status"))
    }

    fn read(directory: &Directory, name: impl AsRef<Path>) -> io::Result<Self> {
        let bytes = read(directory, name)?;
        Ok(Self(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The text after `name:`. `None` when there is no such field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.0
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(str::trim)
    }

    /// The numbers of a field such as `Uid` or `NSpid`; empty without the field.
    pub(crate) fn numbers(&self, name: &str) -> Vec<u32> {
        let text = self.field(name).unwrap_or_default();
        text.split_whitespace()
            .map_while(|word| word.parse().ok())
            .collect()
    }

    /// The number in a field.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.numbers(name).first().copied()
    }

    /// The hexadecimal number in a field such as `CapEff`.
    pub(crate) fn bits(&self, name: &str) -> Option<u64> {
        u64::from_str_radix(self.field(name)?, 16).ok()
    }
}

/// Signals that a process of CPython catches without a handler of the program: that of the
/// keyboard, those of faults (`faulthandler`), and two of the C library (signal(7), nptl(7)).
const USUAL_SIGNALS: [i32; 8] = [
    libc::SIGINT,
    libc::SIGILL,
    libc::SIGABRT,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGSEGV,
    32,
    33,
];

/// Whether the process catches signals other than the usual ones. True where this is not
/// known.
pub(super) fn handles_signals(directory: &Directory) -> bool {
    let status = Status::of_process(directory);
    let caught = status.ok().and_then(|status| status.bits("SigCgt"));
    let usual = USUAL_SIGNALS
        .iter()
        .fold(0, |all, one| all | 1 << (one - 1));
    caught.is_none_or(|caught: u64| caught & !usual != 0)
}

/// The arguments in `/proc/PID/cmdline`, the program's name first, empty ones too.
///
/// # Errors
/// When the process has gone or we may not read it.
pub(crate) fn command_line(directory: &Directory) -> io::Result<Vec<String>> {
    let bytes = read(directory, "cmdline")?;
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let text = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    let arguments = text.split(|byte| *byte == 0);
    Ok(arguments
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect())
}

/// The path of the program file, and whether it was deleted or replaced.
///
/// # Errors
/// When the process has ended or we may not know it.
pub(crate) fn executable(directory: &Directory) -> ProcResult<(String, bool)> {
    let path = directory.exe()?;
    Ok(without_deleted(path.to_string_lossy().into_owned()))
}

/// The mappings in `/proc/PID/maps`, by address.
///
/// # Errors
/// When the process has ended or we may not read it.
pub(crate) fn mappings(directory: &Directory) -> io::Result<Vec<Mapping>> {
    Ok(parse_mappings(&read(directory, "maps")?))
}

fn parse_mappings(maps: &[u8]) -> Vec<Mapping> {
    maps.split(|byte| *byte == b'\n')
        .filter_map(|line| parse_mapping(&String::from_utf8_lossy(line)))
        .collect()
}

fn parse_mapping(line: &str) -> Option<Mapping> {
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    // The path is padded to a column, and may hold spaces.
    let mut words = line.splitn(6, ' ');
    let (start, end) = words.next()?.split_once('-')?;
    let access = words.next()?.as_bytes();
    let offset = hex(words.next()?)?;
    let (major, minor) = words.next()?.split_once(':')?;
    let inode = words.next()?.parse().ok()?;
    let path = words.next().unwrap_or_default().trim_start_matches(' ');
    // A newline is the only byte of a path that the kernel escapes.
    let (path, deleted) = without_deleted(path.replace("\\012", "\n"));
    Some(Mapping {
        start: hex(start)?,
        end: hex(end)?,
        readable: access.first() == Some(&b'r'),
        writable: access.get(1) == Some(&b'w'),
        executable: access.get(2) == Some(&b'x'),
        offset,
        device: (hex(major)?.try_into().ok()?, hex(minor)?.try_into().ok()?),
        inode,
        path: (!path.is_empty()).then_some(path),
        deleted,
    })
}

fn without_deleted(mut path: String) -> (String, bool) {
    let deleted = path.ends_with(DELETED);
    if deleted {
        path.truncate(path.len() - DELETED.len());
    }
    (path, deleted)
}

#[cfg(test)]
mod tests {
    use crate::process::proc::files::*;

    #[test]
    fn a_line_of_maps_is_taken_apart() {
        let line = "7f1c2a000000-7f1c2a021000 rw-p 00001000 fd:10 123  /tmp/a b\\012c (deleted)";
        let mapping = parse_mapping(line).unwrap();
        assert_eq!(
            mapping,
            Mapping {
                start: 0x7f1c_2a00_0000,
                end: 0x7f1c_2a02_1000,
                readable: true,
                writable: true,
                executable: false,
                offset: 0x1000,
                device: (0xfd, 0x10),
                inode: 123,
                path: Some("/tmp/a b\nc".into()),
                deleted: true,
            }
        );
    }

    #[test]
    fn odd_lines_of_maps_do_no_harm() {
        let maps = b"00400000-00401000 r-xp 00000000 00:00 0 \nnonsense\n\n\
            00600000-00601000 r--p 00000000 08:01 7    /tmp/\xff\xfe\n";
        let mappings = parse_mappings(maps);
        assert_eq!(mappings.len(), 2);
        assert_eq!(mappings[0].path, None);
        assert_eq!(mappings[1].path.as_deref(), Some("/tmp/\u{fffd}\u{fffd}"));
    }

    #[test]
    fn fields_of_status_are_found_whatever_the_name() {
        let status = Status("Name:\tTracerPid: 9\nTgid:\t7\nNSpid:\t7\t3\t1\nCapEff:\t0a\n".into());
        assert_eq!(status.number("TracerPid"), None);
        assert_eq!(status.number("Tgid"), Some(7));
        assert_eq!(status.numbers("NSpid"), [7, 3, 1]);
        assert_eq!(status.bits("CapEff"), Some(10));
    }
}
