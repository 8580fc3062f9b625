//! Frames as people read them: outermost first, library code folded.

use std::borrow::Cow;

use arcstr::ArcStr;

use super::layout::{Para, Piece, Role, Unit};
use crate::model::{Frame, FrameKind, Local};
use crate::plain_text::{clean, cut};
use crate::report::Index;

/// Steps shown at each end of a chain that has more than both together.
const OUTER_STEPS: usize = 10;
const INNER_STEPS: usize = 16;
/// Columns that file names are cut to.
const FILE_COLUMNS: usize = 60;
/// Columns that locals in a list are cut to. The page of one task shows them uncut.
const LOCAL_COLUMNS: usize = 160;

/// One step of a folded chain.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step<'a> {
    Frame {
        frame: &'a Frame,
        times: usize,
    },
    /// The number of steps left out here.
    Skipped(usize),
}

/// The chain on one line: `main :25 > fetch app.py:12 > Queue.get`.
///
/// Of consecutive library frames only the innermost is shown. A file is named
/// where it changes; the chain begins in the file that most frames of the process
/// are in. `coroutine` is named first even where its own frame is folded. In a
/// thread's stack, frames are marked with the task that owns them.
pub(super) fn compact(frames: &[Frame], coroutine: Option<&str>, index: &Index) -> Para {
    let mut units: Vec<Unit> = Vec::new();
    let mut steps = fold(frames);
    leave_out_glue(&mut steps);
    let all_library = frames.iter().all(|frame| frame.library);
    let mut file = index.home().map(ArcStr::from);
    let mut owner = None;
    if let Some(coroutine) = coroutine.filter(|name| !names_first(&steps, name)) {
        units.push(vec![Piece::new(Role::Dim, brief(coroutine))]);
    }
    for step in &steps {
        let mut unit = match step {
            Step::Frame { frame, times } => {
                let mut unit = Unit::new();
                if let Some(task) = frame.owner.filter(|_| frame.owner != owner) {
                    let task = index.label(task);
                    unit.push(Piece::new(Role::Name, format!("[{task}] ")));
                }
                owner = frame.owner;
                let located = !frame.library || all_library;
                let role = if located { Role::Plain } else { Role::Dim };
                unit.push(Piece::new(role, brief(function(frame))));
                if frame.kind == FrameKind::Native {
                    unit.push(Piece::new(Role::Dim, " (native)"));
                } else if located {
                    let shown = frame.file.as_deref().filter(|_| frame.file != file);
                    let location = format!(" {}:{}", shown.map_or("", base_name), line(frame));
                    unit.push(Piece::new(Role::Location, location));
                    file.clone_from(&frame.file);
                }
                if *times > 1 {
                    unit.push(Piece::new(Role::Dim, format!(" x{times}")));
                }
                if let Some(error) = &frame.error {
                    unit.push(Piece::new(Role::Bad, format!(" ! unreadable: {error}")));
                }
                unit
            }
            Step::Skipped(count) => vec![Piece::new(Role::Dim, format!("… {count} frames …"))],
        };
        if !units.is_empty() {
            unit.insert(0, Piece::new(Role::Dim, "> "));
        }
        units.push(unit);
    }
    Para {
        units,
        ..Para::default()
    }
}

/// How much of a chain is listed line by line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Library code folded and without its locals, as in the compact chain.
    Folded,
    /// Every frame, long locals cut.
    All,
    /// Every frame, locals uncut.
    Uncut,
}

/// A paragraph for each frame, with its location and its locals.
pub(super) fn listed(frames: &[Frame], index: &Index, extent: Extent) -> Vec<Para> {
    let steps = match extent {
        Extent::Folded => fold(frames),
        Extent::All | Extent::Uncut => {
            let each = |frame| Step::Frame { frame, times: 1 };
            frames.iter().rev().map(each).collect()
        }
    };
    let mut paras = Vec::new();
    let mut owner = None;
    for step in steps {
        let (frame, times) = match step {
            Step::Frame { frame, times } => (frame, times),
            Step::Skipped(count) => {
                paras.push(Para::words(Role::Dim, &format!("… {count} frames …")));
                continue;
            }
        };
        let (location, name) = match frame.library {
            true => (Role::Dim, Role::Dim),
            false => (Role::Location, Role::Plain),
        };
        let mut para = match frame.kind {
            FrameKind::Native => Para::words(Role::Dim, "(native)"),
            _ => Para::words(location, &format!("{}:{}", path(frame), line(frame))),
        };
        para.say(name, function(frame));
        if times > 1 {
            para.say(Role::Dim, &format!("x{times}"));
        }
        if let Some(task) = frame.owner.filter(|_| frame.owner != owner) {
            let task = index.label(task);
            para.say(Role::Name, &format!("[{task}]"));
        }
        owner = frame.owner;
        paras.push(para.hanging(4));
        paras.extend(
            frame
                .error
                .as_deref()
                .map(|error| unreadable(error).indented(4)),
        );
        if extent != Extent::Folded || !frame.library {
            let locals = frame.locals.iter().flatten();
            paras.extend(locals.map(|local| variable(local, extent == Extent::Uncut)));
        }
    }
    paras
}

fn variable(local: &Local, uncut: bool) -> Para {
    let mut value = clean(&local.value);
    if !uncut {
        value = Cow::Owned(cut(&value, LOCAL_COLUMNS).into_owned());
    }
    let mut para = Para::default();
    para.glue(Role::Name, &local.name);
    para.glue(Role::Dim, " = ");
    para.glue(Role::Plain, &value);
    para.indented(4).hanging(2)
}

/// The line for an item that could not be read.
pub(super) fn unreadable(error: &str) -> Para {
    Para::words(Role::Bad, &format!("! unreadable: {error}"))
}

/// The chain in steps: of consecutive library frames the innermost, repeated
/// frames with a count, and without the middle of a chain that is still too long.
fn fold(frames: &[Frame]) -> Vec<Step<'_>> {
    let mut steps: Vec<Step> = Vec::new();
    for frame in frames.iter().rev() {
        match steps.last_mut() {
            Some(Step::Frame { frame: last, times }) if is_repeated(last, frame) => *times += 1,
            Some(Step::Frame { frame: last, times })
                if last.library
                    && frame.library
                    && last.error.is_none()
                    && last.owner == frame.owner =>
            {
                *last = frame;
                *times = 1;
            }
            _ => steps.push(Step::Frame { frame, times: 1 }),
        }
    }
    if steps.len() > OUTER_STEPS + INNER_STEPS + 1 {
        let skipped = steps.len() - OUTER_STEPS - INNER_STEPS;
        steps.splice(OUTER_STEPS..OUTER_STEPS + skipped, [Step::Skipped(skipped)]);
    }
    steps
}

/// Drops library frames without a public name, such as those of `contextlib`,
/// between two frames of the program's own.
fn leave_out_glue(steps: &mut Vec<Step>) {
    let is_glue = |step: &Step| match step {
        Step::Frame { frame, .. } => {
            frame.library
                && frame.error.is_none()
                && function(frame).split('.').any(|part| part.starts_with('_'))
        }
        Step::Skipped(_) => false,
    };
    let last = steps.len().saturating_sub(1);
    let mut at = 0;
    steps.retain(|step| {
        at += 1;
        at == 1 || at > last || !is_glue(step)
    });
}

fn is_repeated(a: &Frame, b: &Frame) -> bool {
    a.line == b.line && a.file == b.file && function(a) == function(b) && a.owner == b.owner
}

fn names_first(steps: &[Step], coroutine: &str) -> bool {
    match steps.first() {
        Some(Step::Frame { frame, .. }) => {
            let name = function(frame);
            name == coroutine || brief(name) == brief(coroutine)
        }
        _ => false,
    }
}

/// The qualified name where the version has it, else the plain one.
pub(super) fn function(frame: &Frame) -> &str {
    match frame.qualname.as_str() {
        "" => &frame.function,
        qualname => qualname,
    }
}

/// The name without the functions it is nested in.
pub(super) fn brief(qualname: &str) -> &str {
    const NESTED: &str = "<locals>.";
    match qualname.rfind(NESTED) {
        Some(at) => &qualname[at + NESTED.len()..],
        None => qualname,
    }
}

/// File and line: `config.py:13`.
pub(super) fn location(frame: &Frame) -> String {
    let file = frame.file.as_deref().map_or("?", base_name);
    format!("{}:{}", cut(&clean(file), FILE_COLUMNS), line(frame))
}

fn line(frame: &Frame) -> String {
    frame
        .line
        .map_or_else(|| "?".to_owned(), |line| line.to_string())
}

/// The path of the frame's file; for libraries the part below their folder.
fn path(frame: &Frame) -> &str {
    let path = frame.file.as_deref().unwrap_or("?");
    if !frame.library {
        return path;
    }
    let after = |folder: &str| Some(&path[path.rfind(folder)? + folder.len()..]);
    after("/site-packages/")
        .or_else(|| after("/dist-packages/"))
        .or_else(|| {
            let (folder, below) = after("/lib/python")?.split_once('/')?;
            folder.starts_with('3').then_some(below)
        })
        .unwrap_or(path)
}

/// The last part of a path, with its folder for `__init__.py` and `__main__.py`.
pub(super) fn base_name(path: &str) -> &str {
    let mut parts = path.rmatch_indices('/').map(|(at, _)| at + 1);
    let Some(start) = parts.next() else {
        return path;
    };
    match &path[start..] {
        "__init__.py" | "__main__.py" => &path[parts.next().unwrap_or(0)..],
        "" => path,
        name => name,
    }
}
