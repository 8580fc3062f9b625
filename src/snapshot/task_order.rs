//! Order of tasks that were found in a set.

use super::tasks::BuiltTask;

/// Sorts tasks by name, numbers in names by value: `Task-2` before `Task-10`. Tasks
/// with default names come first.
pub(super) fn by_name(tasks: &mut [BuiltTask]) {
    tasks.sort_by_cached_key(|built| {
        let name = &built.task.name;
        let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (stem, number) = name.split_at(name.len() - digits);
        (
            !built.task.name_is_default,
            stem.to_owned(),
            number.parse::<u64>().unwrap_or(0),
            built.addr,
        )
    });
}
