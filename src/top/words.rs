//! What items and waits are called. All texts are safe to print.

use crate::model::{Frame, Index, Item, ItemId, Task, Wait, WaitKind, describe};
use crate::plain_text::{self, clean, cut};
use crate::report;

/// Names longer than this are cut.
const NAME_COLUMNS: usize = 40;
/// Texts longer than this are cut.
const TEXT_COLUMNS: usize = 120;

/// What stands where nothing is known.
pub const UNKNOWN: &str = "-";

/// A name of the target, cut and printable.
pub fn short(text: &str) -> String {
    cut(&plain_text::name(text), NAME_COLUMNS).into_owned()
}

/// The name of a task; without one, its coroutine and address.
pub fn task_label(task: &Task) -> String {
    match (task.name.is_empty(), task.id) {
        (true, ItemId::Task(address)) => format!("{}@{address:#x}", short(&task.coroutine)),
        _ => short(&task.name),
    }
}

/// The group of a task: its coroutine.
pub fn group_label(coroutine: &str) -> String {
    match coroutine.is_empty() {
        true => "not known".to_owned(),
        false => short(coroutine),
    }
}

/// A name for an item; its id if the process has no such item.
pub fn label(id: ItemId, index: &Index<'_>) -> String {
    match index.get(id) {
        Some(Item::Task(task)) => task_label(task),
        Some(Item::Thread(thread)) => format!("thread {}", short(&thread.name)),
        Some(Item::Loop(_)) => {
            let number = index.position(id).map_or(0, |position| position + 1);
            format!("loop #{number}")
        }
        Some(Item::Resource(resource)) => report::describe::title(resource),
        Some(Item::Coroutine(coroutine)) => format!("{}()", short(&coroutine.qualname)),
        Some(Item::Child(child)) => format!("process {}", child.pid),
        None => id.to_string(),
    }
}

/// The first of several items, and how many more there are.
pub fn labels(ids: &[ItemId], index: &Index<'_>) -> String {
    match ids {
        [] => String::new(),
        [only] => label(*only, index),
        [first, more @ ..] => format!("{} +{}", label(*first, index), more.len()),
    }
}

/// What a wait is for, without the time that is left.
pub fn waits_for(wait: &Wait, index: &Index<'_>) -> String {
    match wait.kind {
        WaitKind::Timer => return "timer".to_owned(),
        WaitKind::Sleep => return "sleep".to_owned(),
        WaitKind::Idle => return "idle, no job".to_owned(),
        _ => {}
    }
    let resource = wait.resource.and_then(|id| index.resource(id));
    if let Some(resource) = resource.filter(|it| !it.kind.is_opaque()) {
        let action = describe::action(wait.kind, resource.kind);
        return format!("{action}{}", report::describe::title(resource));
    }
    if let (Some(done), Some(total)) = (wait.done, wait.total) {
        return format!("{}, {done} of {total} done", wait.kind);
    }
    let kind = wait.kind.as_str();
    match clean(&wait.summary) {
        summary if summary.is_empty() => kind.to_owned(),
        summary if summary.starts_with(kind) => cut(&summary, TEXT_COLUMNS).into_owned(),
        summary => cut(&format!("{kind}: {summary}"), TEXT_COLUMNS).into_owned(),
    }
}

/// Who holds what is waited for, or the other end of it.
pub fn holder(wait: &Wait, index: &Index<'_>) -> String {
    match (&wait.holders[..], &wait.peer) {
        ([], Some(peer)) => cut(&clean(peer), TEXT_COLUMNS).into_owned(),
        (holders, _) => labels(holders, index),
    }
}

/// The innermost line of the program's own code; else the innermost line.
pub fn line(frames: &[Frame]) -> String {
    let own = frames.iter().find(|it| !it.library && it.file.is_some());
    own.or(frames.first()).map_or(String::new(), place)
}

/// `app.py:12 fetch`.
pub fn place(frame: &Frame) -> String {
    let name = short(&frame.qualname);
    let file = frame.file.as_deref().map(|file| {
        let base = file.rsplit('/').next().unwrap_or(file);
        clean(base).into_owned()
    });
    match (file, frame.line) {
        (Some(file), Some(line)) => format!("{file}:{line} {name}"),
        (Some(file), None) => format!("{file} {name}"),
        (None, _) => name,
    }
}

/// `1,204`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its sign: `+31`, `-2`, `0`.
pub fn signed(number: i64) -> String {
    match number {
        0 => "0".to_owned(),
        number => format!("{number:+}"),
    }
}

/// A part as per cent.
pub fn percent(part: f64) -> String {
    format!("{:.0} %", 100.0 * part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixtures;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_204, "1,204"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(
            (signed(3), signed(-2), signed(0)),
            ("+3".into(), "-2".into(), "0".into())
        );
    }

    #[test]
    fn names_of_the_target_are_made_safe() {
        let mut task = fixtures::task("task:0x10", "a\u{1b}[2J\nb", Vec::new());
        assert_eq!(task_label(&task), "'a\\x1b[2J\\nb'");
        task.name = "".into();
        task.coroutine = "app.fetch".into();
        assert_eq!(task_label(&task), "app.fetch@0x10");
    }
}
