//! A wait for somebody outside of the process, without a timeout.

use rustc_hash::FxHashMap;

use super::{place, verb, wait_kind};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{POSSIBLE, finding, ids};
use crate::model::{Diagnosis, Task, TaskState};

/// Unguarded and unchanged waits for a peer, of the same line together.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let mut groups: Vec<(&'static str, Vec<&Task>)> = Vec::new();
    let mut places: FxHashMap<(&'static str, String), usize> = FxHashMap::default();
    for task in context.live_tasks() {
        let Some(how) = how(context, task) else {
            continue;
        };
        let at = *places.entry((how, place(&task.frames))).or_insert_with(|| {
            groups.push((how, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, tasks)) = groups.get_mut(at) {
            tasks.push(task);
        }
    }
    groups
        .iter()
        .map(|(how, tasks)| describe(context, how, tasks))
        .collect()
}

fn how(context: &Context<'_>, task: &Task) -> Option<&'static str> {
    let moves = context.progress.known && !context.progress.unchanged(&task.id);
    if task.state != TaskState::Waiting || moves {
        return None;
    }
    let own = culprit::user_frame(&task.frames).is_some();
    let how = match wait_kind(task) {
        "socket-read" if own && !serves(context, task) => Some("socket-read"),
        "socket-write" if own && !drains(context, task) => Some("socket-write-backpressure"),
        "pipe-read" if own => Some("pipe-read"),
        "server-close" => Some("server-connections"),
        _ => None,
    };
    how.filter(|_| context.recovery([task.id.as_str()]).is_none())
}

/// Whether the socket was accepted by a server of this process: then it is
/// for the client to speak.
fn serves(context: &Context<'_>, task: &Task) -> bool {
    let file = context.file_of(task);
    let awaited = !task.awaited_by.is_empty();
    let Some(local) = file.and_then(|file| file.local.as_deref()) else {
        // Nothing says which side it is; a server's handlers are awaited by none.
        return !awaited && context.listeners().next().is_some();
    };
    let port = |address: &str| address.rsplit(':').next().map(str::to_owned);
    context
        .listeners()
        .filter_map(|listener| listener.local.as_deref())
        .any(|listening| port(listening) == port(local))
}

/// Whether the kernel has nothing left to send.
fn drains(context: &Context<'_>, task: &Task) -> bool {
    let file = context.file_of(task);
    file.and_then(|file| file.send_queue) == Some(0)
}

fn describe(context: &Context<'_>, how: &str, tasks: &[&Task]) -> Diagnosis {
    let names = || tasks.iter().map(|task| task.id.as_str());
    let wait = tasks.first().and_then(|task| task.waits_for.as_ref());
    let resource = wait
        .and_then(|wait| wait.resource.as_deref())
        .and_then(|id| context.resource(id));
    let peer = wait
        .and_then(|wait| wait.peer.as_deref())
        .unwrap_or("its peer");
    let buffered = match resource.and_then(|resource| resource.buffered) {
        Some(bytes) if bytes > 0 => format!(", {bytes} bytes buffered"),
        _ => String::new(),
    };
    let what = match how {
        "socket-read" => format!("to read from {peer}{buffered}"),
        "socket-write-backpressure" => format!("until {peer} reads"),
        "pipe-read" => "to read from a pipe".to_owned(),
        _ => "for the connections of a server to close".to_owned(),
    };
    let frames = tasks.first().map_or(&[][..], |task| &task.frames);
    let summary = format!(
        "{} {} {what} in {}; no timeout guards it",
        context.names(names()),
        verb(tasks.len(), "wait"),
        place(frames)
    );
    Diagnosis {
        how: Some(how.to_owned()),
        tasks: ids(context, names()),
        resources: ids(context, resource.map(|resource| resource.id.as_str())),
        culprit: culprit::of_first(context, names()),
        affected_tasks: context.affected(names()),
        hint: Some("look at the peer; wait with asyncio.timeout(...)".to_owned()),
        ..finding("external-wait", POSSIBLE, summary)
    }
}
