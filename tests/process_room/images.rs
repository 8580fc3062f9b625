//! Loaded programs and libraries, for every way of linking, and when they were moved,
//! deleted or replaced.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dapper_attach::process::{FileBytes, Image, Memory, Process};
use python_offsets::elf::FileRanges;

use crate::support::{Target, compiled, fresh_directory, is_root, usual_program};

/// The image whose file is called `name`.
fn image(process: &Process, name: &str) -> Image {
    let mut images = process.images();
    images.retain(|image| image.path.ends_with(&format!("/{name}")));
    assert_eq!(images.len(), 1, "{images:#?}");
    images.remove(0)
}

fn all_bytes(file: &FileBytes) -> Vec<u8> {
    let bytes = file.range(0, file.size()).unwrap();
    assert_eq!(file.range(1, file.size()), None);
    bytes.into_owned()
}

fn dynamic(process: &Process, image: &Image, symbol: &str) -> Option<u64> {
    image.dynamic_symbol(&process.memory(), symbol)
}

/// Checks the image of a program that prints the addresses of its variables.
fn check(target: &Target) -> Image {
    let process = target.open();
    let image = image(&process, "target");
    let memory = process.memory();
    for name in ["beats", "signals", "mine", "zeros"] {
        let expected = Some(target.addresses[name]);
        assert_eq!(image.symbol(&memory, name), expected, "{name}");
        let writable = image.writable_ranges();
        let is_inside = |(from, to): &(u64, u64)| (*from..*to).contains(&target.addresses[name]);
        assert!(writable.iter().any(is_inside), "{name} {writable:x?}");
    }
    for name in ["beat", "printf", "nonsense", ""] {
        assert_eq!(dynamic(&process, &image, name), None, "{name}");
    }
    let first = process.mappings().iter().find(|mapping| mapping.inode != 0);
    assert!(first.is_some_and(|mapping| mapping.start <= image.start()));
    image
}

fn run(program: &Path) -> Target {
    Target::start(&mut Command::new(program))
}

/// A copy of the usual program in a directory of its own.
fn copy_of(program: &Path) -> PathBuf {
    let copy = fresh_directory().join("target");
    fs::copy(program, &copy).unwrap();
    copy
}

fn tool(name: &str, arguments: &[&str], file: &Path) {
    let status = Command::new(name)
        .args(arguments)
        .arg(file)
        .status()
        .unwrap();
    assert!(status.success(), "{name}");
}

#[test]
fn position_independent_or_not() {
    let moved = check(&run(&compiled("target.c", &["-rdynamic", "-pie", "-fPIE"])));
    assert_ne!(moved.bias, 0);
    let fixed = check(&run(&compiled("target.c", &["-rdynamic", "-no-pie"])));
    assert_eq!(fixed.bias, 0);
    assert_eq!(fixed.start(), 0x40_0000);
    // Linked far from zero and moved all the same: the bias is not the start.
    let flags = ["-rdynamic", "-pie", "-fPIE", "-Wl,-Ttext-segment=0x3ff000"];
    let odd = check(&run(&compiled("target.c", &flags)));
    assert_eq!(odd.start(), odd.bias.wrapping_add(0x3f_f000));
}

#[test]
fn text_and_data_in_one_or_in_many_segments() {
    for layout in ["-Wl,-z,noseparate-code", "-Wl,-z,separate-code"] {
        for relro in ["-Wl,-z,relro,-z,now", "-Wl,-z,norelro"] {
            check(&run(&compiled(
                "target.c",
                &["-rdynamic", "-no-pie", layout, relro],
            )));
        }
    }
}

#[test]
fn both_kinds_of_hash_table() {
    for style in ["sysv", "gnu", "both"] {
        let flag = format!("-Wl,--hash-style={style}");
        let program = compiled("target.c", &["-rdynamic", &flag]);
        let target = run(&program);
        let image = check(&target);
        let process = target.open();
        let expected = Some(target.addresses["beats"]);
        assert_eq!(dynamic(&process, &image, "beats"), expected, "{style}");
    }
}

#[test]
fn a_static_program_has_only_the_file_to_tell() {
    let target = run(&compiled("target.c", &["-static", "-DNO_LOAD"]));
    let process = target.open();
    let image = check(&target);
    assert_eq!(dynamic(&process, &image, "beats"), None);
    let mine = image.section(".mine");
    assert_eq!(mine, Some((target.addresses["mine"], 8)));
    assert_eq!(image.section(".comment"), None);
    assert_eq!(image.section(".nonsense"), None);
}

#[test]
fn a_deleted_and_stripped_program_still_has_its_symbols_in_memory() {
    let program = copy_of(&usual_program());
    tool("strip", &["-s"], &program);
    let target = run(&program);
    fs::remove_file(&program).unwrap();
    let image = check(&target);
    assert!(image.deleted);
    assert_eq!(image.path, program.to_str().unwrap());
    assert_eq!(target.open().executable().as_deref(), program.to_str());
    // Its bytes are still there for us, through /proc/PID/exe.
    let file = image.file().unwrap();
    assert_eq!(file.build_id(), image.build_id);
    assert_eq!(image.section(".mine"), Some((target.addresses["mine"], 8)));
}

#[test]
fn a_replaced_library_is_not_mistaken_for_its_replacement() {
    let old = compiled("library.c", &["-shared", "-fPIC", "-DVALUE=1"]);
    let new = compiled("library.c", &["-shared", "-fPIC", "-DVALUE=2"]);
    let library = fresh_directory().join("library.so");
    fs::copy(&old, &library).unwrap();
    let path = library.to_str().unwrap();
    let target = Target::usual(&["load", path]);
    let replacement = library.with_extension("new");
    fs::copy(&new, &replacement).unwrap();
    fs::rename(&replacement, &library).unwrap();

    let process = target.open();
    let image = image(&process, "library.so");
    assert!(image.deleted);
    let expected = Some(target.addresses["loaded"]);
    assert_eq!(dynamic(&process, &image, "loaded_value"), expected);
    match image.file() {
        Some(file) => assert_eq!(all_bytes(&file), fs::read(&old).unwrap()),
        None => assert!(!is_root(), "the kernel shows root every mapped file"),
    }
}

#[test]
fn a_file_that_is_only_mapped_as_data_is_not_loaded() {
    let library = compiled("library.c", &["-shared", "-fPIC", "-DVALUE=3"]);
    let copy = fresh_directory().join("data.so");
    fs::copy(library, &copy).unwrap();
    let target = Target::usual(&["map", copy.to_str().unwrap()]);
    let process = target.open();
    let is_mapped = process
        .mappings()
        .iter()
        .any(|mapping| mapping.start == target.addresses["data"]);
    assert!(is_mapped);
    assert!(
        process
            .images()
            .iter()
            .all(|image| !image.path.ends_with("data.so"))
    );
    // Its own program, once loaded and once as data, is found once.
    let program = usual_program();
    let target = Target::usual(&["map", program.to_str().unwrap()]);
    check(&target);
}

#[test]
fn a_program_started_through_the_loader() {
    let program = usual_program();
    let loader = "/lib64/ld-linux-x86-64.so.2";
    let target = Target::start(Command::new(loader).arg(&program));
    let image = check(&target);
    let file = image.file().unwrap();
    assert_eq!(all_bytes(&file), fs::read(&program).unwrap());
    let executable = target.open().executable().unwrap();
    assert!(executable.contains("ld-"), "{executable}");
}

/// A root directory with the static program in it and, where distributions
/// put it, its debug information.
fn root_directory() -> PathBuf {
    let root = fresh_directory();
    let program = root.join("target");
    fs::copy(compiled("target.c", &["-static", "-DNO_LOAD"]), &program).unwrap();
    let debug = root.join("debug");
    let arguments = ["--only-keep-debug", program.to_str().unwrap()];
    tool("objcopy", &arguments, &debug);
    let build_id = build_id_of(&program);
    let directory = root.join(format!("usr/lib/debug/.build-id/{}", &build_id[..2]));
    fs::create_dir_all(&directory).unwrap();
    // Through a link that is only right below that root.
    std::os::unix::fs::symlink(
        "/debug",
        directory.join(format!("{}.debug", &build_id[2..])),
    )
    .unwrap();
    tool("strip", &["-s"], &program);
    root
}

fn build_id_of(program: &Path) -> String {
    let output = Command::new("readelf")
        .arg("-n")
        .arg(program)
        .output()
        .unwrap();
    let notes = String::from_utf8(output.stdout).unwrap();
    let (_, build_id) = notes.split_once("Build ID: ").unwrap();
    build_id.split_whitespace().next().unwrap().to_owned()
}

fn check_in_root(target: &Target, program: &Path) {
    let process = target.open();
    let image = image(&process, "target");
    let file = image.file().unwrap();
    assert_eq!(all_bytes(&file), fs::read(program).unwrap());
    // It is stripped: only the debug file knows where things are.
    assert_eq!(image.symbol(&process.memory(), "beats"), None);
    let debug = image.debug_file().unwrap();
    assert_eq!(debug.build_id(), image.build_id);
    assert!(
        debug
            .section(".debug_info")
            .is_some_and(|section| !section.is_empty())
    );
    let mut bytes = [0; 8];
    process
        .memory()
        .read(image.section(".mine").unwrap().0, &mut bytes)
        .unwrap();
    assert_eq!(u64::from_le_bytes(bytes), 7);
}

#[test]
fn in_another_root_directory() {
    if !is_root() {
        return eprintln!("skipped: needs root");
    }
    let root = root_directory();
    let target = Target::start(Command::new("chroot").arg(&root).arg("/target"));
    check_in_root(&target, &root.join("target"));
}

#[test]
fn in_another_mount_and_pid_namespace() {
    if !is_root() {
        return eprintln!("skipped: needs root");
    }
    let root = root_directory();
    let script = "mount --bind \"$0\" /mnt && exec chroot /mnt /target";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script]).arg(&root);
    let target = Target::start(&mut command);
    check_in_root(&target, &root.join("target"));
}

#[test]
fn every_image_of_a_large_process_is_sound() {
    let script = "import ctypes, asyncio, ssl, sys; print('ready', flush=True); sys.stdin.read()";
    let target = Target::start(Command::new("python3").args(["-c", script]));
    let process = target.open();
    let images = process.images();
    assert!(images.len() > 5);
    for image in &images {
        let own: Vec<_> = process
            .mappings()
            .iter()
            .filter(|mapping| mapping.path.as_deref() == Some(image.path.as_str()))
            .collect();
        assert!(
            own.iter().any(|mapping| mapping.start == image.start()),
            "{}",
            image.path
        );
        let file = image.file().unwrap();
        assert_eq!(file.build_id(), image.build_id, "{}", image.path);
        assert!(file.has_section(".dynamic") && !file.has_section(".nonsense"));
    }
    let memory = process.memory();
    let runtimes: Vec<u64> = images
        .iter()
        .filter_map(|image| image.dynamic_symbol(&memory, "_PyRuntime"))
        .collect();
    assert_eq!(runtimes.len(), 1);
}
