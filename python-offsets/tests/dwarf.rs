//! Debug information: offsets read from it are those that the compiler states,
//! in every form that compilers write, and damage leads to an error.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use python_offsets::{DwarfError, Links, Overlay, dwarf};

/// The C sources, laid out as CPython's are, in a directory of their own.
fn sources() -> Option<&'static Path> {
    static SOURCES: OnceLock<Option<PathBuf>> = OnceLock::new();
    let lay_out = || {
        if Command::new("cc").arg("--version").output().is_err() {
            eprintln!("SKIPPED: no C compiler `cc`, so no debug information to read");
            return None;
        }
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c");
        let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dwarf");
        for (directory, name) in [
            ("Modules", "_asynciomodule.c"),
            ("Python", "pystate.c"),
            ("Objects", "other.c"),
            ("", "truth.c"),
        ] {
            let directory = to.join(directory);
            fs::create_dir_all(&directory).expect("a directory for the sources");
            fs::copy(from.join(name), directory.join(name)).expect("a copy of the source");
        }
        fs::copy(from.join("structs.h"), to.join("structs.h")).expect("a copy of the header");
        Some(to)
    };
    SOURCES.get_or_init(lay_out).as_deref()
}

/// What a compiler may have been built without.
const OPTIONAL: [&str; 2] = ["-gz=zstd", "-flto"];

fn compile(flags: &[&str], files: &[&str], name: &str) -> Option<PathBuf> {
    let sources = sources()?;
    let include = ["-I.", "-IModules", "-IPython", "-IObjects"];
    let output = Command::new("cc")
        .current_dir(sources)
        .args(include)
        .args(flags)
        .args(files)
        .args(["-o", name])
        .output()
        .expect("the compiler runs");
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        // Not every compiler is built with all that it has options for.
        let optional = flags.iter().any(|flag| OPTIONAL.contains(flag));
        assert!(optional, "cc {flags:?}: {message}");
        eprintln!("SKIPPED: cc {flags:?}: {message}");
        return None;
    }
    Some(sources.join(name))
}

/// A program with debug information of this form, if the compiler can write it.
fn program(flags: &[&str]) -> Option<Vec<u8>> {
    // Tests that ask for the same form run at once: each writes a file of its own.
    static BUILT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("program-{}", BUILT.fetch_add(1, Ordering::Relaxed));
    let files = [
        "Modules/_asynciomodule.c",
        "Python/pystate.c",
        "Objects/other.c",
    ];
    let path = compile(flags, &files, &name)?;
    Some(fs::read(path).expect("the program"))
}

/// What the compiler says.
fn truth() -> Option<&'static Overlay> {
    static TRUTH: OnceLock<Option<Overlay>> = OnceLock::new();
    let run = || {
        let path = compile(&["-w"], &["truth.c"], "truth")?;
        let output = Command::new(path).output().expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("numbers");
        let pair = |line: &str| {
            let (key, value) = line.split_once(' ').expect("a key and a number");
            (key.to_owned(), value.parse().expect("a number"))
        };
        Some(text.lines().map(pair).collect())
    };
    TRUTH.get_or_init(run).as_ref()
}

fn offsets_are_those_of_the_compiler(flags: &[&str]) {
    let (Some(truth), Some(program)) = (truth(), program(flags)) else {
        return;
    };
    let found = dwarf::read(&program, None).expect("readable debug information");
    assert_eq!(&found.overlay, truth, "{flags:?}");
}

#[test]
fn dwarf_4_is_read() {
    offsets_are_those_of_the_compiler(&["-gdwarf-4"]);
}

#[test]
fn dwarf_5_is_read() {
    offsets_are_those_of_the_compiler(&["-gdwarf-5"]);
}

#[test]
fn bit_fields_of_dwarf_2_and_3_are_read() {
    offsets_are_those_of_the_compiler(&["-gdwarf-2", "-gstrict-dwarf"]);
    offsets_are_those_of_the_compiler(&["-gdwarf-3", "-gstrict-dwarf"]);
}

#[test]
fn type_units_are_read() {
    offsets_are_those_of_the_compiler(&["-gdwarf-4", "-fdebug-types-section"]);
    offsets_are_those_of_the_compiler(&["-gdwarf-5", "-fdebug-types-section"]);
}

#[test]
fn compressed_sections_are_read() {
    offsets_are_those_of_the_compiler(&["-gdwarf-4", "-gz=zlib"]);
    offsets_are_those_of_the_compiler(&["-gdwarf-5", "-gz=zstd"]);
}

#[test]
fn link_time_optimisation_is_read() {
    offsets_are_those_of_the_compiler(&["-gdwarf-5", "-O2", "-flto"]);
}

#[test]
fn each_number_names_the_member_it_is() {
    let Some(program) = program(&["-gdwarf-5"]) else {
        return;
    };
    let found = dwarf::read(&program, None).expect("readable debug information");
    assert_eq!(found.members["task.coro"], "TaskObj.task_coro");
    assert!(found.members.keys().eq(found.overlay.keys()));
}

#[test]
fn the_build_id_is_that_of_the_file() {
    let Some(program) = program(&["-gdwarf-5", "-Wl,--build-id=0x00ff10"]) else {
        return;
    };
    let links = Links::read(&program).expect("an ELF file");
    assert_eq!(links.build_id.as_deref(), Some(&[0x00, 0xff, 0x10][..]));
    let found = dwarf::read(&program, None).expect("readable debug information");
    assert_eq!(found.links, links);
}

#[test]
fn a_file_without_debug_information_says_so() {
    let Some(program) = program(&["-s"]) else {
        return;
    };
    let refused = dwarf::read(&program, None);
    assert!(matches!(refused, Err(DwarfError::Missing)), "{refused:?}");
}

#[test]
fn what_is_no_elf_file_is_refused() {
    for bytes in [&b""[..], b"\x7fELF", b"#!/bin/sh\n"] {
        let refused = dwarf::read(bytes, None);
        assert!(matches!(refused, Err(DwarfError::Elf(_))), "{refused:?}");
    }
}

#[test]
fn files_that_dwz_has_shared_out_are_read() {
    let (Some(truth), Some(sources)) = (truth(), sources()) else {
        return;
    };
    let files = [
        "Modules/_asynciomodule.c",
        "Python/pystate.c",
        "Objects/other.c",
    ];
    let build_ids = ["-Wl,--build-id=0x01", "-Wl,--build-id=0x02"];
    let names = ["dwz-one", "dwz-two"];
    for (name, build_id) in names.iter().zip(build_ids) {
        // Sharing pays off only for what is larger than a reference to it.
        compile(&["-gdwarf-5", build_id], &files, name);
    }
    let status = Command::new("dwz")
        .current_dir(sources)
        .args(["-m", "dwz-common"])
        .args(names)
        .output();
    if !status.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: no `dwz`, so no alternate file to read");
        return;
    }
    let read = |name: &str| fs::read(sources.join(name)).expect("a file of dwz");
    let (one, common) = (read("dwz-one"), read("dwz-common"));
    let found = dwarf::read(&one, Some(&common)).expect("readable debug information");
    assert_eq!(&found.overlay, truth);
    assert!(
        found
            .links
            .alt_link
            .is_some_and(|link| link.path.ends_with("dwz-common"))
    );
    let wrong = dwarf::read(&one, Some(&one));
    assert!(
        matches!(wrong, Err(DwarfError::WrongAlternate)),
        "{wrong:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn damage_leads_to_an_answer(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        length in any::<prop::sample::Index>(),
        truncate in any::<bool>(),
    ) {
        static PROGRAM: OnceLock<Option<Vec<u8>>> = OnceLock::new();
        let program = PROGRAM.get_or_init(|| program(&["-gdwarf-5", "-fdebug-types-section", "-no-pie"]));
        if let Some(mut program) = program.clone() {
            for (index, byte) in changes {
                let index = index.index(program.len());
                program[index] = byte;
            }
            if truncate {
                program.truncate(length.index(program.len()));
            }
            // Either is fine, as long as it is an answer.
            let _ = dwarf::read(&program, None);
            let _ = dwarf::read(&program, Some(&program));
        }
    }
}
