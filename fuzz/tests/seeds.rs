//! Every seed, and every fixture undamaged, through the functions of the fuzz
//! targets: what a machine runs that cannot run libFuzzer.

use std::fs;
use std::path::Path;

use dapper_attach_fuzz::bounded::{self, Target};
use dapper_attach_fuzz::targets;

fn seeds(name: &str, target: Target) {
    // The debug adapter catches its own faults.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{panic}");
        std::process::abort();
    }));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(name);
    let mut count = 0;
    for file in fs::read_dir(&folder).expect("a folder of seeds") {
        let path = file.expect("a folder of seeds").path();
        println!("{}", path.display());
        bounded::run(target, &fs::read(&path).expect("a seed"));
        count += 1;
    }
    assert!(count > 0, "no seed in {}", folder.display());
}

macro_rules! tests {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            seeds(stringify!($name), targets::$name);
        })*
    };
}

#[test]
fn seeds_with_debug_information_are_understood() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/elf");
    let mut count = 0;
    for file in fs::read_dir(folder).expect("a folder of seeds") {
        let path = file.expect("a folder of seeds").path();
        if path.to_string_lossy().contains("/dwarf-") {
            let bytes = fs::read(&path).expect("a seed");
            let found = python_offsets::dwarf::read(&bytes[1..], None);
            assert!(found.is_ok_and(|it| it.overlay.len() > 5), "{path:?}");
            count += 1;
        }
    }
    assert!(count >= 4);
}

tests!(report locals evaluate offsets elf capture dap);
