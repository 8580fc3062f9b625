//! The walls of the crate: which room may name which.
//!
//! A room is a module directly below the crate's root. `WALLS` lists the rooms
//! from the ground up: a room names only rooms in rows above its own, and of
//! those only the ones in its row. The test reads `src/**/*.rs` and resolves each
//! path that begins with `crate::` or with a chain of `super::`. Test code
//! (`#[cfg(test)]`) may name every room. `lib.rs` and `main.rs` are in no room.
#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    reason = "a test program has no interface, and makes system calls of its own"
)]

#[path = "rooms/mentions.rs"]
mod mentions;
#[path = "rooms/tokens.rs"]
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use mentions::{Mentions, mentions};

/// What every room may name: bounds and plain text.
const GROUND: [&str; 3] = ["limits", "plain_text", "source_depth"];

/// Each room with the rooms that it may name beside `GROUND`.
const WALLS: [(&str, &[&str]); 21] = [
    ("limits", &[]),
    ("plain_text", &[]),
    ("source_depth", &[]),
    ("model", &[]),
    // A process from outside, live or recorded.
    ("process", &["model"]),
    // CPython's structures, the frameworks that run on them, expressions about them.
    ("cpython", &["model", "process"]),
    // What every framework of tasks gives; then the frameworks.
    ("activity", &["model", "process", "cpython"]),
    ("greenlet", &["model", "process", "cpython", "activity"]),
    (
        "asyncio",
        &["model", "process", "cpython", "activity", "greenlet"],
    ),
    ("trio", &["model", "process", "cpython", "activity"]),
    ("evaluate", &["model", "process", "cpython"]),
    // Assembly of the model; then when to look, and what to trust.
    (
        "snapshot",
        &[
            "model", "process", "cpython", "activity", "greenlet", "asyncio", "trio",
        ],
    ),
    (
        "sampling",
        &[
            "model", "process", "cpython", "activity", "greenlet", "asyncio", "trio", "snapshot",
        ],
    ),
    // From the model alone.
    ("diagnosis", &["model"]),
    ("report", &["model"]),
    ("profile", &["model"]),
    // A live view: fold, keys and pictures.
    ("top", &["model", "report", "profile"]),
    // The facade: look, sample, judge, record; and the file that keeps it.
    (
        "inspect",
        &[
            "model",
            "process",
            "snapshot",
            "sampling",
            "diagnosis",
            "profile",
        ],
    ),
    (
        "capture",
        &["model", "process", "sampling", "profile", "inspect"],
    ),
    // Leaves: no room names them, but the command `dap` starts the debug adapter.
    (
        "dap",
        &[
            "model",
            "process",
            "cpython",
            "evaluate",
            "sampling",
            "diagnosis",
            "report",
            "inspect",
            "capture",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "process",
            "sampling",
            "diagnosis",
            "report",
            "profile",
            "inspect",
            "capture",
            "dap",
            "top",
        ],
    ),
];

/// Rooms that hold or judge plain data: they reach no process and no file system.
const PURE: [&str; 8] = [
    "limits",
    "plain_text",
    "source_depth",
    "model",
    "diagnosis",
    "report",
    "profile",
    "top",
];
/// Parts of `std` that such rooms do not name.
const IMPURE: [&str; 5] = ["env", "fs", "net", "os", "process"];

/// Breaches of `WALLS` that still exist: file, the room it names, and why. A row
/// whose breach is gone fails the test, so this list can only become shorter.
const EXCEPTIONS: [(&str, &str, &str); 0] = [];

/// A source file that belongs to a room.
struct Source {
    /// Relative to the repository, for example `src/dap/server.rs`.
    path: String,
    /// Below the crate's root, for example `["dap", "server"]`.
    module: Vec<String>,
    mentions: Mentions,
}

impl Source {
    fn room(&self) -> &str {
        &self.module[0]
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// The path of a file's module below the crate's root; empty for a root itself.
fn module_of(file: &Path, src: &Path) -> Vec<String> {
    let inside = file.strip_prefix(src).unwrap().with_extension("");
    let mut module: Vec<_> = inside
        .iter()
        .map(|it| it.to_str().unwrap().to_owned())
        .collect();
    if module.last().is_some_and(|it| it == "mod") {
        module.pop();
    }
    match &*module {
        [root] if root == "lib" || root == "main" => Vec::new(),
        _ => module,
    }
}

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(sources);

/// All files of rooms, without those that only tests have.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let src = root.join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut sources = Vec::new();
    for file in files {
        let module = module_of(&file, &src);
        if module.is_empty() {
            continue;
        }
        let path: Vec<&str> = module.iter().map(String::as_str).collect();
        let mentions = mentions(&fs::read_to_string(&file).unwrap(), &path);
        let path = file.strip_prefix(root).unwrap().display().to_string();
        sources.push(Source {
            path,
            module,
            mentions,
        });
    }
    let of_tests: BTreeSet<Vec<String>> = (sources.iter())
        .flat_map(|source| {
            let children = source.mentions.test_modules.iter();
            children.map(|child| [&*source.module, std::slice::from_ref(child)].concat())
        })
        .collect();
    let is_test = |source: &Source| of_tests.iter().any(|test| source.module.starts_with(test));
    sources.retain(|source| !is_test(source));
    sources
}

#[test]
fn a_room_names_only_the_rooms_that_it_may() {
    let walls: BTreeMap<_, _> = WALLS.into_iter().collect();
    let mut breaches = BTreeSet::new();
    let mut wrong = Vec::new();
    for source in SOURCES.iter() {
        let Source { path, mentions, .. } = source;
        let Some(allowed) = walls.get(source.room()) else {
            wrong.push(format!(
                "{path}: the room {} has no row in WALLS",
                source.room()
            ));
            continue;
        };
        for unclear in &mentions.unclear {
            wrong.push(format!("{path} names {unclear}"));
        }
        for room in &mentions.rooms {
            let is_allowed =
                source.room() == room || GROUND.contains(&&**room) || allowed.contains(&&**room);
            if !is_allowed {
                breaches.insert((path.clone(), room.clone()));
            }
        }
    }
    let is_excepted = |(path, room): &(String, String)| {
        let mut rows = EXCEPTIONS.iter();
        rows.any(|(file, named, _)| file == path && named == room)
    };
    let new = breaches.iter().filter(|breach| !is_excepted(breach));
    wrong.extend(new.map(|(path, room)| format!("{path} names {room}")));
    for (file, room, _) in EXCEPTIONS {
        if !breaches.contains(&(file.to_owned(), room.to_owned())) {
            wrong.push(format!(
                "{file} no longer names {room}: remove the exception"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rooms_of_plain_data_name_no_process_and_no_file_system() {
    let mut wrong = Vec::new();
    for source in SOURCES.iter() {
        let Source { path, mentions, .. } = source;
        if !PURE.contains(&source.room()) {
            continue;
        }
        let impure = mentions.std.iter().filter(|it| IMPURE.contains(&&***it));
        wrong.extend(impure.map(|it| format!("{path} names std::{it}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_row_names_only_rooms_above_it_and_every_row_is_a_room() {
    let mut above: BTreeSet<&str> = BTreeSet::new();
    for (room, allowed) in WALLS {
        for named in allowed {
            assert!(
                above.contains(named),
                "{room} may name {named}, which is not above it"
            );
        }
        assert!(above.insert(room), "{room} is listed twice");
    }
    let rooms: BTreeSet<String> = SOURCES.iter().map(|it| it.room().to_owned()).collect();
    let listed: BTreeSet<String> = above.into_iter().map(str::to_owned).collect();
    assert_eq!(rooms, listed);
}

fn rooms(source: &str, module: &[&str]) -> Vec<String> {
    mentions(source, module).rooms.into_iter().collect()
}

#[test]
fn paths_from_the_root_are_found_in_all_their_forms() {
    let source = "
        use crate::process::Memory;
        use crate::{model::{self, Task}, asyncio as other};
        pub(crate) fn f(it: &crate::report::X) -> Vec<super::super::cli::Y> {
            super::own::g(super::super::dap::X)
        }
        pub(in crate::evaluate) mod inner {
            use super::super::super::sampling::Z;
        }
    ";
    let found = rooms(source, &["cpython", "frames"]);
    let expected = [
        "asyncio", "cli", "cpython", "dap", "evaluate", "model", "process", "report", "sampling",
    ];
    assert_eq!(found, expected);
    let unclear = mentions("use crate::*; use crate as root;", &["cpython"]).unclear;
    assert_eq!(unclear.len(), 2);
    let std = mentions(
        "use std::{fs::File, io}; fn f() { std::env::var(\"a\") }",
        &["model"],
    )
    .std;
    assert_eq!(Vec::from_iter(std), ["env", "fs", "io"]);
}

#[test]
fn tests_comments_and_texts_name_nothing() {
    let source = r##"
        // crate::a
        /* crate::b /* crate::c */ crate::d */
        const TEXT: &str = "crate::e \" crate::f";
        const RAW: &str = r#"crate::g " crate::h"#;
        const QUOTE: char = '"';
        fn lifetime<'a>(it: &'a crate::found::X) {}
        #[cfg(test)]
        #[derive(Debug)]
        use crate::{i, j};
        #[cfg(test)]
        mod fixtures;
        struct S {
            #[cfg(test)]
            field: Vec<crate::k::X>,
            other: crate::found::Y,
        }
        #[cfg(test)]
        mod tests {
            use crate::l;
            fn f() { { } }
        }
        fn last() { crate::found_last::f() }
    "##;
    let found = mentions(source, &["model"]);
    assert_eq!(Vec::from_iter(found.rooms), ["found", "found_last"]);
    assert_eq!(Vec::from_iter(found.test_modules), ["fixtures"]);
}
