//! A lock held by an asynchronous generator that nobody iterates any more.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::frames::user_frame;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::verb;
use crate::model::{
    Confidence, Coroutine, CoroutineState, Diagnosis, DiagnosisKind, ItemId, Resource,
};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::HeldBySuspendedAsyncgen,
    rank: Rank::NotGivenBack,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// What suspended generators hold that others wait for.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let coroutines = context.facts.process.coroutines.iter();
    coroutines
        .filter(|coroutine| coroutine.state == CoroutineState::AsyncGenerator)
        .filter(|coroutine| is_left(context, coroutine))
        .flat_map(|coroutine| {
            held_by(context, coroutine)
                .into_iter()
                .map(|resource| describe(context, coroutine, resource))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Whether nobody resumes it.
pub(super) fn is_left(context: &Context<'_>, coroutine: &Coroutine) -> bool {
    coroutine.event_loop.is_none()
        && coroutine.state != CoroutineState::Created
        && context.graph.deps.needs(coroutine.id).next().is_none()
}

/// Whether somebody who goes on may let it go on as well: by a method that closes it or takes
/// its next item, or by dropping the last reference to it at the end of a function.
fn may_go_on(context: &Context<'_>, generator: &Coroutine) -> bool {
    let goes_on = |id: &ItemId| !context.graph.stuck(*id);
    let ends = |id: &ItemId| goes_on(id) && !context.is_endless(*id);
    context.graph.deps.closers().iter().any(goes_on)
        || generator.kept_by.iter().any(|(id, _)| ends(id))
}

/// What it holds that somebody is stuck behind.
pub(super) fn held_by<'a>(context: &Context<'a>, coroutine: &Coroutine) -> Vec<&'a Resource> {
    context
        .graph
        .deps
        .needed_by(coroutine.id)
        .filter(|(id, dep)| dep.is_proved() && context.graph.stuck(*id))
        .filter_map(|(id, _)| context.facts.resource(id))
        .filter(|resource| !context.waiters(resource).is_empty())
        .collect()
}

fn describe(context: &Context<'_>, generator: &Coroutine, resource: &Resource) -> Diagnosis {
    let waiters = context.waiters(resource);
    let line = user_frame(&generator.frames).and_then(|frame| frame.line);
    let summary = format!(
        "{} is held by the asynchronous generator {}, suspended at its yield{} and not iterated \
         by any task; {} {}",
        context.facts.name(resource.id),
        generator.qualname,
        line.map_or_else(String::new, |line| format!(" (line {line})")),
        context.facts.names(waiters.iter()),
        verb(waiters.len(), "wait"),
    );
    Diagnosis {
        tasks: context.in_order(context.waiting_tasks(resource).iter().copied()),
        resources: context.in_order([resource.id]),
        culprit: culprit::of_generator(&context.facts, generator),
        affected_tasks: context.affected([resource.id]),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some(
            "close the generator when the loop is left: async with contextlib.aclosing(...)"
                .to_owned(),
        ),
        ..diagnosis(
            RULE.kind,
            match may_go_on(context, generator) {
                true => Confidence::Possible,
                false => context.facts.proved(waiters.iter().copied()),
            },
            summary,
        )
    }
}
