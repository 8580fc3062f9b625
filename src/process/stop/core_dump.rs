//! Prevents a core dump of our own process while it holds another one. The threads
//! of a dumping process end only when all of its memory is written
//! (`coredump_wait()`, fs/coredump.c of Linux), and their tracees stand still until
//! then. Ctrl-\ causes a dump, and with a dump handler it takes seconds.

use std::sync::{Mutex, PoisonError};

use nix::sys::prctl::{get_dumpable, set_dumpable};

/// The live [`NoCoreDump`] guards, and the setting to restore after the last one.
static HOLDERS: Mutex<Holders> = Mutex::new(Holders {
    count: 0,
    before: false,
});

struct Holders {
    count: usize,
    before: bool,
}

/// Our process leaves no core dump until this is dropped.
#[derive(Debug)]
pub(crate) struct NoCoreDump(());

impl NoCoreDump {
    /// Prevents core dumps from now on.
    pub(crate) fn begin() -> Self {
        let mut holders = HOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        if holders.count == 0 {
            holders.before = get_dumpable().unwrap_or(false);
            allow(false);
        }
        holders.count += 1;
        Self(())
    }
}

impl Drop for NoCoreDump {
    fn drop(&mut self) {
        let mut holders = HOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        holders.count -= 1;
        if holders.count == 0 && holders.before {
            allow(true);
        }
    }
}

/// The kernel refuses this only for unknown values.
fn allow(dump: bool) {
    let _ = set_dumpable(dump);
}
