//! Huge pages for our own memory, where they are worth it: to clear one takes a
//! tenth of the time of a look at the threads only.

use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::prctl;

/// Whether it was us who did without them.
static AVOIDED: AtomicBool = AtomicBool::new(false);

/// Does without huge pages, until much memory is wanted. Programs that are
/// started inherit that.
pub fn avoid() {
    let is_new = matches!(prctl::get_thp_disable(), Ok(false));
    if is_new && prctl::set_thp_disable(true).is_ok() {
        AVOIDED.store(true, Ordering::Relaxed);
    }
}

/// Takes them from now on, unless somebody else forbade them.
pub fn allow() {
    if AVOIDED.swap(false, Ordering::Relaxed) {
        // Without them it is only slower.
        let _ = prctl::set_thp_disable(false);
    }
}
