//! Thread states and the locks of `_thread`.

pub mod process_lock;
pub mod thread;
pub mod thread_lock;
