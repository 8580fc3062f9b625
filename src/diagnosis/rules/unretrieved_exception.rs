//! Tasks that failed without anybody looking.

use std::sync::Arc;

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::location;
use crate::model::{Confidence, Diagnosis, DiagnosisKind, ExceptionInfo, Task, TaskState};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::UnretrievedException,
    rank: Rank::Note,
    meaning: Meaning::Neutral,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Finds failed tasks whose exception nobody retrieved; those that failed at one
/// line make one finding.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let mut groups: Vec<(String, Vec<&Task>)> = Vec::new();
    for (task, exception) in unretrieved(context) {
        let key = format!("{} in {}", exception.type_name, location(&exception.frames));
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, tasks)) => tasks.push(task),
            None => groups.push((key, vec![task])),
        }
    }
    groups
        .iter()
        .map(|(what, tasks)| describe(context, what, tasks))
        .collect()
}

/// Tasks whose exception was never looked at.
pub(super) fn unretrieved<'a>(
    context: &Context<'a>,
) -> impl Iterator<Item = (&'a Task, &'a ExceptionInfo)> {
    let done = context.facts.process.tasks.iter().map(Arc::as_ref);
    done.filter(|task| task.state == TaskState::Done)
        .filter_map(|task| Some((task, task.exception.as_deref()?)))
        .filter(|(_, exception)| !exception.retrieved)
}

fn describe(context: &Context<'_>, what: &str, tasks: &[&Task]) -> Diagnosis {
    let names = || tasks.iter().map(|task| task.id);
    let message = tasks
        .first()
        .and_then(|task| task.exception.as_ref())
        .map(|exception| exception.message.as_str())
        .filter(|message| !message.is_empty());
    let summary = format!(
        "{} died with {what}{}; nobody retrieved the exception",
        context.facts.names(names()),
        message.map_or_else(String::new, |message| format!(" ({message})")),
    );
    Diagnosis {
        tasks: context.in_order(names()),
        culprit: culprit::of_failed(&context.facts, tasks),
        hint: Some("await the task, or add a done callback that logs its exception".to_owned()),
        ..diagnosis(RULE.kind, Confidence::Certain, summary)
    }
}
