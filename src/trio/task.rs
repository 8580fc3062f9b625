//! Tasks of trio.

use std::rc::Rc;

use crate::cpython::Reader;
use crate::cpython::error::Result;

/// A task of trio (`Task`, trio/_core/_run.py).
#[derive(Debug, Clone)]
pub struct RawTask {
    /// Address of the task.
    pub addr: u64,
    /// Its name.
    pub name: Rc<str>,
    /// Address of its coroutine.
    pub coroutine: u64,
    /// Whether it is scheduled: it goes on in this turn of its runner or in the next.
    pub scheduled: bool,
    /// Address of the nursery that it is in. `None` for the first task.
    pub parent_nursery: Option<u64>,
    /// Address of the innermost `CancelStatus` around it.
    pub cancel_status: Option<u64>,
}

impl Reader<'_> {
    /// The trio task at `addr`.
    ///
    /// # Errors
    /// When one of its fields cannot be read.
    pub fn trio_task(&self, addr: u64) -> Result<RawTask> {
        let name = self.required_attribute(addr, "name", "Task.name")?;
        Ok(RawTask {
            addr,
            name: self.text(name)?,
            coroutine: self.required_attribute(addr, "coro", "Task.coro")?,
            // `reschedule` sets it, and the step that takes the task up clears it.
            scheduled: self.attribute_object(addr, "_next_send_fn")?.is_some(),
            parent_nursery: self.attribute_object(addr, "_parent_nursery")?,
            cancel_status: self.attribute_object(addr, "_cancel_status")?,
        })
    }
}

/// Whether `name` is the one that trio gives to a task of the function `qualname`:
/// `module.qualname` (`Runner.spawn_impl`, trio/_core/_run.py).
pub fn is_default_name(name: &str, qualname: &str) -> bool {
    !qualname.is_empty()
        && name
            .strip_suffix(qualname)
            .is_some_and(|module| module.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::is_default_name;

    #[test]
    fn trio_calls_tasks_by_module_and_function() {
        assert!(is_default_name("__main__.main", "main"));
        assert!(is_default_name("app.jobs.Jobs.run", "Jobs.run"));
        assert!(!is_default_name("main", "main"));
        assert!(!is_default_name("app.remain", "main"));
        assert!(!is_default_name("app.", ""));
    }
}
