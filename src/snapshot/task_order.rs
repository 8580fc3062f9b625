//! The order of tasks that come from a set, which has none of its own.

use super::tasks::BuiltTask;

/// Sorts by name as people read it: `Task-2` in front of `Task-10`.
pub fn by_name(tasks: &mut [BuiltTask]) {
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
