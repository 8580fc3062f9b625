//! Which command lines are accepted, and what they mean.

use super::*;

fn parsed(line: &[&str]) -> Result<Arguments, ErrorKind> {
    let words = [&["dapper-attach"], line].concat();
    Arguments::from_words(words).map_err(|error| error.kind())
}

fn refused(line: &[&str]) -> ErrorKind {
    parsed(line).unwrap_err()
}

#[test]
fn the_definition_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn the_command_report_takes_a_file_or_a_pid() {
    let report = |line: &[&str]| match parsed(line).map(|it| it.command) {
        Ok(Some(Command::Report(report))) => Ok(report),
        Ok(other) => panic!("{other:?}"),
        Err(kind) => Err(kind),
    };
    let of_file = report(&["report", "slow.dapper", "--at", "-3"]).unwrap();
    assert_eq!(of_file.capture, Some(PathBuf::from("slow.dapper")));
    assert!(of_file.at.is_some() && of_file.pid.is_none());
    assert_eq!(report(&["report", "-p", "7"]).unwrap().pid, Some(7));
    let refused = |line: &[&str]| report(line).unwrap_err();
    assert_eq!(refused(&["report"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(
        refused(&["report", "a", "-p", "7"]),
        ErrorKind::ArgumentConflict
    );
    assert_eq!(
        refused(&["report", "a", "--samples", "3"]),
        ErrorKind::ArgumentConflict
    );
    let text_only = ["report", "a", "--threads", "--json"];
    assert_eq!(refused(&text_only), ErrorKind::ArgumentConflict);
}

#[test]
fn a_pid_or_a_command_is_required() {
    assert_eq!(
        refused(&[]),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    assert_eq!(refused(&["--json"]), ErrorKind::MissingRequiredArgument);
    assert_eq!(refused(&["-p", "0"]), ErrorKind::ValueValidation);
    for live in [&["-p", "1"][..], &["--samples", "3"], &["--children"]] {
        let line = [&["--capture", "a"], live].concat();
        assert_eq!(refused(&line), ErrorKind::ArgumentConflict);
    }
    for line in [
        &["-p", "1"][..],
        &["ps", "--json"],
        &["--capture", "a", "--json"],
        &["capture", "-p", "1", "-o", "a"],
    ] {
        assert!(parsed(line).is_ok(), "{line:?}");
    }
}

#[test]
fn short_forms_name_the_same_format() {
    let cases: [(&[&str], Format); 6] = [
        (&[], Format::Text),
        (&["--format", "text"], Format::Text),
        (&["--format", "json"], Format::Json),
        (&["--json"], Format::Json),
        (&["--format=dot"], Format::Dot),
        (&["--dot"], Format::Dot),
    ];
    for (words, format) in cases {
        for command in [&["-p", "1"][..], &["demo"]] {
            let arguments = parsed(&[command, words].concat()).unwrap();
            let chosen = arguments.report_options().unwrap().format.chosen();
            assert_eq!(chosen, format, "{command:?} {words:?}");
            assert_eq!(arguments.prints_json(), format == Format::Json);
        }
    }
    let cases: [(&[&str], bool); 4] = [
        (&[], false),
        (&["--format", "text"], false),
        (&["--format", "json"], true),
        (&["--json"], true),
    ];
    for command in [&["ps"][..], &["check", "-p", "1"]] {
        for (words, json) in cases {
            let arguments = parsed(&[command, words].concat()).unwrap();
            assert_eq!(arguments.prints_json(), json, "{command:?} {words:?}");
        }
    }
}

#[test]
fn two_formats_are_refused() {
    for words in [
        &["--json", "--dot"][..],
        &["--json", "--format", "json"],
        &["--json", "--format", "text"],
        &["--dot", "--format", "dot"],
        &["--format", "json", "--format", "dot"],
    ] {
        let line = [&["-p", "1"], words].concat();
        assert_eq!(refused(&line), ErrorKind::ArgumentConflict, "{words:?}");
    }
    let line = ["ps", "--json", "--format", "text"];
    assert_eq!(refused(&line), ErrorKind::ArgumentConflict);
    assert_eq!(refused(&["ps", "--format", "dot"]), ErrorKind::InvalidValue);
    assert_eq!(
        refused(&["-p", "1", "--format", "xml"]),
        ErrorKind::InvalidValue
    );
}

#[test]
fn threads_only_is_a_text_report() {
    for words in [
        &["--json"][..],
        &["--dot"],
        &["--format", "json"],
        &["--format", "dot"],
        &["--task", "a"],
    ] {
        for command in [&["-p", "1"][..], &["demo"]] {
            let line = [command, &["--threads"], words].concat();
            assert_eq!(refused(&line), ErrorKind::ArgumentConflict, "{line:?}");
        }
    }
    assert!(parsed(&["-p", "1", "--threads", "--format", "text"]).is_ok());
}

#[test]
fn reading_stops_the_process_for_a_tenth_of_a_second_at_most() {
    let options = parsed(&["-p", "1"]).unwrap().report.read.options();
    assert_eq!(options.max_pause, Duration::from_millis(100));
    assert!(!options.no_pause && !options.locals);
}
