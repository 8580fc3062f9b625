//! Code of the program that is on no stack, and that a task or thread will run all the same:
//! the end of an entered context manager, and the rest of a generator over which it iterates.

use super::held::Held;
use crate::cpython::Reader;
use crate::model::{IdMap, ItemId, PendingCode};
use crate::snapshot::frames::Frames;

/// Methods that run when a `with` block is left.
const LEAVING: [&str; 2] = ["__exit__", "__aexit__"];

/// The pending code of all tasks and threads.
pub(super) fn find(
    reader: &Reader<'_>,
    frames: &Frames<'_, '_>,
    held: &Held,
) -> IdMap<Vec<PendingCode>> {
    let all = held.with_pending_code();
    let all = all.map(|id| (id, of(reader, frames, held, id)));
    all.filter(|(_, code)| !code.is_empty()).collect()
}

fn of(reader: &Reader<'_>, frames: &Frames<'_, '_>, held: &Held, id: ItemId) -> Vec<PendingCode> {
    let managers = held.managers(id).iter();
    let mut code: Vec<PendingCode> = managers
        .flat_map(|manager| leaving(reader, frames, *manager))
        .collect();
    let generators = held.generators(id).iter();
    code.extend(generators.filter_map(|it| rest_of(reader, frames, *it)));
    code
}

/// The methods of the program that leave a context manager.
fn leaving(
    reader: &Reader<'_>,
    frames: &Frames<'_, '_>,
    manager: u64,
) -> impl Iterator<Item = PendingCode> {
    let ty = reader.type_of(manager).ok();
    LEAVING.into_iter().filter_map(move |name| {
        let method = reader.type_attribute(ty.as_ref()?, name).ok()??;
        let code = reader.callable_code(method)?;
        (!frames.is_library(&code.filename)).then_some(PendingCode {
            function: reader.shared(&code.name),
            file: reader.shared(&code.filename),
            line: u32::try_from(code.first_line).ok()?,
            has_begun: false,
        })
    })
}

/// The rest of a suspended generator of the program.
fn rest_of(reader: &Reader<'_>, frames: &Frames<'_, '_>, generator: u64) -> Option<PendingCode> {
    let frame = reader.suspended_frame(generator)?;
    let code = &frame.at.code;
    (!frames.is_library(&code.filename)).then_some(PendingCode {
        function: reader.shared(&code.name),
        file: reader.shared(&code.filename),
        line: reader.frame_position(&frame).line?,
        has_begun: true,
    })
}
