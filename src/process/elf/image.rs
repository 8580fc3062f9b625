//! The ELF files that are loaded in a process.

use std::collections::{BTreeMap, HashMap};
use std::iter::once_with;
use std::path::PathBuf;

use super::dynamic::DynamicSymbols;
use super::file::FileBytes;
use super::{Headers, Segment, page_start};
use crate::process::memory::{Mapping, Memory};

/// Largest number of mappings of one file; real files have about five.
const MAX_MAPPINGS: usize = 4096;
/// Where distributions put separate debug files.
const DEBUG_DIRECTORY: &str = "/usr/lib/debug";
/// Names more such directories, separated by colons.
const DEBUG_DIRECTORIES_VARIABLE: &str = "DAPPER_ATTACH_DEBUG_DIRS";

/// One ELF file as it is loaded in a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The path as the kernel shows it to us; for a deleted file the path it had. In
    /// another mount namespace it need not lead to this file.
    pub path: String,
    /// Whether the file was deleted, or replaced by another one.
    pub deleted: bool,
    /// The load bias: it is added to each address in the file, modulo 2⁶⁴.
    pub bias: u64,
    /// Its loaded parts, in the order of the file.
    pub segments: Vec<Segment>,
    /// The build id in its notes. `None` without one.
    pub build_id: Option<Vec<u8>>,
    /// Start and end of its writable memory.
    writable: Vec<(u64, u64)>,
    pid: u32,
    device: (u32, u32),
    inode: u64,
    /// Start and end of one mapping of this file, as in `/proc/PID/map_files`.
    mapping: (u64, u64),
    headers: Headers,
}

/// The images among `mappings` of process `pid`, by address.
pub fn images(pid: u32, mappings: &[Mapping], memory: &dyn Memory) -> Vec<Image> {
    // A replaced library and its replacement have the same path but two inodes.
    let mut files: BTreeMap<((u32, u32), u64), Vec<&Mapping>> = BTreeMap::new();
    for mapping in mappings.iter().filter(|mapping| mapping.inode != 0) {
        let of_file = files.entry((mapping.device, mapping.inode)).or_default();
        of_file.push(mapping);
    }
    let mut images: Vec<Image> = files
        .values()
        .flat_map(|of_file| images_of_file(pid, of_file, mappings, memory))
        .collect();
    images.sort_by_key(Image::start);
    images
}

fn images_of_file(
    pid: u32,
    mappings: &[&Mapping],
    all: &[Mapping],
    memory: &dyn Memory,
) -> Vec<Image> {
    let mappings = &mappings[..mappings.len().min(MAX_MAPPINGS)];
    let in_memory = Headers::read(|offset, buf| {
        address_of(mappings, offset, buf.len()).is_some_and(|at| memory.read(at, buf).is_ok())
    });
    let first = mappings[0];
    let mut image = Image {
        path: first.path.clone().unwrap_or_default(),
        deleted: first.deleted,
        bias: 0,
        segments: Vec::new(),
        build_id: None,
        writable: Vec::new(),
        pid,
        device: first.device,
        inode: first.inode,
        mapping: (first.start, first.end),
        headers: Headers::default(),
    };
    let headers = match in_memory {
        Some(headers) => headers,
        // Some linkers do not put the headers into a loaded segment.
        None if mappings.iter().any(|mapping| mapping.executable) => {
            let file = image.file_by_identity();
            let Some(headers) = file.and_then(|file| file.headers()) else {
                return Vec::new();
            };
            headers
        }
        None => return Vec::new(),
    };
    image.segments.clone_from(&headers.loads);
    image.headers = headers;
    biases(&image.segments, mappings)
        .into_iter()
        .map(|bias| Image {
            bias,
            build_id: image.headers.build_id(memory, bias),
            writable: writable_ranges(&image.segments, bias, all),
            ..image.clone()
        })
        .collect()
}

/// The address of the `len` bytes at `offset` of the file.
fn address_of(mappings: &[&Mapping], offset: u64, len: usize) -> Option<u64> {
    mappings.iter().find_map(|mapping| {
        let inside = offset.checked_sub(mapping.offset)?;
        let end = inside.checked_add(len as u64)?;
        let is_inside = mapping.readable && end <= mapping.end.saturating_sub(mapping.start);
        is_inside.then(|| mapping.start.wrapping_add(inside))
    })
}

/// The load biases at which the file is mapped as its program headers say.
///
/// Each pair of a segment and a mapping of its part of the file proposes a
/// bias. A loaded file gets the vote of each of its segments. A file that is only
/// mapped as data gets too few votes, and none from the executable segment. The
/// executable segment may be missing: some programs move it to huge pages.
fn biases(segments: &[Segment], mappings: &[&Mapping]) -> Vec<u64> {
    let from_file = || segments.iter().filter(|segment| segment.file_size > 0);
    let mut votes: HashMap<u64, (usize, bool)> = HashMap::new();
    for segment in from_file() {
        let offset = page_start(segment.offset);
        for mapping in mappings {
            let len = mapping.end.saturating_sub(mapping.start);
            let inside = offset.wrapping_sub(mapping.offset);
            if inside >= len || (segment.executable && !mapping.executable) {
                continue;
            }
            let address = mapping.start.wrapping_add(inside);
            let bias = address.wrapping_sub(page_start(segment.address));
            let (count, has_text) = votes.entry(bias).or_default();
            *count += 1;
            *has_text |= segment.executable;
        }
    }
    let total = from_file().count();
    let mut biases: Vec<u64> = votes
        .into_iter()
        .filter(|(_, (count, has_text))| *has_text || count * 2 > total)
        .map(|(bias, _)| bias)
        .collect();
    biases.sort_unstable();
    biases
}

/// The mapped parts of the writable segments. The target states the sizes of the
/// segments and could lie; the kernel states the mappings.
fn writable_ranges(segments: &[Segment], bias: u64, mappings: &[Mapping]) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for segment in segments.iter().filter(|segment| segment.writable) {
        let start = bias.wrapping_add(segment.address);
        let end = start.saturating_add(segment.memory_size);
        for mapping in mappings.iter().filter(|mapping| mapping.readable) {
            let (from, to) = (start.max(mapping.start), end.min(mapping.end));
            match ranges.last_mut() {
                _ if from >= to => {}
                Some(last) if last.1 == from => last.1 = to,
                _ => ranges.push((from, to)),
            }
        }
    }
    ranges
}

impl Image {
    /// The lowest address of its segments.
    pub fn start(&self) -> u64 {
        let starts = self
            .segments
            .iter()
            .map(|segment| self.absolute(segment.address));
        starts.min().unwrap_or(self.bias)
    }

    /// The address of symbol `name`, from the dynamic symbol table in `memory`, which
    /// needs no file, or from `.symtab` of the file.
    pub fn symbol(&self, memory: &dyn Memory, name: &str) -> Option<u64> {
        self.dynamic_symbol(memory, name)
            .or_else(|| self.file()?.symbol(name, self.bias))
    }

    /// The address of symbol `name` from the dynamic symbol table alone.
    pub fn dynamic_symbol(&self, memory: &dyn Memory, name: &str) -> Option<u64> {
        DynamicSymbols::of(&self.headers, memory, self.bias)?.find(name)
    }

    /// Address of section `name` and its size in bytes, from the section headers of the
    /// file. `None` when it is not loaded.
    pub fn section(&self, name: &str) -> Option<(u64, u64)> {
        let (address, size) = self.file()?.section_range(name)?;
        Some((self.absolute(address), size))
    }

    /// Start and end of the memory that the program writes: `.data`, `.bss` and their
    /// neighbours.
    pub fn writable_ranges(&self) -> Vec<(u64, u64)> {
        self.writable.clone()
    }

    fn absolute(&self, address: u64) -> u64 {
        self.bias.wrapping_add(address)
    }

    /// The file that this was loaded from, even if it was deleted, replaced, or is in
    /// another root directory or mount namespace. `None` if it cannot be opened.
    /// Another file at its path is not taken for it.
    pub fn file(&self) -> Option<FileBytes> {
        self.file_by_identity().or_else(|| {
            // Overlay file systems and btrfs show other device and inode numbers in
            // `maps` than in `stat`. Then the contents decide.
            self.candidates().find(|file| self.has_same_contents(file))
        })
    }

    /// The file with the device and inode of the mapping.
    fn file_by_identity(&self) -> Option<FileBytes> {
        let (start, end) = self.mapping;
        let mapped = format!("/proc/{}/map_files/{start:x}-{end:x}", self.pid);
        // It needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE, and is certain.
        FileBytes::open(mapped).ok().or_else(|| {
            self.candidates()
                .find(|file| file.identity() == (self.device, self.inode))
        })
    }

    /// The files at the paths where this file may be found.
    fn candidates(&self) -> impl Iterator<Item = FileBytes> {
        once_with(|| FileBytes::open(format!("/proc/{}/exe", self.pid)))
            .chain(once_with(|| FileBytes::open_in(self.root(), &self.path)))
            .chain(once_with(|| FileBytes::open(&self.path)))
            .filter_map(Result::ok)
    }

    fn root(&self) -> PathBuf {
        format!("/proc/{}/root", self.pid).into()
    }

    fn has_same_contents(&self, file: &FileBytes) -> bool {
        let Some(build_id) = &self.build_id else {
            let headers = file.headers();
            return file.identity().1 == self.inode && headers.as_ref() == Some(&self.headers);
        };
        file.build_id().as_ref() == Some(build_id)
    }

    /// The separate file with the debug information of this build, by its build id: in
    /// the root directory of the process, in ours, or in a directory with the same
    /// layout that `DAPPER_ATTACH_DEBUG_DIRS` names. `None` when there is none.
    pub fn debug_file(&self) -> Option<FileBytes> {
        let build_id = self.build_id.as_ref()?;
        let (first, rest) = build_id.split_first()?;
        let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
        let name = format!(".build-id/{first:02x}/{rest}.debug");
        let named = std::env::var_os(DEBUG_DIRECTORIES_VARIABLE).unwrap_or_default();
        let ours = std::env::split_paths(&named).chain([PathBuf::from(DEBUG_DIRECTORY)]);
        let in_target = FileBytes::open_in(self.root(), &format!("{DEBUG_DIRECTORY}/{name}"));
        in_target
            .into_iter()
            .chain(ours.filter_map(|directory| FileBytes::open(directory.join(&name)).ok()))
            .find(|file| file.build_id().as_ref() == Some(build_id))
    }
}
