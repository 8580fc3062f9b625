//! The bytes of a program file or library, and how the file is found and opened.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use goblin::elf64::sym::Sym;
use nix::errno::Errno;
use nix::fcntl::{self, OFlag, OpenHow, ResolveFlag};
use nix::sys::stat::Mode;
use python_offsets::elf::{FileRanges, Sections, read_structs};

use super::{Headers, symbol_address};

/// The bytes of one file, read range by range as they are needed.
///
/// They are read, not mapped: a file that is cut short while it is mapped ends
/// its reader with `SIGBUS`, and we are called for replaced libraries. A large
/// library costs no more than its headers and the sections that are asked for.
#[derive(Debug)]
pub struct FileBytes {
    file: File,
    /// Size in bytes when the file was opened.
    size: u64,
    /// Device and inode.
    identity: (u64, u64),
    /// Its section headers, once they were asked for. `None` inside when they
    /// cannot be read.
    sections: OnceCell<Option<Sections>>,
}

impl FileRanges for FileBytes {
    fn size(&self) -> u64 {
        self.size
    }

    fn range(&self, offset: u64, len: u64) -> Option<Cow<'_, [u8]>> {
        // What a file states is compared with its size before it is allocated.
        if offset.checked_add(len)? > self.size {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(len).ok()?];
        self.file.read_exact_at(&mut bytes, offset).ok()?;
        Some(Cow::Owned(bytes))
    }
}

impl FileBytes {
    fn new(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            file,
            size: metadata.len(),
            identity: (metadata.dev(), metadata.ino()),
            sections: OnceCell::new(),
        })
    }

    /// Opens a regular file.
    ///
    /// # Errors
    /// When there is none at `path` that we may read.
    pub(crate) fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
        Self::reopen(&fcntl::open(path.as_ref(), flags, Mode::empty())?)
    }

    /// Opens the regular file `path` as a process sees it whose root directory
    /// is `root`: its symbolic links lead to its own files, never to ours.
    ///
    /// # Errors
    /// When there is none at `path` that we may read.
    pub(crate) fn open_in(root: impl AsRef<Path>, path: &str) -> io::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
        let root_fd = fcntl::open(root.as_ref(), flags | OFlag::O_DIRECTORY, Mode::empty())?;
        let how = OpenHow::new()
            .flags(flags)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        match fcntl::openat2(&root_fd, path, how) {
            Ok(file) => Self::reopen(&file),
            // Kernels before 5.6, and seccomp filters of that age.
            Err(Errno::ENOSYS | Errno::EPERM) => {
                Self::open(root.as_ref().join(path.trim_start_matches('/')))
            }
            Err(errno) => Err(errno.into()),
        }
    }

    /// Opens for reading what `O_PATH` has found, if it is a regular file:
    /// opening a pipe could block, opening a device could do anything.
    fn reopen(found: &OwnedFd) -> io::Result<Self> {
        let link = format!("/proc/self/fd/{}", found.as_fd().as_raw_fd());
        if !std::fs::metadata(&link)?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Self::new(File::open(link)?)
    }

    /// Device (major, minor) and inode.
    pub(crate) fn identity(&self) -> ((u32, u32), u64) {
        let (device, inode) = self.identity;
        ((libc::major(device), libc::minor(device)), inode)
    }

    fn sections(&self) -> Option<&Sections> {
        let sections = self.sections.get_or_init(|| Sections::read(self).ok());
        sections.as_ref()
    }

    /// The program headers.
    pub(crate) fn headers(&self) -> Option<Headers> {
        Headers::read(|offset, buf| self.file.read_exact_at(buf, offset).is_ok())
    }

    /// The build id in its notes.
    pub fn build_id(&self) -> Option<Vec<u8>> {
        self.sections()?.build_id(self)
    }

    /// Whether it has a section `name`.
    pub fn has_section(&self, name: &str) -> bool {
        self.sections().is_some_and(|sections| sections.has(name))
    }

    /// The contents of section `name`, decompressed. `None` when there is no
    /// such section, or it is damaged.
    pub fn section(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.sections()?.contents(self, name).ok().flatten()
    }

    /// Linked address of section `name` and its size in bytes. `None` when it
    /// is not loaded.
    pub(crate) fn section_range(&self, name: &str) -> Option<(u64, u64)> {
        self.sections()?.loaded_range(name)
    }

    /// The address of symbol `name` of `.symtab` when loaded at `bias`.
    pub(crate) fn symbol(&self, name: &str, bias: u64) -> Option<u64> {
        // Both tables are read whole: one read for each table, not for each name.
        let symbols = self.section(".symtab")?;
        let names = self.section(".strtab")?;
        let wanted = name.as_bytes();
        read_structs::<Sym>(&symbols)
            .filter(|symbol| {
                let name = names.get(symbol.st_name as usize..);
                name.and_then(|name| name.strip_prefix(wanted))
                    .is_some_and(|rest| rest.first() == Some(&0))
            })
            .find_map(|symbol| symbol_address(&symbol, bias))
    }
}
