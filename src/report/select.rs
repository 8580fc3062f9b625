//! Tasks and threads chosen by name.

use std::collections::BTreeSet;

use thiserror::Error;

use super::{Choice, address};
use crate::model::{Process, Snapshot, Task, Thread};

/// Names that exist, listed when none matches.
const MAX_OFFERED: usize = 8;

/// A pattern that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct NoMatch {
    /// A stable word for scripts.
    pub code: &'static str,
    /// With names that exist.
    pub message: String,
}

/// The tasks and threads that the patterns name, one choice per process;
/// `None` without patterns.
///
/// # Errors
/// A pattern that names nothing, with names that exist.
pub fn choose(
    snapshot: &Snapshot,
    tasks: &[String],
    threads: &[String],
) -> Result<Option<Vec<Choice>>, NoMatch> {
    if tasks.is_empty() && threads.is_empty() {
        return Ok(None);
    }
    let mut choices = vec![Choice::default(); snapshot.processes.len()];
    let task_names: Vec<Candidate> = (snapshot.processes.iter().enumerate())
        .flat_map(|(process, it)| it.tasks.iter().enumerate().map(move |one| (process, one)))
        .map(|(process, (index, task))| Candidate::task(process, index, task))
        .collect();
    for pattern in tasks {
        for found in matching("task", pattern, &task_names)? {
            choices[found.process].tasks.insert(found.index);
        }
    }
    let thread_names: Vec<Candidate> = (snapshot.processes.iter().enumerate())
        .flat_map(|(process, it)| it.threads.iter().enumerate().map(move |one| (process, one)))
        .map(|(process, (index, thread))| Candidate::thread(process, index, thread))
        .collect();
    for pattern in threads {
        for found in matching("thread", pattern, &thread_names)? {
            choices[found.process].threads.insert(found.index);
        }
    }
    Ok(Some(choices))
}

/// The indexes of the tasks that the pattern names.
///
/// # Errors
/// When it names none, with names that exist.
pub fn tasks(process: &Process, pattern: &str) -> Result<BTreeSet<usize>, NoMatch> {
    let tasks = process.tasks.iter().enumerate();
    let names: Vec<Candidate> = tasks
        .map(|(index, task)| Candidate::task(0, index, task))
        .collect();
    let found = matching("task", pattern, &names)?;
    Ok(found.into_iter().map(|one| one.index).collect())
}

/// Something that a pattern may name.
struct Candidate<'a> {
    process: usize,
    index: usize,
    /// Its name in the list of names that exist.
    label: &'a str,
    /// Names that a pattern may match in part.
    names: Vec<&'a str>,
    /// Names that only match in full.
    ids: Vec<String>,
}

impl<'a> Candidate<'a> {
    fn task(process: usize, index: usize, task: &'a Task) -> Self {
        let address = address(task.id);
        Self {
            process,
            index,
            label: if task.name.is_empty() {
                &task.coroutine
            } else {
                &task.name
            },
            names: vec![&task.name, &task.coroutine],
            ids: vec![
                task.id.to_string(),
                format!("{}@{address}", task.coroutine),
                address,
            ],
        }
    }

    fn thread(process: usize, index: usize, thread: &'a Thread) -> Self {
        Self {
            process,
            index,
            label: &thread.name,
            names: vec![&thread.name],
            ids: vec![thread.id.to_string(), thread.native_id.to_string()],
        }
    }

    fn is(&self, pattern: &str) -> bool {
        self.names.contains(&pattern) || self.ids.iter().any(|id| id == pattern)
    }

    fn resembles(&self, pattern: &str) -> bool {
        let is_glob = pattern.contains(['*', '?']);
        self.names.iter().any(|name| match is_glob {
            true => glob(pattern, name),
            false => name.contains(pattern),
        })
    }
}

fn matching<'c, 'a>(
    what: &str,
    pattern: &str,
    candidates: &'c [Candidate<'a>],
) -> Result<Vec<&'c Candidate<'a>>, NoMatch> {
    let exact: Vec<_> = candidates.iter().filter(|one| one.is(pattern)).collect();
    if !exact.is_empty() {
        return Ok(exact);
    }
    let similar: Vec<_> = candidates
        .iter()
        .filter(|one| one.resembles(pattern))
        .collect();
    if !similar.is_empty() && !pattern.is_empty() {
        return Ok(similar);
    }
    let code = if what == "task" {
        "no-such-task"
    } else {
        "no-such-thread"
    };
    Err(NoMatch {
        code,
        message: no_match(what, pattern, candidates),
    })
}

fn no_match(what: &str, pattern: &str, candidates: &[Candidate]) -> String {
    let mut labels: Vec<&str> = Vec::new();
    for one in candidates {
        if labels.len() < MAX_OFFERED && !labels.contains(&one.label) {
            labels.push(one.label);
        }
    }
    match candidates.len() {
        0 => format!("no {what} matches '{pattern}': there are none"),
        count => {
            let more = if count > labels.len() { ", …" } else { "" };
            let labels = labels.join(", ");
            format!("no {what} matches '{pattern}'; there are {count}: {labels}{more}")
        }
    }
}

/// Whether a text fits a pattern in which `*` stands for any text and `?` for
/// any character.
fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stands, and the text it was last tried to end before.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((at, tried)) => {
                    *tried += 1;
                    (p, t) = (*at + 1, *tried);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures::{bank, snapshot};

    fn found(pattern: &str) -> Result<Vec<usize>, NoMatch> {
        let choices = choose(&snapshot(bank()), &[pattern.to_owned()], &[])?;
        Ok(choices.unwrap()[0].tasks.iter().copied().collect())
    }

    fn threads(pattern: &str) -> Vec<usize> {
        let choices = choose(&snapshot(bank()), &[], &[pattern.to_owned()]).unwrap();
        choices.unwrap()[0].threads.iter().copied().collect()
    }

    #[test]
    fn a_whole_name_wins_over_a_part() {
        let mut snapshot = snapshot(bank());
        snapshot.processes[0].task_mut(1).name = "rates".into();
        snapshot.processes[0].task_mut(2).name = "rates-2".into();
        let choices = choose(&snapshot, &["rates".into()], &[]).unwrap().unwrap();
        assert_eq!(choices[0].tasks, [1, 4].into());
        assert_eq!(found("Task-1").unwrap(), [0]);
        assert_eq!(found("transfer").unwrap(), [1, 2]);
        assert_eq!(found("task:0x40").unwrap(), [3]);
        assert_eq!(found("0x40").unwrap(), [3]);
    }

    #[test]
    fn parts_and_patterns_match_where_no_whole_name_does() {
        assert_eq!(found("-to-").unwrap(), [1, 2]);
        assert_eq!(found("*-to-b?b").unwrap(), [1]);
        assert_eq!(threads("4243"), [1]);
        assert_eq!(threads("rates*"), [1]);
    }

    #[test]
    fn what_matches_nothing_is_answered_with_what_there_is() {
        for pattern in ["nobody", "", "x*"] {
            let Err(reason) = found(pattern) else {
                panic!("{pattern} was found");
            };
            assert_eq!(reason.code, "no-such-task");
            assert!(
                reason.message.contains("there are 6: Task-1, alice-to-bob"),
                "{reason:?}"
            );
        }
    }

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("a*c", "abcbc", true),
            ("a*c", "abcb", false),
            ("?b", "ab", true),
            ("?", "", false),
            ("a**b*", "ab", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
        let hard = format!("{}b", "a*".repeat(200));
        assert!(!glob(&hard, &"a".repeat(4_000)));
    }
}
