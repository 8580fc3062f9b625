//! Whether a process has executed another program.

use procfs::process::Process as Directory;

/// A number that is another one when process `pid` has executed a program: where the kernel has put
/// its stack, which is at random unless that was switched off. `None` when there is no such
/// process, or we may not know it.
pub fn execution(pid: u32) -> Option<u64> {
    let directory = Directory::new(pid.cast_signed()).ok()?;
    let stack = directory.stat().ok()?.startstack;
    // The kernel says 0 to who may not read the process, and 1 while it has no memory.
    (stack > 1).then_some(stack)
}
