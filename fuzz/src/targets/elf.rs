//! ELF files and debug information: as files, and as they lie in memory.

use std::os::unix::fs::MetadataExt;

use dapper_attach::cpython::runtime::search::runtimes_in;
use dapper_attach::process::{Image, Mapping, Memory, ReadCause, ReadError, ReadStats, images};
use goblin::elf::program_header::{PF_R, PF_W, PF_X, PT_LOAD};
use goblin::elf64::program_header::{ProgramHeader, SIZEOF_PHDR};
use python_offsets::elf::{FileRanges, read_header, read_structs};
use python_offsets::{Links, dwarf};

use crate::session::MemoryFile;

/// Where the file is loaded, if it does not say so itself.
const BIAS: u64 = 0x7f00_0000_0000;
const PAGE: u64 = 4096;
/// Largest number of mappings of the file.
const MAX_MAPPINGS: usize = 64;

/// The first byte says what is done with the rest, an ELF file.
pub fn elf(data: &[u8]) {
    let Some((mode, file)) = data.split_first() else {
        return;
    };
    match mode % 4 {
        0 => {
            let _ = dwarf::read(file, None);
        }
        1 => {
            let _ = dwarf::read(file, Some(file));
            let _ = Links::read(file);
        }
        _ => loaded(file, mode / 4),
    }
}

/// The file as the kernel and the dynamic linker load it, or whole.
fn loaded(bytes: &[u8], flags: u8) {
    let file = MemoryFile::new(bytes);
    let mappings = match flags & 1 {
        0 => segments(bytes),
        _ => vec![(BIAS, BIAS + bytes.len() as u64, 0, 7)],
    };
    let found = file.file().metadata().expect("a file in memory");
    let device = (libc::major(found.dev()), libc::minor(found.dev()));
    let mapping = |(start, end, offset, flags): (u64, u64, u64, u32)| Mapping {
        start,
        end,
        readable: flags & PF_R != 0,
        writable: flags & PF_W != 0,
        executable: flags & PF_X != 0,
        offset,
        device,
        inode: found.ino(),
        path: Some(file.path().to_string_lossy().into_owned()),
        deleted: false,
    };
    let mappings: Vec<Mapping> = mappings.into_iter().map(mapping).collect();
    let memory = Loaded {
        bytes,
        mappings: &mappings,
    };
    // No process has this number: only the file named above is opened.
    for image in images(u32::MAX, &mappings, &memory) {
        ask(&image, &memory);
    }
}

fn ask(image: &Image, memory: &Loaded<'_>) {
    for name in ["_PyRuntime", "Py_Version", "PyInterpreterState_Head", "x"] {
        let _ = image.dynamic_symbol(memory, name);
        let _ = image.symbol(memory, name);
    }
    let _ = image.start();
    let _ = image.section(".PyRuntime");
    let _ = image.debug_file().is_some();
    let _ = runtimes_in(image, memory);
    if let Some(file) = image.file() {
        let _ = file.build_id();
        for name in [".debug_info", ".AsyncioDebug", ".symtab", ".rodata"] {
            let _ = file.section(name).map(|bytes| bytes.len());
        }
        let _ = dwarf::read(&file, None);
    }
}

/// Start, end, offset and flags of what the program headers load.
fn segments(bytes: &[u8]) -> Vec<(u64, u64, u64, u32)> {
    let Ok(header) = read_header(bytes) else {
        return Vec::new();
    };
    let size = u64::from(header.e_phnum) * SIZEOF_PHDR as u64;
    let table = bytes.range(header.e_phoff, size).unwrap_or_default();
    let loads = read_structs::<ProgramHeader>(&table).filter(|it| it.p_type == PT_LOAD);
    let one = |load: ProgramHeader| {
        let start = BIAS.wrapping_add(load.p_vaddr) & !(PAGE - 1);
        let size = load.p_filesz.min(bytes.len() as u64);
        let end = start.checked_add(size.next_multiple_of(PAGE))?;
        Some((start, end, load.p_offset & !(PAGE - 1), load.p_flags))
    };
    loads.filter_map(one).take(MAX_MAPPINGS).collect()
}

/// Memory that has the file where its mappings say.
struct Loaded<'a> {
    bytes: &'a [u8],
    mappings: &'a [Mapping],
}

impl Memory for Loaded<'_> {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let len = buf.len();
        let error = ReadError {
            addr,
            len,
            cause: ReadCause::Unmapped,
        };
        let inside = self.mappings.iter().find(|it| {
            let end = addr.checked_add(len as u64);
            it.start <= addr && end.is_some_and(|end| end <= it.end)
        });
        let mapping = inside.ok_or(error)?;
        let from = mapping.offset.saturating_add(addr - mapping.start);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(from..).unwrap_or_default();
        // The rest of the last page is zeros.
        let has = bytes.len().min(len);
        buf[..has].copy_from_slice(&bytes[..has]);
        buf[has..].fill(0);
        Ok(())
    }

    fn stats(&self) -> ReadStats {
        ReadStats::default()
    }
}
