//! Every kind of finding is registered, documented and tested.

use std::path::Path;

use crate::diagnosis::rules::RULES;
use crate::model::DiagnosisKind;

const CONTRACT: &str = include_str!("../../../docs/snapshot-json.md");

/// The sources of all tests of the rules.
const TESTS: [&str; 8] = [
    include_str!("deadlocks.rs"),
    include_str!("graphs.rs"),
    include_str!("internal.rs"),
    include_str!("leaks.rs"),
    include_str!("orphans.rs"),
    include_str!("outside.rs"),
    include_str!("processes.rs"),
    include_str!("steps.rs"),
];

/// The expectations of the programs that hang.
fn expectations() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hangs");
    let files = std::fs::read_dir(folder).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let expected = paths.filter(|path| path.to_string_lossy().ends_with(".expect.json"));
    expected
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn every_kind_has_one_rule() {
    for kind in DiagnosisKind::ALL {
        let rules = RULES.iter().filter(|rule| rule.kind == *kind);
        assert_eq!(rules.count(), 1, "{kind}");
    }
}

#[test]
fn every_kind_has_a_row_in_the_documentation() {
    for kind in DiagnosisKind::ALL {
        assert!(CONTRACT.contains(&format!("\n| `{kind}` |")), "{kind}");
    }
}

#[test]
fn every_kind_is_tested() {
    let expected = expectations();
    for kind in DiagnosisKind::ALL {
        let text = format!("\"{kind}\"");
        let in_units = TESTS.iter().any(|test| test.contains(&text));
        assert!(in_units || expected.contains(&text), "{kind}");
    }
}
