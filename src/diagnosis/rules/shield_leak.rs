//! A shielded task that goes on for ever after its waiter was cancelled.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::dependencies::Dependency;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::source;
use crate::diagnosis::wording::{last_part, location};
use crate::model::{Confidence, Culprit, Diagnosis, DiagnosisKind, Task, TaskState};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::ShieldLeak,
    rank: Rank::NotGivenBack,
    meaning: Meaning::Waiting,
    only_alone: false,
    outside: false,
    needs: Needs::Movement,
    find,
};

/// Tasks that nobody awaits, that hold what others wait for, and that the
/// source creates within `shield()`.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    context
        .facts
        .live_tasks()
        .filter(|task| task.state == TaskState::Waiting && task.awaited_by.is_empty())
        .filter(|task| context.facts.progress.unchanged(task.id))
        .filter(|task| holds_up_others(context, task) && is_shielded(context, task))
        .map(|task| describe(context, task))
        .collect()
}

fn holds_up_others(context: &Context<'_>, task: &Task) -> bool {
    context
        .graph
        .deps
        .needed_by(task.id)
        .any(|(id, dep)| dep == Dependency::HOLDS && context.facts.resource(id).is_some())
}

fn is_shielded(context: &Context<'_>, task: &Task) -> bool {
    shielding(context, task).is_some()
}

/// Where the source shields what the task runs.
fn shielding(context: &Context<'_>, task: &Task) -> Option<Culprit> {
    let name = last_part(&task.coroutine);
    culprit::user_files(&context.facts)
        .into_iter()
        .find_map(|file| {
            let module = context.facts.module(file)?;
            let line = source::shields(&module, name)?;
            let function = module.function_at(line);
            let function = function.map_or("<module>", |function| function.name.as_str());
            culprit::at_line(&context.facts, file, line, function)
        })
}

fn describe(context: &Context<'_>, task: &Task) -> Diagnosis {
    let summary = format!(
        "{} runs on in {} although nobody awaits it: it was shielded, and others wait for what it \
         holds",
        context.facts.name(task.id),
        location(&task.frames),
    );
    let confidence = match context.graph.stuck(task.id) {
        true => Confidence::Likely,
        false => Confidence::Possible,
    };
    Diagnosis {
        tasks: context.in_order([task.id]),
        culprit: shielding(context, task).or_else(|| culprit::of(&context.facts, task.id)),
        affected_tasks: context.affected([task.id]),
        recovers_in_s: task.waits_for.as_ref().and_then(|wait| wait.remaining_s),
        hint: Some("give the shielded work a timeout of its own".to_owned()),
        ..diagnosis(RULE.kind, confidence, summary)
    }
}
