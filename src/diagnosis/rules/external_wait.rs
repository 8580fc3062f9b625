//! A wait for somebody outside of the process, without a timeout.

use rustc_hash::FxHashMap;

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::facts::wait_kind;
use crate::diagnosis::frames::user_frame;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::{location, verb};
use crate::model::{Confidence, Diagnosis, DiagnosisKind, How, Task, TaskState, WaitKind};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::ExternalWait,
    rank: Rank::MayEnd,
    meaning: Meaning::Waiting,
    only_alone: true,
    outside: true,
    needs: Needs::Sample,
    find,
};

/// Finds unguarded and unchanged waits for a peer; those of one line make one
/// finding.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let mut groups: Vec<(How, Vec<&Task>)> = Vec::new();
    let mut positions: FxHashMap<(How, String), usize> = FxHashMap::default();
    for task in context.facts.live_tasks() {
        let Some(how) = how(context, task) else {
            continue;
        };
        let position = *positions
            .entry((how, location(&task.frames)))
            .or_insert_with(|| {
                groups.push((how, Vec::new()));
                groups.len() - 1
            });
        if let Some((_, tasks)) = groups.get_mut(position) {
            tasks.push(task);
        }
    }
    groups
        .iter()
        .map(|(how, tasks)| describe(context, *how, tasks))
        .collect()
}

fn how(context: &Context<'_>, task: &Task) -> Option<How> {
    let moves = context.facts.progress.known && !context.facts.progress.unchanged(task.id);
    if task.state != TaskState::Waiting || moves {
        return None;
    }
    let own = user_frame(&task.frames).is_some();
    let how = match wait_kind(task) {
        Some(WaitKind::SocketRead) if own && !serves(context, task) => Some(How::SocketRead),
        Some(WaitKind::SocketWrite) if own && !drains(context, task) => {
            Some(How::SocketWriteBackpressure)
        }
        Some(WaitKind::PipeRead) if own => Some(How::PipeRead),
        Some(WaitKind::ServerClose) => Some(How::ServerConnections),
        _ => None,
    };
    how.filter(|_| context.recovery([task.id]).is_none())
}

/// Whether a server of this process accepted the socket, so that the client has
/// to speak next.
fn serves(context: &Context<'_>, task: &Task) -> bool {
    let file = context.facts.file_of(task);
    let awaited = !task.awaited_by.is_empty();
    let Some(local) = file.and_then(|file| file.local.as_deref()) else {
        // Nothing says which side it is. Nobody awaits the handlers of a server.
        return !awaited && context.facts.listeners().next().is_some();
    };
    let port = |address: &str| address.rsplit(':').next().map(str::to_owned);
    context
        .facts
        .listeners()
        .filter_map(|listener| listener.local.as_deref())
        .any(|listening| port(listening) == port(local))
}

/// Whether the kernel has nothing left to send.
fn drains(context: &Context<'_>, task: &Task) -> bool {
    let file = context.facts.file_of(task);
    file.and_then(|file| file.send_queue) == Some(0)
}

fn describe(context: &Context<'_>, how: How, tasks: &[&Task]) -> Diagnosis {
    let names = || tasks.iter().map(|task| task.id);
    let wait = tasks.first().and_then(|task| task.waits_for.as_ref());
    let resource = wait
        .and_then(|wait| wait.resource)
        .and_then(|id| context.facts.resource(id));
    let peer = wait
        .and_then(|wait| wait.peer.as_deref())
        .unwrap_or("its peer");
    let buffered = match resource.and_then(|resource| resource.buffered) {
        Some(bytes) if bytes > 0 => format!(", {bytes} bytes buffered"),
        _ => String::new(),
    };
    let what = match how {
        How::SocketRead => format!("to read from {peer}{buffered}"),
        How::SocketWriteBackpressure => format!("until {peer} reads"),
        How::PipeRead => "to read from a pipe".to_owned(),
        _ => "for the connections of a server to close".to_owned(),
    };
    let frames = tasks.first().map_or(&[][..], |task| &task.frames);
    let summary = format!(
        "{} {} {what} in {}; no timeout guards it",
        context.facts.names(names()),
        verb(tasks.len(), "wait"),
        location(frames)
    );
    Diagnosis {
        how: Some(how),
        tasks: context.in_order(names()),
        resources: context.in_order(resource.map(|resource| resource.id)),
        culprit: culprit::of_first(&context.facts, names()),
        affected_tasks: context.affected(names()),
        hint: Some("look at the peer; wait with asyncio.timeout(...)".to_owned()),
        ..diagnosis(RULE.kind, Confidence::Possible, summary)
    }
}
