//! Command lines without what may be confidential in them.

use crate::model::Process;
use crate::sampling::recorded::Sample;

/// Stands for an argument that was left out.
const LEFT_OUT: &str = "***";

/// A command line with the program, the interpreter's own options and the
/// script or module; arguments of the script, and code, are left out.
pub fn command(words: &[String]) -> Vec<String> {
    let mut masked = Vec::with_capacity(words.len());
    let mut words = words.iter();
    if let Some(program) = words.next() {
        // Some programs write a title with all their arguments here.
        let name = program.split_once(' ').map(|(name, _)| name);
        masked.push(name.map_or_else(|| program.clone(), |name| format!("{name} {LEFT_OUT}")));
    }
    let mut of_interpreter = true;
    while let Some(word) = words.next() {
        match word.as_str() {
            _ if !of_interpreter => masked.push(LEFT_OUT.into()),
            "-c" => {
                masked.push(word.clone());
                of_interpreter = false;
            }
            "-m" | "-X" | "-W" => {
                masked.push(word.clone());
                masked.extend(words.next().cloned());
                of_interpreter = word != "-m";
            }
            option if option.starts_with('-') => masked.push(word.clone()),
            _ => {
                masked.push(word.clone());
                of_interpreter = false;
            }
        }
    }
    masked
}

/// The command line of another process, which stays different from `ours`
/// where it was.
pub fn other_command(theirs: &[String], ours: &[String]) -> Vec<String> {
    let mut masked = command(theirs);
    if theirs != ours && masked == command(ours) {
        masked.push(LEFT_OUT.into());
    }
    masked
}

/// Leaves out the same of a snapshot.
pub fn snapshot(process: &mut Process) {
    let ours = std::mem::take(&mut process.command);
    for child in &mut process.children {
        child.command = other_command(&child.command, &ours);
    }
    process.command = command(&ours);
}

/// Leaves out the same of one sample of a process with the command `ours`.
pub fn sample(sample: &mut Sample, ours: &[String]) {
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
