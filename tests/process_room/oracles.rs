//! What this crate reads of a process, compared with what other crates read of
//! the same process by code of their own.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::process::Command;
use std::time::Duration;

use dapper_attach::process::{Image, Mapping, Memory, Process, ReadCause, Stop};
use goblin::elf::Elf;
use goblin::elf::section_header::{SHF_ALLOC, SHN_ABS};
use goblin::elf::sym::STT_TLS;
use proc_maps::{MapRange, get_process_maps};
use read_process_memory::{ProcessHandle, copy_address};

use crate::support::{Target, fresh_directory, until, usual_program};

const LONG: Duration = Duration::from_secs(60);
/// Bytes that are compared of each mapping, at its start and at its end.
const COMPARED: u64 = 128 << 10;

/// Python with many libraries, threads and a child.
fn python() -> Target {
    let script = "\
import asyncio, ctypes, ssl, subprocess, sys, threading
for _ in range(20):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
child = subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()'],
                         stdin=subprocess.PIPE)
print('ready', flush=True)
sys.stdin.read()
child.kill()
";
    Target::start(Command::new("python3").args(["-c", script]))
}

fn id(pid: u32) -> i32 {
    i32::try_from(pid).unwrap()
}

/// One line of `maps`, as both sides state it.
type Line = (u64, u64, String, u64, u64, Option<String>);

fn our_line(mapping: &Mapping) -> Line {
    let letters = [
        (mapping.readable, 'r'),
        (mapping.writable, 'w'),
        (mapping.executable, 'x'),
    ];
    let flags = letters.map(|(set, letter)| if set { letter } else { '-' });
    let path = mapping.path.as_ref().map(|path| match mapping.deleted {
        true => format!("{path} (deleted)"),
        false => path.clone(),
    });
    (
        mapping.start,
        mapping.end,
        flags.iter().collect(),
        mapping.offset,
        mapping.inode,
        path,
    )
}

fn their_line(range: &MapRange) -> Line {
    let start = range.start() as u64;
    (
        start,
        start + range.size() as u64,
        range.flags[..3].to_owned(),
        range.offset as u64,
        range.inode as u64,
        range
            .filename()
            .map(|path| path.to_str().unwrap().to_owned()),
    )
}

#[test]
fn mappings_are_those_of_proc_maps() {
    let directory = fresh_directory();
    let program = directory.join("target");
    std::fs::copy(usual_program(), &program).unwrap();
    let deleted = Target::start(&mut Command::new(&program));
    std::fs::remove_file(&program).unwrap();
    for target in [python(), deleted] {
        let _stop = Stop::all_threads(target.pid(), LONG).unwrap();
        let process = target.open();
        let ours: Vec<Line> = process.mappings().iter().map(our_line).collect();
        let theirs = get_process_maps(id(target.pid())).unwrap();
        let theirs: Vec<Line> = theirs.iter().map(their_line).collect();
        assert!(ours.len() > 10);
        assert_eq!(ours, theirs);
    }
}

#[test]
fn memory_is_that_of_read_process_memory() {
    let target = python();
    let _stop = Stop::all_threads(target.pid(), LONG).unwrap();
    let process = target.open();
    let memory = process.memory();
    let handle: ProcessHandle = id(target.pid()).try_into().unwrap();
    let (mut compared, mut unreadable) = (0, 0);
    for mapping in process.mappings() {
        let len = (mapping.end - mapping.start).min(COMPARED);
        for start in [mapping.start, mapping.end - len] {
            let mut ours = vec![0xaa; len as usize];
            let read = memory.read(start, &mut ours);
            match copy_address(start as usize, len as usize, &handle) {
                Ok(theirs) => {
                    assert_eq!(read, Ok(()), "{mapping:?}");
                    assert!(ours == theirs, "{mapping:?}");
                    compared += len;
                }
                Err(_) => {
                    let cause = read.map_err(|error| error.cause);
                    assert_eq!(cause, Err(ReadCause::Unmapped), "{mapping:?}");
                    unreadable += 1;
                }
            }
        }
    }
    assert!(compared > 4 << 20, "{compared}");
    assert!(unreadable > 0, "guard pages cannot be read");
}

#[test]
fn threads_and_children_are_those_of_remoteprocess() {
    let target = python();
    let process = target.open();
    let theirs = remoteprocess::Process::new(id(target.pid())).unwrap();
    let ids = |ids: Vec<i32>| -> BTreeSet<u32> {
        ids.into_iter()
            .map(|id| u32::try_from(id).unwrap())
            .collect()
    };
    let threads = theirs.threads().unwrap();
    let threads = ids(threads.iter().map(|it| it.id().unwrap()).collect());
    let ours: BTreeSet<u32> = process.native_threads().unwrap().into_iter().collect();
    assert!(ours.len() > 20);
    assert_eq!(ours, threads);

    let children = theirs.child_processes().unwrap();
    let children = ids(children.into_iter().map(|(child, _)| child).collect());
    let ours: BTreeSet<u32> = process.children().into_iter().collect();
    assert_eq!(ours.len(), 1);
    assert_eq!(ours, children);

    assert_eq!(process.executable(), Some(theirs.exe().unwrap()));
    assert_eq!(process.command(), theirs.cmdline().unwrap());
    // A thread is active for them when it runs or is about to.
    until("all threads to wait", || {
        let mut threads = theirs.threads().unwrap().into_iter();
        threads.all(|it| !it.active().unwrap())
    });
    let waits = |tid: u32| process.kernel_thread(tid).state == 'S';
    assert!(process.native_threads().unwrap().into_iter().all(waits));
}

/// The defined symbols of one table, by name, with all addresses that each has.
fn addresses<'e>(
    symbols: impl Iterator<Item = goblin::elf::Sym>,
    name: impl Fn(usize) -> Option<&'e str>,
    bias: u64,
) -> HashMap<&'e str, HashSet<u64>> {
    let mut all: HashMap<&str, HashSet<u64>> = HashMap::new();
    for symbol in symbols {
        if symbol.st_shndx == 0 || symbol.st_type() == STT_TLS {
            continue;
        }
        let value = match symbol.st_shndx == SHN_ABS as usize {
            true => symbol.st_value,
            false => bias.wrapping_add(symbol.st_value),
        };
        if let Some(name) = name(symbol.st_name).filter(|name| !name.is_empty()) {
            all.entry(name).or_default().insert(value);
        }
    }
    all
}

/// Compares `image` with its file as goblin reads it. Returns how many dynamic
/// symbols were compared.
fn compare_with_file(process: &Process, image: &Image) -> usize {
    let bytes = std::fs::read(&image.path).unwrap();
    let elf = Elf::parse(&bytes).unwrap();
    let memory = process.memory();

    let mut notes = elf.iter_note_headers(&bytes).into_iter().flatten();
    let build_id = notes.find_map(|note| {
        let note = note.ok()?;
        (note.name == "GNU" && note.n_type == 3).then(|| note.desc.to_vec())
    });
    assert_eq!(image.build_id, build_id, "{}", image.path);
    assert_eq!(image.file().unwrap().build_id(), build_id);

    let loads = elf.program_headers.iter().filter(|it| it.p_type == 1);
    let loads: Vec<(u64, u64, u64, u64)> = loads
        .map(|it| (it.p_offset, it.p_vaddr, it.p_filesz, it.p_memsz))
        .collect();
    let ours = image.segments.iter();
    let ours: Vec<(u64, u64, u64, u64)> = ours
        .map(|it| (it.offset, it.address, it.file_size, it.memory_size))
        .collect();
    assert_eq!(ours, loads, "{}", image.path);

    for section in &elf.section_headers {
        let name = elf.shdr_strtab.get_at(section.sh_name).unwrap();
        let is_loaded = section.sh_flags & u64::from(SHF_ALLOC) != 0;
        let expected = (image.bias.wrapping_add(section.sh_addr), section.sh_size);
        assert_eq!(
            image.section(name),
            is_loaded.then_some(expected),
            "{name} of {}",
            image.path
        );
    }

    let dynamic = addresses(
        elf.dynsyms.iter(),
        |at| elf.dynstrtab.get_at(at),
        image.bias,
    );
    for (name, expected) in &dynamic {
        let ours = image.dynamic_symbol(&memory, name);
        assert!(
            ours.is_some_and(|ours| expected.contains(&ours)),
            "{name} of {}: {ours:x?} {expected:x?}",
            image.path
        );
    }
    dynamic.len()
}

#[test]
fn images_and_their_symbols_are_those_of_goblin() {
    let target = python();
    let process = target.open();
    let images = process.images();
    assert!(images.len() > 5, "{images:#?}");
    let symbols: usize = images
        .iter()
        // The kernel's own library has no file.
        .filter(|image| image.path.starts_with('/'))
        .map(|image| compare_with_file(&process, image))
        .sum();
    assert!(symbols > 1000, "{symbols}");
}

#[test]
fn static_symbols_are_those_of_goblin() {
    let target = Target::usual(&[]);
    let process = target.open();
    let images = process.images();
    let image = images
        .iter()
        .find(|image| image.path.ends_with("/target"))
        .unwrap();
    compare_with_file(&process, image);
    let bytes = std::fs::read(&image.path).unwrap();
    let elf = Elf::parse(&bytes).unwrap();
    let all = addresses(elf.syms.iter(), |at| elf.strtab.get_at(at), image.bias);
    assert!(all.len() > 20);
    for (name, expected) in all {
        let ours = image.symbol(&process.memory(), name);
        assert!(
            ours.is_some_and(|ours| expected.contains(&ours)),
            "{name}: {ours:x?} {expected:x?}"
        );
    }
}
