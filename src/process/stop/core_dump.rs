//! No core dump of ours while a process stands still: threads of a process that is
//! being dumped end only when all of its memory is written (`coredump_wait()`,
//! fs/coredump.c of Linux), and what a thread traces stands still until it ends.
//! Ctrl-\ is enough for that, and with a handler of dumps it takes seconds.

use std::sync::{Mutex, PoisonError};

use nix::sys::prctl::{get_dumpable, set_dumpable};

/// Who wants none, and whether there was to be one before.
static HOLDERS: Mutex<Holders> = Mutex::new(Holders {
    count: 0,
    before: false,
});

struct Holders {
    count: usize,
    before: bool,
}

/// Until this is dropped, our process leaves no core dump.
#[derive(Debug)]
pub(crate) struct NoCoreDump(());

impl NoCoreDump {
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

/// The kernel refuses this only for numbers that are none of its own.
fn allow(dump: bool) {
    let _ = set_dumpable(dump);
}
