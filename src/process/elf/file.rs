//! The bytes of a program file or library, and the ways to it.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{self, OFlag, OpenHow, ResolveFlag};
use nix::sys::stat::Mode;
use object::read::elf::{ElfFile64, SectionHeader};
use object::{LittleEndian, Object, ObjectSection, ReadCache, ReadRef};
use python_offsets::dwarf::is_believable;

use super::Headers;
use crate::process::elf;

const SYMBOL_SIZE: usize = 24;

/// The bytes of one file, read as they are needed.
///
/// They are read, not mapped: a file that is cut short while it is mapped ends
/// its reader with `SIGBUS`, and replaced libraries are what we are called
/// for. Each part is read once and kept, so a large library costs no more than
/// its headers and the sections asked for.
#[derive(Debug)]
pub struct FileBytes {
    cache: ReadCache<File>,
    /// Device and inode.
    identity: (u64, u64),
}

/// A file parsed by the `object` crate.
pub type ElfFile<'data> = ElfFile64<'data, LittleEndian, &'data ReadCache<File>>;

impl FileBytes {
    fn new(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            cache: ReadCache::new(file),
            identity: (metadata.dev(), metadata.ino()),
        })
    }

    /// Opens a regular file.
    pub(crate) fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
        Self::reopen(&fcntl::open(path.as_ref(), flags, Mode::empty())?)
    }

    /// Opens the regular file `path` as a process sees it whose root directory
    /// is `root`: its symbolic links lead to its own files, never to ours.
    pub(crate) fn open_in(root: impl AsRef<Path>, path: &str) -> io::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
        let root_fd = fcntl::open(root.as_ref(), flags | OFlag::O_DIRECTORY, Mode::empty())?;
        let how = OpenHow::new()
            .flags(flags)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        match fcntl::openat2(&root_fd, path, how) {
            Ok(file) => Self::reopen(&file),
            // Kernels before 5.6, and seccomp filters as old as those.
            Err(Errno::ENOSYS | Errno::EPERM) => {
                Self::open(root.as_ref().join(path.trim_start_matches('/')))
            }
            Err(errno) => Err(errno.into()),
        }
    }

    /// Opens for reading what `O_PATH` has found, if that is a regular file:
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

    /// All bytes of the file.
    pub fn bytes(&self) -> Option<&[u8]> {
        let reader = &self.cache;
        reader.read_bytes_at(0, reader.len().ok()?).ok()
    }

    /// The file, parsed.
    pub fn elf(&self) -> Option<ElfFile<'_>> {
        ElfFile64::parse(&self.cache).ok()
    }

    /// The program headers.
    pub(crate) fn headers(&self) -> Option<Headers> {
        Headers::read(|offset, buf| {
            let bytes = (&self.cache).read_bytes_at(offset, buf.len() as u64);
            bytes.is_ok_and(|bytes| {
                buf.copy_from_slice(bytes);
                true
            })
        })
    }

    /// The build id in its notes.
    pub fn build_id(&self) -> Option<Vec<u8>> {
        let elf = self.elf()?;
        elf.build_id().ok().flatten().map(<[u8]>::to_vec)
    }

    /// The contents of section `name`, decompressed.
    pub fn section(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let elf = self.elf()?;
        let section = elf.section_by_name(name)?;
        let compressed = section.compressed_data().ok()?;
        match is_believable(&compressed) {
            true => compressed.decompress().ok(),
            false => None,
        }
    }

    /// Linked address and size of section `name`, if it is loaded.
    pub(crate) fn section_range(&self, name: &str) -> Option<(u64, u64)> {
        let elf = self.elf()?;
        let section = elf.section_by_name(name)?;
        let is_loaded =
            section.elf_section_header().sh_flags(LittleEndian).0 & object::elf::SHF_ALLOC.0 != 0;
        is_loaded.then(|| (section.address(), section.size()))
    }

    /// The address of symbol `name` of `.symtab` when loaded at `bias`.
    pub(crate) fn symbol(&self, name: &str, bias: u64) -> Option<u64> {
        // Both tables are read whole: one read each instead of one per name.
        let elf = self.elf()?;
        let symbols = elf.section_by_name(".symtab")?.data().ok()?;
        let names = elf.section_by_name(".strtab")?.data().ok()?;
        let wanted = name.as_bytes();
        symbols
            .chunks_exact(SYMBOL_SIZE)
            .filter(|symbol| {
                let name = names.get(elf::u32_at(symbol, 0) as usize..);
                name.and_then(|name| name.strip_prefix(wanted))
                    .is_some_and(|rest| rest.first() == Some(&0))
            })
            .find_map(|symbol| elf::symbol_address(symbol, bias))
    }
}
