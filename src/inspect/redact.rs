//! Removes possibly confidential arguments from command lines.

use crate::model::Process;
use crate::sampling::recorded::Sample;

/// Replaces an argument that was removed.
const REMOVED: &str = "***";

/// Removes the arguments of the script, and code after `-c`, from a command line.
/// The program, the options of the interpreter and the script or module remain.
pub(super) fn command(words: &[String]) -> Vec<String> {
    let mut masked = Vec::with_capacity(words.len());
    let mut words = words.iter();
    if let Some(program) = words.next() {
        // Some programs overwrite this with a title that holds their arguments.
        let name = program.split_once(' ').map(|(name, _)| name);
        masked.push(name.map_or_else(|| program.clone(), |name| format!("{name} {REMOVED}")));
    }
    let mut in_interpreter_options = true;
    while let Some(word) = words.next() {
        match word.as_str() {
            _ if !in_interpreter_options => masked.push(REMOVED.into()),
            "-c" => {
                masked.push(word.clone());
                in_interpreter_options = false;
            }
            "-m" | "-X" | "-W" => {
                masked.push(word.clone());
                masked.extend(words.next().cloned());
                in_interpreter_options = word != "-m";
            }
            option if option.starts_with('-') => masked.push(word.clone()),
            _ => {
                masked.push(word.clone());
                in_interpreter_options = false;
            }
        }
    }
    masked
}

/// Redacts the command line of another process. Command lines that differ from
/// `ours` still differ afterwards.
pub(super) fn other_command(theirs: &[String], ours: &[String]) -> Vec<String> {
    let mut masked = command(theirs);
    if theirs != ours && masked == command(ours) {
        masked.push(REMOVED.into());
    }
    masked
}

/// Redacts all command lines of a snapshot.
pub(super) fn snapshot(process: &mut Process) {
    let ours = std::mem::take(&mut process.command);
    for child in &mut process.children {
        child.command = other_command(&child.command, &ours);
    }
    process.command = command(&ours);
}

/// Redacts all command lines of one sample of a process whose command is `ours`.
pub(super) fn sample(sample: &mut Sample, ours: &[String]) {
    for child in &mut sample.moment.descriptors.children {
        child.command = other_command(&child.command, ours);
    }
}

#[cfg(test)]
mod tests {
    use crate::inspect::redact::*;

    fn masked(line: &str) -> String {
        let words: Vec<String> = line.split('|').map(str::to_owned).collect();
        command(&words).join("|")
    }

    #[test]
    fn the_program_and_its_script_stay() {
        for (line, expected) in [
            (
                "python3|-X|dev|app.py|--password|x",
                "python3|-X|dev|app.py|***|***",
            ),
            (
                "/usr/bin/python3|-m|web.app|8080",
                "/usr/bin/python3|-m|web.app|***",
            ),
            ("python3|-Im|web|key", "python3|-Im|web|***"),
            ("python3|-c|secret()|x", "python3|-c|***|***"),
            ("worker: job 17 for alice", "worker: ***"),
            ("", ""),
        ] {
            assert_eq!(masked(line), expected);
        }
        assert_eq!(command(&[]), Vec::<String>::new());
    }

    #[test]
    fn different_commands_stay_different() {
        let line = |last: &str| vec!["python3".to_owned(), "app.py".into(), last.into()];
        let ours = command(&line("serve"));
        assert_eq!(other_command(&line("serve"), &line("serve")), ours);
        assert_ne!(other_command(&line("work"), &line("serve")), ours);
    }
}
