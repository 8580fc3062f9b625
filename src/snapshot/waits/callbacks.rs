//! Functions of the program that a loop or the end of a task will call.

use arcstr::ArcStr;

use super::WaitInputs;
use crate::asyncio::{LoopHandles, RawHandle};
use crate::cpython::Reader;
use crate::model::{Callback, CallbackKind};
use crate::snapshot::frames::Frames;

/// Maximum number of callbacks of one loop in a snapshot.
const MAX_SHOWN: usize = 1_000;

/// The callbacks of a loop that are of the program's own code.
pub(super) fn of_loop(inputs: &WaitInputs<'_, '_>, handles: &LoopHandles) -> Vec<Callback> {
    let timed = handles.timers.iter().map(|it| (it, CallbackKind::Timer));
    let ready = handles.ready.iter().map(|it| (it, CallbackKind::Ready));
    let signals = handles.signals.iter().map(|it| (it, CallbackKind::Signal));
    let files = handles.watched.iter();
    let files = files.flat_map(|file| file.reader.iter().chain(&file.writer));
    let files = files.map(|it| (it, CallbackKind::File));
    let all = timed.chain(ready).chain(signals).chain(files);
    let own = all.flat_map(|(handle, by)| of_handle(inputs, handle, by));
    own.take(MAX_SHOWN).collect()
}

/// The functions of the program that a handle calls: its callback, or a function that it
/// gives to a callback of a library.
fn of_handle(inputs: &WaitInputs<'_, '_>, handle: &RawHandle, by: CallbackKind) -> Vec<Callback> {
    let callables = std::iter::once(handle.callback).chain(handle.arguments.iter().copied());
    let own = callables.filter_map(|callable| {
        let mut callback = own_callback(inputs.reader, inputs.frames, callable, by)?;
        callback.due_s = handle.when.map(|when| when - inputs.now);
        Some(callback)
    });
    own.collect()
}

/// The callable at `callable`, if its code is the program's own.
pub fn own_callback(
    reader: &Reader<'_>,
    frames: &Frames<'_, '_>,
    callable: u64,
    by: CallbackKind,
) -> Option<Callback> {
    let code = reader.callable_code(callable)?;
    if frames.is_library(&code.filename) {
        return None;
    }
    Some(Callback {
        name: reader.shared(&code.qualname),
        file: Some(ArcStr::from(&*code.filename)),
        line: u32::try_from(code.first_line).ok(),
        by,
        due_s: None,
    })
}
