//! What loops may call that is not on a stack.

use crate::model::{EventLoop, LoopFile, LoopState};

/// Packages whose loops have all their callbacks where they are found. A runner of trio
/// calls nothing but tasks and what threads of the program hand in.
const OPEN_LOOPS: [&str; 3] = ["asyncio.", "trio.", "gevent."];

/// Whether the loop keeps its callbacks where they are not found.
pub(super) fn hides_callbacks(event_loop: &EventLoop) -> bool {
    let mut open = OPEN_LOOPS.iter();
    !open.any(|package| event_loop.class_name.starts_with(package))
}

/// Whether something outside may make the loop call functions of the program: it takes
/// connections, watches files for a library, or keeps its callbacks where they are not found.
pub(super) fn calls_in(event_loop: &EventLoop) -> bool {
    let listens = |file: &LoopFile| file.state.as_deref() == Some("LISTEN");
    let peers = |file: &LoopFile| file.peer.is_some();
    let files = event_loop.files.iter();
    let has_clients = || files.into_iter().any(|file| listens(file) || peers(file));
    event_loop.state != LoopState::Stopped
        && (hides_callbacks(event_loop) || !event_loop.callbacks_complete && has_clients())
}
